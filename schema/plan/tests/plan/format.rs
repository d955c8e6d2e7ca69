//! FORMAT.md says what the code does: its tables are compared with the code.

use purple_plan::{
    AuditFailure, Basis, Comparison, EnvKind, HEADER_BYTES, Layer, MAGIC, MAX_HOST_FACTS,
    MAX_INSTRUCTIONS, MAX_MOUNTS, MAX_NET_RESOLVERS, MAX_NET_RULES, MAX_NET_SOCKETS,
    MAX_PLAN_BYTES, MAX_SOURCES, MAX_VARIABLES, Method, MountKind, NetAction, NetBatchKind,
    NetworkMode, SEAL_BYTES, SECTION_ENTRY_BYTES, Section, Strength, VERSION, audit_flags,
    interface_flags, landlock_fs, landlock_net, landlock_scope, mount_attrs, mount_flags,
    namespace_flags, net_rule_flags, net_socket_flags, network_flags, path_flags, process_flags,
};
const FORMAT: &str = include_str!("../../FORMAT.md");

/// The rows of the tables under a heading, without the tables' own head rows.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let mut lines = FORMAT
        .lines()
        .skip_while(|line| line.trim_start_matches('#') != heading);
    assert!(
        lines.next().is_some(),
        "FORMAT.md has no heading `{heading}`"
    );
    lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(str::trim)
                .collect::<Vec<_>>()
        })
        .filter(|row| !matches!(row[0], "offset" | "kind" | "number" | "bit" | "part"))
        .collect()
}

fn number(text: &str) -> u64 {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.unwrap_or_else(|_| panic!("FORMAT.md has `{text}` where a number belongs"))
}

/// Every record stands in the document as it stands in the bytes.
#[test]
fn records() {
    for section in Section::ALL {
        let heading = format!(" {}", section.record_name());
        let rows = rows(&heading);
        let found = rows
            .iter()
            .map(|row| (row[2], number(row[0]), number(row[1])))
            .collect::<Vec<_>>();
        let expected = section
            .record_layout()
            .iter()
            .map(|&(name, offset, width)| (name, offset as u64, width as u64))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "FORMAT.md, section{heading}");
        for row in rows {
            assert_eq!(
                width(row[3]),
                Some(number(row[1])),
                "FORMAT.md, section{heading}, {}",
                row[2]
            );
        }
    }
}

/// How wide a field of a type is.
fn width(kind: &str) -> Option<u64> {
    Some(match kind {
        "u16" => 2,
        "u32" | "source line" | "NetworkMode" | "MountKind" | "EnvKind" | "Layer"
        | "AuditFailure" | "Method" | "Basis" | "Strength" | "Comparison" | "NetBatchKind"
        | "NetAction" => 4,
        "u64" | "text" | "blob" => 8,
        "16 bytes" => 16,
        "32 bytes" => 32,
        "6 x u64" => 48,
        _ => return None,
    })
}

#[test]
fn file_header_and_sections() {
    let header = rows(" Header");
    let magic = MAGIC
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        header[0][3].starts_with(&format!("`{magic}`")),
        "the magic in FORMAT.md"
    );
    assert_eq!(header[1][3], VERSION.to_string());
    let last = &header[3];
    assert_eq!(number(last[0]) + number(last[1]), HEADER_BYTES as u64);

    let (entry, sections): (Vec<_>, Vec<_>) = rows(" Section table")
        .into_iter()
        .partition(|row| row.len() == 4);
    let names = entry.iter().map(|row| row[2]).collect::<Vec<_>>();
    assert_eq!(names, ["kind", "offset", "length", "count"]);
    assert_eq!(
        number(entry[3][0]) + number(entry[3][1]),
        SECTION_ENTRY_BYTES as u64
    );
    assert_eq!(sections.len(), Section::ALL.len());
    for (row, section) in sections.iter().zip(Section::ALL) {
        let records = match section.most_records() {
            Some(most) if section.required() => format!("exactly {most}"),
            Some(most) => format!("at most {most}"),
            None => "any number".to_owned(),
        };
        let expected = [
            section.kind().to_string(),
            format!("{section:?}"),
            section.record_name().to_owned(),
            section.record_bytes().to_string(),
            records,
        ];
        assert_eq!(row[..], expected, "{section:?}");
    }

    let limits = [
        (Section::Mounts, MAX_MOUNTS),
        (Section::Environment, MAX_VARIABLES),
        (Section::Sources, MAX_SOURCES),
        (Section::NetSockets, MAX_NET_SOCKETS),
        (Section::NetRules, MAX_NET_RULES),
        (Section::NetResolvers, MAX_NET_RESOLVERS),
        (Section::HostFacts, MAX_HOST_FACTS),
    ];
    for (section, most) in limits {
        assert_eq!(section.most_records(), Some(most), "{section:?}");
    }

    let parts = rows(" The file")
        .iter()
        .map(|row| row[1])
        .collect::<Vec<_>>();
    assert_eq!(number(parts[0]), HEADER_BYTES as u64);
    assert!(parts[1].starts_with(&format!("{SECTION_ENTRY_BYTES} for each section")));
    assert_eq!(number(parts[4]), SEAL_BYTES as u64);
    for limit in [
        format!("at most {MAX_PLAN_BYTES}"),
        format!("1 to {MAX_INSTRUCTIONS} instructions"),
        format!("The version is {VERSION} (`Version`)"),
        format!("# The plan, format version {VERSION}\n"),
        format!("starting at byte {HEADER_BYTES}"),
    ] {
        assert!(FORMAT.contains(&limit), "FORMAT.md does not say `{limit}`");
    }
}

