//! A tracer: sees every system call of the executor's setup, and makes one of them fail (ptrace(2)).

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Which process: the executor is `[]`, its second child `[1]`, the first child of that `[1, 0]`.
pub(crate) type Process = Vec<usize>;

/// -1 as a process id, in a register.
const ALL_BITS: u64 = u32::MAX as u64;

/// A system call: the `nth` one (from 0) with this `number` that a process makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) process: Process,
    pub(crate) number: u64,
    pub(crate) nth: usize,
    /// Whether its first argument, a process, is -1: any child, to wait4(2).
    pub(crate) of_any_child: bool,
    /// What prctl(2), fcntl(2), ioctl(2) and setsockopt(2) are asked for.
    pub(crate) request: Option<u64>,
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    /// Every call of the setup, in order; only where none was made to fail.
    pub(crate) calls: Vec<Call>,
    /// The process that became the command.
    pub(crate) payload: Option<Process>,
    /// Those that became helpers of the host, whose calls are theirs.
    pub(crate) helpers: BTreeSet<Process>,
    /// Whether the call that was to fail came, and failed.
    pub(crate) failed: bool,
    /// The exit status of the executor; 128 and more for a signal.
    pub(crate) status: i32,
    /// What was printed on standard error.
    pub(crate) said: String,
    /// Whether it did not end by itself.
    pub(crate) hung: bool,
}

/// What a command must be started by, so that it can be traced from its first call on.
pub(crate) const WRAPPER: [&str; 4] = ["sh", "-c", "read -r go && exec \"$@\"", "sh"];

/// How long a run may take before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a command that [`WRAPPER`] starts, and makes one call fail with an error number.
pub(crate) fn trace(command: &mut Command, fault: Option<(&Call, Errno)>) -> Traced {
    let traced = trace_for(command, fault, PATIENCE);
    assert!(!traced.hung, "still running after {PATIENCE:?}: {fault:?}");
    traced
}

/// The same with a time after which the run is killed.
#[expect(
    clippy::zombie_processes,
    reason = "it is waited for with all that it starts"
)]
pub(crate) fn trace_for(
    command: &mut Command,
    fault: Option<(&Call, Errno)>,
    patience: Duration,
) -> Traced {
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the command starts");
    let first = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let events = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(first, events).expect("a child can be traced");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"go\n").expect("the wrapper reads");
    drop(input);

    let (done, waited) = mpsc::channel();
    let watch = std::thread::spawn(move || {
        let hung = waited.recv_timeout(patience).is_err();
        if hung {
            kill(first, Signal::SIGKILL).expect("it still runs");
        }
        hung
    });
    let mut tracer = Tracer {
        fault,
        first,
        ..Tracer::default()
    };
    tracer.follow();
    // Nobody listens any more where it hung.
    let _heard = done.send(()).is_ok();
    tracer.found.hung = watch.join().expect("no panic");
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr
        .read_to_string(&mut tracer.found.said)
        .expect("it is text");
    tracer.found
}

struct Tracer<'f> {
    fault: Option<(&'f Call, Errno)>,
    first: Pid,
    /// Whether the wrapper has become the executor.
    begun: bool,
    known: BTreeMap<Pid, Known>,
    /// Processes that stopped before their parent was seen to make them.
    early: BTreeSet<Pid>,
    found: Traced,
}

#[derive(Default)]
struct Known {
    process: Process,
    children: usize,
    /// How often each call has been made.
    made: BTreeMap<u64, usize>,
    /// Whether the call that it is in is the one that fails.
    failing: bool,
    /// Whether it is a helper of the host by now.
    helper: bool,
}

impl Default for Tracer<'_> {
    fn default() -> Self {
        Self {
            fault: None,
            first: Pid::from_raw(0),
            begun: false,
            known: BTreeMap::new(),
            early: BTreeSet::new(),
            found: Traced::default(),
        }
    }
}

