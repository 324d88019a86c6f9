//! Lines and aligned columns. Everything put on a sheet is made inert first, so no caller can forget to.

use unicode_width::UnicodeWidthStr;

use crate::inert::inert;

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// How a line is set off where color is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
}

impl Ink {
    /// The parameter of the ANSI sequence that selects it.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::Yellow => "33",
        }
    }

    /// The line in this ink.
    fn draw(self, line: &str) -> String {
        format!("\u{1b}[{}m{line}\u{1b}[0m", self.code())
    }
}

/// Which table of a sheet a row belongs to: its rows share column widths, wherever they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableId(usize);

struct Table {
    indent: usize,
    aligns: Vec<Align>,
}

enum Line {
    Text(String),
    Row(TableId, Vec<String>),
}

/// Text in the making: lines, and rows of tables between them.
pub(crate) struct Sheet {
    color: bool,
    tables: Vec<Table>,
    lines: Vec<(Ink, Line)>,
}

impl Sheet {
    /// An empty sheet.
    pub(crate) fn new(color: bool) -> Self {
        Self { color, tables: Vec::new(), lines: Vec::new() }
    }

    /// A table whose rows are indented; columns beyond those given stand left.
    pub(crate) fn table(&mut self, indent: usize, aligns: Vec<Align>) -> TableId {
        self.tables.push(Table { indent, aligns });
        TableId(self.tables.len() - 1)
    }

    /// Puts a line.
    pub(crate) fn line(&mut self, ink: Ink, text: &str) {
        self.lines.push((ink, Line::Text(inert(text).into_owned())));
    }

    /// Puts an empty line, unless one stands there already or the sheet is empty.
    pub(crate) fn gap(&mut self) {
        if self.lines.last().is_some_and(|(_, line)| !line.is_empty()) {
            self.line(Ink::Plain, "");
        }
    }

    /// Puts a row.
    pub(crate) fn row(&mut self, ink: Ink, table: TableId, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| inert(&cell).into_owned()).collect();
        self.lines.push((ink, Line::Row(table, cells)));
    }

    /// Puts prose, wrapped between words: `first` opens the first line, the others are indented as far.
    pub(crate) fn prose(&mut self, first: &str, text: &str, width: usize) {
        self.wrapped(first, text.split_whitespace(), " ", width);
    }

    /// Puts parts with dots between them, wrapped between parts.
    pub(crate) fn parts(&mut self, parts: &[String], width: usize) {
        self.wrapped("", parts.iter().map(String::as_str), " · ", width);
    }

    fn wrapped<'a>(&mut self, first: &str, units: impl Iterator<Item = &'a str>, separator: &str, width: usize) {
        let indent = " ".repeat(inert(first).width());
        let room = width.saturating_sub(indent.len());
        for (i, line) in wrap(units, separator, room).iter().enumerate() {
            let lead = if i == 0 { first } else { &indent };
            self.line(Ink::Plain, &format!("{lead}{line}"));
        }
    }

    /// The text: columns aligned by display width, no blanks at line ends.
    pub(crate) fn finish(self) -> String {
        let widths: Vec<_> = (0..self.tables.len()).map(|table| self.widths(TableId(table))).collect();
        let mut text = String::new();
        for (ink, line) in &self.lines {
            let line = match line {
                Line::Text(line) => line.clone(),
                Line::Row(table, cells) => set(&self.tables[table.0], &widths[table.0], cells),
            };
            let line = line.trim_end();
            let inked = self.color && *ink != Ink::Plain && !line.is_empty();
            text.push_str(&if inked { ink.draw(line) } else { line.to_owned() });
            text.push('\n');
        }
        text
    }

    fn widths(&self, table: TableId) -> Vec<usize> {
        let mut widths = Vec::new();
        for (_, line) in &self.lines {
            if let Line::Row(id, cells) = line
                && *id == table
            {
                widths.resize(widths.len().max(cells.len()), 0);
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = (*width).max(cell.width());
                }
            }
        }
        widths
    }
}

impl Line {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// A row, its cells filled up to the widths of their columns and two blanks between them.
fn set(table: &Table, widths: &[usize], cells: &[String]) -> String {
    let mut line = " ".repeat(table.indent);
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if i > 0 {
            line.push_str("  ");
        }
        let fill = " ".repeat(width - cell.width());
        match table.aligns.get(i) {
            Some(Align::Right) => line.extend([fill.as_str(), cell]),
            _ => line.extend([cell.as_str(), &fill]),
        }
    }
    line
}

/// Units in lines of at most `room` columns, `separator` between those of a line; a wider unit has a line of its own.
fn wrap<'a>(units: impl Iterator<Item = &'a str>, separator: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for unit in units {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(unit);
        } else if line.width() + separator.width() + unit.width() <= room {
            line.push_str(separator);
            line.push_str(unit);
        } else {
            lines.push(unit.to_owned());
        }
    }
    lines
}

/// The text cut to `room` columns, with an ellipsis where something was cut off. Made inert first: an escape takes its own columns.
pub(crate) fn clip(text: &str, room: usize) -> String {
    let text = inert(text);
    if text.width() <= room {
        return text.into_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        cut.push(c);
        if cut.width() >= room {
            cut.pop();
            break;
        }
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_table_align_by_display_width_across_other_lines() {
        let mut sheet = Sheet::new(false);
        let table = sheet.table(1, vec![Align::Left, Align::Right]);
        sheet.row(Ink::Plain, table, vec!["世界".into(), "1".into(), String::new()]);
        sheet.line(Ink::Bold, "between ");
        sheet.row(Ink::Plain, table, vec!["a".into(), "234".into(), "\u{1b}".into()]);
        assert_eq!(sheet.finish(), " 世界    1\nbetween\n a     234  \\u{1b}\n");
    }

    #[test]
    fn gaps_do_not_add_up_and_prose_hangs() {
        let mut sheet = Sheet::new(true);
        sheet.gap();
        sheet.prose("Next: ", "one two  three\nfour", 14);
        sheet.gap();
        sheet.gap();
        sheet.line(Ink::Bold, "END");
        assert_eq!(sheet.finish(), "Next: one two\n      three\n      four\n\n\u{1b}[1mEND\u{1b}[0m\n");
    }

    #[test]
    fn clipping_keeps_to_the_room() {
        assert_eq!((clip("abcdef", 6).as_str(), clip("abcdef", 4).as_str(), clip("世界人", 4).as_str()), ("abcdef", "abc…", "世…"));
    }
}
