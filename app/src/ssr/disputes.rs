//! The work behind the disputes' endpoints.

use backend::disputes::{self, DisputeLine, EvidenceRefusal};
use backend::payments::Evidence;
use domain::DisputeId;

use super::{ctx, require_viewer};
use crate::api::disputes::{DisputePageView, DisputeView};
use crate::api::error::ApiError;

pub async fn list() -> Result<Vec<DisputeView>, ApiError> {
    let viewer = require_viewer().await?;
    let found = disputes::list(&ctx()?.db, viewer.person_id).await?;
    Ok(found.into_iter().map(Into::into).collect())
}

pub async fn page(id: &str) -> Result<DisputePageView, ApiError> {
    let viewer = require_viewer().await?;
    let page = disputes::page(&ctx()?.db, viewer.person_id, parse(id)?).await?.ok_or(ApiError::NotFound)?;
    let Evidence {
        product_description,
        delivery,
        tracking_number,
        customer_communication,
        refund_policy,
        statement,
    } = page.evidence;
    let evidence = [
        ("statement", statement),
        ("product_description", product_description),
        ("delivery", delivery),
        ("tracking_number", tracking_number),
        ("customer_communication", customer_communication),
        ("refund_policy", refund_policy),
    ];
    Ok(DisputePageView {
        dispute: page.line.into(),
        evidence: evidence.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
        saved_at: page.saved_at,
        submitted_at: page.submitted_at,
        open: page.open,
    })
}

/// Whether it was sent; otherwise it is kept as a draft.
pub async fn answer(id: &str, texts: [(&str, String); 6], act: &str) -> Result<bool, ApiError> {
    let viewer = require_viewer().await?;
    let (ctx, dispute) = (ctx()?, parse(id)?);
    let send = act == "send";
    let [statement, product_description, delivery, tracking_number, customer_communication, refund_policy] =
        texts.each_ref().map(|(_, text)| text.clone());
    let evidence = Evidence {
        product_description,
        delivery,
        tracking_number,
        customer_communication,
        refund_policy,
        statement,
    };
    let done = if send {
        disputes::submit(&ctx, viewer.person_id, dispute, &evidence).await
    } else {
        disputes::save(&ctx, viewer.person_id, dispute, &evidence).await
    };
    let keep = |mut error: ApiError| {
        for (name, text) in texts {
            error = error.keep(name, text.chars().take(LONGEST_KEPT).collect::<String>());
        }
        error
    };
    match done {
        Ok(()) => Ok(send),
        Err(EvidenceRefusal::NotFound) => Err(ApiError::NotFound),
        Err(refusal @ (EvidenceRefusal::Empty | EvidenceRefusal::TooLong)) => {
            Err(keep(ApiError::refused(Some("statement"), refusal)))
        }
        Err(refusal @ (EvidenceRefusal::TooLate | EvidenceRefusal::Sent)) => {
            Err(ApiError::conflict(None, refusal))
        }
        Err(EvidenceRefusal::Failed(error)) => Err(error.into()),
    }
}

/// Of each field, when the form comes back by an address.
const LONGEST_KEPT: usize = 1_000;

fn parse(id: &str) -> Result<DisputeId, ApiError> {
    id.parse().map_err(|_| ApiError::NotFound)
}

/// The gateway's word for what the backer told their bank.
fn in_words(reason: &str) -> &'static str {
    match reason {
        "fraudulent" => "They say that they did not make this payment.",
        "product_not_received" => "They say that they did not get what they paid for.",
        "product_unacceptable" => "They say that what they got is not what was promised.",
        "duplicate" => "They say that they paid twice.",
        "credit_not_processed" => "They say that a refund they were promised did not come.",
        "unrecognized" => "They do not recognise the payment on their statement.",
        "subscription_canceled" => "They say that they had cancelled.",
        _ => "The bank gives no closer reason.",
    }
}

impl From<DisputeLine> for DisputeView {
    fn from(line: DisputeLine) -> Self {
        Self {
            id: line.id.to_string(),
            campaign_slug: line.campaign_slug,
            campaign_title: line.campaign_title,
            backer: line.backer,
            amount: line.amount,
            reason: in_words(&line.reason).to_owned(),
            state: line.state,
            evidence_due_at: line.evidence_due_at,
            opened_at: line.opened_at,
            closed_at: line.closed_at,
        }
    }
}
