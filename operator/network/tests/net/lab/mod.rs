//! A small internet: a host with a way out, a world behind it, and a sandbox on the host, each a network
//! namespace. The driver plays the executor's part.
#![expect(unsafe_code, reason = "it makes namespaces and sockets as init does")]

mod netlink;
pub(crate) mod resolver;
mod sockets;
mod space;

pub(crate) use space::Space;

use purple_net::control::{HELLO, READY, receive_with, send_alone, send_with};
use purple_plan::{
    Capabilities, Contents, MAX_PLAN_BYTES, Meta, NetAction, NetBatch, NetBatchKind, NetResolver,
    NetRule, NetSocket, Network, NetworkMode, Process, SourceLine, encode, net_rule_flags,
};
use rustix::fs::{MemfdFlags, SeekFrom, memfd_create, seek};
use rustix::io::{FdFlags, fcntl_setfd, write};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socketpair};
use std::ffi::CStr;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Child, Command};
use std::time::Duration;

/// An address of the world, of a server that listens there, and of its resolver.
pub(crate) const SERVER: &str = "203.0.113.5";
pub(crate) const SERVER_V6: &str = "2001:db8::5";
pub(crate) const RESOLVER: &str = "203.0.113.53";
/// The host's own address.
pub(crate) const HOST: &str = "198.51.100.1";

/// A rule that does nothing yet.
fn blank(action: NetAction) -> NetRule<'static> {
    NetRule {
        action,
        protocol: 0,
        first_port: 1,
        last_port: u16::MAX,
        family: 0,
        prefix: 0,
        address: [0; 16],
        flags: 0,
        line: SourceLine::line_of_policy(7),
        name: c"",
    }
}

fn octets(address: IpAddr) -> (u32, [u8; 16]) {
    match address {
        IpAddr::V6(address) => (6, address.octets()),
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (4, bytes)
        }
    }
}

fn about(action: NetAction, network: &str) -> NetRule<'static> {
    let (address, prefix) = network.split_once('/').expect("a network");
    let (family, address) = octets(address.parse().expect("an address"));
    NetRule {
        family,
        address,
        prefix: prefix.parse().expect("a prefix"),
        ..blank(action)
    }
}

/// Connections to a network are carried.
pub(crate) fn allow(network: &str) -> NetRule<'static> {
    about(NetAction::Allow, network)
}

/// Connections to a network are refused.
pub(crate) fn block(network: &str) -> NetRule<'static> {
    about(NetAction::Block, network)
}

/// Connections to public addresses are carried.
pub(crate) fn public(port: u16) -> NetRule<'static> {
    NetRule {
        flags: net_rule_flags::PUBLIC_ONLY,
        ..on_port(blank(NetAction::Allow), port)
    }
}

/// Connections to what a name gives are carried.
pub(crate) fn name(name: &'static CStr, flags: u32) -> NetRule<'static> {
    NetRule {
        name,
        flags,
        ..blank(NetAction::Allow)
    }
}

/// The same on one port.
pub(crate) fn on_port(rule: NetRule<'static>, port: u16) -> NetRule<'static> {
    NetRule {
        first_port: port,
        last_port: port,
        ..rule
    }
}

/// A service of the host.
pub(crate) fn service(host: u16, inside: u16) -> NetRule<'static> {
    NetRule {
        first_port: host,
        last_port: inside,
        ..blank(NetAction::HostService)
    }
}

/// A published port.
pub(crate) fn publish(host: u16, inside: u16) -> NetRule<'static> {
    NetRule {
        protocol: 6,
        first_port: host,
        last_port: inside,
        ..about(NetAction::Publish, "127.0.0.1/32")
    }
}

fn plan(rules: &[NetRule<'_>], sockets: &[NetSocket], resolvers: &[&str]) -> Vec<u8> {
    let batch = |kind, protocol| NetBatch {
        kind,
        protocol,
        acknowledgements: 1,
        bytes: b"made by the test",
    };
    let resolvers: Vec<_> = resolvers
        .iter()
        .map(|resolver| {
            let resolver: SocketAddr = resolver.parse().expect("an address");
            let (family, address) = octets(resolver.ip());
            NetResolver {
                family,
                port: resolver.port(),
                address,
                line: SourceLine::NONE,
            }
        })
        .collect();
    let meta = Meta {
        policy_name: c"lab",
        compiler: c"lab",
        source_digest: [0; 32],
    };
    let process = Process {
        namespaces: 0x7e02_0000,
        inner_namespaces: 0,
        uid: 1000,
        gid: 1000,
        root_uid: 65534,
        root_gid: 65534,
        timeout_ms: 0,
        grace_ms: 0,
        flags: 0,
        umask: 0,
        hostname: c"lab",
        working_dir: c"/",
        working_dir_line: SourceLine::NONE,
    };
    let capabilities = Capabilities {
        bounding: 0,
        inheritable: 0,
        permitted: 0,
        effective: 0,
        ambient: 0,
    };
    let network = Network {
        mode: NetworkMode::Filtered,
        flags: 0,
        line: SourceLine::NONE,
    };
    let contents = Contents {
        net_batches: &[
            batch(NetBatchKind::Routes4, 0),
            batch(NetBatchKind::Rules, 12),
        ],
        net_sockets: sockets,
        net_rules: rules,
        net_resolvers: &resolvers,
        ..Contents::of(meta, process, capabilities, network)
    };
    let mut bytes = vec![0; MAX_PLAN_BYTES];
    let length = encode(&contents, &mut bytes).expect("a plan");
    bytes.truncate(length);
    bytes
}

/// A helper that was started, and the executor's end of the socket to it.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) control: OwnedFd,
}

