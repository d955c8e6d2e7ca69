//! The profiles: policies that come with the compiler, for `extends` and for `purple run`.

/// A policy that comes with the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Its policy, as YAML.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal)+) => {
        [$(Profile {
            name: $name,
            text: include_str!(concat!("../../policies/", $name, ".yaml")),
        }),+]
    };
}

/// The profiles, by name.
pub const SHIPPED: [Profile; 27] = shipped! {
    "01-ai-code-assistant"
    "02-ml-training-pipeline"
    "03-web-scraper-agent"
    "04-data-processing-agent"
    "05-cicd-build-agent"
    "06-llm-inference-server"
    "07-security-scanner-agent"
    "08-database-migration-agent"
    "09-container-orchestrator"
    "10-minimal-sandbox"
    "ai-dev-safe"
    "ai-strict"
    "aider"
    "base"
    "build-offline"
    "cicd-worker"
    "claude-code"
    "code-analyst"
    "codex"
    "coding-agent"
    "data-retriever"
    "gemini-cli"
    "honeypot"
    "mcp-server"
    "opencode"
    "production-secure"
    "python-readonly"
};

/// The profile of this name.
pub fn find(name: &str) -> Option<Profile> {
    SHIPPED.into_iter().find(|profile| profile.name == name)
}

/// The names of the profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.into_iter().map(|profile| profile.name)
}

impl Profile {
    /// The policy's `description`.
    pub fn about(&self) -> &'static str {
        let line = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix("description: "));
        line.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{SHIPPED, find, names};
    use crate::diagnostics::Sink;
    use crate::facts::HostFacts;
    use crate::pipeline::{self, Options};
    use crate::source::Source;

    #[test]
    fn every_profile_compiles_without_a_finding_and_is_what_its_name_says() {
        for profile in SHIPPED {
            let source = Source::new(profile.name, profile.text);
            let options = Options {
                facts: HostFacts::samples(),
                ..Options::default()
            };
            let outcome = pipeline::compile(&source, &options, Sink::new()).unwrap_or_default();
            assert_eq!(outcome.diagnostics, [], "{}", profile.name);
            assert!(outcome.plan.is_some());
            assert!(!profile.about().is_empty(), "{}", profile.name);
            let name = format!("\nname: {}\n", profile.name);
            assert!(profile.text.contains(&name), "{}", profile.name);
            assert_eq!(find(profile.name), Some(profile));
        }
        assert!(names().is_sorted());
        assert_eq!(find("Base"), None);
    }
}
