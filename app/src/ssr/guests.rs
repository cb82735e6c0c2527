//! The work behind pledging without an account.

use backend::accounts::cookie::GuestCookie;
use backend::audit::Actor;
use backend::guests::{self, AdoptRefusal, Guest, GuestToken, LinkedPledge};
use backend::throttle::{self, Limit, Subject};
use domain::{DisplayName, Email};
use leptos::server_fn::ServerFn;

use super::fix_link::{count_look, keep_to_ourselves};
use super::pledges;
use super::sent::{Boxes, Wish};
use super::who::Who;
use super::{append_cookie, client, ctx, guest_token, query, request_id, require_viewer, viewer};
use crate::api::campaigns::CampaignView;
use crate::api::card_step::{IN_PAGE, Next};
use crate::api::error::ApiError;
use crate::api::guests::{GuestLinkView, StartGuestPledge};
use crate::api::pledges::{GuestFields, PledgeForm};

/// What a guest is called who gives no name.
const NAMELESS: &str = "A guest";

/// Nobody's mailbox is to be filled by others.
const LETTERS_FOR_EMAIL: Limit = Limit { bucket: "guest_letters", tries: 3, minutes: 60 };
const LETTERS_OF_A_DAY: Limit = Limit { bucket: "guest_letters_of_a_day", tries: 6, minutes: 24 * 60 };
const LETTERS_FOR_ADDRESS: Limit = Limit { bucket: "guest_letters_asked", tries: 20, minutes: 60 };

/// More than any e-mail or name that can be taken has.
const LONGEST_FIELD: usize = 300;

/// The browser's guest whose pledge to this campaign waits for a card, if there is one.
pub async fn waiting(campaign: &CampaignView) -> Result<Option<Guest>, ApiError> {
    let ctx = ctx()?;
    let Some(token) = guest_token(&ctx) else { return Ok(None) };
    Ok(guests::waiting(&ctx, &token, campaign.progress.campaign_id).await?)
}

/// The form with a place to say who one is. It is drawn for a browser that will be known again, so that a form that is sent
/// twice comes from one guest.
pub fn form(form: PledgeForm, guest: Option<Guest>) -> Result<PledgeForm, ApiError> {
    let ctx = ctx()?;
    if guest_token(&ctx).is_none() {
        remember(&GuestToken::random()?)?;
    }
    let first = guest.map_or_else(GuestFields::default, |guest| GuestFields {
        email: guest.email,
        display_name: Some(guest.display_name).filter(|name| name != NAMELESS).unwrap_or_default(),
    });
    let asked = |name| query(name).map(|typed| kept(&typed));
    let fields = GuestFields {
        email: asked("email").unwrap_or(first.email),
        display_name: asked("display_name").unwrap_or(first.display_name),
    };
    Ok(PledgeForm { action: StartGuestPledge::url().to_owned(), guest: Some(fields), ..form })
}

/// Starts a pledge; answers with where to go. Who has logged in meanwhile pledges by their account.
pub async fn start(
    campaign: &str,
    wish: Wish<'_>,
    form_key: &str,
    boxes: Boxes<'_>,
    email: &str,
    display_name: &str,
    card: &str,
) -> Result<Next, ApiError> {
    let keep = |error: ApiError| error.keep("email", kept(email)).keep("display_name", kept(display_name));
    // Who is nobody yet has no saved card.
    let card = if card == IN_PAGE { card } else { "" };
    let who = match viewer().await? {
        Some(viewer) => Who::Account(viewer.person_id),
        None => guest(email, display_name).map_err(|error| keep(boxes.keep(wish.keep(error))))?,
    };
    pledges::start_by(&who, campaign, wish, form_key, boxes, card).await.map_err(keep)
}

fn guest(email: &str, display_name: &str) -> Result<Who, ApiError> {
    let beside = |field| move |error| ApiError::refused(Some(field), error);
    let email = Email::parse(email).map_err(beside("email"))?;
    let name = if display_name.trim().is_empty() { NAMELESS } else { display_name };
    let name = DisplayName::parse(name).map_err(beside("display_name"))?;
    let token = GuestToken::of(guest_token(&ctx()?).as_deref())?;
    remember(&token)?;
    Ok(Who::Guest { token, email, name })
}

pub async fn ask_for_link(email: &str) -> Result<(), ApiError> {
    let keep = |error: ApiError| error.keep("email", kept(email));
    let asked = Email::parse(email).map_err(|error| keep(ApiError::refused(Some("email"), error)))?;
    let ctx = ctx()?;
    let counted = [
        (LETTERS_FOR_ADDRESS, client().address.subject()),
        (LETTERS_FOR_EMAIL, Subject::of(asked.as_str())),
        (LETTERS_OF_A_DAY, Subject::of(asked.as_str())),
    ];
    for (limit, subject) in counted {
        throttle::take(&ctx.db, limit, subject).await?.map_err(|too_many| {
            keep(ApiError::too_many(
                "That was asked for often just now. Look into your mail, also among the unwanted, and wait a while.",
                too_many.retry_after,
            ))
        })?;
    }
    Ok(guests::write_again(&ctx, &asked).await?)
}

pub async fn look(link: &str) -> Result<GuestLinkView, ApiError> {
    // The address is the key: it goes to our own pages only.
    keep_to_ourselves("same-origin");
    count_look().await?;
    let found = guests::look(&ctx()?.db, link).await?.ok_or(ApiError::NotFound)?;
    let LinkedPledge { campaign_slug, campaign_title, amount, adopted, .. } = found;
    let viewer = viewer().await?.map(|viewer| viewer.display_name);
    Ok(GuestLinkView { campaign_slug, campaign_title, amount, adopted, viewer })
}

/// Answers with the pledge's page.
pub async fn open(link: &str) -> Result<String, ApiError> {
    count_look().await?;
    let ctx = ctx()?;
    let opened = guests::open(&ctx, link, guest_token(&ctx).as_deref()).await?.ok_or(ApiError::NotFound)?;
    remember(&opened.token)?;
    Ok(format!("/pledges/{}", opened.pledge))
}

/// Answers with the pledge's page.
pub async fn adopt(link: &str) -> Result<String, ApiError> {
    let viewer = require_viewer().await?;
    count_look().await?;
    let account = Actor { person: viewer.person_id, request_id: request_id() };
    match guests::adopt(&ctx()?, link, &account).await {
        Ok(pledge) => Ok(format!("/pledges/{pledge}?adopted=yes")),
        Err(AdoptRefusal::NotFound) => Err(ApiError::NotFound),
        Err(AdoptRefusal::Failed(error)) => Err(error.into()),
        Err(
            refusal @ (AdoptRefusal::AlreadyAdopted
            | AdoptRefusal::OwnCampaign
            | AdoptRefusal::AlreadyPledged),
        ) => Err(ApiError::conflict(None, refusal)),
    }
}

fn remember(token: &GuestToken) -> Result<(), ApiError> {
    append_cookie(&GuestCookie::of(&ctx()?.config.public_url).set(token))
}

fn kept(typed: &str) -> String {
    typed.chars().take(LONGEST_FIELD).collect()
}
