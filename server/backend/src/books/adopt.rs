//! Payments and cards that the gateway has and we have not heard of: its events were lost, or the answer to our own call
//! was. They are found by listing, by the ids of ours that they carry, and left in the inbox like every event.

use chrono::{DateTime, Days, Utc};
use domain::{CampaignId, PledgeEvent, PledgeId, PledgeState};

use super::reconcile::Budget;
use crate::alarms::Alarm;
use crate::inbox::{self, Source};
use crate::payments::{Span, Translated};
use crate::{Ctx, Result, rows};

/// The gateway goes on sending an event for three days; by then one has been lost.
const LOOKS_BACK: Days = Days::new(3);

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub adopted: u32,
    /// Money with ids of ours, of which we have no pledge.
    pub nobodys: Vec<Alarm>,
}

/// Looks through what was begun from a few days before a day until the end of the next one.
pub(super) async fn adopt(ctx: &Ctx, midnight: DateTime<Utc>, budget: &mut Budget) -> Result<Found> {
    let span = Span { from: midnight - LOOKS_BACK, until: midnight + Days::new(2) };
    let mut found = Found::default();
    let mut after = None;
    loop {
        budget.take()?;
        let page = ctx.payments.payments_begun(span, after.as_deref()).await?;
        for payment in &page.items {
            look_at(ctx, payment, &mut found).await?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    loop {
        budget.take()?;
        let page = ctx.payments.cards_begun(span, after.as_deref()).await?;
        for card in &page.items {
            look_at(ctx, card, &mut found).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

async fn look_at(ctx: &Ctx, now: &Translated, found: &mut Found) -> Result<()> {
    match leave_if_new(ctx, now).await? {
        News::Left => found.adopted += 1,
        News::Nobodys if now.entry.event == PledgeEvent::PaymentCaptured => {
            let subject = now.entry.evidence.intent_id.clone().unwrap_or_default();
            let detail = format!("A payment names pledge {}, which does not exist here.", now.pledge);
            found.nobodys.push(Alarm { kind: "payment_of_no_pledge", subject, detail });
        }
        News::Nobodys | News::Known => {}
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Left,
    Known,
    /// There is no such pledge.
    Nobodys,
}

/// Leaves what the gateway says of an intent in its pledge's inbox, if the pledge has not heard it.
pub(super) async fn leave_if_new(ctx: &Ctx, now: &Translated) -> Result<News> {
    let intent = now.entry.evidence.intent_id.as_deref().unwrap_or_default();
    let row = sqlx::query!(
        r#"select state,
                  exists (select from ledger_transactions where reference = $3 and kind in
                          ('captured', 'captured_too_late', 'captured_by_mistake')) as "taken!",
                  exists (select from pledge_inbox where pledge_id = pledges.id
                          and (applied_at is null or outcome in ('applied', 'mismatch', 'late_money'))
                          and entry ->> 'event' = $4 and entry -> 'evidence' ->> 'intent_id' = $3) as "heard!"
           from pledges where id = $1 and campaign_id = $2"#,
        now.pledge as PledgeId,
        now.campaign as CampaignId,
        intent,
        now.entry.event.as_str(),
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(row) = row else { return Ok(News::Nobodys) };
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let news = !row.heard && is_news(now.entry.event, state, row.taken);
    if !news {
        return Ok(News::Known);
    }
    inbox::leave(&ctx.db, now.campaign, now.pledge, &now.entry, Source::Gateway).await?;
    ctx.inbox.ring();
    Ok(News::Left)
}

/// Money that is not in the ledger is news whatever the pledge's state: what came too late goes back. Anything else is
/// news only to a pledge that waits for it.
fn is_news(event: PledgeEvent, state: PledgeState, taken: bool) -> bool {
    match event {
        PledgeEvent::PaymentCaptured => !taken,
        PledgeEvent::CardSaved | PledgeEvent::HoldPlaced => !matches!(
            state,
            PledgeState::Committed | PledgeState::Authorized | PledgeState::Captured | PledgeState::Charging
        ),
        PledgeEvent::CardReplaced => state.can_be_fixed(),
        _ => false,
    }
}
