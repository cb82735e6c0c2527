//! What people type that is not an amount. Each kind is parsed once and holds only what its column may hold.

mod email;
mod password;
mod slug;

pub use email::Email;
pub use password::Password;
pub use slug::Slug;

/// Why a text is refused. Every message is fit to stand beside its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or nothing that can be seen.
    #[error("Fill this in.")]
    Empty,
    #[error("Use at least {least} characters.")]
    TooShort { least: usize },
    #[error("Use at most {most} characters.")]
    TooLong { most: usize },
    /// A control character, a line break where one line is wanted, or a mark that reorders the text around it.
    #[error("This contains a hidden character that is not allowed. Type it instead of pasting it.")]
    ForbiddenCharacter,
    #[error("An e-mail address has one @, like name@example.com.")]
    EmailNeedsOneAt,
    /// The part before the @ is empty, longer than 64 bytes, or has a space or a sign that separates addresses.
    #[error("Check the part of the address before the @.")]
    EmailLocalPart,
    /// The part after the @ is no dotted host name.
    #[error("The part after the @ must be like example.com.")]
    EmailDomain,
    /// Not lower-case words joined by single hyphens.
    #[error("Use only the letters a to z, digits, and single hyphens between words.")]
    SlugForm,
    /// One of the site's own addresses.
    #[error("This address is taken by the site itself. Choose another.")]
    SlugReserved,
}

/// Declares a text that can only be made by its `parse`.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::TextError;

            fn from_str(text: &str) -> Result<Self, $crate::TextError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::TextError;

            fn try_from(text: String) -> Result<Self, $crate::TextError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}
use text;

text!(
    /// A campaign's title: one line.
    Title
);

impl Title {
    pub const LEAST: usize = 4;
    pub const MOST: usize = 80;

    /// # Errors
    /// `Empty`, `TooShort`, `TooLong`, `ForbiddenCharacter`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let title = one_line(text)?;
        not_blank(title)?;
        of_length(title, Self::LEAST, Self::MOST)?;
        Ok(Self(title.to_owned()))
    }
}

text!(
    /// The sentence under a campaign's title. A draft may not have one yet.
    Pitch
);

impl Pitch {
    pub const MOST: usize = 140;

    /// # Errors
    /// `TooLong`, `ForbiddenCharacter`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let pitch = one_line(text)?;
        of_length(pitch, 0, Self::MOST)?;
        Ok(Self(pitch.to_owned()))
    }
}

text!(
    /// A campaign's story: Markdown as it was written, never shown unrendered. May be empty.
    Story
);

impl Story {
    pub const MOST: usize = 50_000;

    /// Line breaks become `\n`, whatever the browser sent.
    ///
    /// # Errors
    /// `TooLong`, `ForbiddenCharacter`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let story = text.replace("\r\n", "\n").replace('\r', "\n");
        // Only at the end: leading spaces mean something in Markdown.
        let story = story.trim_end();
        if story.chars().any(|c| is_forbidden(c) && !matches!(c, '\n' | '\t')) {
            return Err(TextError::ForbiddenCharacter);
        }
        of_length(story, 0, Self::MOST)?;
        Ok(Self(story.to_owned()))
    }
}

text!(
    /// The name a person shows to others.
    DisplayName
);

impl DisplayName {
    pub const LEAST: usize = 2;
    pub const MOST: usize = 60;

    /// Runs of spaces become one, so that two names that look the same are the same.
    ///
    /// # Errors
    /// `Empty`, `TooShort`, `TooLong`, `ForbiddenCharacter`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let name = one_line(text)?.split_whitespace().collect::<Vec<_>>().join(" ");
        not_blank(&name)?;
        of_length(&name, Self::LEAST, Self::MOST)?;
        Ok(Self(name))
    }
}

fn one_line(text: &str) -> Result<&str, TextError> {
    let line = text.trim();
    if line.chars().any(is_forbidden) { Err(TextError::ForbiddenCharacter) } else { Ok(line) }
}

