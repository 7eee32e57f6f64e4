// SPDX-License-Identifier: LGPL-2.1-or-later
//! The manual pages are well formed; they tell every option that the program has, and every
//! function, structure and constant of the C header as the header has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file in man/.
fn pages() -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(Path::new(ROOT).join("man")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The pages about the library, by name.
fn library_pages() -> BTreeMap<String, String> {
    let of_section = pages().into_iter().filter(|path| path.extension().is_some_and(|e| e == "3"));
    let named =
        of_section.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
    named.map(|(name, path)| (name, read(&path))).collect()
}

/// The C header without comments.
fn header() -> String {
    let text = read(&Path::new(ROOT).join("include/xfshealer.h"));
    let mut code = String::new();
    for (nr, part) in text.split("/*").enumerate() {
        let rest = if nr == 0 { part } else { part.split_once("*/").expect("comments end").1 };
        code.push_str(rest);
    }
    code
}

/// White space is one blank, and none beside brackets and stars.
fn squeezed(code: &str) -> String {
    let words = code.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("* ", "*").replace("( ", "(").replace(" )", ")")
}

/// What the header declares, each piece up to its semicolon.
fn declarations() -> Vec<String> {
    let header = header();
    let lines = header.lines().filter(|line| !line.starts_with('#') && !line.contains("extern"));
    let code = lines.collect::<Vec<_>>().join("\n").replace('}', " } ");
    let mut all = vec![String::new()];
    let mut depth = 0;
    for c in code.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        all.last_mut().unwrap().push(c);
    }
    all.iter().map(|code| squeezed(code)).filter(|code| code.contains("xfshealer_")).collect()
}

/// The prototypes of the header.
fn prototypes() -> BTreeSet<String> {
    declarations().into_iter().filter(|code| code.contains('(')).collect()
}

fn function_name(prototype: &str) -> &str {
    let (before, _) = prototype.split_once('(').expect("a prototype has a bracket");
    before.rsplit([' ', '*']).next().unwrap()
}

/// The lines of one section of a page.
fn section<'a>(page: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let title = format!(".Sh {name}");
    let after = page.lines().skip_while(move |line| *line != title).skip(1);
    after.take_while(|line| !line.starts_with(".Sh "))
}

/// The names in the section NAME.
fn names(page: &str) -> Vec<&str> {
    let names = section(page, "NAME").filter_map(|line| line.strip_prefix(".Nm "));
    names.map(|name| name.trim_end_matches([' ', ','])).collect()
}

/// The prototypes in the section SYNOPSIS.
fn synopsis(page: &str) -> Vec<String> {
    let (mut all, mut start, mut arguments) = (Vec::new(), String::new(), Vec::new());
    for line in section(page, "SYNOPSIS") {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_matches('"');
        match word {
            ".Ft" => start = format!("{rest} "),
            ".Fo" => start.push_str(rest),
            ".Fa" => arguments.push(rest),
            ".Fc" => {
                all.push(squeezed(&format!("{start}({})", arguments.join(", "))));
                arguments.clear();
            }
            _ => assert_eq!(line, ".In xfshealer.h"),
        }
    }
    all
}

/// The words of a text that look like constants of the library.
fn constants(text: &str) -> BTreeSet<&str> {
    let is_other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = text.split(is_other).filter(|word| word.starts_with("XFSHEALER_"));
    words.filter(|word| !word.ends_with('_') && *word != "XFSHEALER_H").collect()
}

#[test]
fn mandoc_finds_nothing_wrong() {
    let pages = pages();
    assert!(pages.len() >= 8, "{pages:?}");
    let output = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(&pages)
        .output()
        .expect("mandoc (package mandoc) runs");
    let complaints = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
}

/// Macros of mdoc(7) that are taken for one wherever they stand in a line.
const MACROS: &str = "Ac Ad An Ao Ap Aq Ar At Bc Bo Bq Brc Bro Brq Bsx Bx Cd Cm Dc Do Dq Dv Dx Ec Em Eo \
    Er Es Ev Fa Fc Fl Fn Fo Fr Ft Fx Ic In Lb Li Lk Me Ms Mt Nm No Ns Nx Oc Oo Op Ot Ox Pa Pc Pf Po Pp Pq \
    Qc Ql Qo Qq Sc So Sq Sx Sy Ta Tn Ux Va Vt Xc Xo Xr";

#[test]
fn no_heading_loses_a_word_that_is_a_macro() {
    let macros: BTreeSet<&str> = MACROS.split_whitespace().collect();
    for path in pages() {
        for line in
            read(&path).lines().filter(|line| [".Sh ", ".Ss "].iter().any(|s| line.starts_with(s)))
        {
            let lost = line.split(' ').skip(1).find(|word| macros.contains(word));
            assert_eq!(lost, None, "{}: {line}", path.display());
        }
    }
}

/// A quote goes to the end of its line, whatever comes: `No` does not end it.
#[test]
fn no_quote_swallows_the_rest_of_its_line() {
    for path in pages() {
        for line in read(&path).lines().filter(|line| line.starts_with('.')) {
            let quotes = ["Ql", "Dq", "Sq", "Qq"];
            let mut words = line.trim_start_matches('.').split(' ');
            let is_swallowed =
                words.any(|word| quotes.contains(&word)) && words.any(|word| word == "No");
            assert!(!is_swallowed, "{}: {line}", path.display());
        }
    }
}

#[test]
fn every_page_is_found_by_its_file_name() {
    for path in pages() {
        let (page, file) = (read(&path), path.file_name().unwrap().to_str().unwrap());
        let (name, number) = file.split_once('.').unwrap();
        let title = format!(".Dt {} {number}", name.to_uppercase());
        assert!(page.lines().any(|line| line == title), "{file} has no {title:?}");
        assert!(page.starts_with(".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n"), "{file}");
    }
}

