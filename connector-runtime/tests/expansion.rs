//! The page *expansion* of the guide shows the code that the macro writes.

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
