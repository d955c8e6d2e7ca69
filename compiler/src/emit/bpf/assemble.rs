//! An assembler that works from the end to the start, so that every target is known when a jump
//! to it is made: equal pieces are made once, and a jump that would be too long is mended at once.

use std::collections::BTreeMap;

use super::instruction::{Instruction, JUMP, Program, RETURN};

/// A program under construction.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    /// The last instruction of the program first.
    reversed: Vec<Instruction>,
    /// Where a piece was made last.
    made: BTreeMap<Piece, Label>,
}

/// An instruction that exists already, counted from the end of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Return(u32),
    Branch(u16, u32, Label, Label),
    Step(u16, u32, Label),
}

impl Assembler {
    /// An instruction that ends the program with a verdict. Returns are cheap: one that is too far
    /// away for a jump is made again.
    pub(super) fn ret(&mut self, value: u32) -> Label {
        self.reuse(Piece::Return(value)).unwrap_or_else(|| {
            let label = self.push(Instruction { code: RETURN, jt: 0, jf: 0, k: value });
            self.remember(Piece::Return(value), label)
        })
    }

    /// A conditional jump.
    pub(super) fn branch(&mut self, code: u16, k: u32, then: Label, otherwise: Label) -> Label {
        if then == otherwise {
            return then;
        }
        let piece = Piece::Branch(code, k, then, otherwise);
        self.reuse(piece).unwrap_or_else(|| {
            // Making a nearer copy of one target moves the other one instruction away: leave room.
            let then_near = self.near(then, 2);
            let otherwise_near = self.near(otherwise, 1);
            let jt = self.skip(then_near);
            let jf = self.skip(otherwise_near);
            let label = self.push(Instruction { code, jt, jf, k });
            self.remember(piece, label)
        })
    }

    /// An instruction that goes on with `next`.
    pub(super) fn step(&mut self, code: u16, k: u32, next: Label) -> Label {
        let piece = Piece::Step(code, k, next);
        self.reuse(piece).unwrap_or_else(|| {
            if next != self.top() {
                let distance = self.distance(next);
                self.push(Instruction {
                    code: JUMP,
                    jt: 0,
                    jf: 0,
                    k: u32::try_from(distance).unwrap_or(u32::MAX),
                });
            }
            let label = self.push(Instruction { code, jt: 0, jf: 0, k });
            self.remember(piece, label)
        })
    }

    /// The program that starts with the instruction made last.
    pub(super) fn finish(mut self) -> Program {
        self.reversed.reverse();
        Program { instructions: self.reversed }
    }

    fn push(&mut self, instruction: Instruction) -> Label {
        self.reversed.push(instruction);
        self.top()
    }

    fn top(&self) -> Label {
        Label(self.reversed.len().saturating_sub(1))
    }

    fn remember(&mut self, piece: Piece, label: Label) -> Label {
        self.made.insert(piece, label);
        label
    }

    /// The same piece made before, if a jump from here still gets there.
    fn reuse(&self, piece: Piece) -> Option<Label> {
        const ROOM: usize = 8;
        let label = *self.made.get(&piece)?;
        let limit = usize::from(u8::MAX) - ROOM;
        (self.distance(label) <= limit).then_some(label)
    }

    /// How many instructions one made next would skip to get there.
    fn distance(&self, label: Label) -> usize {
        self.reversed.len().saturating_sub(label.0 + 1)
    }

    /// The label itself, or where it is too far for `spare` more instructions in between, a copy
    /// of it (a return) or a jump to it.
    fn near(&mut self, label: Label, spare: usize) -> Label {
        if u8::try_from(self.distance(label) + spare).is_ok() {
            return label;
        }
        let there = self.reversed.get(label.0).copied();
        if let Some(instruction) = there.filter(|instruction| instruction.code == RETURN) {
            let label = self.push(instruction);
            return self.remember(Piece::Return(instruction.k), label);
        }
        let k = u32::try_from(self.distance(label)).unwrap_or(u32::MAX);
        self.push(Instruction { code: JUMP, jt: 0, jf: 0, k })
    }

    fn skip(&self, label: Label) -> u8 {
        u8::try_from(self.distance(label)).unwrap_or(u8::MAX)
    }
}