#[test]
fn enumerations() {
    fn check<E: std::fmt::Debug + Copy>(heading: &str, all: &[E], number_of: fn(E) -> u32) {
        let found = rows(heading)
            .iter()
            .map(|row| (number(row[0]), row[1].to_owned()))
            .collect::<Vec<_>>();
        let expected = all
            .iter()
            .map(|&each| (u64::from(number_of(each)), format!("{each:?}")))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "FORMAT.md, section {heading}");
    }
    check(" NetworkMode", NetworkMode::ALL, NetworkMode::number);
    check(" NetBatchKind", NetBatchKind::ALL, NetBatchKind::number);
    check(" NetAction", NetAction::ALL, NetAction::number);
    check(" MountKind", MountKind::ALL, MountKind::number);
    check(" EnvKind", EnvKind::ALL, EnvKind::number);
    check(" Layer", Layer::ALL, Layer::number);
    check(" AuditFailure", AuditFailure::ALL, AuditFailure::number);
    check(" Method", Method::ALL, Method::number);
    check(" Basis", Basis::ALL, Basis::number);
    check(" Strength", Strength::ALL, Strength::number);
    check(" Comparison", Comparison::ALL, Comparison::number);
    for (row, layer) in rows(" Layer").iter().zip(Layer::ALL) {
        assert!(
            row[2].contains(&format!("`{}`", layer.name())),
            "{layer:?} by its name"
        );
    }
}

