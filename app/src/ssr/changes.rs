//! The work behind the endpoints that change a pledge.

use backend::payments::GatewayError;
use backend::pledges::{self as backend_pledges, ChangePledge, ChangeRefusal, Changeable, Changed, Outcome};
use domain::{Collection, PledgeId, PledgeRefusal};
use leptos::server_fn::ServerFn;

use super::pledges::{as_asked, choices, count_try_of, countries, mine, promise_of};
use super::sent::Wish;
use super::{backer_of, ctx};
use crate::api::campaigns::{CampaignView, Prices};
use crate::api::changes::{self as api, ChangeView, WaitingChange};
use crate::api::error::ApiError;
use crate::api::pledges::{Choice, FormWords, PledgeForm, PledgeView};

pub async fn to_change(id: &str) -> Result<ChangeView, ApiError> {
    let ((pledge, backer), ctx) = (backer_of(id).await?, ctx()?);
    let found = backend_pledges::changeable(&ctx.db, backer.person, pledge).await?;
    let found = found.ok_or(ApiError::NotFound)?;
    let page = backend::campaigns::page(&ctx.db, &found.campaign_slug).await?.ok_or(ApiError::NotFound)?;
    let campaign: CampaignView = page.into();
    let open = campaign.is_open();
    let waiting = found.open.as_ref().filter(|open| open.waits);
    Ok(ChangeView {
        pledge: mine(id).await?,
        why_not: found.refusal.as_ref().map(ToString::to_string),
        may_pledge_again: open && found.refusal == Some(PledgeRefusal::RaiseByAnother),
        other_card: found.can_replace_card(),
        waiting: waiting.and_then(|waiting| {
            Some(WaitingChange { amount: waiting.amount.to_string(), until: waiting.reserved_until? })
        }),
        form: found.refusal.is_none().then(|| as_asked(form(pledge, &found, &campaign))),
    })
}

fn form(pledge: PledgeId, found: &Changeable, campaign: &CampaignView) -> PledgeForm {
    let own = found.reward.map(|reward| reward.to_string());
    let mut choices = choices(campaign, own.as_ref());
    if let Some(choice) = choices.iter_mut().find(|choice| Some(&choice.id) == own.as_ref()) {
        as_agreed(choice, found);
    }
    let next = match found.collection {
        Collection::Hold => {
            "Nothing is charged now. For more than is held now, the card page asks for a new hold; the old one is \
             released once the new one stands."
        }
        Collection::SaveCard | Collection::ChargeNow => "Nothing is charged now. Your saved card stays.",
    };
    PledgeForm {
        action: api::ChangePledge::url().to_owned(),
        hidden: vec![
            ("pledge".to_owned(), pledge.to_string()),
            ("version".to_owned(), found.version.to_string()),
        ],
        words: FormWords {
            button: "Change the pledge to".to_owned(),
            busy: "Changing your pledge…".to_owned(),
            failed: "Your pledge was not changed".to_owned(),
            next: next.to_owned(),
        },
        currency: found.amount.currency().code().to_owned(),
        choices,
        reward: own.unwrap_or_default(),
        amount: found.given.typed(),
        countries: countries(campaign, found.shipment.map(|shipment| shipment.to)),
        country: found.shipment.map(|shipment| shipment.to.code().to_owned()).unwrap_or_default(),
        cards: Vec::new(),
        card: String::new(),
        fields: None,
        guest: None,
        privacy: None,
        promise: promise_of(&found.campaign, found.collection, found.now),
        fee_bps: campaign.fee.bps(),
        fee: campaign.fee.to_string(),
        asked: false,
        here: format!("/pledges/{pledge}/change"),
    }
}

