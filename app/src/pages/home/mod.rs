//! The front page: what can be backed now.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::api::campaigns::{CardView, home};
use crate::components::card::Card;
use crate::components::layout::Empty;
use crate::pages::status::Problem;

#[component]
pub fn Home() -> impl IntoView {
    let found = Resource::new_blocking(|| (), |()| home());
    view! {
        <Title text=""/>
        <Meta name="description" content="Back things worth making. All-or-nothing campaigns charge nobody unless the goal is met."/>
        <Hero/>
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(found) => view! {
                        <section class="wrap section" aria-labelledby="live">
                            <div class="section__head"><h2 id="live">"Rising now"</h2></div>
                            <Grid cards=found.live now=found.now/>
                        </section>
                        <section class="wrap section" aria-labelledby="others">
                            <div class="section__head"><h2 id="others">"Soon, and lately ended"</h2></div>
                            <Grid cards=found.others now=found.now/>
                        </section>
                    }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Grid(cards: Vec<CardView>, now: DateTime<Utc>) -> impl IntoView {
    if cards.is_empty() {
        return view! { <Empty title="Nothing here yet"><p>"Come back soon."</p></Empty> }.into_any();
    }
    let cards = cards.into_iter().enumerate();
    view! {
        <ul class="grid">
            {cards.map(|(at, card)| view! { <li><Card card now first_row={at < 3}/></li> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Hero() -> impl IntoView {
    view! {
        <section class="hero">
            <div class="wrap hero__body">
                <h1>"Small pledges lift big things."</h1>
                <p class="hero__lead">
                    "Find something worth making. Your card is charged only when the promise you read beside the button comes true."
                </p>
                <div class="cluster">
                    <a class="button button--primary button--large" href="#live">"Find a campaign"</a>
                    <a class="button button--quiet button--large" href="/how-it-works">"How it works"</a>
                </div>
            </div>
            <svg class="hero__sun" viewBox="0 0 200 200" aria-hidden="true" focusable="false">
                <circle class="hero__ring" cx="100" cy="100" r="150"></circle>
                <circle class="hero__ring" cx="100" cy="100" r="112"></circle>
                <circle class="hero__disc" cx="100" cy="100" r="76"></circle>
            </svg>
            <svg class="hero__swell" viewBox="0 0 1440 140" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <path class="hero__far" d="M0 78C170 30 330 18 520 52s330 70 540 24 280-44 380-30v94H0Z"></path>
                <path class="hero__mid" d="M0 104C220 118 360 40 600 62s340 64 520 44 240-50 320-44v78H0Z"></path>
                <path class="hero__near" d="M0 126c200-8 330-44 560-30s380 40 560 26 240-26 320-22v40H0Z"></path>
            </svg>
        </section>
    }
}
