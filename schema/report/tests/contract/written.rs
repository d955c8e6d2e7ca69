//! Whole reports, byte by byte, written without an allocator.

use purple_report::{
    Borrowed, CapabilitySets, CgroupUsage, Denial, FilteredNetwork, Landlock, NetworkUse, Outcome,
    Receipt, Report, Seccomp, Sink, Status, Unlisted,
};
use std::time::Duration;

struct Output(String);

impl Sink for Output {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

/// The report of a run that was refused before it started.
pub(crate) fn refused() -> String {
    let words: [&[u8]; 2] = [b"a\nb", b"\xff"];
    let (mut command, mut none) = (words.iter().copied(), std::iter::empty());
    let report = Report::<Borrowed<'_>> {
        plan: [0xab; 32],
        policy: b"p",
        compiler: b"purplec 1",
        command: &mut command,
        outcome: Outcome::Refused,
        status: Status::Refused,
        exit_code: 125,
        signal: None,
        started_at: Duration::from_millis(951_868_799_123),
        wall_seconds: Duration::from_micros(1_000_042),
        cpu_user_seconds: Duration::ZERO,
        cpu_system_seconds: Duration::ZERO,
        peak_memory_bytes: 4096,
        cgroup: None,
        unenforced: &mut none,
        disk_io_bytes: 0,
        receipt: None,
        denied: None,
        denied_beyond: None,
        denied_whole: None,
        network: None,
        connections: None,
        repositories: None,
    };
    let mut output = Output(String::new());
    report.write_line(&mut output);
    output.0
}

/// The report of a run that was denied a call.
pub(crate) fn denied() -> String {
    let (kinds, limits): ([&[u8]; 2], [&[u8]; 1]) = ([b"user", b"pid"], [b"pids.max 20"]);
    let (mut kinds, mut limits) = (kinds.iter().copied(), limits.iter().copied());
    let mut rows = [()].iter().map(|()| Denial {
        arch: 0xc000_003e,
        syscall: 165,
        count: 3,
        pid: 7,
        line: 13,
        source: 0,
        errno: Some(&b"EPERM"[..]),
        first_at: Duration::from_millis(1),
        comm: None,
        args: [0, 1, 2, 3, 4, u64::MAX],
        unreliable_path: Some(&b"/a"[..]),
        varied: true,
    });
    let mut beyond = [2].iter().map(|&count| Unlisted { syscall: 9, count });
    let words: [&[u8]; 1] = [b"true"];
    let (mut command, mut none) = (words.iter().copied(), std::iter::empty());
    let report = Report::<Borrowed<'_>> {
        plan: [0; 32],
        policy: b"p",
        compiler: b"purplec 1",
        command: &mut command,
        outcome: Outcome::Exited,
        status: Status::Completed,
        exit_code: 0,
        signal: None,
        started_at: Duration::ZERO,
        wall_seconds: Duration::ZERO,
        cpu_user_seconds: Duration::ZERO,
        cpu_system_seconds: Duration::ZERO,
        peak_memory_bytes: 4096,
        cgroup: Some(CgroupUsage {
            peak_pids: Some(2),
            ..CgroupUsage::default()
        }),
        unenforced: &mut none,
        disk_io_bytes: 0,
        receipt: Some(Receipt {
            namespaces: &mut kinds,
            uid_map: [1000, 1, 1],
            gid_map: [1000, 1, 1],
            no_new_privs: true,
            capabilities: CapabilitySets::default(),
            mounts_read_back: 27,
            settings_read_back: 1,
            cgroup: &mut limits,
            landlock: Some(Landlock {
                abi: 6,
                host_abi: 7,
                rules: 23,
                probe: None,
            }),
            seccomp: Seccomp {
                instructions: 90,
                probe: Some(b"EPERM"),
            },
            network: Some(FilteredNetwork {
                routes_read_back: 3,
                rules_read_back: 25,
                rules_generation: 2,
                ipv6: false,
                helper_version: b"1.2.3",
                helper_digest: [0xcd; 32],
            }),
        }),
        denied: Some(&mut rows),
        denied_beyond: Some(&mut beyond),
        denied_whole: Some(true),
        network: Some(NetworkUse {
            helper_whole: true,
            rules_generation: Some(2),
            counted: Some(b"{}\n"),
        }),
        connections: None,
        repositories: None,
    };
    let mut output = Output(String::new());
    report.write_line(&mut output);
    output.0
}

#[test]
fn a_refused_run_is_one_line_with_every_key() {
    let plan = "ab".repeat(32);
    assert_eq!(
        refused(),
        format!(
            "{{\"plan\":\"sha256:{plan}\",\"policy\":\"p\",\"compiler\":\"purplec 1\",\
             \"command\":[\"a\\u000ab\",\"\u{fffd}\"],\"outcome\":\"refused\",\"status\":\"refused\",\
             \"exit_code\":125,\"signal\":null,\"started_at\":\"2000-02-29T23:59:59.123Z\",\
             \"wall_seconds\":1.000042,\"cpu_user_seconds\":0.000000,\"cpu_system_seconds\":0.000000,\
             \"peak_memory_bytes\":4096,\"cgroup\":null,\"unenforced\":[],\"disk_io_bytes\":0,\
             \"receipt\":null,\"denied\":null,\"denied_beyond\":null,\"denied_whole\":null,\"network\":null,\"connections\":null,\"repositories\":null}}\n"
        )
    );
}

#[test]
fn what_was_denied_and_in_force_is_written_in_order() {
    let text = denied();
    for part in [
        "\"cgroup\":{\"cpu_microseconds\":null,\"cpu_throttled_microseconds\":null,\
         \"peak_memory_bytes\":null,\"disk_read_bytes\":null,\"disk_written_bytes\":null,\
         \"peak_pids\":2,\"oom_kills\":null,\"pids_limit_hits\":null}",
        "\"receipt\":{\"namespaces\":[\"user\",\"pid\"],\"uid_map\":[1000,1,1],\"gid_map\":[1000,1,1],\
         \"no_new_privs\":true,\"capabilities\":{\"bounding\":\"0000000000000000\",",
        "\"mounts_read_back\":27,\"settings_read_back\":1,\"cgroup\":[\"pids.max 20\"],\
         \"landlock\":{\"abi\":6,\"host_abi\":7,\"rules\":23,\"probe\":null},\
         \"seccomp\":{\"instructions\":90,\"probe\":\"EPERM\"},\
         \"network\":{\"routes_read_back\":3,\"rules_read_back\":25,\"rules_generation\":2,\"ipv6\":false,\
         \"helper_version\":\"1.2.3\",\"helper_digest\":\"sha256:cdcd",
        "\"denied\":[{\"arch\":3221225534,\"syscall\":165,\"count\":3,\"pid\":7,\"line\":13,\
         \"source\":0,\"errno\":\"EPERM\",\"first_at\":\"1970-01-01T00:00:00.001Z\",\"comm\":null,\
         \"args\":[\"0x0000000000000000\",\"0x0000000000000001\",\"0x0000000000000002\",\
         \"0x0000000000000003\",\"0x0000000000000004\",\"0xffffffffffffffff\"],\
         \"unreliable_path\":\"/a\",\"varied\":true}],\"denied_beyond\":[{\"syscall\":9,\"count\":2}],\"denied_whole\":true,\
         \"network\":{\"helper_whole\":true,\"rules_generation\":2,\"counted\":\"{}\\u000a\"},\"connections\":null,\"repositories\":null}\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
