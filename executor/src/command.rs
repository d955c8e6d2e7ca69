//! Finding the command inside, and saying why it cannot run before anything is committed.

use crate::files::open;
use crate::message::{Part, Refused, parts, print, say};
use crate::text::Text;
use core::ffi::CStr;
use rustix::fd::OwnedFd;
use rustix::fs::{Access, AtFlags, CWD, FileType, OFlags, accessat};
use rustix::io::Errno;

const STEP: &str = "exec";
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// The longest path that the kernel takes (`PATH_MAX`), with its NUL.
const PATH_BYTES: usize = 4096;

/// A path to the command.
pub(crate) type Path = Text<PATH_BYTES>;

/// Why a path is not the command.
enum NotExecutable {
    /// Nothing is there.
    Absent,
    /// Something is there that cannot be executed: what people read of it.
    Because(&'static str),
}

/// Finds the command: as it stands when it has a slash, else in the directories of `search`, the
/// value of `PATH` inside. `path` is where it was found.
pub(crate) fn find(command: &CStr, search: &[u8], path: &mut Path) -> Result<(), Refused> {
    let name = command.to_bytes();
    if name.is_empty() {
        return Err(refused(NOT_FOUND, parts!["the command is empty"]));
    }
    if name.contains(&b'/') {
        path.replace(name);
        return match look_at(path) {
            Ok(()) => check_interpreter(command, path),
            Err(NotExecutable::Because(why)) => Err(refused(NOT_EXECUTABLE, parts![command, why])),
            Err(NotExecutable::Absent) => {
                let what = ": no such file inside the sandbox";
                Err(refused(NOT_FOUND, parts![command, what]))
            }
        };
    }

    // The last one that is there but cannot be executed, should no directory have a better one.
    let mut not_executable = None;
    let directories = search.split(|&byte| byte == b':');
    for directory in directories.filter(|directory| !directory.is_empty()) {
        path.replace(directory);
        path.push("/");
        path.push_bytes(name);
        match look_at(path) {
            Ok(()) => return check_interpreter(command, path),
            Err(NotExecutable::Because(why)) => not_executable = Some(why),
            Err(NotExecutable::Absent) => {}
        }
    }
    if let Some(why) = not_executable {
        return Err(refused(NOT_EXECUTABLE, parts![command, why]));
    }
    let what = ": not found inside the sandbox in ";
    Err(refused(NOT_FOUND, parts![command, what, search]))
}

/// Says why execve failed after the search went well.
pub(crate) fn say_failed(command: &CStr, errno: Errno) {
    say!(STEP, command, errno);
}

/// The exit status where it failed.
pub(crate) fn status_of(errno: Errno) -> u8 {
    if errno == Errno::NOENT {
        NOT_FOUND
    } else {
        NOT_EXECUTABLE
    }
}

fn refused(status: u8, parts: &[Part<'_>]) -> Refused {
    print(STEP, parts);
    Refused { status }
}

/// Whether a program is there that this process may execute.
fn look_at(path: &Path) -> Result<(), NotExecutable> {
    let Ok(path) = path.c_str() else {
        return Err(NotExecutable::Because(": the path is too long"));
    };
    let status = match rustix::fs::stat(path) {
        Ok(status) => status,
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(NotExecutable::Absent),
        Err(_) => {
            return Err(NotExecutable::Because(
                ": cannot be looked up inside the sandbox",
            ));
        }
    };
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => {
            let may_execute = accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS);
            may_execute.map_err(|_| NotExecutable::Because(": permission denied: not executable"))
        }
        FileType::Directory => Err(NotExecutable::Because(": is a directory")),
        _ => Err(NotExecutable::Because(": is not a regular file")),
    }
}

/// What has to be there for a program to start.
struct Interpreter {
    /// What it is for people.
    kind: &'static str,
    path: Text<256>,
}

