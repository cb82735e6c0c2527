//! Server functions: what a page asks of the server, and what a form sends to it. Each is a public endpoint: it
//! authorises, parses into domain types, calls `backend`, returns.

pub mod account;
pub mod campaigns;
pub mod card_step;
pub mod cards;
pub mod changes;
pub mod demo;
pub mod disputes;
pub mod error;
pub mod fix_link;
pub mod guests;
pub mod operations;
pub mod payouts;
pub mod pledges;
pub mod refunds;
pub mod settlement;
