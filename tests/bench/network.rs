//! What a filtered network costs: against the host's own network, and against pasta and slirp4netns, which give a sandbox a
//! network without privileges too, and filter nothing. All of it between network namespaces of this machine.

use crate::Fault;
use crate::crowd::processes;
use crate::rounds::{Times, clock, run};
use crate::size::field;
use crate::slirp::{SLIRP, Slirp, wait_for_a_byte};
use crate::table::Table;
use crate::workshop::{Workshop, installed, succeed};
use purple_tests::internet::Internet;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "network";

/// What makes the traffic.
pub(crate) const FLOW: &str = include_str!("peers/flow.c");

/// The address of the world that traffic goes to, and its name.
const ADDRESS: &str = "93.184.216.34";
const HOST_NAME: &str = "www.example.org";

/// The world's name server.
const RESOLVER: &str = "203.0.113.53";

const HOST: &str = "the host";
const OWN: &str = "purple-exec, filtered";
const PASTA: &str = "pasta";

/// Traffic that is measured.
struct Flow {
    what: &'static str,
    words: [&'static str; 3],
    /// At most how many times the host's time it may take, and pasta's.
    most_of_host: Option<f64>,
    most_of_pasta: Option<f64>,
}

const FLOWS: [Flow; 4] = [
    // At least 0.4 times the host's throughput and 3 times pasta's.
    Flow {
        what: "128 MiB up",
        words: ["up", ADDRESS, "128"],
        most_of_host: Some(2.5),
        most_of_pasta: Some(1.0 / 3.0),
    },
    // At least 0.4 times the host's throughput and 0.8 times pasta's.
    Flow {
        what: "128 MiB down",
        words: ["down", ADDRESS, "128"],
        most_of_host: Some(2.5),
        most_of_pasta: Some(1.25),
    },
    // At least 0.7 times pasta's connections a second.
    Flow {
        what: "2,000 connections, 16 at once",
        words: ["connect", ADDRESS, "2000"],
        most_of_host: None,
        most_of_pasta: Some(1.0 / 0.7),
    },
    Flow {
        what: "2,000 requests of a byte",
        words: ["ask", ADDRESS, "2000"],
        most_of_host: None,
        most_of_pasta: None,
    },
];

/// At most so much more than without a network, than the host's own request, and than the host's own lookup.
const MOST_START: u64 = 2_500;
const MOST_REQUEST: u64 = 60;
const MOST_LOOKUP: u64 = 1_000;
const REQUESTS: u64 = 2_000;

/// The most that purple-net may hold and be, in KiB.
const MOST_RESIDENT: u64 = 6 << 10;
const MOST_PROGRAM: u64 = 1_331;

/// Measures everything.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let Some(flow) = workshop.program("flow") else {
        table.skip(NAME, "gcc is not installed");
        return Ok(());
    };
    let helper = workshop.dir.join("purple-net");
    if !helper.exists() {
        table.skip(NAME, "there is no `purple-net` beside the bench");
        return Ok(());
    }
    let Some(mut internet) = Internet::new("bench-network") else {
        table.skip(NAME, "it takes ip(8), and root to make network namespaces");
        return Ok(());
    };
    let flow = flow.to_string_lossy().into_owned();
    internet.serve_in_the_world(&[&flow, "serve"]);
    let filtered = Sandbox::new(workshop, "network-filtered", &filtered_policy(workshop))?;
    let none = Sandbox::new(workshop, "network-none", &none_policy(workshop))?;
    starts(&internet, [&filtered, &none], rounds * 10, table)?;
    let mut ways = Ways::new(workshop, &internet, &filtered)?;
    for peer in [PASTA, SLIRP] {
        if let Err(why) = usable(peer) {
            table.skip(peer, &why);
        }
    }
    ways.leave_out_what_carries_nothing(&flow, table);
    for one in &FLOWS {
        let words = [&[flow.as_str()], one.words.as_slice()].concat();
        let measured = ways.measure(&words, rounds)?;
        let most = |peer: &str| match peer {
            HOST => one.most_of_host,
            PASTA => one.most_of_pasta,
            _ => None,
        };
        enter(one.what, &measured, most, table);
        if words.contains(&"ask") {
            let more = more_than_the_host(&measured) / REQUESTS;
            table.amount(
                "a request and its answer, more than the host's",
                more,
                "us",
                Some(MOST_REQUEST),
            );
        }
    }
    let words = [flow.as_str(), "name", HOST_NAME, "1"];
    let measured = ways.measure(&words, rounds * 2)?;
    enter(
        "the first lookup and connection",
        &measured,
        |_| None,
        table,
    );
    let more = more_than_the_host(&measured);
    table.amount(
        "the first lookup and connection, more than the host's",
        more,
        "us",
        Some(MOST_LOOKUP),
    );
    for peer in &ways.failed {
        table.skip(
            peer,
            "it failed in a round: what follows has no number of it",
        );
    }
    drop(ways);
    helper_itself(&internet, &filtered, &helper, table)
}

