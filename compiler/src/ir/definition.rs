//! Everything that a plan enforces, in one value.

use super::audit::Audit;
use super::filter::Filter;
use super::landlock::Landlock;
use super::network::Network;
use super::process::Process;
use super::step::Step;
use super::syscalls::Meaning;
use crate::source::Span;
use purple_plan::Layer;

/// Everything that a plan enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ir {
    /// The policy's name.
    pub name: String,
    /// The facts of the host that the policy names, with the values that it was compiled for, by name.
    pub facts: Vec<(&'static str, String)>,
    /// The program's process.
    pub process: Process,
    /// The steps that build the file system, in order.
    pub steps: Vec<Step>,
    /// The network.
    pub network: Network,
    /// Control group files and what is written to them.
    pub cgroup: Vec<CgroupValue>,
    /// Environment variables, in the order of their names.
    pub environment: Vec<Variable>,
    /// Other layers that must be in force, in the order of their numbers.
    pub needs: Vec<(Layer, Span)>,
    /// The audit record, where there is to be one.
    pub audit: Option<Audit>,
    /// The Landlock ruleset.
    pub landlock: Landlock,
    /// The filters, one for each architecture, in the policy's order.
    pub filters: Vec<Filter>,
}

impl Ir {
    /// What the filters mean, one for each architecture.
    pub fn meanings(&self) -> impl Iterator<Item = &Meaning> {
        self.filters.iter().map(|filter| &filter.meaning)
    }
}

/// An environment variable of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None`: the caller's, where the caller has it.
    pub value: Option<String>,
}

/// A value of a control group file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CgroupValue {
    /// The file's name.
    pub file: &'static str,
    /// What is written to it.
    pub value: String,
    /// The place in the policy.
    pub span: Span,
}
