//! The work behind the endpoints that change a pledge.

use backend::payments::GatewayError;
use backend::pledges::{self as backend_pledges, ChangePledge, ChangeRefusal, Changeable, Changed, Outcome};
use domain::{Collection, PledgeId, PledgeRefusal};
use leptos::server_fn::ServerFn;

use super::pledges::{as_asked, choices, count_try_of, mine, promise_of};
use super::{backer_of, ctx};
use crate::api::campaigns::CampaignView;
use crate::api::changes::{self as api, ChangeView, WaitingChange};
use crate::api::error::ApiError;
use crate::api::pledges::{FormWords, PledgeForm, PledgeView};

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
    // Under the terms under which it was chosen.
    if let (Some(minimum), Some(choice)) =
        (found.reward_minimum, choices.iter_mut().find(|choice| Some(&choice.id) == own.as_ref()))
    {
        (choice.minimum, choice.minimum_typed) = (minimum.to_string(), minimum.typed());
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
        amount: found.amount.typed(),
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

/// Changes a pledge; answers with the address to go to.
pub async fn change(id: &str, version: &str, reward: &str, amount: &str) -> Result<String, ApiError> {
    let (pledge, backer) = backer_of(id).await?;
    let keep = |error: ApiError| error.keep("amount", amount).keep("reward", reward);
    count_try_of(backer.person).await.map_err(keep)?;
    let stale =
        || ApiError::refused(None, "The form is out of date. Nothing was changed. Load the page again.");
    let form = ChangePledge {
        pledge,
        reward: match reward {
            "" => None,
            id => Some(id.parse().map_err(|_| stale())?),
        },
        amount: amount.to_owned(),
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
        refusal if refusal.field() == Some("amount") => ApiError::refused(Some("amount"), refusal),
        ChangeRefusal::Failed(backend::Error::Gateway(GatewayError::Indeterminate)) => {
            ApiError::conflict(None, ChangeRefusal::GatewayAway)
        }
        ChangeRefusal::Failed(error) => error.into(),
        refusal => ApiError::conflict(refusal.field(), refusal),
    }
}
