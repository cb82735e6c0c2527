//! One pledge's money: a job charges the saved card or captures the hold, and leaves what the gateway said for the
//! inbox. The gateway's own event says the same; whichever comes second changes nothing.

use domain::{CampaignId, Collection, Money, PersonId, PledgeId, PledgeState};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::inbox::{self, Entry, Source};
use crate::payments::Charge;
use crate::{Ctx, Error, Result, rows};

/// A person whose campaigns end together is charged in spaced tries (PRODUCT B30): a bank takes a burst of charges
/// for fraud. Seconds.
const SPACING: f64 = 600.0;

/// What a collecting job carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Collect {
    pub pledge: PledgeId,
    #[serde(rename = "try")]
    pub number: i32,
}

/// Stages the next try of each of these pledges, in the transaction that moved them to `charging`.
pub(crate) async fn stage_collecting(
    db: &mut PgConnection,
    campaign: CampaignId,
    pledges: &[PledgeId],
) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    let pledges: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    sqlx::query!(
        "with tried as (
             insert into collections (pledge_id, campaign_id, tries)
             select pledge, $2, 1 from unnest($1::uuid[]) as new (pledge)
             on conflict (pledge_id) do update set tries = collections.tries + 1
             returning pledge_id, tries
         )
         insert into staged_jobs (id, kind, payload, dedupe_key, run_at)
         select gen_random_uuid(), 'collect',
                jsonb_build_object('pledge', pledge_id, 'try', tries, 'backer', backer_id),
                'collect_' || pledge_id || '_' || tries,
                clock() + make_interval(secs => $3) * (select count(*) from staged_jobs
                                                       where kind = 'collect' and done_at is null
                                                             and payload ->> 'backer' = backer_id::text)
         from tried join pledges on pledges.id = pledge_id
         on conflict on constraint staged_jobs_dedupe_key do nothing",
        &pledges,
        campaign as CampaignId,
        SPACING,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes payments that have failed, in the transaction that says so: from then on the backer is reminded.
pub(crate) async fn note_failures(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    let pledges: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    sqlx::query!(
        "update collections set failed_at = coalesce(failed_at, clock()), told_at = coalesce(told_at, clock())
         where pledge_id = any($1)",
        &pledges,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Makes one try. Repeated, it is the same try: the gateway's key is derived from the pledge and the try's number.
///
/// # Errors
/// When the gateway's answer is not known: the job is done again until it is.
pub(crate) async fn collect(ctx: &Ctx, job: Collect) -> Result<()> {
    let Some(due) = due(ctx, job).await? else { return Ok(()) };
    ctx.faults.step("collect.before");
    let entry = match due.how {
        How::Capture { intent, amount } => ctx.payments.capture(job.pledge, &intent, amount).await?,
        How::Charge(charge) => ctx.payments.charge(&charge).await?,
    };
    ctx.faults.step("collect.done");
    leave(ctx, due.campaign, job.pledge, &entry).await
}

async fn leave(ctx: &Ctx, campaign: CampaignId, pledge: PledgeId, entry: &Entry) -> Result<()> {
    inbox::leave(&ctx.db, campaign, pledge, entry, Source::Gateway).await?;
    ctx.inbox.ring();
    ctx.faults.step("collect.left");
    Ok(())
}

struct Due {
    campaign: CampaignId,
    how: How,
}

enum How {
    /// Perhaps less than is held: the pledge was lowered.
    Capture {
        intent: String,
        amount: Money,
    },
    Charge(Box<Charge>),
}

/// What the try has to do; `None` when it is no longer wanted.
async fn due(ctx: &Ctx, job: Collect) -> Result<Option<Due>> {
    let row = sqlx::query!(
        r#"select pledges.state, collection, amount, pledges.currency, gateway_intent_id, charge_intent_id,
                  payment_method_id, tries, suspended_at is not null as "suspended!", campaigns.title,
                  campaigns.id as "campaign: CampaignId",
                  backer_id as "backer: PersonId", gateway_customer_id
           from pledges
           join collections on collections.pledge_id = pledges.id
           join campaigns on campaigns.id = pledges.campaign_id
           join people on people.id = backer_id
           where pledges.id = $1"#,
        job.pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if row.suspended {
        // Staff look into the campaign: the job comes again until they have.
        return Err(Error::NotNow("the campaign is suspended"));
    }
    // Also when an older failure was heard of a second time: this try is still owed.
    let wanted = matches!(state, PledgeState::Charging | PledgeState::Errored | PledgeState::NeedsAction)
        && row.tries == job.number;
    if !wanted {
        return Ok(None);
    }
    let how = match rows::named("pledges.collection", &row.collection)? {
        Collection::Hold => How::Capture {
            intent: row.gateway_intent_id.ok_or_else(|| Error::broken("a hold without an intent"))?,
            amount: rows::money(row.amount, &row.currency)?,
        },
        Collection::SaveCard => How::Charge(Box::new(Charge {
            pledge: job.pledge,
            campaign: row.campaign,
            backer: row.backer,
            customer: row.gateway_customer_id.ok_or_else(|| Error::broken("a card without a customer"))?,
            payment_method: row.payment_method_id.ok_or_else(|| Error::broken("a pledge without a card"))?,
            campaign_title: row.title,
            amount: rows::money(row.amount, &row.currency)?,
            intent: row.charge_intent_id,
            number: job.number,
        })),
        Collection::ChargeNow => {
            return Err(Error::broken("a pledge that was charged at once, to be collected"));
        }
    };
    Ok(Some(Due { campaign: row.campaign, how }))
}
