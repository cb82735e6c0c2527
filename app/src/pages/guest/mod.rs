//! Where the letter of a guest leads: into their pledge, or with it into an account. Plain forms: programs that look at
//! every link in a mail press no button. And where who has lost the letter asks for it again.

mod lost;

pub use lost::LostLetterPage;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use crate::api::guests::{AdoptGuestPledge, GuestLinkView, OpenGuestLink, guest_link};
use crate::components::notice::{Notice, Tone};
use crate::next_path::{log_in_address, with_next};
use crate::pages::account::form_error;
use crate::pages::status::Problem;

#[component]
pub fn GuestLinkPage() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let refused = form_error::<AdoptGuestPledge>();
    let link = {
        let token = token.clone();
        Resource::new_blocking(move || token.clone(), guest_link)
    };
    view! {
        <Suspense>
            {move || {
                let (token, refused) = (token.clone(), refused.clone());
                Suspend::new(async move {
                    match link.await {
                        Ok(link) => view! {
                            <Title text="Your pledge"/>
                            <Meta name="robots" content="noindex"/>
                            <div class="wrap wrap--form stack stack--loose">
                                <header class="page-head">
                                    <h1>"Your pledge"</h1>
                                    <p class="page-head__lead">
                                        <strong class="money">{link.amount.to_string()}</strong> " to "
                                        <a href=format!("/campaigns/{}", link.campaign_slug)>{link.campaign_title.clone()}</a>
                                    </p>
                                </header>
                                // Of an adopted one the page says as much.
                                {refused.filter(|_| !link.adopted).map(|error| view! {
                                    <Notice tone=Tone::Error>{error.to_string()}</Notice>
                                })}
                                <WaysOn link token/>
                            </div>
                        }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn WaysOn(link: GuestLinkView, token: String) -> impl IntoView {
    let here = format!("/guest/{token}");
    match link.viewer {
        _ if link.adopted => view! {
            <Notice tone=Tone::Info title="This pledge was added to an account.">
                "The link of the letter opens it no longer. You find it under "
                <a href="/account/pledges">"My pledges"</a> " once you are logged in there."
            </Notice>
        }
        .into_any(),
        Some(name) => view! {
            <p>
                "You are logged in as " <strong>{name}</strong>
                ". Add this pledge to your account to find it under “My pledges”. From then on this link opens it no longer."
            </p>
            <div class="cluster">
                <form method="post" action=AdoptGuestPledge::url()>
                    <input type="hidden" name="token" value=token.clone()/>
                    <button class="button button--primary" type="submit">"Add this pledge to my account"</button>
                </form>
                <Open token label="Only look at it" class="button button--quiet"/>
            </div>
        }
        .into_any(),
        None => view! {
            <p>
                "You pledged without an account: this link is the key to your pledge. Who has it can look at the pledge, \
                 change it and cancel it, so keep the letter to yourself."
            </p>
            <Open token label="Open my pledge" class="button button--primary"/>
            <p class="muted">
                "You have an account? " <a href=log_in_address(&here)>"Log in"</a> " or "
                <a href=with_next("/register", &here)>"create one"</a> " to add this pledge to it."
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Open(token: String, label: &'static str, class: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=OpenGuestLink::url()>
            <input type="hidden" name="token" value=token/>
            <button class=class type="submit">{label}</button>
        </form>
    }
}
