//! Receipts are given in the transaction that books what they prove: for each charge and each refund one, numbered within
//! its year without gaps, because the year's counter is held until the commit.

use domain::RefundState;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, Posting};
use crate::Result;
use crate::config::Config;

/// Gives those that are new. The cause's own unique index makes a second one impossible.
pub(super) async fn issue(db: &mut PgConnection, config: &Config, batch: &Batch) -> Result<()> {
    let charges = batch.postings.iter().filter_map(|posting| match posting {
        Posting::Captured { pledge, .. } => Some(pledge.0),
        Posting::CapturedTooLate { .. } => None,
    });
    let charges: Vec<Uuid> = charges.collect();
    let refunds = batch.rows.values().flat_map(|row| &row.refunds);
    let refunds = refunds.filter(|refund| refund.state == RefundState::Succeeded);
    let refunds: Vec<Uuid> = refunds.map(|refund| refund.id.0).collect();
    if charges.is_empty() && refunds.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with due as (
             select 'charge' as kind, pledges.id as pledge_id, null::uuid as refund_id, pledges.amount, 0 as place,
                    reward_minimum, ship_to, shipping
             from pledges where id = any($1)
                   and not exists (select from receipts where pledge_id = pledges.id and kind = 'charge')
             union all
             select 'refund', pledge_id, id, amount, 1, null, null, 0
             from refunds where id = any($2)
                   and not exists (select from receipts where refund_id = refunds.id)
         ), counted as (
             select due.*, row_number() over (order by place, pledge_id, refund_id) as n,
                    count(*) over () as together, extract(year from clock() at time zone 'UTC')::int as year
             from due
         ), counter as (
             insert into receipt_counters (year, last)
             select distinct year, together::int from counted
             on conflict (year) do update set last = receipt_counters.last + excluded.last
             returning last
         )
         insert into receipts (number, kind, pledge_id, refund_id, seller, buyer, campaign_title, reward_title, amount,
                               currency, reward_minimum, ship_to, shipping)
         select year || '-' || lpad((counter.last - together + n)::text, 6, '0'), counted.kind, counted.pledge_id,
                refund_id, $3, people.display_name, campaigns.title, pledges.reward_title, counted.amount,
                pledges.currency, counted.reward_minimum, counted.ship_to, counted.shipping
         from counted
         cross join counter
         join pledges on pledges.id = counted.pledge_id
         join people on people.id = pledges.backer_id
         join campaigns on campaigns.id = pledges.campaign_id",
        &charges,
        &refunds,
        config.seller,
    )
    .execute(db)
    .await?;
    Ok(())
}
