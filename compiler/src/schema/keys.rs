//! Words for keys that are not known, or not there.

use super::expected::Expected;
use super::json_schema::Schema;
use super::report::{Report, step};
use super::words::{and, joined};
use crate::diagnostics::{Diagnostic, MAX_PER_CODE, Meant, meant, quote};
use purple_policy::DEPRECATED_SPELLINGS;
use serde_json::Value;

/// A key that the mapping at `pointer` does not have. The help is the first of these that applies:
/// the key written otherwise, the place that it belongs to, the key it is a slip of, the key of
/// another place that it is a slip of, the keys that there are.
pub(super) fn unknown(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    key: &str,
) -> Diagnostic {
    let place = match expected.name() {
        name if pointer.is_empty() => name,
        name => name.replace("an item of", "an item in"),
    };
    let at = format!("{pointer}/{}", step(key));
    let found = Diagnostic::error(
        "unknown-key",
        report.document.key_span(&at),
        format!("{} is not a key of {place}", quote(key)),
    );
    if !report.sink.has_room("unknown-key") {
        return found;
    }
    let here = meant_key(expected, key);
    let Some(meant) = here.filter(|meant| meant.certain) else {
        let help = foreign(pointer, expected, key, here.is_some());
        if let Some(help) = help.or_else(|| elsewhere(report.schema, key)) {
            return found.with_help(help);
        }
        return match here {
            Some(meant) => renamed(report, pointer, found, meant),
            None => found.with_help(
                near_elsewhere(report.schema, key)
                    .unwrap_or_else(|| format!("the keys here are {}", and(expected.keys()))),
            ),
        };
    };
    renamed(report, pointer, found, meant)
}

/// Keys that other tools have, and what does their work here.
const FOREIGN: [(&[&str], &str); 4] = [
    (
        &[
            "volumes",
            "volume",
            "mounts",
            "mount",
            "binds",
            "bind",
            "bind_mounts",
        ],
        "paths of the host are shown by `filesystem.immutable_paths`, read-only, and `filesystem.output_paths`, writable: `- {host_path: ., sandbox_path: /workspace}`",
    ),
    (
        &[
            "allowed_hosts",
            "allow_hosts",
            "allowed_domains",
            "domains",
            "allowlist",
            "whitelist",
        ],
        "the hosts that can be reached are listed by `network.allow`, as in `allow: [example.org]`, beside `mode: filtered`",
    ),
    (
        &["memory", "mem_limit"],
        "memory is limited by `resources.memory_limit_bytes`, as in `memory_limit_bytes: 512M`",
    ),
    (
        &["cpus", "cpu"],
        "processors are limited by `resources.cpu_limit`, as in `cpu_limit: 1.5`",
    ),
];

/// The parts of a mount as other tools call them.
const PARTS: [&str; 8] = [
    "path",
    "source",
    "src",
    "from",
    "target",
    "dst",
    "destination",
    "to",
];

/// What to write instead of a key that other tools have. `near` says that a key here is spelt much like it.
fn foreign(pointer: &str, expected: &Expected<'_>, key: &str, near: bool) -> Option<String> {
    let is_variable = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_')
    };
    if pointer == "/environment" && is_variable(key) {
        return Some(format!(
            "write `set: {{{key}: ...}}` for a variable with a value, or `pass: [{key}]` for the caller's"
        ));
    }
    if is_part(expected, key) {
        return Some(
            "write `host_path` for where it is on the host, and `sandbox_path` for where it is shown inside".to_owned(),
        );
    }
    let known = FOREIGN.iter().find(|(keys, _)| keys.contains(&key));
    known.filter(|_| !near).map(|(_, help)| (*help).to_owned())
}

/// Whether a key stands for a part of a mount, where these have keys of their own.
fn is_part(expected: &Expected<'_>, key: &str) -> bool {
    expected.has_key("host_path") && PARTS.contains(&key)
}

/// The finding with the key that was meant, and the change that makes it so.
fn renamed(report: &Report<'_>, pointer: &str, found: Diagnostic, meant: Meant<'_>) -> Diagnostic {
    let word = meant.word;
    let there = report
        .json
        .pointer(pointer)
        .is_some_and(|mapping| mapping.get(word).is_some());
    if there {
        return found.with_help(format!("did you mean `{word}`? It is given already"));
    }
    report.suggest(pointer, found, meant)
}

