// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the shells complete: each option of the help and no other, values, and mount points.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

const HEALER: Program = Program {
    name: "xfs_healer",
    path: env!("CARGO_BIN_EXE_xfs_healer"),
    bash: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/xfs_healer.bash"),
    zsh: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/xfs_healer.zsh"),
};
const STARTER: Program = Program {
    name: "xfs_healer_start",
    path: env!("CARGO_BIN_EXE_xfs_healer_start"),
    bash: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/xfs_healer_start.bash"),
    zsh: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/xfs_healer_start.zsh"),
};

const FSERRORD: Program = Program {
    name: "fserrord",
    path: env!("CARGO_BIN_EXE_fserrord"),
    bash: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/fserrord.bash"),
    zsh: concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/fserrord.zsh"),
};

struct Program {
    name: &'static str,
    path: &'static str,
    /// Its files for the shells.
    bash: &'static str,
    zsh: &'static str,
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{command:?}: {complaints}");
    String::from_utf8(output.stdout).unwrap()
}

fn is_there(shell: &str) -> bool {
    Command::new(shell).args(["-c", "true"]).status().is_ok_and(|status| status.success())
}

fn set(options: &[&str]) -> BTreeSet<String> {
    options.iter().map(|option| (*option).to_owned()).collect()
}

impl Program {
    /// The options of the help, long and short; an equals sign behind those that take a value.
    fn options_of_help(&self) -> BTreeSet<String> {
        let help = output(Command::new(self.path).arg("--help"));
        let (_, help) = help.split_once("\nOptions:\n").unwrap();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let words = lines.flat_map(|line| {
            line.split([' ', ','])
                .filter(|word| !word.is_empty())
                .take_while(|word| word.starts_with('-'))
        });
        let end = |word: &str| word.find('=').map_or(word.len(), |at| at + 1);
        let options: BTreeSet<_> = words.map(|word| word[..end(word)].to_owned()).collect();
        assert!(
            options.contains("--help") && options.len() == help.matches(" -").count(),
            "{help}"
        );
        options
    }

    /// The options, by the help, of which the value is a file; a program is one.
    fn options_with_a_file(&self) -> Vec<String> {
        let help = output(Command::new(self.path).arg("--help"));
        let words = help.split_whitespace().filter_map(|word| word.split_once('='));
        let files = words.filter(|(_, value)| ["FILE", "PATH", "PROGRAM"].contains(value));
        files.map(|(option, _)| option.to_owned()).collect()
    }

    /// What bash has to offer for the last of these words, split as bash splits them.
    fn bash(&self, words: &[&str]) -> BTreeSet<String> {
        let script = r#"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); $(complete -p "$1" |
            cut -d ' ' -f 3); ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}""#;
        let args = ["--norc", "-c", script, self.bash, self.name];
        output(Command::new("bash").args(args).args(words)).lines().map(str::to_owned).collect()
    }

    /// What is specified for the options in the zsh file, each as far as the description.
    fn zsh_options(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(self.zsh).unwrap();
        let specs = text.lines().skip_while(|line| !line.starts_with("_arguments")).skip(1);
        let options = specs.filter_map(|line| line.split_once('[')).flat_map(|(option, _)| {
            // What must not come with it is in brackets.
            let option = option.rsplit_once(')').map_or(option, |(_, option)| option);
            option.trim().split(['\'', '{', '}', ',']).filter(|word| !word.is_empty())
        });
        options.map(str::to_owned).collect()
    }

    /// What zsh is told to complete.
    fn zsh_specs(&self) -> String {
        let script = r#"_arguments() { print -rl -- "$@" }; . "$0""#;
        output(Command::new("zsh").args(["-f", "-c", script, self.zsh]))
    }
}

#[test]
fn zsh_completes_what_takes_a_file_as_one() {
    for program in [HEALER, STARTER, FSERRORD] {
        let text = std::fs::read_to_string(program.zsh).unwrap();
        for option in program.options_with_a_file() {
            let spec = text.lines().find(|line| line.contains(&format!("{option}=[")));
            assert!(spec.is_some_and(|spec| spec.contains(":_files")), "{option}: {spec:?}");
        }
    }
}

