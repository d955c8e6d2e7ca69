//! The `filesystem` section.

use super::devices::{self, Device};
use super::host::{leads_out, plain};
use super::inline::{self, InlineFile};
use super::paths::{LONGEST, inside, invalid, pattern_fault};
use super::protected::{self, Protected};
use super::scope::{Placed, Scope};
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::Stub;
use crate::quantity;
use crate::source::Span;
use purple_plan::MAX_MOUNTS;
use purple_policy as policy;

/// What of the host is seen inside, and what is made there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filesystem {
    /// Whether the policy has the section.
    pub is_written: bool,
    /// Host paths shown read-only.
    pub immutable: Vec<Shared>,
    /// Host directories shown writable.
    pub output: Vec<Shared>,
    /// What is kept as it is in those.
    pub protected: Vec<Protected>,
    /// What is hidden of all that.
    pub masked: Vec<Masked>,
    /// Private writable directories.
    pub scratch: Vec<Scratch>,
    /// Bytes that each of those may hold that has no size of its own.
    pub scratch_bytes: u64,
    /// The key that says so, where it is written.
    pub scratch_bytes_key: Option<Span>,
    /// Files that the policy contains.
    pub files: Vec<InlineFile>,
    /// Devices of the host.
    pub devices: Vec<Device>,
    /// Where the program starts, and where the policy says so.
    pub working_dir: (String, Option<Span>),
}

/// What to do about a host path that leads out of the directory that the sandbox is started from.
pub(crate) const OUTSIDE_HELP: &str =
    "write the path in full, or start the sandbox from the directory above";

/// A host path and where it is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// On the host.
    pub host: String,
    /// Inside: absolute and straight down.
    pub inside: String,
    /// Whether a host without it is no error.
    pub optional: bool,
    /// The place of `host_path`; `None` for a default.
    pub host_span: Option<Span>,
    /// The place of `sandbox_path`; `None` for a default.
    pub inside_span: Option<Span>,
    /// Whether a step up after a name was taken out of the host path, and reported.
    pub normalized: bool,
    /// Whether no program in it can be executed.
    pub no_exec: bool,
}

/// A private writable directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    /// Inside: absolute and straight down.
    pub inside: String,
    /// The place of the path.
    pub span: Span,
    /// Its own size in bytes.
    pub bytes: Option<Placed<u64>>,
    /// Whether no program in it can be executed.
    pub no_exec: bool,
}

/// A path inside that is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// Inside: absolute and straight down.
    pub inside: String,
    /// What stands there while the sandbox runs, should a writable directory not have it.
    pub stub: Stub,
    /// Where the policy says so.
    pub span: Span,
}

/// Bytes in a scratch directory, unless the policy says otherwise.
pub(crate) const SCRATCH_BYTES: u64 = 512 << 20;

/// What a policy without the section shows of the host: its programs and libraries, and of `/etc` what they look up. The
/// profile `base` shows the same.
pub(crate) const DEFAULT: [(&str, bool); 35] = [
    ("/usr", false),
    ("/bin", true),
    ("/lib", true),
    ("/lib64", true),
    ("/sbin", true),
    ("/gnu/store", true),
    ("/nix/store", true),
    ("/run/current-system/profile", true),
    ("/run/current-system/sw", true),
    ("/etc/alternatives", true),
    ("/etc/ca-certificates", true),
    ("/etc/chromium.d", true),
    ("/etc/crypto-policies", true),
    ("/etc/fonts", true),
    ("/etc/java", true),
    ("/etc/java-8-openjdk", true),
    ("/etc/java-11-openjdk", true),
    ("/etc/java-17-openjdk", true),
    ("/etc/java-21-openjdk", true),
    ("/etc/java-25-openjdk", true),
    ("/etc/ld.so.cache", true),
    ("/etc/localtime", true),
    ("/etc/maven", true),
    ("/etc/mime.types", true),
    ("/etc/pki/ca-trust", true),
    ("/etc/pki/java", true),
    ("/etc/pki/tls/cert.pem", true),
    ("/etc/pki/tls/certs", true),
    ("/etc/pki/tls/openssl.cnf", true),
    ("/etc/protocols", true),
    ("/etc/services", true),
    ("/etc/ssl/cert.pem", true),
    ("/etc/ssl/certs", true),
    ("/etc/ssl/openssl.cnf", true),
    ("/var/lib/ca-certificates", true),
];

