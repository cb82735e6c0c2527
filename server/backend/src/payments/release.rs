//! Giving back what a pledge holds at the gateway: a saved card, a hold, or money that came too late.

use domain::PledgeId;
use stripe_core::payment_intent::{CancelPaymentIntent, RetrievePaymentIntent};
use stripe_core::refund::CreateRefund;
use stripe_payment::payment_method::DetachPaymentMethod;
use stripe_shared::{PaymentIntent, PaymentIntentStatus, PaymentMethod, Refund};

use super::attempts::Attempt;
use super::{AttemptKind, Payments};
use crate::Result;

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
        let intent = self.read(RetrievePaymentIntent::new(intent.to_owned())).await?;
        Ok(matches!(intent.status, PaymentIntentStatus::Canceled))
    }

    /// Returns a whole payment to the card it came from.
    pub async fn refund_all(&self, pledge: PledgeId, intent: &str) -> Result<()> {
        let attempt = attempt(AttemptKind::Refund, format!("refund_all_{intent}"), pledge);
        self.attempt(attempt, CreateRefund::new().payment_intent(intent), |refund: &Refund| {
            refund.id.to_string()
        })
        .await?;
        Ok(())
    }
}

fn attempt(kind: AttemptKind, key: String, pledge: PledgeId) -> Attempt {
    Attempt { kind, key, person: None, pledge: Some(pledge) }
}
