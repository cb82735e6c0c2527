//! From the gateway's objects to what they mean for a pledge. Nothing here trusts order or uniqueness: the state
//! machine does the judging.

use std::collections::HashMap;

use domain::{CampaignId, PledgeEvent, PledgeId};
use stripe_shared::{
    ApiErrors, CheckoutSession, PaymentIntent, PaymentIntentStatus, SetupIntent, SetupIntentStatus,
};
use stripe_types::Expandable;
use stripe_webhook::EventObject;

use crate::inbox::{Entry, Evidence};
use crate::jobs::Look;

/// An event of the gateway, placed at a pledge.
pub struct Translated {
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub entry: Entry,
}

/// What a webhook's event means; `None` for what we do not act on.
#[must_use]
pub fn from_event(event: &EventObject) -> Meaning {
    match event {
        EventObject::SetupIntentSucceeded(intent)
        | EventObject::SetupIntentRequiresAction(intent)
        | EventObject::SetupIntentSetupFailed(intent) => Meaning::of(from_setup_intent(intent)),
        EventObject::PaymentIntentSucceeded(intent)
        | EventObject::PaymentIntentAmountCapturableUpdated(intent)
        | EventObject::PaymentIntentRequiresAction(intent)
        | EventObject::PaymentIntentPaymentFailed(intent) => Meaning::of(from_payment_intent(intent)),
        EventObject::ChargeRefunded(charge) => refunds_of(charge.payment_intent.as_ref()),
        EventObject::ChargeRefundUpdated(refund)
        | EventObject::RefundCreated(refund)
        | EventObject::RefundUpdated(refund)
        | EventObject::RefundFailed(refund) => refunds_of(refund.payment_intent.as_ref()),
        EventObject::ChargeDisputeCreated(dispute)
        | EventObject::ChargeDisputeUpdated(dispute)
        | EventObject::ChargeDisputeClosed(dispute)
        | EventObject::ChargeDisputeFundsWithdrawn(dispute)
        | EventObject::ChargeDisputeFundsReinstated(dispute) => {
            Meaning::Look(Look::Dispute { id: dispute.id.to_string() })
        }
        _ => Meaning::NotOurs,
    }
}

/// What an event of a connected account means: nothing of theirs is a pledge's.
#[must_use]
pub fn from_event_of(account: &str, event: &EventObject) -> Meaning {
    match event {
        EventObject::AccountUpdated(_)
        | EventObject::AccountApplicationDeauthorized(_)
        | EventObject::AccountExternalAccountCreated(_)
        | EventObject::AccountExternalAccountUpdated(_)
        | EventObject::AccountExternalAccountDeleted(_)
        | EventObject::CapabilityUpdated(_) => Meaning::Look(Look::Account { id: account.to_owned() }),
        EventObject::PayoutCreated(payout)
        | EventObject::PayoutUpdated(payout)
        | EventObject::PayoutPaid(payout)
        | EventObject::PayoutCanceled(payout)
        | EventObject::PayoutFailed(payout) => {
            Meaning::Look(Look::Payout { account: account.to_owned(), id: payout.id.to_string() })
        }
        // What would move a pledge, had it happened at our own account.
        other => match from_event(other) {
            Meaning::NotOurs => Meaning::NotOurs,
            _ => Meaning::Unplaced,
        },
    }
}

fn refunds_of(payment: Option<&Expandable<PaymentIntent>>) -> Meaning {
    payment.map_or(Meaning::Unplaced, |payment| {
        Meaning::Look(Look::Refunds { payment: payment.id().to_string() })
    })
}

/// What an event concerns.
pub enum Meaning {
    /// A pledge.
    For(Box<Translated>),
    /// Something that has to be read at the gateway.
    Look(Look),
    /// A type we act on, about an object that carries none of our ids.
    Unplaced,
    /// A type we do not act on.
    NotOurs,
}

impl Meaning {
    fn of(translated: Option<Translated>) -> Self {
        translated.map_or(Self::Unplaced, |translated| Self::For(Box::new(translated)))
    }
}

