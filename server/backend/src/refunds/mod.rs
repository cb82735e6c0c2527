//! Money that goes back to backers. Every refund is a row, whoever wanted it: the creator, staff, the backer within the
//! campaign's window, a campaign that was called off, or somebody in the gateway's dashboard. The row is written first,
//! under a lock that never lets the sum pass what was paid; a job sends it; what the gateway says of it is noted, from
//! whichever side it is heard, and the inbox moves the pledge, the totals and the ledger after the rows.
//!
//! A part that is given back lowers the campaign's running total by that part; the result that decided the campaign
//! never changes.

mod note;
mod request;
mod send;
mod views;

pub(crate) use note::{hold_pledge, look, place};
pub(crate) use request::stage_for_campaign;
pub use request::{Asked, RefundRefusal, ask, take_back};
pub(crate) use send::send;
pub use views::{PaidPledge, RefundLine, Refundable, of_campaign, of_pledge, refundable};