impl Started {
    /// Starts the helper on the host with a plan of these bytes.
    pub(crate) fn new(host: &Space, plan: Vec<u8>) -> Self {
        host.run(move || {
            let file = memfd_create("plan", MemfdFlags::empty()).expect("a file");
            assert_eq!(write(&file, &plan), Ok(plan.len()));
            let _start = seek(&file, SeekFrom::Start(0)).expect("it can be read again");
            let (control, theirs) = socketpair(
                AddressFamily::UNIX,
                SocketType::SEQPACKET,
                SocketFlags::CLOEXEC,
                None,
            )
            .expect("a pair of sockets");
            fcntl_setfd(&theirs, FdFlags::empty()).expect("it is passed on");
            let number = |socket: &OwnedFd| socket.as_raw_fd().to_string();
            let child = Command::new(env!("CARGO_BIN_EXE_purple-net"))
                .args(["--plan-fd", &number(&file), "--socket-fd", &number(&theirs)])
                .env_clear()
                .spawn()
                .expect("the helper starts");
            Self { child, control }
        })
    }

    /// The next message.
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut message = [0; 512];
        let (length, _) =
            recv(&self.control, &mut message, RecvFlags::empty()).expect("a message comes");
        message[..length].to_vec()
    }
}

/// Everything at work.
pub(crate) struct Lab {
    pub(crate) host: Space,
    pub(crate) world: Space,
    pub(crate) inside: Space,
    pub(crate) helper: Started,
}

/// A host and the world that it reaches. `None`, with a line that says so: not permitted here.
pub(crate) fn world(test: &str) -> Option<(Space, Space)> {
    let has_ip = Command::new("ip").arg("-V").output().is_ok();
    let spaces = has_ip.then(|| (Space::new(), Space::new()));
    let Some((Some(host), Some(world))) = spaces else {
        println!("SKIP {test}: it takes ip(8) and network namespaces");
        return None;
    };
    host.ip(&format!(
        "link add h0 type veth peer name w0 netns {}
         addr add {HOST}/24 dev h0
         -6 addr add 2001:db8:1::1/64 dev h0 nodad
         link set h0 up",
        world.path()
    ));
    world.ip(&format!(
        "addr add 198.51.100.2/24 dev w0
         -6 addr add 2001:db8:1::2/64 dev w0 nodad
         link set w0 up
         addr add {SERVER}/32 dev lo
         addr add {RESOLVER}/32 dev lo
         addr add 203.0.113.66/32 dev lo
         addr add 10.9.9.9/32 dev lo
         -6 addr add {SERVER_V6}/128 dev lo nodad"
    ));
    host.ip("route add default via 198.51.100.2
         route add unreachable 203.0.113.77
         route add blackhole 203.0.113.88
         -6 route add default via 2001:db8:1::2
         -6 route add unreachable 2001:db8::77");
    host.run(|| {
        for server in [SERVER, SERVER_V6] {
            wait_for_way(server.parse().expect("an address"));
        }
    });
    Some((host, world))
}

/// Waits until an address answers: neighbours are looked for when a link is new, which takes up to a second.
fn wait_for_way(server: IpAddr) {
    let closed = SocketAddr::new(server, 1);
    for _ in 0..50 {
        let answer = TcpStream::connect_timeout(&closed, Duration::from_millis(100));
        if answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            return;
        }
    }
    panic!("{server} does not answer");
}

impl Lab {
    /// A sandbox with these rules, whose resolver is the world's.
    pub(crate) fn new(test: &str, rules: &[NetRule<'_>]) -> Option<Self> {
        Self::with_resolvers(test, rules, &[&format!("{RESOLVER}:53")])
    }

    pub(crate) fn with_resolvers(
        test: &str,
        rules: &[NetRule<'_>],
        resolvers: &[&str],
    ) -> Option<Self> {
        let (host, world) = world(test)?;
        let records = sockets::records();
        let helper = Started::new(&host, plan(rules, &records, resolvers));
        let hello = helper.message();
        assert_eq!(hello.len(), HELLO, "{}", String::from_utf8_lossy(&hello));
        let inside = Space::new()?;
        inside.ip("addr add 10.77.0.2/32 dev lo
             route add local 0.0.0.0/0 dev lo src 10.77.0.2
             -6 addr add fd77::2/128 dev lo nodad
             -6 route add local ::/0 dev lo src fd77::2");
        let made = inside.run(move || {
            for interface in ["all", "lo"] {
                let path = format!("/proc/sys/net/ipv4/conf/{interface}/accept_local");
                std::fs::write(path, "1").expect("a setting of the namespace");
            }
            sockets::load_rules();
            sockets::make(&records)
        });
        let borrowed: Vec<_> = made.iter().map(AsFd::as_fd).collect();
        send_with(&helper.control, b"s", &borrowed).expect("the sockets go over");
        drop(made);
        let ready = helper.message();
        assert_eq!(ready, [READY], "{}", String::from_utf8_lossy(&ready));
        Some(Self {
            host,
            world,
            inside,
            helper,
        })
    }

    /// What the helper reports.
    pub(crate) fn report(&self) -> String {
        send_alone(&self.helper.control, b"q").expect("the helper listens");
        let (message, mut files) = receive_with(&self.helper.control).expect("it answers");
        assert_eq!(message, b"q");
        let mut file = File::from(files.pop().expect("a file comes with it"));
        let mut text = String::new();
        let _start = seek(&file, SeekFrom::Start(0)).expect("a file");
        let _length = file.read_to_string(&mut text).expect("a text");
        text
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A plan with these rules and everything else as it should be.
pub(crate) fn plan_with(rules: &[NetRule<'_>], sockets: usize, resolvers: &[&str]) -> Vec<u8> {
    let records = sockets::records();
    plan(rules, records.get(..sockets).expect("so many"), resolvers)
}
