//! Pledges as their backer, or a campaign's visitors, see them.

use chrono::{DateTime, Utc};
use domain::{
    Campaign, CampaignId, Collection, Country, FeeRule, Money, PersonId, Pledge, PledgeId, PledgeState,
    RewardId, Shipment,
};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::Privacy;
use crate::{Result, payments, rows};

/// A pledge on its backer's own pages.
#[derive(Clone, Debug)]
pub struct MyPledge {
    pub id: PledgeId,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub campaign: Campaign,
    /// All of it, shipping included.
    pub amount: Money,
    pub shipment: Option<Shipment>,
    pub reward_title: Option<String>,
    /// What the reward cost when it was chosen.
    pub reward_minimum: Option<Money>,
    /// The platform's share of it.
    pub fee: FeeRule,
    pub state: PledgeState,
    pub collection: Collection,
    pub mandate: String,
    /// While pending: until when the slot is kept.
    pub reserved_until: Option<DateTime<Utc>>,
    /// While pending: why the last card was declined, in plain words.
    pub declined: Option<&'static str>,
    pub can_cancel: bool,
    pub can_change: bool,
    pub privacy: Privacy,
    pub created_at: DateTime<Utc>,
}

/// All pledges of a person, newest first, those among them that they made as a guest and adopted.
pub async fn mine(db: &PgPool, backer: PersonId) -> Result<Vec<MyPledge>> {
    select(db, backer, None).await
}

/// One pledge; `None` when there is none or it is somebody else's.
pub async fn by_id(db: &PgPool, backer: PersonId, pledge: PledgeId) -> Result<Option<MyPledge>> {
    Ok(select(db, backer, Some(pledge)).await?.pop())
}

