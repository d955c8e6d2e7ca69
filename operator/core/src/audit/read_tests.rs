//! What a reader takes and what it refuses.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{record, report};
use purple_report::{Argument, EventType, Outcome, Status};
use serde_json::{Value, json};
use std::time::Duration;

fn a_report() -> Value {
    json!({
        "plan": format!("sha256:{}", "ab".repeat(32)),
        "policy": "p",
        "compiler": "purplec 1",
        "command": ["a\u{0}b", "\u{fffd}"],
        "outcome": "exited",
        "status": "completed",
        "exit_code": 0,
        "signal": null,
        "started_at": "2000-02-29T23:59:59.123Z",
        "wall_seconds": 1.000_042,
        "cpu_user_seconds": 0.0,
        "cpu_system_seconds": 0.1,
        "peak_memory_bytes": 4096,
        "cgroup": null,
        "unenforced": [],
        "disk_io_bytes": 0,
        "receipt": {
            "namespaces": ["user"],
            "uid_map": [1000, 1, 1],
            "gid_map": [1000, 1, 1],
            "no_new_privs": true,
            "capabilities": {
                "bounding": "00000000000000ff", "inheritable": "0000000000000000",
                "permitted": "0000000000000000", "effective": "0000000000000000",
                "ambient": "0000000000000000",
            },
            "mounts_read_back": 27,
            "settings_read_back": 1,
            "cgroup": [],
            "landlock": null,
            "seccomp": {"instructions": 90, "probe": "EPERM"},
            "network": null,
        },
        "denied": [{
            "arch": 0xc000_003e_u64, "syscall": 165, "count": 3, "pid": 7, "line": 13, "source": 0,
            "errno": "EPERM", "first_at": "2000-02-29T23:59:59.123Z", "comm": null,
            "args": ["0x0000000000000000", "0x0000000000000001", "0x0000000000000002",
                "0x0000000000000003", "0x0000000000000004", "0xffffffffffffffff"],
            "unreliable_path": null, "varied": false,
        }],
        "denied_beyond": [{"syscall": 165, "count": 2}],
        "denied_whole": true,
        "network": null,
        "connections": null,
        "repositories": null,
    })
}

