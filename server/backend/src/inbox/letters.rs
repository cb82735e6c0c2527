//! What a batch is written about, to backers and to the creator. Staged in the batch's own transaction.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    CANCEL_CUTOFF, CampaignId, Collection, Milestone, Money, PersonId, PledgeEvent, PledgeId, PledgeState,
    Shipment,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, HistoryLine, Posting};
use super::changes::EndedChange;
use super::money_back_letters as money_back;
use super::row::Row;
use crate::mail::{
    About, CampaignCancelled, CampaignFailed, CampaignFellShort, CampaignFunded, Letter, MilestoneReached,
    PaidTooLate, PaymentFailed, PaymentFixed, PledgeCancelled, PledgeChanged, PledgeConfirmed, PledgeDropped,
    Post,
};
use crate::payments::{OTHER_AMOUNT, in_plain_words};
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
    let told = batch.confirmed().chain(batch.taken_back()).chain(batch.decided().map(|(row, _)| row));
    let told = told.chain(batch.paid_too_late().map(|(row, _)| row));
    let told = told.chain(batch.edited().map(|(row, _)| row));
    let back = batch.rows.values().filter(|row| !row.refunds.is_empty() || !row.disputes.is_empty());
    let back: Vec<&Row> = back.collect();
    let pledges = told.chain(back.iter().copied()).map(|row| row.id).collect::<Vec<_>>();
    if pledges.is_empty() && reached.is_none() {
        return Ok(());
    }
    let facts = campaign_facts(db, campaign).await?;
    let backers = backers(db, &pledges).await?;
    let mut post = Vec::new();
    for row in batch.confirmed() {
        post.extend(backers.get(&row.id).map(|backer| confirmed(&facts, row, backer)));
    }
    for (row, change) in batch.edited() {
        post.extend(backers.get(&row.id).map(|backer| edited(&facts, row, change, backer)));
    }
    for row in batch.taken_back() {
        post.extend(backers.get(&row.id).map(|backer| cancelled(&facts, row, backer)));
    }
    for (row, line) in batch.decided() {
        post.extend(backers.get(&row.id).and_then(|backer| decided(&facts, row, line, backer)));
    }
    for (row, intent) in batch.paid_too_late() {
        post.extend(backers.get(&row.id).map(|backer| paid_too_late(&facts, row, intent, backer)));
    }
    let paths = money_back::paths(facts.about(), &back);
    for (row, paths) in back.iter().zip(&paths) {
        // Of a campaign that fell short its own letter tells, once.
        if let Some(backer) = backers.get(&row.id).filter(|_| facts.fell_short_with.is_none()) {
            post.extend(money_back::letters(facts.about(), facts.creator, backer.person, row, paths));
        }
    }
    post.extend(reached.map(|milestone| milestone_reached(&facts, campaign, milestone)));
    ctx.mail.stage_all(db, &post).await
}

impl Batch {
    /// Those that stand now and did not before.
    fn confirmed(&self) -> impl Iterator<Item = &Row> {
        self.changed_rows().filter(|row| !row.before.counts() && row.state.counts())
    }

    /// Those with new terms, unless they were cancelled within this batch.
    fn edited(&self) -> impl Iterator<Item = (&Row, &EndedChange)> {
        let made = self.changes.iter().filter(|change| change.made);
        made.filter_map(|change| Some((self.rows.get(&change.pledge)?, change)))
            .filter(|(row, _)| row.state.counts())
    }

    /// Those that stood, if only for a moment within this batch, and were cancelled by their backer.
    fn taken_back(&self) -> impl Iterator<Item = &Row> {
        let cancelled =
            self.history.iter().filter(|line| line.from.counts() && line.to == PledgeState::Cancelled);
        cancelled.filter_map(|line| self.rows.get(&line.pledge))
    }

    /// Those that were over when their payment arrived, with the payment.
    fn paid_too_late(&self) -> impl Iterator<Item = (&Row, &str)> {
        self.postings.iter().filter_map(|posting| match posting {
            Posting::CapturedTooLate { pledge, intent, .. } => {
                Some((self.rows.get(pledge)?, intent.as_str()))
            }
            _ => None,
        })
    }

    /// What became of pledges after the deadline, or because there is none any more.
    fn decided(&self) -> impl Iterator<Item = (&Row, &HistoryLine)> {
        use PledgeState::{Captured, Charging, Dropped, Errored, NeedsAction, Refunded, Voided};
        let decides = |line: &&HistoryLine| match line.to {
            Captured => matches!(line.from, Charging | Errored | NeedsAction),
            // Who was still at the card page had not pledged.
            Voided => line.from.counts(),
            to => matches!(to, Errored | NeedsAction | Dropped | Refunded),
        };
        let told = self.history.iter().filter(decides);
        let told = told.filter_map(|line| Some((self.rows.get(&line.pledge)?, line)));
        // A failure that the same batch overtook is nothing to write about.
        told.filter(|(row, line)| !line.to.can_be_fixed() || row.state.can_be_fixed())
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
    /// What had been pledged when it was decided; until then what is pledged.
    decided_at: Money,
    retry_until: Option<DateTime<Utc>>,
    /// What could be collected, if that was too little by the campaign's rule.
    fell_short_with: Option<Money>,
    now: DateTime<Utc>,
}

impl CampaignFacts {
    fn about(&self) -> About<'_> {
        About { title: &self.title, slug: &self.slug }
    }
}

