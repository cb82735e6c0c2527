//! Where somebody is written to.

use super::{TextError, is_invisible, not_blank, one_line, text};

text!(
    /// An e-mail address as it is stored and compared: trimmed and in lower case.
    ///
    /// That mail arrives is proved by sending one; this refuses only what cannot arrive, and what a mail library
    /// might take for two addresses.
    Email
);

impl Email {
    /// In bytes: what a mail server must accept (RFC 5321).
    pub const MOST: usize = 254;

    /// In bytes, of the part before the @.
    const MOST_LOCAL: usize = 64;

    /// # Errors
    /// `Empty`, `TooLong`, `ForbiddenCharacter`, `EmailNeedsOneAt`, `EmailLocalPart`, `EmailDomain`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let email = one_line(text)?.to_lowercase();
        not_blank(&email)?;
        if email.len() > Self::MOST {
            return Err(TextError::TooLong { most: Self::MOST });
        }
        let (local, domain) = email.split_once('@').ok_or(TextError::EmailNeedsOneAt)?;
        if domain.contains('@') {
            return Err(TextError::EmailNeedsOneAt);
        }
        if local.is_empty() || local.len() > Self::MOST_LOCAL || local.chars().any(separates_addresses) {
            return Err(TextError::EmailLocalPart);
        }
        if !is_dotted_host(domain) {
            return Err(TextError::EmailDomain);
        }
        Ok(Self(email))
    }
}

fn separates_addresses(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(c, ',' | ';' | ':' | '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\\')
}

/// Labels may hold any letters: addresses with international domains exist.
fn is_dotted_host(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c == '-' || (!c.is_ascii() && !separates_addresses(c)) || c.is_ascii_alphanumeric())
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TextError::*;
    use super::*;

    #[test]
    fn emails_are_stored_as_they_are_compared() {
        for (typed, email) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("o'hara+tag@mail.example.co.uk", "o'hara+tag@mail.example.co.uk"),
            ("jürgen@müller.de", "jürgen@müller.de"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), email);
        }
        let longest_local = "x".repeat(64);
        assert!(Email::parse(&format!("{longest_local}@example.com")).is_ok());
        for (typed, refusal) in [
            ("", Empty),
            ("ada", EmailNeedsOneAt),
            ("ada@home@example.com", EmailNeedsOneAt),
            ("@example.com", EmailLocalPart),
            ("a da@example.com", EmailLocalPart),
            ("ada,eve@example.com", EmailLocalPart),
            ("ada<eve@example.com", EmailLocalPart),
            (&format!("{longest_local}x@example.com"), EmailLocalPart),
            ("ada@", EmailDomain),
            ("ada@localhost", EmailDomain),
            ("ada@example.", EmailDomain),
            ("ada@.com", EmailDomain),
            ("ada@exa mple.com", EmailDomain),
            ("ada@example..com", EmailDomain),
            ("ada@-example.com", EmailDomain),
            ("ada@example.com,eve", EmailDomain),
            ("ada@example.com\r\nBcc: eve", ForbiddenCharacter),
            (&format!("ada@{}.com", "x".repeat(250)), TooLong { most: 254 }),
        ] {
            assert_eq!(Email::parse(typed), Err(refusal), "{typed:?}");
        }
    }
}
