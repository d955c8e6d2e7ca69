//! A filtered network: the plan's own routes and rules, purple-net, and a run with all of it.

use super::first_run::{self, EXECUTOR};
use super::report::{Check, CheckResult, Need, Subject};
use super::userns;
use crate::executor;
use crate::plans;
use purple_host::cgroup::Cgroup;
use purple_host::path::shown;
use purple_host::probe::StepError;
use purple_host::probe::greeting;
use purple_host::probe::network::{self as probe, Batch, EXPRESSIONS, NEW_NETWORK, ROUTES, TABLE};
use purple_host::{Errno, errno, files, users};
use purple_plan::{NetBatchKind, Plan};
use purplec::target::{INSTALL_PURPLE_NET, NetworkPart, module_fix};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

const NETWORK_ROUTES: Subject = Subject {
    id: "network-routes",
    layer: "network",
    why: "a filtered network cannot be made",
};
const NF_TABLES: Subject = Subject {
    id: "nf-tables",
    layer: "network",
    why: "connections cannot be filtered, so runs with a filtered network are refused",
};
const NFT_TPROXY: Subject = Subject {
    id: "nft-tproxy",
    layer: "network",
    why: "no allowed connection can be passed to purple-net, so runs with a filtered network are refused",
};
const NF_LOG: Subject = Subject {
    id: "nf-log",
    layer: "network",
    why: "connections are not reported to purple-net, so runs with a filtered network are refused",
};
const PURPLE_NET: Subject = Subject {
    id: "purple-net",
    layer: "network",
    why: "nothing opens the connections of a filtered network, so runs with one are refused",
};
const FILTERED_RUN: Subject = Subject {
    id: "filtered-run",
    layer: "network",
    why: "runs with a filtered network are refused",
};

/// What makes a plan need all of this.
const NEEDED_BY: &str =
    "a filtered network (`network.mode: filtered`, `allow`, `host_services` or `publish`)";

/// A small policy with a filtered network. It names a resolver, which nobody asks.
const POLICY: &str = "name: doctor\nextends: base\n\
    network: {mode: filtered, allow: [\"192.0.2.1:443\"], dns_servers: [192.0.2.53]}\n";

/// The checks that a target description carries.
const PARTS: [(Subject, NetworkPart); 5] = [
    (NETWORK_ROUTES, NetworkPart::Routes),
    (NF_TABLES, NetworkPart::NfTables),
    (NFT_TPROXY, NetworkPart::NftTproxy),
    (NF_LOG, NetworkPart::NfLog),
    (PURPLE_NET, NetworkPart::PurpleNet),
];

/// Tries each part, then the whole. Gives the parts that there are.
pub(super) fn check(group: Option<&Cgroup>, checks: &mut Vec<Check>) -> BTreeSet<NetworkPart> {
    let before = checks.len();
    each(group, checks);
    let own = checks.get(before..).unwrap_or_default();
    let works = |id| {
        own.iter()
            .any(|one| one.subject.id == id && one.result.is_ok())
    };
    let parts = PARTS.into_iter().filter(|(subject, _)| works(subject.id));
    parts.map(|(_, part)| part).collect()
}

fn each(group: Option<&Cgroup>, checks: &mut Vec<Check>) {
    let plan = plans::of_text("doctor", POLICY).map_err(|error| error.to_string());
    let kernel = match &plan {
        Ok(bytes) => kernel(bytes),
        Err(error) => kernel_of(&|| no_plan(error.clone())),
    };
    let all_taken = kernel.iter().all(|(_, result)| result.is_ok());
    let helper = helper();
    let run = if executor::command().is_err() {
        untried(EXECUTOR.id)
    } else if !helper.is_ok() {
        untried(PURPLE_NET.id)
    } else {
        match plan.and_then(|plan| first_run::run(&plan, group)) {
            Ok(took) => CheckResult::Ok(format!("`true` in {} ms", took.as_millis())),
            Err(found) => CheckResult::Missing {
                found,
                fix: run_fix(all_taken),
            },
        }
    };
    let whole = [(PURPLE_NET, helper), (FILTERED_RUN, run)];
    for (subject, result) in kernel.into_iter().chain(whole) {
        checks.push(Check {
            subject,
            need: Need::OnlyWith(NEEDED_BY),
            result,
        });
    }
}

