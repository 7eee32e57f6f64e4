// SPDX-License-Identifier: LGPL-2.1-or-later
//! The order of the rooms of `src`: which file imports from which, without circles.
//!
//! `cargo test --test rooms -- --nocapture` prints the map. Tests may import from anywhere and are
//! not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// The rooms, lowest first as in `src/lib.rs`: each imports only from rooms before it.
const STAGES: [&str; 19] = [
    "uapi", "sys", "event", "plan", "report", "fs", "mounts", "work", "service", "act", "log",
    "record", "metrics", "hook", "watch", "daemon", "starter", "fserror", "capi",
];
/// The rooms where `unsafe` may stand.
const UNSAFE: [&str; 2] = ["sys", "capi"];

/// The code of a file: without comments, strings and tests.
struct File {
    /// Of its module, without "crate".
    path: Vec<String>,
    code: String,
}

/// Everything that is not a test, by its path below `src`.
fn files() -> BTreeMap<String, File> {
    let mut files = BTreeMap::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut dirs = vec![src.clone()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let file = entry.unwrap().path();
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
            if file.is_dir() && name != "bin" {
                dirs.push(file);
            } else if let Some(module) = name.strip_suffix(".rs") {
                let path = module.strip_suffix("/mod").unwrap_or(module);
                let path =
                    path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect();
                let code = code(&std::fs::read_to_string(&file).unwrap());
                files.insert(name, File { path, code });
            }
        }
    }
    let tests: Vec<_> = files.values().flat_map(test_modules).collect();
    files.retain(|_, file| !tests.iter().any(|test| file.path.starts_with(test)));
    files.iter_mut().for_each(|(_, file)| file.code = without_tests(&file.code));
    files
}

/// Drops comments and what stands in quotes.
fn code(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find(['"', '/']) {
            code += &rest[..at];
            rest = &rest[at..];
            if rest.starts_with("//") {
                rest = "";
            } else if let Some(quoted) = rest.strip_prefix('"') {
                let mut end = quoted.char_indices().scan(false, |escaped, (at, c)| {
                    let is_end = c == '"' && !*escaped;
                    *escaped = c == '\\' && !*escaped;
                    Some((at, is_end))
                });
                rest = end.find(|(_, is_end)| *is_end).map_or("", |(at, _)| &quoted[at + 1..]);
            } else {
                code.push('/');
                rest = &rest[1..];
            }
        }
        code += rest;
        code.push('\n');
    }
    code
}

/// What stands before an item that is there for tests only, or also for the fuzzer.
const FOR_TESTS: [&str; 2] = ["#[cfg(test)]", "#[cfg(any(test, fuzzing))]"];

/// The modules that a file has for tests only.
fn test_modules(file: &File) -> Vec<Vec<String>> {
    let code = file.code.replace(FOR_TESTS[1], FOR_TESTS[0]);
    let attributes = code.split("#[cfg(test)]\n").skip(1);
    let items = attributes.filter_map(|behind| behind.lines().find(|line| !line.starts_with('#')));
    let names = items.filter_map(|item| item.rsplit("mod ").next()?.strip_suffix(';'));
    names.map(|name| [&file.path[..], &[name.to_owned()]].concat()).collect()
}

/// Drops what stands behind `#[cfg(test)]`, up to the end of the item.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if !FOR_TESTS.contains(&line.trim_start()) {
            kept += line;
            kept.push('\n');
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let is_end = |line: &str| {
            line.len() > indent && line[indent..].starts_with(['}', ')']) || line.ends_with(';')
        };
        lines.by_ref().find(|line| line.len() - line.trim_start().len() == indent && is_end(line));
    }
    kept
}

/// Every path of a file into the crate, trees in braces taken apart; `modules` are names of modules
/// in that file, and their paths.
fn paths(file: &File, modules: &BTreeMap<&str, Vec<String>>) -> Vec<Vec<String>> {
    let absolute = |path: Vec<String>| match modules.get(path[0].as_str()) {
        Some(module) => [module, &path[1..]].concat(),
        None => absolute(&file.path, &path),
    };
    starts(file, &mut modules.keys().copied()).into_iter().map(absolute).collect()
}

