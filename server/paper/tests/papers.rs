//! What is drawn can be read again.

use chrono::{DateTime, Utc};
use paper::{Column, Paper, Part, Table};

fn paper(parts: Vec<Part>) -> Paper {
    let made_at: DateTime<Utc> = "2027-03-04T09:30:00Z".parse().expect("a moment");
    Paper { title: "Statement 2027".into(), from: "Groundswell".into(), made_at, parts }
}

/// The text of each page, without the breaks of its lines.
fn read(paper: &Paper) -> Vec<String> {
    let bytes = paper::pdf(paper).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a document");
    let pages = pdf.get_pages();
    let text = |number: &u32| pdf.extract_text(&[*number]).expect("its text");
    pages.keys().map(text).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn facts_stand_on_one_page_with_its_foot() {
    let facts = vec![("From".into(), "The Reading Boat".into()), ("To".into(), "Bea Tamm".into())];
    let pages = read(&paper(vec![Part::Facts(facts), Part::Total("Paid".into(), "€25.00".into())]));
    assert_eq!(pages.len(), 1);
    for text in [
        "Statement 2027",
        "The Reading Boat",
        "Bea Tamm",
        "€25.00",
        "Page 1 of 1",
        "4 March 2027 at 09:30 UTC",
    ] {
        assert!(pages[0].contains(text), "{text} in {}", pages[0]);
    }
}

#[test]
fn a_long_table_goes_on_under_its_head_and_loses_no_line() {
    let column = |heading, numbers| Column { heading, share: 1.0, numbers };
    let rows = (0..200).map(|number| vec![format!("line{number:03}"), format!("{number}.00")]).collect();
    let table = Table { columns: vec![column("Campaign", false), column("Amount", true)], rows };
    let pages = read(&paper(vec![Part::Table(table)]));
    assert!(pages.len() > 3, "{} pages", pages.len());
    for (number, page) in (1..).zip(&pages) {
        assert!(page.contains("Campaign") && page.contains("Amount"), "{page}");
        assert!(page.contains(&format!("Page {number} of {}", pages.len())), "{page}");
    }
    let all = pages.concat();
    for number in 0..200 {
        assert_eq!(all.matches(&format!("line{number:03}")).count(), 1, "{number}");
    }
}

#[test]
fn a_name_in_any_script_and_of_any_length_is_drawn() {
    let names = ["Ægir Þórsson", "Ελένη Παππά", "Юлія Ковальчук", "مريم الحداد", "山田太郎", "🌊", ""];
    for name in names {
        let pages = read(&paper(vec![Part::Facts(vec![("To".into(), name.into())])]));
        assert_eq!(pages.len(), 1, "{name}");
    }
    let title = "a".repeat(9000);
    assert!(read(&paper(vec![Part::Note(title.clone())])).concat().matches('a').count() >= 9000);
}

#[test]
fn letters_that_are_in_the_font_are_found_again() {
    for name in ["Ægir Þórsson", "Ελένη Παππά", "Юлія Ковальчук"] {
        let pages = read(&paper(vec![Part::Facts(vec![("To".into(), name.into())])]));
        assert!(pages[0].contains(name), "{name} in {}", pages[0]);
    }
}

// Lam and alef are drawn as one sign, and are still two letters.
#[test]
fn letters_that_are_drawn_as_one_are_all_found_again() {
    let pages = read(&paper(vec![Part::Facts(vec![("To".into(), "علاء".into())])]));
    for letter in ['ع', 'ل', 'ا', 'ء'] {
        assert!(pages[0].contains(letter), "{letter} in {}", pages[0]);
    }
}
