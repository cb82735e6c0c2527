use leptos::prelude::*;

use super::icon::Icon;

/// The message beside a field; nothing when there is none. The control names it in `aria-describedby`.
#[component]
pub fn FieldError(field: &'static str, message: Option<String>) -> impl IntoView {
    message.map(|message| {
        view! {
            <p class="field__error" id=format!("{field}-error")>
                <Icon name="alert"/>
                {message}
            </p>
        }
    })
}
