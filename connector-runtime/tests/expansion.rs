//! The page *expansion* of the guide shows the code that the macro writes.

use std::{fs, path::Path};

const PAGE: &str = include_str!("../src/guide/expansion.md");
const INPUT: &str = include_str!("../../connector-macros/tests/expand/guide.in.rs");
const OUTPUT: &str = include_str!("../../connector-macros/tests/expand/guide.out.rs");

/// The paths that the page shortens to the last name.
const PATHS: [&str; 7] = [
    "::connector_runtime::readings::",
    "::connector_runtime::",
    "::std::convert::",
    "::std::vec::",
    "::core::option::Option::",
    "::core::option::",
    "::core::result::Result::",
];

#[test]
fn the_guide_shows_the_recorded_expansion() {
    let mut blocks = PAGE.split("```\n# ").skip(1).map(visible);
    let (input, output) = (blocks.next().unwrap(), blocks.next().unwrap());
    assert_eq!(input, compact(INPUT));

    let (_, recorded) = OUTPUT.split_once("#[automatically_derived]").unwrap();
    let shortened = PATHS.iter().fold(recorded.to_owned(), |code, path| code.replace(path, ""));
    assert_eq!(output, format!("#[automatically_derived]{}", compact(&shortened)));
}

/// The code that rustdoc shows of a block, which begins with a hidden line.
fn visible(block: &str) -> String {
    let code = block.split("```").next().unwrap_or_default();
    let lines = code.lines().skip(1).filter(|line| !line.starts_with("# ") && *line != "#");
    compact(&lines.collect::<Vec<_>>().join("\n"))
}

/// Code without the differences between formatters.
fn compact(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",)", ")").replace(",]", "]").replace(",}", "}")
}

#[test]
fn the_quoted_compile_errors_are_those_of_the_macros() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/fail");
    let errors: String = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let (_, table) = PAGE.split_once("| form | compile error |").unwrap();
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "the table has lost its rows");
    for row in rows {
        let quoted = row.split(" | ").nth(1).unwrap().trim_matches('`').trim();
        let parts: Vec<_> =
            quoted.split("..").map(str::trim).filter(|part| part.len() > 3).collect();
        let is_known = |error: &str| parts.iter().all(|part| error.contains(part));
        assert!(errors.lines().any(is_known), "no fixture has this error: {quoted}");
    }
}
