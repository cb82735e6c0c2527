//! Receipts, as they were issued (by the inbox, with what they prove).

use chrono::{DateTime, Utc};
use domain::{Money, PersonId, PledgeId, Shipment};
use sqlx::PgPool;

use crate::{Result, rows};

/// Proof of a charge or of a refund. Everything on it is as it was then.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The year and a number within it: `2027-000042`.
    pub number: String,
    pub is_refund: bool,
    pub pledge: PledgeId,
    pub seller: String,
    pub buyer: String,
    pub campaign_title: String,
    pub reward_title: Option<String>,
    /// What of a charge was for the reward, and for sending it; the rest was given on top.
    pub reward_minimum: Option<Money>,
    pub shipment: Option<Shipment>,
    pub amount: Money,
    pub issued_at: DateTime<Utc>,
}

/// The receipts of one of the backer's own pledges, oldest first; empty for anybody else's.
///
/// # Errors
/// When the database does not answer.
pub async fn of_pledge(db: &PgPool, backer: PersonId, pledge: PledgeId) -> Result<Vec<Receipt>> {
    let found = sqlx::query!(
        r#"select number, kind = 'refund' as "is_refund!", seller, buyer, campaign_title, receipts.reward_title,
                  receipts.reward_minimum, receipts.ship_to, receipts.shipping, receipts.amount, receipts.currency, issued_at
           from receipts join pledges on pledges.id = pledge_id
           where pledge_id = $1 and backer_id = $2
           order by number"#,
        pledge as PledgeId,
        backer as PersonId,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            Ok(Receipt {
                number: row.number,
                is_refund: row.is_refund,
                pledge,
                seller: row.seller,
                buyer: row.buyer,
                campaign_title: row.campaign_title,
                reward_title: row.reward_title,
                reward_minimum: row
                    .reward_minimum
                    .map(|least| rows::money(least, &row.currency))
                    .transpose()?,
                shipment: rows::shipment(row.ship_to.as_deref(), row.shipping, &row.currency)?,
                amount: rows::money(row.amount, &row.currency)?,
                issued_at: row.issued_at,
            })
        })
        .collect()
}
