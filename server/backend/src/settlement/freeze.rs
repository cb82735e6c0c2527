//! The result of a campaign, written once (PRODUCT A15): the total, the count, the time, and a seal of what was counted.

use std::fmt::Write as _;

use domain::{CampaignId, Plan};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::Result;

/// Writes what decided. `outcome` is the plan's own, or that the campaign was called off.
pub(super) async fn freeze(
    db: &mut PgConnection,
    campaign: CampaignId,
    outcome: &str,
    plan: &Plan,
    backers: i64,
) -> Result<()> {
    sqlx::query!(
        "insert into campaign_results (campaign_id, outcome, pledged, backers, digest) values ($1, $2, $3, $4, $5)",
        campaign as CampaignId,
        outcome,
        plan.pledged.amount(),
        backers,
        digest(campaign, outcome, plan, backers),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// SHA-256 of a line for the campaign and one for each pledge that was counted, by their ids:
/// `{campaign} {outcome} {total} {currency} {backers}` and `{pledge} {amount}`.
fn digest(campaign: CampaignId, outcome: &str, plan: &Plan, backers: i64) -> String {
    let mut counted: Vec<_> = plan.pledges.iter().filter(|planned| planned.state.counts()).collect();
    counted.sort_by_key(|planned| planned.pledge.0);
    let total = plan.pledged;
    let mut sealed = format!("{campaign} {outcome} {} {} {backers}\n", total.plain(), total.currency());
    for planned in counted {
        let _ = writeln!(sealed, "{} {}", planned.pledge, planned.amount.plain());
    }
    hex::encode(Sha256::digest(sealed))
}
