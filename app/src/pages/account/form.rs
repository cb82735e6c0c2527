//! The parts these forms share. Errors stand beside their field and in a summary at the top that takes focus.

use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;

use crate::api::error::ApiError;
use crate::components::field::FieldError;

/// The refusal with which a form of server function `F` came back to this page, without script: in its address.
pub fn form_error<F: ServerFn<Error = ApiError>>() -> Option<ApiError> {
    let error = use_context::<ServerActionError>()?;
    (error.path() == F::PATH).then(|| ServerFnUrlError::<ApiError>::decode_err(error.err()))
}

/// What is wrong with the form, first in it. A single wrong field is named by its link.
#[component]
pub fn ErrorSummary(error: Option<ApiError>) -> impl IntoView {
    let field = |error: &ApiError| match error {
        ApiError::Refused(refusal) => refusal.field.clone(),
        _ => None,
    };
    error.map(|error| {
        let words = match field(&error) {
            None => view! { <h2 id="error-summary">{error.to_string()}</h2> }.into_any(),
            Some(field) => view! {
                <h2 id="error-summary">"One thing needs your attention"</h2>
                <ul>
                    <li>
                        <a href=format!("#{field}")>{error.to_string()}</a>
                    </li>
                </ul>
            }
            .into_any(),
        };
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus aria-labelledby="error-summary">
                {words}
            </div>
        }
    })
}

/// A labelled line of text that says what is wrong with it.
#[component]
pub fn TextField(
    /// Also its id and what the server function calls it.
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] help: Option<&'static str>,
    /// The form's error: this field's, another's, or the whole form's.
    error: Option<ApiError>,
) -> impl IntoView {
    let value = error.as_ref().and_then(|error| error.kept(name)).map(str::to_owned);
    let message = error.and_then(|error| error.message_for(Some(name)));
    let capitals = if kind == "text" { "words" } else { "none" };
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            {help.map(|help| view! { <p class="field__help" id=format!("{name}-help")>{help}</p> })}
            <input
                class="input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize=capitals
                required
                value=value
                aria-invalid=message.is_some().then_some("true")
                aria-describedby=described_by(name, help.is_some(), message.is_some())
            />
            <FieldError field=name message/>
        </div>
    }
}

/// The texts that belong to a field, in the order they stand there.
fn described_by(name: &str, help: bool, error: bool) -> Option<String> {
    match (help, error) {
        (true, true) => Some(format!("{name}-help {name}-error")),
        (true, false) => Some(format!("{name}-help")),
        (false, true) => Some(format!("{name}-error")),
        (false, false) => None,
    }
}
