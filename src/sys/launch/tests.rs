// SPDX-License-Identifier: LGPL-2.1-or-later
use super::*;
use std::path::Path;
use std::time::Duration;

fn ended(program: Launch) -> io::Result<i32> {
    program.spawn()?.wait().map(|status| status.code().unwrap())
}

fn sh(script: &str) -> Launch {
    let mut program = Launch::new("sh");
    program.args(["-c", script]);
    program
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_program_has_its_words_its_environment_and_its_streams() {
    let text = output_of("sh", &["-c", "cat; echo \"$0 $# $XFSHEALER_TEST\"", "a b", "c"], |p| {
        p.stdin(super::super::filled_pipe(b"in ").unwrap()).env("XFSHEALER_TEST", "x y");
    });
    assert_eq!(text, "in a b 1 x y\n");
    let text = output_of("/usr/bin/env", &[], |p| {
        p.env_clear().env("ONE", "1").env("ONE", "2").env("TWO", "2").env_remove("TWO");
    });
    assert_eq!(text, "ONE=2\n");
    let text = output_of("sh", &["-c", "umask; pwd -P"], |p| {
        p.default_umask().at_root();
    });
    assert_eq!(text, "0022\n/\n");
    assert_eq!(ended(sh("exit 3")).unwrap(), 3);
}

#[test]
fn why_a_program_cannot_be_run_is_told_whoever_asks() {
    let refused = |name: &str, path: &str| {
        let mut program = Launch::new(name);
        program.env("PATH", path);
        ended(program).unwrap_err().raw_os_error()
    };
    assert_eq!(refused("/nonexist", ""), Some(libc::ENOENT));
    assert_eq!(refused("nonexist", "/usr/bin:/nonexist:/dev/null"), Some(libc::ENOENT));
    assert_eq!(refused("sh", ""), Some(libc::ENOENT));
    assert_eq!(refused("/", ""), Some(libc::EACCES));
    assert_eq!(refused("bin", "/usr:/nonexist"), Some(libc::EACCES), "of a directory");
    let empty = Launch::new("").spawn().unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::NotFound);
    let mut child = Launch::new("/nonexist").spawn().unwrap();
    assert!(child.has_begun_within(LONG).is_err() && child.has_begun().is_err());
    while child.try_wait().is_ok() {
        std::thread::yield_now();
    }
    assert!(child.wait().is_err());
}

#[test]
fn a_script_without_a_first_line_is_one_of_the_shell() {
    let dir = std::env::temp_dir().join(format!("xfshealer-script-{}", std::process::id()));
    std::fs::create_dir(&dir).unwrap();
    let script = dir.join("script");
    std::fs::write(&script, "echo \"${0##*/} $1\"\n").unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = [Path::new("/nonexist"), &dir].map(|dir| dir.to_str().unwrap()).join(":");
    let text = output_of("script", &["a b"], |p| {
        p.env("PATH", &path);
    });
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(text, "script a b\n");
}

#[test]
fn a_child_has_a_session_of_its_own_and_no_other_descriptor() {
    let null = null_device().unwrap();
    // A number that the child has for nothing else, and that is not closed by exec.
    // SAFETY: an open descriptor and integers.
    let ours = unsafe { libc::fcntl(null.as_raw_fd(), libc::F_DUPFD, 200) };
    // SAFETY: new, or -1.
    let ours = unsafe { crate::sys::check_fd(ours) }.unwrap();
    let open = output_of("sh", &["-c", "echo /proc/self/fd/*"], |_| ());
    assert!(!open.contains(&format!("/{}", ours.as_raw_fd())), "{open}");
    let session = output_of("cut", &["-d ", "-f6", "/proc/self/stat"], |_| ());
    let own = std::fs::read_to_string("/proc/self/stat").unwrap();
    assert_ne!(Some(session.trim()), own.split(' ').nth(5));
}

/// Directories that do not answer are for the scenarios.
#[test]
fn nobody_waits_for_a_program_and_it_can_be_ended_before_it_runs() {
    use std::os::unix::process::ExitStatusExt;
    let mut child = sh("exec sleep 600").spawn().unwrap();
    assert!(child.has_begun_within(LONG).unwrap());
    assert_eq!(child.try_wait().unwrap(), None);
    child.end();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGTERM));
    let mut child = sh("trap '' TERM; exec sleep 600").spawn().unwrap();
    child.kill();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
    // It was waited for: its number may be another's.
    child.kill();
    child.end();
}
