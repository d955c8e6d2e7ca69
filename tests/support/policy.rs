//! Policies for tests, and the real compiler that makes plans of them.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its plan cannot go on"
)]

use crate::test_dir::{MARK, TestDir, binary};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A policy under construction: the host's programs read-only, the place's `output` writable at
/// `/output`, where the program starts, and every system call but the baseline.
#[derive(Debug, Clone)]
#[must_use]
pub struct Policy {
    immutable: String,
    output: String,
    rest_of_filesystem: String,
    working_dir: String,
    syscalls: String,
    environment: String,
    sections: String,
}

impl Policy {
    /// The policy that tests start from.
    pub fn new(place: &TestDir) -> Self {
        Self::bare(place)
            .shows("/usr", "/usr")
            .shows_if_there("/etc/alternatives", "/etc/alternatives")
            .shows_if_there("/etc/ld.so.cache", "/etc/ld.so.cache")
    }

    /// The same without the host's programs.
    pub fn bare(place: &TestDir) -> Self {
        let empty = Self {
            immutable: String::new(),
            output: String::new(),
            rest_of_filesystem: String::new(),
            working_dir: "/output".to_owned(),
            syscalls: "syscalls: {default_deny: false}\n".to_owned(),
            environment: format!("environment:\n  set:\n    {MARK}: {:?}\n", place.name()),
            sections: String::new(),
        };
        empty.writes(&place.text("output"), "/output")
    }

    /// Shows a host path read-only.
    pub fn shows(mut self, host: &str, inside: &str) -> Self {
        writeln!(
            self.immutable,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}}}"
        )
        .expect("a string grows");
        self
    }

    /// Shows a host path read-only where the host has it.
    pub fn shows_if_there(mut self, host: &str, inside: &str) -> Self {
        writeln!(
            self.immutable,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}, optional: true}}"
        )
        .expect("a string grows");
        self
    }

    /// Shows a host path read-only, with more keys.
    pub fn shows_with(mut self, host: &str, inside: &str, keys: &str) -> Self {
        writeln!(
            self.immutable,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}, {keys}}}"
        )
        .expect("a string grows");
        self
    }

    /// Shows a host directory writable, with more keys.
    pub fn writes_with(mut self, host: &str, inside: &str, keys: &str) -> Self {
        writeln!(
            self.output,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}, {keys}}}"
        )
        .expect("a string grows");
        self
    }

    /// Shows a host directory writable.
    pub fn writes(mut self, host: &str, inside: &str) -> Self {
        writeln!(
            self.output,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}}}"
        )
        .expect("a string grows");
        self
    }

    /// The same, with what is kept as it is below it.
    pub fn keeps(mut self, host: &str, inside: &str, kept: &[&str]) -> Self {
        writeln!(
            self.output,
            "    - {{host_path: {host:?}, sandbox_path: {inside:?}, read_only: {kept:?}}}"
        )
        .expect("a string grows");
        self
    }

    /// Shows nothing of the host writable.
    pub fn writes_nothing(mut self) -> Self {
        self.output.clear();
        self
    }

    /// Starts the program somewhere else.
    pub fn starts_in(mut self, dir: &str) -> Self {
        dir.clone_into(&mut self.working_dir);
        self
    }

    /// Adds a line to the section `filesystem`.
    pub fn filesystem(mut self, line: &str) -> Self {
        writeln!(self.rest_of_filesystem, "  {line}").expect("a string grows");
        self
    }

    /// Replaces the section `syscalls`; each line is one of its keys.
    pub fn syscalls(mut self, lines: &[&str]) -> Self {
        self.syscalls = format!("syscalls:\n  {}\n", lines.join("\n  "));
        self
    }

    /// Adds to the section `environment`: sets variables and passes others on.
    pub fn environment(mut self, set: &[(&str, &str)], pass: &[&str]) -> Self {
        for (name, value) in set {
            writeln!(self.environment, "    {name}: {value:?}").expect("a string grows");
        }
        writeln!(self.environment, "  pass: {pass:?}").expect("a string grows");
        self
    }

    /// Adds a section.
    pub fn section(mut self, text: &str) -> Self {
        self.sections.push_str(text);
        self.sections.push('\n');
        self
    }

    /// The policy as it is written to a file.
    pub fn text(&self) -> String {
        format!(
            "name: e2e\n{}filesystem:\n  immutable_paths:\n{}{}{}{}  working_dir: {:?}\n{}{}",
            self.sections,
            if self.immutable.is_empty() {
                "    []\n"
            } else {
                &self.immutable
            },
            if self.output.is_empty() {
                ""
            } else {
                "  output_paths:\n"
            },
            self.output,
            self.rest_of_filesystem,
            self.working_dir,
            self.syscalls,
            self.environment,
        )
    }

    /// The number of the first line that has these words in it.
    pub fn line_of(&self, words: &str) -> usize {
        let text = self.text();
        let found = text.lines().position(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("no line has {words}:\n{text}")) + 1
    }

    /// Writes the policy to the place. Returns its file.
    pub fn write(&self, place: &TestDir) -> PathBuf {
        place.file("policy.yaml", self.text())
    }

    /// Writes the policy to the place and compiles it. Returns the plan's file.
    pub fn compile(&self, place: &TestDir) -> PathBuf {
        let policy = self.write(place);
        let plan = place.at("plan.bin");
        let out = compile(&policy, &plan);
        assert!(
            out.status.success(),
            "{}\n{}",
            self.text(),
            String::from_utf8_lossy(&out.stderr)
        );
        plan
    }
}

/// Runs `purplec compile`.
pub fn compile(policy: &Path, plan: &Path) -> Output {
    Command::new(binary("purplec"))
        .arg("compile")
        .arg(policy)
        .arg("-o")
        .arg(plan)
        .output()
        .expect("the compiler runs")
}
