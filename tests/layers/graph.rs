//! Which file uses which, and what is wrong with that.

use std::collections::{BTreeMap, BTreeSet};

use crate::{paths::Path, source::Crate};

/// Re-exports that lead on to each other in a circle end after this many steps.
const STEPS: usize = 32;

/// The files of a crate, each with those that it uses.
#[derive(Debug)]
pub(crate) struct Graph {
    uses: BTreeMap<String, BTreeSet<String>>,
    layers: Vec<String>,
}

impl Graph {
    pub(crate) fn of(source: &Crate) -> Self {
        let mut graph = Self { uses: BTreeMap::new(), layers: source.layers.clone() };
        for (file, module) in source.files() {
            let others = module.imports.iter().flat_map(|import| files_of(source, import));
            let others = others.filter(|other| other != file);
            graph.uses.entry(file.to_owned()).or_default().extend(others);
        }
        graph
    }

    /// Each import of a layer that comes later, and each file without a layer.
    pub(crate) fn upward_imports(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (file, used) in &self.uses {
            let Some(layer) = self.layer(file) else {
                faults
                    .push(format!("{file}: its folder is not in the \"Layout\" section of lib.rs"));
                continue;
            };
            let is_above = |other: &&String| self.layer(other).is_some_and(|other| other > layer);
            faults.extend(used.iter().filter(is_above).map(|other| {
                format!("{file} uses {other}: `{}` comes before `{}`", name(file), name(other))
            }));
        }
        faults
    }

    /// The shortest circle through each file that is part of one, each circle once. Upward imports are
    /// reported already, so they close no circle here.
    pub(crate) fn circles(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut faults = Vec::new();
        for file in self.uses.keys() {
            let Some(circle) = self.circle(file) else { continue };
            if seen.insert(circle.iter().copied().collect::<BTreeSet<_>>()) {
                faults.push(format!("a circle: {} -> {file}", circle.join(" -> ")));
            }
        }
        faults
    }

    /// The shortest way from a file back to itself.
    fn circle<'a>(&'a self, file: &'a str) -> Option<Vec<&'a str>> {
        let mut ways = vec![vec![file]];
        let mut reached = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let last = *way.last()?;
                let used = self.uses.get(last).into_iter().flatten();
                for next in used.filter(|next| !self.is_upward(last, next)) {
                    if next == file {
                        return Some(way);
                    }
                    if reached.insert(next) {
                        longer.push([&way[..], &[next]].concat());
                    }
                }
            }
            ways = longer;
        }
        None
    }

    fn is_upward(&self, file: &str, used: &str) -> bool {
        self.layer(file).zip(self.layer(used)).is_some_and(|(file, used)| used > file)
    }

    fn layer(&self, file: &str) -> Option<usize> {
        let name = name(file);
        self.layers.iter().position(|layer| *layer == name)
    }
}

/// The layer of a file: its outermost folder, or the file itself.
fn name(file: &str) -> &str {
    let outermost = file.split('/').next().unwrap_or_default();
    outermost.trim_end_matches(".rs")
}

/// The file of an item, and those that re-export it on the way to it.
fn files_of(source: &Crate, import: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut path = import.clone();
    'steps: for _ in 0..STEPS {
        let mut module = Path::new();
        for (depth, segment) in path.iter().enumerate() {
            let inner = [&module[..], std::slice::from_ref(segment)].concat();
            if source.modules.contains_key(&inner) {
                module = inner;
                continue;
            }
            let Some(here) = source.modules.get(&module) else { break };
            files.insert(here.file.clone());
            let Some(target) = here.names.get(segment) else { break 'steps };
            path = [&target[..], &path[depth + 1..]].concat();
            continue 'steps;
        }
        files.extend(source.modules.get(&module).map(|module| module.file.clone()));
        break;
    }
    files
}
