//! The language of conditions: text to a tree, with an error's place inside the text.
//!
//! What the names stand for differs between architectures, so that the tree is [bound](super::bind)
//! once for each of them.

mod fault;
mod print;

pub(super) use fault::{Fault, FaultKind};

use std::ops::Range;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;

use crate::diagnostics::quote;
use fault::{EXAMPLE, fault, stopped};

/// The longest condition, in bytes.
const LONGEST: usize = 4096;

/// How deeply parentheses may nest.
const DEEPEST: usize = 16;

/// Reads a condition.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    bounded(text)?;
    let mut pairs = Grammar::parse(Rule::condition, text).map_err(|error| {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        stopped(text, at)
    })?;
    let whole = pairs.next().into_iter().flat_map(Pair::into_inner).next();
    whole.map_or_else(|| Err(stopped(text, text.len())), tree)
}

/// A part of a condition.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
}

/// What a part of a condition is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// One of them holds.
    Any(Vec<Node>),
    /// All of them hold.
    All(Vec<Node>),
    /// It does not hold.
    Not(Box<Node>),
    /// A comparison.
    Compare(Box<Node>, Operator, Box<Node>),
    /// Equal to one of these, or to none.
    Member {
        of: Box<Node>,
        negated: bool,
        set: Vec<Node>,
    },
    /// Numbers joined by `|`.
    Join(Vec<Node>),
    /// Numbers masked by `&`.
    Mask(Vec<Node>),
    /// `-`
    Negative(Box<Node>),
    /// `~`
    Complement(Box<Node>),
    /// A number.
    Number(u64),
    /// An argument's or a constant's name.
    Name(String),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Operator {
    /// The operator with its sides changed over.
    pub(super) const fn mirrored(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }
}

use grammar::{Grammar, Rule};

mod grammar {
    //! What `pest` generates.

    #[derive(pest_derive::Parser)]
    #[grammar = "resolve/syscalls/expression.pest"]
    pub(super) struct Grammar;
}

/// Refuses what would keep a recursive reader busy.
fn bounded(text: &str) -> Result<(), Fault> {
    let size = |range, message: String| {
        let help = "split it into several entries for the same call: each is an alternative";
        Err(Fault {
            kind: FaultKind::Size,
            range,
            message,
            help: help.to_owned(),
        })
    };
    if text.len() > LONGEST {
        let message = format!(
            "the condition has {} bytes, and may have {LONGEST}",
            text.len()
        );
        return size(0..text.len(), message);
    }
    let mut depth: usize = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return size(at..at + 1, format!("parentheses may nest {DEEPEST} deep"));
        }
    }
    Ok(())
}

/// The tree of a pair. The depth is bounded.
fn tree(pair: Pair<'_, Rule>) -> Result<Node, Fault> {
    let range = trimmed(&pair);
    match pair.as_rule() {
        Rule::either => list(pair, range, Kind::Any),
        Rule::both => list(pair, range, Kind::All),
        Rule::joined => list(pair, range, Kind::Join),
        Rule::masked => list(pair, range, Kind::Mask),
        Rule::negated => {
            let (bangs, inner): (Vec<_>, Vec<_>) = pair
                .into_inner()
                .partition(|part| part.as_rule() == Rule::bang);
            let node = only(inner, &range)?;
            Ok(if bangs.len() % 2 == 0 {
                node
            } else {
                Node {
                    kind: Kind::Not(Box::new(node)),
                    range,
                }
            })
        }
        Rule::compared => compared(pair, range),
        Rule::term => {
            let (signs, inner): (Vec<_>, Vec<_>) = pair
                .into_inner()
                .partition(|part| part.as_rule() == Rule::sign);
            let node = only(inner, &range)?;
            match signs.as_slice() {
                [] => Ok(node),
                [sign] if sign.as_str() == "-" => Ok(Node {
                    kind: Kind::Negative(Box::new(node)),
                    range,
                }),
                [_] => Ok(Node {
                    kind: Kind::Complement(Box::new(node)),
                    range,
                }),
                [first, ..] => Err(fault(
                    first.as_span().start()..range.end,
                    "a value may have only one sign",
                    "write `-100`, or `~O_CLOEXEC` for all other bits",
                )),
            }
        }
        Rule::group => {
            // The parentheses belong to what is underlined.
            let inner = parts(pair).collect();
            only(inner, &range).map(|node| Node { range, ..node })
        }
        Rule::number => number(pair.as_str(), range),
        _ => Ok(Node {
            kind: Kind::Name(pair.as_str().to_owned()),
            range,
        }),
    }
}

