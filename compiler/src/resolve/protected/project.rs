//! `@project`: files in a project that git, editors and agents run, and that are not part of a review.

use super::group::{Group, Program};

/// It is not in version control, or runs as soon as the project is opened or entered.
///
/// git takes `commondir` for the path of the repository whose configuration and hooks count
/// (gitrepository-layout(5)), and refuses to work where it is empty: `.` means this one.
pub(super) const PROJECT: Group = Group {
    name: "@project",
    is_of_home: false,
    programs: &[
        Program {
            name: "git",
            paths: &[
                ".git/commondir=.\n",
                ".git/config",
                ".git/config.worktree",
                ".git/hooks/",
            ],
            source: "githooks(5), git-config(1), gitrepository-layout(5)",
        },
        Program {
            name: "husky",
            paths: &[".husky/"],
            source: "husky's manual: `core.hooksPath` is `.husky/_`",
        },
        Program {
            name: "direnv",
            paths: &[".envrc"],
            source: "direnv(1)",
        },
        Program {
            name: "VS Code",
            paths: &[".vscode/"],
            source: "its manual on tasks and workspace settings",
        },
        Program {
            name: "Dev Containers",
            paths: &[".devcontainer/", ".devcontainer.json"],
            source: "containers.dev: `initializeCommand` runs on the host",
        },
        Program {
            name: "JetBrains' editors",
            paths: &[".idea/"],
            source: "their manual on run configurations and startup tasks",
        },
        Program {
            name: "Zed",
            paths: &[".zed/"],
            source: "its manual on tasks and language servers",
        },
        Program {
            name: "Vim, Neovim",
            paths: &[".exrc", ".gvimrc", ".nvim.lua", ".nvimrc", ".vimrc"],
            source: "`:help 'exrc'` of both",
        },
        Program {
            name: "Emacs",
            paths: &[".dir-locals-2.el", ".dir-locals.el"],
            source: "Emacs manual, Per-Directory Local Variables",
        },
        Program {
            name: "gdb",
            paths: &[".gdbinit"],
            source: "gdb manual, Init File in the Current Directory",
        },
        Program {
            name: "Helix",
            paths: &[".helix/"],
            source: "its manual on language servers and local configuration",
        },
        Program {
            name: "lazygit",
            paths: &[".lazygit.yml"],
            source: "its manual, Config.md: files in the directories above a repository",
        },
        Program {
            name: "Python's debugger",
            paths: &[".pdbrc"],
            source: "Python's manual on pdb: it is read from the current directory",
        },
        Program {
            name: "R",
            paths: &[".RData", ".Renviron", ".Rprofile"],
            source: "R's `?Startup`",
        },
        Program {
            name: "Cursor",
            paths: &[".cursor/"],
            source: "its manual on `mcp.json` and rules",
        },
        Program {
            name: "Claude Code",
            paths: &[".claude/", ".mcp.json"],
            source: "its manual on settings, hooks and MCP servers",
        },
        Program {
            name: "Codex",
            paths: &[".codex/"],
            source: "its manual on configuration",
        },
        Program {
            name: "Gemini CLI",
            paths: &[".gemini/"],
            source: "its manual on settings",
        },
        Program {
            name: "Aider",
            paths: &[".aider.conf.yml"],
            source: "its manual on `lint-cmd` and `test-cmd`",
        },
        Program {
            name: "OpenCode",
            paths: &[".opencode/", "opencode.json", "opencode.jsonc"],
            source: "its manual on configuration, MCP servers and formatters",
        },
        Program {
            name: "Perl's debugger",
            paths: &[".perldb"],
            source: "perldebug(1), Debugger Customization",
        },
        Program {
            name: "Mercurial",
            paths: &[".hg/hgrc"],
            source: "hg help config: hooks and aliases",
        },
        Program {
            name: "Jujutsu",
            paths: &[".jj/repo/config.toml"],
            source: "its manual on settings: repository configuration",
        },
        Program {
            name: "Ruby's consoles",
            paths: &[".irbrc", ".pryrc"],
            source: "the manuals of IRB and Pry: they are read from the current directory",
        },
        Program {
            name: "Roo Code",
            paths: &[".roo/"],
            source: "its manual on `mcp.json` and modes",
        },
        Program {
            name: "Kiro",
            paths: &[".kiro/"],
            source: "its manual on hooks and MCP servers",
        },
        Program {
            name: "Windsurf",
            paths: &[".windsurf/"],
            source: "its manual on rules and workflows",
        },
        Program {
            name: "Qwen Code",
            paths: &[".qwen/"],
            source: "its manual on settings and MCP servers",
        },
        Program {
            name: "Cline",
            paths: &[".clinerules/"],
            source: "its manual on rules and workflows",
        },
        Program {
            name: "Continue",
            paths: &[".continue/"],
            source: "its manual on configuration and MCP servers",
        },
        Program {
            name: "Crush",
            paths: &[".crush.json", "crush.json"],
            source: "its manual on MCP and language servers",
        },
        Program {
            name: "agents that share skills",
            paths: &[".agents/"],
            source: "agentskills.io",
        },
    ],
};