fn untried(needs: &str) -> CheckResult {
    CheckResult::Untried {
        needs: needs.to_owned(),
    }
}

fn run_fix(all_taken: bool) -> String {
    if all_taken {
        "what it says; where it does not, look at `run` above".to_owned()
    } else {
        "fix what is missing above".to_owned()
    }
}

/// Where there is no plan to try: a defect.
fn no_plan(found: String) -> CheckResult {
    CheckResult::Missing {
        found,
        fix: INSTALL_PURPLE_NET.to_owned(),
    }
}

/// Has the kernel take the routes and rules of a plan.
fn kernel(bytes: &[u8]) -> [(Subject, CheckResult); 4] {
    let plan = match Plan::decode(bytes) {
        Ok(plan) => plan,
        Err(error) => return kernel_of(&|| no_plan(error.to_string())),
    };
    let batch = |kind| {
        let found = plan.net_batches.iter().find(|batch| batch.kind == kind)?;
        Some(Batch {
            protocol: found.protocol,
            acknowledgements: found.acknowledgements,
            bytes: found.bytes,
        })
    };
    let both = batch(NetBatchKind::Routes4).zip(batch(NetBatchKind::Rules));
    let Some((routes, rules)) = both else {
        return kernel_of(&|| no_plan("the plan has no rules".to_owned()));
    };
    let steps = probe::load(routes, rules);
    found(&|step| steps.result(step))
}

/// The same result for each part of the kernel.
fn kernel_of(result: &dyn Fn() -> CheckResult) -> [(Subject, CheckResult); 4] {
    [NETWORK_ROUTES, NF_TABLES, NFT_TPROXY, NF_LOG].map(|subject| (subject, result()))
}

