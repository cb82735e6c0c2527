//! Pledging without an account, the link of a guest's letter, and how an account takes the pledge over.
#![expect(clippy::too_many_arguments, reason = "each argument is a field of the form")]

use domain::Money;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::card_step::Next;
use super::error::ApiError;

/// What a letter's link is for, for whoever follows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuestLinkView {
    pub campaign_slug: String,
    pub campaign_title: String,
    pub amount: Money,
    /// An account has it: the link opens nothing any more.
    pub adopted: bool,
    /// Who is logged in, by name.
    pub viewer: Option<String>,
}

/// Starts a pledge of somebody who is not logged in. Answers with where the card page is, or with what the card fields on the
/// page go on with. An e-mail that an account has and any other one get the same answer.
#[server(endpoint = "start_guest_pledge", prefix = "/api")]
pub async fn start_guest_pledge(
    campaign: String,
    #[server(default)] reward: String,
    #[server(default)] amount: String,
    #[server(default)] country: String,
    form_key: String,
    // Boxes: what is not ticked is not sent.
    #[server(default)] name_hidden: String,
    #[server(default)] amount_hidden: String,
    #[server(default)] email: String,
    #[server(default)] display_name: String,
    #[server(default)] card: String,
) -> Result<Next, ApiError> {
    use crate::{
        ssr,
        ssr::guests,
        ssr::sent::{Boxes, Wish},
    };
    let boxes = Boxes { name_hidden: &name_hidden, amount_hidden: &amount_hidden };
    let wish = Wish { reward: &reward, amount: &amount, country: &country };
    let started = guests::start(&campaign, wish, &form_key, boxes, &email, &display_name, &card).await;
    let next = ssr::answer(started)?;
    ssr::follow(&next);
    Ok(next)
}

/// Mails the links to what was pledged with this e-mail and without an account. One that nobody pledged with gets the same
/// answer.
#[server(endpoint = "ask_for_guest_link", prefix = "/api")]
pub async fn ask_for_guest_link(#[server(default)] email: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::guests};
    ssr::answer(guests::ask_for_link(&email).await)?;
    ssr::redirect("/guest?sent=yes");
    Ok(())
}

/// What the link of a letter is for. Looking opens nothing.
#[server(endpoint = "guest_link", prefix = "/api")]
pub async fn guest_link(token: String) -> Result<GuestLinkView, ApiError> {
    use crate::{ssr, ssr::guests};
    ssr::answer(guests::look(&token).await)
}

/// Lets the browser act for the link's guest, and leads to the pledge.
#[server(endpoint = "open_guest_link", prefix = "/api")]
pub async fn open_guest_link(token: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::guests};
    let to = ssr::answer(guests::open(&token).await)?;
    ssr::redirect(&to);
    Ok(())
}

/// Adds the link's pledge to the viewer's account.
#[server(endpoint = "adopt_guest_pledge", prefix = "/api")]
pub async fn adopt_guest_pledge(token: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::guests};
    let to = ssr::answer(guests::adopt(&token).await)?;
    ssr::redirect(&to);
    Ok(())
}
