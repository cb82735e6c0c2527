//! Which text stands where, on which page.

use crate::text::{BODY, HEADING, SMALL, STRONG, Style, TITLE, Words};
use crate::{Column, Paper, Part, Table};

/// A4, in points.
pub(crate) const WIDTH: f32 = 595.0;
pub(crate) const HEIGHT: f32 = 842.0;
pub(crate) const MARGIN: f32 = 56.0;
pub(crate) const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Where the foot of a page begins.
pub(crate) const FOOT: f32 = HEIGHT - MARGIN;

const GAP: f32 = 6.0;
const BETWEEN_COLUMNS: f32 = 10.0;
/// What the name of a fact takes of the line.
const NAMES: f32 = 130.0;

pub(crate) enum Mark {
    Text {
        x: f32,
        y: f32,
        words: Box<Words>,
    },
    /// A thin line across the page.
    Rule {
        y: f32,
    },
}

pub(crate) type Page = Vec<Mark>;

/// Everything of a paper but the feet of its pages.
pub(crate) fn lay_out(paper: &Paper) -> Vec<Page> {
    let mut sheets = Sheets { pages: vec![Vec::new()], y: MARGIN };
    sheets.line(&paper.from, SMALL);
    sheets.line(&paper.title, TITLE);
    sheets.space(2.0 * GAP);
    for part in &paper.parts {
        match part {
            Part::Heading(text) => sheets.heading(text),
            Part::Facts(facts) => facts.iter().for_each(|(name, fact)| sheets.fact(name, fact, BODY)),
            Part::Total(name, fact) => sheets.total(name, fact),
            Part::Table(table) => sheets.table(table),
            Part::Note(text) => sheets.note(text),
        }
    }
    sheets.pages
}

struct Sheets {
    pages: Vec<Page>,
    y: f32,
}

impl Sheets {
    fn line(&mut self, text: &str, style: Style) {
        self.row([(MARGIN, Words::set(text, style, INNER))]);
    }

    fn heading(&mut self, text: &str) {
        self.space(2.0 * GAP);
        // Not alone at the end of a page.
        self.keep(60.0);
        self.line(text, HEADING);
        self.space(GAP);
    }

    fn fact(&mut self, name: &str, fact: &str, style: Style) {
        self.row([
            (MARGIN, Words::set(name, style, NAMES)),
            (MARGIN + NAMES + BETWEEN_COLUMNS, Words::set(fact, style, INNER - NAMES - BETWEEN_COLUMNS)),
        ]);
        self.space(GAP / 2.0);
    }

    fn total(&mut self, name: &str, fact: &str) {
        // The line and the total stay together.
        self.keep(30.0);
        self.space(GAP / 2.0);
        self.rule();
        self.fact(name, fact, STRONG);
        self.space(GAP);
    }

    fn note(&mut self, text: &str) {
        self.space(GAP);
        self.line(text, SMALL);
    }

    fn table(&mut self, table: &Table) {
        let widths = widths(&table.columns);
        self.space(GAP);
        // Its head is not left alone at the end of a page.
        self.keep(60.0);
        self.head(table, &widths);
        for row in &table.rows {
            let cells = || cells(table, &widths, row.iter().map(String::as_str), BODY);
            if self.y + height(&cells()) > FOOT {
                self.turn();
                self.head(table, &widths);
            }
            self.row(cells());
            self.space(GAP / 3.0);
        }
        self.space(GAP);
    }

    fn head(&mut self, table: &Table, widths: &[f32]) {
        self.row(cells(table, widths, table.columns.iter().map(|column| column.heading), STRONG));
        self.space(GAP / 3.0);
        self.rule();
    }

    /// Texts beside each other, on one page.
    fn row(&mut self, cells: impl IntoIterator<Item = (f32, Words)>) {
        let cells: Vec<_> = cells.into_iter().collect();
        let height = height(&cells);
        self.keep(height);
        let y = self.y;
        self.page().extend(cells.into_iter().map(|(x, words)| Mark::Text { x, y, words: Box::new(words) }));
        self.y += height;
    }

    fn rule(&mut self) {
        let y = self.y;
        self.page().push(Mark::Rule { y });
        self.space(GAP);
    }

    fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Turns the page if what comes does not fit on it.
    fn keep(&mut self, height: f32) {
        if self.y + height > FOOT {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("there is always one")
    }
}

fn height(cells: &[(f32, Words)]) -> f32 {
    cells.iter().map(|(_, words)| words.height()).fold(0.0, f32::max)
}

fn widths(columns: &[Column]) -> Vec<f32> {
    let shares: f32 = columns.iter().map(|column| column.share).sum();
    let between = BETWEEN_COLUMNS * columns.len().saturating_sub(1) as f32;
    columns.iter().map(|column| (INNER - between) * column.share / shares).collect()
}

fn cells<'a>(
    table: &Table,
    widths: &[f32],
    texts: impl Iterator<Item = &'a str>,
    style: Style,
) -> Vec<(f32, Words)> {
    let mut x = MARGIN;
    let mut cells = Vec::new();
    for ((text, width), column) in texts.zip(widths).zip(&table.columns) {
        let style = if column.numbers { style.to_the_right() } else { style };
        cells.push((x, Words::set(text, style, *width)));
        x += width + BETWEEN_COLUMNS;
    }
    cells
}