/// What the steps of the probe say about each part of the kernel.
fn found(step: &dyn Fn(&'static str) -> Result<(), StepError>) -> [(Subject, CheckResult); 4] {
    let [reject, ct, tproxy, log] = EXPRESSIONS;
    let made = step(NEW_NETWORK).and_then(|()| step(ROUTES));
    let tables = [TABLE, reject, ct]
        .into_iter()
        .zip(NetworkPart::NfTables.modules().chunks(1));
    let mut tables =
        tables.map(|(name, module)| CheckResult::of_step(step(name), || module_fix(module, "")));
    let worst = tables.find(|result| !result.is_ok());
    let part = |name, part: NetworkPart| {
        CheckResult::of_step(step(name), || module_fix(part.modules(), ""))
    };
    let has_too_many = matches!(
        made,
        Err(StepError::Failed {
            errno: Errno::ENOSPC,
            ..
        })
    );
    let fix = || {
        if has_too_many {
            // user_namespaces(7) has these limits.
            "sysctl -w user.max_net_namespaces=15000".to_owned()
        } else {
            userns::fix()
        }
    };
    [
        (NETWORK_ROUTES, CheckResult::of_step(made, fix)),
        (NF_TABLES, worst.unwrap_or(CheckResult::ok())),
        (NFT_TPROXY, part(tproxy, NetworkPart::NftTproxy)),
        (NF_LOG, part(log, NetworkPart::NfLog)),
    ]
}

/// Whether purple-net stands beside purple-exec, is somebody's who may say what runs here, and is of this version.
fn helper() -> CheckResult {
    let missing = |found| CheckResult::Missing {
        found,
        fix: INSTALL_PURPLE_NET.to_owned(),
    };
    let Ok(executor) = executor::command() else {
        return untried(EXECUTOR.id);
    };
    let path = executor::purple_net_beside(Path::new(executor.get_program()));
    if let Err(why) = may_run(&path) {
        return missing(format!("{} {why}", shown(&path)));
    }
    let own = env!("CARGO_PKG_VERSION");
    match greeting::of(&path).as_ref().map(version) {
        Ok(Some(version)) if version == own => CheckResult::Ok(format!("version {version}")),
        Ok(Some(version)) => missing(format!("it has version {version}, and purple has {own}")),
        Ok(None) => missing(format!("{} is another program", shown(&path))),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => missing(format!(
            "{} is another program, or does not start",
            shown(&path)
        )),
        Err(error) => missing(format!(
            "{} does not report its version: {error}",
            shown(&path)
        )),
    }
}

/// Whether purple-exec would start it; the error says why not.
fn may_run(path: &Path) -> Result<(), String> {
    let found = path
        .symlink_metadata()
        .map_err(|error| format!("cannot be found: {error}"))?;
    if !found.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if found.uid() != 0 && found.uid() != users::own_uid() {
        return Err(format!("belongs to user {}", found.uid()));
    }
    if found.mode() & 0o022 != 0 {
        return Err("can be written to by others".to_owned());
    }
    files::may_execute(path).map_err(|error| format!("cannot be executed: {}", errno::words(error)))
}

/// The version in the first message of purple-net: its name and its version in 16 bytes each, then a digest.
fn version(said: &[u8; 64]) -> Option<String> {
    let rest = said.strip_prefix(b"purple-net\0\0\0\0\0\0")?;
    let text = rest.first_chunk::<16>()?.split(|&byte| byte == 0).next()?;
    let version = std::str::from_utf8(text).ok()?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{CheckResult, EXPRESSIONS, NEW_NETWORK, POLICY, StepError, TABLE, found, version};
    use crate::plans;
    use purple_host::Errno;
    use purple_plan::{NetBatchKind, Plan};

    /// What is found where this step fails, and those behind it are not reached: the states, and each fix.
    fn without(failed: &'static str, reached: &[&str]) -> Vec<(&'static str, String)> {
        let step = |step| {
            let errno = Errno::ENOENT;
            match step {
                step if step == failed => Err(StepError::Failed { step, errno }),
                step if reached.contains(&step) => Ok(()),
                _ => Err(StepError::NotReached {
                    needs: failed.to_owned(),
                }),
            }
        };
        let all = found(&step).into_iter().map(|(subject, result)| {
            let said = match result {
                CheckResult::Ok(_) => "ok".to_owned(),
                CheckResult::Untried { needs } => format!("needs {needs}"),
                CheckResult::Missing { fix, .. } | CheckResult::Degraded { fix, .. } => fix,
            };
            (subject.id, said)
        });
        all.filter(|(_, said)| said != "ok").collect()
    }

    #[test]
    fn what_the_kernel_lacks_is_named_with_what_to_load() {
        let before = [NEW_NETWORK, super::ROUTES];
        let [reject, ct, tproxy, log] = EXPRESSIONS;
        let all = [&before[..], &[TABLE, reject, ct, tproxy, log]].concat();
        let advice = |module: &str, option: &str| {
            format!(
                "run `modprobe {module}` as root; where the module does not exist, use a kernel with {option}"
            )
        };
        let said = advice("nft_tproxy", "CONFIG_NFT_TPROXY");
        assert_eq!(without(tproxy, &all), [("nft-tproxy", said)]);
        let said = advice(
            "-a nft_log nfnetlink_log",
            "CONFIG_NFT_LOG and CONFIG_NETFILTER_NETLINK_LOG",
        );
        assert_eq!(without(log, &all), [("nf-log", said)]);
        let said = advice("nft_ct", "CONFIG_NFT_CT");
        assert_eq!(without(ct, &all), [("nf-tables", said)]);
        let needs = || format!("needs {TABLE}");
        let said = advice("nf_tables", "CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET");
        let expected = [
            ("nf-tables", said),
            ("nft-tproxy", needs()),
            ("nf-log", needs()),
        ];
        assert_eq!(without(TABLE, &before), expected);
        assert_eq!(without("nothing", &all), []);
    }

    #[test]
    fn the_policy_has_a_filtered_network() {
        let bytes = plans::of_text("doctor", POLICY).unwrap_or_default();
        let kinds = Plan::decode(&bytes).map(|plan| {
            let kinds = plan.net_batches.iter().map(|batch| batch.kind);
            kinds.collect::<Vec<_>>()
        });
        assert!(
            kinds.is_ok_and(|kinds| kinds.contains(&NetBatchKind::Rules)),
            "the policy compiles"
        );
    }

    #[test]
    fn purple_net_says_its_version() {
        let mut said = [0; 64];
        for (to, from) in said.iter_mut().zip(b"purple-net\0\0\0\0\0\x001.2.3\0") {
            *to = *from;
        }
        assert_eq!(version(&said).as_deref(), Some("1.2.3"));
        said[0] = b'P';
        assert_eq!(version(&said), None);
    }
}
