//! slirp4netns: a network for a namespace, as the bench of networks starts it.

use crate::Fault;
use std::process::{Child, Command, Stdio};

/// Its name.
pub(crate) const SLIRP: &str = "slirp4netns";

/// slirp4netns, and a process in the namespace that it serves.
pub(crate) struct Slirp {
    holder: Child,
    carrier: Child,
}

impl Slirp {
    pub(crate) fn start(host: &[String]) -> Result<Self, Fault> {
        let (program, arguments) = host.split_first().ok_or("no words")?;
        let begin = |words: &[&str], what: &str| {
            Command::new(program)
                .args(arguments)
                .args(words)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| format!("{what}: {error}"))
        };
        let hold = "echo; exec sleep 1000";
        let mut holder = begin(&["unshare", "--net", "sh", "-c", hold], "unshare")?;
        wait_for_a_byte(holder.stdout.take())?;
        let id = holder.id().to_string();
        let words = ["slirp4netns", "--configure", "--ready-fd=1", &id, "tap0"];
        let mut carrier = begin(&words, SLIRP)?;
        wait_for_a_byte(carrier.stdout.take())?;
        Ok(Self { holder, carrier })
    }

    pub(crate) fn enter(&self) -> Vec<String> {
        vec![
            "nsenter".to_owned(),
            format!("--net=/proc/{}/ns/net", self.holder.id()),
        ]
    }
}

impl Drop for Slirp {
    fn drop(&mut self) {
        for child in [&mut self.carrier, &mut self.holder] {
            let _gone = child.kill();
            let _status = child.wait();
        }
    }
}

/// Waits until a program says a byte: it is ready.
pub(crate) fn wait_for_a_byte(out: Option<impl std::io::Read>) -> Result<(), Fault> {
    let mut out = out.ok_or("no output")?;
    out.read_exact(&mut [0])
        .map_err(|error| format!("it has not started: {error}"))
}
