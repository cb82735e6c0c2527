//! What people type that is not an amount. Each kind is parsed once and holds only what its column may hold.

use std::fmt;

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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
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

text!(
    /// A campaign's address on the site: lower-case words of a to z and digits, joined by single hyphens.
    Slug
);

impl Slug {
    pub const LEAST: usize = 3;
    pub const MOST: usize = 60;

    /// What the site has, or may want, beside its campaigns.
    const RESERVED: &str = "\
        about account admin api assets backer campaign campaigns categories category contact creator \
        dashboard discover edit events explore favicon health help home imprint jobs legal login logout \
        mail media messages metrics new people pkg pledge pledges preview privacy profile public \
        register report rewards robots root rules search settings sign-in sign-up sitemap start static \
        status support terms webhook webhooks www";

    /// Capitals are made small.
    ///
    /// # Errors
    /// `Empty`, `TooShort`, `TooLong`, `ForbiddenCharacter`, `SlugForm`, `SlugReserved`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let slug = one_line(text)?.to_ascii_lowercase();
        not_blank(&slug)?;
        let is_word = |word: &str| !word.is_empty() && word.chars().all(is_slug_character);
        if !slug.split('-').all(is_word) {
            return Err(TextError::SlugForm);
        }
        of_length(&slug, Self::LEAST, Self::MOST)?;
        if Self::RESERVED.split(' ').any(|reserved| reserved == slug) {
            return Err(TextError::SlugReserved);
        }
        Ok(Self(slug))
    }

    /// The address to offer for a title: accents and apostrophes go, everything else that is no letter or digit
    /// parts words, and a long title is cut between words.
    ///
    /// # Errors
    /// As `parse`. `SlugForm` when nothing is left, as with a title in a script other than Latin: the creator
    /// chooses an address.
    pub fn from_title(title: &str) -> Result<Self, TextError> {
        let mut plain = String::with_capacity(title.len());
        for c in title.chars().flat_map(char::to_lowercase) {
            push_plain(&mut plain, c);
        }
        let mut slug = String::new();
        for word in plain.split_ascii_whitespace() {
            if slug.is_empty() {
                // Letters and digits only, so bytes are characters.
                slug.push_str(word.get(..Self::MOST).unwrap_or(word));
            } else if slug.len() + 1 + word.len() <= Self::MOST {
                slug.push('-');
                slug.push_str(word);
            } else {
                break;
            }
        }
        if slug.is_empty() { Err(TextError::SlugForm) } else { Self::parse(&slug) }
    }
}

