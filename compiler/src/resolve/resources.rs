//! The `resources` section.

use super::scope::{Placed, Scope};
use crate::ir::Resource;
use crate::quantity;
use crate::source::Span;
use purple_policy as policy;

/// Limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// `cpu.weight`, from 1 to 100 (cgroup v2; 100 is the kernel's default).
    pub cpu_weight: Option<Placed<u64>>,
    /// Microseconds of processor time in each period of [`CPU_PERIOD`].
    pub cpu_quota: Option<Placed<u64>>,
    /// Bytes.
    pub memory: Option<Placed<u64>>,
    /// Bytes.
    pub swap: Option<Placed<u64>>,
    /// Processes and threads.
    pub pids: Option<Placed<u64>>,
    /// Bytes per second.
    pub block_io: Option<Placed<u64>>,
    /// Seconds.
    pub timeout: Option<Placed<u64>>,
    /// Limits of each process.
    pub of_each_process: Vec<ProcessLimit>,
}

/// A limit of each process (setrlimit(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimit {
    /// What is limited.
    pub resource: Resource,
    /// The limit, which nothing raises.
    pub most: u64,
    /// The place of the value.
    pub span: Span,
}

/// The period over which `cpu.max` limits, in microseconds: the kernel's default.
pub const CPU_PERIOD: u64 = 100_000;

/// The most processes that `pids.max` takes (`PIDS_MAX` in kernel/cgroup/pids.c, one above `PID_MAX_LIMIT`).
const MOST_PROCESSES: u64 = 4_194_304;

/// The longest session, in seconds: ten years. A longer one is a slip.
const LONGEST_SESSION: u64 = 10 * 366 * 86400;

/// The limits.
pub(super) fn resolve(section: Option<&policy::Resources>, scope: &mut Scope<'_>) -> Resources {
    let Some(section) = section else {
        return Resources::default();
    };
    let at = |key: &str| format!("/resources/{key}");
    let memory = section
        .memory_limit_bytes
        .as_ref()
        .and_then(|size| scope.quantity(size, &at("memory_limit_bytes"), quantity::size));
    let swap = section
        .memory_swap_limit_bytes
        .as_ref()
        .and_then(|size| scope.quantity(size, &at("memory_swap_limit_bytes"), quantity::size));
    let key = at("block_io_limit_bytes_per_sec");
    let block_io = section
        .block_io_limit_bytes_per_sec
        .as_ref()
        .and_then(|rate| scope.quantity(rate, &key, quantity::rate));
    let placed = |value: Option<u64>, key: &str, scope: &Scope<'_>| {
        value.map(|value| Placed {
            value,
            span: scope.span(&at(key)),
        })
    };
    Resources {
        cpu_weight: section
            .cpu_shares
            .and_then(|shares| cpu_weight(shares, scope)),
        cpu_quota: placed(section.cpu_limit.map(cpu_quota), "cpu_limit", scope),
        memory,
        swap,
        pids: pids(section.pids_limit, scope),
        block_io,
        timeout: section
            .session_timeout_seconds
            .as_ref()
            .and_then(|time| timeout(time, "/resources/session_timeout_seconds", scope)),
        of_each_process: section
            .rlimits
            .as_ref()
            .map_or_else(Vec::new, |limits| of_each_process(limits, scope)),
    }
}

/// The limits of each process, in the order of their names.
fn of_each_process(limits: &policy::ProcessLimits, scope: &mut Scope<'_>) -> Vec<ProcessLimit> {
    let at = |resource: Resource| format!("/resources/rlimits/{}", resource.name());
    let mut all = Vec::new();
    for (resource, size) in [
        (Resource::AddressSpace, &limits.address_space),
        (Resource::Core, &limits.core),
        (Resource::Data, &limits.data),
        (Resource::FileSize, &limits.fsize),
        (Resource::LockedMemory, &limits.memlock),
        (Resource::MessageQueues, &limits.msgqueue),
        (Resource::Stack, &limits.stack),
    ] {
        // A core dump of no bytes is the usual one.
        let none = policy::Quantity::Number(0);
        let found = match size {
            Some(size) if *size == none && resource == Resource::Core => Some(Placed {
                value: 0,
                span: scope.span(&at(resource)),
            }),
            Some(size) => scope.quantity(size, &at(resource), quantity::size),
            None => None,
        };
        all.extend(found.map(|found| (resource, found)));
    }
    for (resource, count) in [
        (Resource::OpenFiles, limits.nofile),
        (Resource::Processes, limits.nproc),
        (Resource::QueuedSignals, limits.sigpending),
    ] {
        let span = scope.span(&at(resource));
        all.extend(count.map(|value| (resource, Placed { value, span })));
    }
    if let Some(time) = &limits.cpu {
        let found = timeout(time, &at(Resource::ProcessorTime), scope);
        all.extend(found.map(|found| (Resource::ProcessorTime, found)));
    }
    let limit = |(resource, found): (Resource, Placed<u64>)| ProcessLimit {
        resource,
        most: found.value,
        span: found.span,
    };
    let mut all: Vec<ProcessLimit> = all.into_iter().map(limit).collect();
    all.sort_by_key(|limit| limit.resource.name());
    all
}

/// The limit of processes, where the kernel takes it.
fn pids(limit: Option<u64>, scope: &mut Scope<'_>) -> Option<Placed<u64>> {
    let (value, key) = (limit?, "/resources/pids_limit");
    if value > MOST_PROCESSES {
        scope.error(
            "invalid-quantity",
            key,
            format!("the kernel counts no more than {MOST_PROCESSES} processes"),
            "leave the key out for no limit",
        );
        return None;
    }
    let span = scope.span(key);
    Some(Placed { value, span })
}

fn timeout(time: &policy::Timeout, key: &str, scope: &mut Scope<'_>) -> Option<Placed<u64>> {
    let seconds = match time {
        policy::Timeout::Number(seconds) => Ok(*seconds),
        policy::Timeout::Text(text) => quantity::duration(text),
    };
    match seconds {
        Ok(seconds) if seconds > LONGEST_SESSION => {
            scope.error(
                "timeout-too-long",
                key,
                "a run cannot last longer than ten years".to_owned(),
                "write seconds, or leave the key out for no limit",
            );
            None
        }
        Ok(value) => Some(Placed {
            value,
            span: scope.span(key),
        }),
        Err(error) => {
            scope.refuse_quantity("invalid-duration", key, error);
            None
        }
    }
}

/// A share from 0 to 1 in hundredths, as `cpu.weight` counts. The schema keeps it in that range.
fn cpu_weight(shares: f64, scope: &Scope<'_>) -> Option<Placed<u64>> {
    let weight = (1..=100_u32).min_by(|&a, &b| {
        let distance = |hundredths: u32| (f64::from(hundredths) / 100.0 - shares).abs();
        distance(a).total_cmp(&distance(b))
    });
    let span = scope.span("/resources/cpu_shares");
    weight.map(|weight| Placed {
        value: u64::from(weight),
        span,
    })
}

/// A number of processors as microseconds of each period. The schema keeps it from 0.01, which is the
/// least that the kernel takes, to 10000.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between a thousand and a billion, as the schema keeps it"
)]
fn cpu_quota(processors: f64) -> u64 {
    (processors * 100_000.0).round() as u64
}
