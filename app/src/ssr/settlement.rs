//! The work behind the settlement's endpoints.

use backend::accounts::Role;
use backend::payments::GatewayError;
use backend::settlement::{self, CallOffRefusal, FixRefusal, Fixable, Next, Settlement, Way};
use domain::{Money, Outcome};

use super::{backer_of, ctx, pledges, require_viewer, viewer};
use crate::api::campaigns::CampaignView;
use crate::api::error::ApiError;
use crate::api::pledges::PledgeView;
use crate::api::settlement::{FixView, Line, SettlementView};

/// A campaign's public account; not found before it is decided.
pub async fn account(slug: &str) -> Result<SettlementView, ApiError> {
    let account = settlement::of_campaign(&ctx()?.db, slug).await?.ok_or(ApiError::NotFound)?;
    Ok(SettlementView {
        campaign: account.campaign.to_string(),
        title: account.title.clone(),
        goal: account.goal,
        outcome: account.outcome,
        had_been_paid: !account.collected.is_zero(),
        lines: lines(&account),
        policy: account.policy,
        fell_short: account.fell_short,
        retry_until: account.retry_until,
        finished_at: account.finished_at,
        digest: account.digest,
    })
}

fn lines(account: &Settlement) -> Vec<Line> {
    let mut lines = vec![line("Pledged at the deadline", "What decided. It never changes.", account.funded)];
    let is_collected = matches!(account.outcome, Some(Outcome::Funded | Outcome::PartiallyFunded));
    if is_collected || !account.collected.is_zero() {
        lines.push(line("Collected", "Paid by backers, by the ledger.", account.collected));
    }
    if is_collected {
        lines.push(line("Being charged", "Cards that are charged just now.", account.charging));
        lines.push(line("Retrying", "The payment failed; the backer can still fix it.", account.retrying));
        lines.push(line("Dropped", "Not paid in time. Nobody was charged for it.", account.dropped));
    }
    if !account.refunded.is_zero() {
        lines.push(line("Refunded", "Given back to backers.", account.refunded));
    }
    if !account.fee.is_zero() {
        let meaning = format!("{} of what is collected.", account.fee_rule);
        lines.push(line("The platform's share", &meaning, account.fee));
    }
    if !account.kept_by_gateway.is_zero() {
        let meaning =
            "What it costs to take the payments, by the provider’s own account. The campaign bears it.";
        lines.push(line("Kept by the payment provider", meaning, account.kept_by_gateway));
    }
    if !account.paid_out.is_zero() {
        lines.push(line("Paid out", "Sent to the creator.", account.paid_out));
    }
    lines
}

fn line(name: &str, meaning: &str, amount: Money) -> Line {
    Line { name: name.into(), meaning: meaning.into(), amount: amount.to_string(), plain: amount.plain() }
}

/// A campaign as the viewer sees it.
pub async fn campaign(slug: &str) -> Result<CampaignView, ApiError> {
    let ctx = ctx()?;
    let page = backend::campaigns::page(&ctx.db, slug).await?.ok_or(ApiError::NotFound)?;
    let viewer = viewer()
        .await?
        .filter(|viewer| viewer.person_id == page.creator_id || viewer.roles.contains(&Role::Admin));
    // Of most visitors it need not be asked.
    let may_cancel = match &viewer {
        Some(viewer) => settlement::may_call_off(&ctx, viewer.person_id, page.id).await?,
        None => false,
    };
    Ok(CampaignView { may_cancel, may_see_pledges: viewer.is_some(), ..page.into() })
}

