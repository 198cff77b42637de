//! The sizes of files and functions.

use std::{fs, path::Path};

use syn::{Block, Signature, spanned::Spanned, visit::Visit};

use crate::folder;

/// The most lines of a file, fixtures and data aside.
const FILE: usize = 400;

/// The most lines of a function, with its signature.
const FUNCTION: usize = 60;

/// Folders with fixtures, whose size is that of the case they show.
const FIXTURES: [&str; 2] = ["tests/ui", "connector-macros/tests/expand"];

#[test]
fn files_and_functions_fit_in_the_head() {
    let mut faults = Vec::new();
    for name in ["connector-macros", "connector-runtime", "examples", "tests"] {
        visit(&folder(name), name, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn visit(path: &Path, name: &str, faults: &mut Vec<String>) {
    if FIXTURES.contains(&name) || name.ends_with("/target") {
        return;
    }
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
            let name = format!("{name}/{}", entry.file_name().display());
            visit(&entry.path(), &name, faults);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().count();
        if lines > FILE {
            faults.push(format!("{name} has {lines} lines, more than {FILE}"));
        }
        Functions { file: name, faults }.visit_file(&syn::parse_file(&text).unwrap());
    }
}

/// Looks for functions that are too long.
struct Functions<'a> {
    file: &'a str,
    faults: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn check(&mut self, signature: &Signature, block: &Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        let lines = last + 1 - first;
        if lines > FUNCTION {
            let (file, function) = (self.file, &signature.ident);
            self.faults.push(format!(
                "{file}:{first}: `{function}` has {lines} lines, more than {FUNCTION}"
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.check(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.check(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }
}
