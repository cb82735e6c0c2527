//! The pledges of a campaign as the plan needs them, and the rehearsal of settling.

use std::fmt::Write as _;

use domain::{Act, CampaignId, Plan, PledgeId, ResultPolicy};
use sqlx::{PgConnection, PgPool};

use crate::{Error, Result, campaigns, rows};

/// What settling would do now, from the rows alone.
pub(super) async fn read(db: &mut PgConnection, campaign: &domain::Campaign) -> Result<Plan> {
    let rows = sqlx::query!(
        // what is back with its backer does not count
        r#"select id as "id: PledgeId", state, amount - refunded as "amount!", currency from pledges
           where campaign_id = $1 and state in ('pending', 'committed', 'authorized', 'captured', 'charging',
                                                'errored', 'needs_action', 'partially_refunded', 'disputed')
           order by id"#,
        campaign.id as CampaignId,
    )
    .fetch_all(db)
    .await?;
    let pledges = rows
        .into_iter()
        .map(|row| {
            Ok((row.id, rows::named("pledges.state", &row.state)?, rows::money(row.amount, &row.currency)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Plan::of(campaign.model, campaign.goal, pledges).map_err(|_| Error::broken("pledges that do not add up"))
}

/// What settling the campaign with this slug would do at this instant, pledge by pledge. Writes nothing.
///
/// # Errors
/// When there is no such campaign, or it has no dates yet.
pub async fn dry_run(db: &PgPool, slug: &str) -> Result<String> {
    let id =
        sqlx::query_scalar!(r#"select id as "id: CampaignId" from campaigns where slug = lower($1)"#, slug)
            .fetch_optional(db)
            .await?
            .ok_or_else(|| Error::broken(format!("no campaign {slug}")))?;
    let mut db = db.acquire().await?;
    let campaign =
        campaigns::rules(&mut *db, id).await?.ok_or_else(|| Error::broken("a campaign without dates"))?;
    let plan = read(&mut db, &campaign).await?;
    let policy = sqlx::query_scalar!("select result_policy from campaigns where id = $1", id as CampaignId)
        .fetch_one(&mut *db)
        .await?;
    let policy: ResultPolicy = rows::named("campaigns.result_policy", &policy)?;
    printed(slug, &campaign, &plan, policy).map_err(|_| Error::broken("a sum too large"))
}

fn printed(
    slug: &str,
    campaign: &domain::Campaign,
    plan: &Plan,
    policy: ResultPolicy,
) -> Result<String, domain::MoneyError> {
    let mut text = format!(
        "{slug}: {}, pledged {} of {}\n",
        plan.outcome.as_str(),
        plan.pledged.plain(),
        campaign.goal.plain()
    );
    for planned in &plan.pledges {
        let act = planned.act.map_or("keep", Act::as_str);
        let _ = writeln!(
            text,
            "{}  {:<18} {:>16}  {act}",
            planned.pledge,
            planned.state.as_str(),
            planned.amount.plain()
        );
    }
    for act in Act::ALL {
        let (count, sum) = plan.sum_of(*act)?;
        let _ = writeln!(text, "{:<8} {count:>6}  {:>16} {}", act.as_str(), sum.plain(), sum.currency());
    }
    let _ = writeln!(text, "{}: {}", policy.as_str(), policy.explain());
    Ok(text)
}
