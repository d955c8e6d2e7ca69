//! A world with registries, and the runs in it.

use purple_tests::identity::skip;
use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::operator::{install, without_environment};
use purple_tests::policy::Policy;
use purple_tests::repository::root;
use purple_tests::run::{Finished, finish, piped};
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where all sites are but one, and where that is.
pub(crate) const ADDRESS: &str = "93.184.216.80";
const OTHER_ADDRESS: &str = "93.184.216.81";

/// The names of the sites, and of those that are in no policy.
const NAMES: [&str; 9] = [
    "pypi.test",
    "files.pypi.test",
    "npm.test",
    "crates.test",
    "static.crates.test",
    "git.test",
    "deb.test",
    "web.test",
    "unlisted.test",
];

/// Where the sandbox sees the authority.
const AUTHORITY: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Variables that name the authority for programs that do not read `AUTHORITY`, then PATH and HOME.
const VARIABLES: [(&str, &str); 8] = [
    ("SSL_CERT_FILE", AUTHORITY),
    ("REQUESTS_CA_BUNDLE", AUTHORITY),
    ("NODE_EXTRA_CA_CERTS", AUTHORITY),
    ("GIT_SSL_CAINFO", AUTHORITY),
    ("CURL_CA_BUNDLE", AUTHORITY),
    ("CARGO_HTTP_CAINFO", AUTHORITY),
    ("PATH", "/opt:/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "/output"),
];

/// The world, and the place of the runs.
pub(crate) struct Site<'p> {
    place: &'p TestDir,
    internet: Internet,
    cargo: Option<PathBuf>,
}

/// A run that has ended.
pub(crate) struct Done {
    pub(crate) finished: Finished,
    pub(crate) report: Value,
    pub(crate) took: Duration,
}

impl<'p> Site<'p> {
    /// Makes the world. `None`, with a line that says so: not permitted here, or without a program that it takes.
    pub(crate) fn new(place: &'p TestDir, test: &str) -> Option<Self> {
        let needed = ["node", "openssl", "git", "curl"];
        if let Some(missing) = needed.into_iter().find(|name| !is_installed(name)) {
            skip(test, &format!("{missing} is not installed"));
            return None;
        }
        let mut names: serde_json::Map<String, Value> = NAMES
            .iter()
            .map(|name| ((*name).to_owned(), json!([ADDRESS])))
            .collect();
        names.insert("http2.test".to_owned(), json!([OTHER_ADDRESS]));
        let more = json!({"names": names, "streams": [22]}).to_string();
        let mut internet = Internet::with(test, &more)?;
        let files = place.dir("world");
        let files = files.to_str().expect("a path in UTF-8");
        let probe = |name: &str| root().join("tests/probes").join(name);
        let text = |path: PathBuf| path.to_str().expect("a path in UTF-8").to_owned();
        let registries = text(probe("registries.py"));
        internet.serve_in_the_world(&[PYTHON, "-I", &registries, files, ADDRESS]);
        let node = text(probe("http2.mjs"));
        internet.serve_in_the_world(&["node", &node, "serve", files, OTHER_ADDRESS]);

        install(place);
        let _helper = purple_net(place);
        let probes = place.dir("probes");
        for name in ["http2.mjs", "web_socket.py", "events.py", "Fetch.java"] {
            let _bytes = fs::copy(probe(name), probes.join(name)).expect("a probe");
        }
        let opt = place.dir("opt");
        let cargo = cargo().map(|found| {
            let own = opt.join("cargo");
            let _bytes = fs::copy(found, &own).expect("cargo can be copied");
            fs::set_permissions(&own, Permissions::from_mode(0o755)).expect("its own");
            own
        });
        Some(Self {
            place,
            internet,
            cargo,
        })
    }

    pub(crate) fn who(&self) -> &'static str {
        if self.place.who.is_root() {
            "root"
        } else {
            "a user"
        }
    }

    /// Whether a program is there that the sandbox sees.
    pub(crate) fn has(&self, program: &str) -> bool {
        match program {
            "cargo" => self.cargo.is_some(),
            path if path.starts_with('/') => Path::new(path).exists(),
            name => is_installed(name),
        }
    }

    /// Runs a shell's command under a policy that lists these names.
    pub(crate) fn run(&self, allow: &str, words: &str) -> Done {
        let place = self.place;
        let _gone = fs::remove_dir_all(place.at("output"));
        place.dir("output");
        let policy = java_settings()
            .iter()
            .fold(Policy::new(place), |policy, path| policy.shows(path, path))
            .shows(&place.text("world/ca.pem"), AUTHORITY)
            .shows(&place.text("probes"), "/probes")
            .shows(&place.text("opt"), "/opt")
            .filesystem("scratch_paths: [/tmp, /var/tmp]")
            .environment(&VARIABLES, &[])
            .section(&format!(
                "network: {{allow: [{allow}], dns_servers: [203.0.113.53]}}"
            ));
        let policy = policy.write(place);

        let mut command = Command::new("nsenter");
        command.arg(self.internet.host());
        if !place.who.is_root() {
            command.args(place.who.setpriv());
        }
        command
            .arg(place.at("purple"))
            .args(["run", "--policy"])
            .arg(policy)
            .args(["--report", &place.text("report.json")])
            .args(["--", "sh", "-ec", words])
            .current_dir(place.at(""));
        without_environment(&mut command)
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", place.at("home"))
            .env("XDG_STATE_HOME", place.at("home/.local/state"));
        let start = Instant::now();
        let finished = finish(piped(&mut command), &[], Duration::from_mins(3));
        let took = start.elapsed();
        let report = fs::read_to_string(place.at("report.json")).expect("a report");
        let report = serde_json::from_str(&report).expect("JSON");
        Done {
            finished,
            report,
            took,
        }
    }
}

fn is_installed(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// Where Debian's Java runtimes have their settings.
fn java_settings() -> Vec<String> {
    let Ok(found) = fs::read_dir("/etc") else {
        return Vec::new();
    };
    let paths = found.filter_map(|entry| Some(entry.ok()?.path().to_str()?.to_owned()));
    paths
        .filter(|path| path.starts_with("/etc/java-"))
        .collect()
}

/// The toolchain's own cargo: what stands in PATH may be rustup, which asks outside for more.
fn cargo() -> Option<PathBuf> {
    let said = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim_end());
    Some(sysroot.join("bin/cargo")).filter(|path| path.exists())
}
