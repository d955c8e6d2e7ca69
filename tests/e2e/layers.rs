//! Layers that this version cannot enforce: refused by name, or let go by name and said.

use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { refused_by_name let_go_by_name several_layers }

const LAYERS: [(&str, &str, &str); 1] = [(
    "monitor",
    "ebpf_monitoring:\n  enabled: true",
    "enabled: true",
)];

fn refusal(layer: &str, line: usize) -> String {
    format!(
        "{layer}: the plan needs it and this version cannot enforce it; run without it by --unenforced {layer} (policy line {line})"
    )
}

fn unread(line: usize) -> String {
    format!(
        "audit: the plan needs a record, which purple run keeps; take it by --report FILE, or run without it by --unenforced audit (policy line {line})"
    )
}

fn let_go(layer: &str, line: usize) -> String {
    format!("purple-exec: {layer}: not enforced, as --unenforced asked (policy line {line})\n")
}

fn refused_by_name(place: &TestDir) {
    for (layer, section, key) in LAYERS {
        let policy = Policy::new(place).section(section);
        let plan = policy.compile(place);
        let run = || Run::new(place, &plan, &["touch", "/output/started"]).report();
        run()
            .finish()
            .refused(125, &refusal(layer, policy.line_of(key)));
        for other in ["cgroup", "audit", "monitor"]
            .iter()
            .filter(|other| **other != layer)
        {
            let done = run().option(&["--unenforced", other]).finish();
            done.refused(125, &refusal(layer, policy.line_of(key)));
        }
        assert!(!place.at("output/started").exists());
    }
}

fn let_go_by_name(place: &TestDir) {
    for (layer, section, key) in LAYERS {
        let policy = Policy::new(place).section(section);
        let plan = policy.compile(place);
        let done = Run::new(place, &plan, &["sh", "-c", "echo program >&2"])
            .option(&["--unenforced", layer])
            .report()
            .finish();
        assert_eq!(
            done.stderr,
            let_go(layer, policy.line_of(key)) + "program\n"
        );
        assert_eq!(done.code(), 0);
        assert_eq!(done.report.expect("a report")["unenforced"], json!([layer]));
    }
}

fn several_layers(place: &TestDir) {
    let policy = Policy::new(place)
        .section("resources: {cpu_shares: 0.5, memory_limit_bytes: 1G, pids_limit: 5}")
        .section("audit: {enabled: true}\nebpf_monitoring: {enabled: true}");
    let plan = policy.compile(place);
    let run = |layers: &[&str]| {
        let mut run = Run::new(place, &plan, &["true"]);
        for layer in layers {
            run = run.option(&["--unenforced", layer]);
        }
        run.finish()
    };
    let (cgroup, audit, monitor) = (
        policy.line_of("resources"),
        policy.line_of("audit"),
        policy.line_of("ebpf"),
    );
    run(&[]).refused(125, &unread(audit));
    let partly = run(&["cgroup", "monitor"]);
    assert_eq!(
        partly.stderr,
        format!(
            "{}purple-exec: {}\n",
            let_go("cgroup", cgroup),
            unread(audit)
        )
    );
    assert_eq!(partly.code(), 125);
    let all = run(&["monitor", "audit", "cgroup", "cgroup"]);
    assert_eq!(all.code(), 0, "{all}");
    let said = let_go("cgroup", cgroup) + &let_go("audit", audit) + &let_go("monitor", monitor);
    assert_eq!(all.stderr, said);
}
