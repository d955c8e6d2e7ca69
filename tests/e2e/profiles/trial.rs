//! A trial of a profile: its workload runs, and what it does not allow is tried and fails, each with the error that is expected.

use purple_tests::inside::{PYTHON, script};
use purple_tests::internet::Internet;
use purple_tests::operator::finished;
use purple_tests::project::{on_host, project, run, run_on};
use purple_tests::run::Finished;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use purplec::profiles::find;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};

/// An abuse of `probes/abuses.py`, and the errors that it may end in, between `|`.
pub(super) type Abuse = (&'static str, &'static str);

const ABUSES: &str = include_str!("../../probes/abuses.py");

/// What no profile allows.
const EVERYWHERE: [Abuse; 18] = [
    ("read a key of the user", "ENOENT"),
    ("read a token of the user", "ENOENT"),
    ("read what is beside the project", "ENOENT"),
    ("read the passwords of the host", "ENOENT"),
    ("read a secret of the caller's environment", "ENOENT"),
    ("look at a process of the host", "ENOENT"),
    ("end a process of the host", "ESRCH"),
    ("replace a program", "EROFS"),
    ("write to the kernel", "EACCES|EROFS"),
    ("fill the disk", "ENOSPC"),
    ("set the set-user-id bit", "EPERM"),
    ("make a device", "EACCES|EPERM"),
    ("mount", "EPERM"),
    ("make a user namespace", "EPERM"),
    ("trace a process", "EPERM"),
    ("call past the filter", "EPERM"),
    ("read a key of the kernel", "EPERM"),
    ("load a program into the kernel", "EPERM"),
];

/// What a program may not do to a project that it only reads.
pub(super) const READ_ONLY: [Abuse; 4] = [
    ("write to a file of the project", "EROFS"),
    ("write a hook of git", "EROFS"),
    ("write the configuration of git", "EROFS"),
    ("write what an agent obeys", "EROFS"),
];

/// What it may not do to a project that it works in.
pub(super) const PROTECTED: [Abuse; 4] = [
    ("write a hook of git", "EROFS"),
    ("write the configuration of git", "EROFS"),
    ("write what an editor runs", "EEXIST"),
    ("write what an agent obeys", "EACCES|ENXIO"),
];

/// What it may not do to a project whose commits are made by people.
pub(super) const REVIEWED: [Abuse; 2] = [
    ("write a branch", "EROFS"),
    ("write a workflow", "EEXIST|ENOTDIR"),
];

/// Where there is no project.
pub(super) const NO_PROJECT: [Abuse; 1] = [("read a file of the project", "ENOENT")];

/// What the next run obeys.
pub(super) const SETTINGS: [Abuse; 1] = [("write settings", "EROFS|EACCES")];

/// A service of the host, which is a file.
pub(super) const SERVICE: [Abuse; 1] = [("speak to a service of the host", "ENOENT")];

/// What a program cannot reach without a network, where it may not make sockets at all, and where the network is filtered.
pub(super) const NO_NETWORK: [Abuse; 4] = unreached("ENETUNREACH", "-3");
pub(super) const NO_SOCKETS: [Abuse; 4] = unreached("EPERM", "-3");
pub(super) const FILTERED: [Abuse; 4] = unreached("ECONNREFUSED", "-2");

/// The same where every public address is reached.
pub(super) const PUBLIC: [Abuse; 5] = [
    ("reach a private address", "ECONNREFUSED"),
    ("reach the metadata service", "ECONNREFUSED"),
    ("reach the host", "ECONNREFUSED"),
    ("reach another port", "ECONNREFUSED"),
    ("open a raw socket", "EPERM"),
];

const fn unreached(connected: &'static str, named: &'static str) -> [Abuse; 4] {
    [
        ("reach a name", named),
        ("reach an address", connected),
        ("reach the metadata service", connected),
        ("reach the host", connected),
    ]
}

/// A profile in a project, with a world around it where it has a network.
pub(super) struct Trial<'t> {
    place: &'t TestDir,
    world: Option<&'t Internet>,
    inside: String,
    victim: Victim,
    socket: UnixListener,
}

/// A process of the host, which belongs to the user.
struct Victim(Child);

