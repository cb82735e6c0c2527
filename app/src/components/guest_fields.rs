//! Who pledges, where nobody is logged in: a part of the pledge form, there and in the browser.

use leptos::prelude::*;

use super::field::FieldError;
use crate::api::error::ApiError;
use crate::api::pledges::GuestFields;

#[component]
pub fn WhoPledges(guest: GuestFields, #[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    view! {
        <fieldset class="form__group">
            <legend>"Who is pledging?"</legend>
            <GuestField
                name="email"
                label="E-mail"
                kind="email"
                autocomplete="email"
                help="A letter with the link to your pledge goes there once your card is in. Nobody else sees it."
                value=guest.email
                error
            />
            <GuestField
                name="display_name"
                label="Name (optional)"
                kind="text"
                autocomplete="name"
                help="Shown beside your pledge. Without one you are “A guest”."
                value=guest.display_name
                error
            />
        </fieldset>
    }
}

#[component]
fn GuestField(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    help: &'static str,
    value: String,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let refused = move || error.get().and_then(|error| error.message_for(Some(name)));
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <p class="field__help" id=format!("{name}-help")>{help}</p>
            <input
                class="input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize=if kind == "email" { "none" } else { "words" }
                value=value
                aria-invalid=move || refused().map(|_| "true")
                aria-describedby=format!("{name}-help {name}-error")
            />
            {move || refused().map(|message| view! { <FieldError field=name message=Some(message)/> })}
        </div>
    }
}
