//! `/guest`: the letter's link once more.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use crate::api::guests::AskForGuestLink;
use crate::components::notice::{Notice, Tone};
use crate::pages::account::{ErrorSummary, TextField, form_error, query};

#[component]
pub fn LostLetterPage() -> impl IntoView {
    let error = form_error::<AskForGuestLink>();
    let sent = error.is_none() && !query("sent").is_empty();
    view! {
        <Title text="Find your pledge"/>
        <div class="wrap wrap--form stack">
            <header class="page-head">
                <h1>"Find your pledge"</h1>
                <p class="page-head__lead">
                    "You pledged without an account and the letter with your link is lost? We send it again."
                </p>
            </header>
            {sent.then(|| view! {
                <Notice tone=Tone::Success title="If somebody pledged with this e-mail and without an account, a letter is on its way.">
                    "There is one for each pledge, the latest five. Nothing there? Look among the unwanted mail, or try the other
                    e-mail you may have used."
                </Notice>
            })}
            <form class="form" method="post" action=AskForGuestLink::url() novalidate>
                <ErrorSummary error=error.clone()/>
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    autocomplete="email"
                    help="The one you pledged with."
                    error
                />
                <div class="form__actions">
                    <button class="button button--primary" type="submit">"Send me the link"</button>
                </div>
            </form>
        </div>
    }
}
