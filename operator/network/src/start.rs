//! From the command line to the first connection.

use crate::confine::{Unconfined, confine, ports};
use crate::control::{self, READY};
use crate::engine::{Helper, Limits, Listening, Parts};
use crate::resolv;
use crate::routes::Routes;
use crate::rules::{Action, DNS_PORT, Protocol, Published, Rules};
use crate::sockets::{Inside, WrongSockets};
use crate::sys;
use purple_plan::{DecodeError, Digest, MAX_PLAN_BYTES, NetSocket, NetworkMode, Plan, Sha256};
use rustix::io::{Errno, read};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::{fmt, fs, io};

/// More descriptors than this are not asked for.
const MAX_DESCRIPTORS: u64 = 1 << 16;

/// How many connections may wait on a published port.
const BACKLOG: i32 = 128;

/// Why the helper does not carry anything.
#[derive(Debug)]
pub enum StartError {
    /// The arguments are not the executor's.
    Usage,
    /// An argument names no open descriptor.
    Descriptor(&'static str, Errno),
    /// The executor cannot be talked to.
    Control(Errno),
    /// The program cannot be read.
    Program(io::Error),
    /// The plan cannot be read.
    ReadPlan(Errno),
    /// The plan is none.
    Plan(DecodeError),
    /// The plan has no filtered network.
    NotFiltered,
    /// No resolver is named, neither by the plan nor by the host.
    NoResolvers,
    /// The routing table of the host cannot be asked.
    Routes(Errno),
    /// A port of the host is taken, or not for this user.
    Publish(SocketAddr, Errno),
    /// The sockets from inside are not the plan's.
    Sockets(WrongSockets),
    /// A published port needs a socket inside.
    NoSeed,
    /// The executor is gone.
    Gone,
    /// A restriction cannot be put in force.
    Confine(Unconfined),
    /// The kernel does not let the helper wait.
    Wait(Errno),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => {
                f.write_str("purple-exec starts this program: --plan-fd NUMBER --socket-fd NUMBER")
            }
            Self::Descriptor(option, error) => write!(f, "{option}: {error}"),
            Self::Control(error) => write!(f, "the socket to purple-exec: {error}"),
            Self::Program(error) => write!(f, "reading its own program: {error}"),
            Self::ReadPlan(error) => write!(f, "reading the plan: {error}"),
            Self::Plan(error) => write!(f, "the plan: {error}"),
            Self::NotFiltered => f.write_str("the plan has no filtered network"),
            Self::NoResolvers => f.write_str(
                "no resolver: /etc/resolv.conf names none; name some under `network.dns_servers`",
            ),
            Self::Routes(error) => write!(f, "asking for the host's routes (rtnetlink): {error}"),
            Self::Publish(address, error) => {
                write!(f, "publishing {address} on the host: {error}; ")?;
                match *error {
                    Errno::ACCESS => write!(
                        f,
                        "without privileges the first port is {}: choose another `host` port under `network.publish`",
                        first_unprivileged_port()
                    ),
                    Errno::ADDRINUSE => f.write_str(
                        "another program listens there: end it, or choose another `host` port under `network.publish`",
                    ),
                    Errno::ADDRNOTAVAIL => f.write_str(
                        "the host has no such address: leave `address` out for its loopback address, or name one that `ip address` shows",
                    ),
                    _ => f.write_str("choose another port under `network.publish`"),
                }
            }
            Self::Sockets(wrong) => wrong.fmt(f),
            Self::NoSeed => f.write_str("the plan publishes a port and has no socket for it"),
            Self::Gone => f.write_str("purple-exec ended"),
            Self::Confine(Unconfined { step, error }) => write!(f, "{step}: {error}"),
            Self::Wait(error) => write!(f, "waiting for connections: {error}"),
        }
    }
}

/// The first port that a program without privileges may listen on (`ip_unprivileged_port_start`, ip(7)).
fn first_unprivileged_port() -> u16 {
    let setting = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let port = setting.ok().and_then(|text| text.trim().parse().ok());
    port.unwrap_or(1024)
}

/// The descriptors that the arguments name: the plan's, and the socket's.
fn arguments(arguments: impl Iterator<Item = String>) -> Option<(i32, i32)> {
    let arguments: Vec<String> = arguments.collect();
    let [plan_option, plan, socket_option, socket] = arguments.as_slice() else {
        return None;
    };
    if plan_option != "--plan-fd" || socket_option != "--socket-fd" {
        return None;
    }
    let (plan, socket) = (plan.parse().ok()?, socket.parse().ok()?);
    (plan != socket).then_some((plan, socket))
}

/// Starts, works, and returns when the executor is gone.
pub fn run(given: impl Iterator<Item = String>) -> Result<(), StartError> {
    let (plan, socket) = arguments(given).ok_or(StartError::Usage)?;
    let plan = sys::inherited(plan).map_err(|error| StartError::Descriptor("--plan-fd", error))?;
    let socket =
        sys::inherited(socket).map_err(|error| StartError::Descriptor("--socket-fd", error))?;
    close_others(&plan, &socket).map_err(StartError::Control)?;
    let program = digest_of_program().map_err(StartError::Program)?;
    control::send_alone(&socket, &control::hello(&program)).map_err(StartError::Control)?;
    let prepared = prepare(&plan);
    drop(plan);
    match prepared.and_then(|ready| ready.helper(&socket)) {
        Ok(mut helper) => {
            control::send_alone(&socket, &[READY]).map_err(StartError::Control)?;
            // Its own descriptor is the helper's from here on.
            drop(socket);
            helper.run().map_err(StartError::Wait)
        }
        Err(StartError::Gone) => Err(StartError::Gone),
        Err(error) => {
            control::send_error(&socket, &error.to_string()).map_err(StartError::Control)?;
            Err(error)
        }
    }
}

