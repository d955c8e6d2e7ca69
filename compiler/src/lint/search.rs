//! Where programs and libraries are looked for, and who can put something there.

use super::host_paths::shares;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::Action;
use crate::resolve::Variable;
use crate::resolve::host::within;

/// Variables that hold directories to search, or files to load (execvp(3), ld.so(8), and the
/// manuals of the interpreters).
const LISTS: [&str; 27] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LD_AUDIT",
    "PYTHONPATH",
    "NODE_PATH",
    "PERL5LIB",
    "PERLLIB",
    "RUBYLIB",
    "RUBYPATH",
    "GEM_PATH",
    "GCONV_PATH",
    "AWKLIBPATH",
    "AWKPATH",
    "CLASSPATH",
    "COMPILER_PATH",
    "DOTNET_STARTUP_HOOKS",
    "EMACSLOADPATH",
    "ERL_LIBS",
    "FPATH",
    "GIO_EXTRA_MODULES",
    "GI_TYPELIB_PATH",
    "GTK_PATH",
    "GUILE_LOAD_PATH",
    "LIBRARY_PATH",
    "QT_PLUGIN_PATH",
    "VK_LAYER_PATH",
];

/// Variables that name files or directories which are run or obeyed, by themselves or among options (the same manuals). One
/// that the program itself makes in a scratch directory is its own affair.
const NAMING: [&str; 31] = [
    "BASH_ENV",
    "ENV",
    "ZDOTDIR",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_PAGER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "EDITOR",
    "PAGER",
    "SSH_ASKPASS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "NODE_OPTIONS",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PERL5OPT",
    "RUBYOPT",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "RUSTC_WRAPPER",
    "MAKEFILES",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
];

/// Directories that the loader searches, whatever the variables say.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let mut places: Vec<(String, String)> = LIBRARIES
        .iter()
        .map(|path| ((*path).to_owned(), "on the loader's own list".to_owned()))
        .collect();
    for variable in &scope.ir.environment {
        let (name, Some(value)) = (&variable.name, &variable.value) else {
            continue;
        };
        if LISTS.contains(&name.as_str()) {
            places.extend(
                value
                    .split(':')
                    .map(|entry| (entry.to_owned(), format!("on {}", quote(name)))),
            );
        } else if NAMING.contains(&name.as_str()) {
            let named = words(value).filter(|word| word.starts_with('/'));
            places.extend(named.map(|word| (word.to_owned(), format!("in {}", quote(name)))));
        }
    }
    writable(&places, scope);
    let resolved = scope.resolved;
    for variable in &resolved.environment {
        entries(variable, scope);
    }
}

/// Directories of the host that the program can write to, and that are searched.
fn writable(places: &[(String, String)], scope: &mut Scope<'_>) {
    for share in shares(scope.ir).into_iter().filter(|share| share.writable) {
        let Some(span) = share.span else { continue };
        let searched = places.iter().find(|(path, _)| {
            path.starts_with('/')
                && (within(path, &share.inside)
                    || LIBRARIES.contains(&path.as_str()) && within(&share.inside, path))
        });
        let Some((path, list)) = searched else {
            continue;
        };
        let message = format!(
            "{} is writable and executable, and {} is {list}: a run can execute files that an earlier run has created",
            quote(&share.inside),
            quote(path)
        );
        let help = if list.starts_with("in ") {
            "name a file that no run can write to, such as one under `/usr`"
        } else {
            "give it a path inside that is not searched, such as `/output`"
        };
        scope.report(Diagnostic::warning("search-path-writable", span, message).with_help(help));
    }
}

/// What may be a path in a list of options.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', '\t', '\n', '=', ':', ',', ';', '"', '\''])
}

/// A path in a variable that is taken from the directory that the program is in.
fn relative(variable: &Variable, value: &str, scope: &mut Scope<'_>) {
    let is_relative = |word: &&str| word.starts_with("./") || word.starts_with("../");
    let Some(word) = words(value).find(is_relative) else {
        return;
    };
    let message = format!(
        "`{}` names {}, which is relative to the program's working directory",
        variable.name,
        quote(word)
    );
    scope.report(
        Diagnostic::warning("search-path-relative", variable.span, message).with_help(
            "write a path that begins with `/`: a file in a project must not stand in for it",
        ),
    );
}

/// Entries of one variable that are relative, or in a scratch directory.
fn entries(variable: &Variable, scope: &mut Scope<'_>) {
    let Some(value) = &variable.value else { return };
    if NAMING.contains(&variable.name.as_str()) {
        relative(variable, value, scope);
    }
    if !LISTS.contains(&variable.name.as_str()) || value.is_empty() {
        return;
    }
    let place = variable.span;
    if let Some(entry) = value.split(':').find(|entry| !entry.starts_with('/')) {
        let what = if entry.is_empty() {
            "an empty entry".to_owned()
        } else {
            quote(entry)
        };
        let message = format!(
            "`{}` has {what}, which is relative to the program's working directory",
            variable.name
        );
        scope.report(
            Diagnostic::warning("search-path-relative", place, message)
                .with_help("write entries that begin with `/`, so that a file in a project does not replace a program"),
        );
    }
    let scratch = scope.ir.steps.iter().filter(|step| {
        matches!(step.action, Action::Tmpfs { .. })
            && !matches!(step.target.as_str(), "/" | "/dev/shm")
    });
    let found = scratch
        .flat_map(|step| value.split(':').map(move |entry| (entry, &step.target)))
        .find(|(entry, target)| entry.starts_with('/') && within(entry, target));
    if let Some((entry, target)) = found {
        let message = format!(
            "`{}` has {}, in the scratch directory {}: a program can put replacements of tools there",
            variable.name,
            quote(entry),
            quote(target)
        );
        scope.report(
            Diagnostic::note("search-path-scratch", place, message)
                .with_help("put it last in the list, so that no file there replaces a tool"),
        );
    }
}
