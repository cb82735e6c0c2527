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
        _ => Meaning::NotOurs,
    }
}

/// Whether an event concerns a pledge.
pub enum Meaning {
    For(Box<Translated>),
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

fn from_setup_intent(intent: &SetupIntent) -> Option<Translated> {
    let event = match intent.status {
        SetupIntentStatus::Succeeded if replaces_a_card(intent) => PledgeEvent::CardReplaced,
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

fn replaces_a_card(intent: &SetupIntent) -> bool {
    let (key, value) = REPLACEMENT;
    intent.metadata.as_ref().and_then(|metadata| metadata.get(key)).is_some_and(|found| found == value)
}

pub(super) fn from_payment_intent(intent: &PaymentIntent) -> Option<Translated> {
    place(&intent.metadata, entry_of_payment(intent))
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