/// The file system.
pub(super) fn resolve(
    section: Option<&policy::Filesystem>,
    git_directory: Option<&str>,
    scope: &mut Scope<'_>,
) -> Filesystem {
    let section = section.filter(|section| fits(section, scope));
    let Some(section) = section else {
        let immutable = DEFAULT
            .iter()
            .map(|&(path, optional)| default(path, optional))
            .collect();
        return Filesystem {
            is_written: false,
            immutable,
            output: Vec::new(),
            protected: Vec::new(),
            masked: Vec::new(),
            scratch: Vec::new(),
            scratch_bytes: SCRATCH_BYTES,
            scratch_bytes_key: None,
            files: Vec::new(),
            devices: Vec::new(),
            working_dir: ("/tmp".to_owned(), None),
        };
    };
    let mut immutable = Vec::new();
    for (index, path) in section.immutable_paths.iter().enumerate() {
        let at = format!("/filesystem/immutable_paths/{index}");
        let shown = shared((&path.host_path, &path.sandbox_path), &at, scope);
        immutable.extend(shown.map(|shown| Shared {
            optional: path.optional,
            no_exec: path.noexec,
            ..shown
        }));
    }
    let mut output = Vec::new();
    let mut kept = Vec::new();
    for (index, path) in section.output_paths.iter().enumerate() {
        let at = format!("/filesystem/output_paths/{index}");
        let shown = shared((&path.host_path, &path.sandbox_path), &at, scope);
        let Some(top) = shown.map(|shown| Shared {
            optional: path.optional,
            no_exec: path.noexec,
            ..shown
        }) else {
            continue;
        };
        let at = format!("{at}/read_only");
        // A repository without a working tree has any name.
        let host = match git_directory {
            Some(git) if git == top.host => "/.git",
            _ => &top.host,
        };
        kept.extend(protected::resolve(
            (host, &top.inside),
            &path.read_only,
            &at,
            scope,
        ));
        output.push(top);
    }
    let mut masked = Vec::new();
    for (index, path) in section.masked_paths.iter().enumerate() {
        let at = format!("/filesystem/masked_paths/{index}");
        if let Some(fault) = pattern_fault(path) {
            invalid(path, &at, fault, scope);
        } else if let Some(inside) = inside(path, &at, scope) {
            let (_, stub) = protected::stub(path, false);
            masked.push(Masked {
                inside,
                stub,
                span: scope.span(&at),
            });
        }
    }
    let mut scratch = Vec::new();
    for (index, path) in section.scratch_paths.iter().enumerate() {
        let at = format!("/filesystem/scratch_paths/{index}");
        scratch.extend(scratch_path(path, &at, scope));
    }
    let at = "/filesystem/scratch_size_bytes";
    let scratch_bytes = section
        .scratch_size_bytes
        .as_ref()
        .and_then(|size| scope.quantity(size, at, quantity::size))
        .map_or(SCRATCH_BYTES, |size| size.value);
    let scratch_bytes_key = section
        .scratch_size_bytes
        .as_ref()
        .map(|_| scope.document.key_span(at));
    let at = "/filesystem/working_dir";
    let working_dir = match &section.working_dir {
        None => ("/tmp".to_owned(), None),
        Some(path) => (
            inside(path, at, scope).unwrap_or_else(|| "/".to_owned()),
            Some(scope.span(at)),
        ),
    };
    let protected = kept;
    Filesystem {
        is_written: true,
        immutable,
        output,
        protected,
        masked,
        scratch,
        scratch_bytes,
        scratch_bytes_key,
        files: inline::resolve(&section.files, scope),
        devices: devices::resolve(&section.devices, scope),
        working_dir,
    }
}

