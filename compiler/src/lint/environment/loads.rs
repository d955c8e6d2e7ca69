//! Variables that make programs load code or run commands.

/// The variables, and the manuals that say so. A `*` stands for any characters.
const LOADS: [(&str, &[&str]); 20] = [
    ("ld.so(8)", &["LD_*", "GLIBC_TUNABLES"]),
    (
        "iconv_open(3), getconf(1), libc's manual on charset conversion",
        &["GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH"],
    ),
    ("execvp(3): which programs run", &["PATH"]),
    (
        "less(1), ssh(1), sudo(8)",
        &["LESSCLOSE", "LESSOPEN", "SSH_ASKPASS", "SUDO_ASKPASS"],
    ),
    (
        "bash(1), dash(1), zsh(1)",
        &[
            "BASHOPTS",
            "BASH_ENV",
            "BASH_FUNC_*",
            "ENV",
            "FPATH",
            "PROMPT_COMMAND",
            "PS4",
            "SHELLOPTS",
            "ZDOTDIR",
        ],
    ),
    (
        "git(1), git-config(1)",
        &[
            "GIT_ALLOW_PROTOCOL",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_ASKPASS",
            "GIT_COMMON_DIR",
            "GIT_CONFIG*",
            "GIT_DIR",
            "GIT_EDITOR",
            "GIT_EXEC_PATH",
            "GIT_EXTERNAL_DIFF",
            "GIT_OBJECT_DIRECTORY",
            "GIT_PAGER",
            "GIT_PROXY_COMMAND",
            "GIT_SEQUENCE_EDITOR",
            "GIT_SSH",
            "GIT_SSH_COMMAND",
            "GIT_TEMPLATE_DIR",
            "GIT_WORK_TREE",
        ],
    ),
    (
        "java(1), JVM Tool Interface, the launchers of Ant, Gradle, Maven, sbt and Tomcat",
        &[
            "ANT_ARGS",
            "ANT_OPTS",
            "CATALINA_OPTS",
            "CLASSPATH",
            "GRADLE_OPTS",
            "JAVA_OPTIONS",
            "JAVA_OPTS",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVAC_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "JVM_OPTS",
            "MAVEN_ARGS",
            "MAVEN_OPTS",
            "SBT_OPTS",
            "_JAVA_OPTIONS",
        ],
    ),
    (
        "node(1), npm's config(7), the pages of Bun and Electron",
        &[
            "BUN_OPTIONS",
            "ELECTRON_RUN_AS_NODE",
            "NODE_OPTIONS",
            "NODE_PATH",
            "NODE_REPL_EXTERNAL_MODULE",
            "NPM_CONFIG_*",
            "npm_config_*",
        ],
    ),
    (
        "python(1), pip's configuration",
        &[
            "PIP_CONFIG_FILE",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_INDEX_URL",
            "PYTHONBREAKPOINT",
            "PYTHONEXECUTABLE",
            "PYTHONHOME",
            "PYTHONINSPECT",
            "PYTHONPATH",
            "PYTHONPLATLIBDIR",
            "PYTHONPYCACHEPREFIX",
            "PYTHONSTARTUP",
            "PYTHONUSERBASE",
            "PYTHONWARNINGS",
        ],
    ),
    (
        "perlrun(1), ExtUtils::MakeMaker(3), Module::Build(3)",
        &["PERL5*", "PERLLIB", "PERL_MB_OPT", "PERL_MM_OPT"],
    ),
    (
        "ruby(1), gem(1), bundle-config(1), irb(1)",
        &[
            "BUNDLE_APP_CONFIG",
            "BUNDLE_GEMFILE",
            "BUNDLE_PATH",
            "GEM_HOME",
            "GEM_PATH",
            "GEM_SPEC_CACHE",
            "IRBRC",
            "RUBYGEMS_GEMDEPS",
            "RUBYLIB",
            "RUBYOPT",
            "RUBYPATH",
            "RUBYSHELL",
        ],
    ),
    (
        "php(1), Composer's command line",
        &["COMPOSER", "COMPOSER_HOME", "PHPRC", "PHP_INI_SCAN_DIR"],
    ),
    ("lua(1)", &["LUA_CPATH*", "LUA_INIT*", "LUA_PATH*"]),
    (
        "the Cargo book, Environment Variables; the rustup book",
        &[
            "CARGO_BUILD_RUSTC*",
            "CARGO_BUILD_RUSTDOC*",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_HOME",
            "CARGO_TARGET_*_LINKER",
            "CARGO_TARGET_*_RUNNER",
            "CARGO_TARGET_*_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTDOC",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ],
    ),
    (
        "go help environment",
        &[
            "CGO_*FLAGS",
            "GOENV",
            "GOFLAGS",
            "GOPATH",
            "GOPROXY",
            "GOROOT",
            "GOTOOLCHAIN",
        ],
    ),
    (
        ".NET's configuration: hooks, dependencies, profilers",
        &[
            "CORECLR_*",
            "COR_*",
            "DOTNET_ADDITIONAL_DEPS",
            "DOTNET_ROOT*",
            "DOTNET_SHARED_STORE",
            "DOTNET_STARTUP_HOOKS",
        ],
    ),
    (
        "Startup of R; erl(1); Julia's, Guile's and Emacs's environment variables",
        &[
            "EMACSLOADPATH",
            "ERL_*FLAGS",
            "ERL_LIBS",
            "GUILE_LOAD_COMPILED_PATH",
            "GUILE_LOAD_PATH",
            "JULIA_DEPOT_PATH",
            "JULIA_LOAD_PATH",
            "R_ENVIRON*",
            "R_LIBS*",
            "R_PROFILE*",
        ],
    ),
    (
        "vim's starting.txt, gawk(1), psql(1), Tcl's library(3)",
        &[
            "AWKLIBPATH",
            "AWKPATH",
            "EXINIT",
            "MYVIMRC",
            "PSQLRC",
            "TCLLIBPATH",
            "VIMINIT",
            "VIMRUNTIME",
        ],
    ),
    (
        "GTK's, GLib's, Qt's and GStreamer's running pages; the loaders of Vulkan and OpenCL",
        &[
            "GDK_PIXBUF_MODULE_FILE",
            "GIO_EXTRA_MODULES",
            "GIO_MODULE_DIR",
            "GI_TYPELIB_PATH",
            "GST_PLUGIN_*",
            "GTK_MODULES",
            "GTK_PATH",
            "LIBGL_DRIVERS_PATH",
            "OCL_ICD_*",
            "QML2_IMPORT_PATH",
            "QML_IMPORT_PATH",
            "QT_PLUGIN_PATH",
            "QT_QPA_PLATFORM_PLUGIN_PATH",
            "VK_ADD_LAYER_PATH",
            "VK_DRIVER_FILES",
            "VK_ICD_FILENAMES",
            "VK_LAYER_PATH",
        ],
    ),
    (
        "openssl-config(5), gcc(1), make(1)",
        &[
            "CC",
            "COMPILER_PATH",
            "CPP",
            "CXX",
            "GCC_EXEC_PREFIX",
            "GNUMAKEFLAGS",
            "LD",
            "LIBRARY_PATH",
            "MAKEFILES",
            "MAKEFLAGS",
            "OPENSSL_CONF",
            "OPENSSL_ENGINES",
            "OPENSSL_MODULES",
        ],
    ),
];

