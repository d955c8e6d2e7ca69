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
        /// a run that starts
        SandboxStart = "sandbox_start",
    }
}

words! {
    /// What an event of a run is.
    EventType {
        /// calls were denied
        SyscallDeny = "syscall_deny",
        /// more calls were denied than have their arguments listed: these arguments are the latest
        SyscallDenyOthers = "syscall_deny_others",
        /// the list had no room for this number of denied calls of this name
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
        /// the run's id, which the record of the end has too
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
        /// the run's id
        sandbox_id: Text,
        /// the policy's name
        policy_name: Text,
        /// the command and its arguments
        command: List<Text>,
        /// [how the run ended](#how-a-run-ended), as one of five words
        status: Status,
        /// how the run ended, exactly
        outcome: Outcome,
        /// the exit status that the caller saw
        exit_code: Number,
        /// what the run used
        resource_usage: ResourceUsage,
        /// what was denied, and what the record lacks
        security_events: List<SecurityEvent>,
        /// [what a filtered network has carried and refused](report.md#what-the-network-refused); null if the network is not filtered, or purple-net has not reported
        connections: Nullable<Connections>,
        /// [what git would have run](policy-reference.md#protected-paths-in-an-output-path); null if no repository was searched
        repositories: Nullable<List<RepositoryFinding>>,
        /// the plan's digest
        plan: Digest,
        /// [what was in force](report.md#the-receipt); null if the run was refused earlier
        receipt: Nullable<Receipt>,
        /// the layers that `--unenforced` turned off; null if purple-exec has not reported them
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
        /// processor time
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
        /// the type of the event
        kind as "type": EventType,
        /// the call's name
        syscall: Nullable<Text>,
        /// the thread's id outside
        pid: Nullable<Number>,
        /// the thread's name
        process: Nullable<Text>,
        /// the call's arguments by name, as constants if there are any
        arguments: Nullable<Arguments>,
        /// [a path among the arguments](#what-is-denied)
        unreliable_path: Nullable<Text>,
        /// the error that the call returned
        errno: Nullable<Text>,
        /// the number of such calls
        count: Nullable<Number>,
        /// when the first was made
        first_at: Nullable<Time>,
        /// the policy's line
        policy_line: Nullable<Number>,
        /// the parent that contains the line; null for the policy itself
        policy_source: Nullable<Text>,
    }
}
