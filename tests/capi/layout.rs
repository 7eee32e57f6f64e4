// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rust and the header say the same: values, sizes, offsets and the types of the functions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::mirror::claims;
use crate::names::{CONSTANTS, STRUCTS, functions};
use crate::tools::{run, scratch, source};

const INCLUDE: &str = "#include <xfshealer.h>\n";

/// What the C compiler makes of a program that includes the header.
fn cc(mode: &[&str], program: &str, name: &str) -> String {
    let file = scratch(name);
    fs::write(&file, program).unwrap();
    run(Command::new("cc").arg("-std=c11").args(mode).arg("-I").arg(source("include")).arg(file))
}

#[test]
fn values_sizes_and_offsets_are_those_of_the_header() {
    let program = [INCLUDE, &claims(CONSTANTS, STRUCTS)].concat();
    cc(&["-fsyntax-only"], &program, "claims.c");
}

#[test]
fn no_name_is_forgotten_on_either_side() {
    let mut ours = BTreeSet::from(["XFSHEALER_H".to_string()]);
    ours.extend(CONSTANTS.iter().map(|(name, _)| name.to_string()));
    for of in STRUCTS {
        ours.insert(of.name.to_string());
        ours.extend(of.fields.iter().map(|field| format!("{}.{}", of.name, field.c_name())));
    }
    ours.extend(functions().into_iter().map(|(name, _)| format!("{name}()")));

    let macros = cc(&["-E", "-dM"], INCLUDE, "macros.c");
    let macros = macros.lines().filter_map(|line| line.strip_prefix("#define ")?.split(' ').next());
    let text = preprocessed();
    let theirs: BTreeSet<String> = macros
        .filter(|name| name.starts_with("XFSHEALER_"))
        .map(str::to_string)
        .chain(structs(&text))
        .chain(prototypes(&text).into_iter().map(|(name, _)| format!("{name}()")))
        .collect();
    let differences: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(differences.is_empty(), "not in both names.rs and the header: {differences:?}");
}

#[test]
fn the_functions_have_the_types_of_the_header() {
    let text = preprocessed();
    let theirs = prototypes(&text);
    for (name, types) in functions() {
        let ours: Vec<String> = types.into_iter().map(without_paths).collect();
        let (_, c) = theirs.iter().find(|(of, _)| *of == name).expect(name);
        assert_eq!(&ours, c, "{name}: Rust, then the header");
    }
}

/// Whatever Rust calls public and by C's prefix is in the lists that are compared.
#[test]
fn every_name_of_the_source_is_compared() {
    let listed: BTreeSet<&str> = CONSTANTS
        .iter()
        .map(|(name, _)| *name)
        .chain(STRUCTS.iter().map(|of| of.name))
        .chain(functions().into_iter().map(|(name, _)| name))
        // Private to C.
        .chain(["xfshealer_planner"])
        .collect();
    let mut count = 0;
    for file in fs::read_dir(source("src/capi")).unwrap() {
        for name in public_names(&file.unwrap().path()) {
            assert!(listed.contains(&*name), "add {name} to tests/capi/names.rs");
            count += 1;
        }
    }
    assert_eq!(count, listed.len(), "the source is not written as this test expects");
}

fn public_names(file: &Path) -> Vec<String> {
    let starts =
        ["pub const ", "pub struct ", "pub extern \"C\" fn ", "pub unsafe extern \"C\" fn "];
    let of_line = |line: &str| {
        let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
        rest.split([':', ' ', '(', ';']).next().map(str::to_string)
    };
    fs::read_to_string(file).unwrap().lines().filter_map(of_line).collect()
}

/// The header without comments and macros, on one line.
fn preprocessed() -> String {
    cc(&["-E", "-P"], INCLUDE, "header.c").replace('\n', " ")
}

/// Structures as `name` and their fields as `name.field`, but for the one that has none.
fn structs(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for definition in text.split('}') {
        let Some((head, body)) = definition.split_once('{') else { continue };
        let Some((_, name)) = head.rsplit_once("struct ") else { continue };
        if !name.starts_with("xfshealer_") {
            continue;
        }
        names.push(name.trim().to_string());
        for field in body.split(';').map(str::trim).filter(|field| !field.is_empty()) {
            let last = field.rsplit([' ', '*']).next().unwrap();
            names.push(format!("{}.{}", name.trim(), last.split('[').next().unwrap()));
        }
    }
    names
}

/// Functions with their types, written as Rust writes them.
fn prototypes(text: &str) -> Vec<(&str, Vec<String>)> {
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some((head, parameters)) = statement.split_once('(') else { continue };
        let Some(at) = head.rfind("xfshealer_") else { continue };
        let (result, name) = head.split_at(at);
        let result = result.rsplit(['}', '{']).next().unwrap();
        let parameters = parameters.trim_end().trim_end_matches(')');
        let mut types: Vec<String> = match parameters {
            "void" => Vec::new(),
            some => some.split(',').map(|one| rust_type(without_name(one))).collect(),
        };
        types.push(rust_type(result));
        found.push((name, types));
    }
    found
}

/// `const char *path` without `path`.
fn without_name(parameter: &str) -> &str {
    parameter.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_')
}

fn rust_type(c: &str) -> String {
    let pointee = match c.replace("const", "").replace("struct", "").replace('*', "").trim() {
        "void" if !c.contains('*') => "()",
        "void" => "c_void",
        "char" => "i8",
        "int" => "i32",
        "int32_t" => "i32",
        "uint32_t" => "u32",
        "uint64_t" => "u64",
        "size_t" => "usize",
        name if name.starts_with("xfshealer_") => name,
        other => panic!("what is {other} in Rust?"),
    }
    .to_string();
    let pointer = if c.contains("const") { "*const " } else { "*mut " };
    format!("{}{pointee}", pointer.repeat(c.matches('*').count()))
}

/// `*const xfshealer::capi::event::xfshealer_event` without the path.
fn without_paths(of: &str) -> String {
    let words = of.split(' ').map(|word| word.rsplit("::").next().unwrap());
    words.collect::<Vec<_>>().join(" ")
}