#[test]
fn flags() {
    let bits = |heading: &str| {
        let bits = rows(heading)
            .iter()
            .map(|row| number(row[0]))
            .collect::<Vec<_>>();
        let all = bits.iter().fold(0, |all, bit| all | bit);
        assert_eq!(
            all,
            bits.iter().sum::<u64>(),
            "FORMAT.md, {heading}: a bit stands twice"
        );
        all
    };
    assert_eq!(bits(" process_flags"), u64::from(process_flags::ALL));
    assert_eq!(bits(" network_flags"), u64::from(network_flags::ALL));
    assert_eq!(bits(" net_socket_flags"), u64::from(net_socket_flags::ALL));
    assert_eq!(bits(" net_rule_flags"), u64::from(net_rule_flags::ALL));
    assert_eq!(bits(" mount_flags"), u64::from(mount_flags::ALL));
    assert_eq!(bits(" audit_flags"), u64::from(audit_flags::ALL));
    assert_eq!(bits(" path_flags"), u64::from(path_flags::ALL));
    assert_eq!(bits(" landlock_fs"), landlock_fs::ALL);
    assert_eq!(bits(" landlock_net"), landlock_net::ALL);
    assert_eq!(bits(" landlock_scope"), landlock_scope::ALL);
    assert_eq!(bits(" interface_flags"), u64::from(interface_flags::ALL));
    assert_eq!(bits(" namespace_flags"), namespace_flags::ALL);
    assert_eq!(bits(" mount_attrs"), mount_attrs::ALL);
    for (name, bit) in [
        ("RECURSIVE", mount_flags::RECURSIVE),
        ("OPTIONAL", mount_flags::OPTIONAL),
        ("EXISTING", mount_flags::EXISTING),
        ("OWNED", mount_flags::OWNED),
        ("NEW_SESSION", process_flags::NEW_SESSION),
        ("NARROWED", network_flags::NARROWED),
        ("DEFAULT_DENY", interface_flags::DEFAULT_DENY),
        ("X32", interface_flags::X32),
    ] {
        let row = format!("| {bit:#x} | {name} |");
        assert!(FORMAT.contains(&row), "FORMAT.md has no row `{row}`");
    }
    for (heading, name, bit) in [
        (" audit_flags", "RESOURCE", u64::from(audit_flags::RESOURCE)),
        (
            " audit_flags",
            "FILESYSTEM",
            u64::from(audit_flags::FILESYSTEM),
        ),
        (" audit_flags", "SYSCALL", u64::from(audit_flags::SYSCALL)),
        (" audit_flags", "NETWORK", u64::from(audit_flags::NETWORK)),
        (" namespace_flags", "CLONE_NEWNS", namespace_flags::NEWNS),
        (
            " namespace_flags",
            "CLONE_NEWCGROUP",
            namespace_flags::NEWCGROUP,
        ),
        (" namespace_flags", "CLONE_NEWUTS", namespace_flags::NEWUTS),
        (" namespace_flags", "CLONE_NEWIPC", namespace_flags::NEWIPC),
        (
            " namespace_flags",
            "CLONE_NEWUSER",
            namespace_flags::NEWUSER,
        ),
        (" namespace_flags", "CLONE_NEWPID", namespace_flags::NEWPID),
        (" namespace_flags", "CLONE_NEWNET", namespace_flags::NEWNET),
        (" mount_attrs", "MOUNT_ATTR_RDONLY", mount_attrs::RDONLY),
        (" mount_attrs", "MOUNT_ATTR_NOSUID", mount_attrs::NOSUID),
        (" mount_attrs", "MOUNT_ATTR_NODEV", mount_attrs::NODEV),
        (" mount_attrs", "MOUNT_ATTR_NOEXEC", mount_attrs::NOEXEC),
        (" mount_attrs", "MOUNT_ATTR__ATIME", mount_attrs::ATIME),
        (
            " mount_attrs",
            "MOUNT_ATTR_NODIRATIME",
            mount_attrs::NODIRATIME,
        ),
        (
            " mount_attrs",
            "MOUNT_ATTR_NOSYMFOLLOW",
            mount_attrs::NOSYMFOLLOW,
        ),
        (
            " net_socket_flags",
            "TRANSPARENT",
            u64::from(net_socket_flags::TRANSPARENT),
        ),
        (
            " net_socket_flags",
            "ORIGINAL_DESTINATION",
            u64::from(net_socket_flags::ORIGINAL_DESTINATION),
        ),
        (
            " net_socket_flags",
            "MARK",
            u64::from(net_socket_flags::MARK),
        ),
        (
            " net_socket_flags",
            "LISTEN",
            u64::from(net_socket_flags::LISTEN),
        ),
        (" net_socket_flags", "LOG", u64::from(net_socket_flags::LOG)),
        (
            " net_rule_flags",
            "WILDCARD",
            u64::from(net_rule_flags::WILDCARD),
        ),
        (
            " net_rule_flags",
            "PUBLIC_ONLY",
            u64::from(net_rule_flags::PUBLIC_ONLY),
        ),
        (
            " net_rule_flags",
            "SERVER_NAME",
            u64::from(net_rule_flags::SERVER_NAME),
        ),
        (" path_flags", "OPTIONAL", u64::from(path_flags::OPTIONAL)),
        (" landlock_fs", "EXECUTE", landlock_fs::EXECUTE),
        (" landlock_fs", "WRITE_FILE", landlock_fs::WRITE_FILE),
        (" landlock_fs", "READ_FILE", landlock_fs::READ_FILE),
        (" landlock_fs", "READ_DIR", landlock_fs::READ_DIR),
        (" landlock_fs", "MAKE_CHAR", landlock_fs::MAKE_CHAR),
        (" landlock_fs", "MAKE_BLOCK", landlock_fs::MAKE_BLOCK),
        (" landlock_fs", "REFER", landlock_fs::REFER),
        (" landlock_fs", "TRUNCATE", landlock_fs::TRUNCATE),
        (" landlock_fs", "IOCTL_DEV", landlock_fs::IOCTL_DEV),
        (" landlock_fs", "RESOLVE_UNIX", landlock_fs::RESOLVE_UNIX),
        (" landlock_net", "BIND_TCP", landlock_net::BIND_TCP),
        (" landlock_net", "CONNECT_TCP", landlock_net::CONNECT_TCP),
        (
            " landlock_scope",
            "ABSTRACT_UNIX_SOCKET",
            landlock_scope::ABSTRACT_UNIX_SOCKET,
        ),
        (" landlock_scope", "SIGNAL", landlock_scope::SIGNAL),
    ] {
        let named = rows(heading)
            .iter()
            .any(|row| row[1] == name && number(row[0]) == bit);
        assert!(named, "FORMAT.md, {heading}: {name} is not {bit:#x}");
    }
}
