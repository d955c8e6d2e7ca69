//! The texts that a plan's records refer to.

use crate::emit::filter::Filter;
use crate::emit::network::names;
use crate::ir::{Action, Ir, Stub};
use purple_plan::EnvKind;
use std::ffi::CString;

/// The texts that the records refer to.
pub(super) struct Texts {
    pub(super) name: CString,
    pub(super) host_name: CString,
    pub(super) working_dir: CString,
    pub(super) log_path: CString,
    pub(super) steps: Vec<StepTexts>,
    pub(super) environment: Vec<(EnvKind, CString)>,
    pub(super) cgroup: Vec<(CString, CString)>,
    pub(super) paths: Vec<CString>,
    pub(super) programs: Vec<Vec<u8>>,
    pub(super) sources: Vec<CString>,
    /// Facts of the host, with their values.
    pub(super) facts: Vec<(CString, CString)>,
    /// The name in each entry of the network.
    pub(super) hosts: Vec<CString>,
}

/// The texts of a step.
pub(super) struct StepTexts {
    pub(super) source: CString,
    pub(super) target: CString,
    pub(super) content: Vec<u8>,
}

impl Texts {
    pub(super) fn new(
        ir: &Ir,
        filters: &[Filter],
        sources: &[String],
    ) -> Result<Self, TextWithNul> {
        let steps = ir.steps.iter().map(|step| {
            let (source, content) = match &step.action {
                Action::Bind { source, link, .. } => {
                    (source.as_str(), link.as_deref().unwrap_or_default())
                }
                Action::File { content, .. }
                | Action::Symlink(content)
                | Action::Setting(content)
                | Action::Protect {
                    stub: Stub::File(content),
                    ..
                } => ("", content.as_str()),
                _ => ("", ""),
            };
            Ok(StepTexts {
                source: c_string(source)?,
                target: c_string(&step.target)?,
                content: content.as_bytes().to_vec(),
            })
        });
        let environment = ir.environment.iter().map(|variable| match &variable.value {
            Some(value) => Ok((
                EnvKind::Set,
                c_string(&format!("{}={value}", variable.name))?,
            )),
            None => Ok((EnvKind::Pass, c_string(&variable.name)?)),
        });
        let cgroup = ir
            .cgroup
            .iter()
            .map(|value| Ok((c_string(value.file)?, c_string(&value.value)?)));
        Ok(Self {
            name: c_string(&ir.name)?,
            host_name: c_string(&ir.process.host_name)?,
            working_dir: c_string(&ir.process.working_dir)?,
            log_path: c_string(ir.audit.as_ref().map_or("", |audit| &audit.log_path))?,
            steps: steps.collect::<Result<_, _>>()?,
            environment: environment.collect::<Result<_, _>>()?,
            cgroup: cgroup.collect::<Result<_, _>>()?,
            paths: ir
                .landlock
                .paths
                .iter()
                .map(|path| c_string(&path.path))
                .collect::<Result<_, _>>()?,
            programs: filters
                .iter()
                .map(|filter| filter.program.to_le_bytes())
                .collect(),
            hosts: names(&ir.network)
                .map(|name| c_string(&name))
                .collect::<Result<_, _>>()?,
            facts: ir
                .facts
                .iter()
                .map(|(name, value)| Ok((c_string(name)?, c_string(value)?)))
                .collect::<Result<_, _>>()?,
            sources: sources
                .iter()
                .map(|name| c_string(name))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn c_string(text: &str) -> Result<CString, TextWithNul> {
    CString::new(text).map_err(|_| TextWithNul(text.to_owned()))
}

/// A text with a NUL in it, which no plan can hold: an earlier stage should have refused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWithNul(pub String);

impl std::fmt::Display for TextWithNul {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a text with a NUL reached the plan: {:?}", self.0)
    }
}

impl std::error::Error for TextWithNul {}
