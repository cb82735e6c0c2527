//! What wakes up in the browser: small, self-contained, with props that travel as plain texts and numbers. The
//! server draws each of them first, from the same props.

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
