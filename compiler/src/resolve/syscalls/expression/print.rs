//! A condition as text, with the parentheses that it needs and no others.

use std::fmt;

use super::{Kind, Node, Operator};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Any(parts) => joined(f, parts, " || ", self.level()),
            Kind::All(parts) => joined(f, parts, " && ", self.level()),
            Kind::Not(inner) => {
                // What it negates is put in parentheses always: `!` binds less than people expect.
                write!(f, "!({inner})")
            }
            Kind::Compare(left, operator, right) => {
                within(f, left, self.level())?;
                write!(f, " {operator} ")?;
                within(f, right, self.level())
            }
            Kind::Member { of, negated, set } => {
                within(f, of, self.level())?;
                f.write_str(if *negated { " not in {" } else { " in {" })?;
                for (at, value) in set.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    within(f, value, self.level())?;
                }
                f.write_str("}")
            }
            Kind::Join(parts) => joined(f, parts, "|", self.level()),
            Kind::Mask(parts) => joined(f, parts, " & ", self.level()),
            Kind::Negative(inner) => {
                f.write_str("-")?;
                within(f, inner, self.level())
            }
            Kind::Complement(inner) => {
                f.write_str("~")?;
                within(f, inner, self.level())
            }
            Kind::Number(value) if *value < 10 => write!(f, "{value}"),
            Kind::Number(value) => write!(f, "{value:#x}"),
            Kind::Name(name) => f.write_str(name),
        }
    }
}

impl Node {
    /// How tightly it binds.
    const fn level(&self) -> u8 {
        match self.kind {
            Kind::Any(_) => 0,
            Kind::All(_) => 1,
            Kind::Not(_) => 2,
            Kind::Compare(..) | Kind::Member { .. } => 3,
            Kind::Join(_) => 4,
            Kind::Mask(_) => 5,
            Kind::Negative(_) | Kind::Complement(_) => 6,
            Kind::Number(_) | Kind::Name(_) => 7,
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Node], sign: &str, level: u8) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { sign })?;
        within(f, part, level)?;
    }
    Ok(())
}

/// A part of something that binds as tightly as `level`.
fn within(f: &mut fmt::Formatter<'_>, part: &Node, level: u8) -> fmt::Result {
    if part.level() > level {
        write!(f, "{part}")
    } else {
        write!(f, "({part})")
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        })
    }
}
