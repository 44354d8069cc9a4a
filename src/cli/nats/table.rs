//! Tables with rounded corners and a title, and label–value columns in sections, as natscli draws them.

use std::io;

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use super::output::Out;

const ROUNDED: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('├', '─', '┬', '┤'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('╰', '─', '┴', '╯'));

/// A table in the making.
pub(super) struct Table {
    title: String,
    inner: comfy_table::Table,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Table {
        let mut inner = comfy_table::Table::new();
        inner.load_style(ROUNDED);
        inner.set_content_arrangement(ContentArrangement::Dynamic);
        inner.set_header(columns.iter().copied());
        Table {
            title: title.into(),
            inner,
        }
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.inner.add_row(cells.into_iter().collect::<Vec<_>>());
    }

    /// Draws the table, with an empty line after it.
    pub fn print(&self, out: &mut Out) -> io::Result<()> {
        let body = self.inner.to_string();
        let width = body.lines().next().unwrap_or_default().width().saturating_sub(2);
        let line = "─".repeat(width);
        out.line(&format!("╭{line}╮"))?;
        let gap = width.saturating_sub(self.title.width());
        let (left, right) = (" ".repeat(gap / 2), " ".repeat(gap - gap / 2));
        out.line(&format!("│{left}{}{right}│", self.title))?;
        out.line(&body)?;
        out.line("")
    }
}

/// Labels on the left, values on the right, in sections.
pub(super) struct Columns {
    heading: String,
    entries: Vec<Entry>,
}

enum Entry {
    Section(String),
    Row(String, String),
}

impl Columns {
    /// Columns below a heading.
    pub fn new(heading: impl Into<String>) -> Columns {
        Columns {
            heading: heading.into(),
            entries: Vec::new(),
        }
    }

    /// Starts a section.
    pub fn section(&mut self, title: &str) {
        self.entries.push(Entry::Section(title.to_owned()));
    }

    /// Adds a row.
    pub fn row(&mut self, label: &str, value: impl Into<String>) {
        self.entries.push(Entry::Row(label.to_owned(), value.into()));
    }

    /// Adds a row unless its value is empty.
    pub fn row_if_any(&mut self, label: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.row(label, value);
        }
    }

    /// Adds a row when `condition` holds.
    pub fn row_if(&mut self, condition: bool, label: &str, value: impl Into<String>) {
        if condition {
            self.row(label, value);
        }
    }

    /// A section of its own for metadata, if there is any.
    pub fn metadata(&mut self, metadata: &[(&str, &str)]) {
        if !metadata.is_empty() {
            self.section("Metadata");
        }
        for (key, value) in metadata {
            self.row(key, *value);
        }
    }

    /// Draws everything, with labels set right.
    pub fn print(&self, out: &mut Out) -> io::Result<()> {
        for line in self.lines() {
            out.line(&line)?;
        }
        Ok(())
    }

    fn lines(&self) -> Vec<String> {
        let widths = self.entries.iter().map(|entry| match entry {
            Entry::Row(label, _) => label.width(),
            Entry::Section(_) => 0,
        });
        let width = widths.max().unwrap_or(0) + 2;
        let mut lines = vec![self.heading.clone(), String::new()];
        for (index, entry) in self.entries.iter().enumerate() {
            match entry {
                Entry::Row(label, value) => {
                    let gap = " ".repeat(width.saturating_sub(label.width()));
                    lines.push(format!("{gap}{label}: {value}"));
                }
                Entry::Section(title) => {
                    if index > 0 {
                        lines.push(String::new());
                    }
                    lines.extend([format!("{title}:"), String::new()]);
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_set_right() {
        let mut columns = Columns::new("About");
        columns.row("A", "1");
        columns.section("More");
        columns.row("Longer", "2");
        columns.row_if_any("Absent", "");
        assert_eq!(
            columns.lines(),
            ["About", "", "       A: 1", "", "More:", "", "  Longer: 2"]
        );
    }
}
