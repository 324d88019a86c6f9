//! What changed from one run to another, and why.

use serde::{Deserialize, Serialize};

use crate::layout::{Align, Ink, Sheet};
use crate::{Error, Stamp, json, template};

/// Two runs beside each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The earlier run.
    pub from: Stamp,
    /// The later run.
    pub to: Stamp,
    /// The tier that shares are of.
    pub tier: String,
    /// What can change numbers, in the order in which it is told apart.
    pub causes: Vec<String>,
    /// The rules.
    pub rows: Vec<Change>,
}

/// How a rule's share changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `category/what`.
    pub rule: String,
    /// A behavior's sentence, an issue's title.
    pub sentence: String,
    /// The share in the earlier run, in percent; none where it has no such rule, or nothing was scanned.
    pub from: Option<f64>,
    /// The share in the later run.
    pub to: Option<f64>,
    /// What each of [`Comparison::causes`] added, in percentage points: together they are `to` less `from`. Empty where either has
    /// no share.
    pub parts: Vec<f64>,
}

impl Change {
    /// Whether anything moved.
    fn moved(&self) -> bool {
        self.from.is_some() != self.to.is_some() || self.parts.iter().any(|part| part.abs() > 1e-9)
    }
}

/// A row with its cells printed.
#[derive(Serialize)]
struct Printed<'a> {
    rule: &'a str,
    sentence: &'a str,
    cells: Vec<String>,
}

impl Comparison {
    /// The comparison for a terminal: what moved, or everything.
    pub fn text(&self, all: bool, color: bool) -> String {
        let mut sheet = Sheet::new(color);
        for line in self.head() {
            sheet.line(Ink::Plain, &line);
        }
        sheet.gap();
        let columns = 3 + self.causes.len();
        let table = sheet.table(0, [Align::Left].into_iter().chain((0..columns).map(|_| Align::Right)).collect());
        let heads = ["from", "to", "change"].map(str::to_owned).into_iter().chain(self.causes.clone());
        sheet.row(Ink::Bold, table, [format!("{} (%, points)", self.tier)].into_iter().chain(heads));
        for row in self.printed(all) {
            sheet.row(Ink::Plain, table, [row.sentence.to_owned()].into_iter().chain(row.cells));
        }
        let still = self.rows.iter().filter(|row| !row.moved()).count();
        if !all && still > 0 {
            sheet.gap();
            sheet.line(Ink::Dim, &format!("{still} rules did not move: --all"));
        }
        sheet.finish()
    }

    /// The comparison as it is, as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }

    /// One record per rule (RFC 4180).
    pub fn csv(&self) -> Result<String, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let heads = ["from_run", "to_run", "tier", "rule", "from", "to"].map(str::to_owned);
        writer.write_record(heads.into_iter().chain(self.causes.iter().cloned()))?;
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        for row in &self.rows {
            let fixed = [&self.from.run_id, &self.to.run_id, &self.tier, &row.rule].map(Clone::clone);
            let parts = (0..self.causes.len()).map(|at| number(row.parts.get(at).copied()));
            writer.write_record(fixed.into_iter().chain([number(row.from), number(row.to)]).chain(parts))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8(bytes).expect("every field is text"))
    }

    /// The comparison in Markdown.
    pub fn markdown(&self, all: bool) -> Result<String, Error> {
        #[derive(Serialize)]
        struct View<'a> {
            head: [String; 3],
            tier: &'a str,
            causes: &'a [String],
            rows: Vec<Printed<'a>>,
        }
        let view = View { head: self.head(), tier: &self.tier, causes: &self.causes, rows: self.printed(all) };
        template::render("comparison.md", view)
    }

    fn head(&self) -> [String; 3] {
        let run = |stamp: &Stamp| {
            let ranking = stamp.ranked_on.as_ref().map(|day| format!(" · ranking {day}")).unwrap_or_default();
            format!("{} · as of {}{ranking} · rules {} · extractor {}", stamp.run_id, stamp.as_of, stamp.rules, stamp.extractor)
        };
        [
            format!("from {}", run(&self.from)),
            format!("to   {}", run(&self.to)),
            format!("each cause is what it added to those before it: {}", self.causes.join(", ")),
        ]
    }

    fn printed(&self, all: bool) -> Vec<Printed<'_>> {
        let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.2}"));
        let points = |points: f64| if points.abs() < 0.005 { "·".to_owned() } else { format!("{points:+.2}") };
        let row = |row: &'_ Change| {
            let change = row.from.zip(row.to).map_or("-".to_owned(), |(from, to)| points(to - from));
            let parts = row.parts.iter().map(|&part| points(part));
            [share(row.from), share(row.to), change].into_iter().chain(parts).collect()
        };
        let shown = self.rows.iter().filter(|row| all || row.moved());
        shown.map(|r| Printed { rule: &r.rule, sentence: crate::page::sentence(&r.sentence), cells: row(r) }).collect()
    }
}
