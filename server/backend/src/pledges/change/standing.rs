//! A pledge as somebody finds it who wants to change it.

use chrono::{DateTime, Utc};
use domain::{
    Campaign, CampaignId, ChangeId, Collection, Country, Money, PersonId, Pledge, PledgeId, PledgeRefusal,
    PledgeState, RewardId, Shipment, Standing,
};
use sqlx::{PgConnection, PgPool};

use crate::{Error, Result, campaigns, clock, rows};

/// The row, locked, and the change that is under way.
pub(super) struct Found {
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub version: i32,
    pub standing: Standing,
    pub collection: Collection,
    pub reward_title: Option<String>,
    pub reward_minimum: Option<Money>,
    pub open: Option<OpenTerms>,
}

/// New terms that are not applied yet.
#[derive(Clone, Debug)]
pub struct OpenTerms {
    pub id: ChangeId,
    pub reward: Option<RewardId>,
    pub reward_title: Option<String>,
    /// Shipping included.
    pub amount: Money,
    /// Without it, and where it goes.
    pub given: Money,
    pub ship_to: Option<Country>,
    /// For a new hold; otherwise for the worker only.
    pub waits: bool,
    pub reserved_until: Option<DateTime<Utc>>,
}

/// Finds the backer's own pledge and holds it until the transaction ends: of two edits, one waits for the other. Its
/// campaign is kept open first, in the order in which everybody takes these two.
pub(super) async fn find(db: &mut PgConnection, backer: PersonId, pledge: PledgeId) -> Result<Option<Found>> {
    let campaign = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from pledges where id = $1 and backer_id = $2"#,
        pledge as PledgeId,
        backer as PersonId,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(campaign) = campaign else { return Ok(None) };
    campaigns::keep_open(db, campaign).await?;
    let row = sqlx::query!(
        r#"select state, collection, reward_id as "reward: RewardId", reward_title, reward_minimum, amount, ship_to, shipping,
                  currency, held, version
           from pledges where id = $1 for update"#,
        pledge as PledgeId,
    )
    .fetch_one(&mut *db)
    .await?;
    let money = |amount| rows::money(amount, &row.currency);
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let collection: Collection = rows::named("pledges.collection", &row.collection)?;
    let amount = money(row.amount)?;
    let held = match collection {
        Collection::Hold => Some(row.held.map(money).transpose()?.unwrap_or(amount)),
        Collection::SaveCard | Collection::ChargeNow => None,
    };
    Ok(Some(Found {
        pledge,
        campaign,
        version: row.version,
        standing: Standing {
            state,
            reward_id: row.reward,
            amount,
            shipment: rows::shipment(row.ship_to.as_deref(), row.shipping, &row.currency)?,
            held,
        },
        collection,
        reward_title: row.reward_title,
        reward_minimum: row.reward_minimum.map(money).transpose()?,
        open: open(db, pledge).await?,
    }))
}

async fn open(db: &mut PgConnection, pledge: PledgeId) -> Result<Option<OpenTerms>> {
    let row = sqlx::query!(
        r#"select id as "id: ChangeId", reward_id as "reward: RewardId", reward_title, amount, amount - shipping as "given!",
                  ship_to, currency, state = 'waiting' as "waits!", reserved_until
           from pledge_changes where pledge_id = $1 and state in ('waiting', 'ready')"#,
        pledge as PledgeId,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(OpenTerms {
            id: row.id,
            reward: row.reward,
            reward_title: row.reward_title,
            amount: rows::money(row.amount, &row.currency)?,
            given: rows::money(row.given, &row.currency)?,
            ship_to: row.ship_to.map(|code| rows::country("pledge_changes.ship_to", &code)).transpose()?,
            waits: row.waits,
            reserved_until: row.reserved_until,
        })
    })
    .transpose()
}

/// What the page for changing a pledge shows.
#[derive(Clone, Debug)]
pub struct Changeable {
    pub campaign: Campaign,
    pub campaign_slug: String,
    pub version: i32,
    pub state: PledgeState,
    /// Shipping included, and without it.
    pub amount: Money,
    pub given: Money,
    pub reward: Option<RewardId>,
    pub reward_title: Option<String>,
    pub reward_minimum: Option<Money>,
    pub shipment: Option<Shipment>,
    pub collection: Collection,
    pub open: Option<OpenTerms>,
    /// Why nothing can be changed, if so.
    pub refusal: Option<PledgeRefusal>,
    pub now: DateTime<Utc>,
}

impl Changeable {
    /// Whether another card can be put in the place of the present one: a saved one until the deadline, a hold as long as
    /// anything else can be changed.
    #[must_use]
    pub fn can_replace_card(&self) -> bool {
        match self.collection {
            Collection::SaveCard => {
                self.state == PledgeState::Committed && self.campaign.accepts_pledges(self.now).is_ok()
            }
            Collection::Hold => self.refusal.is_none(),
            Collection::ChargeNow => false,
        }
    }
}

/// What became of the latest change of a pledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    UnderWay,
    Made,
    /// Or there was none.
    NotMade,
}

/// The latest change of the backer's own pledge.
///
/// # Errors
/// When the database cannot be read.
pub async fn last_change(db: &PgPool, backer: PersonId, pledge: PledgeId) -> Result<Outcome> {
    let state = sqlx::query_scalar!(
        "select pledge_changes.state from pledge_changes join pledges on pledges.id = pledge_id
         where pledge_id = $1 and backer_id = $2
         order by pledge_changes.created_at desc, pledge_changes.id desc limit 1",
        pledge as PledgeId,
        backer as PersonId,
    )
    .fetch_optional(db)
    .await?;
    Ok(match state.as_deref() {
        Some("waiting" | "ready") => Outcome::UnderWay,
        Some("applied") => Outcome::Made,
        _ => Outcome::NotMade,
    })
}

/// The backer's own pledge, to be changed; `None` when there is none or it is somebody else's.
///
/// # Errors
/// When the database cannot be read.
pub async fn changeable(db: &PgPool, backer: PersonId, pledge: PledgeId) -> Result<Option<Changeable>> {
    let mut tx = db.begin().await?;
    let Some(found) = find(&mut tx, backer, pledge).await? else { return Ok(None) };
    let broken = || Error::broken("a pledge without a campaign");
    let campaign = campaigns::rules(&mut *tx, found.campaign).await?.ok_or_else(broken)?;
    let slug = sqlx::query_scalar!("select slug from campaigns where id = $1", found.campaign as CampaignId)
        .fetch_one(&mut *tx)
        .await?;
    let now = clock::now(&mut *tx).await?;
    Ok(Some(Changeable {
        refusal: Pledge::changeable(found.standing.state, &campaign, now).err(),
        campaign,
        campaign_slug: slug,
        version: found.version,
        state: found.standing.state,
        amount: found.standing.amount,
        given: found.standing.given(),
        reward: found.standing.reward_id,
        reward_title: found.reward_title,
        reward_minimum: found.reward_minimum,
        shipment: found.standing.shipment,
        collection: found.collection,
        open: found.open,
        now,
    }))
}
