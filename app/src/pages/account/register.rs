//! `/register`.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use super::form::{ErrorSummary, TextField, form_error};
use super::query;
use super::strangers_only::StrangersOnly;
use crate::api::account::Register;
use crate::next_path::{log_in_address, next_path};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let error = form_error::<Register>();
    let next = next_path(&query("next")).to_owned();
    view! {
        <Title text="Create an account"/>
        <StrangersOnly next=next.clone()>
            <div class="wrap wrap--form">
                <header class="page-head">
                    <h1>"Create an account"</h1>
                    <p class="page-head__lead">"All your pledges and cards in one place, and campaigns of your own."</p>
                </header>
                <form class="form" method="post" action=Register::url() novalidate>
                    <ErrorSummary error=error.clone()/>
                    <input type="hidden" name="next" value=next.clone()/>
                    <TextField
                        name="display_name"
                        label="Name"
                        autocomplete="name"
                        help="Shown beside your pledges."
                        error=error.clone()
                    />
                    <TextField name="email" label="E-mail" kind="email" autocomplete="username" error=error.clone()/>
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        autocomplete="new-password"
                        help="At least 8 characters. A few words in a row are easy to keep and hard to guess."
                        error=error.clone()
                    />
                    <div class="form__actions">
                        <button class="button button--primary" type="submit">"Create my account"</button>
                        <a class="button button--quiet" href=log_in_address(&next)>"I have one already"</a>
                    </div>
                </form>
            </div>
        </StrangersOnly>
    }
}