/// Whether a variable makes programs load code or run commands.
pub fn loads_code(name: &str) -> bool {
    let fits = |known: &str| match known.split_once('*') {
        Some((start, end)) => {
            let rest = name.strip_prefix(start);
            rest.is_some_and(|rest| rest.ends_with(end))
        }
        None => name == known,
    };
    LOADS
        .iter()
        .any(|(_, names)| names.iter().any(|known| fits(known)))
}

#[cfg(test)]
mod tests {
    use super::{LOADS, loads_code};
    use std::collections::BTreeSet;

    #[test]
    fn variables_that_load_code_are_known() {
        for name in [
            "LD_PRELOAD",
            "LD_AUDIT",
            "PATH",
            "GIT_CONFIG_COUNT",
            "GIT_SSH",
            "_JAVA_OPTIONS",
            "JAVA_TOOL_OPTIONS",
            "NODE_OPTIONS",
            "NPM_CONFIG_SCRIPT_SHELL",
            "PIP_INDEX_URL",
            "PYTHONPATH",
            "PYTHONWARNINGS",
            "PERL5SHELL",
            "RUBYOPT",
            "BUNDLE_GEMFILE",
            "BASH_ENV",
            "BASH_FUNC_ls%%",
            "SHELLOPTS",
            "ENV",
            "LUA_INIT_5_4",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "DOTNET_STARTUP_HOOKS",
            "ERL_AFLAGS",
            "VK_LAYER_PATH",
        ] {
            assert!(loads_code(name), "{name}");
        }
        for name in [
            "LANG",
            "TZ",
            "TERM",
            "GIT_AUTHOR_NAME",
            "GIT_COMMITTER_EMAIL",
            "JAVA_HOME",
            "PYTHONUNBUFFERED",
            "PYTHONDONTWRITEBYTECODE",
            "RUBY_YJIT_ENABLE",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "PATHS",
            "NODE_ENV",
            "ENVIRONMENT",
            "EDITOR",
            "PAGER",
            "SHELL",
        ] {
            assert!(!loads_code(name), "{name}");
        }
    }

    #[test]
    fn each_name_is_listed_once_and_has_one_star_at_most() {
        let names = LOADS.iter().flat_map(|(_, names)| names.iter());
        let mut seen = BTreeSet::new();
        for name in names {
            assert!(seen.insert(name), "{name}");
            assert!(name.matches('*').count() < 2, "{name}");
        }
    }
}
