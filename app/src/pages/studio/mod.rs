//! A creator's own place.

mod payout_account;
mod payout_balance;
mod payout_schedule;
mod payouts;

pub use payouts::{BackFromAccount, PayoutsPage};
