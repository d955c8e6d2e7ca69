//! `workspace`: the project of the run, at the path that it has on the host.

use super::shares::{READ_ONLY, Shares, WRITABLE};
use crate::facts::HostFact;
use crate::parse::NodeId;
use crate::resolve::default_groups;
use crate::resolve::host::within;
use crate::source::Span;

pub(super) const KEY: &str = "workspace";

/// The group of paths that a workspace keeps as they are.
const PROJECT: &str = "@project";

/// What the program may do with the files, and the list of shares that says the same.
const ACCESS: [(&str, &str); 2] = [("read-write", WRITABLE), ("read-only", READ_ONLY)];

/// What a workspace can have, beside the access: what a share has too.
const OF_A_SHARE: [&str; 3] = ["reason", "owner", "expires"];

/// The list of what is kept as it is.
const KEPT: &str = "read_only";

impl Shares<'_, '_> {
    /// Shows the workspace, and the git directory of the repository that it is a linked worktree of.
    pub(super) fn workspace(&mut self) {
        let Some((span, workspace)) = self.short_form(KEY) else {
            return;
        };
        let Some((list, kept)) = self.access(workspace) else {
            return;
        };
        self.done.push(KEY);
        self.facts.use_git_config();
        let path = self.facts.used_at(HostFact::Workspace, span, self.sink);
        let of_a_share = self.of_a_share(workspace);
        let mut more = of_a_share.clone();
        if list == WRITABLE {
            more.push((KEPT, self.kept(&path, kept, span)));
        }
        self.add(list, (&path, &path), span, more);
        if let Some(git) = self.facts.used_if_set(HostFact::GitDirectory)
            && !within(&git, &path)
        {
            self.add(list, (&git, &git), span, of_a_share);
        }
        if self.short_form("working_dir").is_none() {
            self.working_dir = Some(self.start(&path, span));
        }
    }

    /// The directory of the workspace that the program starts in.
    fn start(&mut self, workspace: &str, span: Span) -> NodeId {
        let start = self.facts.used_if_set(HostFact::Start);
        let start = start.unwrap_or_else(|| workspace.to_owned());
        self.document.add_text(span, &start)
    }

    /// The list that the workspace belongs to, and what it keeps as it is. `None` where it does not fit the schema.
    fn access(&self, workspace: NodeId) -> Option<(&'static str, Vec<NodeId>)> {
        let document = &*self.document;
        if !document.is_mapping(workspace) {
            return None;
        }
        let is_known = |key: &str| matches!(key, "access" | KEPT) || OF_A_SHARE.contains(&key);
        if !document.entries(workspace).all(|(key, ..)| is_known(key)) {
            return None;
        }
        let said = self.text(workspace, "access");
        if said.is_none() && document.entry(workspace, "access").is_some() {
            return None;
        }
        let said = said.as_deref().unwrap_or("read-write");
        let &(_, list) = ACCESS.iter().find(|(name, _)| *name == said)?;
        let kept = match document.entry(workspace, KEPT) {
            Some((_, value)) if document.is_list(value) => document.items(value).to_vec(),
            Some(_) => return None,
            None => Vec::new(),
        };
        let is_text = |&id: &NodeId| document.text(id).is_some();
        kept.iter().all(is_text).then_some((list, kept))
    }

    /// What is kept as it is in a workspace that can be written to.
    fn kept(&mut self, path: &str, mut kept: Vec<NodeId>, span: Span) -> NodeId {
        let says = |id: &NodeId| {
            let text = self.document.text(*id);
            text.is_some_and(|text| text.trim_start_matches('!') == PROJECT)
        };
        if !kept.iter().any(says) && !default_groups(path).any(|group| group == PROJECT) {
            kept.push(self.document.add_text(span, PROJECT));
        }
        self.document.add_list(span, kept)
    }

    fn of_a_share(&self, workspace: NodeId) -> Vec<(&'static str, NodeId)> {
        let entry = |key: &'static str| Some((key, self.document.entry(workspace, key)?.1));
        OF_A_SHARE.into_iter().filter_map(entry).collect()
    }
}
