//! The table of equivalents, and that it works in both directions.

use super::CLASSES;
use crate::lint::tests::syscalls;
use crate::syscalls::syscall_number_anywhere;

#[test]
fn every_name_of_the_table_is_a_call_that_a_class_names_once() {
    for class in CLASSES {
        assert!(class.calls.len() > 1, "{}", class.what);
        assert!(class.apart.len() < class.calls.len(), "{}", class.what);
        for name in class.calls {
            assert!(syscall_number_anywhere(name), "{name}");
            let times = class.calls.iter().filter(|other| *other == name).count();
            assert_eq!(times, 1, "{name}");
        }
        for name in class.apart {
            assert!(class.calls.contains(name), "{name}");
        }
    }
}

/// Each call of each class is denied while all others are allowed, and the finding names them.
#[test]
fn each_call_is_known_to_do_the_job_of_each_other_one() {
    let mut tried = 0;
    for class in CLASSES {
        for denied in class.calls {
            let others: Vec<&str> = class
                .calls
                .iter()
                .filter(|name| *name != denied)
                .copied()
                .collect();
            let found = syscalls(&format!(
                "  default_deny: false\n  allow: [{}]\n  deny: [{denied}]\n",
                others.join(", ")
            ));
            // A call that is denied apart from one job may have another one.
            let expected = CLASSES
                .iter()
                .any(|other| other.calls.contains(denied) && !other.apart.contains(denied));
            // Where all others are denied with it, which a warning says, nothing is left.
            let found =
                found.contains(&"deny-leaves-equivalent") || found.contains(&"syscall-replaced");
            assert_eq!(found, expected, "{denied}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_call_with_two_jobs_is_denied_for_one_of_them() {
    let found = |deny: &str| syscalls(&format!("  default_deny: false\n  deny: [{deny}]\n"));
    let clean = Vec::<&str>::new();
    assert_eq!(found("unlinkat"), ["deny-leaves-equivalent"]);
    assert_eq!(found("unlink"), ["deny-leaves-equivalent"]);
    assert_eq!(found("rmdir"), ["deny-leaves-equivalent"]);
    assert_eq!(found("unlink, unlinkat"), clean);
    assert_eq!(found("rmdir, unlinkat"), clean);
    assert_eq!(found("unlink, rmdir, unlinkat"), clean);
    assert_eq!(
        found("unlink, rmdir"),
        ["deny-leaves-equivalent", "deny-leaves-equivalent"]
    );
}
