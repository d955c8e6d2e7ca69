//! Capabilities: down to the plan's sets, and read back.

use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use purple_plan::Capabilities;
use rustix::io::Errno;
use rustix::thread::{self, CapabilitiesSecureBits, CapabilitySet, CapabilitySets};

const STEP: &str = "capabilities";

/// Capability numbers stop below this: the kernel keeps them in 64 bits (capabilities(7)).
const NUMBERS: u32 = 64;

/// Brings this process down to the plan's sets and reads them back. What is returned was in force.
///
/// The bounding set comes first, because dropping from it takes `CAP_SETPCAP`; then the secure bits,
/// which take it too; then the sets, which may give it up; and the ambient set last, because it can
/// only hold what is permitted and inheritable (capabilities(7)).
pub(crate) fn apply(wanted: &Capabilities) -> Result<Capabilities, Refused> {
    thread::clear_ambient_capability_set().or_refuse(STEP, "clearing the ambient set")?;
    drop_bounding(wanted.bounding).or_refuse(STEP, "dropping from the bounding set")?;
    // Uid 0 means nothing to capabilities from here on, and no ids change brings any back.
    thread::set_capabilities_secure_bits(secure_bits()).or_refuse(STEP, "setting secure bits")?;
    let sets = CapabilitySets {
        effective: CapabilitySet::from_bits_retain(wanted.effective),
        permitted: CapabilitySet::from_bits_retain(wanted.permitted),
        inheritable: CapabilitySet::from_bits_retain(wanted.inheritable),
    };
    thread::set_capabilities(None, sets).or_refuse(STEP, "setting the sets")?;
    for capability in members(wanted.ambient) {
        thread::configure_capability_in_ambient_set(capability, true)
            .or_refuse(STEP, "raising in the ambient set")?;
    }
    let found = read().or_refuse(STEP, "reading the sets back")?;
    let bits = thread::capabilities_secure_bits().or_refuse(STEP, "reading secure bits back")?;
    if found == *wanted && bits == secure_bits() {
        Ok(found)
    } else {
        Err(refuse!(STEP, "the sets in force are not the plan's"))
    }
}

/// Gives up every capability of this process but those of the bounding set.
pub(crate) fn drop_all() -> Result<(), Refused> {
    const DROPPING: &str = "capset, dropping init's";
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    thread::set_capabilities(None, none).or_refuse(STEP, DROPPING)?;
    if thread::capabilities(None).or_refuse(STEP, DROPPING)? == none {
        return Ok(());
    }
    Err(refuse!(STEP, DROPPING, EMULATED))
}

/// Every secure bit and its lock, but the one that forbids the ambient set, which the plan uses.
fn secure_bits() -> CapabilitiesSecureBits {
    CapabilitiesSecureBits::NO_ROOT
        | CapabilitiesSecureBits::NO_ROOT_LOCKED
        | CapabilitiesSecureBits::NO_SETUID_FIXUP
        | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
        | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
}

fn drop_bounding(keep: u64) -> Result<(), Errno> {
    for capability in members(!keep) {
        match thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The first number that this kernel does not know: none above it exists.
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// The sets in force.
fn read() -> Result<Capabilities, Errno> {
    let sets = thread::capabilities(None)?;
    let mut bounding = 0;
    let mut ambient = 0;
    for capability in members(u64::MAX) {
        match thread::capability_is_in_bounding_set(capability) {
            Ok(true) => bounding |= capability.bits(),
            Ok(false) => {}
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno),
        }
        // An ambient capability is permitted and inheritable; others need no question.
        if sets.inheritable.contains(capability)
            && thread::capability_is_in_ambient_set(capability)?
        {
            ambient |= capability.bits();
        }
    }
    Ok(Capabilities {
        bounding,
        inheritable: sets.inheritable.bits(),
        permitted: sets.permitted.bits(),
        effective: sets.effective.bits(),
        ambient,
    })
}

/// The members of a set, one at a time, lowest first.
fn members(set: u64) -> impl Iterator<Item = CapabilitySet> {
    (0..NUMBERS)
        .map(|number| 1_u64.wrapping_shl(number))
        .filter(move |bit| set & bit != 0)
        .map(CapabilitySet::from_bits_retain)
}
