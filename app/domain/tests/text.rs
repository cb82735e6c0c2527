//! What holds for every text that is let in.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use domain::{DisplayName, Email, Password, Pitch, Slug, Story, TextError, Title};
use proptest::prelude::*;

/// Arbitrary text hardly ever has the right length or a bidi override; these do.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,90}",
        "[a-zA-Z0-9 äßİΣ-]{0,90}",
        "[ a\u{0}\u{7f}\u{85}\u{200B}\u{2028}\u{202A}-\u{202E}\u{2066}-\u{2069}\n\r\t]{0,12}",
        "[A-Za-zİΣ.+ ]{0,66}@[A-Za-zİ. -]{0,20}(@|\\.com)?",
    ]
}

fn is_hidden(c: char) -> bool {
    c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// States what holds for each kind of text that is shown on one line.
macro_rules! one_line_texts {
    ($($test:ident: $kind:ident,)+) => {
        proptest! {
            $(
                #[test]
                fn $test(text in texts()) {
                    if let Ok(parsed) = $kind::parse(&text) {
                        prop_assert!(!parsed.as_str().chars().any(is_hidden));
                        prop_assert_eq!(parsed.as_str(), parsed.as_str().trim());
                        prop_assert_eq!($kind::parse(parsed.as_str()), Ok(parsed.clone()));
                        let json = serde_json::to_string(&parsed)?;
                        prop_assert_eq!(serde_json::from_str::<$kind>(&json)?, parsed);
                    }
                }
            )+
        }
    };
}

one_line_texts! {
    titles_are_clean_and_stable: Title,
    pitches_are_clean_and_stable: Pitch,
    display_names_are_clean_and_stable: DisplayName,
    emails_are_clean_and_stable: Email,
    slugs_are_clean_and_stable: Slug,
}

proptest! {
    #[test]
    fn lengths_are_what_the_columns_hold(text in texts()) {
        let length = |text: &str| text.chars().count();
        if let Ok(title) = Title::parse(&text) {
            prop_assert!((4..=80).contains(&length(title.as_str())));
        }
        if let Ok(pitch) = Pitch::parse(&text) {
            prop_assert!(length(pitch.as_str()) <= 140);
        }
        if let Ok(name) = DisplayName::parse(&text) {
            prop_assert!((2..=60).contains(&length(name.as_str())));
        }
        if let Ok(email) = Email::parse(&text) {
            prop_assert!(email.as_str().len() <= 254);
        }
    }

    #[test]
    fn stories_are_clean_and_stable(text in texts()) {
        if let Ok(story) = Story::parse(&text) {
            prop_assert!(!story.as_str().chars().any(|c| is_hidden(c) && !matches!(c, '\n' | '\t')));
            prop_assert_eq!(Story::parse(story.as_str()), Ok(story));
        }
    }

    #[test]
    fn emails_have_one_at_and_a_dotted_domain(text in texts()) {
        if let Ok(email) = Email::parse(&text) {
            let (local, domain) = email.as_str().split_once('@').unwrap();
            prop_assert!(!local.is_empty() && local.len() <= 64);
            prop_assert!(domain.contains('.') && !domain.contains('@'));
            prop_assert!(!email.as_str().contains(char::is_whitespace));
            prop_assert_eq!(email.as_str().to_lowercase(), email.as_str());
        }
    }

    #[test]
    fn any_title_suggests_a_slug_or_none(title in texts()) {
        match Slug::from_title(&title) {
            Ok(slug) => {
                prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
                prop_assert!((3..=60).contains(&slug.as_str().len()));
                let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
                prop_assert!(slug.as_str().split('-').all(is_word));
                prop_assert_eq!(slug.as_str().to_lowercase(), slug.as_str());
            }
            Err(refusal) => prop_assert!(
                matches!(refusal, TextError::SlugForm | TextError::SlugReserved | TextError::TooShort { .. }),
                "{:?}", refusal
            ),
        }
    }

    #[test]
    fn passwords_are_kept_as_typed_and_never_shown(text in prop_oneof![any::<String>(), "\\PC{8,128}"]) {
        if let Ok(password) = Password::parse(&text) {
            prop_assert_eq!(password.expose(), text);
            prop_assert_eq!(format!("{password:?}"), "Password(redacted)");
        }
    }
}
