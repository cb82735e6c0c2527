//! The end of settling: nothing of the campaign is open any more, and what could be collected is judged by the rule its
//! creator chose.

use domain::{CampaignId, CampaignState, Money, Outcome, PersonId, ResultPolicy, Verdict};
use sqlx::PgConnection;

use super::hold::hold;
use super::{AT_ONCE, told};
use crate::mail::{About, CampaignFellShortCreator, Letter};
use crate::{Ctx, Error, Result, campaigns, live, rows};

/// Ends every campaign that is decided and whose pledges are all paid, dropped or released.
pub(super) async fn finish_due(ctx: &Ctx) -> Result<()> {
    let done = sqlx::query_scalar!(
        r#"select campaigns.id as "id: CampaignId"
           from settlements
           join campaigns on campaigns.id = settlements.campaign_id
           join campaign_results results on results.campaign_id = campaigns.id
           where finished_at is null and state = 'settling' and suspended_at is null
                 and not exists (select from pledges where campaign_id = campaigns.id
                                 and state in ('pending', 'committed', 'authorized', 'charging', 'errored',
                                               'needs_action'))
                 and not exists (select from pledge_inbox where campaign_id = campaigns.id and applied_at is null)
           order by began_at limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in done {
        told(campaign, "finished", finish(ctx, campaign).await);
    }
    Ok(())
}

async fn finish(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if hold(&mut tx, campaign, CampaignState::Settling).await?.is_none() {
        return Ok(());
    }
    let collected = Collected::read(&mut tx, campaign).await?;
    let verdict = collected.judge()?;
    collected.freeze(&mut tx, campaign, verdict).await?;
    let event = verdict.event(collected.outcome);
    campaigns::advance(&mut tx, campaign, CampaignState::Settling, event, None).await?;
    match verdict {
        Verdict::Stands => close_account(&mut tx, campaign).await?,
        // Everybody who paid is refunded from there.
        Verdict::FellShort => collected.tell_the_creator(ctx, &mut tx, campaign).await?,
    }
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("settlement.before_finish");
    tx.commit().await?;
    ctx.faults.step("settlement.finished");
    Ok(())
}

/// What could be collected of a decided campaign, and what it is judged by.
struct Collected {
    outcome: Outcome,
    policy: ResultPolicy,
    /// By the ledger, before anything was given back.
    amount: Money,
    goal: Money,
    title: String,
    slug: String,
    creator: PersonId,
}

impl Collected {
    async fn read(db: &mut PgConnection, campaign: CampaignId) -> Result<Self> {
        let row = sqlx::query!(
            r#"select outcome, result_policy, goal, currency, title, slug, creator_id as "creator: PersonId",
                      (select coalesce(sum(-entries.amount), 0) from ledger_entries entries
                       join ledger_transactions posted on posted.id = entries.transaction_id
                       where posted.campaign_id = campaigns.id and account = 'held_for_campaign'
                             and kind = 'captured') as "collected!"
               from campaigns join campaign_results on campaign_id = id where id = $1"#,
            campaign as CampaignId,
        )
        .fetch_one(db)
        .await?;
        Ok(Self {
            outcome: rows::named("campaign_results.outcome", &row.outcome)?,
            policy: rows::named("campaigns.result_policy", &row.result_policy)?,
            amount: rows::money(row.collected, &row.currency)?,
            goal: rows::money(row.goal, &row.currency)?,
            title: row.title,
            slug: row.slug,
            creator: row.creator,
        })
    }

    fn judge(&self) -> Result<Verdict> {
        let verdict = self.policy.judge(self.outcome, self.amount, self.goal);
        verdict.map_err(|_| Error::broken("a goal in another currency than its campaign"))
    }

    async fn freeze(&self, db: &mut PgConnection, campaign: CampaignId, verdict: Verdict) -> Result<()> {
        sqlx::query!(
            "insert into collection_results (campaign_id, policy, collected, verdict) values ($1, $2, $3, $4)",
            campaign as CampaignId,
            self.policy.as_str(),
            self.amount.amount(),
            verdict.as_str(),
        )
        .execute(db)
        .await?;
        Ok(())
    }

    async fn tell_the_creator(&self, ctx: &Ctx, db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
        let letter = CampaignFellShortCreator {
            campaign: About { title: &self.title, slug: &self.slug },
            collected: self.amount,
            goal: self.goal,
        };
        let key = format!("campaign_fell_short_creator_{campaign}");
        ctx.mail.stage(db, Letter::CampaignFellShortCreator(letter), self.creator, &key).await
    }
}

/// Nothing more will happen to the campaign's money by itself.
pub(super) async fn close_account(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!(
        "update settlements set finished_at = clock() where campaign_id = $1",
        campaign as CampaignId
    )
    .execute(db)
    .await?;
    Ok(())
}
