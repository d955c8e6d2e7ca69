//! A plan that was damaged, by accident or with a right seal, is refused with the reason.

use crate::refusal::refusal;
use crate::sample::{STEP, encode_again, seal, tables};
use purple_plan::{DecodeError, EncodeError, MAX_PLAN_BYTES, Mount, MountKind, Plan, encode};

#[test]
fn cut_at_every_length() {
    let bytes = tables().encode();
    for length in 0..bytes.len() {
        let expected = if length < 8 {
            DecodeError::Magic
        } else {
            DecodeError::Length
        };
        assert_eq!(refusal(&bytes[..length]), expected, "cut to {length} bytes");
    }
}

#[test]
fn every_byte_flipped() {
    let bytes = tables().encode();
    for at in 0..bytes.len() {
        for pattern in [0x01, 0x10, 0x80, 0x5a, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= pattern;
            let version = u16::from_le_bytes([flipped[8], flipped[9]]);
            let expected = match at {
                0..8 => DecodeError::Magic,
                8..10 => DecodeError::Version(version),
                12..16 => DecodeError::Length,
                _ => DecodeError::Seal,
            };
            assert_eq!(refusal(&flipped), expected, "byte {at} ^ {pattern:#x}");
        }
    }
}

#[test]
fn extended() {
    for filler in [0, 0xff] {
        let mut bytes = tables().encode();
        for extra in 1..=100 {
            bytes.push(filler);
            assert_eq!(
                refusal(&bytes),
                DecodeError::Length,
                "{extra} bytes of {filler:#x}"
            );
        }
    }
    let mut twice = tables().encode();
    twice.extend(tables().encode());
    assert_eq!(refusal(&twice), DecodeError::Length);
}

/// An attacker who can seal can write any plan, but not one that two readers take differently.
#[test]
fn every_byte_flipped_and_sealed_again() {
    let bytes = tables().encode();
    let (mut taken, mut not) = (0, 0);
    for at in 0..bytes.len() - 32 {
        for pattern in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= pattern;
            seal(&mut flipped);
            if let Ok(plan) = Plan::decode(&flipped) {
                assert!(
                    encode_again(&plan) == flipped,
                    "byte {at} ^ {pattern:#x} is read away"
                );
                taken += 1;
            } else {
                not += 1;
            }
        }
    }
    assert!(
        taken > 100 && not > 1000,
        "{taken} taken, {not} refused: this proves too little"
    );
}

/// Every 32-bit word set to a number that overflows when it is added or multiplied.
#[test]
fn huge_numbers_sealed_again() {
    let bytes = tables().encode();
    for at in (0..bytes.len() - 36).step_by(4) {
        for number in [u32::MAX, u32::MAX - 1, 0x8000_0000, 0x7fff_ffff] {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&number.to_le_bytes());
            seal(&mut changed);
            if let Ok(plan) = Plan::decode(&changed) {
                assert!(
                    encode_again(&plan) == changed,
                    "{number:#x} at {at} is read away"
                );
            }
        }
    }
}

#[test]
fn too_large() {
    let content = vec![b'x'; MAX_PLAN_BYTES].leak();
    let file = |content| Mount {
        kind: MountKind::File,
        target: c"/f",
        content,
        ..STEP
    };
    let mut tables = tables();
    tables.mounts.push(file(&*content));
    let mut out = vec![0; MAX_PLAN_BYTES + 4096];
    assert_eq!(
        encode(&tables.contents(), &mut out),
        Err(EncodeError::TooLarge)
    );

    // One with exactly the largest size, and one byte more.
    tables.mounts.pop();
    tables.mounts.push(file(b""));
    let room = MAX_PLAN_BYTES - tables.encode().len();
    tables.mounts.pop();
    tables.mounts.push(file(&content[..room]));
    assert_eq!(encode(&tables.contents(), &mut out), Ok(MAX_PLAN_BYTES));
    assert!(Plan::decode(&out[..MAX_PLAN_BYTES]).is_ok());
    tables.mounts.pop();
    tables.mounts.push(file(&content[..=room]));
    assert_eq!(
        encode(&tables.contents(), &mut out),
        Err(EncodeError::TooLarge)
    );

    let mut claims = vec![0; MAX_PLAN_BYTES + 1];
    claims[..16].copy_from_slice(&out[..16]);
    claims[12..16].copy_from_slice(&0x10_0001_u32.to_le_bytes());
    seal(&mut claims);
    assert_eq!(refusal(&claims), DecodeError::Length);
}

#[test]
fn a_buffer_of_any_size() {
    let bytes = tables().encode();
    for size in 0..bytes.len() {
        let mut out = vec![0; size];
        assert_eq!(
            encode(&tables().contents(), &mut out),
            Err(EncodeError::TooLarge),
            "{size}"
        );
    }
    let mut out = vec![0; bytes.len()];
    assert_eq!(encode(&tables().contents(), &mut out), Ok(bytes.len()));
}
