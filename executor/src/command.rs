//! Finding the command inside, and saying why it cannot run before anything is committed.

use crate::files::open;
use crate::message::{Part, Refused, parts, print, say};
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::Plan;
use purple_report::COMMAND_NOT_FOUND;
use rustix::fd::OwnedFd;
use rustix::fs::{Access, AtFlags, CWD, FileType, OFlags, RawMode, accessat, statfs};
use rustix::io::Errno;

const STEP: &str = "exec";
/// The exit status where the command was found and cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;

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
pub(crate) fn find(
    command: &CStr,
    search: &[u8],
    plan: &Plan<'_>,
    path: &mut Path,
) -> Result<(), Refused> {
    let name = command.to_bytes();
    if name.is_empty() {
        return Err(refused(COMMAND_NOT_FOUND, parts!["the command is empty"]));
    }
    if name.contains(&b'/') {
        path.replace(name);
        return match look_at(path) {
            Ok(()) => check_start(command, path, plan),
            Err(NotExecutable::Because(why)) => Err(refused(NOT_EXECUTABLE, parts![command, why])),
            Err(NotExecutable::Absent) => {
                let what = ": no such file inside the sandbox";
                Err(refused(COMMAND_NOT_FOUND, parts![command, what]))
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
            Ok(()) => return check_start(command, path, plan),
            Err(NotExecutable::Because(why)) => not_executable = Some(why),
            Err(NotExecutable::Absent) => {}
        }
    }
    if let Some(why) = not_executable {
        return Err(refused(NOT_EXECUTABLE, parts![command, why]));
    }
    let what = ": not found inside the sandbox in ";
    Err(refused(COMMAND_NOT_FOUND, parts![command, what, search]))
}

/// Says why execve failed after the search went well.
pub(crate) fn say_failed(command: &CStr, errno: Errno) {
    let why = match errno {
        Errno::NOENT => ": its interpreter is not in the sandbox",
        Errno::NOEXEC => {
            ": it is neither an ELF program for this machine nor a script that begins with `#!`; start a script with its interpreter, as `sh FILE`"
        }
        _ => "",
    };
    say!(STEP, command, why, errno);
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
            may_execute.map_err(|errno| {
                NotExecutable::Because(match errno {
                    Errno::ACCESS => why_not_executable(path, status.st_mode),
                    _ => ": faccessat2(2) fails here, as under the filter of a container",
                })
            })
        }
        FileType::Directory => Err(NotExecutable::Because(": is a directory")),
        _ => Err(NotExecutable::Because(": is not a regular file")),
    }
}

fn why_not_executable(path: &CStr, mode: RawMode) -> &'static str {
    /// `ST_NOEXEC` (statfs(2)).
    const NOEXEC: u64 = 8;
    /// For anybody (chmod(2)).
    const EXECUTE: RawMode = 0o111;
    let flags = statfs(path)
        .ok()
        .and_then(|found| u64::try_from(found.f_flags).ok());
    if mode & EXECUTE != 0 && flags.is_some_and(|flags| flags & NOEXEC != 0) {
        ": permission denied: it is on a file system that is mounted noexec"
    } else {
        ": permission denied: not executable"
    }
}

/// What has to be there for a program to start.
struct Interpreter {
    /// What it is for people.
    kind: &'static str,
    path: Text<256>,
}

/// Says why a program cannot start where the kernel would not: with a missing interpreter, execve fails with the same
/// error as with a missing program, and a 32-bit program is killed at its first call where the policy does not list x86.
fn check_start(command: &CStr, path: &Path, plan: &Plan<'_>) -> Result<(), Refused> {
    /// `AUDIT_ARCH_I386` (linux/audit.h).
    const X86: u32 = 0x4000_0003;
    let Ok(file) = path.c_str().and_then(|path| open(path, OFlags::RDONLY)) else {
        // A program that cannot be read can still be executed: then execve speaks for itself.
        return Ok(());
    };
    let mut head = [0; 256];
    let count = rustix::io::pread(&file, &mut head[..], 0).unwrap_or(0);
    let head = head.get(..count).unwrap_or(&[]);
    if is_32(head) && plan.interfaces.iter().all(|one| one.audit_arch != X86) {
        let why = ": a 32-bit program, whose system calls the policy does not list: add `architectures: [x86]` under `syscalls`";
        return Err(refused(NOT_EXECUTABLE, parts![command, why]));
    }
    let interpreter = interpreter_of(&file, head);
    let Some(Interpreter { kind, path }) = &interpreter else {
        return Ok(());
    };
    let Some(name) = path.c_str().ok().filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    if !matches!(rustix::fs::stat(name), Err(Errno::NOENT | Errno::NOTDIR)) {
        return Ok(());
    }
    let why = if name.to_bytes().ends_with(b"\r") {
        " does not exist: the first line ends in CR LF, and the CR is a part of the name; remove it with `dos2unix`"
    } else {
        " is not in the sandbox: no path of the policy provides it"
    };
    Err(refused(NOT_EXECUTABLE, parts![command, *kind, name, why]))
}

/// Whether a file begins as a 32-bit program of x86 does, little endian (elf(5)).
fn is_32(head: &[u8]) -> bool {
    /// The place of the machine (`e_machine`), and its number for x86.
    const MACHINE: usize = 18;
    const EM_386: [u8; 2] = [3, 0];
    let machine = head.get(MACHINE..).and_then(<[u8]>::first_chunk);
    head.starts_with(b"\x7fELF\x01\x01") && machine == Some(&EM_386)
}

/// What a program names as its interpreter; `None` where it names none.
fn interpreter_of(file: &OwnedFd, head: &[u8]) -> Option<Interpreter> {
    if let Some(line) = head.strip_prefix(b"#!") {
        return Some(Interpreter {
            kind: ": its script interpreter ",
            path: Text::of(script_interpreter(line)),
        });
    }
    Some(Interpreter {
        kind: ": its ELF interpreter ",
        path: elf_interpreter(file, head)?,
    })
}

/// The interpreter that a script's first line names: what stands between spaces and tabs (execve(2)). A carriage return is
/// a part of it.
fn script_interpreter(line: &[u8]) -> &[u8] {
    let first = line.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    let mut words = first.split(|byte| b" \t".contains(byte));
    words.find(|word| !word.is_empty()).unwrap_or(&[])
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
        assert_eq!(script_interpreter(b"\t/bin/sh\r\nrest"), b"/bin/sh\r");
        assert_eq!(script_interpreter(b""), b"");
    }
}
