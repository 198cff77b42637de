//! The modules of a crate, read from its sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path as File,
};

use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, Meta};

use crate::paths::{self, Path};

/// A crate: its modules by their paths, and its layers in their order.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    pub(crate) modules: BTreeMap<Path, Module>,
    /// From the "Layout" section of `lib.rs`: the first one uses none of the others.
    pub(crate) layers: Vec<String>,
}

/// A module: a file, or a part of one.
#[derive(Debug, Default, Clone)]
pub(crate) struct Module {
    /// Relative to the sources.
    pub(crate) file: String,
    /// What each name stands for that a `use` declaration brings.
    pub(crate) names: BTreeMap<String, Path>,
    /// All paths into this crate, from its root.
    pub(crate) imports: BTreeSet<Path>,
    /// The other crates that are used.
    pub(crate) external: BTreeSet<String>,
}

impl Crate {
    /// Reads a crate from its folder of sources.
    pub(crate) fn read(sources: &File) -> Self {
        let text = fs::read_to_string(sources.join("lib.rs")).expect("a crate has a lib.rs");
        let mut this = Self { layers: layers(&text), ..Self::default() };
        this.read_file(sources, File::new("lib.rs"), Path::new());
        this
    }

    /// The modules with their files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.modules.values().map(|module| (&*module.file, module))
    }

    fn read_file(&mut self, sources: &File, file: &File, path: Path) {
        let text = fs::read_to_string(sources.join(file))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_module(sources, file, path, &parsed.items);
    }

    fn read_module(&mut self, sources: &File, file: &File, path: Path, items: &[Item]) {
        let name = file.display().to_string();
        let mut module = Module { file: name, ..Module::default() };
        let items: Vec<_> = items.iter().filter(|item| !is_for_tests(attributes(item))).collect();
        let children: BTreeSet<_> = items.iter().filter_map(|item| child(item)).collect();
        for item in &items {
            if let Item::Use(item) = item {
                for (name, used) in paths::of_use(&item.tree) {
                    match absolute(&used, &path, &children) {
                        Some(used) => {
                            module.names.insert(name, used.clone());
                            module.imports.insert(used);
                        }
                        None => drop(module.external.insert(used[0].clone())),
                    }
                }
            }
        }
        for item in &items {
            match item {
                Item::Use(_) => {}
                Item::Mod(inner) => self.read_child(sources, file, &path, inner),
                item => module.add_bare_paths(item, &path, &children),
            }
        }
        self.modules.insert(path, module);
    }

    fn read_child(&mut self, sources: &File, file: &File, path: &Path, child: &ItemMod) {
        let name = child.ident.to_string();
        let inner = [path.clone(), vec![name.clone()]].concat();
        if let Some((_, items)) = &child.content {
            return self.read_module(sources, file, inner, items);
        }
        let folder = match file.file_name().and_then(|name| name.to_str()) {
            Some("lib.rs" | "mod.rs") => file.with_file_name(""),
            _ => file.with_extension(""),
        };
        let places = match named_path(&child.attrs) {
            Some(named) => vec![file.with_file_name(named)],
            None => vec![folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")],
        };
        let place = places.into_iter().find(|place| sources.join(place).exists());
        let place = place.unwrap_or_else(|| panic!("{}: no file for `{name}`", file.display()));
        self.read_file(sources, &place, inner);
    }
}

impl Module {
    fn add_bare_paths(&mut self, item: &Item, path: &Path, children: &BTreeSet<String>) {
        for bare in paths::bare(item.to_token_stream()) {
            let named = self.names.get(&bare[0]).map(|used| [used, &bare[1..]].concat());
            match named.or_else(|| absolute(&bare, path, children)) {
                Some(used) => drop(self.imports.insert(used)),
                None => drop(self.external.insert(bare[0].clone())),
            }
        }
    }
}

/// The path from the root of the crate; none for another crate.
fn absolute(used: &[String], module: &Path, children: &BTreeSet<String>) -> Option<Path> {
    let mut base = module.clone();
    let mut rest = used;
    match &*used[0] {
        "crate" => (base, rest) = (Path::new(), &used[1..]),
        "self" => rest = &used[1..],
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        first if children.contains(first) => {}
        _ => return None,
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

fn child(item: &Item) -> Option<String> {
    match item {
        Item::Mod(child) => Some(child.ident.to_string()),
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item is compiled for tests alone.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The file that `#[path = ".."]` names.
fn named_path(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => {
            Some(pair.value.to_token_stream().to_string().trim_matches('"').to_owned())
        }
        _ => None,
    })
}

/// The first cell of each row of the table in the section "Layout".
fn layers(lib: &str) -> Vec<String> {
    let docs = lib.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim);
    let section = docs.skip_while(|line| *line != "# Layout").skip(1);
    let section = section.take_while(|line| !line.starts_with("# "));
    let cells = section.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(|cell| cell.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}
