#!/usr/bin/env python3
"""Reads a plan by FORMAT.md and by nothing else, and prints its records one a line.

Usage: read_plan.py PLAN. Exit status 0, or 1 with the reason.

The tables are read out of FORMAT.md itself, the rules are written out below.
"""

import hashlib
import pathlib
import re
import struct
import sys

FORMAT = pathlib.Path(__file__).resolve().parent.parent.parent / "FORMAT.md"
NUMBERS = {"u16": "<H", "u32": "<I", "u64": "<Q", "6 x u64": "<6Q", "16 bytes": "16s",
           "32 bytes": "32s"}


class Refused(Exception):
    """The file is no plan of version 4."""


def require(holds, reason):
    if not holds:
        raise Refused(reason)


def read_tables():
    """The rows of each table in FORMAT.md, by the heading they stand under."""
    tables, heading = {}, None
    for line in FORMAT.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif re.match(r"\| *(0x)?[0-9a-f]+ ", line):
            tables.setdefault(heading, []).append([cell.strip() for cell in line.split("|")[1:-1]])
    return tables


TABLES = read_tables()
# Of each section by its kind: the name of its records, their width, how many there may be.
SECTIONS = {int(kind): (record, int(width), count)
            for kind, section, record, width, count in
            (row for row in TABLES["Section table"] if len(row) == 5)}
ENUMS = {name: {int(row[0]): row[1] for row in TABLES[name]}
         for name in ("NetworkMode", "MountKind", "EnvKind", "Layer", "AuditFailure", "Method", "Basis", "Strength",
                      "Comparison", "NetBatchKind", "NetAction")}
FLAGS = {name: sum(int(row[0], 16) for row in rows)
         for name, rows in TABLES.items() if name.endswith(("_flags", "_attrs")) or name.startswith("landlock_")}


class Heap:
    def __init__(self, content):
        self.content, self.at = content, 0

    def take(self, offset, length, is_text):
        require(offset == self.at and offset + length < len(self.content), "Reference")
        found = self.content[offset:offset + length]
        require(self.content[offset + length] == 0 and not (is_text and 0 in found), "Text")
        self.at = offset + length + 1
        return found


class SourceLine(tuple):
    """A source and a line."""

    def __str__(self):
        return f"{self[0]}:{self[1]}"


def read_record(name, record, heap, sources):
    fields = {}
    for offset, _, field, kind, _ in TABLES[name]:
        if kind in ("text", "blob"):
            reference = struct.unpack_from("<2I", record, int(offset))
            fields[field] = heap.take(*reference, kind == "text")
        elif kind in ENUMS:
            number, = struct.unpack_from("<I", record, int(offset))
            require(number in ENUMS[kind], "Value")
            fields[field] = ENUMS[kind][number]
        elif kind == "source line":
            number, = struct.unpack_from("<I", record, int(offset))
            source, line = number >> 24, number & 0xffffff
            require(source <= sources and (line or not source), "Value")
            fields[field] = SourceLine((source, line))
        else:
            value = struct.unpack_from(NUMBERS[kind], record, int(offset))
            fields[field] = value if len(value) > 1 else value[0]
    return fields


def straight_down(path):
    return path == b"/" or (
        path.startswith(b"/") and not {b"", b".", b".."} & set(path[1:].split(b"/")))


def check_process(it):
    spaces = it["namespaces"] | it["inner_namespaces"]
    require(spaces & ~FLAGS["namespace_flags"] == 0, "Value")
    require(it["flags"] & ~FLAGS["process_flags"] == 0, "Value")
    require(it["umask"] <= 0o777 and it["working_dir"].startswith(b"/"), "Value")


def check_network(it):
    require(it["flags"] & ~FLAGS["network_flags"] == 0, "Value")


def check_mount(it):
    kind = it["kind"]
    require(it["flags"] & ~FLAGS["mount_flags"] == 0, "Value")
    require(it["attrs"] & ~FLAGS["mount_attrs"] == 0, "Value")
    require(it["mode"] <= 0o7777 and straight_down(it["target"]), "Value")
    require((it["source"] != b"") == (kind == "Bind"), "Value")
    require(kind == "Tmpfs" or it["size"] == it["inodes"] == 0, "Value")
    stub = it["flags"] & 0x70
    require(not stub or kind in ("Mask", "SelfBind"), "Value")
    require(not stub or (stub in (0x10, 0x20, 0x40) and not it["flags"] & 0x2), "Value")
    may_be_link = kind == "Bind" and it["flags"] & 0x2 and not it["flags"] & 0x8
    require(kind in ("File", "Symlink", "Setting") or stub == 0x10 or may_be_link or it["content"] == b"", "Value")
    pattern = kind in ("MaskMatches", "SelfBindMatches")
    require(not pattern or (it["flags"] == 0 and {*b"*?"} & {*it["target"]}), "Value")
    require(kind != "Symlink" or it["content"], "Text")
    require(kind not in ("Symlink", "Bind") or 0 not in it["content"], "Text")


