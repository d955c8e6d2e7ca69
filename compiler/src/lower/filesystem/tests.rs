//! Which directories have to be pinned.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use crate::ir::{Action, Ir, verify};

fn lowered(filesystem: &str) -> Ir {
    crate::lower::tests::lowered(&format!("name: a\nfilesystem:\n{filesystem}"))
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
