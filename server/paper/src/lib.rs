//! Papers that people keep: receipts, statements. Facts and tables on A4 pages, as PDF. This crate knows nothing of
//! money or people; it draws what it is given.

mod pages;
mod text;
mod write;

use chrono::{DateTime, Utc};

/// What is on a paper, from top to bottom.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its heading, and the document's title.
    pub title: String,
    /// Who gives it out, above the heading.
    pub from: String,
    /// At the foot of every page, so that a printed one tells when it was true.
    pub made_at: DateTime<Utc>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub enum Part {
    Heading(String),
    /// Names and what they stand for, a line each.
    Facts(Vec<(String, String)>),
    /// The one fact that matters most.
    Total(String, String),
    Table(Table),
    /// In small letters.
    Note(String),
}

#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<Column>,
    /// As many cells in each as there are columns.
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub heading: &'static str,
    /// How wide it is beside the others.
    pub share: f32,
    /// Set to the right, so that decimals stand below each other.
    pub numbers: bool,
}

/// Draws a paper. Takes milliseconds for a page of a table: not for a thread that others wait for.
///
/// # Errors
/// When the document cannot be put together, which no text that is given brings about.
pub fn pdf(paper: &Paper) -> Result<Vec<u8>, Unwritable> {
    write::document(paper, &pages::lay_out(paper))
}

/// The document could not be put together; the reason is the library's.
#[derive(Debug, thiserror::Error)]
#[error("a PDF could not be written: {0}")]
pub struct Unwritable(String);
