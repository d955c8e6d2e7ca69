//! The modules of the product's crates, read from their sources: what each defines and what each
//! imports, and in which file a path ends.

use std::collections::BTreeMap;
use std::rc::Rc;

use purple_tests::repository::Tracked;
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree};

use super::macros::Macros;

/// The number of a module in [`Crate::modules`].
pub(super) type ModuleId = usize;

/// One target of a package: its library or its program.
pub(super) struct Crate {
    /// The first is the root.
    pub(super) modules: Vec<Module>,
}

/// The number of the root in [`Crate::modules`].
const ROOT: ModuleId = 0;

/// A module, in a file of its own or within one.
pub(super) struct Module {
    /// The file that its items stand in.
    pub(super) file: Rc<str>,
    /// Its names below the root.
    pub(super) path: Vec<String>,
    pub(super) parent: Option<ModuleId>,
    pub(super) items: Vec<Item>,
    names: BTreeMap<String, Vec<Named>>,
    globs: Vec<Vec<String>>,
}

/// What a name stands for in its module.
#[derive(Debug, Clone)]
enum Named {
    Module(ModuleId),
    Definition,
    /// Imported from this path.
    Import(Vec<String>),
}

/// Where a path ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Module(ModuleId),
    /// A definition: its module and its name.
    Definition(ModuleId, String),
    /// Something of another crate.
    Outside(Vec<String>),
}

/// Imports of imports that are followed.
const MOST_STEPS: usize = 32;

/// The crates of the product: every `src/lib.rs` and `src/main.rs` outside of the tests.
pub(super) fn crates(files: &[Tracked]) -> Vec<Crate> {
    let is_root = |file: &&Tracked| {
        let package = ["/src/lib.rs", "/src/main.rs"]
            .iter()
            .find_map(|end| file.path.strip_suffix(end));
        package.is_some_and(|package| package != "tests")
    };
    files
        .iter()
        .filter(is_root)
        .map(|root| Crate::read(root, files))
        .collect()
}

impl Crate {
    fn read(root: &Tracked, files: &[Tracked]) -> Self {
        let mut all = Self {
            modules: Vec::new(),
        };
        let directory = root.path.rsplit_once('/').map_or("", |(before, _)| before);
        all.file(root, &[], None, directory, files);
        all.expand();
        all
    }

    /// Adds the names that calls of macros define, and to the root those of exported macros.
    fn expand(&mut self) {
        let macros = Macros::read(self.modules.iter().flat_map(|module| &module.items));
        for id in 0..self.modules.len() {
            let items = self.modules.get(id).map_or(&[][..], |module| &module.items);
            let (mut names, mut exported) = (Vec::new(), Vec::new());
            for item in items {
                if let Item::Macro(it) = item
                    && it.attrs.iter().any(|at| at.path().is_ident("macro_export"))
                {
                    exported.extend(it.ident.as_ref().map(ToString::to_string));
                }
                if let Item::Macro(call) = item
                    && call.ident.is_none()
                    && !is_test(&call.attrs)
                {
                    names.extend(macros.defined_by(&call.mac));
                }
            }
            for name in names {
                self.name(id, name, Named::Definition);
            }
            let here = self.modules.get(id).map(|module| module.path.clone());
            for name in exported.into_iter().filter(|_| id != ROOT) {
                let path =
                    std::iter::once("crate".to_owned()).chain(here.clone().unwrap_or_default());
                let path = path.chain([name.clone()]).collect();
                self.name(ROOT, name, Named::Import(path));
            }
        }
    }

    /// Adds the module that a file is, and those below it. `directory`: where theirs are.
    fn file(
        &mut self,
        file: &Tracked,
        path: &[String],
        parent: Option<ModuleId>,
        directory: &str,
        files: &[Tracked],
    ) -> ModuleId {
        let parsed = syn::parse_file(&file.text)
            .unwrap_or_else(|error| panic!("{}: cannot be parsed: {error}", file.path));
        self.module(
            &Rc::from(file.path.as_str()),
            path,
            parent,
            parsed.items,
            directory,
            files,
        )
    }

    fn module(
        &mut self,
        file: &Rc<str>,
        path: &[String],
        parent: Option<ModuleId>,
        items: Vec<Item>,
        directory: &str,
        files: &[Tracked],
    ) -> ModuleId {
        let id = self.modules.len();
        self.modules.push(Module {
            file: Rc::clone(file),
            path: path.to_vec(),
            parent,
            items: Vec::new(),
            names: BTreeMap::new(),
            globs: Vec::new(),
        });
        let mut kept = Vec::new();
        for item in items {
            match item {
                Item::Mod(inner) if !is_test(&inner.attrs) => {
                    self.child(id, file, path, inner, directory, files);
                }
                Item::Use(import) if !is_test(&import.attrs) => {
                    self.import(id, &import);
                    kept.push(Item::Use(import));
                }
                item => {
                    if let Some(name) = defined(&item) {
                        self.name(id, name, Named::Definition);
                    }
                    kept.push(item);
                }
            }
        }
        if let Some(module) = self.modules.get_mut(id) {
            module.items = kept;
        }
        id
    }

