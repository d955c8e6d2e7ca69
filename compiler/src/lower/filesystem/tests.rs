//! Which directories have to be pinned, and what patterns become.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use crate::diagnostics::Severity;
use crate::ir::{Action, Ir, verify};

fn lowered(filesystem: &str) -> Ir {
    crate::lower::tests::lowered(&format!("name: a\nfilesystem:\n{filesystem}"))
}

fn errors(text: &str) -> Vec<&'static str> {
    let (_, sink) = crate::lower::tests::lowered_with_findings(text);
    let found = sink.into_sorted();
    let errors = found.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.code).collect()
}

fn pins(ir: &Ir) -> Vec<&str> {
    let pins = ir.steps.iter().filter(|step| step.action == Action::Pin);
    pins.map(|step| step.target.as_str()).collect()
}

const OUTPUT: &str = "  output_paths: [{host_path: ./o, sandbox_path: /output}]\n";
const DEEP: &str = "  immutable_paths: [{host_path: ./y, sandbox_path: /output/s/x/y}]\n";

#[test]
fn every_directory_below_a_writable_tree_is_pinned() {
    let mut ir = lowered(&format!("{OUTPUT}{DEEP}"));
    assert_eq!(pins(&ir), ["/output/s", "/output/s/x"]);
    for missing in ["/output/s", "/output/s/x"] {
        let whole = ir.steps.clone();
        ir.steps.retain(|step| step.target != missing);
        assert!(
            verify(&ir)
                .unwrap_err()
                .0
                .contains(&format!("{missing} is not pinned"))
        );
        ir.steps = whole;
    }
}

#[test]
fn what_is_mounted_between_ends_the_writable_tree() {
    let scratch = lowered(&format!("{OUTPUT}{DEEP}  scratch_paths: [/output/s]\n"));
    assert_eq!(pins(&scratch), Vec::<&str>::new());
    let scratch = lowered(&format!("{OUTPUT}{DEEP}  scratch_paths: [/output/s/x]\n"));
    assert_eq!(pins(&scratch), ["/output/s"]);
    let shown = "  immutable_paths: [{host_path: ./s, sandbox_path: /output/s}, \
                 {host_path: ./y, sandbox_path: /output/s/x/y}]\n";
    assert_eq!(
        pins(&lowered(&format!("{OUTPUT}{shown}"))),
        Vec::<&str>::new()
    );
    let written = "  output_paths: [{host_path: ./o, sandbox_path: /output}, \
                   {host_path: ./s, sandbox_path: /output/s}]\n";
    assert_eq!(pins(&lowered(&format!("{written}{DEEP}"))), ["/output/s/x"]);
}

fn matches(ir: &Ir) -> Vec<(&str, bool)> {
    let steps = ir.steps.iter().filter_map(|step| match step.action {
        Action::Matches { hidden } => Some((step.target.as_str(), hidden)),
        _ => None,
    });
    steps.collect()
}

/// They stand behind everything that they can match in, and before what every sandbox has.
#[test]
fn patterns_are_steps_of_their_own() {
    let ir = lowered(
        "  output_paths: [{host_path: ./o, sandbox_path: /o, read_only: [\"**/*.sh\", a, \"b?/\"]}]\n  \
         masked_paths: [\"/o/*.env\", \"/o/d/**\", /o/x]\n",
    );
    let expected = [
        ("/o/*.env", true),
        ("/o/d/**", true),
        ("/o/**/*.sh", false),
        ("/o/b?", false),
    ];
    assert_eq!(matches(&ir), expected);
    let place = |target: &str| ir.steps.iter().position(|step| step.target == target);
    assert!(place("/o/x") < place("/o/*.env") && place("/o/b?") < place("/proc"));
    // What they match is pinned when it is known.
    assert_eq!(pins(&ir), Vec::<&str>::new());
    assert_eq!(verify(&ir), Ok(()));
}

#[test]
fn patterns_that_cannot_be() {
    for (filesystem, code) in [
        ("masked_paths: [\"/o/a**\"]", "invalid-path"),
        ("masked_paths: [\"/o/*/../x\"]", "invalid-path"),
        ("masked_paths: [\"/*/x\"]", "nothing-to-mask"),
        ("masked_paths: [\"/o*/x\"]", "nothing-to-mask"),
        ("masked_paths: [\"/tmp/*\"]", "nothing-to-mask"),
        ("masked_paths: [\"/proc/*\"]", "nothing-to-mask"),
        ("masked_paths: [\"/sys/**/x\"]", "nothing-to-mask"),
        ("masked_paths: [\"/o/*\", \"/o/*/\"]", "duplicate-path"),
    ] {
        let text = format!(
            "name: a\nfilesystem:\n{OUTPUT}  {}\n",
            filesystem.replace("/o", "/output")
        );
        assert_eq!(errors(&text), [code], "{filesystem}");
    }
    let kept = OUTPUT.replace("/output}", "/output, read_only: [\"a**b\"]}");
    let text = format!("name: a\nfilesystem:\n{kept}");
    assert_eq!(errors(&text), ["invalid-path"]);
}

/// The links that stand for a bind, where the host has them.
fn links(filesystem: &str) -> Vec<String> {
    let of = |action: Action| match action {
        Action::Bind { link, .. } => link,
        _ => None,
    };
    let steps = lowered(filesystem).steps.into_iter();
    steps.filter_map(|step| of(step.action)).collect()
}

#[test]
fn a_link_stands_for_a_directory_of_the_same_usr_with_nothing_below_it() {
    let share = |host: &str, inside: &str, rest: &str| {
        format!("    - {{host_path: {host}, sandbox_path: {inside}{rest}}}\n")
    };
    let shows = |usr: &str, bin: &str, rest: &str| {
        let optional = ", optional: true";
        let usr = share(usr, "/usr", "");
        let bin = share(bin, "/bin", optional);
        links(&format!("  immutable_paths:\n{usr}{bin}{rest}"))
    };
    assert_eq!(shows("/usr", "/bin", ""), ["usr/bin"]);
    assert_eq!(shows("/opt/usr", "/bin", ""), Vec::<String>::new());
    assert_eq!(shows("/usr", "/opt/bin", ""), Vec::<String>::new());
    for below in [
        "  masked_paths: [/bin/true]\n",
        "  masked_paths: [\"/bin/t*\"]\n",
        "  scratch_paths: [/bin/own]\n",
        "  scratch_paths: [/usr/bin/own]\n",
        "  masked_paths: [/usr/bin/true]\n",
        "  output_paths: [{host_path: ./o, sandbox_path: /usr/bin}]\n",
    ] {
        assert_eq!(
            shows("/usr", "/bin", below),
            Vec::<String>::new(),
            "{below}"
        );
    }
    let required = share("/usr", "/usr", "") + &share("/bin", "/bin", "");
    let found = links(&format!("  immutable_paths:\n{required}"));
    assert_eq!(found, Vec::<String>::new());
}