/// A private writable directory, in its short or its long form.
fn scratch_path(entry: &policy::ScratchEntry, at: &str, scope: &mut Scope<'_>) -> Option<Scratch> {
    let (path_at, size, no_exec) = match entry {
        policy::ScratchEntry::Path(_) => (at.to_owned(), None, false),
        policy::ScratchEntry::Long(long) => {
            let size_at = format!("{at}/size_bytes");
            let size = long.size_bytes.as_ref();
            let size = size.and_then(|size| scope.quantity(size, &size_at, quantity::size));
            (format!("{at}/sandbox_path"), size, long.noexec)
        }
    };
    Some(Scratch {
        inside: inside(entry.sandbox_path(), &path_at, scope)?,
        span: scope.span(&path_at),
        bytes: size,
        no_exec,
    })
}

/// Whether a plan can hold a step for each path of the section. Said before anything is worked out: that would take long.
fn fits(section: &policy::Filesystem, scope: &mut Scope<'_>) -> bool {
    let named = |entry: &&String| !entry.starts_with('!');
    let kept = section
        .output_paths
        .iter()
        .map(|path| path.read_only.iter().filter(named).count());
    let lists = [
        section.immutable_paths.len(),
        section.output_paths.len(),
        section.scratch_paths.len(),
        section.masked_paths.len(),
        section.files.len(),
        section.devices.len(),
    ];
    let count = lists.into_iter().chain(kept).fold(0, usize::saturating_add);
    if count <= MAX_MOUNTS {
        return true;
    }
    let message = format!(
        "the section names {count} paths, and a plan has at most {MAX_MOUNTS} steps that build the file system"
    );
    let span = scope.document.key_span("/filesystem");
    scope.report(
        Diagnostic::error("plan-too-large", span, message)
            .with_help("show or mask the directory that contains them"),
    );
    false
}

fn default(path: &str, optional: bool) -> Shared {
    Shared {
        host: path.to_owned(),
        inside: path.to_owned(),
        optional,
        host_span: None,
        inside_span: None,
        normalized: false,
        no_exec: false,
    }
}

/// A path of the host and where it is inside, which must exist and may have programs.
fn shared((host, sandbox): (&str, &str), at: &str, scope: &mut Scope<'_>) -> Option<Shared> {
    let host_at = format!("{at}/host_path");
    let inside_at = format!("{at}/sandbox_path");
    let inside = inside(sandbox, &inside_at, scope);
    if host.is_empty() || host.contains('\0') {
        invalid(
            host,
            &host_at,
            "a host path must not be empty or contain NUL",
            scope,
        );
        return None;
    }
    if host.len() > LONGEST {
        invalid(host, &host_at, "a host path has at most 4000 bytes", scope);
        return None;
    }
    let without = without_steps_up(host, &host_at, scope);
    let normalized = without.is_some();
    Some(Shared {
        host: without.unwrap_or_else(|| host.to_owned()),
        inside: inside?,
        optional: false,
        host_span: Some(scope.span(&host_at)),
        inside_span: Some(scope.span(&inside_at)),
        normalized,
        no_exec: false,
    })
}

/// A host path that has a step up after a name, without it. Where that name is a symbolic link, the kernel goes
/// up from where it leads: what is shown would not be what the path says.
fn without_steps_up(host: &str, pointer: &str, scope: &mut Scope<'_>) -> Option<String> {
    let mut names = host.split('/').filter(|part| !matches!(*part, "" | "."));
    let name = names.find(|part| *part != "..")?;
    if !names.any(|part| part == "..") {
        return None;
    }
    let path = plain(host);
    let mut message = format!(
        "{} means {}, even if {} is a link on the host",
        quote(host),
        quote(&path),
        quote(name)
    );
    let mut help = "write the path without `..`: this is the path that is shown";
    if leads_out(&path) {
        message.push_str(", and is outside of the directory in which the sandbox is started");
        help = OUTSIDE_HELP;
    }
    scope
        .report(Diagnostic::note("host-path-upward", scope.span(pointer), message).with_help(help));
    Some(path)
}
