//! The beginning of a pledge: one transaction claims the slot and writes the pledge; only then is the gateway asked.

use domain::{
    CampaignId, Country, Money, Offer, PersonId, Pledge, PledgeId, PledgeRefusal, PledgeState, Reward,
    RewardId, TypedAmountError, UnknownCountry,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CardStep, Ended, Privacy, checkout, guard, privacy};
use crate::again::{self, GivenUp};
use crate::payments::{Condition, NotChargeable, to_gateway};
use crate::throttle::ClientAddress;
use crate::{Ctx, Error, Result, campaigns, cards, clock, inbox, pledges, rows};

/// How often a start is begun anew when somebody else was faster, such as the same form sent twice.
const TRIES: u32 = 5;

/// What the form said.
pub struct StartPledge {
    pub campaign: CampaignId,
    pub reward: Option<RewardId>,
    /// As typed: without shipping, which is added to it.
    pub amount: String,
    /// The code of the country that the reward goes to; empty for none.
    pub country: String,
    /// Made by the server when it drew the form.
    pub form_key: Uuid,
    pub privacy: Privacy,
    /// A saved card, by the gateway's name; otherwise the gateway's page asks for one.
    pub card: Option<String>,
    /// Whether a card that is not saved is typed on our own page, in the gateway's fields there.
    pub in_page: bool,
    /// Where it came from.
    pub from: ClientAddress,
}

/// Where the backer goes from here.
pub enum Started {
    /// To the gateway's page.
    AtGateway { pledge: PledgeId, url: String },
    /// Nowhere: the card is typed where the form is.
    OnOurPage { pledge: PledgeId, step: CardStep },
    /// The pledge stands already: the form was sent again after everything was done.
    Confirmed { pledge: PledgeId },
    /// Its saved card was declined: nothing more can come of it.
    Declined { pledge: PledgeId, reason: &'static str },
}

/// Why there is no pledge.
#[derive(Debug, thiserror::Error)]
pub enum StartRefusal {
    #[error(transparent)]
    Pledge(#[from] PledgeRefusal),
    #[error(transparent)]
    Amount(#[from] TypedAmountError),
    #[error(transparent)]
    Country(#[from] UnknownCountry),
    #[error(transparent)]
    NotChargeable(#[from] NotChargeable),
    #[error("This campaign does not exist.")]
    NoSuchCampaign,
    #[error("This reward does not exist any more. Nothing was charged. Choose another one.")]
    NoSuchReward,
    #[error("This card is not saved any more. Nothing was charged. Choose another one.")]
    NoSuchCard,
    /// The saved card was declined, in plain words.
    #[error("{0} You were not charged, and this pledge was not made.")]
    Declined(&'static str),
    /// The same form was sent before with other terms.
    #[error(
        "This form was already sent with other choices. Nothing more was charged. Look at “My pledges”, or start again."
    )]
    FormAlreadyUsed,
    /// The gateway could not be reached. The slot stays reserved; the same form continues where it stopped.
    #[error(
        "The payment provider cannot be reached just now. You were not charged. Your choices are kept: try again in a moment."
    )]
    GatewayAway,
    #[error(transparent)]
    Failed(Error),
}

impl StartRefusal {
    /// The form field it belongs beside.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Pledge(refusal) => refusal.field(),
            Self::Amount(_) | Self::NotChargeable(_) => Some("amount"),
            Self::Country(_) => Some("country"),
            Self::NoSuchReward => Some("reward"),
            Self::NoSuchCard | Self::Declined(_) => Some("card"),
            Self::NoSuchCampaign | Self::FormAlreadyUsed | Self::GatewayAway | Self::Failed(_) => None,
        }
    }
}

impl From<Error> for StartRefusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Gateway(error) if error.is_passing() => Self::GatewayAway,
            error => Self::Failed(error),
        }
    }
}

impl GivenUp for StartRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
}