#[test]
fn every_function_of_the_header_has_one_page_and_its_prototype() {
    let prototypes = prototypes();
    assert!(prototypes.len() >= 30, "{prototypes:#?}");
    let pages = library_pages();
    let functions = pages.iter().filter(|(name, _)| *name != "libxfshealer");
    let functions: Vec<&str> = functions.flat_map(|(_, page)| names(page)).collect();
    let in_names: BTreeSet<&str> = functions.iter().copied().collect();
    let in_header: BTreeSet<&str> = prototypes.iter().map(|code| function_name(code)).collect();
    assert_eq!(in_names, in_header);
    assert_eq!(functions.len(), in_names.len(), "a function has two pages");
    for (name, page) in &pages {
        let synopsis = synopsis(page);
        let shown: Vec<&str> = synopsis.iter().map(|code| function_name(code)).collect();
        if name != "libxfshealer" {
            assert_eq!(shown, names(page), "{name}");
        }
        for prototype in &synopsis {
            assert!(prototypes.contains(prototype), "{name}: {prototype} is not of the header");
        }
    }
}

#[test]
fn every_structure_is_shown_as_the_header_has_it() {
    let pages: String = library_pages().into_values().collect();
    let pages = squeezed(&pages.replace('}', " } "));
    let structures: Vec<_> = declarations().into_iter().filter(|code| code.contains('{')).collect();
    assert!(structures.len() >= 7, "{structures:#?}");
    for structure in structures {
        assert!(pages.contains(&structure), "no page has {structure}");
    }
}

#[test]
fn every_constant_of_the_header_is_in_a_page_and_no_other() {
    let (header, pages) = (header(), library_pages());
    let in_header: BTreeSet<&str> =
        header.lines().filter(|line| line.starts_with("#define")).flat_map(constants).collect();
    assert!(in_header.len() >= 90, "{in_header:?}");
    let lines = pages.values().flat_map(|page| page.lines());
    let in_pages: BTreeSet<&str> =
        lines.filter(|line| !line.starts_with(".Dt")).flat_map(constants).collect();
    let differences: Vec<_> = in_pages.symmetric_difference(&in_header).collect();
    assert!(differences.is_empty(), "{differences:?}");
}

/// The options of the help text of a program are those of its page.
fn compare_options(program: &str, page: &str, at_least: usize) {
    let help = Command::new(program).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let page = read(&Path::new(ROOT).join("man").join(page));
    let options = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let in_help: BTreeSet<&str> =
        options.map(|option| option.split('=').next().unwrap_or(option)).collect();
    assert!(in_help.len() >= at_least, "{help}");
    for option in &in_help {
        let is_in_page = page.lines().any(|line| {
            let end =
                line.strip_prefix(".It").and_then(|line| line.split_once(&format!("Fl -{option}")));
            end.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(" Ns"))
        });
        assert!(is_in_page, "--{option} is not in the page");
    }
    let in_page = page.lines().filter(|line| line.starts_with(".It Fl"));
    assert_eq!(in_page.count(), in_help.len(), "the page has options that the help has not");
}

#[test]
fn every_option_of_the_help_is_in_the_page() {
    compare_options(env!("CARGO_BIN_EXE_xfs_healer"), "xfs_healer.8", 14);
    compare_options(env!("CARGO_BIN_EXE_xfs_healer_start"), "xfs_healer_start.8", 5);
    compare_options(env!("CARGO_BIN_EXE_fserrord"), "fserrord.8", 5);
}

/// A word of the kernel's command line or the pattern of one.
fn without_value(word: &str) -> &str {
    ["=1", "=yes", "=*"].iter().find_map(|value| word.strip_suffix(value)).unwrap_or(word)
}

#[test]
fn the_page_of_the_initramfs_has_what_is_read_and_said_there() {
    let script = read(&Path::new(ROOT).join("packaging/initramfs/xfs_healer_root"));
    let page = read(&Path::new(ROOT).join("man/xfs_healer_root.8"));
    let tags = || page.lines().filter_map(|line| line.strip_prefix(".It "));
    let patterns = script.lines().filter(|line| line.contains("off=$word"));
    let patterns = patterns.flat_map(|line| line.split(')').next().unwrap().split('|'));
    let words: BTreeSet<&str> = patterns.map(|word| without_value(word.trim())).collect();
    let in_page: BTreeSet<&str> =
        tags().filter_map(|tag| tag.strip_prefix("Cm ")).flat_map(|tag| tag.split(" , ")).collect();
    let with_a_value = BTreeSet::from(["rd.xfs_healer.timeout= Ns Ar seconds"]);
    assert!(words.len() >= 7, "{words:?}");
    assert_eq!(&in_page - &words, with_a_value);
    assert_eq!(&words - &in_page, BTreeSet::new());
    let said = script.split(['"', '\'']).filter(|text| {
        let text = text.trim_start_matches("=warn ");
        text.starts_with("$root: ") || text.starts_with("$word: ")
    });
    let said: Vec<String> = said
        .map(|text| {
            let values = [
                ("=warn ", ""),
                ("$root", "/root"),
                ("$word", "rd.xfs_healer.timeout=5m"),
                ("$off", "rd.xfs_healer=0"),
                ("$limit", "90"),
                ("$((hidden - 1))", "70"),
                ("$1", "8"),
            ];
            values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        })
        .collect();
    assert!(said.len() >= 8, "{said:#?}");
    let told: BTreeSet<&str> = tags().filter(|tag| !tag.starts_with(['C', 'P'])).collect();
    assert_eq!(said.iter().map(String::as_str).collect::<BTreeSet<_>>(), told);
}
