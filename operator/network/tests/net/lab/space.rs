//! A network namespace, and the thread that lives in it.

use rustix::thread::{UnshareFlags, gettid, unshare_unsafe};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// A thread in a network namespace of its own. Threads and programs that it starts are in there too.
pub(crate) struct Space {
    jobs: Sender<Job>,
    path: String,
}

impl Space {
    /// A new namespace, with its loopback interface up. `None`: not permitted here.
    pub(crate) fn new() -> Option<Self> {
        let (jobs, todo) = channel::<Job>();
        let (tell, told) = channel();
        let _thread = thread::spawn(move || {
            // SAFETY: the table of descriptors stays shared; only the network is the thread's own.
            let result = unsafe { unshare_unsafe(UnshareFlags::NEWNET) };
            let id = gettid().as_raw_nonzero();
            tell.send(result.map(|()| id)).expect("somebody waits");
            for job in todo {
                job();
            }
        });
        let id = told.recv().expect("the thread answers").ok()?;
        let space = Self {
            jobs,
            path: format!("/proc/{}/task/{id}/ns/net", std::process::id()),
        };
        space.ip("link set lo up");
        Some(space)
    }

    /// Where the namespace is found by others.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Does something inside, and waits for it.
    pub(crate) fn run<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> R {
        let (tell, told) = channel();
        self.jobs
            .send(Box::new(move || drop(tell.send(job()))))
            .expect("the thread lives");
        told.recv().expect("the job came to an end")
    }

    /// Starts something inside that goes on by itself.
    pub(crate) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        self.run(move || drop(thread::spawn(job)));
    }

    /// Runs ip(8) inside, once for each line.
    pub(crate) fn ip(&self, lines: &str) {
        let lines = lines.to_owned();
        self.run(move || {
            for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let output = Command::new("ip")
                    .args(line.split_whitespace())
                    .output()
                    .expect("ip runs");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "ip {line}: {said}");
            }
        });
    }
}
