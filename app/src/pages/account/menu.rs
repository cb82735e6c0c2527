//! The header's corner: who is logged in and where they can go, or how to become somebody.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::account::{LogOut, Visitor, viewer};
use crate::components::avatar::Avatar;
use crate::components::icon::Icon;
use crate::next_path::with_next;
use crate::pages::here;

/// Asks who is looking and draws either state. If that cannot be told, the page is still good for strangers.
#[component]
pub fn AccountMenu() -> impl IntoView {
    let viewer = Resource::new_blocking(|| (), |()| viewer());
    let here = here();
    view! {
        <Suspense>
            {move || {
                let here = here.clone();
                Suspend::new(async move {
                    match viewer.await {
                        Ok(Some(visitor)) => view! { <Menu visitor/> }.into_any(),
                        _ => view! { <LoggedOut here/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn LoggedOut(here: String) -> impl IntoView {
    view! {
        <a class="nav-link" href=with_next("/login", &here)>"Log in"</a>
        <a class="button button--primary button--small" href=with_next("/register", &here)>"Register"</a>
    }
}

#[component]
fn Menu(visitor: Visitor) -> impl IntoView {
    let name = visitor.display_name;
    view! {
        <details class="menu">
            <summary>
                <Avatar name=name.clone() small=true/>
                <span class="menu__name">{name}</span>
                <span class="visually-hidden">"Account menu"</span>
                <Icon name="chevron"/>
            </summary>
            <ul class="menu__list">
                <li>
                    <a href="/account/pledges">"My pledges"</a>
                </li>
                <li>
                    <a href="/account/cards">"Saved cards"</a>
                </li>
                <li>
                    <a href="/studio/payouts">"Being paid"</a>
                </li>
                <li>
                    <a href="/account/sessions">"Where I am logged in"</a>
                </li>
                {visitor.is_staff.then(|| view! {
                    <li>
                        <a href="/admin">"Running the site"</a>
                    </li>
                })}
                <li>
                    <form method="post" action=LogOut::url()>
                        <button type="submit">"Log out"</button>
                    </form>
                </li>
            </ul>
        </details>
    }
}