    fn child(
        &mut self,
        parent: ModuleId,
        file: &Rc<str>,
        path: &[String],
        inner: ItemMod,
        directory: &str,
        files: &[Tracked],
    ) {
        let name = inner.ident.to_string();
        let below = format!("{directory}/{name}");
        let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        let id = if let Some((_, items)) = inner.content {
            self.module(file, &path, Some(parent), items, &below, files)
        } else {
            let places = [format!("{below}.rs"), format!("{below}/mod.rs")];
            let Some(found) = files.iter().find(|file| places.contains(&file.path)) else {
                panic!("{file}: `mod {name};` has no file that git tracks");
            };
            self.file(found, &path, Some(parent), &below, files)
        };
        self.name(parent, name, Named::Module(id));
    }

    fn name(&mut self, module: ModuleId, name: String, named: Named) {
        if let Some(module) = self.modules.get_mut(module) {
            module.names.entry(name).or_default().push(named);
        }
    }

    fn import(&mut self, module: ModuleId, import: &ItemUse) {
        for leaf in leaves(&import.tree) {
            match leaf.name {
                Some(name) => self.name(module, name, Named::Import(leaf.path)),
                None => {
                    if let Some(module) = self.modules.get_mut(module) {
                        module.globs.push(leaf.path);
                    }
                }
            }
        }
    }

    /// Where a path that is written in a module ends; `None` for what is no path to an item.
    pub(super) fn resolve(&self, from: ModuleId, path: &[String]) -> Option<End> {
        self.follow(from, path, MOST_STEPS)
    }

    fn follow(&self, from: ModuleId, path: &[String], steps: usize) -> Option<End> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Some(End::Module(ROOT)),
            "self" => Some(End::Module(from)),
            "super" => self.modules.get(from)?.parent.map(End::Module),
            name => self.named(from, name, rest.is_empty(), steps),
        };
        let mut at = match start {
            Some(found) => found,
            None if rest.is_empty() => return None,
            None => return Some(End::Outside(path.to_vec())),
        };
        for (index, step) in rest.iter().enumerate() {
            let End::Module(module) = at else { break };
            at = if step == "super" {
                End::Module(self.modules.get(module)?.parent?)
            } else {
                self.named(module, step, index + 1 == rest.len(), steps)?
            };
        }
        if let End::Outside(mut whole) = at {
            whole.extend_from_slice(rest);
            at = End::Outside(whole);
        }
        Some(at)
    }

    /// What a name stands for in a module. A name may stand for a module and for something else:
    /// `last` says whether a path ends with it, where the other is meant.
    fn named(&self, module: ModuleId, name: &str, last: bool, steps: usize) -> Option<End> {
        let here = self.modules.get(module)?;
        let mut found = Vec::new();
        for named in here.names.get(name).into_iter().flatten() {
            found.extend(match named {
                Named::Module(id) => Some(End::Module(*id)),
                Named::Definition => Some(End::Definition(module, name.to_owned())),
                // `use self::x` and `use x` name x itself where they stand in the same module.
                Named::Import(path) if matches!(path.as_slice(), [one] if one == name) => None,
                Named::Import(path) => self.follow(module, path, steps),
            });
        }
        let globs = here.globs.iter().filter_map(|path| {
            let End::Module(from) = self.follow(module, path, steps)? else {
                return None;
            };
            let steps = steps.checked_sub(1)?;
            self.named(from, name, last, steps)
        });
        if found.is_empty() {
            found.extend(globs);
        }
        let is_module = |end: &&End| matches!(end, End::Module(_));
        let wanted = found.iter().find(|end| is_module(end) != last);
        wanted.or(found.first()).cloned()
    }
}

/// The name that an item defines.
fn defined(item: &Item) -> Option<String> {
    let (attributes, name) = match item {
        Item::Const(it) => (&it.attrs, &it.ident),
        Item::Enum(it) => (&it.attrs, &it.ident),
        Item::Fn(it) => (&it.attrs, &it.sig.ident),
        Item::Macro(it) => (&it.attrs, it.ident.as_ref()?),
        Item::Static(it) => (&it.attrs, &it.ident),
        Item::Struct(it) => (&it.attrs, &it.ident),
        Item::Trait(it) => (&it.attrs, &it.ident),
        Item::Type(it) => (&it.attrs, &it.ident),
        Item::Union(it) => (&it.attrs, &it.ident),
        _ => return None,
    };
    (!is_test(attributes)).then(|| name.to_string())
}

/// Whether something is compiled for tests only.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return attribute.path().is_ident("test");
        };
        let words = list.tokens.to_string();
        let tests =
            words == "test" || words.starts_with("all (test") || words.starts_with("all(test");
        attribute.path().is_ident("cfg") && tests
    })
}

/// One path that a `use` imports.
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    /// What it is called here; `None` for all names of a module.
    pub(super) name: Option<String>,
}

/// All paths that a `use` imports.
pub(super) fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn below(tree: &UseTree, before: &[String], found: &mut Vec<Leaf>) {
        let with = |name: &syn::Ident| {
            let mut path = before.to_vec();
            if name != "self" || path.is_empty() {
                path.push(name.to_string());
            }
            path
        };
        match tree {
            UseTree::Path(it) => below(&it.tree, &with(&it.ident), found),
            UseTree::Name(it) => {
                let path = with(&it.ident);
                let name = path.last().cloned();
                found.push(Leaf { path, name });
            }
            UseTree::Rename(it) => found.push(Leaf {
                path: with(&it.ident),
                name: Some(it.rename.to_string()),
            }),
            UseTree::Glob(_) => found.push(Leaf {
                path: before.to_vec(),
                name: None,
            }),
            UseTree::Group(it) => it.items.iter().for_each(|tree| below(tree, before, found)),
        }
    }
    let mut found = Vec::new();
    below(tree, &[], &mut found);
    found
}
