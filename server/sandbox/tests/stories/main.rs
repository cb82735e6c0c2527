//! What the sandbox promises, told over HTTP: each test starts a server of its own on a free port.

mod balance;
mod captures;
mod cards;
mod checkout;
mod connect;
mod disputes;
mod faults;
mod front_door;
mod idempotency;
mod limits;
mod money;
mod objects;
mod payouts;
mod publishable;
mod refunds;
mod restart;
mod support;
mod transfers;
mod webhooks;