fn list(
    pair: Pair<'_, Rule>,
    range: Range<usize>,
    kind: fn(Vec<Node>) -> Kind,
) -> Result<Node, Fault> {
    let mut parts = parts(pair).map(tree).collect::<Result<Vec<_>, _>>()?;
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            parts.push(last);
            Ok(Node {
                kind: kind(parts),
                range,
            })
        }
        (None, _) => Err(fault(range, "something is missing here", EXAMPLE)),
    }
}

/// The parts of a pair, without the signs between them.
fn parts(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|part| {
        !matches!(
            part.as_rule(),
            Rule::or
                | Rule::and
                | Rule::pipe
                | Rule::ampersand
                | Rule::close
                | Rule::brace
                | Rule::comma
        )
    })
}

fn only(parts: Vec<Pair<'_, Rule>>, range: &Range<usize>) -> Result<Node, Fault> {
    let part = parts.into_iter().next();
    part.map_or_else(
        || Err(fault(range.clone(), "something is missing here", EXAMPLE)),
        tree,
    )
}

fn compared(pair: Pair<'_, Rule>, range: Range<usize>) -> Result<Node, Fault> {
    let mut parts_of = pair.into_inner();
    let missing = || fault(range.clone(), "something is missing here", EXAMPLE);
    let left = parts_of.next().ok_or_else(missing)?;
    let Some(sign) = parts_of.next() else {
        return tree(left);
    };
    let right = parts_of.next().ok_or_else(missing)?;
    if let Some(more) = parts_of.next() {
        return Err(fault(
            trimmed(&more),
            "a comparison has two sides",
            "write two comparisons and `&&` between them",
        ));
    }
    let left = Box::new(tree(left)?);
    let kind = if sign.as_rule() == Rule::membership {
        let set_range = trimmed(&right);
        let set = parts(right).map(tree).collect::<Result<Vec<_>, _>>()?;
        if set.is_empty() {
            return Err(fault(
                set_range,
                "the set is empty",
                "name its values: `domain in {AF_UNIX, AF_INET}`",
            ));
        }
        Kind::Member {
            of: left,
            negated: sign.into_inner().next().as_ref().is_some_and(negation),
            set,
        }
    } else {
        let operator = match sign.as_str() {
            "==" => Operator::Eq,
            "!=" => Operator::Ne,
            "<" => Operator::Lt,
            "<=" => Operator::Le,
            ">" => Operator::Gt,
            ">=" => Operator::Ge,
            _ => return Err(fault(trimmed(&sign), "`=` does not compare", "write `==`")),
        };
        Kind::Compare(left, operator, Box::new(tree(right)?))
    };
    Ok(Node { kind, range })
}

fn negation(pair: &Pair<'_, Rule>) -> bool {
    pair.as_rule() == Rule::negation
}

/// A number as C programmers write it, less what they disagree about.
fn number(text: &str, range: Range<usize>) -> Result<Node, Fault> {
    let (digits, radix) = [("0x", 16), ("0X", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| text.strip_prefix(prefix).map(|digits| (digits, radix)))
        .unwrap_or((text, 10));
    if radix == 10
        && text.len() > 1
        && text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
    {
        let digits = text.trim_start_matches('0');
        let octal = if digits.is_empty() {
            "0".to_owned()
        } else {
            format!("0o{digits}")
        };
        let help = format!("write `{octal}` for octal, or leave the zeros out");
        return Err(fault(
            range,
            format!("{} begins with a zero", quote(text)),
            help,
        ));
    }
    let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    match u64::from_str_radix(digits, radix) {
        Ok(value) if all => Ok(Node {
            kind: Kind::Number(value),
            range,
        }),
        Err(_) if all => Err(fault(
            range,
            format!("{} does not fit in 64 bits", quote(text)),
            "no argument is wider than that",
        )),
        _ => Err(fault(
            range,
            format!("{} is not a number", quote(text)),
            "write `100`, `0x1f`, `0o644` or `0b101`",
        )),
    }
}

/// The bytes of a pair, without the blanks that a repetition takes with it.
fn trimmed(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    let text = span.as_str();
    let end = span.start() + text.trim_end().len();
    span.start()..end
}

#[cfg(test)]
mod tests;
