//! Where the reward goes: a part of the pledge form, there and in the browser.

use domain::{Currency, Money};
use leptos::html::Select;
use leptos::prelude::*;

use super::field::FieldError;
use crate::api::campaigns::Prices;
use crate::api::error::ApiError;
use crate::api::pledges::Choice;

/// What becomes of the chosen reward, as far as it can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Nothing is sent.
    Nothing,
    /// No country is chosen yet.
    Undecided,
    /// Not to the chosen country.
    NotThere,
    To(Money),
}

impl Sending {
    /// Of a reward, to a country by its code.
    #[must_use]
    pub fn of(prices: Option<&Prices>, country: &str, currency: &str) -> Self {
        match prices {
            None => Self::Nothing,
            Some(_) if country.is_empty() => Self::Undecided,
            Some(prices) => {
                let cost = prices.of(country).zip(Currency::parse(currency).ok());
                let cost = cost.and_then(|(cost, currency)| Money::from_minor(cost, currency).ok());
                cost.map_or(Self::NotThere, Self::To)
            }
        }
    }

    /// All that is charged when this much is given.
    ///
    /// # Errors
    /// What there is to do first, in words.
    pub fn added_to(&self, given: Money) -> Result<Money, String> {
        match self {
            Self::Nothing => Ok(given),
            Self::To(cost) => given.checked_add(*cost).map_err(|error| error.to_string()),
            Self::Undecided => Err("Choose the country that the reward is sent to.".to_owned()),
            Self::NotThere => Err("This reward is not sent to the country you chose.".to_owned()),
        }
    }

    #[must_use]
    pub fn cost(&self) -> Option<Money> {
        match self {
            Self::To(cost) => Some(*cost),
            _ => None,
        }
    }
}

/// What sending the chosen reward costs: known by the server for what it drew, and in the browser for what is chosen now.
pub fn sending(
    choices: &[Choice],
    currency: &str,
    chosen: RwSignal<String>,
    country: RwSignal<String>,
) -> Memo<Sending> {
    let prices: Vec<(String, Option<Prices>)> =
        choices.iter().map(|choice| (choice.id.clone(), choice.shipping.clone())).collect();
    let currency = currency.to_owned();
    Memo::new(move |_| {
        let prices = prices.iter().find(|(id, _)| *chosen.read() == *id);
        Sending::of(prices.and_then(|(_, prices)| prices.as_ref()), &country.read(), &currency)
    })
}

/// Without script it is there for every reward, since the chosen one is not known; in the browser for those that are sent.
#[component]
pub fn ShipTo(
    /// Codes and names; empty where no reward is sent.
    countries: Vec<(String, String)>,
    country: RwSignal<String>,
    sending: Memo<Sending>,
    /// Whether script follows what is chosen.
    #[prop(into)]
    awake: Signal<bool>,
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
        <div class="field" hidden=move || awake.get() && *sending.read() == Sending::Nothing>
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
                    Sending::To(cost) => format!("Shipping: {cost}"),
                    Sending::NotThere => "This reward is not sent there.".to_owned(),
                    Sending::Nothing | Sending::Undecided => String::new(),
                }}
            </output>
            {move || refused().map(|message| view! { <FieldError field="country" message=Some(message)/> })}
        </div>
    })
}
