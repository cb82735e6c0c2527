//! The work behind the refunds' endpoints.

use backend::payments::NotChargeable;
use backend::receipts::Receipt;
use backend::refunds::{self, Asked, PaidPledge, RefundLine, RefundRefusal};
use domain::{PledgeId, PledgeState, SelfRefundRefusal};
use uuid::Uuid;

use super::{backer_of, ctx, require_viewer};
use crate::api::error::ApiError;
use crate::api::refunds::{
    MoneyView, PaidPledgeView, PaidPledgesView, ReceiptView, RefundFormView, RefundView,
};

/// The longest reason that is put back into the form; the field itself takes less.
const LONGEST_KEPT: usize = 1_000;

pub async fn of_campaign(slug: &str) -> Result<PaidPledgesView, ApiError> {
    let viewer = require_viewer().await?;
    let (title, pledges) =
        refunds::of_campaign(&ctx()?.db, viewer.person_id, slug).await?.ok_or(ApiError::NotFound)?;
    Ok(PaidPledgesView {
        slug: slug.to_owned(),
        title,
        pledges: pledges.into_iter().map(Into::into).collect(),
    })
}

pub async fn form(id: &str) -> Result<RefundFormView, ApiError> {
    let (pledge, asking) = backer_of(id).await?;
    let found = refunds::refundable(&ctx()?.db, asking.person, pledge).await?.ok_or(ApiError::NotFound)?;
    let by_backer = !found.may_refund;
    let closed = match (found.state, &found.by_backer) {
        (_, Err(refusal)) if by_backer => Some(refusal.to_string()),
        (PledgeState::Captured | PledgeState::PartiallyRefunded, _) if found.left.is_positive() => None,
        (PledgeState::Captured | PledgeState::PartiallyRefunded, _) => {
            Some("Everything that is left is on its way back already.".to_owned())
        }
        (PledgeState::Disputed, _) => Some(RefundRefusal::Disputed.to_string()),
        _ => Some(RefundRefusal::NotPaid.to_string()),
    };
    Ok(RefundFormView {
        pledge: id.to_owned(),
        campaign_slug: found.campaign_slug,
        campaign_title: found.campaign_title,
        backer: found.backer,
        by_backer,
        reward_title: found.reward_title,
        amount: found.amount,
        left: found.left,
        closed,
        fee: found.fee.divide(found.left).fee,
        refund: Uuid::now_v7().to_string(),
    })
}

/// Answers with the campaign whose list shows it.
pub async fn give(
    pledge: &str,
    refund: &str,
    left: &str,
    amount: &str,
    reason: &str,
    keeps_reward: &str,
) -> Result<String, ApiError> {
    let viewer = require_viewer().await?;
    let ctx = ctx()?;
    let pledge = parse(pledge)?;
    let asked = Asked {
        id: refund.parse().map_err(|_| stale())?,
        amount: amount.to_owned(),
        left: left.to_owned(),
        reason: reason.to_owned(),
        keeps_reward: !keeps_reward.is_empty(),
    };
    let found = refunds::refundable(&ctx.db, viewer.person_id, pledge).await?.ok_or(ApiError::NotFound)?;
    let keep = |error: ApiError| {
        let kept: String = reason.chars().take(LONGEST_KEPT).collect();
        let amount: String = amount.chars().take(40).collect();
        error.keep("amount", amount).keep("reason", kept).keep("keeps_reward", keeps_reward)
    };
    match refunds::ask(&ctx, viewer.person_id, pledge, &asked).await {
        Ok(()) => Ok(found.campaign_slug),
        Err(refusal) => Err(keep(refused(refusal))),
    }
}

pub async fn take_back(pledge: &str, refund: &str) -> Result<(), ApiError> {
    let (pledge, backer) = backer_of(pledge).await?;
    let id = refund.parse().map_err(|_| stale())?;
    refunds::take_back(&ctx()?, backer.person, pledge, id).await.map_err(refused)
}

/// Everything about a backer's own pledge that comes after the payment.
pub async fn money(id: &str) -> Result<MoneyView, ApiError> {
    let (ctx, (pledge, backer)) = (ctx()?, backer_of(id).await?);
    let found = refunds::refundable(&ctx.db, backer.person, pledge)
        .await?
        .filter(|found| found.is_backer)
        .ok_or(ApiError::NotFound)?;
    let take_back = match found.by_backer {
        Ok(until) => Some(Ok(until)),
        Err(SelfRefundRefusal::NotPaid) => None,
        Err(refusal) => Some(Err(refusal.to_string())),
    };
    let refunds = refunds::of_pledge(&ctx.db, pledge).await?;
    let receipts = backend::receipts::of_pledge(&ctx.db, backer.person, pledge).await?;
    Ok(MoneyView {
        refunds: refunds.into_iter().map(Into::into).collect(),
        dispute: backend::disputes::of_pledge(&ctx.db, pledge).await?,
        receipts: receipts.into_iter().map(Into::into).collect(),
        take_back: take_back.filter(|_| found.left.is_positive()),
    })
}

fn parse(id: &str) -> Result<PledgeId, ApiError> {
    id.parse().map_err(|_| ApiError::NotFound)
}

fn stale() -> ApiError {
    ApiError::refused(None, "The form is out of date. Nothing was refunded. Load the page again.")
}

fn refused(refusal: RefundRefusal) -> ApiError {
    match refusal {
        RefundRefusal::NotFound => ApiError::NotFound,
        RefundRefusal::Failed(error) => error.into(),
        // That sentence is about a payment.
        RefundRefusal::NotChargeable(NotChargeable::TooLarge(_)) => {
            ApiError::refused(Some("amount"), "This is more than a refund can be.")
        }
        RefundRefusal::NotPaid
        | RefundRefusal::Disputed
        | RefundRefusal::Changed(_)
        | RefundRefusal::NotByThemselves(_) => ApiError::conflict(None, refusal),
        RefundRefusal::Amount(_)
        | RefundRefusal::NotChargeable(_)
        | RefundRefusal::TooMuch(_)
        | RefundRefusal::Nothing
        | RefundRefusal::NoReason
        | RefundRefusal::ReasonTooLong => ApiError::refused(refusal.field(), &refusal),
    }
}

impl From<PaidPledge> for PaidPledgeView {
    fn from(pledge: PaidPledge) -> Self {
        Self {
            id: pledge.id.to_string(),
            backer: pledge.backer,
            reward_title: pledge.reward_title,
            shipment: pledge.shipment.map(Into::into),
            state: pledge.state,
            amount: pledge.amount,
            refunded: pledge.refunded,
            under_way: pledge.under_way,
            failed: pledge.failed,
            confirmed_at: pledge.confirmed_at,
        }
    }
}

impl From<RefundLine> for RefundView {
    fn from(refund: RefundLine) -> Self {
        Self {
            amount: refund.amount,
            state: refund.state,
            reason: refund.reason,
            keeps_reward: refund.keeps_reward,
            came_back: refund.came_back,
            at: refund.requested_at,
        }
    }
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        Self {
            number: receipt.number,
            is_refund: receipt.is_refund,
            seller: receipt.seller,
            buyer: receipt.buyer,
            campaign_title: receipt.campaign_title,
            reward_title: receipt.reward_title,
            reward_minimum: receipt.reward_minimum,
            shipment: receipt.shipment.map(Into::into),
            amount: receipt.amount,
            issued_at: receipt.issued_at,
        }
    }
}
