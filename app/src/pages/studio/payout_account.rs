//! The account at the payment provider: begun here, filled in there.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::error::ApiError;
use crate::api::payouts::{AccountView, OpenPayoutAccount, SetUpPayouts};
use crate::components::field::FieldError;
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;

/// Countries whose creators the provider pays, as it publishes them; the first is offered.
const COUNTRIES: &[(&str, &str)] = &[
    ("DE", "Germany"),
    ("AT", "Austria"),
    ("AU", "Australia"),
    ("BE", "Belgium"),
    ("BG", "Bulgaria"),
    ("CA", "Canada"),
    ("HR", "Croatia"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("GR", "Greece"),
    ("HU", "Hungary"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("JP", "Japan"),
    ("LV", "Latvia"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("MT", "Malta"),
    ("NL", "Netherlands"),
    ("NZ", "New Zealand"),
    ("NO", "Norway"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("SK", "Slovakia"),
    ("SI", "Slovenia"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
    ("CH", "Switzerland"),
    ("GB", "United Kingdom"),
    ("US", "United States"),
];

#[component]
pub fn Account(account: Option<AccountView>, refused: Option<ApiError>) -> impl IntoView {
    view! {
        <section class="panel stack" aria-labelledby="account">
            <h2 id="account">"Your account at the payment provider"</h2>
            {match account {
                None => view! { <Begin refused/> }.into_any(),
                Some(account) => view! { <Known account/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Begin(refused: Option<ApiError>) -> impl IntoView {
    let message = refused.as_ref().and_then(|error| error.message_for(Some("country")));
    let chosen = refused.as_ref().and_then(|error| error.kept("country")).unwrap_or("DE").to_owned();
    let invalid = message.is_some();
    view! {
        <p>
            "Money is paid to your bank by our payment provider, which has to know who you are. You tell it on its own \
             pages; we never see your documents or your account number."
        </p>
        <form class="stack" method="post" action=SetUpPayouts::url()>
            <div class="field">
                <label class="field__label" for="country">"Where is your bank account?"</label>
                <select class="select" id="country" name="country" aria-invalid=invalid.then_some("true")
                        aria-describedby=invalid.then_some("country-error")>
                    {COUNTRIES.iter().map(|(code, name)| view! {
                        <option value=*code selected={*code == chosen}>{*name}</option>
                    }).collect_view()}
                </select>
                <FieldError field="country" message/>
            </div>
            <button class="button button--primary" type="submit">"Set up payouts"</button>
        </form>
    }
}

#[component]
fn Known(account: AccountView) -> impl IntoView {
    let AccountView {
        country,
        ready,
        missing,
        disabled_because,
        bank,
        cools_until,
        closed,
        payout_failed_at,
        ..
    } = account;
    if closed {
        return view! {
            <Notice tone=Tone::Error title="No access">
                "You took our access to your account away, so nothing can be paid to it. Your money stays safe with your \
                 campaigns: write to us to be paid again."
            </Notice>
        }
        .into_any();
    }
    view! {
        {if ready {
            view! { <Notice tone=Tone::Success title="Ready">"You can be paid."</Notice> }.into_any()
        } else {
            let why = disabled_because.unwrap_or_else(|| "It waits for what is missing.".into());
            view! { <Notice tone=Tone::Warning title="Not ready">"The payment provider does not pay you yet. " {why}</Notice> }
                .into_any()
        }}
        {payout_failed_at.map(|at| view! {
            <Notice tone=Tone::Error title="A payout came back">
                {format!("Your bank sent it back on {}. Give the payment provider another bank account.", instant(at))}
            </Notice>
        })}
        {cools_until.map(|until| view! {
            <p class="muted">
                {format!("Your bank account was changed. To protect you, nothing is paid to the new one before {}.", instant(until))}
            </p>
        })}
        {(!missing.is_empty()).then(|| view! {
            <div class="stack stack--tight">
                <h3>"What is missing"</h3>
                <ul>{missing.into_iter().map(|missing| view! { <li>{missing}</li> }).collect_view()}</ul>
            </div>
        })}
        <dl class="facts">
            <div><dt>"Bank account"</dt><dd>{bank.unwrap_or_else(|| "None yet".into())}</dd></div>
        </dl>
        <div class="cluster">
            {(!ready).then(|| view! {
                <form method="post" action=SetUpPayouts::url()>
                    <input type="hidden" name="country" value=country/>
                    <button class="button button--primary" type="submit">"Go on with the payment provider"</button>
                </form>
            })}
            {ready.then(|| view! {
                <form method="post" action=OpenPayoutAccount::url()>
                    <button class="button" type="submit">"Open your account there"</button>
                </form>
            })}
        </div>
    }
    .into_any()
}
