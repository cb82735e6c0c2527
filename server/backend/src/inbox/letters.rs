//! What a batch is written about, to backers and to the creator. Staged in the batch's own transaction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{CANCEL_CUTOFF, CampaignId, Collection, Milestone, Money, PersonId, PledgeId, PledgeState};
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, Row};
use crate::mail::{About, Letter, MilestoneReached, PledgeCancelled, PledgeConfirmed, Post};
use crate::{Ctx, Result, rows};

/// Stages the letters about pledges that now stand or are taken back, and about a milestone. A reservation that
/// lapsed is not written about: nobody had pledged.
pub(super) async fn stage(
    ctx: &Ctx,
    db: &mut PgConnection,
    campaign: CampaignId,
    batch: &Batch,
    reached: Option<Milestone>,
) -> Result<()> {
    let pledges = batch.confirmed().chain(batch.taken_back()).map(|row| row.id).collect::<Vec<_>>();
    if pledges.is_empty() && reached.is_none() {
        return Ok(());
    }
    let facts = campaign_facts(db, campaign).await?;
    let backers = backers(db, &pledges).await?;
    let mut post = Vec::new();
    for row in batch.confirmed() {
        post.extend(backers.get(&row.id).map(|backer| confirmed(&facts, row, backer)));
    }
    for row in batch.taken_back() {
        post.extend(backers.get(&row.id).map(|backer| cancelled(&facts, row, backer)));
    }
    post.extend(reached.map(|milestone| milestone_reached(&facts, campaign, milestone)));
    ctx.mail.stage_all(db, &post).await
}

impl Batch {
    /// Those that stand now and did not before.
    fn confirmed(&self) -> impl Iterator<Item = &Row> {
        self.changed_rows().filter(|row| !row.before.counts() && row.state.counts())
    }

    /// Those that stood, if only for a moment within this batch, and were cancelled by their backer.
    fn taken_back(&self) -> impl Iterator<Item = &Row> {
        let cancelled =
            self.history.iter().filter(|line| line.from.counts() && line.to == PledgeState::Cancelled);
        cancelled.filter_map(|line| self.rows.get(&line.pledge))
    }
}

struct CampaignFacts {
    creator: PersonId,
    title: String,
    slug: String,
    goal: Money,
    pledged: Money,
    backers: i64,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl CampaignFacts {
    fn about(&self) -> About<'_> {
        About { title: &self.title, slug: &self.slug }
    }
}

async fn campaign_facts(db: &mut PgConnection, campaign: CampaignId) -> Result<CampaignFacts> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", title, slug, goal, pledged, backers, currency,
                  ends_at as "ends_at!", clock() as "now!"
           from campaigns join campaign_stats on campaign_id = id where id = $1"#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(CampaignFacts {
        creator: row.creator,
        goal: rows::money(row.goal, &row.currency)?,
        pledged: rows::money(row.pledged, &row.currency)?,
        title: row.title,
        slug: row.slug,
        backers: row.backers,
        ends_at: row.ends_at,
        now: row.now,
    })
}

struct Backer {
    person: PersonId,
    reward: Option<String>,
    collection: Collection,
}

async fn backers(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<HashMap<PledgeId, Backer>> {
    let ids: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    let found = sqlx::query!(
        r#"select id as "id: PledgeId", backer_id as "person: PersonId", reward_title, collection
           from pledges where id = any($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let collection = rows::named("pledges.collection", &row.collection)?;
            Ok((row.id, Backer { person: row.person, reward: row.reward_title, collection }))
        })
        .collect()
}

fn confirmed<'a>(campaign: &'a CampaignFacts, row: &Row, backer: &'a Backer) -> Post<'a> {
    let cutoff = campaign.ends_at - CANCEL_CUTOFF;
    Post {
        to: backer.person,
        dedupe_key: format!("pledge_confirmed_{}", row.id),
        letter: Letter::PledgeConfirmed(PledgeConfirmed {
            campaign: campaign.about(),
            pledge: row.id,
            amount: row.amount,
            reward: backer.reward.as_deref(),
            collection: backer.collection,
            ends_at: campaign.ends_at,
            cancel_until: (campaign.now < cutoff).then_some(cutoff),
        }),
    }
}

fn cancelled<'a>(campaign: &'a CampaignFacts, row: &Row, backer: &'a Backer) -> Post<'a> {
    Post {
        to: backer.person,
        dedupe_key: format!("pledge_cancelled_{}", row.id),
        letter: Letter::PledgeCancelled(PledgeCancelled {
            campaign: campaign.about(),
            amount: row.amount,
            reward: backer.reward.as_deref(),
            collection: backer.collection,
        }),
    }
}

fn milestone_reached(facts: &CampaignFacts, campaign: CampaignId, milestone: Milestone) -> Post<'_> {
    Post {
        to: facts.creator,
        dedupe_key: format!("milestone_{campaign}_{}", milestone.percent()),
        letter: Letter::MilestoneReached(MilestoneReached {
            campaign: facts.about(),
            milestone,
            pledged: facts.pledged,
            goal: facts.goal,
            backers: facts.backers,
            ends_at: facts.ends_at,
        }),
    }
}
