//! The paths in a piece of code: `use` trees, and paths that stand in expressions, types and macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::{UseTree, ext::IdentExt};

/// The segments of a path.
pub(crate) type Path = Vec<String>;

/// A name that a `use` declaration brings, and its path; `*` for a glob.
pub(crate) fn of_use(tree: &UseTree) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

fn walk(tree: &UseTree, before: &mut Path, found: &mut Vec<(String, Path)>) {
    let mut add = |name: String, last: Option<String>| {
        let path: Path = before.iter().cloned().chain(last).collect();
        found.push((name, path));
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.unraw().to_string());
            walk(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            add(before.last().cloned().unwrap_or_default(), None);
        }
        UseTree::Name(name) => {
            let name = name.ident.unraw().to_string();
            add(name.clone(), Some(name));
        }
        UseTree::Rename(rename) if rename.ident == "self" => add(rename.rename.to_string(), None),
        UseTree::Rename(rename) => {
            add(rename.rename.to_string(), Some(rename.ident.unraw().to_string()));
        }
        UseTree::Glob(_) => add("*".to_owned(), Some("*".to_owned())),
        UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, before, found)),
    }
}

/// The paths of at least two segments that stand in these tokens, within macros as well.
pub(crate) fn bare(tokens: TokenStream) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut current = Path::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    finish(&mut current, &mut paths);
                }
                current.push(ident.unraw().to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                finish(&mut current, &mut paths);
                colons = 0;
                paths.extend(bare(group.stream()));
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                finish(&mut current, &mut paths);
                colons = 0;
            }
        }
    }
    finish(&mut current, &mut paths);
    paths
}

fn finish(current: &mut Path, paths: &mut Vec<Path>) {
    let path = std::mem::take(current);
    if path.len() > 1 {
        paths.push(path);
    }
}