/// The paths of a file that begin with a word of the language, or with one of these.
fn starts(file: &File, others: &mut dyn Iterator<Item = &str>) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for word in ["crate", "super", "self"].into_iter().chain(others) {
        for (at, _) in file.code.match_indices(&format!("{word}::")) {
            let line = &file.code[file.code[..at].rfind('\n').map_or(0, |end| end + 1)..at];
            let goes_on = line.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if goes_on {
                continue;
            }
            let mut found = Vec::new();
            expand(&mut file.code[at..].chars().peekable(), &mut Vec::new(), &mut found);
            // What is named once more for others, from further down, is no import unless it is used.
            let is_facade = line.starts_with("pub") && line.ends_with("use ") && word != "crate";
            let is_used = |path: &Vec<String>| uses(file, path.last().map_or("", String::as_str));
            found.retain(|path| !is_facade || is_used(path));
            paths.append(&mut found);
        }
    }
    paths
}

/// Whether a name stands in a file otherwise than in a list of modules, after a dot or as what is
/// defined.
fn uses(file: &File, name: &str) -> bool {
    // Behind the end of each list of names.
    let code = file.code.replace("\npub(crate) use ", "\npub use ");
    let parts = code.split("\npub use ").enumerate();
    let parts = parts
        .map(|(nth, part)| part.split_at(if nth == 0 { 0 } else { part.find(';').unwrap_or(0) }).1);
    parts.flat_map(str::lines).filter(|line| !line.contains("mod ")).any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let (before, behind) = (&line[..at], &line[at + name.len()..]);
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let is_whole = !before.ends_with(is_word) && !behind.starts_with(is_word);
            is_whole && !before.ends_with(['.', ':']) && !before.ends_with("fn ")
        })
    })
}

/// The names, keywords and numbers of a piece of code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads a path, and what its braces hold.
fn expand(text: &mut Chars<'_>, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let depth = prefix.len();
    loop {
        let mut word = String::new();
        while let Some(c) = text.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '*') {
            word.push(c);
        }
        if word != "self" || prefix.is_empty() {
            prefix.push(word);
        }
        if text.next_if_eq(&':').is_none() || text.next_if_eq(&':').is_none() {
            paths.push(prefix.clone());
            break;
        }
        if text.next_if_eq(&'{').is_some() {
            while text.peek().is_some_and(|c| *c != '}') {
                while text.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
                if text.peek().is_some_and(|c| *c != '}') {
                    expand(text, prefix, paths);
                }
                while text.next_if(|c| *c != ',' && *c != '}').is_some() {}
            }
            text.next();
            break;
        }
    }
    prefix.truncate(depth);
}

/// The same path from the crate's root, in a file of this module.
fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|word| *word == "super").count();
    match path[0].as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [module, &path[1..]].concat(),
        _ => [&module[..module.len() - ups.min(module.len())], &path[ups..]].concat(),
    }
}

/// Who imports from whom.
struct Map {
    files: BTreeMap<String, File>,
    arrows: BTreeMap<String, BTreeSet<String>>,
}

impl Map {
    fn new() -> Map {
        let mut map = Map { files: files(), arrows: BTreeMap::new() };
        for (name, file) in &map.files {
            let to = paths(file, &map.modules_in(file)).into_iter();
            let to = to.filter_map(|path| map.file_of(&path, 0)).filter(|to| to != name).collect();
            map.arrows.insert(name.clone(), to);
        }
        map
    }

