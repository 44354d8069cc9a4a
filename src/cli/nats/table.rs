//! Tables with rounded corners and a title, and label–value columns in sections, as natscli draws them.

use std::io;

use comfy_table::{ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

use super::output::Out;

const ROUNDED: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('├', '─', '┬', '┤'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('╰', '─', '┴', '╯'));

/// Cells that a column takes besides its content: a blank on both sides, and its line.
const FRAME_CELLS: usize = 3;

/// A table in the making.
pub(super) struct Table {
    title: String,
    columns: Vec<Column>,
    /// The last row stands apart from the others.
    footer: bool,
}

/// A heading and what stands below it.
struct Column {
    cells: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Table {
        let column = |heading: &&str| Column {
            cells: vec![(*heading).to_owned()],
        };
        Table {
            title: title.into(),
            columns: columns.iter().map(column).collect(),
            footer: false,
        }
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.cells.push(cell);
        }
    }

    /// Adds a last row, which sums up the others and stands apart from them.
    pub fn footer(&mut self, cells: impl IntoIterator<Item = String>) {
        self.row(cells);
        self.footer = true;
    }

    /// Draws the table, with an empty line after it, in the width that there is.
    pub fn print(&self, out: &mut Out) -> io::Result<()> {
        for line in self.lines(out.width()) {
            out.line(&line)?;
        }
        out.line("")
    }

    /// True when there are no rows.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.cells.len() < 2)
    }

    /// The drawn lines, in the width that there is.
    pub fn lines(&self, available: Option<usize>) -> Vec<String> {
        let (shown, wraps) = match available {
            Some(available) => self.fit(available),
            None => (self.columns.iter().collect(), false),
        };
        let mut inner = comfy_table::Table::new();
        inner.load_style(ROUNDED);
        if let (true, Some(available)) = (wraps, available) {
            inner.set_content_arrangement(ContentArrangement::Dynamic);
            inner.set_width(u16::try_from(available).unwrap_or(u16::MAX));
        }
        let rows = shown.first().map_or(0, |column| column.cells.len());
        let cells = |row: usize| shown.iter().map(move |column| column.cells[row].as_str());
        inner.set_header(cells(0));
        inner.add_rows((1..rows).map(|row| cells(row).collect::<Vec<_>>()));
        if wraps {
            for (column, drawn) in shown.iter().zip(inner.column_iter_mut()) {
                let least = u16::try_from(column.word_width() + FRAME_CELLS - 1).unwrap_or(u16::MAX);
                drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
        let mut body: Vec<String> = inner.to_string().lines().map(str::to_owned).collect();
        // A wrapped footer has several lines, and stands without its line then.
        if self.footer && !wraps && body.len() > 4 {
            body.insert(body.len() - 2, body[2].clone());
        }
        self.titled(body)
    }

    /// The columns to draw, and whether their texts must be wrapped. Nothing is wrapped while leaving empty
    /// columns out helps; no word is broken while leaving out the emptiest column helps. The first stays.
    fn fit(&self, available: usize) -> (Vec<&Column>, bool) {
        let mut shown: Vec<&Column> = self.columns.iter().collect();
        loop {
            if total(&shown, Column::width) <= available {
                return (shown, false);
            }
            let emptiest = (1..shown.len()).max_by_key(|index| shown[*index].empty_cells());
            match emptiest {
                Some(index) if shown[index].is_empty() || total(&shown, Column::word_width) > available => {
                    shown.remove(index);
                }
                _ => return (shown, true),
            }
        }
    }

    /// The drawn table below its title.
    fn titled(&self, mut body: Vec<String>) -> Vec<String> {
        let Some(first) = body.first_mut() else {
            return body;
        };
        if self.title.is_empty() {
            // Without a title above it the first line has the round corners.
            *first = first.replace('├', "╭").replace('┤', "╮");
            return body;
        }
        let width = first.width().saturating_sub(2);
        let line = "─".repeat(width);
        let gap = width.saturating_sub(self.title.width());
        let (left, right) = (" ".repeat(gap / 2), " ".repeat(gap - gap / 2));
        let mut lines = vec![format!("╭{line}╮"), format!("│{left}{}{right}│", self.title)];
        lines.extend(body);
        lines
    }
}

/// The cells that these columns take side by side.
fn total(columns: &[&Column], width: fn(&Column) -> usize) -> usize {
    1 + columns
        .iter()
        .map(|column| width(column) + FRAME_CELLS)
        .sum::<usize>()
}

impl Column {
    fn width(&self) -> usize {
        self.widest(|cell| cell.width())
    }

    /// The longest word.
    fn word_width(&self) -> usize {
        self.widest(|cell| cell.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0))
    }

    fn widest(&self, width: impl Fn(&str) -> usize) -> usize {
        self.cells.iter().map(|cell| width(cell)).max().unwrap_or(0)
    }

    fn empty_cells(&self) -> usize {
        self.cells.iter().filter(|cell| cell.is_empty()).count()
    }

    /// True when there is nothing below the heading.
    fn is_empty(&self) -> bool {
        self.empty_cells() + 1 >= self.cells.len()
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

    fn streams() -> Table {
        let mut table = Table::new("Streams", &["Name", "Description", "Created", "Size"]);
        table.row(["LAGER", "", "2026-11-24 19:00:00", "12 KiB"].map(str::to_owned));
        table
    }

    #[test]
    fn a_table_that_fits_is_natsclis() {
        let lines = streams().lines(None);
        assert_eq!(lines[2], "├───────┬─────────────┬─────────────────────┬────────┤");
        assert!(
            lines.iter().all(|line| line.width() == lines[2].width()),
            "{lines:#?}"
        );
        assert_eq!(lines, streams().lines(Some(lines[0].width())));
    }

    #[test]
    fn a_narrow_table_leaves_out_what_is_empty_then_wraps_then_leaves_out_more() {
        let at = |width: usize| {
            let lines = streams().lines(Some(width));
            assert!(lines.iter().all(|line| line.width() <= width), "{lines:#?}");
            lines.join("\n")
        };
        let without_description = at(50);
        assert!(
            !without_description.contains("Description")
                && without_description.contains("2026-11-24 19:00:00")
        );
        let wrapped = at(34);
        assert!(wrapped.contains("2026-11-24") && wrapped.contains("19:00:00") && wrapped.contains("Size"));
        assert!(!wrapped.contains("2026-11-24 19:00:00"), "{wrapped}");
        let narrow = at(22);
        assert!(narrow.contains("LAGER"), "{narrow}");
    }

    #[test]
    fn a_footer_stands_apart() {
        let mut table = streams();
        table.footer(["1", "", "", "12 KiB"].map(str::to_owned));
        let lines = table.lines(None);
        assert!(
            lines[4].starts_with('├') && lines[6].starts_with('├'),
            "{lines:#?}"
        );
        let mut untitled = Table::new("", &["A"]);
        assert!(untitled.is_empty());
        untitled.row(["b".to_owned()]);
        assert_eq!(untitled.lines(None)[0], "╭───╮");
    }

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
