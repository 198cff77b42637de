//! Tables of text with aligned columns.

use std::fmt::Write;

use crate::telemetry::log::text::one_line;

/// Columns are at most this many characters wide; a longer cell moves the cells after it.
const WIDEST: usize = 100;

/// Formats rows as lines with two spaces before each cell. Line breaks and control characters are escaped, so that no
/// cell imitates a row.
pub(super) fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    let escaped = |row: Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.into_iter().map(escaped).collect();
    let mut widths = Vec::new();
    for row in &rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count()).min(WIDEST);
        }
    }
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            let _ = write!(line, "  {cell:width$}");
        }
        line.truncate(line.trim_end().len());
        line + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_does_not_pad_the_others() {
        let rows = [["a".repeat(70_000), "1".to_owned()], ["b".to_owned(), "2".to_owned()]];
        let lines = lines(rows.map(Vec::from));
        assert_eq!((lines[0].len(), lines[1].len()), (70_006, 106));
    }

    #[test]
    fn a_cell_cannot_imitate_a_row() {
        let lines = lines([vec!["a\n  b  2".to_owned(), "\u{1b}[2J".to_owned()]]);
        assert_eq!(lines, ["  a\\n  b  2  \\u{1b}[2J\n"]);
    }
}