    /// The modules that a file has a name for: its own, and those that it imports.
    fn modules_in<'a>(&'a self, file: &File) -> BTreeMap<&'a str, Vec<String>> {
        let all = self.files.values().map(|module| &module.path);
        let own = all.filter(|path| path.len() == file.path.len() + 1 && !file.path.is_empty());
        let own = own.filter(|path| path.starts_with(&file.path));
        let named = starts(file, &mut std::iter::empty()).into_iter();
        let imported =
            named.filter_map(|path| Some(&self.module(&absolute(&file.path, &path))?.1.path));
        let modules = own.chain(imported).filter(|path| !path.is_empty());
        modules.map(|path| (path[path.len() - 1].as_str(), path.clone())).collect()
    }

    /// The file that has what this path names, through the imports of modules that name it again.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        let len = (1..=path.len()).rev().find(|len| self.module(&path[..*len]).is_some())?;
        let (name, file) = self.module(&path[..len])?;
        let Some(item) = path.get(len).filter(|_| depth < 8) else { return Some(name.clone()) };
        if defines(file, item) {
            return Some(name.clone());
        }
        let again = public_imports(file).into_iter().find_map(|found| {
            let last = found.last()?;
            let target = match last.as_str() {
                "*" => [&found[..found.len() - 1], std::slice::from_ref(item)].concat(),
                same if same == item => found,
                _ => return None,
            };
            let (to, at) = (self.file_of(&target, depth + 1)?, &target[target.len() - 1]);
            (defines(&self.files[&to], at) || self.files[&to].path.ends_with(&target)).then_some(to)
        });
        again.or_else(|| Some(name.clone()))
    }

    fn module(&self, path: &[String]) -> Option<(&String, &File)> {
        self.files.iter().find(|(_, file)| file.path == path)
    }

    /// What can be reached from a file over arrows.
    fn reach<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut ahead) = (BTreeSet::new(), vec![from]);
        while let Some(file) = ahead.pop() {
            let to = self.arrows[file].iter().map(String::as_str);
            ahead.extend(to.filter(|to| reached.insert(*to)));
        }
        reached
    }

    /// Files of which each can be reached from each.
    fn circles(&self) -> BTreeSet<Vec<&str>> {
        let reach: BTreeMap<_, _> =
            self.arrows.keys().map(|file| (file.as_str(), self.reach(file))).collect();
        let circle = |file: &str| {
            reach[file].iter().copied().filter(|to| reach[to].contains(file)).collect()
        };
        reach.keys().map(|file| circle(file)).filter(|circle: &Vec<_>| !circle.is_empty()).collect()
    }
}

/// Whether something of that name stands in the file itself.
fn defines(file: &File, item: &str) -> bool {
    file.code.lines().filter(|line| !line.starts_with([' ', '#', '}'])).any(|line| {
        let mut words = words(line);
        let is_kind = |word: &str| {
            ["fn", "struct", "enum", "trait", "const", "static", "type", "union", "macro_rules"]
                .contains(&word)
        };
        !line.contains("use ")
            && words.by_ref().any(is_kind)
            && words.find(|word| !word.is_empty() && *word != "fn") == Some(item)
    })
}

/// What a module names once more for others.
fn public_imports(file: &File) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in file.code.match_indices("use ") {
        let line = file.code[..at].rfind('\n').map_or(0, |end| end + 1);
        if file.code[line..at].starts_with("pub") {
            expand(&mut file.code[at + 4..].chars().peekable(), &mut Vec::new(), &mut found);
        }
    }
    found.iter().map(|path| absolute(&file.path, path)).collect()
}

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

#[test]
fn rooms_import_from_lower_ones_only() {
    let map = Map::new();
    let stage = |file: &str| STAGES.iter().position(|stage| *stage == room(file));
    let mut wrong = String::new();
    for (from, to) in map.arrows.iter().filter(|(from, _)| *from != "lib.rs") {
        for to in to.iter().filter(|to| *to != "lib.rs" && stage(to) > stage(from)) {
            let _ = writeln!(wrong, "{from} imports from {to}");
        }
        assert!(stage(from).is_some(), "{from} is in no room");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_file_imports_from_one_that_imports_from_it() {
    let map = Map::new();
    let arrows: usize = map.arrows.values().map(BTreeSet::len).sum();
    println!("{} files, {arrows} arrows", map.files.len());
    for stage in STAGES {
        let of_room = map.arrows.iter().filter(|(file, _)| room(file) == stage);
        let rooms: BTreeSet<_> =
            of_room.flat_map(|(_, to)| to).map(|to| room(to)).filter(|to| *to != stage).collect();
        println!("{stage} -> {}", rooms.into_iter().collect::<Vec<_>>().join(" "));
    }
    let circles = map.circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn unsafe_stands_in_two_rooms() {
    for (name, file) in files().iter().filter(|(name, _)| !UNSAFE.contains(&room(name))) {
        assert!(words(&file.code).all(|word| word != "unsafe"), "{name}");
    }
}

#[test]
fn a_type_name_is_met_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, file) in files() {
        // Types of a trait stand further in.
        let items = file.code.lines().filter(|line| !line.starts_with(' '));
        let types = items.filter_map(|line| {
            let mut words = words(line);
            let is_kind = |word: &str| ["struct", "enum", "trait", "type"].contains(&word);
            words.by_ref().any(is_kind).then(|| words.next())?
        });
        types.for_each(|item| places.entry(item.to_owned()).or_default().push(name.clone()));
    }
    assert!(places.len() > 100, "{} types were found", places.len());
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}