impl Victim {
    fn new(place: &TestDir) -> Self {
        let mut words = place.who.setpriv();
        words.extend(["sleep".to_owned(), "1000".to_owned()]);
        let (program, arguments) = words.split_first().expect("words");
        let child = Command::new(program).args(arguments).spawn();
        Self(child.expect("it starts"))
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

impl<'t> Trial<'t> {
    /// Makes the project with these files.
    pub(super) fn new(place: &'t TestDir, profile: &str, files: &[(&str, &str)]) -> Self {
        let files = [&[("README", "of the project\n")][..], files].concat();
        project(place, &files);
        let socket = UnixListener::bind(place.at("socket")).expect("a socket");
        fs::set_permissions(place.at("socket"), fs::Permissions::from_mode(0o777))
            .expect("its own");
        let trial = Self {
            place,
            world: None,
            inside: place.text("project"),
            victim: Victim::new(place),
            socket,
        };
        place.dir("logs");
        trial.policy(profile, "");
        trial
    }

    /// Writes the policy of the trial: the profile, with a log in the place.
    fn policy(&self, profile: &str, more: &str) {
        let is_recorded = find(profile).is_some_and(|one| one.text.contains("\naudit:\n"));
        let log = if is_recorded {
            let log = self.place.text("logs/audit.log");
            format!("audit: {{log_path: {log:?}}}\n")
        } else {
            String::new()
        };
        let text = format!("name: mine\nextends: {profile}\n{more}{log}");
        self.place.file("policy.yaml", text);
    }

    /// Puts a world around it, in which names are asked of the world's server.
    pub(super) fn on(mut self, world: &'t Internet, profile: &str) -> Self {
        let _helper = purple_net(self.place);
        self.policy(profile, "network: {dns_servers: [203.0.113.53]}\n");
        self.world = Some(world);
        self
    }

    /// Says where the project is inside, if not at its own path.
    pub(super) fn at(mut self, inside: &str) -> Self {
        inside.clone_into(&mut self.inside);
        self
    }

    /// A command under the profile, in a directory of the place.
    pub(super) fn command(&self, directory: &str, words: &[&str]) -> Command {
        let policy = self.place.text("policy.yaml");
        let all = [&["--policy", &policy, "--"][..], words].concat();
        match self.world {
            None => run(self.place, directory, &all),
            Some(world) => run_on(world, self.place, directory, &all),
        }
    }

    /// Runs a script of the project, which must go well. Returns what it printed.
    #[track_caller]
    pub(super) fn works(&self, words: &[&str]) -> String {
        let done = self.run("project", &[&[PYTHON][..], words].concat());
        assert_eq!(done.code(), 0, "{done}");
        done.out()
    }

    /// Runs a command in a directory to its end.
    pub(super) fn run(&self, directory: &str, words: &[&str]) -> Finished {
        finished(self.command(directory, words))
    }

    /// Tries what no profile allows, and these, which this one does not. What is there on the host stays.
    #[track_caller]
    pub(super) fn fails(&self, lists: &[&[Abuse]]) {
        self.fails_with(lists, "/settings");
    }

    /// The same. `settings` is a file that the program obeys later.
    #[track_caller]
    pub(super) fn fails_with(&self, lists: &[&[Abuse]], settings: &str) {
        let expected: BTreeMap<&str, &str> = EVERYWHERE
            .iter()
            .chain(lists.iter().copied().flatten())
            .copied()
            .collect();
        let before = self.state();
        let probe = self.probe(expected.keys().copied(), settings);
        let mut command = self.command("project", &[PYTHON, "-ISc", &script(ABUSES), &probe]);
        command.env("AWS_SECRET_ACCESS_KEY", "secret");
        let done = finished(command);
        assert_eq!(done.code(), 0, "{done}");
        let found: BTreeMap<String, String> = serde_json::from_slice(&done.stdout).expect("JSON");
        assert_eq!(found.len(), expected.len(), "{done}");
        let wrong: Vec<String> = found
            .iter()
            .filter_map(|(abuse, ended)| {
                let errors = expected.get(abuse.as_str())?;
                let is_expected = errors.split('|').any(|error| error == ended);
                (!is_expected).then(|| format!("{abuse}: {ended} instead of {errors}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(self.state(), before);
    }

    fn probe<'n>(&self, names: impl Iterator<Item = &'n str>, settings: &str) -> String {
        let text = |name: &str| self.place.text(name);
        let told = json!({"try": names.collect::<Vec<_>>(), "home": text("home"), "secret": text("secret"),
            "project": self.inside, "host": self.victim.0.id(), "port": 8080, "socket": text("socket"),
            "settings": settings});
        told.to_string()
    }

    /// What must be as it was on the host.
    fn state(&self) -> (String, bool) {
        let listing = "git config --local -l; ls -aR .git/hooks; git branch; ls -A; ls -A ../home | grep -vx -e .cache -e .local; cat ../home/.ssh/id";
        let script = ["sh", "-c", listing];
        let running = Command::new("kill")
            .args(["-0", &self.victim.0.id().to_string()])
            .status();
        let is_running = running.is_ok_and(|status| status.success());
        (on_host(self.place, "project", &script), is_running)
    }

    /// What of a list goes well on the host, without a sandbox.
    pub(super) fn outside(&self, names: &[&str], settings: &str) -> Value {
        let probe = self.probe(names.iter().copied(), settings);
        let inner = self.command("project", &[]);
        let mut words = match self.world {
            None => Vec::new(),
            Some(world) => vec!["nsenter".to_owned(), world.host()],
        };
        words.extend(self.place.who.setpriv());
        words.extend([PYTHON, "-ISc", &script(ABUSES), &probe].map(str::to_owned));
        let (program, arguments) = words.split_first().expect("words");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .current_dir(self.place.at("project"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let done = finished(command);
        assert_eq!(done.code(), 0, "{done}");
        // The socket is open as long as this.
        assert!(self.socket.local_addr().is_ok());
        serde_json::from_slice(&done.stdout).expect("JSON")
    }
}

scenarios! {
    the_abuses_go_well_without_a_sandbox
}

/// Those that change the kernel, or the programs of the host, are not tried there.
fn the_abuses_go_well_without_a_sandbox(place: &TestDir) {
    let Some(world) = Internet::new("profiles-the_abuses_go_well_without_a_sandbox") else {
        return;
    };
    let trial = Trial::new(place, "base", &[]).on(&world, "base");
    let names = [
        "read a key of the user",
        "read a token of the user",
        "read what is beside the project",
        "read a file of the project",
        "read a secret of the caller's environment",
        "look at a process of the host",
        "speak to a service of the host",
        "trace a process",
        "listen to others",
        "set the set-user-id bit",
        "reach an address",
        "reach a private address",
        "reach the metadata service",
        "reach the host",
        "reach another port",
        "write to a file of the project",
        "write a hook of git",
        "write a branch",
        "write a workflow",
        "write what an editor runs",
        "write what an agent obeys",
        "write settings",
        "write the configuration of git",
        "end a process of the host",
    ];
    let found = trial.outside(&names, &place.text("home/.agent/settings"));
    for name in names {
        assert_eq!(found[name], "ok", "{name}");
    }
}
