//! What wakes up in the browser: small, self-contained, with props that travel as plain texts and numbers. The
//! server draws each of them first, from the same props.
//!
//! The server erases the types of its components (`.cargo/config.toml`), the browser does not, and an erased view of
//! several roots ends in a comment that a whole one does not look for. So what an island repeats or shows in turn has
//! one root each time.

mod appearance;
mod card_entry;
mod countdown;
pub mod live_account;
pub mod local_time;
mod pay_with;
pub mod pledge_form;
pub mod progress;
mod stripe;
mod submit;