impl From<sqlx::Error> for StartRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Starts a pledge, or finds the one that the same form started before.
///
/// # Errors
/// [`StartRefusal`]: nothing was charged in any of its cases.
pub async fn start(ctx: &Ctx, backer: PersonId, form: &StartPledge) -> Result<Started, StartRefusal> {
    let mut form_key = form.form_key;
    if let Some(card) = &form.card
        && !cards::is_saved(ctx, backer, card).await?
    {
        return Err(StartRefusal::NoSuchCard);
    }
    for _ in 0..TRIES {
        match again::while_given_up(|| reserve(ctx, backer, form, form_key)).await {
            Ok(Reserved::Pledge(pledge)) => match Box::pin(checkout::resume(ctx, pledge)).await? {
                Started::Declined { pledge, reason } => {
                    give_up(ctx, pledge).await?;
                    return Err(StartRefusal::Declined(reason));
                }
                started => return Ok(started),
            },
            // The backer changed their mind at the gateway's page: that page must be closed before another opens.
            Ok(Reserved::Supersedes(older)) => {
                let ended = pledges::lapse(ctx, older).await?;
                if ended == Ended::StillOpen {
                    return Err(StartRefusal::GatewayAway);
                }
                inbox::settled(ctx, older, std::time::Duration::from_secs(3)).await?;
                // It was paid in that very moment, in another tab: nobody pays twice for having pressed twice.
                if ended == Ended::Secured && stands(ctx, older).await? {
                    return Err(PledgeRefusal::AlreadyPledged.into());
                }
            }
            // The tab was left open until the reservation lapsed. The key of the next pledge follows from the old
            // one, so that a double click is still one pledge.
            Ok(Reserved::After(over)) => form_key = Uuid::new_v5(&over.0, form_key.as_bytes()),
            Ok(Reserved::Again) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Err(StartRefusal::Failed(Error::broken("a pledge could not be reserved in several tries")))
}

/// Ends a pledge whose saved card was declined, so that the same form can go on with another one.
async fn give_up(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    if pledges::lapse(ctx, pledge).await? == Ended::Ending {
        inbox::settled(ctx, pledge, std::time::Duration::from_secs(3)).await?;
    }
    Ok(())
}

async fn stands(ctx: &Ctx, pledge: PledgeId) -> Result<bool> {
    let state = sqlx::query_scalar!("select state from pledges where id = $1", pledge as PledgeId)
        .fetch_one(&ctx.db)
        .await?;
    let state: PledgeState = rows::named("pledges.state", &state)?;
    Ok(state != PledgeState::Pending && !state.is_over())
}

enum Reserved {
    Pledge(PledgeId),
    /// A pending pledge with other terms stands in the way.
    Supersedes(PledgeId),
    /// The same form made a pledge that is over.
    After(PledgeId),
    /// Somebody was faster; look again.
    Again,
}

async fn reserve(
    ctx: &Ctx,
    backer: PersonId,
    form: &StartPledge,
    form_key: Uuid,
) -> Result<Reserved, StartRefusal> {
    let mut tx = ctx.db.begin().await?;
    // A pledge is wholly before the deadline or refused: settling waits for this transaction, or this one for it.
    campaigns::keep_open(&mut tx, form.campaign).await?;
    let campaign = campaigns::rules(&mut *tx, form.campaign).await?.ok_or(StartRefusal::NoSuchCampaign)?;
    let given = Money::parse_typed(&form.amount, campaign.goal.currency())?;
    let country = Country::chosen(&form.country)?;
    // Read first: if the last slot went to this very form, sent twice, its pledge is then found below.
    let reward = match form.reward {
        Some(reward) => Some(campaigns::reward(&mut tx, reward).await?.ok_or(StartRefusal::NoSuchReward)?),
        None => None,
    };
    if let Some(existing) = existing(&mut tx, backer, form.campaign, form_key).await? {
        let reserved = existing.meets(form, form_key, given, country)?;
        if let Reserved::Pledge(pledge) = reserved {
            privacy::renew(&mut *tx, pledge, form.privacy).await?;
            tx.commit().await?;
        }
        return Ok(reserved);
    }
    // No slot is taken for somebody who could not pay for it now.
    if ctx.payments.condition() == Condition::Away {
        return Err(StartRefusal::GatewayAway);
    }
    if let Some(card) = &form.card
        && !cards::hold_saved(&mut tx, backer, card).await?
    {
        return Err(StartRefusal::NoSuchCard);
    }
    let now = clock::now(&mut *tx).await?;
    let offer = Pledge::offer(&campaign, backer, reward.as_ref(), given, country, now)?;
    to_gateway(offer.amount)?;
    // What the backer agrees to is stored word for word.
    let mandate = domain::mandate(&campaign, offer.amount, offer.collection, now);
    ctx.faults.step("pledge.before_insert");
    let Some(pledge) = insert(&mut tx, ctx, &offer, reward.as_ref(), form, form_key, &mandate).await? else {
        return Ok(Reserved::Again);
    };
    guard::note_origin(&mut tx, pledge, form.from).await?;
    if let Some(reward) = reward.filter(|reward| reward.limit.is_some())
        && !claim(&mut tx, &reward).await?
    {
        return Err(PledgeRefusal::SoldOut { title: reward.title }.into());
    }
    tx.commit().await?;
    ctx.faults.step("pledge.inserted");
    Ok(Reserved::Pledge(pledge))
}

/// An earlier pledge that this form may be a repetition of.
struct Existing {
    id: PledgeId,
    form_key: Uuid,
    campaign: CampaignId,
    reward: Option<RewardId>,
    /// Without shipping.
    given: Money,
    ship_to: Option<Country>,
    state: PledgeState,
    card: Option<String>,
    in_page: bool,
}

impl Existing {
    fn meets(
        &self,
        form: &StartPledge,
        form_key: Uuid,
        given: Money,
        country: Option<Country>,
    ) -> Result<Reserved, StartRefusal> {
        // Where nothing is sent, the country says nothing.
        let same_place = self.ship_to.is_none_or(|to| Some(to) == country);
        let same_terms =
            self.campaign == form.campaign && self.reward == form.reward && self.given == given && same_place;
        let same_form = self.form_key == form_key;
        let same_card = self.card == form.card && self.in_page == form.in_page;
        if self.state == PledgeState::Pending && same_terms && !same_card {
            // Another card for the same pledge, or typed elsewhere: what was begun with the first must be closed before.
            return Ok(Reserved::Supersedes(self.id));
        }
        match (self.state, same_terms) {
            // Two tabs, a double click, a retry: one pledge.
            (PledgeState::Pending, true) => Ok(Reserved::Pledge(self.id)),
            // Of a card that is typed beside it the form stays, and whoever was declined may give less.
            (PledgeState::Pending, false) if !same_form || self.in_page => Ok(Reserved::Supersedes(self.id)),
            (state, _) if same_form && state.is_over() => Ok(Reserved::After(self.id)),
            (_, true) if same_form => Ok(Reserved::Pledge(self.id)),
            _ if same_form => Err(StartRefusal::FormAlreadyUsed),
            _ => Err(PledgeRefusal::AlreadyPledged.into()),
        }
    }
}

/// The pledge this form made, or else the backer's open pledge to the campaign; also one they made as a guest and adopted.
async fn existing(
    db: &mut PgConnection,
    backer: PersonId,
    campaign: CampaignId,
    form_key: Uuid,
) -> Result<Option<Existing>> {
    let row = sqlx::query!(
        r#"select id as "id: PledgeId", form_key, campaign_id as "campaign: CampaignId",
                  reward_id as "reward: RewardId", amount - shipping as "given!", ship_to, currency, state, wanted_card,
                  in_page
           from pledges
           where (backer_id = $1 or adopted_by = $1)
                 and (form_key = $2
                      or campaign_id = $3 and state in ('pending', 'committed', 'authorized', 'charging', 'errored',
                                                        'needs_action'))
           order by form_key = $2 desc
           limit 1"#,
        backer as PersonId,
        form_key,
        campaign as CampaignId,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Existing {
            id: row.id,
            form_key: row.form_key,
            campaign: row.campaign,
            reward: row.reward,
            given: rows::money(row.given, &row.currency)?,
            ship_to: row.ship_to.map(|code| rows::country("pledges.ship_to", &code)).transpose()?,
            state: rows::named("pledges.state", &row.state)?,
            card: row.wanted_card,
            in_page: row.in_page,
        })
    })
    .transpose()
}

