//! Letters to those who run the site.

use super::super::written::Written;

const STAFF: &str = "You get this because you are an administrator here.";

/// Something is wrong that nobody has looked at.
#[derive(Clone, Copy, Debug)]
pub struct AlarmsRaised<'a> {
    pub count: usize,
    /// What is wrong, a line for each thing, without personal data.
    pub named: &'a [&'a str],
    /// How many more things are wrong.
    pub unnamed: usize,
}

impl AlarmsRaised<'_> {
    pub(super) fn write(&self) -> Written {
        let heading = match self.count {
            1 => "An alarm was raised".to_owned(),
            count => format!("{count} alarms were raised"),
        };
        let mut letter = Written::new(heading.clone(), format!("{heading}."), STAFF);
        for alarm in self.named {
            letter = letter.says(*alarm);
        }
        if self.unnamed > 0 {
            letter = letter.says(format!("And {} more.", self.unnamed));
        }
        letter
            .says(
                "Nobody has marked this as seen yet. What is raised within the next hour comes in one letter after it.",
            )
            .link("See what is wrong", "/admin/operations")
    }
}