impl Tracer<'_> {
    /// Goes on until every process has ended.
    fn follow(&mut self) {
        self.known.insert(self.first, Known::default());
        // Children of other threads are not ours to wait for.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            match waitpid(Pid::from_raw(-1), Some(flags)) {
                Ok(WaitStatus::Exited(pid, status)) => self.ended(pid, status),
                Ok(WaitStatus::Signaled(pid, signal, _)) => self.ended(pid, 128 + signal as i32),
                Ok(WaitStatus::Stopped(pid, signal)) => self.resume(pid, Some(signal)),
                Ok(WaitStatus::PtraceEvent(pid, _, event)) => self.event(pid, event),
                Ok(WaitStatus::PtraceSyscall(pid)) => {
                    self.call(pid);
                    self.resume(pid, None);
                }
                Ok(other) => panic!("{other:?}"),
                Err(Errno::ECHILD) => return,
                Err(Errno::EINTR) => {}
                Err(errno) => panic!("{errno}"),
            }
        }
    }

    fn ended(&mut self, pid: Pid, status: i32) {
        if pid == self.first {
            self.found.status = status;
        }
        drop(self.known.remove(&pid));
    }

    fn event(&mut self, pid: Pid, event: i32) {
        match event {
            // The wrapper may still be on its way to be the wrapper.
            nix::libc::PTRACE_EVENT_EXEC if !self.begun => {
                self.begun = is_program(pid, &["purple-exec"]) == Some(true);
            }
            nix::libc::PTRACE_EVENT_EXEC => {
                let known = self.known.get_mut(&pid).expect("it was resumed");
                // One that was just killed has no program any more. The payload is a child of init, and no child of the supervisor.
                let helpers = ["newuidmap", "newgidmap", "purple-net"];
                let is_helper = is_program(pid, &helpers);
                known.helper = is_helper.unwrap_or(known.process.len() == 1);
                if known.helper {
                    self.found.helpers.insert(known.process.clone());
                } else {
                    self.found.payload = Some(known.process.clone());
                }
            }
            nix::libc::PTRACE_EVENT_FORK
            | nix::libc::PTRACE_EVENT_VFORK
            | nix::libc::PTRACE_EVENT_CLONE => self.born(pid),
            // It is new, and what it is called is not known yet.
            _ if !self.known.contains_key(&pid) => {
                self.early.insert(pid);
                return;
            }
            _ => {}
        }
        self.resume(pid, None);
    }

    fn born(&mut self, parent: Pid) {
        // The parent may have been killed in the meantime, and the child with it.
        let (Ok(child), Some(known)) = (ptrace::getevent(parent), self.known.get_mut(&parent))
        else {
            return;
        };
        let mut process = known.process.clone();
        process.push(known.children);
        known.children += 1;
        let child = Pid::from_raw(i32::try_from(child).expect("a process id"));
        self.known.insert(
            child,
            Known {
                process,
                ..Known::default()
            },
        );
        if self.early.remove(&child) {
            self.resume(child, None);
        }
    }

    /// A process enters or leaves a system call.
    fn call(&mut self, pid: Pid) {
        /// `PTRACE_SYSCALL_INFO_ENTRY` of linux/ptrace.h.
        const ENTRY: u8 = 1;
        let (Ok(info), Ok(mut registers)) = (ptrace::syscall_info(pid), ptrace::getregs(pid))
        else {
            return;
        };
        let known = self.known.get_mut(&pid).expect("it was resumed");
        if info.op != ENTRY {
            if known.failing {
                let (_, errno) = self.fault.expect("one fails");
                known.failing = false;
                registers.rax = (-i64::from(errno as i32)).cast_unsigned();
                self.found.failed = ptrace::setregs(pid, registers).is_ok();
            }
            return;
        }
        let number = registers.orig_rax;
        let made = known.made.entry(number).or_default();
        let call = Call {
            process: known.process.clone(),
            number,
            nth: *made,
            of_any_child: registers.rdi & ALL_BITS == ALL_BITS,
            request: match i64::try_from(number) {
                Ok(nix::libc::SYS_prctl) => Some(registers.rdi),
                Ok(nix::libc::SYS_fcntl | nix::libc::SYS_ioctl) => Some(registers.rsi),
                Ok(nix::libc::SYS_setsockopt) => Some(registers.rdx),
                _ => None,
            },
        };
        *made += 1;
        match self.fault {
            None => self.found.calls.push(call),
            Some((wanted, _)) if *wanted == call => {
                // No call has this number: the kernel does nothing.
                registers.orig_rax = u64::MAX;
                known.failing = ptrace::setregs(pid, registers).is_ok();
            }
            Some(_) => {}
        }
    }

    /// Lets a process go on: to its next call while that is of interest, or else to its next event.
    fn resume(&self, pid: Pid, signal: Option<Signal>) {
        let looked_at = self.known.get(&pid).is_some_and(|known| match self.fault {
            _ if known.helper => false,
            None => self.found.payload.is_none(),
            Some((call, _)) => !self.found.failed && call.process == known.process,
        });
        let resumed = if self.begun && looked_at {
            ptrace::syscall(pid, signal)
        } else {
            ptrace::cont(pid, signal)
        };
        // It may have been killed.
        assert!(matches!(resumed, Ok(()) | Err(Errno::ESRCH)), "{resumed:?}");
    }
}

/// Whether a process runs one of these programs; `None` where that cannot be read.
fn is_program(pid: Pid, names: &[&str]) -> Option<bool> {
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    Some(names.iter().any(|name| program.ends_with(name)))
}