/// Writes the pledge and the first line of its history; `None` when the backer has an open one or the form was
/// used in this very moment.
async fn insert(
    db: &mut PgConnection,
    ctx: &Ctx,
    offer: &Offer,
    reward: Option<&Reward>,
    form: &StartPledge,
    form_key: Uuid,
    mandate: &str,
) -> Result<Option<PledgeId>> {
    let id = sqlx::query_scalar!(
        r#"
        with pledge as (
            insert into pledges (id, campaign_id, backer_id, reward_id, form_key, collection, amount, currency,
                                 reward_title, reward_minimum, mandate, reserved_until, name_hidden, amount_hidden,
                                 wanted_card, ship_to, shipping, in_page)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock() + make_interval(secs => $12), $14, $15, $16,
                    $18, coalesce($19::numeric, 0), $17)
            -- the form's key, or the backer's one open pledge: whichever refused, the caller looks again
            on conflict do nothing
            returning id
        ), history as (
            insert into pledge_history (pledge_id, to_state, event, source)
            select id, 'pending', 'pledge_started', 'backer' from pledge
        ), attempt as (
            -- with the pledge itself: whoever ends the reservation knows that a page may be on its way
            insert into gateway_attempts (id, key, kind, person_id, pledge_id)
            select $13, case when $16::text is null and not $17 then 'session_' else 'intent_' end || id,
                   case when $16 is null and not $17 then 'create_session' else 'create_intent' end, $3, id from pledge
        )
        select id as "id: PledgeId" from pledge
        "#,
        PledgeId(Uuid::now_v7()) as PledgeId,
        offer.campaign_id as CampaignId,
        offer.backer_id as PersonId,
        offer.reward_id as Option<RewardId>,
        form_key,
        offer.collection.as_str(),
        offer.amount.amount(),
        offer.amount.currency().code(),
        reward.map(|reward| reward.title.as_str()),
        offer.reward_minimum.map(Money::amount),
        mandate,
        ctx.config.reservation.as_secs_f64(),
        Uuid::now_v7(),
        form.privacy.name_hidden,
        form.privacy.amount_hidden,
        form.card,
        form.in_page,
        offer.shipment.map(|shipment| shipment.to.code()),
        offer.shipment.map(|shipment| shipment.cost.amount()),
    )
    .fetch_optional(db)
    .await?;
    Ok(id)
}

/// Takes a slot of a limited reward; `false` when none is left. The guard is in the statement: of two who want the last one, one waits for the
/// other's commit and then finds none.
pub(super) async fn claim(db: &mut PgConnection, reward: &Reward) -> Result<bool> {
    let claimed = sqlx::query!(
        "update rewards set claimed = claimed + 1 where id = $1 and claimed < slots",
        reward.id as RewardId,
    )
    .execute(db)
    .await?;
    Ok(claimed.rows_affected() == 1)
}
