//! What hybrid campaigns promise above their goal. A stretch goal is unlocked by the worker that writes the total, in
//! the same transaction, and its campaign's backers are written to by a job.

use domain::{CampaignId, Money, StretchGoal};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use crate::jobs::{self, Job};
use crate::mail::{About, Letter, StretchGoalUnlocked};
use crate::{Ctx, Error, Result, backers, rows};

/// A stretch goal on its campaign's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageStretchGoal {
    pub amount: Money,
    pub title: String,
    pub description: String,
    pub unlocked: bool,
}

impl PageStretchGoal {
    /// As the bar draws it.
    #[must_use]
    pub fn goal(&self) -> StretchGoal {
        StretchGoal { amount: self.amount, unlocked: self.unlocked }
    }
}

/// Those of a campaign, in their order.
///
/// # Errors
/// When the database does not answer.
pub async fn of_campaign(db: &PgPool, campaign: CampaignId) -> Result<Vec<PageStretchGoal>> {
    let rows = sqlx::query!(
        r#"select amount, currency, title, description, unlocked_at is not null as "unlocked!"
           from stretch_goals where campaign_id = $1 order by position"#,
        campaign as CampaignId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PageStretchGoal {
                amount: rows::money(row.amount, &row.currency)?,
                title: row.title,
                description: row.description,
                unlocked: row.unlocked,
            })
        })
        .collect()
}

/// What a job tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlocked {
    campaign: CampaignId,
    position: i16,
}

/// Unlocks what a new total has passed. The caller holds the campaign's total, so nobody else does the same.
pub(crate) async fn unlock(db: &mut PgConnection, campaign: CampaignId, total: Money) -> Result<()> {
    let rows = sqlx::query!(
        r#"select position, amount, currency, unlocked_at is not null as "unlocked!"
           from stretch_goals where campaign_id = $1 order by position"#,
        campaign as CampaignId,
    )
    .fetch_all(&mut *db)
    .await?;
    let goals = rows
        .iter()
        .map(|row| {
            Ok(StretchGoal { amount: rows::money(row.amount, &row.currency)?, unlocked: row.unlocked })
        })
        .collect::<Result<Vec<_>>>()?;
    let positions: Vec<i16> =
        StretchGoal::newly_unlocked(&goals, total).map(|place| rows[place].position).collect();
    if positions.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update stretch_goals set unlocked_at = clock() where campaign_id = $1 and position = any($2)",
        campaign as CampaignId,
        &positions,
    )
    .execute(&mut *db)
    .await?;
    let unlocked: Vec<Unlocked> =
        positions.into_iter().map(|position| Unlocked { campaign, position }).collect();
    let told: Vec<_> = unlocked
        .iter()
        .map(|one| (Job::StretchGoal(one), format!("stretch_goal_{campaign}_{}", one.position)))
        .collect();
    jobs::stage(db, &told).await
}

/// Writes to everybody whose pledge counts.
pub(crate) async fn tell(ctx: &Ctx, unlocked: Unlocked) -> Result<()> {
    let Unlocked { campaign, position } = unlocked;
    let goal = sqlx::query!(
        r#"select campaigns.title as campaign, slug, amount, stretch_goals.currency, stretch_goals.title, description
           from stretch_goals join campaigns on campaigns.id = campaign_id
           where campaign_id = $1 and position = $2"#,
        campaign as CampaignId,
        position,
    )
    .fetch_optional(&ctx.db)
    .await?
    .ok_or_else(|| Error::broken("a stretch goal that was unlocked and is gone"))?;
    let letter = Letter::StretchGoalUnlocked(StretchGoalUnlocked {
        campaign: About { title: &goal.campaign, slug: &goal.slug },
        amount: rows::money(goal.amount, &goal.currency)?,
        title: &goal.title,
        description: &goal.description,
    });
    backers::write_to_all(ctx, campaign, letter, &format!("stretch_goal_{campaign}_{position}")).await
}