async fn select(db: &PgPool, backer: PersonId, only: Option<PledgeId>) -> Result<Vec<MyPledge>> {
    let rows = sqlx::query_as!(
        MyPledgeRow,
        r#"select pledges.id as "id: PledgeId", pledges.state, collection, amount, pledges.currency, reward_title,
                  reward_minimum, ship_to, shipping, fee_bps, mandate, reserved_until, decline_code, name_hidden, amount_hidden, pledges.created_at,
                  clock() as "now!",
                  campaigns.id as "campaign: CampaignId", slug, title, creator_id as "creator: PersonId", model,
                  campaigns.state as campaign_state, suspended_at, goal, starts_at as "starts_at!",
                  ends_at as "ends_at!"
           from pledges join campaigns on campaigns.id = campaign_id
           where (backer_id = $1 or adopted_by = $1) and ($2::uuid is null or pledges.id = $2)
           order by pledges.created_at desc limit 200"#,
        backer as PersonId,
        only as Option<PledgeId>,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(MyPledgeRow::pledge).collect()
}

struct MyPledgeRow {
    id: PledgeId,
    state: String,
    collection: String,
    amount: Decimal,
    currency: String,
    reward_title: Option<String>,
    reward_minimum: Option<Decimal>,
    ship_to: Option<String>,
    shipping: Decimal,
    fee_bps: i16,
    mandate: String,
    reserved_until: Option<DateTime<Utc>>,
    decline_code: Option<String>,
    name_hidden: bool,
    amount_hidden: bool,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
    campaign: CampaignId,
    slug: String,
    title: String,
    creator: PersonId,
    model: String,
    campaign_state: String,
    suspended_at: Option<DateTime<Utc>>,
    goal: Decimal,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

impl MyPledgeRow {
    fn pledge(self) -> Result<MyPledge> {
        let state: PledgeState = rows::named("pledges.state", &self.state)?;
        let campaign = Campaign {
            id: self.campaign,
            creator_id: self.creator,
            model: rows::named("campaigns.model", &self.model)?,
            state: rows::named("campaigns.state", &self.campaign_state)?,
            suspended: self.suspended_at.is_some(),
            goal: rows::money(self.goal, &self.currency)?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        };
        Ok(MyPledge {
            id: self.id,
            can_cancel: Pledge::cancellable(state, &campaign, self.now).is_ok(),
            can_change: Pledge::changeable(state, &campaign, self.now).is_ok(),
            campaign_slug: self.slug,
            campaign_title: self.title,
            campaign,
            amount: rows::money(self.amount, &self.currency)?,
            shipment: rows::shipment(self.ship_to.as_deref(), self.shipping, &self.currency)?,
            reward_title: self.reward_title,
            reward_minimum: self
                .reward_minimum
                .map(|least| rows::money(least, &self.currency))
                .transpose()?,
            fee: rows::fee(self.fee_bps)?,
            state,
            collection: rows::named("pledges.collection", &self.collection)?,
            mandate: self.mandate,
            reserved_until: self.reserved_until.filter(|_| state == PledgeState::Pending),
            declined: self.decline_code.as_deref().map(payments::in_plain_words),
            privacy: Privacy { name_hidden: self.name_hidden, amount_hidden: self.amount_hidden },
            created_at: self.created_at,
        })
    }
}

/// A pledge that waits for its backer at the gateway's card page.
#[derive(Clone, Debug)]
pub struct WaitingPledge {
    pub id: PledgeId,
    /// What was typed: without shipping.
    pub given: Money,
    pub reward: Option<RewardId>,
    pub ship_to: Option<Country>,
    /// Until when the slot is kept.
    pub reserved_until: Option<DateTime<Utc>>,
    /// Why the last card was declined, in plain words.
    pub declined: Option<&'static str>,
    pub privacy: Privacy,
    /// Whether its card is typed on our own page.
    pub in_page: bool,
}

/// The person's pledge to a campaign that waits for a card; there is one at most.
pub async fn waiting(db: &PgPool, backer: PersonId, campaign: CampaignId) -> Result<Option<WaitingPledge>> {
    let row = sqlx::query!(
        r#"select id as "id: PledgeId", amount - shipping as "given!", currency, reward_id as "reward: RewardId", ship_to,
                  reserved_until, decline_code, name_hidden, amount_hidden, in_page
           from pledges
           where backer_id = $1 and campaign_id = $2 and state = 'pending'"#,
        backer as PersonId,
        campaign as CampaignId,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(WaitingPledge {
            id: row.id,
            given: rows::money(row.given, &row.currency)?,
            reward: row.reward,
            ship_to: row.ship_to.map(|code| rows::country("pledges.ship_to", &code)).transpose()?,
            reserved_until: row.reserved_until,
            declined: row.decline_code.as_deref().map(payments::in_plain_words),
            privacy: Privacy { name_hidden: row.name_hidden, amount_hidden: row.amount_hidden },
            in_page: row.in_page,
        })
    })
    .transpose()
}

/// Where the person's last reward went, or is to go.
pub async fn last_country(db: &PgPool, backer: PersonId) -> Result<Option<Country>> {
    let code = sqlx::query_scalar!(
        r#"select ship_to as "code!" from pledges
           where (backer_id = $1 or adopted_by = $1) and ship_to is not null
           order by created_at desc limit 1"#,
        backer as PersonId,
    )
    .fetch_optional(db)
    .await?;
    code.map(|code| rows::country("pledges.ship_to", &code)).transpose()
}

/// Somebody who backed a campaign lately, as far as they want it to be known.
#[derive(Clone, Debug)]
pub struct RecentBacker {
    /// `None`: it is hidden.
    pub display_name: Option<String>,
    /// `None`: it is hidden.
    pub amount: Option<Money>,
    pub confirmed_at: DateTime<Utc>,
}

/// The latest backers of a campaign whose pledges stand.
pub async fn recent_backers(db: &PgPool, campaign: CampaignId) -> Result<Vec<RecentBacker>> {
    let rows = sqlx::query!(
        // what is hidden is not even read
        r#"select case when not name_hidden then display_name end as display_name,
                  case when not amount_hidden then amount end as amount, currency, confirmed_at as "confirmed_at!"
           from pledges join people on people.id = backer_id
           where campaign_id = $1 and confirmed_at is not null
                 and state not in ('dropped', 'cancelled', 'expired', 'voided', 'refunded')
           order by confirmed_at desc limit 8"#,
        campaign as CampaignId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RecentBacker {
                display_name: row.display_name,
                amount: row.amount.map(|amount| rows::money(amount, &row.currency)).transpose()?,
                confirmed_at: row.confirmed_at,
            })
        })
        .collect()
}