async fn campaign_facts(db: &mut PgConnection, campaign: CampaignId) -> Result<CampaignFacts> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", title, slug, goal, stats.pledged, stats.backers, currency,
                  ends_at as "ends_at!", coalesce(results.pledged, stats.pledged) as "decided_at!",
                  retry_until as "retry_until?",
                  collected.collected as "fell_short_with?", clock() as "now!"
           from campaigns
           join campaign_stats stats on stats.campaign_id = id
           left join campaign_results results on results.campaign_id = id
           left join settlements on settlements.campaign_id = id
           left join collection_results collected on collected.campaign_id = id and verdict = 'fell_short'
           where id = $1"#,
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
        decided_at: rows::money(row.decided_at, &row.currency)?,
        retry_until: row.retry_until,
        fell_short_with: row.fell_short_with.map(|amount| rows::money(amount, &row.currency)).transpose()?,
        now: row.now,
    })
}

struct Backer {
    person: PersonId,
    reward: Option<String>,
    shipment: Option<Shipment>,
    delivery: Option<NaiveDate>,
    collection: Collection,
    /// Whether a payment had failed before.
    had_failed: bool,
}

async fn backers(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<HashMap<PledgeId, Backer>> {
    let ids: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    let found = sqlx::query!(
        r#"select pledges.id as "id!: PledgeId", backer_id as "person!: PersonId", reward_title as "reward_title?",
                  ship_to as "ship_to?", shipping as "shipping!", pledges.currency as "currency!",
                  collection as "collection!",
                  estimated_delivery as "estimated_delivery?", failed_at is not null as "had_failed!"
           from pledges
           left join rewards on rewards.id = reward_id
           left join collections on pledge_id = pledges.id
           where pledges.id = any($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let collection = rows::named("pledges.collection", &row.collection)?;
            let backer = Backer {
                person: row.person,
                reward: row.reward_title,
                shipment: rows::shipment(row.ship_to.as_deref(), row.shipping, &row.currency)?,
                delivery: row.estimated_delivery,
                collection,
                had_failed: row.had_failed,
            };
            Ok((row.id, backer))
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
            shipment: backer.shipment,
            collection: backer.collection,
            ends_at: campaign.ends_at,
            cancel_until: (campaign.now < cutoff).then_some(cutoff),
        }),
    }
}

fn edited<'a>(campaign: &'a CampaignFacts, row: &Row, change: &EndedChange, backer: &'a Backer) -> Post<'a> {
    Post {
        to: backer.person,
        dedupe_key: format!("pledge_changed_{}", change.id),
        letter: Letter::PledgeChanged(PledgeChanged {
            campaign: campaign.about(),
            pledge: row.id,
            from: change.from,
            amount: row.amount,
            reward: backer.reward.as_deref(),
            shipment: backer.shipment,
            collection: backer.collection,
            ends_at: campaign.ends_at,
            cancel_until: campaign.ends_at - CANCEL_CUTOFF,
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

/// `None` for what there is nothing to say about.
fn decided<'a>(
    facts: &'a CampaignFacts,
    row: &'a Row,
    line: &HistoryLine,
    backer: &'a Backer,
) -> Option<Post<'a>> {
    let (campaign, amount, pledge) = (facts.about(), row.amount, row.id);
    let (pledged, goal, reward) = (facts.decided_at, facts.goal, backer.reward.as_deref());
    let (key, letter) = match (line.to, line.event) {
        (PledgeState::Voided, PledgeEvent::CampaignCancelled) => {
            ("campaign_cancelled", Letter::CampaignCancelled(CampaignCancelled { campaign, amount }))
        }
        (PledgeState::Voided, _) => {
            let collection = backer.collection;
            let letter = CampaignFailed { campaign, amount, pledged, goal, collection };
            ("campaign_failed", Letter::CampaignFailed(letter))
        }
        (PledgeState::Captured, _) if backer.had_failed => {
            ("payment_fixed", Letter::PaymentFixed(PaymentFixed { campaign, pledge, amount }))
        }
        (PledgeState::Captured, _) => {
            let (shipment, delivery) = (backer.shipment, backer.delivery);
            let letter = CampaignFunded {
                campaign,
                pledge,
                amount,
                charged: true,
                pledged,
                goal,
                reward,
                shipment,
                delivery,
            };
            ("campaign_funded", Letter::CampaignFunded(letter))
        }
        (PledgeState::Errored | PledgeState::NeedsAction, _) => {
            let code = row.decline_code.as_deref().unwrap_or("generic_decline");
            let (reason, was_refunded) = (in_plain_words(code), code == OTHER_AMOUNT);
            let until = facts.retry_until?;
            let letter = PaymentFailed { campaign, pledge, amount, reason, until, was_refunded };
            ("payment_failed", Letter::PaymentFailed(letter))
        }
        (PledgeState::Dropped, _) => {
            ("pledge_dropped", Letter::PledgeDropped(PledgeDropped { campaign, amount, reward }))
        }
        (PledgeState::Refunded, _) => {
            let collected = facts.fell_short_with?;
            let letter = CampaignFellShort { campaign, pledge, amount, collected, goal };
            ("campaign_fell_short", Letter::CampaignFellShort(letter))
        }
        _ => return None,
    };
    Some(Post { to: backer.person, dedupe_key: format!("{key}_{pledge}"), letter })
}

fn paid_too_late<'a>(campaign: &'a CampaignFacts, row: &Row, intent: &str, backer: &Backer) -> Post<'a> {
    Post {
        to: backer.person,
        dedupe_key: format!("paid_too_late_{intent}"),
        letter: Letter::PaidTooLate(PaidTooLate {
            campaign: campaign.about(),
            pledge: row.id,
            amount: row.amount,
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
