//! A finding about several things, each at its own place: a comment lets one of them stand and not the others.

use super::finding::{Diagnostic, Related, Severity};
use super::subjects::{Subjects, listed};
use super::suggest::quote;
use crate::source::Span;

/// How many places are shown besides the finding's own.
const MOST_PLACES: usize = 4;

impl Diagnostic {
    /// A finding about several things, at the place of the first; `None` where there are none.
    pub fn about(severity: Severity, code: &'static str, subjects: Subjects) -> Option<Self> {
        let (_, first) = subjects.each.first()?;
        let mut found = Self::new(severity, code, *first, "");
        found.subjects = Some(Box::new(subjects));
        found.say();
        Some(found)
    }

    /// Writes the message and the places of what the finding is about.
    fn say(&mut self) {
        let Some(subjects) = &self.subjects else {
            return;
        };
        let names: Vec<&str> = subjects.each.iter().map(|(name, _)| &**name).collect();
        let [one, several] = &subjects.said;
        let said = if names.len() == 1 { one } else { several };
        self.message = format!("{} {said}", listed(&names));
        let others = subjects.each.iter().filter(|(_, span)| *span != self.span);
        let others = others.take(MOST_PLACES).map(|(name, span)| Related {
            span: *span,
            message: format!("{} {}", quote(name), subjects.here),
        });
        self.related.extend(others);
    }

    /// The finding in parts, by what a comment says of the place of each thing that it is about.
    pub(crate) fn parts<K: PartialEq>(self, key: impl Fn(Span) -> K) -> Vec<(K, Self)> {
        let Some(subjects) = &self.subjects else {
            return vec![(key(self.span), self)];
        };
        let mut parts: Vec<(K, Vec<(String, Span)>)> = Vec::new();
        for one in &subjects.each {
            let key = key(one.1);
            match parts.iter_mut().find(|(other, _)| *other == key) {
                Some((_, part)) => part.push(one.clone()),
                None => parts.push((key, vec![one.clone()])),
            }
        }
        if parts.len() == 1 {
            return parts
                .into_iter()
                .map(|(key, _)| (key, self.clone()))
                .collect();
        }
        let part = |(key, each): (K, Vec<(String, Span)>)| {
            let about = Subjects {
                each,
                ..(**subjects).clone()
            };
            let is_other = |span: Span| {
                let of = |each: &[(String, Span)]| each.iter().any(|(_, place)| *place == span);
                of(&subjects.each) && !of(&about.each)
            };
            let mut fix = self.fix.clone();
            if let Some(fix) = &mut fix {
                fix.edits.retain(|edit| !is_other(edit.span));
            }
            let fixed = self.related.iter();
            let of_subjects = |span: Span| subjects.each.iter().any(|(_, place)| *place == span);
            let related: Vec<_> = fixed
                .filter(|one| !of_subjects(one.span))
                .cloned()
                .collect();
            let mut found = Self::about(self.severity, self.code, about)?;
            found.related.extend(related);
            Some((
                key,
                Self {
                    help: self.help.clone(),
                    fix,
                    ..found
                },
            ))
        };
        parts.into_iter().filter_map(part).collect()
    }
}