/// Closes what the caller left open: of the descriptors above 2, the two that are named stay.
fn close_others(plan: &OwnedFd, socket: &OwnedFd) -> Result<(), Errno> {
    let mut kept =
        [plan.as_raw_fd(), socket.as_raw_fd()].map(|number| u32::try_from(number).unwrap_or(0));
    kept.sort_unstable();
    let [first, second] = kept;
    sys::close_range(3, first.saturating_sub(1))?;
    sys::close_range(first.saturating_add(1), second.saturating_sub(1))?;
    sys::close_range(second.saturating_add(1), u32::MAX)
}

/// The digest of this program, which is read in parts: all of it at once takes memory that is touched once.
fn digest_of_program() -> io::Result<Digest> {
    let mut program = fs::File::open("/proc/self/exe")?;
    let mut hasher = Sha256::new();
    let mut part = [0; 16 << 10];
    loop {
        match program.read(&mut part) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => hasher.update(part.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What is known before the sockets come.
struct Ready {
    /// The sockets that are to come.
    sockets: Vec<NetSocket>,
    rules: Rules,
    resolvers: Vec<SocketAddr>,
    routes: Routes,
    published: Vec<Listening>,
}

fn read_plan(plan: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        match read(plan, &mut part)? {
            0 => return Ok(bytes),
            length => bytes.extend_from_slice(part.get(..length).unwrap_or_default()),
        }
        if bytes.len() > MAX_PLAN_BYTES {
            return Err(Errno::FBIG);
        }
    }
}

fn prepare(plan: &OwnedFd) -> Result<Ready, StartError> {
    let bytes = read_plan(plan).map_err(StartError::ReadPlan)?;
    let plan = Plan::decode(&bytes).map_err(StartError::Plan)?;
    if plan.network.mode != NetworkMode::Filtered {
        return Err(StartError::NotFiltered);
    }
    let rules = Rules::of(&plan);
    let mut resolvers = Rules::resolvers(&plan);
    if resolvers.is_empty() {
        resolvers = resolv::resolvers(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default());
    }
    if resolvers.is_empty() && rules.asks_names() {
        return Err(StartError::NoResolvers);
    }
    let routes = Routes::new().map_err(StartError::Routes)?;
    let published = rules
        .published()
        .map(|published| {
            publish(published).map_err(|error| StartError::Publish(published.host, error))
        })
        .collect::<Result<_, _>>()?;
    Ok(Ready {
        sockets: plan.net_sockets.iter().collect(),
        rules,
        resolvers,
        routes,
        published,
    })
}

fn publish(published: Published) -> Result<Listening, Errno> {
    let family = if published.host.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    // Without it a port cannot be published again right after a run.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &published.host)?;
    listen(&socket, BACKLOG)?;
    Ok(Listening {
        socket,
        inside: published.inside,
        rule: published.rule,
    })
}

/// As many descriptors as this user may have.
fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit
        .maximum
        .unwrap_or(MAX_DESCRIPTORS)
        .min(MAX_DESCRIPTORS);
    let current = limit.current.unwrap_or(MAX_DESCRIPTORS);
    let raised = Rlimit {
        current: Some(most),
        maximum: limit.maximum,
    };
    let has = if current < most && setrlimit(Resource::Nofile, raised).is_ok() {
        most
    } else {
        current.min(MAX_DESCRIPTORS)
    };
    usize::try_from(has).unwrap_or(0)
}

impl Ready {
    /// Takes the sockets from inside, and gives up everything else.
    fn helper(self, control: &OwnedFd) -> Result<Helper, StartError> {
        let (message, descriptors) = control::receive_with(control).map_err(StartError::Control)?;
        if message.is_empty() {
            return Err(StartError::Gone);
        }
        let inside = Inside::new(&self.sockets, descriptors).map_err(StartError::Sockets)?;
        if inside.seed.is_none() && !self.published.is_empty() {
            return Err(StartError::NoSeed);
        }
        let ports = tcp_ports(&self.rules, &self.resolvers);
        let control = rustix::io::fcntl_dupfd_cloexec(control, 3).map_err(StartError::Control)?;
        let helper = Helper::new(Parts {
            limits: Limits::new(raise_limit()),
            rules: self.rules,
            resolvers: self.resolvers,
            routes: self.routes,
            inside,
            control,
            published: self.published,
        })
        .map_err(StartError::Wait)?;
        confine(ports.as_deref()).map_err(StartError::Confine)?;
        Ok(helper)
    }
}

/// The TCP ports that the helper connects to, outside and inside.
fn tcp_ports(rules: &Rules, resolvers: &[SocketAddr]) -> Option<Vec<u16>> {
    let of_rules = rules.all().iter().filter_map(|rule| match rule.action {
        _ if rule.protocol == Some(Protocol::Udp) => None,
        Action::Allow => Some((rule.first_port, rule.last_port)),
        Action::HostService => Some((rule.first_port, rule.first_port)),
        Action::Publish => Some((rule.last_port, rule.last_port)),
        Action::Block | Action::Listen => None,
    });
    let own = [DNS_PORT, crate::engine::OWN_PORT].map(|port| (port, port));
    let of_resolvers = resolvers
        .iter()
        .map(|resolver| (resolver.port(), resolver.port()));
    ports(of_rules.chain(own).chain(of_resolvers))
}

#[cfg(test)]
mod tests;
