//! `/account/cards`: saved cards, the pledges that rest on them, and how one is removed. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::form::{ErrorSummary, form_error};
use super::query;
use crate::api::cards::{BoundPledge, CardLine, RemoveCard, UseCardFirst, my_cards};
use crate::api::error::ApiError;
use crate::components::layout::Empty;
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::{Acts, Text};
use crate::components::table::Table;
use crate::next_path::log_in_address;

#[component]
pub fn CardsPage() -> impl IntoView {
    let cards = Resource::new_blocking(|| (), |()| my_cards());
    let error = form_error::<RemoveCard>().or_else(form_error::<UseCardFirst>);
    view! {
        <Title text="Saved cards"/>
        <div class="wrap">
            <header class="page-head">
                <h1>"Saved cards"</h1>
                <p class="page-head__lead">
                    "The payment provider keeps them. This site knows the network, the last four digits and the expiry, nothing more."
                </p>
            </header>
            <div class="stack">
                <Done/>
                <ErrorSummary error/>
                <Suspense>{move || Suspend::new(async move { answer(cards.await) })}</Suspense>
            </div>
        </div>
    }
}

fn answer(cards: Result<Vec<CardLine>, ApiError>) -> AnyView {
    match cards {
        Ok(cards) if cards.is_empty() => view! {
            <Empty title="No saved cards">
                <p>"A card is saved when you pledge to a campaign that charges later."</p>
                <a class="button" href="/#live">"Find a campaign"</a>
            </Empty>
        }
        .into_any(),
        Ok(cards) => view! { <Cards cards/> }.into_any(),
        Err(ApiError::LoginNeeded) => view! { <Redirect path=log_in_address("/account/cards")/> }.into_any(),
        Err(error) => view! { <ErrorSummary error=Some(error)/> }.into_any(),
    }
}

/// What the last press of a button here did.
#[component]
fn Done() -> impl IntoView {
    let words = match query("done").as_str() {
        "first" => Some("That card is offered first from now on, and kept when its pledges are over."),
        "removed" => Some("That card is removed."),
        _ => None,
    };
    words.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })
}

#[component]
fn Cards(cards: Vec<CardLine>) -> impl IntoView {
    view! {
        <Table
            caption="Your saved cards, the one offered first on top"
            columns=&[Text("Card"), Text("Works until"), Text("To be charged for"), Acts]
        >
            {cards.into_iter().map(|card| view! { <Row card/> }).collect_view()}
        </Table>
    }
}

#[component]
fn Row(card: CardLine) -> impl IntoView {
    let free = card.bound_to.is_empty();
    let first_label = format!("Offer {} first", card.name);
    view! {
        <tr>
            <th scope="row">
                {card.name.clone()} {card.is_default.then(|| view! { " " <span class="badge badge--live">"Offered first"</span> })}
            </th>
            <td data-label="Works until">
                <time datetime=card.expires_on.to_string()>{card.expires_on.format("%B %Y").to_string()}</time>
                {card.expired.then(|| view! { " " <span class="badge badge--failed">"Expired"</span> })}
            </td>
            <td data-label="To be charged for"><BoundTo pledges=card.bound_to.clone()/></td>
            <td class="table__end">
                {(!card.is_default && !card.expired).then(|| view! {
                    <form method="post" action=UseCardFirst::url()>
                        <input type="hidden" name="card" value=card.id.clone()/>
                        <button class="button button--small" type="submit" aria-label=first_label>"Offer first"</button>
                    </form>
                })}
                {free.then(|| view! { <Remove card=card.clone()/> })}
            </td>
        </tr>
    }
}

/// A card that somebody counts on is not removed: another one can take its place, pledge by pledge.
#[component]
fn BoundTo(pledges: Vec<BoundPledge>) -> impl IntoView {
    if pledges.is_empty() {
        return view! { <span class="muted">"Nothing"</span> }.into_any();
    }
    let lines = pledges.into_iter().map(|pledge| {
        let change = format!("/pledges/{}/change", pledge.id);
        let label = format!("Use another card for {}", pledge.campaign_title);
        view! {
            <p>
                <a href=format!("/pledges/{}", pledge.id)>{pledge.campaign_title}</a> " · "
                <a href=change aria-label=label>"use another card"</a>
            </p>
        }
    });
    lines.collect_view().into_any()
}

#[component]
fn Remove(card: CardLine) -> impl IntoView {
    view! {
        <details class="confirm">
            <summary class="button button--danger button--small" aria-label=format!("Remove {}…", card.name)>"Remove…"</summary>
            <form class="confirm__box" method="post" action=RemoveCard::url()>
                <p><strong>{format!("Remove {}?", card.name)}</strong> " To pay with it again you would have to type it again."</p>
                <input type="hidden" name="card" value=card.id/>
                <div class="cluster">
                    <button class="button button--danger" type="submit">"Remove the card"</button>
                    <a class="button button--quiet" href="/account/cards">"Keep it"</a>
                </div>
            </form>
        </details>
    }
}
