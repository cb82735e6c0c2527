//! Campaigns whose deadline is long past and that cannot be decided: something from before it is still open, and nobody
//! gets their money or their card back until a person looks.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::CampaignId;
use sqlx::PgPool;

use crate::{Ctx, Result};

/// A campaign that should be decided by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub campaign: CampaignId,
    /// When the last checkout that began in time had to be over.
    pub since: DateTime<Utc>,
    pub why: WhyStuck,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyStuck {
    /// Checkouts from before the deadline whose page at the gateway cannot be closed: somebody may still pay there.
    OpenPages(i64),
    /// Events of its pledges that are not applied.
    Events(i64),
    /// Nothing: deciding itself fails.
    Deciding,
}

impl fmt::Display for WhyStuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenPages(count) => write!(f, "{count} checkout page(s) cannot be closed"),
            Self::Events(count) => write!(f, "{count} event(s) are not applied"),
            Self::Deciding => write!(f, "deciding it fails"),
        }
    }
}

/// Settlements that are undecided an hour after their deadline and the time that checkouts begun before it had left.
/// Suspended campaigns wait for staff, and are not among them.
///
/// # Errors
/// When the database does not answer.
pub async fn stuck(db: &PgPool) -> Result<Vec<Stuck>> {
    let rows = sqlx::query!(
        r#"select campaigns.id as "campaign: CampaignId", since as "since!", pending as "pending!",
                  (select count(*) from pledge_inbox
                   where campaign_id = campaigns.id and applied_at is null) as "events!"
           from campaigns
           join settlements on settlements.campaign_id = campaigns.id
           cross join lateral (
               select count(*) as pending, greatest(ends_at, max(reserved_until)) as since
               from pledges where campaign_id = campaigns.id and state = 'pending'
           ) waited
           where state = 'settling' and suspended_at is null and since + interval '1 hour' <= clock()
                 and not exists (select from campaign_results where campaign_id = campaigns.id)
           order by since"#,
    )
    .fetch_all(db)
    .await?;
    let why = |pending, events| match (pending, events) {
        (0, 0) => WhyStuck::Deciding,
        (0, events) => WhyStuck::Events(events),
        (pending, _) => WhyStuck::OpenPages(pending),
    };
    Ok(rows
        .into_iter()
        .map(|row| Stuck { campaign: row.campaign, since: row.since, why: why(row.pending, row.events) })
        .collect())
}

/// Tells staff of them, each at most once an hour, whichever process looks.
pub(super) async fn tell(ctx: &Ctx) -> Result<()> {
    for Stuck { campaign, since, why } in stuck(&ctx.db).await? {
        let told = sqlx::query!(
            "update settlements set stuck_told_at = clock()
             where campaign_id = $1 and coalesce(stuck_told_at + interval '1 hour' <= clock(), true)",
            campaign as CampaignId,
        )
        .execute(&ctx.db)
        .await?;
        if told.rows_affected() == 1 {
            tracing::error!(%campaign, %since, %why, "a campaign cannot be decided");
        }
    }
    Ok(())
}
