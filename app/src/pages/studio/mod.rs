//! A creator's own place.

mod payout_account;
mod payouts;

pub use payouts::{BackFromAccount, PayoutsPage};
