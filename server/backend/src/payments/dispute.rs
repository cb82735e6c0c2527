//! Disputes at the gateway: read, and answered with evidence.

use chrono::{DateTime, Utc};
use domain::{Currency, DisputeState, Money, PledgeId};
use rust_decimal::Decimal;
use stripe_core::dispute::{RetrieveDispute, UpdateDispute, UpdateDisputeEvidence};
use stripe_shared::{Dispute, DisputeStatus};

use super::attempts::Attempt;
use super::{AttemptKind, Payments, from_gateway};
use crate::{Error, Result};

/// A dispute as the gateway has it.
#[derive(Clone, Debug)]
pub struct GatewayDispute {
    pub id: String,
    /// The payment it is about.
    pub payment: Option<String>,
    pub amount: Money,
    pub reason: String,
    pub state: DisputeState,
    pub evidence_due_at: Option<DateTime<Utc>>,
    /// What the gateway took for it.
    pub fee: Option<Money>,
    pub opened_at: DateTime<Utc>,
}

/// What is said in answer to a dispute. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub product_description: String,
    /// What was delivered, and when.
    pub delivery: String,
    pub tracking_number: String,
    pub customer_communication: String,
    pub refund_policy: String,
    /// The creator's own words.
    pub statement: String,
}

impl Payments {
    /// What a dispute says now.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub async fn dispute(&self, id: &str) -> Result<GatewayDispute> {
        translate(&self.read(RetrieveDispute::new(id.to_owned())).await?)
    }

    /// Answers a dispute, once. Answered again it is the same answer.
    ///
    /// # Errors
    /// When the gateway refuses it, or there is no answer; the same evidence may be sent again.
    pub async fn submit_evidence(
        &self,
        id: &str,
        pledge: PledgeId,
        evidence: &Evidence,
    ) -> Result<GatewayDispute> {
        let text = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut said = UpdateDisputeEvidence::new();
        said.product_description = text(&evidence.product_description);
        said.shipping_tracking_number = text(&evidence.tracking_number);
        said.refund_policy_disclosure = text(&evidence.refund_policy);
        said.uncategorized_text = words(evidence);
        let request = UpdateDispute::new(id.to_owned()).evidence(said).submit(true);
        let attempt = Attempt {
            kind: AttemptKind::SubmitEvidence,
            key: format!("evidence_{id}"),
            person: None,
            pledge: Some(pledge),
        };
        let answered = self.attempt(attempt, request, |dispute: &Dispute| dispute.id.to_string()).await?;
        translate(&answered)
    }
}

/// What the gateway has a text field for goes there; fields that want an uploaded file are said in words.
fn words(evidence: &Evidence) -> Option<String> {
    let titled =
        |title: &str, text: &str| (!text.trim().is_empty()).then(|| format!("{title}\n{}", text.trim()));
    let statement = evidence.statement.trim();
    let parts = [
        (!statement.is_empty()).then(|| statement.to_owned()),
        titled("What was delivered, and when:", &evidence.delivery),
        titled("What was said between us:", &evidence.customer_communication),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn translate(dispute: &Dispute) -> Result<GatewayDispute> {
    let unknown = || Error::broken(format!("{}: an amount we have no money for", dispute.id.as_str()));
    let money = |minor, currency: &stripe_types::Currency| {
        let currency = Currency::parse(&currency.to_string().to_uppercase()).ok();
        currency.and_then(|currency| from_gateway(minor, currency)).ok_or_else(unknown)
    };
    let mut fee: Option<Money> = None;
    for line in dispute.balance_transactions.iter().filter(|line| line.fee > 0) {
        let more = money(line.fee, &line.currency)?;
        fee = Some(match fee {
            Some(fee) => fee.checked_add(more).map_err(|_| unknown())?,
            None => more,
        });
    }
    Ok(GatewayDispute {
        id: dispute.id.to_string(),
        payment: dispute.payment_intent.as_ref().map(|payment| payment.id().to_string()),
        amount: money(dispute.amount, &dispute.currency)?,
        reason: dispute.reason.clone(),
        state: state(dispute)?,
        evidence_due_at: dispute.evidence_details.due_by.and_then(instant),
        fee: fee.filter(|fee| fee.amount() > Decimal::ZERO),
        opened_at: instant(dispute.created)
            .ok_or_else(|| Error::broken(format!("{}: no date of ours", dispute.id.as_str())))?,
    })
}

fn state(dispute: &Dispute) -> Result<DisputeState> {
    Ok(match &dispute.status {
        DisputeStatus::WarningNeedsResponse => DisputeState::Inquiry,
        DisputeStatus::WarningUnderReview => DisputeState::InquiryUnderReview,
        // Prevented: answered before it became a dispute, so that no money was taken.
        DisputeStatus::WarningClosed | DisputeStatus::Prevented => DisputeState::InquiryClosed,
        DisputeStatus::NeedsResponse => DisputeState::NeedsResponse,
        DisputeStatus::UnderReview => DisputeState::UnderReview,
        DisputeStatus::Won => DisputeState::Won,
        DisputeStatus::Lost => DisputeState::Lost,
        unknown => return Err(Error::broken(format!("a dispute’s state {}", unknown.as_str()))),
    })
}

fn instant(seconds: stripe_types::Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}
