//! Why damaged bytes, or contents with something wrong, are refused.

use crate::sample::{Tables, seal, tables};
use purple_plan::{DecodeError, EncodeError, MAX_PLAN_BYTES, Mount, Plan, encode};

pub(crate) fn refusal(bytes: &[u8]) -> DecodeError {
    Plan::decode(bytes).expect_err("the bytes are no plan")
}

/// Why contents are refused after `change`.
pub(crate) fn refused(change: impl FnOnce(&mut Tables<'static>)) -> DecodeError {
    let mut changed = tables();
    change(&mut changed);
    let mut out = vec![0; MAX_PLAN_BYTES];
    match encode(&changed.contents(), &mut out) {
        Err(EncodeError::Refused(why)) => why,
        other => unreachable!("{other:?} instead of a refusal of {changed:?}"),
    }
}

pub(crate) fn refused_mount(mount: Mount<'static>) -> DecodeError {
    refused(|tables| tables.mounts.push(mount))
}

/// Why the sealed bytes are refused when `new` stands at `at`.
pub(crate) fn refused_bytes(at: usize, new: &[u8]) -> DecodeError {
    let mut bytes = tables().encode();
    bytes[at..at + new.len()].copy_from_slice(new);
    seal(&mut bytes);
    refusal(&bytes)
}

/// Where the section of this kind starts in the sample, which has all sections.
pub(crate) fn section_start(kind: usize) -> usize {
    let bytes = tables().encode();
    let offset = bytes[16 * kind + 4..]
        .first_chunk()
        .expect("a section entry");
    usize::try_from(u32::from_le_bytes(*offset)).expect("a small offset")
}
