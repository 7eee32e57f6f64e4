// SPDX-License-Identifier: LGPL-2.1-or-later
//! Programs that are started without waiting for them.
//!
//! `std::process::Command` returns when the program runs, that is when the kernel has found it. Each
//! directory of PATH may be on a server that does not answer, and until it does neither would the
//! caller go on nor would the child let go of what it has inherited: an open file of a filesystem
//! keeps that from being unmounted. Here the child closes everything first and looks for the program
//! then, and whoever has started it can wait for that as for anything else, and end it.

use std::convert::Infallible;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::ptr;

use super::child::Child;
use super::{check, children, limits, process, set_nonblocking, signal};

/// Exit code of a child that could not become its program, as of a shell.
const NOT_RUN: c_int = 127;
/// Program that runs a script which does not name one, as execvp(3) has it.
const SHELL: &CStr = c"/bin/sh";

/// A program to be started, with its words, its environment and its streams.
#[derive(Debug)]
pub struct Launch {
    name: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// Standard input, output and error output; `None` for nothing to read, and for ours.
    streams: [Option<OwnedFd>; 3],
    has_default_umask: bool,
    is_at_root: bool,
}

impl Launch {
    /// The program of this name, with our environment and outputs, and nothing to read. One without a
    /// slash is looked for in the directories of PATH, as the environment of the program has it.
    pub fn new(name: impl AsRef<OsStr>) -> Launch {
        Launch {
            name: name.as_ref().to_owned(),
            args: Vec::new(),
            env: std::env::vars_os().collect(),
            streams: [None, None, None],
            has_default_umask: false,
            is_at_root: false,
        }
    }

    /// Adds a word.
    pub fn arg(&mut self, word: impl AsRef<OsStr>) -> &mut Launch {
        self.args.push(word.as_ref().to_owned());
        self
    }

    /// Adds words.
    pub fn args<W: AsRef<OsStr>>(&mut self, words: impl IntoIterator<Item = W>) -> &mut Launch {
        self.args.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Launch {
        self.env_remove(&name);
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Takes a variable away.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Launch {
        self.env.retain(|(other, _)| other != name.as_ref());
        self
    }

    /// Takes all variables away that were set up to now, also ours.
    pub fn env_clear(&mut self) -> &mut Launch {
        self.env.clear();
        self
    }

    pub fn stdin(&mut self, from: impl Into<OwnedFd>) -> &mut Launch {
        self.streams[0] = Some(from.into());
        self
    }

    pub fn stdout(&mut self, to: impl Into<OwnedFd>) -> &mut Launch {
        self.streams[1] = Some(to.into());
        self
    }

    pub fn stderr(&mut self, to: impl Into<OwnedFd>) -> &mut Launch {
        self.streams[2] = Some(to.into());
        self
    }

    /// Lets the program make files that all may read and only their owner may write: umask(2).
    pub fn default_umask(&mut self) -> &mut Launch {
        self.has_default_umask = true;
        self
    }

    /// Starts the program in the root directory, and not in whatever directory we are.
    pub fn at_root(&mut self) -> &mut Launch {
        self.is_at_root = true;
        self
    }

    /// The name and the words, for tests.
    #[cfg(test)]
    pub fn words(&self) -> Vec<&OsStr> {
        [&self.name].into_iter().chain(&self.args).map(OsString::as_os_str).collect()
    }

    /// Makes a child that becomes the program, in a session of its own, with no signal blocked or
    /// ignored, with the limit of descriptors that we were given, and with no descriptor but the
    /// standard streams. The streams that were given are closed here.
    pub fn spawn(self) -> io::Result<Child> {
        let (news, theirs) = super::pipe()?;
        set_nonblocking(news.as_fd())?;
        let image = Image::new(self, theirs)?;
        // SAFETY: in the child only `Image::run` is called, which does what may be done after a fork
        // of a process with threads: system calls on memory that was made before.
        let pid = check(unsafe { libc::fork() })?;
        if pid == 0 {
            image.run();
        }
        Ok(Child::new(pid.unsigned_abs(), news))
    }
}

/// The files that may be the program, in the order in which they are tried.
fn candidates(name: &OsStr, path: Option<&OsStr>) -> io::Result<Vec<CString>> {
    if name.is_empty() {
        return Err(ErrorKind::NotFound.into());
    }
    if name.as_bytes().contains(&b'/') {
        return Ok(vec![c_string(name)?]);
    }
    let path = path.unwrap_or_default().as_bytes();
    let directories = path.split(|byte| *byte == b':').filter(|dir| !dir.is_empty());
    directories
        .map(|dir| c_string(OsStr::from_bytes(&[dir, b"/", name.as_bytes()].concat())))
        .collect()
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| ErrorKind::InvalidInput.into())
}

/// Strings, with the array of pointers to them that exec takes.
struct Pointers {
    pointers: Vec<*const c_char>,
    _strings: Vec<CString>,
}

impl Pointers {
    fn new(strings: Vec<CString>) -> Pointers {
        let end = [ptr::null()];
        Pointers {
            pointers: strings.iter().map(|string| string.as_ptr()).chain(end).collect(),
            _strings: strings,
        }
    }

    fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// All that a child needs, made before it is: it must not allocate.
struct Image {
    /// Name of the process until it is that of the program, in brackets as systemd has it: it is to
    /// be taken for neither of the two.
    title: CString,
    candidates: Vec<CString>,
    words: Pointers,
    /// For each candidate: words for a shell that runs it as a script.
    script_words: Vec<Pointers>,
    env: Pointers,
    streams: [Option<OwnedFd>; 3],
    /// The child's end of the pipe by which it tells an errno.
    news: OwnedFd,
    has_default_umask: bool,
    is_at_root: bool,
}

impl Image {
    fn new(program: Launch, news: OwnedFd) -> io::Result<Image> {
        let path = program.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| &**value);
        let candidates = candidates(&program.name, path)?;
        let args: io::Result<Vec<_>> = program.args.iter().map(|word| c_string(word)).collect();
        let args = args?;
        let words = [c_string(&program.name)?].into_iter().chain(args.clone()).collect();
        let script_words = candidates.iter().map(|script| {
            let first = [c"sh".to_owned(), script.clone()];
            Pointers::new(first.into_iter().chain(args.clone()).collect())
        });
        let env = program.env.into_iter().map(|(name, value)| {
            let mut pair = name.into_vec();
            pair.push(b'=');
            pair.extend_from_slice(value.as_bytes());
            c_string(OsStr::from_bytes(&pair))
        });
        let base = program.name.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        Ok(Image {
            title: c_string(OsStr::from_bytes(&[b"(", base, b")"].concat()))?,
            script_words: script_words.collect(),
            candidates,
            words: Pointers::new(words),
            env: Pointers::new(env.collect::<io::Result<_>>()?),
            streams: out_of_the_way(program.streams)?,
            news,
            has_default_umask: program.has_default_umask,
            is_at_root: program.is_at_root,
        })
    }

    /// Becomes the program, or tells why not and ends; for a child.
    fn run(&self) -> ! {
        let Err(error) = self.become_program();
        let errno = error.raw_os_error().unwrap_or(libc::EIO).to_ne_bytes();
        // SAFETY: an open descriptor, and readable bytes. Nobody may read it any more: SIGPIPE ends
        // the child as well.
        unsafe { libc::write(self.news.as_raw_fd(), errno.as_ptr().cast(), errno.len()) };
        // SAFETY: ends the child without a look at what it has in common with us.
        unsafe { libc::_exit(NOT_RUN) }
    }

    fn become_program(&self) -> io::Result<Infallible> {
        // SAFETY: a string that ends with NUL, of which the kernel takes 15 bytes.
        unsafe { libc::prctl(libc::PR_SET_NAME, self.title.as_ptr()) };
        process::new_session();
        for (stream, number) in self.streams.iter().zip(0..) {
            if let Some(stream) = stream {
                // SAFETY: two descriptors, different ones, and no flag: it stays open in the program.
                check(unsafe { libc::dup3(stream.as_raw_fd(), number, 0) })?;
            }
        }
        // First of all that may take time: another program may wait for what is open here.
        children::close_others(self.news.as_raw_fd());
        limits::restore_limit()?;
        if self.has_default_umask {
            children::default_umask();
        }
        if self.is_at_root {
            // SAFETY: a string that ends with NUL.
            check(unsafe { libc::chdir(c"/".as_ptr()) })?;
        }
        signal::default_signals()?;
        Err(self.exec())
    }

    /// Tries one file after the other, as execvp(3) does; gives why the last one is not it.
    fn exec(&self) -> io::Error {
        let mut error = io::Error::from_raw_os_error(libc::ENOENT);
        let env = self.env.as_ptr();
        for (candidate, script_words) in self.candidates.iter().zip(&self.script_words) {
            // SAFETY: strings that end with NUL, and arrays of such that end with a null pointer.
            unsafe { libc::execve(candidate.as_ptr(), self.words.as_ptr(), env) };
            let why = io::Error::last_os_error();
            match why.raw_os_error() {
                // SAFETY: as above.
                Some(libc::ENOEXEC) => unsafe {
                    libc::execve(SHELL.as_ptr(), script_words.as_ptr(), env);
                    return io::Error::last_os_error();
                },
                Some(libc::EACCES) => error = why,
                Some(
                    libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT,
                ) => {}
                _ => return why,
            }
        }
        error
    }
}

/// The streams with something for the first, and none of them at the number of a standard stream:
/// those are given anew one after the other.
fn out_of_the_way(streams: [Option<OwnedFd>; 3]) -> io::Result<[Option<OwnedFd>; 3]> {
    let away = |stream: Option<OwnedFd>| match stream {
        Some(fd) if fd.as_raw_fd() <= libc::STDERR_FILENO => fd.try_clone().map(Some),
        stream => Ok(stream),
    };
    let [input, output, error] = streams;
    let input = Some(input.map_or_else(|| null_device().map(OwnedFd::from), Ok)?);
    Ok([away(input)?, away(output)?, away(error)?])
}

/// Reads from nothing, and takes everything that is written: for the stream of a program.
pub fn null_device() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/null")
}

/// What a program prints that is made up like this, and ends well.
#[cfg(test)]
pub fn output_of(name: &str, words: &[&str], prepare: impl FnOnce(&mut Launch)) -> String {
    let (mut output, theirs) = super::pipe().unwrap();
    let mut program = Launch::new(name);
    program.args(words).stdout(theirs);
    prepare(&mut program);
    let mut child = program.spawn().unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut output, &mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{name} {words:?}");
    text
}

#[cfg(test)]
mod tests;
