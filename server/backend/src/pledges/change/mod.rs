//! A backer changes the amount or the reward of a pledge that stands (PRODUCT B11). The request takes the new slot and
//! stores the new terms; the worker puts them in the old ones' place, frees the old slot and moves the total by the
//! difference, all in its one transaction. Where more is to be held than is, a new hold comes first (`hold.rs`).

mod card;
mod hold;
mod standing;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    CardWork, Change, ChangeId, Country, Money, PersonId, Pledge, PledgeEvent, PledgeId, PledgeRefusal,
    Reward, RewardId, Shipment, TypedAmountError, UnknownCountry,
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use card::{card_came_back, replace_card};
pub use hold::{came_back, lapse};
pub use standing::{Changeable, OpenTerms, Outcome, changeable, last_change};
use standing::{Found, find};

use super::Ended;
use super::start::claim;
use crate::again::{self, GivenUp};
use crate::inbox::{self, Source};
use crate::payments::{Condition, NotChargeable, to_gateway};
use crate::{Ctx, Error, campaigns, clock};

/// How long the page waits for the worker before it says "being changed".
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a change is begun anew when the page of an older one had to be closed first.
const TRIES: u32 = 3;

/// What the form said.
pub struct ChangePledge {
    pub pledge: PledgeId,
    pub reward: Option<RewardId>,
    /// As typed: without shipping, which is added to it.
    pub amount: String,
    /// The code of the country that the reward goes to; empty for none.
    pub country: String,
    /// The number of the terms that the form showed.
    pub version: i32,
}

/// Where the backer goes from here.
#[derive(Debug, PartialEq, Eq)]
pub enum Changed {
    /// To the gateway's page, for a new hold or another card.
    AtGateway { url: String },
    /// The pledge is as it was wished.
    Done,
}

/// Why a pledge was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefusal {
    #[error(transparent)]
    Pledge(#[from] PledgeRefusal),
    #[error(transparent)]
    Amount(#[from] TypedAmountError),
    #[error(transparent)]
    Country(#[from] UnknownCountry),
    #[error(transparent)]
    NotChargeable(#[from] NotChargeable),
    /// No such pledge, or somebody else's: the same answer.
    #[error("This pledge does not exist.")]
    NotFound,
    #[error("This reward does not exist any more. Your pledge is as it was. Choose another one.")]
    NoSuchReward,
    /// Another edit was faster.
    #[error(
        "Your pledge was changed meanwhile, so this change was not made. Look at it as it is now, then change it again."
    )]
    Meanwhile,
    #[error(
        "The payment provider cannot be reached just now. Your pledge is as it was and nothing was charged. Try again in a moment."
    )]
    GatewayAway,
    #[error(transparent)]
    Failed(Error),
}

impl ChangeRefusal {
    /// The form field it belongs beside.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Pledge(refusal) => refusal.field(),
            Self::Amount(_) | Self::NotChargeable(_) => Some("amount"),
            Self::Country(_) => Some("country"),
            Self::NoSuchReward => Some("reward"),
            Self::NotFound | Self::Meanwhile | Self::GatewayAway | Self::Failed(_) => None,
        }
    }
}

impl From<Error> for ChangeRefusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Gateway(error) if error.is_passing() => Self::GatewayAway,
            error => Self::Failed(error),
        }
    }
}

impl GivenUp for ChangeRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
}

impl From<sqlx::Error> for ChangeRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Changes the backer's own pledge. The same form sent twice changes it once.
///
/// # Errors
/// [`ChangeRefusal`]: the pledge then is as it was.
pub async fn change(ctx: &Ctx, backer: PersonId, form: &ChangePledge) -> Result<Changed, ChangeRefusal> {
    for _ in 0..TRIES {
        match again::while_given_up(|| begin(ctx, backer, form)).await? {
            Begun::Already => return Ok(Changed::Done),
            Begun::Ready(change) => return applied(ctx, form.pledge, change).await,
            Begun::Waits(change) => return Ok(hold::resume(ctx, change).await?),
            // The backer changed their mind at the gateway's page: that page must be closed before another opens.
            Begun::Supersedes(older) => {
                if hold::lapse(ctx, older).await? == Ended::StillOpen {
                    return Err(ChangeRefusal::GatewayAway);
                }
                inbox::settled(ctx, form.pledge, PATIENCE).await?;
            }
        }
    }
    Err(ChangeRefusal::Meanwhile)
}

enum Begun {
    /// The pledge has these terms already.
    Already,
    /// The worker has only to apply it.
    Ready(ChangeId),
    /// A new hold is needed first.
    Waits(ChangeId),
    /// Another change stands in the way, whose page may still be open.
    Supersedes(ChangeId),
}