fn filtered_policy(workshop: &Workshop) -> String {
    format!(
        "name: network\nnetwork:\n  allow: [\"{ADDRESS}:9001-9004\", \"{HOST_NAME}:9004\"]\n  dns_servers: [{RESOLVER}]\n{}",
        files(&workshop.dir)
    )
}

fn none_policy(workshop: &Workshop) -> String {
    format!("name: none\n{}", files(&workshop.dir))
}

/// The programs of the host, and the bench's own.
fn files(own: &Path) -> String {
    let own = own.display();
    format!(
        "filesystem:\n  immutable_paths:\n    - {{host_path: /usr, sandbox_path: /usr}}\n    \
         - {{host_path: /etc/ld.so.cache, sandbox_path: /etc/ld.so.cache, optional: true}}\n    \
         - {{host_path: {own}, sandbox_path: {own}}}\nsyscalls: {{default_deny: false}}\n"
    )
}

/// A plan, and the words that run a command under it.
struct Sandbox(Vec<String>);

impl Sandbox {
    fn new(workshop: &Workshop, name: &str, policy: &str) -> Result<Self, Fault> {
        let (text, plan) = (
            workshop.dir.join(format!("{name}.yaml")),
            workshop.dir.join(format!("{name}.plan")),
        );
        fs::write(&text, policy).map_err(|error| format!("{}: {error}", text.display()))?;
        let mut compile = Command::new(workshop.dir.join("purplec"));
        let _printed = succeed(compile.arg("compile").arg(&text).arg("-o").arg(&plan))?;
        let words = [workshop.dir.join("purple-exec"), plan];
        let mut words: Vec<String> = words
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        words.push("--".to_owned());
        Ok(Self(words))
    }
}

/// How much longer a start takes with a filtered network than without one.
fn starts(
    internet: &Internet,
    sandboxes: [&Sandbox; 2],
    rounds: usize,
    table: &mut Table,
) -> Result<(), Fault> {
    let mut commands = sandboxes.map(|sandbox| {
        let mut command = on_the_host(internet);
        command.args(&sandbox.0).arg("/bin/true");
        command
    });
    let times = run(&mut commands, rounds, |command| {
        let (time, done) = clock(|| succeed(command));
        done.map(|_printed| time)
    })?;
    if let [filtered, none] = times.as_slice() {
        let more = filtered.median().saturating_sub(none.median());
        table.amount(
            "start: a filtered network, more than none",
            micros(more),
            "us",
            Some(MOST_START),
        );
        table.times("start: a filtered network", filtered, None);
        table.times("start: no network", none, None);
    }
    Ok(())
}

fn on_the_host(internet: &Internet) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(internet.host());
    command
}

/// Whether a peer can be measured here; else why not.
fn usable(peer: &str) -> Result<(), Fault> {
    const TUN: &str = "/dev/net/tun";
    if installed(peer).is_none() {
        return Err(format!("{peer} is not installed"));
    }
    // A device that is there may have no driver.
    match fs::File::open(TUN) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{TUN}: {error}")),
    }
}

/// Who carries traffic, and the words that run a command there.
struct Ways {
    all: Vec<(&'static str, Vec<String>)>,
    /// Peers that failed while they were measured.
    failed: BTreeSet<&'static str>,
    _slirp: Option<Slirp>,
}

impl Ways {
    fn new(workshop: &Workshop, internet: &Internet, filtered: &Sandbox) -> Result<Self, Fault> {
        // Only here names are looked up by the host's own means.
        let resolver = workshop.dir.join("resolv.conf");
        fs::write(&resolver, format!("nameserver {RESOLVER}\n"))
            .map_err(|error| format!("{}: {error}", resolver.display()))?;
        let script = format!(
            "mount --bind {} /etc/resolv.conf && exec \"$@\"",
            resolver.display()
        );
        let enter = ["nsenter".to_owned(), internet.host()];
        let named = ["unshare", "--mount", "sh", "-c", &script, "sh"].map(str::to_owned);
        let host: Vec<String> = enter.iter().chain(&named).cloned().collect();
        let own = enter.iter().chain(&filtered.0).cloned().collect();
        let mut all = vec![(HOST, host.clone()), (OWN, own)];
        if usable(PASTA).is_ok() {
            // As a user: of root's, it carried nothing. The device is root's on some hosts.
            let script =
                "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec \"$@\"";
            let device = ["unshare", "--mount", "sh", "-c", script, "sh"];
            let user = [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ];
            let options = "--quiet --config-net --no-map-gw -t none -u none -T none -U none --";
            let pasta = device
                .into_iter()
                .chain(user)
                .chain([PASTA])
                .chain(options.split(' '))
                .map(str::to_owned);
            all.push((PASTA, host.iter().cloned().chain(pasta).collect()));
        }
        let slirp = match usable(SLIRP) {
            Ok(()) => Some(Slirp::start(&host)?),
            Err(_) => None,
        };
        if let Some(slirp) = &slirp {
            all.push((SLIRP, slirp.enter()));
        }
        Ok(Self {
            all,
            failed: BTreeSet::new(),
            _slirp: slirp,
        })
    }