/// One's own reward, under the terms under which it was chosen.
fn as_agreed(choice: &mut Choice, found: &Changeable) {
    if let Some(minimum) = found.reward_minimum {
        (choice.minimum, choice.minimum_typed) = (minimum.to_string(), minimum.typed());
    }
    choice.shipping = found.shipment.map(|agreed| {
        let code = agreed.to.code();
        let now = choice.shipping.take();
        let others = now.iter().flat_map(|now| now.to.iter().filter(|(to, _)| to != code).cloned());
        Prices {
            to: others.chain([(code.to_owned(), agreed.cost.minor_units())]).collect(),
            elsewhere: now.as_ref().and_then(|now| now.elsewhere),
        }
    });
}

/// Changes a pledge; answers with the address to go to.
pub async fn change(id: &str, version: &str, wish: Wish<'_>) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    let keep = |error: ApiError| wish.keep(error);
    count_try_of(backer.person).await.map_err(keep)?;
    let stale =
        || ApiError::refused(None, "The form is out of date. Nothing was changed. Load the page again.");
    let form = ChangePledge {
        pledge,
        reward: match wish.reward {
            "" => None,
            id => Some(id.parse().map_err(|_| stale())?),
        },
        amount: wish.amount.to_owned(),
        country: wish.country.to_owned(),
        version: version.parse().map_err(|_| stale())?,
    };
    match backend_pledges::change(&ctx()?, backer.person, &form).await {
        Ok(changed) => Ok(next(form.pledge, changed)),
        Err(refusal) => Err(keep(refused(refusal))),
    }
}

pub async fn change_card(id: &str) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    count_try_of(backer.person).await?;
    let changed = backend_pledges::replace_card(&ctx()?, backer.person, pledge).await;
    changed.map(|changed| next(pledge, changed)).map_err(refused)
}

/// What became of a change, and where to go from there; `None` while it is under way.
pub async fn came_back(id: &str) -> Result<(PledgeView, Option<String>), ApiError> {
    let ((pledge, backer), ctx) = (backer_of(id).await?, ctx()?);
    // Whose it is, first.
    mine(id).await?;
    if let Err(error) = backend_pledges::came_back(&ctx, pledge).await {
        tracing::info!(%error, "the gateway could not be asked about a changed pledge");
    }
    let next = match backend_pledges::last_change(&ctx.db, backer.person, pledge).await? {
        Outcome::UnderWay => None,
        Outcome::Made => Some(format!("/pledges/{id}?changed=yes")),
        Outcome::NotMade => Some(format!("/pledges/{id}")),
    };
    Ok((mine(id).await?, next))
}

/// What became of another card.
pub async fn card_came_back(id: &str) -> Result<(PledgeView, Option<String>), ApiError> {
    let (ctx, pledge) = (ctx()?, parse(id)?);
    let found = mine(id).await?;
    match backend_pledges::card_came_back(&ctx, pledge).await {
        Ok(true) => Ok((found, Some(format!("/pledges/{id}?card=changed")))),
        Ok(false) => Ok((found, Some(format!("/pledges/{id}/change?left=yes")))),
        Err(error) => {
            tracing::info!(%error, "the gateway could not be asked about another card");
            Ok((found, None))
        }
    }
}

fn next(pledge: PledgeId, changed: Changed) -> String {
    match changed {
        Changed::AtGateway { url } => url,
        Changed::Done => format!("/pledges/{pledge}/changed"),
    }
}

fn parse(id: &str) -> Result<PledgeId, ApiError> {
    id.parse().map_err(|_| ApiError::NotFound)
}

fn refused(refusal: ChangeRefusal) -> ApiError {
    match refusal {
        ChangeRefusal::NotFound => ApiError::NotFound,
        refusal if matches!(refusal.field(), Some("amount" | "country")) => {
            ApiError::refused(refusal.field(), &refusal)
        }
        ChangeRefusal::Failed(backend::Error::Gateway(GatewayError::Indeterminate)) => {
            ApiError::conflict(None, ChangeRefusal::GatewayAway)
        }
        ChangeRefusal::Failed(error) => error.into(),
        refusal => ApiError::conflict(refusal.field(), refusal),
    }
}
