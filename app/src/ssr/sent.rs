//! What a pledge form sent, as far as its refusals send it back.

use backend::pledges::Privacy;
use domain::Country;

use crate::api::error::ApiError;

/// More than any amount that can be read has.
const LONGEST_AMOUNT: usize = 60;

/// The form's boxes as they were sent: with any text when they are ticked.
#[derive(Clone, Copy)]
pub struct Boxes<'a> {
    pub name_hidden: &'a str,
    pub amount_hidden: &'a str,
}

impl Boxes<'_> {
    pub(super) fn privacy(self) -> Privacy {
        Privacy { name_hidden: !self.name_hidden.is_empty(), amount_hidden: !self.amount_hidden.is_empty() }
    }

    /// Sends the ticks back with a refusal.
    pub(super) fn keep(self, error: ApiError) -> ApiError {
        let Privacy { name_hidden, amount_hidden } = self.privacy();
        let error = if name_hidden { error.keep("name_hidden", "yes") } else { error };
        if amount_hidden { error.keep("amount_hidden", "yes") } else { error }
    }
}

/// What is chosen and typed, as it was sent.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// The reward's id; empty for none.
    pub reward: &'a str,
    pub amount: &'a str,
    /// The country's code; empty for none.
    pub country: &'a str,
}

impl Wish<'_> {
    /// Sends it back with a refusal.
    pub(super) fn keep(self, error: ApiError) -> ApiError {
        let error = error.keep("amount", cut(self.amount)).keep("reward", self.reward);
        // A code that nobody could have chosen is not chosen again.
        match Country::parse(self.country) {
            Ok(country) => error.keep("country", country.code()),
            Err(_) => error,
        }
    }
}

/// A typed amount, as much of it as is worth sending back.
pub(super) fn cut(amount: &str) -> String {
    amount.chars().take(LONGEST_AMOUNT).collect()
}
