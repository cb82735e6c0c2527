//! The pledging endpoints' work between the form's texts and the backend.

use std::time::Duration;

use backend::accounts::Viewer;
use backend::config::CardFields;
use backend::payments::to_gateway;
use backend::pledges::{CancelRefusal, Privacy, StartPledge, StartRefusal, Started, Trier, WaitingPledge};
use backend::throttle::{self, Limit, Subject};
use chrono::{DateTime, Utc};
use domain::{Campaign, Collection, Country, Currency, Money, PersonId, PledgeRefusal, PledgeState};
use leptos::server_fn::ServerFn;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::sent::{Boxes, Wish, cut};
use super::who::Who;
use super::{allow_card_fields, backer_of, client, ctx, query, require_viewer};
use crate::api::campaigns::CampaignView;
use crate::api::card_step::{self as api_card, CardStep, CardTerms, IN_PAGE, Next};
use crate::api::error::ApiError;
use crate::api::pledges::{self as api, Choice, FormWords, PledgeForm, PledgeView};

/// How long the return page waits for the gateway's word to be applied.
const PATIENCE: Duration = Duration::from_secs(3);

const ALREADY_PLEDGED_HERE: &str = "You already back this campaign with this e-mail, from this browser. Nothing more was \
    charged. The letter about your pledge has the link to it.";

/// The return page looks by itself every few seconds and may be reloaded; beyond this it waits for the webhook, as
/// the gateway counts our questions.
const LOOKS: Limit = Limit { bucket: "pledge.look", tries: 30, minutes: 5 };

/// Starts a pledge of the viewer's; answers with the address to go to.
pub async fn start(
    campaign: &str,
    wish: Wish<'_>,
    form_key: &str,
    boxes: Boxes<'_>,
    card: &str,
) -> Result<Next, ApiError> {
    let viewer = require_viewer().await.map_err(|error| boxes.keep(wish.keep(error)))?;
    start_by(&Who::Account(viewer.person_id), campaign, wish, form_key, boxes, card).await
}

/// Starts a pledge; answers with the address to go to.
pub async fn start_by(
    who: &Who,
    campaign: &str,
    wish: Wish<'_>,
    form_key: &str,
    boxes: Boxes<'_>,
    card: &str,
) -> Result<Next, ApiError> {
    let in_page = card == IN_PAGE;
    let card = (!card.is_empty() && !in_page).then_some(card);
    let form = StartPledge {
        privacy: boxes.privacy(),
        card: card.map(str::to_owned),
        in_page: in_page && ctx()?.config.card_fields.is_some(),
        ..parse(campaign, wish, form_key)?
    };
    let ctx = ctx()?;
    let keep = |error: ApiError| {
        let error = boxes.keep(wish.keep(error));
        match card {
            Some(card) => error.keep("card", card),
            None => error,
        }
    };
    count(who.trier()).await.map_err(keep)?;
    let started = async {
        let backer = who.backer(&ctx, form.campaign).await?;
        backend::pledges::start(&ctx, backer, &form).await
    };
    match started.await {
        Ok(Started::AtGateway { url, .. }) => Ok(Next::Page(url)),
        Ok(Started::OnOurPage { pledge, step }) => {
            let back = format!("{}/pledges/{pledge}/return", ctx.config.public_url);
            let terms = terms(step.collection, step.currency, step.amount);
            Ok(Next::Card(CardStep { terms, client_secret: step.client_secret, back }))
        }
        // Without a card page there is none to come back from: this one waits for the gateway's word.
        Ok(Started::Confirmed { pledge } | Started::Declined { pledge, .. }) if card.is_some() || in_page => {
            Ok(Next::Page(format!("/pledges/{pledge}/return")))
        }
        Ok(Started::Confirmed { pledge } | Started::Declined { pledge, .. }) => {
            Ok(Next::Page(format!("/pledges/{pledge}")))
        }
        Err(StartRefusal::Failed(error)) => Err(keep(error.into()).keep("form_key", form_key)),
        Err(StartRefusal::NoSuchCampaign) => Err(ApiError::NotFound),
        // The same form continues where it stopped, so it keeps its key.
        Err(refusal @ StartRefusal::GatewayAway) => {
            Err(keep(ApiError::conflict(None, refusal)).keep("form_key", form_key))
        }
        // Who has no account has no “My pledges”.
        Err(StartRefusal::Pledge(PledgeRefusal::AlreadyPledged)) if matches!(who, Who::Guest { .. }) => {
            Err(keep(ApiError::conflict(None, ALREADY_PLEDGED_HERE)))
        }
        // Whatever the campaign's state, this amount, country or card will not do.
        Err(refusal) if matches!(refusal.field(), Some("amount" | "country" | "card")) => {
            Err(keep(ApiError::refused(refusal.field(), &refusal)))
        }
        Err(refusal) => Err(keep(ApiError::conflict(refusal.field(), &refusal))),
    }
}

