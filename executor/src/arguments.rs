//! The command line.

use crate::message::{Part, Refused, parts, refused, say};
use crate::text;
use core::ffi::CStr;
use purple_plan::Layer;
use purple_sys::strings::Strings;
use rustix::process::Pid;

/// What the command line asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// The plan's file.
    pub(crate) plan: &'static CStr,
    /// Where the report goes.
    pub(crate) report: Option<&'static CStr>,
    /// The control group below which the run's is made.
    pub(crate) cgroup: Option<&'static CStr>,
    /// The process that this one must not outlive, and its descriptor that takes the report.
    pub(crate) parent: Option<(Pid, i32)>,
    /// The signals that the command is to have blocked, a bit each from signal 1 on; `None` for those
    /// that this program's caller has blocked.
    pub(crate) blocked_signals: Option<u64>,
    /// Layers that the operator lets go, a bit each.
    unenforced: u32,
    /// The payload's user and group id outside, where root starts the sandbox.
    pub(crate) outside_id: Option<u32>,
    /// Whether they are the first that the host gives to the caller besides its own.
    pub(crate) subordinate_ids: bool,
    /// Whether the command gets the caller's own standard descriptors.
    pub(crate) inherit_stdio: bool,
    /// What must stay as it is.
    pub(crate) kept: KeptArguments,
    /// The command and its arguments: at least one.
    pub(crate) command: Strings,
}

/// The options that name what must stay as it is: the last ones before the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeptArguments {
    rest: Strings,
    count: usize,
}

/// What must stay as it is, by a descriptor of the caller's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeptArgument {
    /// A file, a directory or a symbolic link.
    Object(i32),
    /// A name in a directory, where there is nothing yet.
    Missing(MissingName),
}

/// A name that does not exist yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MissingName {
    /// A descriptor of the directory.
    pub(crate) directory: i32,
    /// The name; one that ends in a slash stands for a directory.
    pub(crate) name: &'static CStr,
    /// What the file holds that stands in for it.
    pub(crate) content: &'static CStr,
}

impl KeptArguments {
    /// How many there are.
    pub(crate) const fn len(self) -> usize {
        self.count
    }
}

#[expect(
    clippy::copy_iterator,
    reason = "a copy is another place in the same command line"
)]
impl Iterator for KeptArguments {
    type Item = KeptArgument;

    fn next(&mut self) -> Option<KeptArgument> {
        self.count = self.count.checked_sub(1)?;
        let option = self.rest.next()?;
        let number = text::number(self.rest.next()?.to_bytes())?;
        if option == c"--keep" {
            return Some(KeptArgument::Object(number));
        }
        Some(KeptArgument::Missing(MissingName {
            directory: number,
            name: self.rest.next()?,
            content: self.rest.next()?,
        }))
    }
}

impl Options {
    /// Whether the operator lets this layer go.
    pub(crate) fn lets_go(&self, layer: Layer) -> bool {
        self.unenforced & bit(layer) != 0
    }
}

fn bit(layer: Layer) -> u32 {
    1_u32.wrapping_shl(layer.number())
}

/// What to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Request {
    /// Run a command.
    Run(Options),
    /// Print a text on standard output and end well.
    Print(&'static str),
}

const STEP: &str = "arguments";
const VERSION: &str = concat!("purple-exec ", env!("CARGO_PKG_VERSION"), "\n");
const USAGE: &str = "\
Usage: purple-exec [--report FILE] [--cgroup PATH] [--unenforced LAYER]... [--outside-id N | --subordinate-ids] [--inherit-stdio] [--keep N | --keep-missing N NAME CONTENT]... PLAN -- COMMAND [ARGUMENT...]

Applies a sealed plan to this process and executes COMMAND under it.

Options:
  --report FILE       write what was enforced and how the command ended, as one JSON object
  --cgroup PATH       create the run's control group below PATH
  --unenforced LAYER  run without this layer of the plan: cgroup, audit, monitor, landlock
  --outside-id N      root only: the command's user and group id outside
  --subordinate-ids   not for root: run the command outside with the first ids that
                      /etc/subuid and /etc/subgid list for you, instead of your own
  --inherit-stdio     let the command inherit descriptors 0 to 2, with everything that their
                      kind allows, see docs/running.md
  --parent PID N      end when the parent process PID ends, and write the report to
                      descriptor N
  --blocked-signals MASK
                      block these signals for the command, instead of those that are blocked
                      now; bit 0 is signal 1
  --keep N            protect the file, directory or symbolic link of descriptor N from changes;
                      this and the next option come last, directly before PLAN
  --keep-missing N NAME CONTENT
                      while the directory N has no NAME, put a file with CONTENT there, or for
                      `NAME/` an empty directory
  --help              print this text
  --version           print the version

Exit status: the command's own; 128+N if signal N ended it; 124 timeout; 125 refused before the
command started; 126 the command cannot be executed; 127 the command was not found inside.
";

/// The options.
#[derive(Debug, Clone, Copy)]
enum Opt {
    Help,
    Version,
    Report,
    Cgroup,
    Parent,
    BlockedSignals,
    Unenforced,
    OutsideId,
    InheritStdio,
    SubordinateIds,
    Keep,
    KeepMissing,
}

