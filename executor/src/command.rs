//! Finding the command inside, and saying why it cannot run before anything is committed.

use crate::message::{Part, Refused, Text, parts, print, say};
use crate::transfer::open;
use core::ffi::CStr;
use rustix::fd::OwnedFd;
use rustix::fs::{Access, AtFlags, CWD, FileType, OFlags};
use rustix::io::Errno;

const STEP: &str = "exec";
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// The longest path that the kernel takes (`PATH_MAX`), with its NUL.
const PATH_BYTES: usize = 4096;

/// A path to the command.
pub(crate) type Path = Text<PATH_BYTES>;

/// Finds the command: as it stands when it has a slash, else in the directories of `search`, the
/// value of `PATH` inside.
pub(crate) fn find(command: &CStr, search: &[u8]) -> Result<Path, Refused> {
    let name = command.to_bytes();
    if name.is_empty() {
        return Err(refused(NOT_FOUND, parts!["the command is empty"]));
    }
    let plain = !name.contains(&b'/');
    let places = if plain { search } else { b"." };
    let (mut path, mut bad) = (Path::new(), None);
    for dir in places
        .split(|&byte| byte == b':')
        .filter(|dir| !dir.is_empty())
    {
        path.clear();
        if plain {
            path.push_bytes(dir);
            path.push("/");
        }
        path.push_bytes(name);
        match candidate(&path) {
            Ok(()) => return check_interpreter(command, &path).map(|()| path),
            Err(why) => bad = why.or(bad),
        }
    }
    Err(match bad {
        Some(why) => refused(NOT_EXECUTABLE, parts![command, why]),
        None if plain => refused(
            NOT_FOUND,
            parts![command, ": not found inside the sandbox in ", search],
        ),
        None => refused(
            NOT_FOUND,
            parts![command, ": no such file inside the sandbox"],
        ),
    })
}

/// Says why execve failed after the search went well.
pub(crate) fn exec_failed(command: &CStr, errno: Errno) -> u8 {
    say!(STEP, command, errno);
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

/// Whether a program is there; else why it cannot be one, or nothing where nothing is there.
fn candidate(path: &Path) -> Result<(), Option<&'static str>> {
    let path = path.c_str().map_err(|_| Some(": the path is too long"))?;
    let status = match rustix::fs::stat(path) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(None),
        found => found.map_err(|_| Some(": cannot be looked up inside the sandbox"))?,
    };
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(|_| Some(": permission denied: not executable")),
        FileType::Directory => Err(Some(": is a directory")),
        _ => Err(Some(": is not a regular file")),
    }
}

/// An existing program whose interpreter is missing fails in execve with the same error as a
/// missing program; so look first, and say which it is.
fn check_interpreter(command: &CStr, path: &Path) -> Result<(), Refused> {
    let Ok(path) = path.c_str() else {
        return Ok(());
    };
    // A program that cannot be read can still be executed: then execve speaks for itself.
    let Ok(file) = open(path, OFlags::RDONLY) else {
        return Ok(());
    };
    let mut head = [0; 256];
    let count = rustix::io::pread(&file, &mut head[..], 0).unwrap_or(0);
    let head = head.get(..count).unwrap_or(&[]);
    let mut interpreter = Text::<256>::new();
    let kind = if let Some(line) = head.strip_prefix(b"#!") {
        interpreter.push_bytes(script_interpreter(line));
        ": its script interpreter "
    } else {
        if elf_interpreter(&file, head, &mut interpreter).is_none() {
            return Ok(());
        }
        ": its ELF interpreter "
    };
    let Some(name) = interpreter.c_str().ok().filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    match rustix::fs::stat(name) {
        Err(Errno::NOENT | Errno::NOTDIR) => {
            let absent = " is not in the sandbox: no path of the policy provides it";
            Err(refused(NOT_EXECUTABLE, parts![command, kind, name, absent]))
        }
        _ => Ok(()),
    }
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

/// Reads the path in the `PT_INTERP` header of a 64-bit little-endian ELF file (elf(5)).
fn elf_interpreter(file: &OwnedFd, head: &[u8], out: &mut Text<256>) -> Option<()> {
    const PT_INTERP: u32 = 3;
    const HEADER_BYTES: u64 = 56;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = u64::from_le_bytes(*head.get(32..)?.first_chunk()?);
    let entries = u16::from_le_bytes(*head.get(56..)?.first_chunk()?);
    for index in 0..entries.min(64) {
        let at = table.checked_add(u64::from(index).checked_mul(HEADER_BYTES)?)?;
        let mut header = [0_u8; 56];
        if rustix::io::pread(file, &mut header[..], at).ok()? != header.len() {
            return None;
        }
        if u32::from_le_bytes(*header.first_chunk()?) != PT_INTERP {
            continue;
        }
        let offset = u64::from_le_bytes(*header.get(8..)?.first_chunk()?);
        let size = u64::from_le_bytes(*header.get(32..)?.first_chunk()?);
        let mut text = [0_u8; 255];
        let wanted = text.get_mut(..usize::try_from(size).ok()?)?;
        let count = rustix::io::pread(file, &mut *wanted, offset).ok()?;
        out.push_bytes(wanted.get(..count)?.split(|&byte| byte == 0).next()?);
        return Some(());
    }
    None
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
