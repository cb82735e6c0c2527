//! A staged mail as it goes over the wire.

use domain::PersonId;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use uuid::Uuid;

use super::smtp::Failure;

/// A mail whose turn it is.
#[derive(Clone)]
pub(super) struct Due {
    pub id: Uuid,
    pub person: PersonId,
    pub letter: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Where its person is written to today.
    pub email: String,
    /// Whether a server refused that address for good.
    pub bounces: bool,
    /// This one included.
    pub tries: i32,
}

/// The same mail always has the same Message-ID: a second copy, after an answer that was lost, is recognised by
/// whoever keeps the first.
pub(super) fn wire(due: &Due, sender: &Mailbox, to: Address) -> Result<Message, Failure> {
    let id = format!("<{}@{}>", due.id, sender.email.domain());
    Message::builder()
        .from(sender.clone())
        .to(Mailbox::new(None, to))
        .subject(due.subject.as_str())
        .message_id(Some(id))
        .date_now()
        // So that nobody's holiday notice answers it.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(due.text.clone(), due.html.clone()))
        .map_err(|_| Failure::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_subject_adds_a_header() {
        let due = Due {
            id: Uuid::nil(),
            person: PersonId(Uuid::nil()),
            letter: "pledge_confirmed".into(),
            subject: "The Boat\r\nBcc: eve@example.org".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            email: "bea@example.org".into(),
            bounces: false,
            tries: 1,
        };
        let sender = "Groundswell <hello@site.example>".parse().unwrap();
        let wire = wire(&due, &sender, "bea@example.org".parse().unwrap()).unwrap();
        let wire = String::from_utf8(wire.formatted()).unwrap();
        assert!(!wire.contains("\r\nBcc:"), "{wire}");
        assert!(
            wire.contains("Message-ID: <00000000-0000-0000-0000-000000000000@site.example>\r\n"),
            "{wire}"
        );
        assert!(wire.contains("Auto-Submitted: auto-generated\r\n"), "{wire}");
    }
}