#[test]
fn a_report_gives_typed_values() {
    let found = report(&a_report().to_string()).map_err(|error| error.to_string());
    let found = found.unwrap();
    assert_eq!(found.plan, [0xab; 32]);
    assert_eq!(found.outcome, Outcome::Exited);
    assert_eq!(found.status, Status::Completed);
    assert_eq!(found.wall_seconds, Duration::from_micros(1_000_042));
    assert_eq!(found.cpu_system_seconds, Duration::from_millis(100));
    assert_eq!(found.started_at, Duration::from_millis(951_868_799_123));
    let receipt = found.receipt.unwrap();
    assert_eq!(receipt.uid_map, [1000, 1, 1]);
    assert_eq!(receipt.capabilities.bounding, 0xff);
    assert_eq!(receipt.seccomp.probe.as_deref(), Some("EPERM"));
    let denied = found.denied.unwrap();
    assert_eq!(denied.len(), 1);
    let args = denied.first().unwrap().args;
    assert_eq!(args, [0, 1, 2, 3, 4, u64::MAX]);
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut value = a_report();
    change(&mut value);
    match report(&value.to_string()) {
        Ok(_) => assert_eq!("accepted", expected),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
#[expect(clippy::indexing_slicing, reason = "tests")]
fn what_is_not_declared_is_refused_with_its_place() {
    refused(|all| all["more"] = json!(1), "unknown key `more`");
    refused(
        |all| all["receipt"]["seccomp"]["more"] = json!(1),
        "unknown key `receipt.seccomp.more`",
    );
    let remove = |all: &mut Value, key| drop(all.as_object_mut().unwrap().remove(key));
    refused(|all| remove(all, "signal"), "`signal` is missing");
    refused(
        |all| remove(&mut all["denied"][0], "pid"),
        "`denied.0.pid` is missing",
    );
    refused(
        |all| all["exit_code"] = json!(-1),
        "`exit_code` is not a whole number",
    );
    refused(
        |all| all["exit_code"] = json!(null),
        "`exit_code` is not a whole number",
    );
    refused(
        |all| all["wall_seconds"] = json!(-0.5),
        "`wall_seconds` is not a number of seconds",
    );
    refused(
        |all| all["plan"] = json!("sha256:ab"),
        "`plan` is not `sha256:` and 64 hexadecimal digits",
    );
    refused(
        |all| all["started_at"] = json!("yesterday"),
        "`started_at` is not a time such as `2000-02-29T23:59:59.123Z`",
    );
    refused(
        |all| all["status"] = json!("exited"),
        "`status` is not one of `completed` `failed` `timeout` `killed` `refused`",
    );
    refused(
        |all| all["receipt"]["uid_map"] = json!([1, 2]),
        "`receipt.uid_map` is not a list of the declared length",
    );
    refused(
        |all| all["denied"][0]["args"][0] = json!("0x1"),
        "`denied.0.args.0` is not `0x` and 16 hexadecimal digits",
    );
    refused(|all| *all = json!([]), "`all of it` is not an object");
    let cut = report("{\"plan\":").err().unwrap().to_string();
    assert!(cut.starts_with("not JSON: EOF"), "{cut}");
}

fn an_older_record() -> Value {
    json!({
        "timestamp": "2000-02-29T23:59:59.123Z",
        "event_type": "sandbox_run",
        "sandbox_id": "7a4bf47d28f7287f",
        "policy_name": "p",
        "command": ["sh"],
        "status": "exited",
        "exit_code": 3,
        "resource_usage": {
            "cpu_time_seconds": 0.004_017, "peak_memory_bytes": 1, "disk_io_bytes": 0,
        },
        "security_events": [
            {"type": "syscall_denied", "syscall": "mount", "pid": 7, "process": "sh",
             "arguments": {"flags": "MS_NOSUID", "data": 0}, "unreliable_path": null,
             "errno": "EPERM", "count": 3, "first_at": "2000-02-29T23:59:59.123Z",
             "policy_line": 13, "policy_source": null},
            {"type": "denials_not_listed", "syscall": null, "pid": null, "count": 4},
            {"type": "recorder_ended", "syscall": null, "pid": null},
        ],
        "plan": format!("sha256:{}", "ab".repeat(32)),
        "receipt": null,
        "unenforced": null,
        "sequence": 1,
        "previous": format!("sha256:{}", "cd".repeat(32)),
    })
}

#[test]
fn an_older_record_is_read_in_todays_words() {
    let entry = record(&an_older_record().to_string()).ok().unwrap();
    let found = entry.record;
    assert_eq!(found.outcome, Outcome::Exited);
    assert_eq!(found.status, Status::Failed);
    let kinds: Vec<_> = found.security_events.iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [
            EventType::SyscallDeny,
            EventType::DenialsNotListed,
            EventType::RecorderEnded
        ]
    );
    let first = found.security_events.first().unwrap();
    assert_eq!(
        first.arguments.as_deref(),
        Some(
            &[
                ("flags".to_owned(), Argument::Text("MS_NOSUID".to_owned())),
                ("data".to_owned(), Argument::Number(0)),
            ][..]
        )
    );
    let counts: Vec<_> = found.security_events.iter().map(|one| one.count).collect();
    assert_eq!(counts, [Some(3), Some(4), None]);
}

/// Neither format's records had it before there were filtered networks.
#[test]
#[expect(clippy::indexing_slicing, reason = "tests")]
fn a_receipt_from_before_filtered_networks_is_read() {
    let mut receipt = a_report()["receipt"].take();
    drop(receipt.as_object_mut().unwrap().remove("network"));
    let mut value = an_older_record();
    value["receipt"] = receipt;
    let read = |value: &Value| record(&value.to_string()).map_err(|error| error.to_string());
    let found = read(&value).map(|entry| entry.record.receipt.unwrap().network.is_none());
    assert_eq!(found, Ok(true));
    value["receipt"]["network"] = json!({});
    let found = read(&value).map(drop);
    let missing = "`receipt.network.routes_read_back` is missing".to_owned();
    assert_eq!(found, Err(missing));
    drop(value["receipt"].as_object_mut().unwrap().remove("uid_map"));
    let found = read(&value).map(drop);
    assert_eq!(found, Err("`receipt.uid_map` is missing".to_owned()));
}

#[test]
#[expect(clippy::indexing_slicing, reason = "tests")]
fn an_older_record_is_read_as_strictly() {
    let refused = |change: fn(&mut Value)| {
        let mut value = an_older_record();
        change(&mut value);
        record(&value.to_string()).err().unwrap().to_string()
    };
    assert_eq!(refused(|all| all["more"] = json!(1)), "unknown key `more`");
    let status = refused(|all| all["status"] = json!("completed"));
    assert!(status.starts_with("`status` is not "), "{status}");
    let event = refused(|all| {
        drop(
            all["security_events"][0]
                .as_object_mut()
                .unwrap()
                .remove("pid"),
        );
    });
    assert_eq!(event, "`security_events.0.pid` is missing");
}

/// A line that has the older type and today's keys could be read in two ways.
#[test]
fn a_record_that_mixes_both_forms_is_refused() {
    let refused = |change: fn(&mut Value)| {
        let mut value = an_older_record();
        change(&mut value);
        record(&value.to_string()).err().unwrap().to_string()
    };
    let outcome = refused(|all| all["outcome"] = json!("killed"));
    assert!(outcome.contains("`event_type` is not"), "{outcome}");
    let event = refused(|all| all["security_events"] = json!([{"type": "syscall_deny"}]));
    assert!(event.contains("`event_type` is not"), "{event}");
    let unknown = refused(|all| all["security_events"] = json!([{"type": "other"}]));
    assert!(unknown.starts_with("`security_events.0."), "{unknown}");
}

#[test]
fn a_status_that_does_not_follow_is_refused() {
    refused(
        |all| all["outcome"] = json!("killed"),
        "`status` is `completed`, and `outcome` and `exit_code` give `killed`",
    );
    refused(
        |all| all["exit_code"] = json!(1),
        "`status` is `completed`, and `outcome` and `exit_code` give `failed`",
    );
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let text = a_report().to_string();
    let twice = text.replacen('{', "{\"exit_code\": 1, ", 1);
    let error = report(&twice).err().unwrap().to_string();
    assert!(
        error.contains("the key `exit_code` occurs twice"),
        "{error}"
    );
}
