//! A host and a world behind it, each a network namespace that the test has made.
#![expect(
    clippy::expect_used,
    reason = "a test without its network cannot go on"
)]

use crate::identity::skip;
use crate::inside::PYTHON;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Every address in the world, and its name server.
const WORLD: &str = include_str!("../probes/world.py");

/// What makes the host's way out: the host's side and the world's, `HOST` and `WORLD` being their namespaces.
const LINKS: [(&str, &str); 13] = [
    ("HOST", "link set lo up"),
    ("WORLD", "link set lo up"),
    ("HOST", "link add h0 type veth peer name w0 netns WORLD"),
    ("HOST", "addr add 198.51.100.1/24 dev h0"),
    ("HOST", "-6 addr add 2001:db8:1::1/64 dev h0 nodad"),
    ("HOST", "link set h0 up"),
    ("WORLD", "addr add 198.51.100.2/24 dev w0"),
    ("WORLD", "-6 addr add 2001:db8:1::2/64 dev w0 nodad"),
    ("WORLD", "link set w0 up"),
    ("HOST", "route add default via 198.51.100.2"),
    ("HOST", "-6 route add default via 2001:db8:1::2"),
    ("WORLD", "route add local 0.0.0.0/0 dev lo table main"),
    ("WORLD", "-6 route add local ::/0 dev lo table main"),
];

/// The two namespaces, until the end of the test.
#[derive(Debug)]
pub struct Internet {
    host: Space,
    world: Space,
    servers: Vec<Child>,
}

/// A namespace, held by a process.
#[derive(Debug)]
struct Space(Child);

impl Space {
    fn new() -> Option<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo made; exec sleep 1000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let said = holder.stdout.take().and_then(first_line);
        let space = Self(holder);
        (said? == "made").then_some(space)
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }

    fn enter(&self) -> String {
        format!("--net={}", self.path())
    }

    fn run(&self, words: &[&str]) -> String {
        let done = Command::new("nsenter")
            .arg(self.enter())
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("nsenter runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {said}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

fn end(child: &mut Child) {
    let _gone = child.kill();
    let _status = child.wait();
}

fn first_line(out: impl std::io::Read) -> Option<String> {
    let mut line = String::new();
    let _length = BufReader::new(out).read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

impl Internet {
    /// Makes both. `None`, with a line that says so: not permitted here.
    pub fn new(test: &str) -> Option<Self> {
        Self::with(test, "{}")
    }

    /// As `new`. `more` is the JSON argument of `world.py`: more names, and other ports for streams.
    pub fn with(test: &str, more: &str) -> Option<Self> {
        let has_ip = Command::new("ip").arg("-V").output().is_ok();
        let spaces = has_ip.then(|| (Space::new(), Space::new()));
        let Some((Some(host), Some(world))) = spaces else {
            skip(test, "it takes ip(8), and root to make network namespaces");
            return None;
        };
        for (side, words) in LINKS {
            let space = if side == "HOST" { &host } else { &world };
            let words = format!("ip {}", words.replace("WORLD", &world.path()));
            let _said = space.run(&words.split(' ').collect::<Vec<_>>());
        }
        let mut internet = Self {
            host,
            world,
            servers: Vec::new(),
        };
        internet.serve_in_the_world(&[PYTHON, "-ISc", WORLD, more]);
        Some(internet)
    }

    /// Starts a program that says `ready` and goes on.
    fn serve(&mut self, place: &str, words: &[&str]) {
        let mut server = Command::new("nsenter")
            .arg(place)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nsenter runs");
        let said = server.stdout.take().and_then(first_line);
        self.servers.push(server);
        assert_eq!(said.as_deref(), Some("ready"), "{words:?}");
    }

    /// Starts a program in the world that says `ready` and goes on.
    pub fn serve_in_the_world(&mut self, words: &[&str]) {
        let place = self.world.enter();
        self.serve(&place, words);
    }

    /// Starts a program on the host that says `ready` and goes on.
    pub fn serve_on_the_host(&mut self, words: &[&str]) {
        let place = self.host.enter();
        self.serve(&place, words);
    }

    /// Runs a command on the host, such as ip(8), that must go well. Returns what it printed.
    pub fn on_the_host(&self, words: &[&str]) -> String {
        self.host.run(words)
    }

    /// Runs a command in the world that must go well.
    pub fn in_the_world(&self, words: &[&str]) -> String {
        self.world.run(words)
    }

    /// What nsenter(1) enters the host by, for root.
    pub fn host(&self) -> String {
        self.host.enter()
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        self.servers.iter_mut().for_each(end);
    }
}