/// Counts something that tries a card for a pledge that its backer has already.
///
/// # Errors
/// When there were too many.
pub async fn count_try_of(person: PersonId) -> Result<(), ApiError> {
    count(Trier::Known(person)).await
}

async fn count(who: Trier<'_>) -> Result<(), ApiError> {
    let allowed = backend::pledges::may_try(&ctx()?, who, client().address).await?;
    allowed.map_err(|paused| ApiError::too_many(paused.why.in_words(), paused.retry_after))
}

fn parse(campaign: &str, wish: Wish<'_>, form_key: &str) -> Result<StartPledge, ApiError> {
    let stale =
        || ApiError::refused(None, "The form is out of date. Nothing was charged. Load the page again.");
    Ok(StartPledge {
        campaign: campaign.parse().map_err(|_| ApiError::NotFound)?,
        reward: match wish.reward {
            "" => None,
            id => Some(id.parse().map_err(|_| stale())?),
        },
        amount: wish.amount.to_owned(),
        country: wish.country.to_owned(),
        form_key: form_key.parse().map_err(|_| stale())?,
        privacy: Privacy::default(),
        card: None,
        in_page: false,
        from: client().address,
    })
}

/// Cancels a pledge; answers with the page that says so.
pub async fn cancel(id: &str) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    match backend::pledges::cancel(&ctx()?, backer.person, pledge).await {
        Ok(()) if backer.as_guest => Ok(format!("/pledges/{pledge}?cancelled=yes")),
        Ok(()) => Ok("/account/pledges?cancelled=yes".to_owned()),
        Err(CancelRefusal::NotFound) => Err(ApiError::NotFound),
        Err(CancelRefusal::Pledge(refusal)) => Err(ApiError::conflict(None, refusal)),
        Err(refusal @ CancelRefusal::NotYet) => Err(ApiError::conflict(None, refusal)),
        Err(CancelRefusal::Failed(backend::Error::Gateway(_))) => Err(ApiError::conflict(
            None,
            "The payment provider cannot be reached just now. Try again in a moment.",
        )),
        Err(CancelRefusal::Failed(error)) => Err(error.into()),
    }
}

/// Changes what the public sees of one of the backer's pledges.
pub async fn set_privacy(id: &str, boxes: Boxes<'_>) -> Result<(), ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    match backend::pledges::set_privacy(&ctx()?.db, backer.person, pledge, boxes.privacy()).await? {
        true => Ok(()),
        false => Err(ApiError::NotFound),
    }
}

/// The viewer's pledges, newest first.
pub async fn all_of_mine() -> Result<Vec<PledgeView>, ApiError> {
    let viewer = require_viewer().await?;
    let pledges = backend::pledges::mine(&ctx()?.db, viewer.person_id).await?;
    Ok(pledges.into_iter().map(Into::into).collect())
}

/// One of the backer's pledges; another's is as good as none.
pub async fn mine(id: &str) -> Result<PledgeView, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    let found = backend::pledges::by_id(&ctx()?.db, backer.person, pledge).await?;
    let found: PledgeView = found.ok_or(ApiError::NotFound)?.into();
    Ok(PledgeView { as_guest: backer.as_guest, ..found })
}

/// The address of the return page proves nothing: the gateway is asked, and what it says goes the way of every
/// event. Who asks too often sees what we know. Answers also with whether a card still has to be typed on our page.
pub async fn after_card_page(id: &str) -> Result<(PledgeView, bool), ApiError> {
    let pledge = mine(id).await?;
    if pledge.state != PledgeState::Pending {
        return Ok((pledge, false));
    }
    let (ctx, (pledge_id, backer)) = (ctx()?, backer_of(id).await?);
    if throttle::take(&ctx.db, LOOKS, Subject::of(&backer.person.to_string())).await?.is_err() {
        return Ok((pledge, false));
    }
    // The gateway away: the webhook will tell; the page says "being confirmed" meanwhile.
    let asks_for_card = match backend::pledges::look_again(&ctx, pledge_id).await {
        Ok(asks_for_card) => asks_for_card,
        Err(error) => {
            tracing::info!(%error, "the gateway could not be asked about a returning backer");
            false
        }
    };
    backend::inbox::settled(&ctx, pledge_id, PATIENCE).await?;
    Ok((mine(id).await?, asks_for_card))
}