/// Ends the viewer's own campaign.
pub async fn call_off(slug: &str, reason: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    match settlement::call_off(&ctx()?, viewer.person_id, slug, reason).await {
        Ok(()) => Ok(()),
        Err(CallOffRefusal::NotFound) => Err(ApiError::NotFound),
        Err(refusal @ CallOffRefusal::TooLate) => Err(ApiError::conflict(None, refusal)),
        Err(refusal @ (CallOffRefusal::NoReason | CallOffRefusal::ReasonTooLong)) => {
            Err(ApiError::refused(Some("reason"), refusal)
                .keep("reason", reason.chars().take(4_000).collect::<String>()))
        }
        Err(CallOffRefusal::Failed(error)) => Err(error.into()),
    }
}

/// The campaign that the viewer may end; to everybody else there is nothing here.
pub async fn to_call_off(slug: &str) -> Result<CampaignView, ApiError> {
    let viewer = require_viewer().await?;
    let ctx = ctx()?;
    let page = backend::campaigns::page(&ctx.db, slug).await?.ok_or(ApiError::NotFound)?;
    if !settlement::may_call_off(&ctx, viewer.person_id, page.id).await? {
        return Err(ApiError::NotFound);
    }
    Ok(page.into())
}

pub async fn fixable(id: &str) -> Result<FixView, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    let found = settlement::fixable(&ctx()?, backer.person, pledge).await.map_err(refused)?;
    Ok(fix_view(id, found))
}

pub(super) fn fix_view(id: &str, found: Fixable) -> FixView {
    FixView {
        id: id.to_owned(),
        campaign_slug: found.campaign_slug,
        campaign_title: found.campaign_title,
        amount: found.amount,
        state: found.state,
        reason: found.reason.to_owned(),
        was_refunded: found.was_refunded,
        until: found.until,
        same_card: found.same_card,
    }
}

pub async fn try_again(id: &str) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    pledges::count_try_of(backer.person).await?;
    let back = format!("/pledges/{pledge}/fixed");
    next(&back, settlement::try_again(&ctx()?, backer.person, pledge, Way::Account).await)
}

pub async fn use_another_card(id: &str) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    pledges::count_try_of(backer.person).await?;
    let back = format!("/pledges/{pledge}/fixed");
    next(&back, settlement::use_another_card(&ctx()?, backer.person, pledge, Way::Account).await)
}

/// What became of the payment; the gateway is asked, since the address proves nothing.
pub async fn came_back(id: &str) -> Result<PledgeView, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    out_of_reach(settlement::came_back(&ctx()?, backer.person, pledge).await)?;
    pledges::mine(id).await
}

/// A gateway that cannot be asked is no reason to show nothing: its word comes by webhook, and the page shows what is
/// known.
pub(super) fn out_of_reach(asked: Result<(), FixRefusal>) -> Result<(), ApiError> {
    match asked {
        Err(FixRefusal::Failed(error @ backend::Error::Gateway(_))) => {
            tracing::info!(%error, "the gateway could not be asked about a fixed payment");
            Ok(())
        }
        asked => asked.map_err(refused),
    }
}

pub(super) fn next(back: &str, next: Result<Next, FixRefusal>) -> Result<String, ApiError> {
    match next.map_err(refused)? {
        Next::Away { url } => Ok(url),
        Next::Here => Ok(back.to_owned()),
    }
}

pub(super) fn refused(refusal: FixRefusal) -> ApiError {
    match refusal {
        FixRefusal::NotFound => ApiError::NotFound,
        refusal @ (FixRefusal::NothingToFix | FixRefusal::AnotherCardNeeded) => {
            ApiError::conflict(None, refusal)
        }
        FixRefusal::Failed(backend::Error::Gateway(
            GatewayError::Unavailable | GatewayError::Busy { .. },
        )) => ApiError::conflict(
            None,
            "The payment provider cannot be reached just now. Nothing was charged. Try again in a moment.",
        ),
        FixRefusal::Failed(backend::Error::Gateway(_)) => ApiError::conflict(
            None,
            "The payment provider’s answer did not arrive, so we do not know yet whether your card was charged. \
             Look again in a few minutes; you cannot be charged twice.",
        ),
        FixRefusal::Failed(error) => error.into(),
    }
}
