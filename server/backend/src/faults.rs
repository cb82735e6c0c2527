//! Named steps between which a crash must lose nothing. Tests name one and the process ends there as `kill -9`
//! would end it: no destructor runs, no buffer is flushed, no transaction is rolled back politely.

use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Faults {
    crash_at: Option<Arc<str>>,
}

impl Faults {
    #[must_use]
    pub fn new(crash_at: Option<String>) -> Self {
        Self { crash_at: crash_at.map(Arc::from) }
    }

    /// Marks a step. Free unless a test named it.
    pub fn step(&self, name: &str) {
        if self.crash_at.as_deref() == Some(name) {
            std::process::abort();
        }
    }

    /// Marks a step of a call to the gateway: `create_session.stored`.
    pub fn step_of(&self, call: &str, step: &str) {
        if self.crash_at.as_deref().and_then(|name| name.split_once('.')) == Some((call, step)) {
            std::process::abort();
        }
    }
}

/// Every step of a refund, in order; the crash tests visit each.
pub const REFUND_STEPS: [&str; 13] = [
    "refund.before_commit",
    "refund.requested",
    "refund.before",
    "refund.stored",
    "refund.received",
    "refund.answered",
    "refund.done",
    "refund.before_note",
    "refund.noted",
    "inbox.before_commit",
    "inbox.committed",
    "webhook.before_store",
    "webhook.stored",
];

/// Every step of settling a campaign with a saved card and a hold, in order; the crash tests visit each.
pub const SETTLEMENT_STEPS: [&str; 19] = [
    "settlement.before_close",
    "settlement.closed",
    "settlement.before_decide",
    "settlement.decided",
    "inbox.before_commit",
    "inbox.committed",
    "collect.before",
    "charge.stored",
    "charge.received",
    "charge.answered",
    "capture.stored",
    "capture.received",
    "capture.answered",
    "collect.done",
    "collect.left",
    "webhook.before_store",
    "webhook.stored",
    "settlement.before_finish",
    "settlement.finished",
];

/// Every step of paying a creator out, in order; the crash tests visit each.
pub const PAYOUT_STEPS: [&str; 9] = [
    "payout.before_made",
    "payout.made",
    "payout.before_transfer",
    "transfer.stored",
    "transfer.received",
    "transfer.answered",
    "payout.transferred",
    "payout.before_booked",
    "payout.booked",
];

/// The steps of a debt that is set off against a payout under way, in order; the crash tests visit each.
pub const SET_OFF_STEPS: [&str; 2] = ["payout.before_set_off", "payout.set_off"];

/// The steps of a creator's asking to be paid, in order; the crash tests visit each.
pub const ASK_STEPS: [&str; 2] = ["payout.before_asked", "payout.asked"];

/// Every step of a pledge, in order; the crash tests visit each.
pub const PLEDGE_STEPS: [&str; 13] = [
    "pledge.before_insert",
    "pledge.inserted",
    "create_customer.stored",
    "create_customer.received",
    "create_customer.answered",
    "create_session.stored",
    "create_session.received",
    "create_session.answered",
    "checkout.linked",
    "webhook.before_store",
    "webhook.stored",
    "inbox.before_commit",
    "inbox.committed",
];
