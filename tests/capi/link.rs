// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the linker makes of the libraries: their symbols, what they need, how large they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::tools::{cargo, libdir, run, scratch, sh, source, unstripped};

/// 81,712 bytes with Rust 1.85, which Debian 13 has, and 79,317 with 1.95. What prints a panic, or one
/// more crate, would be far beyond.
const MOST_BYTES: u64 = 80 << 10;
/// Of these some 40 KiB are ours. The rest is what prints a panic.
const MOST_BYTES_OF_CARGO: u64 = 350 << 10;

/// The shared library that a plain `cargo build --release` makes.
fn cargos() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = scratch("cargo");
        let mut command = Command::new(cargo());
        command.args(["build", "--quiet", "--locked", "--release", "--lib", "--target-dir"]);
        run(command.arg(&target).current_dir(source("")));
        target.join("release/libxfshealer.so")
    })
}

fn shared() -> PathBuf {
    libdir().join("libxfshealer.so")
}

/// Names of functions and variables that a file defines for others.
fn defined(arguments: &str, file: &Path) -> Vec<String> {
    let listing = sh(&format!("nm --defined-only {arguments} {}", file.display()));
    // `A` is the name of a version.
    let of_line = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
        [_, kind, name] if kind != "A" => Some(name.to_string()),
        _ => None,
    };
    let mut names: Vec<_> = listing.lines().filter_map(of_line).collect();
    names.sort();
    names
}

/// The functions that the library has, with their versions: `tests/capi/symbols`.
fn promised() -> Vec<String> {
    let list = fs::read_to_string(source("tests/capi/symbols")).unwrap();
    list.lines().map(str::to_string).collect()
}

fn without_versions(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.split('@').next().unwrap().to_string()).collect()
}

#[test]
fn the_shared_library_exports_its_functions_with_versions_and_nothing_else() {
    assert_eq!(defined("--dynamic", &shared()), promised());
}

#[test]
fn the_shared_library_of_cargo_has_them_too() {
    let mut ours = defined("--dynamic", cargos());
    ours.retain(|name| name.starts_with("xfshealer_"));
    assert_eq!(ours, without_versions(&promised()));
}

/// Another library made of Rust in the same program has a standard library of its own.
#[test]
fn the_static_library_shows_nothing_else() {
    let ours = defined("--extern-only", &libdir().join("libxfshealer.a"));
    assert_eq!(ours, without_versions(&promised()));
}

#[test]
fn the_soname_has_the_number_of_the_interface() {
    let soname = format!("libxfshealer.so.{}", xfshealer::capi::XFSHEALER_ABI_VERSION);
    for library in [&shared(), cargos()] {
        let dynamic = sh(&format!("readelf --wide --dynamic {}", library.display()));
        assert!(dynamic.contains(&format!("Library soname: [{soname}]")), "{library:?}: {dynamic}");
    }
    assert_eq!(libdir().join(soname).canonicalize().unwrap(), shared().canonicalize().unwrap());
}

#[test]
fn the_shared_library_needs_libc_alone() {
    let dynamic = sh(&format!("readelf --wide --dynamic {}", shared().display()));
    let needed: Vec<_> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect();
    assert!(needed.len() == 1 && needed[0].contains("[libc.so."), "{needed:?}");
}

#[test]
fn the_loader_can_protect_it() {
    let file = shared();
    let dynamic = sh(&format!("readelf --wide --dynamic {}", file.display()));
    assert!(dynamic.contains("Flags: NOW") && !dynamic.contains("TEXTREL"), "{dynamic}");
    let segments = sh(&format!("readelf --wide --segments {}", file.display()));
    assert!(segments.contains("GNU_RELRO"), "{segments}");
    let stack = segments.lines().find(|line| line.contains("GNU_STACK")).unwrap();
    assert!(stack.contains(" RW ") && !stack.contains("RWE"), "{stack}");
    assert!(!segments.contains("RWE"), "{segments}");
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}

/// Bytes that are loaded: unlike the size of the file they do not jump from page to page with each
/// version of the compiler.
fn loaded(file: &Path) -> u64 {
    let listing = sh(&format!("size {}", file.display()));
    let total = listing.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    total.unwrap().parse().unwrap()
}

#[test]
fn the_shared_library_is_small() {
    let archive = size(&libdir().join("libxfshealer.a"));
    println!("libxfshealer.so {}, libxfshealer.a {archive}", size(&shared()));
    assert!(loaded(&shared()) < MOST_BYTES, "{}", loaded(&shared()));
}

/// One kind of library, as all crates are optimized together only then: with a plain `cargo build`
/// cargo makes several kinds at once, and it is some 50 KiB larger.
#[test]
fn the_shared_library_of_cargo_is_small_for_what_brings_its_standard_library_along() {
    let target = scratch("cargo-cdylib");
    let mut command = Command::new(cargo());
    command.args(["rustc", "--quiet", "--locked", "--release", "--lib", "--crate-type", "cdylib"]);
    run(command.arg("--target-dir").arg(&target).current_dir(source("")));
    let alone = size(&target.join("release/libxfshealer.so"));
    println!("libxfshealer.so of cargo {alone}, with the other kinds {}", size(cargos()));
    assert!(alone < MOST_BYTES_OF_CARGO, "{alone}");
}

/// The header says that the library opens and prints nothing, so it needs nothing of the kind.
#[test]
fn it_takes_memory_and_strings_from_libc_and_nothing_else() {
    let allowed = [
        "bcmp",
        "calloc",
        "free",
        "malloc",
        "memcmp",
        "memcpy",
        "memmove",
        "memset",
        "posix_memalign",
        "realloc",
        "strerrordesc_np",
        "strlen",
    ];
    let listing = sh(&format!("nm --dynamic --undefined-only {}", shared().display()));
    let names = listing.lines().map(|line| line.rsplit(' ').next().unwrap());
    let names = names.map(|name| name.split('@').next().unwrap());
    let others: Vec<_> = names.filter(|name| !allowed.contains(name)).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// Code that could panic would pull in what words, prints and unwinds, tenfold of the rest.
#[test]
fn no_panic_is_reachable() {
    let symbols = sh(&format!("nm --demangle {}", unstripped().display()));
    let panics = ["panicking", "rust_begin_unwind"];
    let found = symbols.lines().filter(|line| panics.iter().any(|panic| line.contains(panic)));
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "{}\n{}", panicking_functions().join("\n"), found.join("\n"));
}

/// Which of our functions do, for the message.
fn panicking_functions() -> Vec<String> {
    let code = sh(&format!("objdump -d --demangle --no-show-raw-insn {}", unstripped().display()));
    let mut function = "";
    let mut found = Vec::new();
    for line in code.lines() {
        if line.ends_with(">:") {
            function = line;
        } else if function.contains("xfshealer") && line.contains("<core::") {
            let callee = line.split_once('<').map_or("", |(_, callee)| callee);
            if ["panicking", "fail"].iter().any(|word| callee.contains(word)) {
                found.push(format!("{function} calls <{callee}"));
            }
        }
    }
    found
}