const OPTIONS: [(&str, Opt); 14] = [
    ("--help", Opt::Help),
    ("-h", Opt::Help),
    ("--version", Opt::Version),
    ("-V", Opt::Version),
    ("--report", Opt::Report),
    ("--cgroup", Opt::Cgroup),
    ("--parent", Opt::Parent),
    ("--blocked-signals", Opt::BlockedSignals),
    ("--unenforced", Opt::Unenforced),
    ("--outside-id", Opt::OutsideId),
    ("--inherit-stdio", Opt::InheritStdio),
    ("--subordinate-ids", Opt::SubordinateIds),
    ("--keep", Opt::Keep),
    ("--keep-missing", Opt::KeepMissing),
];

/// Reads the command line, program name first.
pub(crate) fn parse(arguments: Strings) -> Result<Request, Refused> {
    let mut rest = arguments;
    let _program: Option<&CStr> = rest.next();
    let mut options = Options {
        plan: c"",
        report: None,
        cgroup: None,
        parent: None,
        blocked_signals: None,
        unenforced: 0,
        outside_id: None,
        subordinate_ids: false,
        inherit_stdio: false,
        kept: KeptArguments { rest, count: 0 },
        command: rest,
    };
    options.plan = loop {
        let before = rest;
        let argument = rest.next().ok_or_else(|| usage(parts!["no PLAN given"]))?;
        let Some(option) = named(argument)? else {
            break argument;
        };
        match option {
            Opt::Help => return Ok(Request::Print(USAGE)),
            Opt::Version => return Ok(Request::Print(VERSION)),
            Opt::Report => options.report = Some(value(argument, &mut rest)?),
            Opt::Cgroup => options.cgroup = Some(value(argument, &mut rest)?),
            Opt::Parent => {
                let pid = Pid::from_raw(number(argument, &mut rest)?);
                options.parent = pid.zip(Some(number(argument, &mut rest)?));
            }
            Opt::BlockedSignals => options.blocked_signals = Some(set(argument, &mut rest)?),
            Opt::Unenforced => options.unenforced |= bit(layer(value(argument, &mut rest)?)?),
            Opt::OutsideId => options.outside_id = Some(id(value(argument, &mut rest)?)?),
            Opt::InheritStdio => options.inherit_stdio = true,
            Opt::SubordinateIds => options.subordinate_ids = true,
            Opt::Keep | Opt::KeepMissing => {
                options.kept = keep(options.kept, before);
                let _descriptor: i32 = number(argument, &mut rest)?;
                if matches!(option, Opt::KeepMissing) {
                    let _name = value(argument, &mut rest)?;
                    let _content = value(argument, &mut rest)?;
                }
                continue;
            }
        }
        if options.kept.len() > 0 {
            return Err(usage(parts![argument, " must stand before --keep"]));
        }
    };
    if rest.next() != Some(c"--") {
        return Err(usage(parts!["expected -- and a command after the plan"]));
    }
    if rest.split_first().is_none() {
        return Err(usage(parts!["no command after --"]));
    }
    options.command = rest;
    Ok(Request::Run(options))
}

/// The option of this name; `None` for what is no option.
fn named(argument: &CStr) -> Result<Option<Opt>, Refused> {
    let bytes = argument.to_bytes();
    let mut all = OPTIONS.iter();
    match all.find(|(name, _)| name.as_bytes() == bytes) {
        Some((_, option)) => Ok(Some(*option)),
        None if bytes.starts_with(b"-") => Err(usage(parts!["unknown option ", argument])),
        None => Ok(None),
    }
}

/// Counts one more option that keeps something; the first one stands at `here`.
fn keep(before: KeptArguments, here: Strings) -> KeptArguments {
    KeptArguments {
        rest: if before.count == 0 { here } else { before.rest },
        count: before.count.saturating_add(1),
    }
}

fn usage(parts: &[Part<'_>]) -> Refused {
    let refused = refused(STEP, parts);
    say!(STEP, "purple-exec --help prints the usage");
    refused
}

fn value(option: &CStr, rest: &mut Strings) -> Result<&'static CStr, Refused> {
    rest.next()
        .ok_or_else(|| usage(parts![option, " takes a value"]))
}

fn number(option: &'static CStr, rest: &mut Strings) -> Result<i32, Refused> {
    let text = value(option, rest)?;
    let number = text::number(text.to_bytes());
    number
        .filter(|&number: &i32| number > 0)
        .ok_or_else(|| usage(parts![option, " takes a number, not ", text]))
}

/// A set of signals, as a number that has a bit for each.
fn set(option: &'static CStr, rest: &mut Strings) -> Result<u64, Refused> {
    let text = value(option, rest)?;
    text::number(text.to_bytes())
        .ok_or_else(|| usage(parts![option, " takes a number, not ", text]))
}

fn layer(name: &CStr) -> Result<Layer, Refused> {
    let what = "; the layers that need not be enforced are cgroup, audit, monitor and landlock";
    let found = Layer::ALL
        .iter()
        .find(|layer| layer.name().as_bytes() == name.to_bytes());
    found
        .copied()
        .ok_or_else(|| usage(parts!["no layer is called ", name, what]))
}

/// An id without a meaning of its own: not root, and not what stands for no id.
fn id(text: &CStr) -> Result<u32, Refused> {
    let number = text::number::<u32>(text.to_bytes());
    number
        .filter(|number| (1..u32::MAX).contains(number))
        .ok_or_else(|| usage(parts![text, " is no id from 1 to 4294967294"]))
}
