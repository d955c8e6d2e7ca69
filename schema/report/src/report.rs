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
        /// the same in one of five words
        status: Status,
        /// the exit status of purple-exec
        exit_code: Number,
        /// the signal that ended the command, or the sandbox's first process
        signal: Nullable<Number>,
        /// when the run began
        started_at: Time,
        /// how long the run took
        wall_seconds: Seconds,
        /// the processor's time in the program, of all that was waited for
        cpu_user_seconds: Seconds,
        /// the processor's time in the kernel, of all that was waited for
        cpu_system_seconds: Seconds,
        /// the largest resident set of a single process
        peak_memory_bytes: Number,
        /// what everything inside used; null for a run without limits
        cgroup: Nullable<CgroupUsage>,
        /// the layers let go by name
        unenforced: List<Text>,
        /// bytes read from and written to block devices by all that was waited for
        disk_io_bytes: Number,
        /// what was in force just before the command started; null when it did not get that far
        receipt: Nullable<Receipt>,
        /// denied calls, those alike in number, policy line and arguments as one; null where the filter reports none
        denied: Nullable<List<Denial>>,
        /// denied calls that found no room in the list, by number; null as above
        denied_beyond: Nullable<List<Unlisted>>,
        /// false where the recorder was killed; null as above
        denied_whole: Nullable<Flag>,
        /// what became of a filtered network; null where the network is not filtered, or the run was refused before
        network: Nullable<NetworkUse>,
        /// [what a filtered network has carried and refused](#what-the-network-refused), in the report of `purple run`; null where the network is not filtered or purple-net has not said, and in the report of purple-exec
        connections: Nullable<Connections>,
        /// [what git would have run](policy-reference.md#what-stays-as-it-is-in-an-output-path), in the report of `purple run`; null where nothing was looked through, and in the report of purple-exec
        repositories: Nullable<List<RepositoryFinding>>,
    }
}

object! {
    /// What the processes of the control group used. A value is null where the kernel does not count
    /// it or the policy does not limit it.
    plain CgroupUsage {
        /// the processor's time
        cpu_microseconds: Nullable<Number>,
        /// how long the group was kept from the processor
        cpu_throttled_microseconds: Nullable<Number>,
        /// the most memory at one time
        peak_memory_bytes: Nullable<Number>,
        /// bytes read from disks
        disk_read_bytes: Nullable<Number>,
        /// bytes written to disks
        disk_written_bytes: Nullable<Number>,
        /// the most processes and threads at one time
        peak_pids: Nullable<Number>,
        /// processes that the kernel killed for want of memory
        oom_kills: Nullable<Number>,
        /// processes and threads that were kept from starting
        pids_limit_hits: Nullable<Number>,
    }
}

object! {
    /// What became of a filtered network.
    NetworkUse {
        /// whether purple-net was there until the command had ended
        helper_whole: Flag,
        /// the generation of the rules after the command; null where it could not be read
        rules_generation: Nullable<Number>,
        /// what purple-net has counted, lines of JSON in one text; null where it has not said so, and in the report of `purple run`, which has it under `connections`
        counted: Nullable<Text>,
    }
}
