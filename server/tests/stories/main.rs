//! The whole site, through the front door: accounts, the pledge form, the card page, webhooks, totals, and everything
//! that goes wrong. One binary, so that linking happens once.
//! Numbers in comments are those of the cases that a test stands for.
#![allow(clippy::disallowed_methods, reason = "what the world outside does, it does by its own clock")]

mod support;

mod accounts;
mod alarms;
mod anonymous;
mod append_only;
mod bad_weather;
mod calling_off;
mod cancelling;
mod card_fields;
mod card_testing;
mod changing;
mod crashes;
mod cross_site;
mod database_away;
mod disputes;
mod event_orders;
mod faults;
mod fix_links;
mod fixing;
mod gateway_fees;
mod given_up;
mod giving_back;
mod guests;
mod histories;
mod hostile;
mod limits;
mod live;
mod loose_ends;
mod mail;
mod many_at_once;
mod operations;
mod outages;
mod payouts;
mod price;
mod receipts;
mod reconciling;
mod refund_crashes;
mod refunds;
mod refusals;
mod repeats;
mod reports;
mod result_policy;
mod returning;
mod saved_cards;
mod saved_payments;
mod self_check;
mod settlement;
mod settlement_crashes;
mod shipping;
mod stretch_goals;
mod three_ways;
mod totals;
mod webhooks;