async fn begin(ctx: &Ctx, backer: PersonId, form: &ChangePledge) -> Result<Begun, ChangeRefusal> {
    let mut tx = ctx.db.begin().await?;
    let found = find(&mut tx, backer, form.pledge).await?.ok_or(ChangeRefusal::NotFound)?;
    let campaign = campaigns::rules(&mut *tx, found.campaign)
        .await?
        .ok_or_else(|| Error::broken("a pledge without a campaign"))?;
    let given = Money::parse_typed(&form.amount, campaign.goal.currency())?;
    let country = Country::chosen(&form.country)?;
    let wanted = |reward, present, ship_to: Option<Country>| {
        // Where nothing is sent, the country says nothing.
        (reward, present) == (form.reward, given) && ship_to.is_none_or(|to| Some(to) == country)
    };
    if let Some(open) = &found.open {
        return match (open.waits, wanted(open.reward, open.given, open.ship_to)) {
            (true, true) => Ok(Begun::Waits(open.id)),
            (false, true) => Ok(Begun::Ready(open.id)),
            (true, false) if form.version == found.version => Ok(Begun::Supersedes(open.id)),
            _ => Err(ChangeRefusal::Meanwhile),
        };
    }
    let to = found.standing.shipment.map(|shipment| shipment.to);
    if wanted(found.standing.reward_id, found.standing.given(), to) {
        // Sent twice, or nothing new in it.
        return Ok(Begun::Already);
    }
    if form.version != found.version {
        return Err(ChangeRefusal::Meanwhile);
    }
    let reward = wanted_reward(&mut tx, &found, form.reward).await?;
    let now = clock::now(&mut *tx).await?;
    let change = Pledge::change(&found.standing, &campaign, reward.as_ref(), given, country, now)?;
    to_gateway(change.amount)?;
    let waits = change.card == CardWork::NewHold;
    let Change { amount, shipment, .. } = change;
    let (found, campaign, reward) = (&found, &campaign, reward.as_ref());
    let terms = Terms { found, campaign, reward, amount, shipment, waits, now };
    let id = store(ctx, &mut tx, &terms).await?;
    tx.commit().await?;
    ctx.faults.step("change.stored");
    Ok(if waits { Begun::Waits(id) } else { Begun::Ready(id) })
}

/// The reward that is wanted; the one that the pledge has already, with the terms under which it was chosen.
async fn wanted_reward(
    db: &mut PgConnection,
    found: &Found,
    wanted: Option<RewardId>,
) -> Result<Option<Reward>, ChangeRefusal> {
    let Some(id) = wanted else { return Ok(None) };
    let reward = campaigns::reward(db, id).await?.ok_or(ChangeRefusal::NoSuchReward)?;
    Ok(Some(match (&found.reward_title, found.reward_minimum) {
        (Some(title), Some(minimum)) if found.standing.reward_id == Some(id) => {
            Reward { title: title.clone(), minimum, ..reward }
        }
        _ => reward,
    }))
}

/// New terms that may be stored.
struct Terms<'a> {
    found: &'a Found,
    campaign: &'a domain::Campaign,
    reward: Option<&'a Reward>,
    amount: Money,
    shipment: Option<Shipment>,
    waits: bool,
    now: DateTime<Utc>,
}

/// Stores the change, with its slot taken; the caller holds the pledge and has found no other open change.
async fn store(ctx: &Ctx, db: &mut PgConnection, terms: &Terms<'_>) -> Result<ChangeId, ChangeRefusal> {
    let Terms { found, campaign, reward, amount, shipment, waits, now } = *terms;
    // No slot is taken for somebody who could not be sent to the card page now.
    if waits && ctx.payments.condition() == Condition::Away {
        return Err(ChangeRefusal::GatewayAway);
    }
    let new_slot =
        reward.filter(|reward| reward.limit.is_some() && Some(reward.id) != found.standing.reward_id);
    let mandate = domain::mandate(campaign, amount, found.collection, now);
    let id = ChangeId(Uuid::now_v7());
    sqlx::query!(
        "insert into pledge_changes (id, pledge_id, campaign_id, version, from_amount, from_reward_id, amount, currency,
                                     reward_id, reward_title, reward_minimum, mandate, claims_slot, state,
                                     reserved_until, ship_to, shipping)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $14 then 'waiting' else 'ready' end,
                 case when $14 then clock() + make_interval(secs => $15) end, $16, coalesce($17::numeric, 0))",
        id as ChangeId,
        found.pledge as PledgeId,
        found.campaign as domain::CampaignId,
        found.version,
        found.standing.amount.amount(),
        found.standing.reward_id as Option<RewardId>,
        amount.amount(),
        amount.currency().code(),
        reward.map(|reward| reward.id) as Option<RewardId>,
        reward.map(|reward| reward.title.as_str()),
        reward.map(|reward| reward.minimum.amount()),
        mandate,
        new_slot.is_some(),
        waits,
        ctx.config.reservation.as_secs_f64(),
        shipment.map(|shipment| shipment.to.code()),
        shipment.map(|shipment| shipment.cost.amount()),
    )
    .execute(&mut *db)
    .await?;
    if let Some(reward) = new_slot
        && !claim(db, reward).await?
    {
        return Err(PledgeRefusal::SoldOut { title: reward.title.clone() }.into());
    }
    if !waits {
        let entry = PledgeEvent::TermsChanged.into();
        inbox::leave(&mut *db, found.campaign, found.pledge, &entry, Source::Backer).await?;
    }
    Ok(id)
}

/// Waits a moment for the worker. A cancellation or the deadline may have come first; then nothing was changed.
async fn applied(ctx: &Ctx, pledge: PledgeId, change: ChangeId) -> Result<Changed, ChangeRefusal> {
    inbox::settled(ctx, pledge, PATIENCE).await?;
    let state = sqlx::query_scalar!("select state from pledge_changes where id = $1", change as ChangeId)
        .fetch_one(&ctx.db)
        .await?;
    if state == "refused" { Err(ChangeRefusal::Meanwhile) } else { Ok(Changed::Done) }
}
