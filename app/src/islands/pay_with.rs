//! Which card is paid with: a saved one, or another, typed here where that is possible.

use leptos::prelude::*;
use web_sys::HtmlFormElement;

use super::card_entry::{CardEntry, Entry};
use crate::api::card_step::CardFields;
use crate::api::error::ApiError;
use crate::components::field::FieldError;

#[component]
pub fn PayWith(
    cards: Vec<(String, String)>,
    /// The chosen one; empty for another.
    card: RwSignal<String>,
    fields: Option<CardFields>,
    entry: Entry,
    /// Whether the browser has taken the form over.
    awake: RwSignal<bool>,
    #[prop(into)] error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let legend = if cards.is_empty() { "Your card" } else { "Pay with" };
    let has_cards = !cards.is_empty();
    let other = has_cards.then(|| (String::new(), "Another card".to_owned()));
    let choices: Vec<_> = cards.into_iter().chain(other).collect();
    let shown = has_cards || fields.is_some();
    shown.then(|| {
        view! {
            // Without script and without saved cards there is nothing to choose or to type.
            <fieldset class="form__group" id="card" tabindex="-1" aria-describedby="card-error" hidden=move || !has_cards && !awake.get()>
                <legend>{legend}</legend>
                {move || error.get().and_then(|error| error.message_for(Some("card"))).map(|message| view! {
                    <FieldError field="card" message=Some(message)/>
                })}
                {has_cards.then(|| view! {
                    <div class="check-list">
                        {choices.into_iter().map(|(id, name)| {
                            let checked = card.with_untracked(|card| *card == id);
                            let chosen = id.clone();
                            view! {
                                <label class="check">
                                    <input
                                        type="radio"
                                        name="card"
                                        value=id
                                        checked=checked
                                        on:change=move |_| card.set(chosen.clone())
                                    />
                                    <span>{name}</span>
                                </label>
                            }
                        }).collect_view()}
                    </div>
                })}
                {fields.map(|fields| view! {
                    <div hidden=move || !awake.get() || !card.read().is_empty()>
                        <CardEntry fields entry/>
                    </div>
                })}
            </fieldset>
        }
    })
}

/// The saved card that is chosen; empty for another.
pub fn card_in(form: &HtmlFormElement) -> String {
    let chosen = form.query_selector("[name=card]:checked").ok().flatten();
    chosen.and_then(|chosen| chosen.get_attribute("value")).unwrap_or_default()
}
