//! Pledging, through the front door: the form, the card page, webhooks, totals, and everything that goes wrong.
//! Numbers in comments are those of the cases that a test stands for.

#[path = "../support/mod.rs"]
mod support;

mod cancelling;
mod faults;
mod limits;
mod live;
mod refusals;
mod repeats;
mod returning;
mod three_ways;
mod totals;
