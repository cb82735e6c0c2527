//! Where the reward goes: a part of the pledge form, there and in the browser.

use domain::{Currency, Money};
use leptos::html::Select;
use leptos::prelude::*;

use super::field::FieldError;
use crate::api::campaigns::Prices;
use crate::api::error::ApiError;
use crate::api::pledges::Choice;

/// An amount as far as it is known: `None` where there is none, an error where something is to be done first, in words.
pub type Known = Option<Result<Money, String>>;

/// What sending the chosen reward to the chosen country costs; `None`: nothing is sent.
pub fn sending(
    choices: &[Choice],
    currency: &str,
    chosen: RwSignal<String>,
    country: RwSignal<String>,
) -> Memo<Known> {
    let sent: Vec<(String, Prices)> =
        choices.iter().filter_map(|choice| Some((choice.id.clone(), choice.shipping.clone()?))).collect();
    let currency = Currency::parse(currency).ok();
    Memo::new(move |_| {
        let (_, prices) = sent.iter().find(|(id, _)| *chosen.read() == *id)?;
        let country = country.read();
        if country.is_empty() {
            return Some(Err("Choose the country that the reward is sent to.".to_owned()));
        }
        let cost = prices.of(&country).zip(currency);
        let cost = cost.and_then(|(cost, currency)| Money::from_minor(cost, currency).ok());
        Some(cost.ok_or_else(|| "This reward is not sent to the country you chose.".to_owned()))
    })
}

/// All that is charged when this much is given.
pub fn with_shipping(given: Result<Money, String>, sending: Known) -> Result<Money, String> {
    match (given?, sending.transpose()?) {
        (given, None) => Ok(given),
        // In the smallest unit: this runs in the browser, where decimals weigh more.
        (given, Some(cost)) => Money::from_minor(given.minor_units() + cost.minor_units(), given.currency())
            .map_err(|error| error.to_string()),
    }
}

/// Without script it is there for every reward, since the chosen one is not known; in the browser for those that are sent.
#[component]
pub fn ShipTo(
    /// Codes and names; empty where no reward is sent.
    countries: Vec<(String, String)>,
    country: RwSignal<String>,
    sending: Memo<Known>,
    /// Whether script follows what is chosen.
    awake: RwSignal<bool>,
    error: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let field = NodeRef::<Select>::new();
    // What was chosen before this code arrived is in the field, not in our signal.
    Effect::new(move || {
        if let Some(field) = field.get() {
            country.set(field.value());
        }
    });
    let refused = move || error.get().and_then(|error| error.message_for(Some("country")));
    let first = country.get_untracked();
    (!countries.is_empty()).then(|| view! {
        <div class="field" hidden=move || awake.get() && sending.read().is_none()>
            <label class="field__label" for="country">"Ship to"</label>
            <p class="field__help" id="country-help">
                "For a reward that is sent. Only the country is asked for now; what shipping there costs is added to your pledge."
            </p>
            <select
                class="select"
                id="country"
                name="country"
                autocomplete="country"
                node_ref=field
                on:change=move |event| {
                    country.set(event_target_value(&event));
                    if refused().is_some() {
                        error.set(None);
                    }
                }
                aria-invalid=move || refused().map(|_| "true")
                aria-describedby="country-help country-said country-error"
            >
                <option value="" selected=first.is_empty()>"Choose a country"</option>
                {countries.into_iter().map(|(code, name)| {
                    let selected = code == first;
                    view! { <option value=code selected=selected>{name}</option> }
                }).collect_view()}
            </select>
            <output class="field__understood" id="country-said" for="country">
                {move || match &*sending.read() {
                    Some(Ok(cost)) => format!("Shipping: {cost}"),
                    Some(Err(first)) if !country.read().is_empty() => first.clone(),
                    _ => String::new(),
                }}
            </output>
            {move || refused().map(|message| view! { <FieldError field="country" message=Some(message)/> })}
        </div>
    })
}
