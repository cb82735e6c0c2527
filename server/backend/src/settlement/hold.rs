//! The lock that settling takes.

use domain::{CampaignId, CampaignState};
use rust_decimal::Decimal;
use sqlx::PgTransaction;

use crate::Result;

/// The running total of a campaign that is held.
pub(super) struct Held {
    pub pledged: Decimal,
    pub backers: i64,
}

/// Holds a campaign and its total until the transaction ends; `None` when it is no longer in this state, or
/// suspended: nobody is charged for a campaign that staff look into.
///
/// The total first, then the campaign: the inbox, which holds a total while it writes rows that refer to the
/// campaign, takes them in the same order. New pledges wait at the campaign, and then find it closed.
pub(super) async fn hold(
    tx: &mut PgTransaction<'_>,
    campaign: CampaignId,
    state: CampaignState,
) -> Result<Option<Held>> {
    let held = sqlx::query_as!(
        Held,
        "select pledged, backers from campaign_stats where campaign_id = $1 for update",
        campaign as CampaignId,
    )
    .fetch_one(&mut **tx)
    .await?;
    let as_expected = sqlx::query_scalar!(
        r#"select state = $2 and suspended_at is null as "yes!" from campaigns where id = $1 for update"#,
        campaign as CampaignId,
        state.as_str(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(as_expected.then_some(held))
}
