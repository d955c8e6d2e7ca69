//! What the files of a crate take from each other and from outside.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItem, Item, ItemUse, Path};

use super::modules::{Crate, End, Module, ModuleId, is_test, leaves};

/// The names that a file takes, by who takes them and from where.
pub(super) type Imports = BTreeMap<(String, String), BTreeSet<String>>;

/// The imports between the files of a crate.
pub(super) fn imports(of: &Crate) -> Imports {
    let mut found = Imports::new();
    for (from, end) in ends(of) {
        let End::Definition(module, name) = end else {
            continue;
        };
        let (Some(user), Some(owner)) = (of.modules.get(from), of.modules.get(module)) else {
            continue;
        };
        if user.file != owner.file {
            let key = (user.file.to_string(), owner.file.to_string());
            found.entry(key).or_default().insert(name);
        }
    }
    found
}

/// The names of a crate's top modules, and what each takes from another: `(user, owner, name)`.
pub(super) fn between_tops(of: &Crate) -> BTreeSet<(String, String, String)> {
    let top = |id: ModuleId| of.modules.get(id)?.path.first().cloned();
    ends(of)
        .into_iter()
        .filter_map(|(from, end)| {
            let End::Definition(module, name) = end else {
                return None;
            };
            let (user, owner) = (top(from)?, top(module)?);
            (user != owner).then_some((user, owner, name))
        })
        .collect()
}

/// The paths into other crates, with the file that has them.
pub(super) fn outside(of: &Crate) -> BTreeSet<(String, String)> {
    ends(of)
        .into_iter()
        .filter_map(|(from, end)| {
            let End::Outside(path) = end else { return None };
            Some((of.modules.get(from)?.file.to_string(), path.join("::")))
        })
        .collect()
}

/// The paths from the root that end nowhere, with the file that has them: their names are made in a
/// way that is not read here.
pub(super) fn nowhere(of: &Crate) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (id, module) in of.modules.iter().enumerate() {
        let lost = |path: &&Vec<String>| {
            path.len() > 1
                && path.first().is_some_and(|it| it == "crate")
                && of.resolve(id, path).is_none()
        };
        let paths = Paths::of(module).paths;
        let lost = paths.iter().filter(lost);
        found.extend(lost.map(|path| (module.file.to_string(), path.join("::"))));
    }
    found
}

/// Where every path of a crate ends, with the module that it is written in.
fn ends(of: &Crate) -> Vec<(ModuleId, End)> {
    let mut found = Vec::new();
    for (id, module) in of.modules.iter().enumerate() {
        let all = Paths::of(module);
        let ends = all.paths.iter().filter_map(|path| of.resolve(id, path));
        found.extend(ends.map(|end| (id, end)));
        let macros = all.macros.into_iter().map(|name| End::Outside(vec![name]));
        found.extend(macros.map(|end| (id, end)));
    }
    found
}

/// All paths in some items.
#[derive(Default)]
struct Paths {
    paths: BTreeSet<Vec<String>>,
    /// The macros that are called by one name.
    macros: BTreeSet<String>,
}

impl<'a> Visit<'a> for Paths {
    fn visit_item(&mut self, item: &'a Item) {
        let attributes = match item {
            Item::Const(it) => &it.attrs,
            Item::Fn(it) => &it.attrs,
            Item::Impl(it) => &it.attrs,
            Item::Macro(it) => &it.attrs,
            Item::Mod(it) => &it.attrs,
            Item::Static(it) => &it.attrs,
            Item::Struct(it) => &it.attrs,
            Item::Trait(it) => &it.attrs,
            Item::Use(it) => &it.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a ImplItem) {
        let attributes = match item {
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Const(it) => &it.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'a ItemUse) {
        self.paths
            .extend(leaves(&import.tree).into_iter().map(|leaf| leaf.path));
    }

    fn visit_path(&mut self, path: &'a Path) {
        let names = path.segments.iter().map(|it| it.ident.to_string());
        self.paths.insert(names.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, it: &'a syn::Macro) {
        visit::visit_macro(self, it);
        self.macros
            .extend(it.path.get_ident().map(ToString::to_string));
        self.tokens(it.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}
}

impl Paths {
    fn of(module: &Module) -> Self {
        let mut all = Self::default();
        for item in &module.items {
            all.visit_item(item);
        }
        all
    }

    /// The paths among the words of a macro: names with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.paths.insert(std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                other => {
                    self.paths.insert(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.paths.insert(path);
    }
}