/// What a finished hosted page means. The session must have been read with its intent expanded.
#[must_use]
pub fn from_session(session: &CheckoutSession) -> Option<Translated> {
    if let Some(intent) = session.setup_intent.as_ref().and_then(Expandable::as_object) {
        return from_setup_intent(intent);
    }
    session.payment_intent.as_ref().and_then(Expandable::as_object).and_then(from_payment_intent)
}

pub(super) fn from_setup_intent(intent: &SetupIntent) -> Option<Translated> {
    let event = match intent.status {
        SetupIntentStatus::Succeeded
            if intent.metadata.as_ref().is_some_and(|said| says(said, REPLACEMENT)) =>
        {
            PledgeEvent::CardReplaced
        }
        SetupIntentStatus::Succeeded => PledgeEvent::CardSaved,
        SetupIntentStatus::RequiresAction => PledgeEvent::ActionRequired,
        _ => PledgeEvent::PaymentFailed,
    };
    let evidence = Evidence {
        intent_id: Some(intent.id.to_string()),
        payment_method_id: intent.payment_method.as_ref().map(|method| method.id().to_string()),
        decline_code: intent.last_setup_error.as_deref().and_then(decline_code),
        ..Evidence::default()
    };
    place(intent.metadata.as_ref()?, Entry { event, evidence })
}

/// What the page for another card writes on its intent.
pub(super) const REPLACEMENT: (&str, &str) = ("purpose", "replace_card");

/// What the page for a new hold writes on its intent.
pub(super) const NEW_HOLD: (&str, &str) = ("purpose", "new_hold");

fn says(metadata: &HashMap<String, String>, (key, value): (&str, &str)) -> bool {
    metadata.get(key).is_some_and(|found| found == value)
}

pub(super) fn from_payment_intent(intent: &PaymentIntent) -> Option<Translated> {
    let mut entry = entry_of_payment(intent);
    if entry.event == PledgeEvent::HoldPlaced && says(&intent.metadata, NEW_HOLD) {
        entry.event = PledgeEvent::HoldReplaced;
    }
    place(&intent.metadata, entry)
}

/// What a payment's state means for its pledge.
pub(super) fn entry_of_payment(intent: &PaymentIntent) -> Entry {
    let declined = intent.last_payment_error.as_deref().and_then(decline_code);
    let (event, minor, code) = match intent.status {
        PaymentIntentStatus::Succeeded => (PledgeEvent::PaymentCaptured, intent.amount_received, None),
        PaymentIntentStatus::RequiresCapture => (PledgeEvent::HoldPlaced, intent.amount_capturable, None),
        PaymentIntentStatus::RequiresAction => (PledgeEvent::ActionRequired, intent.amount, None),
        // Only its holder can fix that: the bank refuses to be asked while they are away.
        _ if declined.as_deref() == Some("authentication_required") => {
            (PledgeEvent::ActionRequired, intent.amount, declined)
        }
        PaymentIntentStatus::Canceled => {
            (PledgeEvent::PaymentFailed, intent.amount, declined.or(Some("hold_expired".into())))
        }
        _ => (PledgeEvent::PaymentFailed, intent.amount, declined),
    };
    let evidence = Evidence {
        intent_id: Some(intent.id.to_string()),
        payment_method_id: intent.payment_method.as_ref().map(|method| method.id().to_string()),
        minor_units: Some(minor),
        currency: Some(intent.currency.to_string().to_uppercase()),
        decline_code: code,
    };
    Entry { event, evidence }
}

fn decline_code(error: &ApiErrors) -> Option<String> {
    error.decline_code.clone().or_else(|| error.code.as_ref().map(|code| code.as_str().to_owned()))
}

fn place(metadata: &HashMap<String, String>, entry: Entry) -> Option<Translated> {
    Some(Translated {
        pledge: metadata.get("pledge_id")?.parse().ok()?,
        campaign: metadata.get("campaign_id")?.parse().ok()?,
        entry,
    })
}
