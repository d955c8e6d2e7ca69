//! The text that flags make.

/// The text at hand. Each line ends with the flag that says it, which a message about the line shows.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub(super) fn section(&mut self, name: &str) {
        self.line(&format!("{name}:"));
    }

    pub(super) fn list(&mut self, key: &str) {
        self.line(&format!("  {key}:"));
    }

    pub(super) fn value(&mut self, key: &str, value: &str, flag: &str) {
        self.line(&format!("  {key}: {value} # {flag}"));
    }

    pub(super) fn pair(&mut self, pair: &str, flag: &str) {
        self.line(&format!("    {pair} # {flag}"));
    }

    pub(super) fn entry(&mut self, entry: &str, flag: &str) {
        self.line(&format!("    - {entry} # {flag}"));
    }

    pub(super) fn more(&mut self, pair: &str, flag: &str) {
        self.line(&format!("      {pair} # {flag}"));
    }
}
