//! The whole site, through the front door: accounts, the pledge form, the card page, webhooks, totals, and everything
//! that goes wrong. One binary, so that linking happens once.
//! Numbers in comments are those of the cases that a test stands for.

mod support;

mod accounts;
mod anonymous;
mod calling_off;
mod cancelling;
mod card_testing;
mod changing;
mod crashes;
mod cross_site;
mod event_orders;
mod faults;
mod fixing;
mod giving_back;
mod hostile;
mod limits;
mod live;
mod mail;
mod outages;
mod price;
mod refusals;
mod repeats;
mod returning;
mod saved_cards;
mod saved_payments;
mod settlement;
mod settlement_crashes;
mod three_ways;
mod totals;
mod webhooks;