/// The backer's pledge to this campaign that waits for a card, if there is one.
pub async fn waiting(backer: PersonId, campaign: &CampaignView) -> Result<Option<WaitingPledge>, ApiError> {
    Ok(backend::pledges::waiting(&ctx()?.db, backer, campaign.progress.campaign_id).await?)
}

/// Where a reward of the backer's went last, to be chosen again.
pub async fn last_country(backer: PersonId) -> Result<Option<Country>, ApiError> {
    Ok(backend::pledges::last_country(&ctx()?.db, backer).await?)
}

/// Whether the backer came back from that pledge's card page without finishing (`?left=`).
#[must_use]
pub fn was_left(pledge: &WaitingPledge) -> bool {
    query("left").is_some_and(|id| id == pledge.id.to_string())
}

/// The form as it is first drawn: what the link asked for, or what waits for a card already. Without script it is drawn
/// again with what was chosen, to show the total ("Show the total" is this very page with the form as its query).
/// `country`: where a reward of the backer's went before.
#[must_use]
pub fn form(
    campaign: &CampaignView,
    waiting: Option<&WaitingPledge>,
    cards: Vec<(String, String)>,
    country: Option<Country>,
) -> PledgeForm {
    let mut form = first_form(campaign, waiting, country);
    if let Some((first, _)) = cards.first() {
        form.card.clone_from(first);
        form.words.busy = "Making your pledge…".to_owned();
        form.words.next =
            "A saved card is used at once, and your bank may ask you about it. Another one is asked for by \
                           the payment provider’s own page. Your card number never passes through this site."
                .to_owned();
    }
    as_asked(PledgeForm { cards, ..form })
}

/// The form with the gateway's card fields, where the site has some. They wake with the form; without script the hosted page
/// asks for the card.
pub fn with_card_fields(form: PledgeForm, campaign: &CampaignView) -> Result<PledgeForm, ApiError> {
    let Some(CardFields { publishable_key, script, .. }) = allow_card_fields()? else { return Ok(form) };
    let collection = rules(campaign).collection(campaign.now);
    let currency = campaign.progress.goal.currency();
    // What is pledged is known once the form is sent. Until then the fields want an amount that a card can pay.
    let amount = Money::new(Decimal::from(100), currency).ok().and_then(|some| to_gateway(some).ok());
    let terms = terms(collection, currency, amount.ok_or(ApiError::Internal)?);
    Ok(PledgeForm { fields: Some(api_card::CardFields { publishable_key, script, terms }), ..form })
}

fn terms(collection: Collection, currency: Currency, amount: i64) -> CardTerms {
    CardTerms {
        saves: collection == Collection::SaveCard,
        holds: collection == Collection::Hold,
        currency: currency.code().to_lowercase(),
        amount,
    }
}

/// Cards that the viewer may pledge with: what they are sent as, and their names. Without the gateway the form does as
/// well: its page asks for a card.
pub async fn saved_cards(viewer: &Viewer) -> Vec<(String, String)> {
    let Ok(ctx) = ctx() else { return Vec::new() };
    match backend::cards::usable(&ctx, viewer.person_id).await {
        Ok(cards) => cards.into_iter().map(|card| (card.id.clone(), card.name())).collect(),
        Err(error) => {
            tracing::info!(%error, "saved cards could not be listed for a pledge");
            Vec::new()
        }
    }
}

/// The form with the values of which the total was asked, if it was.
#[must_use]
pub fn as_asked(form: PledgeForm) -> PledgeForm {
    let Some(amount) = query("amount") else { return form };
    let known = |id: &String| form.choices.iter().any(|choice| choice.id == *id);
    PledgeForm {
        reward: query("reward").filter(known).unwrap_or_default(),
        amount: cut(&amount),
        country: query("country").filter(|code| form.is_sent_to(code)).unwrap_or_default(),
        card: query("card").unwrap_or_default(),
        privacy: form.privacy.map(|_| (query("name_hidden").is_some(), query("amount_hidden").is_some())),
        asked: true,
        ..form
    }
}

