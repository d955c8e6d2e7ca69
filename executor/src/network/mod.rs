//! The network inside: loopback alone, or a filtered one, or the host's.
//!
//! A filtered one has no way out by itself. Every address in the world is local there, the rules decide what is
//! handed on, and a helper outside opens the connections, with sockets that were made inside. Here the plan's
//! finished messages are sent and read back, and nothing is decided.

mod batch;
#[cfg(test)]
mod bytes;
mod message;
mod netlink;
mod outside;
mod plan_file;
pub(crate) mod purple_net;
mod routes;
mod rules;
mod sockets;
pub(crate) mod unreached;

use crate::message::{OrRefuse, Refused, refuse};
use crate::receipt::ReceiptField;
use crate::run::Run;
use netlink::{ANSWER, NETFILTER, Netlink, STEP};
use purple_net::Helper;
use purple_plan::{NetBatchKind, NetworkMode, namespace_flags};
use purple_sys::{loopback, memory};

/// `NETLINK_ROUTE` (linux/netlink.h).
const ROUTE: u32 = 0;

/// Sets the network up. Only in a namespace of the sandbox's own: the host's is left as it is.
pub(crate) fn set_up(run: &Run, helper: Option<&Helper>) -> Result<(), Refused> {
    let (mode, namespaces) = (run.plan.network.mode, run.plan.process.namespaces);
    if mode == NetworkMode::Host {
        return Ok(());
    }
    if namespaces & namespace_flags::NEWNET == 0 {
        return Err(refuse!(
            STEP,
            "the plan has no network namespace",
            run.plan.network.line
        ));
    }
    match helper {
        Some(helper) if mode == NetworkMode::Filtered => {
            memory::lend(ANSWER, |buffer| filter(run, helper, buffer))
                .or_refuse(STEP, "memory")
                .flatten()
        }
        None if mode == NetworkMode::Loopback => loopback::bring_up().or_refuse(STEP, "loopback"),
        _ => Err(refuse!(STEP, "the plan's network has no helper")),
    }
}

/// Sends the routes and the rules, reads them back, and gives the helper its sockets.
#[inline(never)]
fn filter(run: &Run, helper: &Helper, buffer: &mut [u8]) -> Result<(), Refused> {
    let (routes, rules) = (Netlink::open(ROUTE)?, Netlink::open(NETFILTER)?);
    let mut sent = 0_u64;
    for batch in &run.plan.net_batches {
        match batch.kind {
            NetBatchKind::Routes6 if !helper.has_six => {}
            NetBatchKind::Routes4 | NetBatchKind::Routes6 => {
                batch::send(&routes, &batch, buffer)?;
                let count = routes::read_back(&routes, &batch, buffer)?;
                sent = sent.saturating_add(count);
            }
            NetBatchKind::Rules => {
                batch::send(&rules, &batch, buffer)?;
                let in_force = rules::read_back(&rules, batch.bytes, buffer)?;
                run.shared.write(ReceiptField::Rules, in_force.rules);
                run.shared
                    .write(ReceiptField::Generation, in_force.generation.into());
            }
        }
    }
    run.shared.write(ReceiptField::Routes, sent);
    run.shared
        .write(ReceiptField::HasSix, helper.has_six.into());
    sockets::hand_over(run.plan.net_sockets.iter(), helper.socket())?;
    helper.leave_to_supervisor(rules.fd())
}
