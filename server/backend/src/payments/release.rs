//! Giving back what a pledge holds at the gateway: a saved card, a hold, or money that came too late.

use std::collections::HashMap;

use domain::{Currency, Money, PledgeId};
use stripe_core::payment_intent::CancelPaymentIntent;
use stripe_core::refund::CreateRefund;
use stripe_payment::payment_method::DetachPaymentMethod;
use stripe_shared::{PaymentIntent, PaymentIntentStatus, PaymentMethod, Refund};

use super::attempts::Attempt;
use super::translate::{Translated, from_payment_intent};
use super::{AttemptKind, GatewayError, Payments, from_gateway};
use crate::{Error, Result};

impl Payments {
    /// Forgets a saved card.
    pub async fn detach_card(&self, pledge: PledgeId, payment_method: &str) -> Result<()> {
        let attempt = attempt(AttemptKind::DetachCard, format!("detach_{payment_method}"), pledge);
        self.attempt(
            attempt,
            DetachPaymentMethod::new(payment_method.to_owned()),
            |method: &PaymentMethod| method.id.to_string(),
        )
        .await?;
        Ok(())
    }

    /// Releases a hold; the money was never taken.
    pub async fn cancel_hold(&self, pledge: PledgeId, intent: &str) -> Result<()> {
        let attempt = attempt(AttemptKind::CancelIntent, format!("cancel_{intent}"), pledge);
        self.attempt(attempt, CancelPaymentIntent::new(intent.to_owned()), |intent: &PaymentIntent| {
            intent.id.to_string()
        })
        .await?;
        Ok(())
    }

    /// Whether a hold is gone: released, or run out by itself.
    pub async fn hold_is_gone(&self, intent: &str) -> Result<bool> {
        let intent = self.payment_at_gateway(intent).await?;
        Ok(matches!(intent.status, PaymentIntentStatus::Canceled))
    }

    /// What a payment or hold really is now; `None` when it carries none of our ids.
    pub async fn read_payment(&self, intent: &str) -> Result<Option<Translated>> {
        let intent = self.payment_at_gateway(intent).await?;
        Ok(from_payment_intent(&intent))
    }

    /// Returns what is left of a payment to the card it came from, and says what the card has back in all: the whole
    /// payment, however many refunds it took and whoever made them.
    pub async fn refund_all(&self, pledge: PledgeId, intent: &str) -> Result<Money> {
        let received = self.payment_at_gateway(intent).await?;
        let before = self.refunds_of(intent).await?;
        if before.returned < received.amount_received {
            // A refund that failed at the bank is over; the next one is another, with a key of its own.
            let key = match before.failed {
                0 => format!("refund_all_{intent}"),
                failed => format!("refund_all_{intent}_after_{failed}"),
            };
            let create = CreateRefund::new()
                .payment_intent(intent)
                .metadata(HashMap::from([("pledge_id".to_owned(), pledge.to_string())]));
            let find = async {
                let refunds = self.refunds_of(intent).await?;
                Ok(refunds.last.filter(|_| refunds.returned >= received.amount_received))
            };
            let id = |refund: &Refund| refund.id.to_string();
            let refunded = self.attempt_or_find(attempt(AttemptKind::Refund, key, pledge), create, id, find);
            match refunded.await {
                Ok(_) => {}
                // By somebody in the gateway's dashboard, since we looked.
                Err(Error::Gateway(GatewayError::Refused { code, .. })) if code == ALREADY => {}
                Err(error) => return Err(error),
            }
        }
        whole(&received)
    }

    async fn refunds_of(&self, intent: &str) -> Result<Refunds> {
        let list = self.list_refunds(intent).await?;
        let (over, standing): (Vec<Refund>, Vec<Refund>) = list
            .into_iter()
            .partition(|refund| matches!(refund.status.as_deref(), Some("failed" | "canceled")));
        Ok(Refunds {
            returned: standing.iter().map(|refund| refund.amount).sum(),
            failed: over.len(),
            last: standing.into_iter().next(),
        })
    }
}

/// The gateway's code for a payment of which nothing is left.
const ALREADY: &str = "charge_already_refunded";

/// What has become of a payment, in the gateway's integers.
struct Refunds {
    returned: i64,
    /// Refunds that the bank sent back or that were called off.
    failed: usize,
    /// The newest that stands.
    last: Option<Refund>,
}

fn whole(intent: &PaymentIntent) -> Result<Money> {
    let currency = Currency::parse(&intent.currency.to_string().to_uppercase()).ok();
    currency
        .and_then(|currency| from_gateway(intent.amount_received, currency))
        .ok_or_else(|| Error::broken(format!("{}: an amount we have no money for", intent.id.as_str())))
}

fn attempt(kind: AttemptKind, key: String, pledge: PledgeId) -> Attempt {
    Attempt { kind, key, person: None, pledge: Some(pledge) }
}
