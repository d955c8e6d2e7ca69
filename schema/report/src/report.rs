//! The report: what purple-exec writes at the end of a run.

use crate::connections::Connections;
use crate::declare::object;
use crate::denial::{Denial, Unlisted};
use crate::kind::{Digest, Flag, List, Nullable, Number, Seconds, Text, Time};
use crate::outcome::{Outcome, Status};
use crate::receipt::Receipt;
use crate::repository::RepositoryFinding;

object! {
    /// What was enforced and how the command ended.
    Report {
        /// the plan's digest
        plan: Digest,
        /// the policy's name
        policy: Text,
        /// what compiled the plan
        compiler: Text,
        /// the command and its arguments; bytes that are not UTF-8 become U+FFFD
        command: List<Text>,
        /// [how the run ended](audit.md#how-a-run-ended), exactly
        outcome: Outcome,
        /// the same, as one of five words
        status: Status,
        /// the exit status of purple-exec
        exit_code: Number,
        /// the signal that ended the command, or the sandbox's first process
        signal: Nullable<Number>,
        /// when the run began
        started_at: Time,
        /// how long the run took
        wall_seconds: Seconds,
        /// user time of all processes that were waited for
        cpu_user_seconds: Seconds,
        /// system time of all processes that were waited for
        cpu_system_seconds: Seconds,
        /// the largest resident set of a single process
        peak_memory_bytes: Number,
        /// what all processes inside used; null for a run without limits
        cgroup: Nullable<CgroupUsage>,
        /// the layers that `--unenforced` turned off
        unenforced: List<Text>,
        /// bytes read from and written to block devices by all processes that were waited for
        disk_io_bytes: Number,
        /// what was in force just before the command started; null if the run was refused earlier
        receipt: Nullable<Receipt>,
        /// denied calls; calls with the same number, policy line and arguments are one item; null if the filter does not report denied calls
        denied: Nullable<List<Denial>>,
        /// the count of denied calls that the list had no room for, by number; null as for `denied`
        denied_beyond: Nullable<List<Unlisted>>,
        /// false if the recorder was killed; null as for `denied`
        denied_whole: Nullable<Flag>,
        /// the filtered network after the run; null if the network is not filtered, or the run was refused earlier
        network: Nullable<NetworkUse>,
        /// [what a filtered network has carried and refused](#what-the-network-refused), in the report of `purple run`; null if the network is not filtered or purple-net has not reported, and in the report of purple-exec
        connections: Nullable<Connections>,
        /// [what git would have run](policy-reference.md#protected-paths-in-an-output-path), in the report of `purple run`; null if no repository was searched, and in the report of purple-exec
        repositories: Nullable<List<RepositoryFinding>>,
    }
}

object! {
    /// What the processes of the control group used. A value is null where the kernel does not count
    /// it or the policy does not limit it.
    plain CgroupUsage {
        /// processor time
        cpu_microseconds: Nullable<Number>,
        /// how long the group was throttled
        cpu_throttled_microseconds: Nullable<Number>,
        /// peak memory of the group
        peak_memory_bytes: Nullable<Number>,
        /// bytes read from disks
        disk_read_bytes: Nullable<Number>,
        /// bytes written to disks
        disk_written_bytes: Nullable<Number>,
        /// peak number of processes and threads
        peak_pids: Nullable<Number>,
        /// processes that the kernel killed because memory was used up
        oom_kills: Nullable<Number>,
        /// forks refused: processes and threads that could not start
        pids_limit_hits: Nullable<Number>,
    }
}

object! {
    /// What became of a filtered network.
    NetworkUse {
        /// whether purple-net ran until the command had ended
        helper_whole: Flag,
        /// the generation of the rules after the command; null if it could not be read
        rules_generation: Nullable<Number>,
        /// what purple-net has counted, lines of JSON in one text; null if it has not reported, and in the report of `purple run`, which has it under `connections`
        counted: Nullable<Text>,
    }
}