fn first_form(
    campaign: &CampaignView,
    waiting: Option<&WaitingPledge>,
    country: Option<Country>,
) -> PledgeForm {
    let asked = query("reward").filter(|id| campaign.rewards.iter().any(|reward| reward.id == *id));
    let resumed = waiting.filter(|_| asked.is_none());
    let reserved = waiting.and_then(|pledge| pledge.reward).map(|reward| reward.to_string());
    let wanted = if resumed.is_some() { &reserved } else { &asked };
    let chosen = campaign.rewards.iter().find(|reward| Some(&reward.id) == wanted.as_ref());
    let suggestion = chosen.map(|reward| reward.minimum.typed());
    let countries = countries(campaign, None);
    let country = resumed.and_then(|pledge| pledge.ship_to).or(country);
    let there = |country: &String| countries.iter().any(|(code, _)| code == country);
    PledgeForm {
        action: api::StartPledge::url().to_owned(),
        hidden: vec![
            ("campaign".to_owned(), campaign.id.clone()),
            ("form_key".to_owned(), Uuid::now_v7().to_string()),
        ],
        words: FormWords {
            button: "Pledge".to_owned(),
            busy: "Opening the card page…".to_owned(),
            failed: "This pledge was not made".to_owned(),
            next: "Next: the payment provider’s own page asks for your card. Your card number never passes through this site."
                .to_owned(),
        },
        currency: campaign.progress.goal.currency().code().to_owned(),
        cards: Vec::new(),
        card: String::new(),
        fields: None,
        guest: None,
        // The last slot may be the viewer's own: it is reserved for exactly this form.
        choices: choices(campaign, reserved.as_ref()),
        reward: chosen.map(|reward| reward.id.clone()).unwrap_or_default(),
        amount: resumed.map(|pledge| pledge.given.typed()).or(suggestion).unwrap_or_default(),
        country: country.map(|country| country.code().to_owned()).filter(there).unwrap_or_default(),
        countries: countries.clone(),
        privacy: Some(waiting.map_or((false, false), |pledge| {
            (pledge.privacy.name_hidden, pledge.privacy.amount_hidden)
        })),
        promise: promise(campaign),
        fee_bps: campaign.fee.bps(),
        fee: campaign.fee.to_string(),
        asked: false,
        here: format!("/campaigns/{}/pledge", campaign.slug),
    }
}

/// All rewards, and none. Of the viewer's own one a slot is theirs already.
pub fn choices(campaign: &CampaignView, own: Option<&String>) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        std::iter::once(Choice::none()).chain(campaign.rewards.iter().map(Into::into)).collect();
    for choice in &mut choices {
        choice.sold_out &= Some(&choice.id) != own;
    }
    choices
}

/// All countries that any reward is sent to, by name; and the one that was agreed.
pub fn countries(campaign: &CampaignView, agreed: Option<Country>) -> Vec<(String, String)> {
    let goes_there = |country: &Country| {
        let mut sent = campaign.rewards.iter().filter_map(|reward| reward.shipping.as_ref());
        agreed == Some(*country) || sent.any(|shipping| shipping.prices.of(country.code()).is_some())
    };
    let countries = Country::by_name().into_iter().filter(goes_there);
    countries.map(|country| (country.code().to_owned(), country.name().to_owned())).collect()
}

/// The mandate's text with a place for the amount, so that the browser can fill in what is typed.
fn promise(campaign: &CampaignView) -> String {
    let rules = rules(campaign);
    promise_of(&rules, rules.collection(campaign.now), campaign.now)
}

fn rules(campaign: &CampaignView) -> Campaign {
    Campaign {
        id: campaign.progress.campaign_id,
        creator_id: PersonId(Uuid::nil()),
        model: campaign.model,
        state: campaign.progress.state,
        suspended: campaign.suspended,
        goal: campaign.progress.goal,
        starts_at: campaign.starts_at,
        ends_at: campaign.progress.ends_at,
    }
}

/// The same for a pledge whose money is secured in a way that is decided.
pub fn promise_of(rules: &Campaign, collection: Collection, now: DateTime<Utc>) -> String {
    let nothing = Money::zero(rules.goal.currency());
    domain::mandate(rules, nothing, collection, now).replacen(&nothing.to_string(), "{amount}", 1)
}
