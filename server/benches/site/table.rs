//! What is printed in the end.

use std::fmt;

#[derive(Default)]
pub struct Table {
    notes: Vec<String>,
    rows: Vec<Row>,
}

/// One figure, what it stands beside, and what PERFORMANCE asks for.
#[derive(Default)]
pub struct Row {
    what: String,
    figure: String,
    beside: String,
    ratio: String,
    goal: String,
    result: String,
}

impl Table {
    pub fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    pub fn add(&mut self, row: Row) {
        crate::say(&format!("{}: {}", row.what, row.figure));
        self.rows.push(row);
    }
}

impl Row {
    pub fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), ..Self::default() }
    }

    /// Something to read the figure with, not a ratio.
    pub fn beside(mut self, beside: impl Into<String>) -> Self {
        self.beside = beside.into();
        self
    }

    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// A ratio that should be at least so much.
    pub fn ratio_of_at_least(mut self, ratio: f64, goal: f64) -> Self {
        self = self.ratio(ratio);
        self.goal = format!(">= {goal:.2}");
        self.result = missed_by(goal - ratio, |by| format!("{by:.2}"));
        self
    }

    /// A ratio that should be at most so much.
    pub fn ratio_of_at_most(mut self, ratio: f64, goal: f64) -> Self {
        self = self.ratio(ratio);
        self.goal = format!("<= {goal:.2}");
        self.result = missed_by(ratio - goal, |by| format!("{by:.2}"));
        self
    }

    /// A figure that should be at most so much, in `unit`.
    pub fn at_most(mut self, figure: f64, goal: f64, unit: &str) -> Self {
        self.goal = format!("<= {goal:.0} {unit}");
        self.result = missed_by(figure - goal, |by| format!("{by:.1} {unit}"));
        self
    }

    fn cells(&self) -> [&str; 6] {
        [&self.what, &self.figure, &self.beside, &self.ratio, &self.goal, &self.result]
    }
}

fn missed_by(by: f64, say: impl Fn(f64) -> String) -> String {
    if by <= 0.0 { "met".into() } else { format!("missed by {}", say(by)) }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "figure", "beside", "ratio", "goal", "result"];
        let lines: Vec<_> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        writeln!(f)?;
        for (at, line) in lines.iter().enumerate() {
            let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
            if at == 0 {
                writeln!(f, "{}", widths.map(|width| "-".repeat(width)).join("  "))?;
            }
        }
        writeln!(f)?;
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}
