//! What the compiler says, without what is different on another machine, or whenever another file changes.

/// Lines that only count or point to further help.
const SUMMARIES: [&str; 4] = [
    "error: aborting due to ",
    "For more information about ",
    "Some errors have detailed explanations:",
    "= note: the full name for the type has been written to ",
];

/// The message about a fixture. Of other files the numbers of lines are left out.
pub(crate) fn normalized(stderr: &str, fixture: &str) -> String {
    let is_summary = |line: &&str| SUMMARIES.iter().any(|it| line.trim_start().starts_with(it));
    let lines: Vec<_> = stderr.lines().filter(|line| !is_summary(line)).collect();
    let mut is_of_other_file = false;
    let mut text = String::new();
    for diagnostic in lines.join("\n").split("\n\n").filter(|it| !it.trim().is_empty()) {
        let lines = diagnostic.trim_matches('\n').lines();
        let lines: Vec<_> =
            lines.map(|line| without_numbers(line, fixture, &mut is_of_other_file)).collect();
        let slack = lines.iter().filter_map(|line| slack(line)).min().unwrap_or_default();
        for line in &lines {
            text += without_slack(line, slack);
            text.push('\n');
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A line; if it is about another file than the fixture, blanks are in the place of its number.
fn without_numbers(line: &str, fixture: &str, is_of_other_file: &mut bool) -> String {
    let content = line.trim_start();
    if let Some(place) = content.strip_prefix("--> ").or_else(|| content.strip_prefix("::: ")) {
        *is_of_other_file = !place.starts_with(fixture);
        if *is_of_other_file {
            let path = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
            return line.replace(place, &portable(path));
        }
    } else if !content.starts_with(|c: char| c.is_ascii_digit() || "|.".contains(c)) {
        *is_of_other_file = false;
    }
    if let Some((count, others)) = content.strip_prefix("and ").and_then(|it| it.split_once(' '))
        && others == "others"
    {
        return line.replace(count, "$N");
    }
    let after_number = content.trim_start_matches(|c: char| c.is_ascii_digit());
    let blank = if *is_of_other_file { line.len() - after_number.len() } else { 0 };
    " ".repeat(blank) + line[blank..].trim_end()
}

/// A path without the folders that only this machine has, and without the version of a crate.
fn portable(path: &str) -> String {
    if let Some((_, path)) = path.split_once("/rustlib/src/rust/library/") {
        return format!("$RUST/{path}");
    }
    if let Some((_, path)) = path.split_once("/registry/src/")
        && let Some((_, path)) = path.split_once('/')
        && let Some((package, file)) = path.split_once('/')
        && let Some((name, _)) = package.rsplit_once('-')
    {
        return format!("$CARGO/{name}-$VERSION/{file}");
    }
    path.to_owned()
}

/// How much narrower the column of numbers could be, by what is in this line.
fn slack(line: &str) -> Option<usize> {
    let content = line.trim_start();
    let blanks = line.len() - content.len();
    let is_arrow = content.starts_with("--> ") || content.starts_with("::: ");
    match content.chars().next()? {
        '|' | '=' => blanks.checked_sub(1),
        first => (is_arrow || first.is_ascii_digit()).then_some(blanks),
    }
}

/// The line with a column of numbers that is narrower by so much. What is far to the right is below a note.
fn without_slack(line: &str, columns: usize) -> &str {
    let is_below_note = line.starts_with("          ");
    if is_below_note || slack(line).is_some() { &line[columns..] } else { line }
}