    /// A peer may start, and carry nothing: it is left out, and named.
    fn leave_out_what_carries_nothing(&mut self, flow: &str, table: &mut Table) {
        self.all.retain(|(name, way)| {
            let mut once = Command::new("timeout");
            let once = once
                .args(["--signal=KILL", "5"])
                .args(way)
                .args([flow, "ask", ADDRESS, "1"]);
            let carried = *name == HOST || *name == OWN || succeed(once).is_ok();
            if !carried {
                table.skip(name, "it carried no byte within 5 s");
            }
            carried
        });
    }

    /// What the program itself says that it took, for each.
    fn measure(
        &mut self,
        words: &[&str],
        rounds: usize,
    ) -> Result<Vec<(&'static str, Times)>, Fault> {
        let mut failed = BTreeSet::new();
        let times = run(&mut self.all, rounds, |(name, way)| {
            // slirp4netns has its own name server, and no way to this one.
            if *name == SLIRP && words.contains(&"name") {
                return Ok(Duration::ZERO);
            }
            let (program, arguments) = way.split_first().ok_or("no words")?;
            let mut command = Command::new(program);
            let printed = succeed(command.args(arguments).args(words));
            let nanoseconds = printed.and_then(|printed| {
                let number = printed.trim().parse();
                number.map_err(|error| format!("{printed}: {error}"))
            });
            match nanoseconds {
                Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
                Err(fault) if *name == HOST || *name == OWN => Err(format!("{name}: {fault}")),
                // A peer that fails is measured no more, and named.
                Err(_) => {
                    let _is_new = failed.insert(*name);
                    Ok(Duration::ZERO)
                }
            }
        })?;
        let names = self.all.iter().map(|(name, _)| *name);
        let measured = names.zip(times);
        let measured = measured.filter(|(name, _)| !failed.contains(name));
        let measured = measured.filter(|(_, times)| times.median() > Duration::ZERO);
        let measured = measured.collect();
        self.all.retain(|(name, _)| !failed.contains(name));
        self.failed.extend(failed);
        Ok(measured)
    }
}

fn enter(
    what: &str,
    measured: &[(&'static str, Times)],
    most: impl Fn(&str) -> Option<f64>,
    table: &mut Table,
) {
    let Some((_, own)) = measured.iter().find(|(name, _)| *name == OWN) else {
        return;
    };
    for (peer, times) in measured.iter().filter(|(name, _)| *name != OWN) {
        table.ratio(&format!("{what}: {OWN} / {peer}"), own, times, most(peer));
    }
    for (name, times) in measured {
        table.times(&format!("{what}: {name}"), times, None);
    }
}

/// In microseconds, of the medians.
fn more_than_the_host(measured: &[(&'static str, Times)]) -> u64 {
    let of = |name| {
        let found = measured.iter().find(|(other, _)| *other == name);
        found.map_or(Duration::ZERO, |(_, times)| times.median())
    };
    micros(of(OWN).saturating_sub(of(HOST)))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// What purple-net takes while nothing goes through it.
fn helper_itself(
    internet: &Internet,
    filtered: &Sandbox,
    program: &Path,
    table: &mut Table,
) -> Result<(), Fault> {
    let size = fs::metadata(program).map_err(|error| format!("{}: {error}", program.display()))?;
    table.amount(
        "purple-net as it ships",
        size.len() >> 10,
        "KiB",
        Some(MOST_PROGRAM),
    );
    let mut command = on_the_host(internet);
    let mut running = command
        .args(&filtered.0)
        .args(["/bin/sh", "-c", "echo; exec sleep 60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("purple-exec: {error}"))?;
    let found = wait_for_a_byte(running.stdout.take()).and_then(|()| {
        let own = running.id();
        let ids: Vec<u32> = processes()
            .iter()
            .filter(|(_, parent)| *parent == own)
            .map(|((id, _), _)| *id)
            .filter(|id| name_of(*id) == "purple-net\n")
            .collect();
        let id = ids.first().copied().ok_or("there is no purple-net")?;
        let before = ticks(id)?;
        std::thread::sleep(Duration::from_secs(2));
        Ok((ticks(id)? - before, resident(id)?))
    });
    let ended = running.kill().and_then(|()| running.wait());
    let (ticks, resident) = found?;
    let _status = ended.map_err(|error| format!("ending purple-exec: {error}"))?;
    table.amount(
        "purple-net idle for 2 s: its processor time",
        ticks,
        "ticks",
        Some(0),
    );
    table.amount("purple-net: Rss", resident, "KiB", Some(MOST_RESIDENT));
    Ok(())
}

fn name_of(id: u32) -> String {
    fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default()
}

/// The processor time of a process, in clock ticks (`proc_pid_stat(5)`, fields 14 and 15).
fn ticks(id: u32) -> Result<u64, Fault> {
    let path = format!("/proc/{id}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let behind_name = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = behind_name.split(' ').collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    let both = number(11).zip(number(12));
    both.map(|(user, system)| user + system)
        .ok_or_else(|| format!("{path}: {text}"))
}

fn resident(id: u32) -> Result<u64, Fault> {
    let path = format!("/proc/{id}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    field(&text, "VmRSS:").ok_or_else(|| format!("{path}: no VmRSS"))
}
