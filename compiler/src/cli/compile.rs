//! `purplec compile`

use super::exit::{Deny, Exit, complain, defect};
use super::report::{Format, Report};
use super::screen::{self, Colour};
use super::{input, output, show, target, today};
use clap::{Args, ValueEnum};
use purple_report::VisibleLines;
use purplec::diagnostics::render::visible;
use purplec::emit::bpf;
use purplec::facts::HostFacts;
use purplec::pipeline::{self, Compilation, Options, Stage};
use purplec::syscalls::Arch;
use std::io;
use std::path::{Path, PathBuf};

/// What to compile, and where the result goes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File for the plan; `-` is standard output
    #[arg(short, long, value_name = "PLAN", required_unless_present = "emit")]
    output: Option<PathBuf>,
    /// Architectures to compile for
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        default_value = "x86_64",
        value_parser = architecture
    )]
    arch: Vec<Arch>,
    /// Refuse what the described host cannot enforce; `purple doctor --target` writes FILE
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// Folder with groups of host names, instead of the default folders
    #[arg(long, value_name = "DIR")]
    hosts_dir: Vec<PathBuf>,
    /// Value of a fact of the host, such as workspace=/srv/project; also uid and gid
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Generator of the filters; each filter is proven
    #[arg(long, value_enum, default_value_t = Backend::Own)]
    backend: Backend,
    /// Print the result of one stage instead of a plan
    #[arg(long, value_name = "STAGE", value_enum)]
    emit: Option<Emit>,
    /// Format of the findings on standard error
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// Additional findings that make the compilation fail
    #[arg(long, value_enum)]
    deny: Option<Deny>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// The compiler itself
    Own,
    /// The library libseccomp, if purplec is built with it
    Libseccomp,
}

impl Backend {
    /// The same for the pipeline; the error says that this build has it not.
    #[cfg_attr(
        feature = "libseccomp",
        expect(
            clippy::unnecessary_wraps,
            reason = "without the feature there may be none"
        )
    )]
    fn built_in(self) -> Result<bpf::Backend, &'static str> {
        match self {
            Self::Own => Ok(bpf::Backend::Own),
            #[cfg(feature = "libseccomp")]
            Self::Libseccomp => Ok(bpf::Backend::Libseccomp),
            #[cfg(not(feature = "libseccomp"))]
            Self::Libseccomp => Err("error: this purplec is built without libseccomp; \
                build it with `cargo build -p purplec --features libseccomp`"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The syntax tree, as JSON
    Document,
    /// The typed policy, as JSON
    Policy,
    /// The full policy: inherited values, defaults, and the place of each value
    Resolved,
    /// The intermediate representation
    Ir,
    /// The instructions of the filters
    Bpf,
    /// What the plan grants
    Plan,
}

/// An architecture that a plan can be for.
fn architecture(name: &str) -> Result<Arch, String> {
    match name.parse::<Arch>() {
        Ok(arch) if arch.is_native() => Ok(arch),
        Ok(arch) => Err(format!(
            "no kernel is only for {arch}: compile for x86_64, and list {arch} under `architectures` in the policy"
        )),
        Err(unknown) => Err(unknown.to_string()),
    }
}

/// Compiles one policy. Findings go to standard error, so that standard output can take the plan.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let backend = match arguments.backend.built_in() {
        Ok(backend) => backend,
        Err(message) => return complain(message),
    };
    let look = screen::look(&io::stderr(), arguments.color);
    let mut report = Report::new(arguments.format, look, true);
    let read = match input::try_read(&arguments.file) {
        Ok(read) => read,
        Err(failure) => {
            report.add_failure(failure);
            report.document();
            return Exit::Failed;
        }
    };
    let today = match today::today() {
        Ok(today) => Some(today),
        Err(message) => return complain(&message),
    };
    let target = match target::read(arguments.target.as_deref()) {
        Ok(target) => target,
        Err(message) => return complain(&message),
    };
    let facts = match input::facts(HostFacts::default(), &arguments.set) {
        Ok(facts) => facts,
        Err(message) => return complain(&message),
    };
    let mut architectures = arguments.arch.clone();
    architectures.sort_unstable();
    architectures.dedup();
    let options = Options {
        architectures,
        emit: arguments.emit.and_then(|stage| match stage {
            Emit::Document => Some(Stage::Document),
            Emit::Policy => Some(Stage::Policy),
            Emit::Resolved => Some(Stage::Resolved),
            Emit::Ir => Some(Stage::Ir),
            Emit::Bpf => Some(Stage::Bpf),
            Emit::Plan => None,
        }),
        today,
        target,
        backend,
        hosts: Some(input::hosts(&arguments.hosts_dir)),
        facts,
        ..read.options
    };
    let mut outcome = match pipeline::compile(&read.source, &options, read.sink) {
        Ok(outcome) => outcome,
        Err(fault) => return complain(&defect(&read.source, &fault)),
    };
    report.add_outcome(&outcome);
    report.document();
    report.hints();
    let exit = report.verdict(arguments.deny);
    if exit != Exit::Clean {
        return exit;
    }
    if arguments.emit == Some(Emit::Plan) {
        outcome.listing = outcome.plan.as_deref().and_then(show::describe);
    }
    if let Some(name) = arguments
        .output
        .as_deref()
        .and_then(|to| overwritten(to, arguments, &outcome))
    {
        return complain(&format!(
            "{name}: error: this is the policy that is compiled; it is not overwritten"
        ));
    }
    let listing = outcome.listing.as_deref().map(VisibleLines);
    let listing = listing.map(|text| text.to_string());
    let result = match &listing {
        Some(text) => Some(text.as_bytes()),
        None => outcome.plan.as_deref(),
    };
    let Some(bytes) = result else {
        return complain(&defect(
            &read.source,
            &"no plan was created, and no finding says why",
        ));
    };
    match output::write(arguments.output.as_deref().unwrap_or(Path::new("-")), bytes) {
        Ok(()) => Exit::Clean,
        Err(message) => complain(&message),
    }
}

/// The policy's text, or the inherited one, that the output would take the place of.
fn overwritten(to: &Path, arguments: &Arguments, outcome: &Compilation) -> Option<String> {
    let to = to.canonicalize().ok()?;
    let parents = outcome
        .sources
        .parents()
        .iter()
        .map(|parent| Path::new(parent.name.as_str()));
    let mut texts = std::iter::once(arguments.file.as_path()).chain(parents);
    let text = texts.find(|text| text.canonicalize().is_ok_and(|text| text == to))?;
    Some(visible(&text.to_string_lossy()))
}
