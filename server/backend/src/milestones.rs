//! A quarter, half, three quarters and all of a goal. Each is reached once per campaign, ever, in the transaction that writes
//! the total; its creator is written to of each, its backers, by a job, of the goal.

use chrono::{DateTime, Utc};
use domain::{CampaignId, Milestone, Money};
use sqlx::{PgConnection, PgPool};

use crate::jobs::{self, Job};
use crate::mail::{About, GoalReached, Letter};
use crate::{Ctx, Error, Result, backers, rows};

/// On its campaign's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageMilestone {
    /// Of the goal.
    pub percent: i16,
    pub reached_at: DateTime<Utc>,
}

/// Those a campaign has reached, in their order.
///
/// # Errors
/// When the database does not answer.
pub async fn of_campaign(db: &PgPool, campaign: CampaignId) -> Result<Vec<PageMilestone>> {
    let reached = sqlx::query_as!(
        PageMilestone,
        "select percent, reached_at from milestones_reached where campaign_id = $1 order by percent",
        campaign as CampaignId,
    )
    .fetch_all(db)
    .await?;
    Ok(reached)
}

/// Notes what a new total has passed, and answers with the highest that it passed for the first time. The caller holds the
/// campaign's total.
pub(crate) async fn reach(
    db: &mut PgConnection,
    campaign: CampaignId,
    before: Money,
    after: Money,
    goal: Money,
) -> Result<Option<Milestone>> {
    let mut reached = None;
    let already = Milestone::passed(before, goal);
    for milestone in Milestone::passed(after, goal) {
        if already.contains(&milestone) {
            continue;
        }
        let inserted = sqlx::query!(
            "insert into milestones_reached (campaign_id, percent, pledged) values ($1, $2, $3)
             on conflict do nothing",
            campaign as CampaignId,
            milestone.percent(),
            after.amount(),
        )
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() == 1 {
            reached = Some(milestone);
        }
    }
    if reached == Some(Milestone::Goal) {
        jobs::stage(db, &[(Job::GoalReached(campaign), key(campaign))]).await?;
    }
    Ok(reached)
}

/// Writes to everybody whose pledge counts.
pub(crate) async fn tell_backers(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let row = sqlx::query!(
        r#"select title, slug, goal, currency, pledged, backers, ends_at as "ends_at!"
           from campaigns join campaign_stats on campaign_id = id where id = $1"#,
        campaign as CampaignId,
    )
    .fetch_optional(&ctx.db)
    .await?
    .ok_or_else(|| Error::broken("a campaign that reached its goal and is gone"))?;
    let letter = Letter::GoalReached(GoalReached {
        campaign: About { title: &row.title, slug: &row.slug },
        pledged: rows::money(row.pledged, &row.currency)?,
        goal: rows::money(row.goal, &row.currency)?,
        backers: row.backers,
        ends_at: row.ends_at,
    });
    backers::write_to_all(ctx, campaign, letter, &key(campaign)).await
}

fn key(campaign: CampaignId) -> String {
    format!("goal_reached_{campaign}")
}