/// The key that was meant, in its preferred spelling.
fn meant_key<'s>(expected: &Expected<'s>, key: &str) -> Option<Meant<'s>> {
    let keys = expected.keys();
    let preferred = meant(key, keys.iter().copied());
    if preferred.is_some_and(|meant| meant.certain) {
        return preferred;
    }
    let deprecated = meant(key, expected.deprecated_keys());
    let preferred_of = |deprecated: Meant<'_>| {
        let spelling = DEPRECATED_SPELLINGS
            .iter()
            .find(|spelling| spelling.deprecated == deprecated.word)?;
        let word = keys
            .iter()
            .copied()
            .find(|key| *key == spelling.preferred)?;
        Some(Meant {
            word,
            certain: deprecated.certain,
        })
    };
    let deprecated = deprecated.and_then(preferred_of);
    deprecated
        .filter(|meant| meant.certain)
        .or(preferred)
        .or(deprecated)
}

/// The places that a key belongs to: "`allow` is a key of `syscalls`: move it there".
fn elsewhere(schema: &Schema, key: &str) -> Option<String> {
    let places: Vec<String> = mappings(schema)
        .iter()
        .filter(|place| place.has_key(key))
        .map(place_name)
        .collect();
    match places.as_slice() {
        [] => None,
        [only] if only == ITSELF => Some(format!(
            "`{key}` is a section of its own: begin the line with it"
        )),
        [only] => Some(format!("`{key}` is a key of {only}: move it there")),
        several => Some(format!(
            "`{key}` is a key of {}: move it where it belongs",
            joined(several)
        )),
    }
}

/// "did you mean `blocked_ips`, a key of `network`?"
fn near_elsewhere(schema: &Schema, key: &str) -> Option<String> {
    mappings(schema).iter().find_map(|place| {
        let meant = meant_key(place, key)?;
        let near = meant.certain || strsim::osa_distance(key, meant.word) <= 2 && key.len() > 4;
        near.then(|| {
            format!(
                "did you mean `{}`, a key of {}?",
                meant.word,
                place_name(place)
            )
        })
    })
}

/// How a help calls the outermost mapping.
const ITSELF: &str = "the policy itself";

fn place_name(place: &Expected<'_>) -> String {
    if place.is_policy() {
        ITSELF.to_owned()
    } else {
        place.name()
    }
}

/// Every mapping of a policy that has keys of its own, outermost first.
fn mappings(schema: &Schema) -> Vec<Expected<'_>> {
    let mut found: Vec<Expected<'_>> = Vec::new();
    let mut level = vec![Expected::at(schema, "")];
    // No part of a policy nests deeper.
    for _ in 0..8 {
        level.retain(|place| !place.keys().is_empty() || !place.below().is_empty());
        let next = level.iter().flat_map(Expected::below).collect();
        found.extend(level.into_iter().filter(|place| !place.keys().is_empty()));
        level = next;
    }
    found
}

/// Whether a mapping has a key under a name so near that the help for that name says it all.
pub(super) fn is_misspelt(found: &Value, expected: &Expected<'_>, key: &str) -> bool {
    found.as_object().is_some_and(|found| {
        // The help for one part of a mount names both.
        found.keys().take(MAX_PER_CODE).any(|name| {
            matches!(key, "host_path" | "sandbox_path") && is_part(expected, name)
                || !expected.has_key(name)
                    && meant_key(expected, name).is_some_and(|meant| meant.word == key)
        })
    })
}

/// A key that a mapping needs and does not have.
pub(super) fn missing(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    key: &str,
) -> Diagnostic {
    let inner = Expected::at(report.schema, &format!("{pointer}/{}", step(key)));
    let whole = report.document.span(pointer);
    let span = report.document.first_key(pointer).unwrap_or(whole);
    Diagnostic::error(
        "missing-key",
        span,
        format!("{} needs the key `{key}`", expected.name()),
    )
    .with_help(format!("add `{key}:` with {}", inner.phrase()))
}