/// An existing program whose interpreter is missing fails in execve with the same error as a
/// missing program; so look first, and say which it is.
fn check_interpreter(command: &CStr, path: &Path) -> Result<(), Refused> {
    let interpreter = path.c_str().ok().and_then(interpreter_of);
    let Some(interpreter) = interpreter else {
        // A program that cannot be read can still be executed: then execve speaks for itself.
        return Ok(());
    };
    let Some(name) = interpreter
        .path
        .c_str()
        .ok()
        .filter(|name| !name.is_empty())
    else {
        return Ok(());
    };
    match rustix::fs::stat(name) {
        Err(Errno::NOENT | Errno::NOTDIR) => {
            let absent = " is not in the sandbox: no path of the policy provides it";
            let kind = interpreter.kind;
            Err(refused(NOT_EXECUTABLE, parts![command, kind, name, absent]))
        }
        _ => Ok(()),
    }
}

/// What a program names as its interpreter; `None` where it names none or cannot be read.
fn interpreter_of(path: &CStr) -> Option<Interpreter> {
    let file = open(path, OFlags::RDONLY).ok()?;
    let mut head = [0; 256];
    let count = rustix::io::pread(&file, &mut head[..], 0).unwrap_or(0);
    let head = head.get(..count).unwrap_or(&[]);
    if let Some(line) = head.strip_prefix(b"#!") {
        return Some(Interpreter {
            kind: ": its script interpreter ",
            path: Text::of(script_interpreter(line)),
        });
    }
    Some(Interpreter {
        kind: ": its ELF interpreter ",
        path: elf_interpreter(&file, head)?,
    })
}

/// The interpreter that a script's first line names (execve(2)).
fn script_interpreter(line: &[u8]) -> &[u8] {
    let first = line.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    first
        .trim_ascii()
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or(&[])
}

/// The path in the `PT_INTERP` header of a 64-bit little-endian ELF file (elf(5)).
fn elf_interpreter(file: &OwnedFd, head: &[u8]) -> Option<Text<256>> {
    const PT_INTERP: u32 = 3;
    const HEADER_BYTES: u64 = 56;
    /// Where the file's header has the place of the program headers (`e_phoff`), and their number
    /// (`e_phnum`).
    const TABLE: usize = 32;
    const ENTRIES: usize = 56;
    /// Where a program header has the place of its bytes (`p_offset`), and how many they are
    /// (`p_filesz`). Its type comes first.
    const OFFSET: usize = 8;
    const SIZE: usize = 32;
    /// More headers than any program has.
    const MOST_ENTRIES: u16 = 64;

    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = number_at(head, TABLE)?;
    let entries = u16::from_le_bytes(*head.get(ENTRIES..)?.first_chunk()?);
    for index in 0..entries.min(MOST_ENTRIES) {
        let at = table.checked_add(u64::from(index).checked_mul(HEADER_BYTES)?)?;
        let mut header = [0_u8; 56];
        if rustix::io::pread(file, &mut header[..], at).ok()? != header.len() {
            return None;
        }
        if u32::from_le_bytes(*header.first_chunk()?) != PT_INTERP {
            continue;
        }
        let size = usize::try_from(number_at(&header, SIZE)?).ok()?;
        let mut text = [0_u8; 255];
        let wanted = text.get_mut(..size)?;
        let count = rustix::io::pread(file, &mut *wanted, number_at(&header, OFFSET)?).ok()?;
        let path = wanted.get(..count)?.split(|&byte| byte == 0).next()?;
        return Some(Text::of(path));
    }
    None
}

/// A 64-bit number of an ELF header.
fn number_at(header: &[u8], position: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*header.get(position..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::script_interpreter;

    #[test]
    fn script_lines() {
        assert_eq!(script_interpreter(b"/bin/sh\nrest"), b"/bin/sh");
        assert_eq!(
            script_interpreter(b" /usr/bin/env python3 -u\n"),
            b"/usr/bin/env"
        );
        assert_eq!(script_interpreter(b""), b"");
    }
}
