//! How much each thing counts.

/// Points by name, in tenths of a layer's score: the table of `docs/exposure-score.md`.
pub const POINTS: &[(&str, u32)] = &[
    ("share/root", 60),
    ("share/control socket", 50),
    ("share/home, credentials, kernel tree", 40),
    ("share/system", 1),
    ("share/other", 2),
    ("share/writable, besides", 8),
    ("share/writable project, besides", 25),
    ("share/writable and sensitive, besides", 40),
    ("device/memory, disks, input, interfaces", 60),
    ("device/other", 8),
    ("calls/share of the table that is open", 40),
    ("calls/each of the baseline", 3),
    ("calls/each of io_uring", 15),
    ("calls/each other interface", 10),
    ("calls/the set-group-id bit", 5),
    ("calls/denials let through", 100),
    ("capability/CAP_SYS_ADMIN", 60),
    ("capability/CAP_NET_ADMIN, CAP_SYS_PTRACE", 30),
    ("capability/without effect", 3),
    ("capability/other", 8),
    ("network/not isolated", 40),
    ("network/listed destinations only", 10),
    ("network/the host's own", 100),
    ("network/private addresses", 10),
    ("network/each service of the host", 5),
    ("network/each outgoing port", 3),
    ("network/each incoming port", 5),
    ("resources/no memory limit", 30),
    ("resources/memory of 8 GiB or more", 10),
    ("resources/no process limit", 25),
    ("resources/1000 processes or more", 8),
    ("resources/no timeout", 25),
    ("resources/a day or more", 8),
    ("resources/no input and output limit", 10),
    ("resources/no processor weight", 10),
    ("environment/each variable passed", 3),
    ("environment/one that loads code, besides", 30),
    ("environment/a secret in the plan", 20),
    ("observation/no audit record", 60),
    ("observation/no tracing", 40),
];

/// The points of a name; the test that compares the tables keeps every name known.
pub(super) fn points(name: &str) -> u32 {
    POINTS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(0, |found| found.1)
}
