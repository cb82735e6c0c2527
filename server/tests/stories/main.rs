//! The whole site, through the front door: accounts, the pledge form, the card page, webhooks, totals, and everything
//! that goes wrong. One binary, so that linking happens once.
//! Numbers in comments are those of the cases that a test stands for.

mod support;

mod accounts;
mod cancelling;
mod crashes;
mod cross_site;
mod event_orders;
mod faults;
mod hostile;
mod limits;
mod live;
mod refusals;
mod repeats;
mod returning;
mod three_ways;
mod totals;
mod webhooks;
