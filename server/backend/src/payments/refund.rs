//! Refunds at the gateway: made under our row's own key, and read, whoever made them.

use std::collections::HashMap;

use domain::{Currency, Money, PledgeId, RefundId, RefundState};
use stripe_core::refund::{CreateRefund, ListRefund};
use stripe_shared::Refund;

use super::attempts::Attempt;
use super::{AttemptKind, LONGEST_LIST, Payments, from_gateway, to_gateway};
use crate::{Error, Result};

/// Where our id is on the gateway's object.
const OURS: &str = "refund_id";

/// A refund as the gateway has it.
#[derive(Clone, Debug)]
pub struct GatewayRefund {
    pub id: String,
    /// Ours, if we made it.
    pub ours: Option<RefundId>,
    pub amount: Money,
    pub state: RefundState,
    /// The gateway's code for why it failed.
    pub failure: Option<String>,
    /// The gateway's code for why it was made.
    pub reason: Option<String>,
}

impl Payments {
    /// Gives a part of a payment, or all of it, back to the card it came from. Sent twice it is made once.
    ///
    /// # Errors
    /// When the gateway refuses it, or there is no answer; the same refund may be sent again.
    pub async fn refund(
        &self,
        refund: RefundId,
        pledge: PledgeId,
        intent: &str,
        amount: Money,
    ) -> Result<GatewayRefund> {
        let minor =
            to_gateway(amount).map_err(|_| Error::broken("a refund the gateway has no number for"))?;
        let request = CreateRefund::new().payment_intent(intent).amount(minor).metadata(HashMap::from([
            ("pledge_id".to_owned(), pledge.to_string()),
            (OURS.to_owned(), refund.to_string()),
        ]));
        let attempt = Attempt {
            kind: AttemptKind::Refund,
            key: format!("refund_{refund}"),
            person: None,
            pledge: Some(pledge),
        };
        let find = async {
            let all = self.list_refunds(intent).await?;
            Ok(all.into_iter().find(|one| our_id(one) == Some(refund)))
        };
        let id = |refund: &Refund| refund.id.to_string();
        translate(&self.attempt_or_find(attempt, request, id, find).await?)
    }

    /// Every refund of a payment.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub async fn refunds(&self, intent: &str) -> Result<Vec<GatewayRefund>> {
        self.list_refunds(intent).await?.iter().map(translate).collect()
    }

    pub(super) async fn list_refunds(&self, intent: &str) -> Result<Vec<Refund>> {
        let list = ListRefund::new().payment_intent(intent).limit(LONGEST_LIST);
        let mut all: Vec<Refund> = Vec::new();
        loop {
            let page = match all.last() {
                Some(last) => list.clone().starting_after(last.id.to_string()),
                None => list.clone(),
            };
            let page = self.read(page).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }
}

fn our_id(refund: &Refund) -> Option<RefundId> {
    refund.metadata.as_ref()?.get(OURS)?.parse().ok()
}

fn translate(refund: &Refund) -> Result<GatewayRefund> {
    let currency = Currency::parse(&refund.currency.to_string().to_uppercase()).ok();
    let amount = currency.and_then(|currency| from_gateway(refund.amount, currency));
    let state = match refund.status.as_deref() {
        Some("succeeded") => RefundState::Succeeded,
        Some("failed" | "canceled") => RefundState::Failed,
        _ => RefundState::Pending,
    };
    Ok(GatewayRefund {
        id: refund.id.to_string(),
        ours: our_id(refund),
        amount: amount.ok_or_else(|| {
            Error::broken(format!("{}: an amount we have no money for", refund.id.as_str()))
        })?,
        state,
        failure: refund.failure_reason.clone(),
        reason: refund.reason.as_ref().map(|reason| reason.as_str().to_owned()),
    })
}