def check_rlimit(it):
    require(it["resource"] <= 15 and it["soft"] <= it["hard"], "Value")


def check_variable(it):
    name, equals, _ = it["text"].partition(b"=")
    require(name and bool(equals) == (it["kind"] == "Set"), "Value")


def check_filter(it):
    require(len(it["program"]) in range(8, 8 * 4096 + 1, 8), "Value")
    require(it["probe_errno"] <= 4095, "Value")
    require(it["probe_errno"] or not (it["probe_nr"] or any(it["probe_args"])), "Value")


def check_condition(it):
    require(it["arg"] < 6 and it["bits"] in (8, 16, 32, 64), "Value")
    masked = it["comparison"] in ("MaskedEq", "MaskedNe")
    require(it["mask"] < 1 << it["bits"] and (masked or it["mask"] == 0), "Value")


def is_action(value):
    return 0x50001 <= value <= 0x50fff or value in (
        0x80000000, 0, 0x30000, 0x7fc00000, 0x7ffc0000, 0x7fff0000)


def check_cgroup(it):
    require(b"/" not in it["file"] and it["file"] not in (b"", b".", b".."), "Value")


def check_audit(it):
    require(it["flags"] & ~FLAGS["audit_flags"] == 0, "Value")
    require(it["log_path"] == b"" or it["log_path"].startswith(b"/"), "Value")


def check_landlock(it):
    require(it["abi"] and (it["fs"] or it["net"] or it["scope"]), "Value")
    require(all(it[name] & ~FLAGS[f"landlock_{name}"] == 0 for name in ("fs", "net", "scope")), "Value")


def check_path(it):
    require(it["access"] and it["access"] & ~FLAGS["landlock_fs"] == 0, "Value")
    require(it["flags"] & ~FLAGS["path_flags"] == 0 and straight_down(it["path"]), "Value")


def check_port(it):
    require(it["access"] and it["access"] & ~FLAGS["landlock_net"] == 0, "Value")
    require(it["first"] <= it["last"], "Value")


def check_batch(it):
    require(it["acknowledgements"] and it["bytes"], "Value")
    require(it["protocol"] == (12 if it["kind"] == "Rules" else 0), "Value")


def check_socket(it):
    require(it["flags"] & ~FLAGS["net_socket_flags"] == 0, "Value")


def check_address(family, prefix, address):
    require(family in (0, 4, 6), "Value")
    require(prefix <= {0: 0, 4: 32, 6: 128}[family], "Value")
    require(int.from_bytes(address, "big") & (1 << 128 - prefix) - 1 == 0, "Value")


def check_net_rule(it):
    action, name, flags = it["action"], it["name"], it["flags"]
    require(flags & ~FLAGS["net_rule_flags"] == 0 and it["protocol"] in (0, 6, 17), "Value")
    check_address(it["family"], it["prefix"], it["address"])
    if name:
        require(action == "Allow" and it["family"] == 0 and len(name) <= 253, "Value")
        require(all(re.fullmatch(rb"[a-z0-9_-]{1,63}", label) for label in name.split(b".")), "Value")
    require(name or not flags & 0x5, "Value")
    require(not flags & 0x2 or action == "Allow" and not it["family"] and not name, "Value")
    require(action not in ("Block", "Publish") or it["family"], "Value")
    require(action not in ("HostService", "Listen") or not it["family"], "Value")
    if action in ("HostService", "Publish"):
        require(it["first_port"] and it["last_port"], "Value")
    else:
        require(it["first_port"] <= it["last_port"], "Value")


def check_resolver(it):
    require(it["port"] and it["family"], "Value")
    check_address(it["family"], {4: 32, 6: 128}.get(it["family"], 0), it["address"])


def check_together(records):
    """Only a filtered network has rules, and it has what enforces them."""
    batches = {fields["kind"] for name, fields in records if name == "NetBatch"}
    present = {name for name, _ in records} & {"NetBatch", "NetSocket", "NetRule", "NetResolver"}
    mode, = (fields["mode"] for name, fields in records if name == "Network")
    if mode == "Filtered":
        require(batches >= {"Routes4", "Rules"} and "NetSocket" in present, "Value")
    else:
        require(not present, "Value")


CHECKS = {"Process": check_process, "Network": check_network, "Mount": check_mount,
          "Rlimit": check_rlimit, "EnvVar": check_variable, "Filter": check_filter,
          "CgroupValue": check_cgroup, "Audit": check_audit, "Landlock": check_landlock,
          "PathAccess": check_path, "PortAccess": check_port, "NetBatch": check_batch,
          "NetSocket": check_socket, "NetRule": check_net_rule, "NetResolver": check_resolver}
STRENGTHS = {row[1]: int(row[0]) for row in TABLES["Strength"]}
KEYS = {"Rlimit": "resource", "Filter": "audit_arch", "Need": "layer", "Landlock": "abi", "NetBatch": "kind"}


