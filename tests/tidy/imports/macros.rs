//! The names that calls of macros define, read from the words of the call and of the macro.
//!
//! A call defines what it spells out as an item (`record! { pub struct Meta { ... } }`), or what it
//! gives a body (`object! { Denial { ... } }`), and what the macro's own text defines in each case
//! (`define_plan!` makes a `Plan`).

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Item, Macro};

/// What stands before the name of an item.
const ITEMS: [&str; 8] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union",
];

/// Macros that call macros that are followed.
const MOST_STEPS: usize = 8;

/// The macros of a crate: for each the bodies of its rules.
pub(super) struct Macros {
    bodies: BTreeMap<String, Vec<TokenStream>>,
}

impl Macros {
    /// The macros among some items.
    pub(super) fn read<'i>(items: impl Iterator<Item = &'i Item>) -> Self {
        let mut bodies: BTreeMap<String, Vec<TokenStream>> = BTreeMap::new();
        for item in items {
            let Item::Macro(item) = item else { continue };
            if let Some(name) = &item.ident {
                let of = bodies.entry(name.to_string()).or_default();
                of.extend(rules(item.mac.tokens.clone()));
            }
        }
        Self { bodies }
    }

    /// The names that a call defines where it stands.
    pub(super) fn defined_by(&self, call: &Macro) -> Vec<String> {
        let words: Vec<TokenTree> = call.tokens.clone().into_iter().collect();
        let mut found = items(&words);
        if found.is_empty() {
            found = with_bodies(&words);
        }
        if let Some(name) = call.path.segments.last() {
            self.of_macro(&name.ident.to_string(), MOST_STEPS, &mut found);
        }
        found
    }

    /// The names that stand in a macro's own text, and in those of the macros that it calls.
    fn of_macro(&self, name: &str, steps: usize, found: &mut Vec<String>) {
        let Some(steps) = steps.checked_sub(1) else {
            return;
        };
        for body in self.bodies.get(name).into_iter().flatten() {
            let words: Vec<TokenTree> = body.clone().into_iter().collect();
            found.extend(items(&words));
            for called in calls(&words) {
                self.of_macro(&called, steps, found);
            }
        }
    }
}

/// The bodies of a macro's rules: the groups behind `=>`.
fn rules(tokens: TokenStream) -> Vec<TokenStream> {
    let words: Vec<TokenTree> = tokens.into_iter().collect();
    let body = |three: &[TokenTree]| match three {
        [
            TokenTree::Punct(one),
            TokenTree::Punct(two),
            TokenTree::Group(body),
        ] if one.as_char() == '=' && two.as_char() == '>' => Some(body.stream()),
        _ => None,
    };
    words.windows(3).filter_map(body).collect()
}

/// The names behind the words that begin an item.
fn items(words: &[TokenTree]) -> Vec<String> {
    let name = |two: &[TokenTree]| match two {
        [TokenTree::Ident(kind), TokenTree::Ident(name)] => {
            let kind = kind.to_string();
            (ITEMS.contains(&kind.as_str()) && name != "fn").then(|| name.to_string())
        }
        _ => None,
    };
    words.windows(2).filter_map(name).collect()
}

/// The names that stand before a body in braces.
fn with_bodies(words: &[TokenTree]) -> Vec<String> {
    let name = |two: &[TokenTree]| match two {
        [TokenTree::Ident(name), TokenTree::Group(body)]
            if body.delimiter() == Delimiter::Brace =>
        {
            Some(name.to_string())
        }
        _ => None,
    };
    words.windows(2).filter_map(name).collect()
}

/// The names of the macros that are called.
fn calls(words: &[TokenTree]) -> Vec<String> {
    let name = |three: &[TokenTree]| match three {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(mark),
            TokenTree::Group(_),
        ] if mark.as_char() == '!' => Some(name.to_string()),
        _ => None,
    };
    words.windows(3).filter_map(name).collect()
}
