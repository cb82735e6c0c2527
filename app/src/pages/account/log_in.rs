//! `/login`: also where registration leads, and where every page leads that needs to know who is asking.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use super::form::{ErrorSummary, TextField, form_error};
use super::query;
use super::strangers_only::StrangersOnly;
use crate::api::account::LogIn;
use crate::components::notice::{Notice, Tone};
use crate::next_path::{next_path, with_next};

#[component]
pub fn LogInPage() -> impl IntoView {
    let error = form_error::<LogIn>();
    let next = next_path(&query("next")).to_owned();
    let registered = error.is_none() && !query("registered").is_empty();
    view! {
        <Title text="Log in"/>
        <StrangersOnly next=next.clone()>
            <div class="wrap wrap--form">
                <header class="page-head">
                    <h1>"Log in"</h1>
                </header>
                <div class="stack">
                    {registered.then(|| view! { <Registered/> })}
                    <form class="form" method="post" action=LogIn::url() novalidate>
                        <ErrorSummary error=error.clone()/>
                        <input type="hidden" name="next" value=next.clone()/>
                        <TextField name="email" label="E-mail" kind="email" autocomplete="username" error=error.clone()/>
                        <TextField name="password" label="Password" kind="password" autocomplete="current-password" error=error.clone()/>
                        <div class="form__actions">
                            <button class="button button--primary" type="submit">"Log in"</button>
                            <a class="button button--quiet" href=with_next("/register", &next)>"Create an account"</a>
                        </div>
                    </form>
                    <p class="muted">
                        "You pledged without an account? " <a href="/guest">"Get the link to your pledge"</a> " by mail."
                    </p>
                </div>
            </div>
        </StrangersOnly>
    }
}

/// The same words for a new e-mail and a known one.
#[component]
fn Registered() -> impl IntoView {
    view! {
        <Notice tone=Tone::Success title="If this e-mail is new, your account is ready: log in.">
            "If you had an account already, its password is unchanged."
        </Notice>
    }
}
