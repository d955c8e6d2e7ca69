//! The real helper, `real-purple-net` beside the stand-in, of whose start one step is where it is killed or delayed: a system
//! call, or as many of one kind as come one after the other. None stays stopped.

use nix::errno::Errno;
use nix::libc::{
    PTRACE_EVENT_EXEC, SYS_close_range, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_epoll_wait,
};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How long it is delayed.
const DELAY: Duration = Duration::from_millis(20);

/// `PTRACE_SYSCALL_INFO_ENTRY` of linux/ptrace.h.
const ENTRY: u8 = 1;

/// Runs the helper to its end. `action` is done when it comes to that step, the first one being 0. Where it waits for connections
/// before that, the file `steps` has how many there were.
#[expect(clippy::zombie_processes, reason = "it is waited for by its id")]
pub(crate) fn run(own: &Path, words: &[String], action: &str, step: usize) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", "read -r go && exec \"$@\"", "sh"])
        .arg(own.with_file_name("real-purple-net"))
        .args(words.iter().skip(1))
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let options =
        Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options).expect("a child can be traced");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"go\n").expect("the shell reads");
    drop(input);
    let (mut looks, mut begun, mut before, mut steps) = (false, false, 0, 0);
    loop {
        let mut signal = None;
        match waitpid(pid, Some(WaitPidFlag::__WALL)).expect("a child") {
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => return,
            // The shell may still have been on its way to be one.
            WaitStatus::PtraceEvent(_, _, PTRACE_EVENT_EXEC) => {
                let program = fs::read_link(format!("/proc/{pid}/exe"));
                looks = program.is_ok_and(|program| program.ends_with("real-purple-net"));
            }
            WaitStatus::Stopped(_, other) => signal = Some(other),
            WaitStatus::PtraceSyscall(_) => {
                let info = ptrace::syscall_info(pid).expect("it is stopped");
                let number = ptrace::getregs(pid).expect("it is stopped").orig_rax;
                if info.op == ENTRY && number != before && (begun || is_first(number)) {
                    (begun, before) = (true, number);
                    looks = steps != step && !is_wait(number);
                    if steps == step {
                        act(pid, action);
                    } else if !looks {
                        let file = own.with_file_name("steps");
                        fs::write(file, steps.to_string()).expect("a file of its own");
                    }
                    steps += 1;
                }
            }
            _ => {}
        }
        let resumed = if looks {
            ptrace::syscall(pid, signal)
        } else {
            ptrace::cont(pid, signal)
        };
        assert!(matches!(resumed, Ok(()) | Err(Errno::ESRCH)), "{resumed:?}");
    }
}

fn act(pid: Pid, action: &str) {
    match action {
        "killed" => kill(pid, Signal::SIGKILL).expect("a child"),
        "delayed" => thread::sleep(DELAY),
        other => panic!("{other}"),
    }
}

/// Whether it is the helper's first own call: what comes before makes a program of its file.
fn is_first(number: u64) -> bool {
    i64::try_from(number) == Ok(SYS_close_range)
}

/// Whether the call waits for connections.
fn is_wait(number: u64) -> bool {
    let waits = [SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2];
    i64::try_from(number).is_ok_and(|number| waits.contains(&number))
}
