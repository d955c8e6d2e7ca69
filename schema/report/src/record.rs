//! The audit record: what the operator's log has of a run, numbers as names.

use crate::connections::Connections;
use crate::declare::{object, words};
use crate::kind::{Arguments, Digest, List, Nullable, Number, Seconds, Text, Time};
use crate::outcome::{Outcome, Status};
use crate::receipt::Receipt;
use crate::repository::RepositoryFinding;

words! {
    /// What a record is about.
    RecordType {
        /// a run
        SandboxExecution = "sandbox_execution",
    }
}

words! {
    /// What a record of a start is about.
    StartType {
        /// a run that is being started
        SandboxStart = "sandbox_start",
    }
}

words! {
    /// What an event of a run is.
    EventType {
        /// calls were denied
        SyscallDeny = "syscall_deny",
        /// calls were denied that had more kinds of arguments than are listed: these are the latest
        SyscallDenyOthers = "syscall_deny_others",
        /// so many denied calls of this name found no room in the list
        DenialsNotListed = "denials_not_listed",
        /// the recorder was killed: later denied calls are missing
        RecorderEnded = "recorder_ended",
    }
}

object! {
    /// A run that is being started: what is known of it before it runs.
    StartRecord {
        /// when it was started
        timestamp: Time,
        /// what the record is about
        event_type: StartType,
        /// the run's own id, which the record of its end has too
        sandbox_id: Text,
        /// the policy's name
        policy_name: Text,
        /// the command and its arguments
        command: List<Text>,
        /// the plan's digest
        plan: Digest,
        /// the record's number
        sequence: Number,
        /// the SHA-256 of the line before it
        previous: Digest,
    }
}

object! {
    /// One run.
    AuditRecord {
        /// when it was started
        timestamp: Time,
        /// what the record is about
        event_type: RecordType,
        /// the run's own id
        sandbox_id: Text,
        /// the policy's name
        policy_name: Text,
        /// the command and its arguments
        command: List<Text>,
        /// [how the run ended](#how-a-run-ended) in one of five words
        status: Status,
        /// how the run ended, exactly
        outcome: Outcome,
        /// the exit status that the caller saw
        exit_code: Number,
        /// what it used
        resource_usage: ResourceUsage,
        /// what was denied, and what is not known of it
        security_events: List<SecurityEvent>,
        /// [what a filtered network has carried and refused](report.md#what-the-network-refused); null where the network is not filtered, or purple-net has not said
        connections: Nullable<Connections>,
        /// [what git would have run](policy-reference.md#what-stays-as-it-is-in-an-output-path); null where nothing was looked through
        repositories: Nullable<List<RepositoryFinding>>,
        /// the plan's digest
        plan: Digest,
        /// [what was in force](report.md#the-receipt); null when it did not get that far
        receipt: Nullable<Receipt>,
        /// the layers let go; null where purple-exec has not said
        unenforced: Nullable<List<Text>>,
        /// the record's number
        sequence: Number,
        /// the SHA-256 of the line before it
        previous: Digest,
    }
}

object! {
    /// What all that was waited for used.
    plain ResourceUsage {
        /// the processor's time
        cpu_time_seconds: Seconds,
        /// the largest resident set of a single process
        peak_memory_bytes: Number,
        /// bytes read from and written to block devices
        disk_io_bytes: Number,
    }
}

object! {
    /// An event of a run. What says nothing for its type is null.
    SecurityEvent {
        /// what it is
        kind as "type": EventType,
        /// the call's name
        syscall: Nullable<Text>,
        /// the thread, as it is numbered outside
        pid: Nullable<Number>,
        /// the thread's name
        process: Nullable<Text>,
        /// the call's arguments by name, in constants where they have some
        arguments: Nullable<Arguments>,
        /// [a path that it named](#what-is-denied)
        unreliable_path: Nullable<Text>,
        /// the error that it got
        errno: Nullable<Text>,
        /// how many there were
        count: Nullable<Number>,
        /// when the first was
        first_at: Nullable<Time>,
        /// the policy's line
        policy_line: Nullable<Number>,
        /// the parent that the line is in; null for the policy itself
        policy_source: Nullable<Text>,
    }
}