/// The mount points that bash offers for a word, if this is what is mounted.
fn bash_mounts(word: &str, mounts: &str) -> BTreeSet<String> {
    let script = r#"source "$0"; _xfs_healer_mounts "$1" <<<"$2"
        ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}""#;
    let text =
        output(Command::new("bash").args(["--norc", "-c", script, HEALER.bash, word, mounts]));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn both_complete_each_option_of_the_help_and_no_other() {
    for program in [HEALER, STARTER, FSERRORD] {
        let help = program.options_of_help();
        assert_eq!(program.zsh_options(), help);
        if is_there("bash") {
            assert_eq!(program.bash(&["-"]), help);
        }
    }
}

#[test]
fn bash_completes_what_has_been_begun() {
    if !is_there("bash") {
        return;
    }
    let bash = |words: &[&str]| HEALER.bash(words);
    assert_eq!(bash(&["--repa"]), set(&["--repair"]));
    assert_eq!(bash(&["/m", "--es"]), set(&["--escalate="]));
    assert_eq!(bash(&["--escalate", "="]), set(&["100/10m"]));
    assert_eq!(bash(&["--escalate", "=", "1"]), set(&["100/10m"]));
    assert_eq!(bash(&["--scrub-command", "non"]), set(&["none"]));
    assert!(bash(&["--scrub-command", "=", "tru"]).contains("true"));
    assert!(bash(&["--replay", "=", "Ca"]).contains("Cargo.toml"));
    assert_eq!(bash(&["--record", "f", "--repa"]), set(&["--repair"]));
    assert_eq!(bash(&["--", "--rep"]), set(&[]));
    assert_eq!(bash(&["/m", ""]), set(&[]), "there is one mount point");
}

#[test]
fn bash_completes_what_takes_a_file_as_one() {
    if !is_there("bash") {
        return;
    }
    for (program, at_least) in [(HEALER, 4), (STARTER, 1), (FSERRORD, 4)] {
        let options = program.options_with_a_file();
        assert!(options.len() >= at_least, "{options:?}");
        for option in options {
            let words = [
                &[&*option, "="][..],
                &[&*option, ""],
                &[&*option, "=", "Ca"],
                &["--debug", &*option, "=", "Ca"],
            ];
            for words in words {
                let name = program.name;
                assert!(program.bash(words).contains("Cargo.toml"), "{name}: {words:?}");
            }
        }
    }
    assert_eq!(STARTER.bash(&["--mount"]), set(&["--mountns="]));
    assert_eq!(STARTER.bash(&[""]), set(&[]), "operands mean nothing");
}

#[test]
fn bash_offers_where_an_xfs_is_mounted() {
    if !is_there("bash") {
        return;
    }
    let mounts = r"proc /proc proc rw 0 0
/dev/a /mnt/my\040data xfs rw 0 0
/dev/b /mnt/other xfs rw 0 0
/dev/c /mnt/ext4 ext4 rw 0 0
/dev/d /srv xfs rw 0 0";
    assert_eq!(bash_mounts("", mounts), set(&["/mnt/my data", "/mnt/other", "/srv"]));
    for word in ["/mnt/m", r"/mnt/my\ d", "\"/mnt/my d", "'/mnt/my d"] {
        assert_eq!(bash_mounts(word, mounts), set(&["/mnt/my data"]), "{word}");
    }
    assert_eq!(bash_mounts("/mnt/e", mounts), set(&[]));
}

#[test]
fn zsh_understands_its_file() {
    if !is_there("zsh") {
        return;
    }
    let specs = HEALER.zsh_specs();
    assert!(
        specs.contains("\n(-1 --oneshot --all)--oneshot[") && specs.contains("\n1:mount point:")
    );
    assert!(STARTER.zsh_specs().contains("\n--mountns=["));
}
