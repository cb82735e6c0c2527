//! A letter in words, before it is text or HTML. Whatever people typed (titles, above all) passes [`one_line`] on its
//! way out, so that nothing of theirs starts a new line, a header or a direction of writing.

/// Mail programs show less; longer ones come from long titles.
const LONGEST_SUBJECT: usize = 150;

pub(super) struct Written {
    subject: String,
    pub(super) heading: String,
    pub(super) parts: Vec<Part>,
    /// Why somebody gets it.
    pub(super) because: &'static str,
}

pub(super) enum Part {
    Paragraph(String),
    Facts(Vec<(&'static str, String)>),
    /// Words to press and where they lead on this site.
    Link {
        words: &'static str,
        path: String,
    },
}

pub(super) const BACKER: &str =
    "You get this because you pledged to a campaign here. Mail about your money cannot be switched off.";
pub(super) const CREATOR: &str = "You get this because it is your campaign.";

impl Written {
    pub(super) fn new(subject: impl Into<String>, heading: impl Into<String>, because: &'static str) -> Self {
        Self { subject: subject.into(), heading: heading.into(), parts: Vec::new(), because }
    }

    pub(super) fn says(mut self, paragraph: impl Into<String>) -> Self {
        self.parts.push(Part::Paragraph(paragraph.into()));
        self
    }

    /// Facts without a value are left out.
    pub(super) fn facts<const N: usize>(mut self, facts: [(&'static str, Option<String>); N]) -> Self {
        let known = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
        self.parts.push(Part::Facts(known.collect()));
        self
    }

    pub(super) fn link(mut self, words: &'static str, path: impl Into<String>) -> Self {
        self.parts.push(Part::Link { words, path: path.into() });
        self
    }

    pub(super) fn subject(&self) -> String {
        let subject = one_line(&self.subject);
        match subject.char_indices().nth(LONGEST_SUBJECT) {
            Some((end, _)) => format!("{}…", subject[..end].trim_end()),
            None => subject,
        }
    }

    /// The whole letter for programs that show no HTML.
    pub(super) fn text(&self, site: &str) -> String {
        let mut text = format!("{}\n", one_line(&self.heading));
        for part in &self.parts {
            text.push('\n');
            match part {
                Part::Paragraph(words) => text += &format!("{}\n", one_line(words)),
                Part::Facts(facts) => {
                    for (name, value) in facts {
                        text += &format!("{name}: {}\n", one_line(value));
                    }
                }
                Part::Link { words, path } => text += &format!("{words}:\n{}\n", address(site, path)),
            }
        }
        text + &format!("\n-- \nGroundswell, {site}\n{}\n", self.because)
    }
}

/// An absolute address on this site. Spaces and line breaks cannot be in one.
pub(super) fn address(site: &str, path: &str) -> String {
    let path: String = path.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    format!("{site}/{}", path.trim_start_matches('/'))
}

/// Line breaks, control characters and marks that turn the direction of writing become spaces; runs of spaces one.
pub(super) fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if breaks_a_line(c) { ' ' } else { c }).collect::<String>();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn breaks_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_stays_on_its_line() {
        for (typed, line) in [
            ("The Boat\r\nBcc: eve@example.org", "The Boat Bcc: eve@example.org"),
            ("  a\u{2028}b\u{202e}c\td\0e  ", "a b c d e"),
            ("Ünïcode stays 船", "Ünïcode stays 船"),
        ] {
            assert_eq!(one_line(typed), line);
        }
        let long = Written::new("ä".repeat(400), "", BACKER).subject();
        assert_eq!(long.chars().count(), LONGEST_SUBJECT + 1);
    }

    #[test]
    fn addresses_are_on_this_site() {
        for path in ["/pledges/1", "pledges/1", "//pledges/1", "/pledges/ 1\r\n"] {
            assert_eq!(address("https://site.example", path), "https://site.example/pledges/1");
        }
    }
}
