//! The last part of an address on the site.

use super::{TextError, not_blank, of_length, one_line, text};

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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TextError::*;
    use super::*;

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
}