def read_sections(plan):
    """The bytes of each section that is present, by kind, and those of the heap."""
    require(plan[:8] == b"PURPLE\r\n", "Magic")
    require(len(plan) >= 10, "Length")
    require(plan[8:10] == b"\4\0", "Version")
    require(len(plan) >= 48 and len(plan) <= 1048576, "Length")
    entries, total = struct.unpack_from("<HI", plan, 10)
    require(total == len(plan), "Length")
    body = plan[:-32]
    require(hashlib.sha256(body).digest() == plan[-32:], "Seal")
    at = 16 + 16 * entries
    require(at <= len(body), "Sections")
    sections, last = {}, 0
    for index in range(entries):
        kind, offset, length, count = struct.unpack_from("<4I", body, 16 + 16 * index)
        require(kind in SECTIONS, "Unknown")
        width = SECTIONS[kind][1]
        require(kind > last and count and offset == at and length == width * count, "Sections")
        last, at = kind, at + length
        require(at <= len(body), "Sections")
        sections[kind] = [body[first:first + width] for first in range(offset, at, width)]
    for kind, (_, _, limit) in SECTIONS.items():
        require(limit != "exactly 1" or kind in sections, "Sections")
    for kind, records in sections.items():
        limit = SECTIONS[kind][2]
        require(limit == "any number" or len(records) <= int(limit.split()[-1]), "Length")
    return sections, body[at:]


def take(records, kind):
    require(records[kind], "Length")
    return records[kind].pop(0)


def order(holds):
    require(holds, "Order")


def check_meaning(all_records):
    """The records about the policy's meaning: each has an owner."""
    records = {kind: [fields for name, fields in all_records if name == kind] for kind, _, _ in SECTIONS.values()}
    last = None
    for it in records["Interface"]:
        require(it["flags"] & ~FLAGS["interface_flags"] == 0, "Value")
        require(1 <= it["enosys"] <= 4095, "Value")
        require(is_action(it["denial"]) and it["denial"] != 0x7fff0000, "Value")
        key, native = (it["audit_arch"], it["flags"] & 2), (it["filter"], 0)
        if last is None or last[0] != it["filter"]:
            order(records["Filter"])
            order(records["Filter"].pop(0)["audit_arch"] == it["filter"] and key == native)
        else:
            order(key != native and (last[1] == native or last[1] < key))
        last = it["filter"], key
        newest = it["newest"]
        for _ in range(it["beyond"]):
            number = take(records, "Number")["number"]
            order(number > newest)
            newest = number
        before = -1
        for _ in range(it["calls"]):
            call = take(records, "NamedCall")
            order(before < call["number"])
            before = call["number"]
            check_call(call, records)
    claimed = ("Filter", "Number", "NamedCall", "CallRule", "Condition")
    require(not any(records[kind] for kind in claimed), "Length")


def check_call(call, records):
    require(call["line"] == (0, 0) or call["basis"] not in ("Baseline", "Default"), "Value")
    strength = 0
    for _ in range(call["rules"]):
        rule = take(records, "CallRule")
        order(strength <= STRENGTHS[rule["strength"]])
        strength = STRENGTHS[rule["strength"]]
        require(is_action(rule["action"]), "Value")
        for _ in range(rule["conditions"]):
            check_condition(take(records, "Condition"))
    require(call["guard"] == 0 or call["basis"] in ("Allowed", "Default"), "Value")
    first = None
    for _ in range(call["guard"]):
        one = take(records, "Condition")
        check_condition(one)
        require(one["comparison"] in ("Eq", "Ne") and one["line"] == (0, 0), "Value")
        if first:
            require({**one, "value": first["value"]} == first, "Value")
            order(first["value"] < one["value"])
        first = one


def read_plan(plan):
    """Each record's name and fields, in file order."""
    sections, heap = read_sections(plan)
    heap, records, sources = Heap(heap), [], len(sections.get(15, ()))
    for kind, content in sections.items():
        name, last = SECTIONS[kind][0], -1
        for record in content:
            fields = read_record(name, record, heap, sources)
            CHECKS.get(name, lambda it: None)(fields)
            if name in KEYS:
                key = fields[KEYS[name]]
                key = key if isinstance(key, int) else struct.unpack_from("<I", record)[0]
                require(key > last, "Order")
                last = key
            records.append((name, fields))
    # This comes last, so that two readers give the same reason.
    check_meaning(records)
    check_together(records)
    require(heap.at == len(heap.content), "Length")
    return records


def show(value):
    """Numbers in decimal, bytes in hexadecimal, names as they are."""
    if isinstance(value, tuple) and not isinstance(value, SourceLine):
        return ",".join(map(str, value))
    return value.hex() if isinstance(value, bytes) else str(value)


def main():
    with open(sys.argv[1], "rb") as file:
        plan = file.read(1048577)
    try:
        for name, fields in read_plan(plan):
            print(name, *(f"{field}={show(value)}" for field, value in fields.items()))
    except Refused as reason:
        print(reason)
        sys.exit(1)


if __name__ == "__main__":
    main()
