//! A secret that is hashed and forgotten.

use std::fmt;

use super::{TextError, is_forbidden, of_length};

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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TextError::*;
    use super::*;

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
}