/// Control characters (NUL, which PostgreSQL cannot store, is one), line and paragraph separators, and the marks
/// that make a text read in another order than it is written.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn not_blank(text: &str) -> Result<(), TextError> {
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) { Err(TextError::Empty) } else { Ok(()) }
}

/// Characters without a glyph. Scripts and emoji need some of them between others, but no text is made of them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}')
}

/// Counts characters as PostgreSQL's `length` does, not bytes.
fn of_length(text: &str, least: usize, most: usize) -> Result<(), TextError> {
    match text.chars().count() {
        length if length < least => Err(TextError::TooShort { least }),
        length if length > most => Err(TextError::TooLong { most }),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TextError::*;
    use super::*;

    #[test]
    fn titles_and_pitches_are_one_trimmed_line() {
        assert_eq!(Title::parse("  A lamp that listens\n").unwrap().as_str(), "A lamp that listens");
        assert_eq!(Title::parse("   "), Err(Empty));
        assert_eq!(Title::parse("\u{200B}\u{200B}\u{200B}\u{200B}"), Err(Empty));
        assert_eq!(Title::parse("Abc"), Err(TooShort { least: 4 }));
        assert_eq!(Title::parse(&"é".repeat(80)).unwrap().as_str().len(), 160);
        assert_eq!(Title::parse(&"é".repeat(81)), Err(TooLong { most: 80 }));
        assert_eq!(Pitch::parse(" ").unwrap().as_str(), "");
        assert_eq!(Pitch::parse(&"x".repeat(141)), Err(TooLong { most: 140 }));
        for hidden in [
            "two\nlines",
            "a nul \0 inside",
            "pay \u{202E}001",
            "iso\u{2066}lated",
            "two\u{2028}lines",
            "\u{7f}del",
        ] {
            assert_eq!(Title::parse(&format!("A {hidden} B")), Err(ForbiddenCharacter), "{hidden:?}");
            assert_eq!(Pitch::parse(&format!("A {hidden} B")), Err(ForbiddenCharacter), "{hidden:?}");
        }
    }

    #[test]
    fn scripts_and_emoji_are_welcome() {
        for title in ["光る傘をつくる", "مصباح يستمع", "Ein Zelt für Ödön", "👩‍👩‍👧 family game", "नमस्ते दुनिया"]
        {
            assert_eq!(Title::parse(title).unwrap().as_str(), title);
        }
    }

    #[test]
    fn stories_keep_their_lines() {
        assert_eq!(
            Story::parse("    code\r\n\r\n- one\r\ttwo  \r\n").unwrap().as_str(),
            "    code\n\n- one\n\ttwo"
        );
        assert_eq!(Story::parse("").unwrap().as_str(), "");
        assert_eq!(Story::parse("a\0b"), Err(ForbiddenCharacter));
        assert_eq!(Story::parse("a\u{202E}b"), Err(ForbiddenCharacter));
        assert_eq!(Story::parse(&"x".repeat(50_001)), Err(TooLong { most: 50_000 }));
    }

    #[test]
    fn names_that_look_the_same_are_the_same() {
        assert_eq!(DisplayName::parse(" Ada \u{a0}  Lovelace "), DisplayName::parse("Ada Lovelace"));
        assert_eq!(DisplayName::parse("A"), Err(TooShort { least: 2 }));
        assert_eq!(DisplayName::parse(&"x".repeat(61)), Err(TooLong { most: 60 }));
        assert_eq!(DisplayName::parse("\u{3164}\u{3164}"), Err(Empty));
        assert_eq!(DisplayName::parse("Ada\tLovelace"), Err(ForbiddenCharacter));
    }

    #[test]
    fn texts_travel_as_strings_and_are_checked_on_arrival() {
        let title: Title = serde_json::from_str(r#"" A lamp ""#).unwrap();
        assert_eq!(serde_json::to_string(&title).unwrap(), r#""A lamp""#);
        assert!(serde_json::from_str::<Title>(r#""abc""#).is_err());
        assert!(serde_json::from_str::<Slug>(r#""admin""#).is_err());
        assert_eq!("ada@example.com".parse::<Email>().unwrap().to_string(), "ada@example.com");
    }
}