fn is_slug_character(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Adds a lower-case character as a slug has it; a space parts words.
fn push_plain(plain: &mut String, c: char) {
    match c {
        c if is_slug_character(c) => plain.push(c),
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => plain.push('a'),
        'ä' | 'æ' => plain.push_str("ae"),
        'ç' | 'ć' | 'č' => plain.push('c'),
        'ď' | 'đ' | 'ð' => plain.push('d'),
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => plain.push('e'),
        'ğ' | 'ģ' => plain.push('g'),
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => plain.push('i'),
        'ķ' => plain.push('k'),
        'ł' | 'ľ' | 'ĺ' | 'ļ' => plain.push('l'),
        'ñ' | 'ń' | 'ň' | 'ņ' => plain.push('n'),
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' => plain.push('o'),
        'ö' | 'ø' | 'ő' | 'œ' => plain.push_str("oe"),
        'ŕ' | 'ř' => plain.push('r'),
        'ś' | 'š' | 'ş' | 'ș' => plain.push('s'),
        'ß' => plain.push_str("ss"),
        'ť' | 'ţ' | 'ț' => plain.push('t'),
        'þ' => plain.push_str("th"),
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ų' => plain.push('u'),
        'ü' | 'ű' => plain.push_str("ue"),
        'ý' | 'ÿ' => plain.push('y'),
        'ź' | 'ż' | 'ž' => plain.push('z'),
        // Inside a word: “Ana's”. The range is the accents that follow their letter.
        '\'' | '’' | '\u{300}'..='\u{36F}' => {}
        _ => plain.push(' '),
    }
}

/// A password as it was typed: neither trimmed nor folded, never shown, never serialised.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub const LEAST: usize = 8;
    /// Bounds the work of hashing.
    pub const MOST: usize = 128;

    /// # Errors
    /// `Empty`, `TooShort`, `TooLong`, `ForbiddenCharacter`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        // Nobody could type such a character again on another keyboard.
        if text.chars().any(is_forbidden) {
            return Err(TextError::ForbiddenCharacter);
        }
        of_length(text, Self::LEAST, Self::MOST)?;
        Ok(Self(text.to_owned()))
    }

    /// The secret itself, for hashing and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
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

    #[test]
    fn slugs_are_words_joined_by_single_hyphens() {
        assert_eq!(Slug::parse(" A-Lamp-2 ").unwrap().as_str(), "a-lamp-2");
        for (typed, refusal) in [
            ("", Empty),
            ("ab", TooShort { least: 3 }),
            (&"x".repeat(61), TooLong { most: 60 }),
            ("-lamp", SlugForm),
            ("lamp-", SlugForm),
            ("a--lamp", SlugForm),
            ("---", SlugForm),
            ("a lamp", SlugForm),
            ("a_lamp", SlugForm),
            ("lämp", SlugForm),
            ("../etc", SlugForm),
            ("new", SlugReserved),
            ("Admin", SlugReserved),
            ("pkg", SlugReserved),
        ] {
            assert_eq!(Slug::parse(typed), Err(refusal), "{typed:?}");
        }
    }

    #[test]
    fn every_reserved_word_would_otherwise_be_a_slug() {
        for word in Slug::RESERVED.split(' ') {
            assert_eq!(Slug::parse(word), Err(SlugReserved), "{word}");
        }
        assert!(Slug::RESERVED.split(' ').is_sorted());
    }

    #[test]
    fn titles_suggest_slugs() {
        for (title, slug) in [
            ("A Lamp that Listens", "a-lamp-that-listens"),
            ("  Ana's   café — 2nd edition!  ", "anas-cafe-2nd-edition"),
            ("Größe & Süße", "groesse-suesse"),
            ("İstanbul Işık", "istanbul-isik"),
            ("Zażółć gęślą jaźń", "zazolc-gesla-jazn"),
            ("Cafe\u{301} Ole\u{301}", "cafe-ole"),
            ("光る傘 Kasa", "kasa"),
        ] {
            assert_eq!(Slug::from_title(title).unwrap().as_str(), slug, "{title}");
        }
        assert_eq!(Slug::from_title("光る傘をつくる"), Err(SlugForm));
        assert_eq!(Slug::from_title("Og"), Err(TooShort { least: 3 }));
        assert_eq!(Slug::from_title("Admin!"), Err(SlugReserved));
    }

    #[test]
    fn long_titles_are_cut_between_words() {
        let title = "the quick brown fox jumps over the lazy dog and then runs far away";
        assert_eq!(
            Slug::from_title(title).unwrap().as_str(),
            "the-quick-brown-fox-jumps-over-the-lazy-dog-and-then-runs"
        );
        assert_eq!(Slug::from_title(&"x".repeat(80)).unwrap().as_str(), "x".repeat(60));
    }

    #[test]
    fn passwords_are_kept_as_typed_and_never_shown() {
        let password = Password::parse("  correct horse  ").unwrap();
        assert_eq!(password.expose(), "  correct horse  ");
        assert_eq!(format!("{password:?}"), "Password(redacted)");
        let refusal = |typed: &str| Password::parse(typed).unwrap_err();
        assert_eq!(refusal(""), Empty);
        assert_eq!(refusal("1234567"), TooShort { least: 8 });
        assert_eq!(refusal(&"x".repeat(129)), TooLong { most: 128 });
        assert_eq!(refusal("new\nlines are lost"), ForbiddenCharacter);
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
