//! The reference of attributes and options: tables from the list that the macros use.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::blessed::{assert_none, fault};
use crate::attr::{FORMS, Form};

const INTRODUCTION: &str = "\
Every attribute and every option that the macros accept; generated from the macros' own list.

The documentation of [`#[connector]`](macro@crate::connector), [`#[connect]`](macro@crate::connect),
[`#[receive]`](macro@crate::receive), [`#[parse]`](macro@crate::parse),
[`#[send]`](macro@crate::send) and [`#[derive(Datapoints)]`](derive@crate::Datapoints) explains them
with examples.

A word in capital letters stands for an expression: `DURATION` for one of type `Duration`, `VALUE`
for a value of the actuator's type. `PATH` stands for a path, and a word in quotes for a string
literal.
";

/// The page of options in the guide of the runtime, which a published package does not have.
#[test]
fn the_guide_has_all_options() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connector-runtime/src/guide");
    if guide.is_dir() {
        assert_none(fault(&guide.join("options.md"), &page()));
    }
}

/// The documentation of each attribute mentions all of its options, in tables.
#[test]
fn the_documentation_has_all_options() {
    let names: BTreeSet<_> = FORMS.iter().map(|form| form.name).collect();
    assert_none(names.into_iter().filter_map(|name| {
        let forms = FORMS.into_iter().filter(|form| form.name == name);
        let path = documentation(name);
        let text = fs::read_to_string(&path).unwrap();
        let text = forms.clone().fold(text, |text, form| with_table(&text, form));
        for option in forms.flat_map(|form| form.options) {
            assert!(text.contains(&format!("`{}`", option.form)), "{}", option.form);
        }
        fault(&path, &text)
    }));
}

/// An option is found by its name, and its example and its form begin with it.
#[test]
fn options_are_written_by_their_names() {
    for form in FORMS {
        let names: BTreeSet<_> = form.options.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), form.options.len(), "{}", form.example);
        for option in form.options {
            let value = option.form.strip_prefix(option.name).unwrap();
            assert!(value.is_empty() || value.starts_with(" = "), "{}", option.form);
            assert!(option.example.contains(option.name), "{}", option.example);
        }
    }
}

fn documentation(name: &str) -> PathBuf {
    let file = if name == "datapoint" { "datapoints" } else { name };
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{file}.md"))
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for form in FORMS {
        write!(page, "\n# `#[{}]` on {}\n\n", form.name, form.place).unwrap();
        if form.takes_keys {
            write!(page, "The keys come first, as in `{}`.\n\n", form.example).unwrap();
        } else if !form.options.is_empty() {
            write!(page, "Example: `{}`\n\n", form.example).unwrap();
        }
        page += &table(form);
    }
    page
}

const END: &str = "<!-- end of options -->";

/// The text with the table of a form between the comments that stand around it.
fn with_table(text: &str, form: &Form) -> String {
    let start = format!("<!-- options of `#[{}]` on {} -->", form.name, form.place);
    let (before, after) = text.split_once(&start).unwrap_or_else(|| panic!("no {start}"));
    let (_, after) = after.split_once(END).unwrap_or_else(|| panic!("no end of {start}"));
    format!("{before}{start}\n\n{}\n{END}{after}", table(form))
}

fn table(form: &Form) -> String {
    if form.options.is_empty() {
        return format!("`#[{}]` has no options.\n", form.name);
    }
    let rows = form
        .options
        .iter()
        .map(|option| format!("| `{}` | {} | {} |\n", option.form, option.default, option.meaning));
    ["| option | default | meaning |\n|---|---|---|\n".to_owned()].into_iter().chain(rows).collect()
}
