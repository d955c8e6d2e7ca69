//! The tables of keys and words in `docs/` are the declarations', text for text.

use crate::read;
use purple_report::{
    AuditRecord, Beyond, CapabilitySets, Carried, CgroupUsage, Connections, Denial,
    DeniedConnection, EventType, FilteredNetwork, Landlock, NetworkUse, Object, Outcome, Receipt,
    RefusedName, Report, RepositoryFinding, Resolver, ResourceUsage, Seccomp, SecurityEvent, Shape,
    StartRecord, Status, UnansweredService, Unlisted, WithheldName, WrongServerName,
};

/// The table of an object's keys.
fn keys(object: &Object) -> String {
    let rows = object.fields.iter().map(|field| {
        let values = values(&field.shape);
        format!("| `{}` | {values} | {} |\n", field.name, field.about.trim())
    });
    String::from("| key | value | meaning |\n| --- | --- | --- |\n") + &rows.collect::<String>()
}

/// What values there are, in words.
fn values(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Seconds => "seconds".to_owned(),
        Shape::Time => "time".to_owned(),
        Shape::Digest => "digest".to_owned(),
        Shape::Word | Shape::Bits => "hexadecimal".to_owned(),
        Shape::OneOf([word]) => format!("`{word}`"),
        Shape::OneOf(_) => "word".to_owned(),
        Shape::Object(_) | Shape::Arguments => "object".to_owned(),
        Shape::Nullable(inner) => format!("{} or null", values(inner)),
        Shape::List(inner) => format!("list: {}", values(inner)),
        Shape::Array(inner, length) => format!("list: {length} times {}", values(inner)),
    }
}

/// The table of outcomes, with the status that follows from each.
fn outcomes() -> String {
    let rows = Outcome::ALL.iter().map(|outcome| {
        let [good, other] = [0, 1].map(|code| Status::of(*outcome, code).name());
        let status = if good == other {
            format!("`{good}`")
        } else {
            format!("`{good}` if `exit_code` is 0, otherwise `{other}`")
        };
        let about = outcome.about().trim();
        format!("| `{}` | {about} | {status} |\n", outcome.name())
    });
    String::from("| `outcome` | how the run ended | `status` |\n| --- | --- | --- |\n")
        + &rows.collect::<String>()
}

/// The table of the types of events.
fn events() -> String {
    let rows = EventType::ALL
        .iter()
        .map(|word| format!("| `{}` | {} |\n", word.name(), word.about().trim()));
    String::from("| `type` | meaning |\n| --- | --- |\n") + &rows.collect::<String>()
}

#[track_caller]
fn stands_in(path: &str, table: &str) {
    // The last table of a page has no empty line after it.
    let page = read(path) + "\n";
    assert!(
        page.contains(&format!("\n\n{table}\n")),
        "{path} has no such table:\n\n{table}"
    );
}

#[test]
fn running_has_the_keys_of_the_report() {
    for object in [
        &Report::OBJECT,
        &CgroupUsage::OBJECT,
        &Denial::OBJECT,
        &Unlisted::OBJECT,
        &Receipt::OBJECT,
        &CapabilitySets::OBJECT,
        &Landlock::OBJECT,
        &Seccomp::OBJECT,
        &FilteredNetwork::OBJECT,
        &NetworkUse::OBJECT,
        &RepositoryFinding::OBJECT,
        &Connections::OBJECT,
        &Carried::OBJECT,
        &DeniedConnection::OBJECT,
        &RefusedName::OBJECT,
        &WithheldName::OBJECT,
        &WrongServerName::OBJECT,
        &UnansweredService::OBJECT,
        &Resolver::OBJECT,
        &Beyond::OBJECT,
    ] {
        stands_in("docs/report.md", &keys(object));
    }
}

#[test]
fn audit_has_the_keys_of_the_record() {
    for object in [
        &StartRecord::OBJECT,
        &AuditRecord::OBJECT,
        &ResourceUsage::OBJECT,
        &SecurityEvent::OBJECT,
    ] {
        stands_in("docs/audit.md", &keys(object));
    }
}

#[test]
fn audit_has_every_outcome_and_every_event() {
    stands_in("docs/audit.md", &outcomes());
    stands_in("docs/audit.md", &events());
}
