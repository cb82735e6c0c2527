//! Payments that failed: the backer is reminded, one last automatic try is made when the window ends, and what is
//! not paid then is dropped (PRODUCT B9).

use domain::{
    CampaignId, CampaignState, PersonId, PledgeEvent, PledgeId, PledgeState, REMINDER_EVERY, next_reminder,
    reminders_left, worth_a_last_try,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::decide::{interval, leave_for_all};
use super::hold::hold;
use super::{AT_ONCE, told};
use crate::mail::{About, Letter, PaymentReminder, Post};
use crate::{Ctx, Result, rows};

/// Reminds everybody whose reminder is due.
pub(super) async fn remind(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let told = sqlx::query!(
        r#"select pledge_id as "pledge: PledgeId", told_at as "told_at!", reminders, amount, pledges.currency,
                  backer_id as "backer: PersonId", title, slug, retry_until as "retry_until!", clock() as "now!"
           from collections
           join pledges on pledges.id = pledge_id
           join campaigns on campaigns.id = collections.campaign_id
           join settlements on settlements.campaign_id = collections.campaign_id
           where pledges.state in ('errored', 'needs_action') and told_at is not null
                 and finished_at is null and retry_until > clock() and suspended_at is null
                 -- those for whom none is due any more must not stand before the others
                 and told_at + $2::interval <= clock() and told_at + $2::interval < retry_until
           order by told_at limit $1
           for update of collections skip locked"#,
        AT_ONCE,
        interval(REMINDER_EVERY),
    )
    .fetch_all(&mut *tx)
    .await?;
    let due: Vec<_> = told
        .iter()
        .filter(|row| next_reminder(row.told_at, row.retry_until).is_some_and(|due| due <= row.now))
        .collect();
    let mut letters = Vec::with_capacity(due.len());
    for row in &due {
        let number = rows::count("collections.reminders", row.reminders + 1)?;
        let reminder = PaymentReminder {
            campaign: About { title: &row.title, slug: &row.slug },
            pledge: row.pledge,
            amount: rows::money(row.amount, &row.currency)?,
            until: row.retry_until,
            number,
            of: number + reminders_left(row.now, row.retry_until),
        };
        letters.push(Post {
            to: row.backer,
            dedupe_key: format!("payment_reminder_{}_{number}", row.pledge),
            letter: Letter::PaymentReminder(reminder),
        });
    }
    let pledges: Vec<Uuid> = due.iter().map(|row| row.pledge.0).collect();
    sqlx::query!(
        "update collections set told_at = clock(), reminders = reminders + 1 where pledge_id = any($1)",
        &pledges,
    )
    .execute(&mut *tx)
    .await?;
    ctx.mail.stage_all(&mut tx, &letters).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes the last tries of every campaign whose window has ended, and drops what they do not bring.
pub(super) async fn end_windows(ctx: &Ctx) -> Result<()> {
    let ended = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from settlements
           join campaigns on campaigns.id = campaign_id
           where finished_at is null and retry_until <= clock() and suspended_at is null
           order by retry_until limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in ended {
        told(campaign, "ended", end_window(ctx, campaign).await);
    }
    Ok(())
}

async fn end_window(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if hold(&mut tx, campaign, CampaignState::Settling).await?.is_none() {
        return Ok(());
    }
    let unpaid = unpaid(&mut tx, campaign).await?;
    if unpaid.is_empty() {
        return Ok(());
    }
    let (again, over): (Vec<_>, Vec<_>) = unpaid.into_iter().partition(Unpaid::deserves_a_last_try);
    let again: Vec<PledgeId> = again.into_iter().map(|unpaid| unpaid.pledge).collect();
    let over: Vec<PledgeId> = over.into_iter().map(|unpaid| unpaid.pledge).collect();
    note_last_tries(&mut tx, &again).await?;
    leave_for_all(&mut tx, campaign, PledgeEvent::ChargeStarted, &again).await?;
    leave_for_all(&mut tx, campaign, PledgeEvent::RetryWindowEnded, &over).await?;
    ctx.faults.step("settlement.before_end_of_window");
    tx.commit().await?;
    ctx.inbox.ring();
    Ok(())
}

struct Unpaid {
    pledge: PledgeId,
    state: PledgeState,
    decline_code: Option<String>,
    has_card: bool,
    last_try_made: bool,
}

impl Unpaid {
    fn deserves_a_last_try(&self) -> bool {
        self.has_card && !self.last_try_made && worth_a_last_try(self.state, self.decline_code.as_deref())
    }
}

/// Failed payments of the campaign about which nothing is under way.
async fn unpaid(db: &mut PgConnection, campaign: CampaignId) -> Result<Vec<Unpaid>> {
    let rows = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", state, decline_code,
                  payment_method_id is not null and collection = 'save_card' as "has_card!",
                  last_tried_at is not null as "last_try_made!"
           from pledges join collections on pledge_id = pledges.id
           where pledges.campaign_id = $1 and state in ('errored', 'needs_action')
                 -- whoever failed late, after a suspension say, has two days all the same
                 and failed_at + interval '48 hours' <= clock()
                 and not exists (select from pledge_inbox where pledge_id = pledges.id and applied_at is null)
                 -- a try that is still to be made, or whose outcome is not known yet
                 and not exists (select from staged_jobs
                                 where kind = 'collect' and done_at is null
                                       and dedupe_key = 'collect_' || pledges.id || '_' || tries)
           order by pledges.id limit 1000
           for update of collections skip locked"#,
        campaign as CampaignId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Unpaid {
                pledge: row.pledge,
                state: rows::named("pledges.state", &row.state)?,
                decline_code: row.decline_code,
                has_card: row.has_card,
                last_try_made: row.last_try_made,
            })
        })
        .collect()
}

async fn note_last_tries(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<()> {
    let pledges: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    sqlx::query!("update collections set last_tried_at = clock() where pledge_id = any($1)", &pledges)
        .execute(db)
        .await?;
    Ok(())
}
