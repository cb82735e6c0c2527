//! What stands around every page.

use leptos::prelude::*;

use super::icon::Icon;
use crate::api::demo::{DemoView, demo};
use crate::pages::account::AccountMenu;

#[component]
pub fn Layout(children: Children) -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">"Skip to the content"</a>
        <div class="page">
            <div class="page__top">
                <DemoBanner/>
                <header class="site-header">
                    <div class="wrap site-header__row">
                        <Logo/>
                        <nav class="site-nav" aria-label="Main">
                            <a class="nav-link" href="/#live">"Campaigns"</a>
                            <a class="nav-link" href="/how-it-works">"How it works"</a>
                        </nav>
                        <div class="site-account">
                            <AccountMenu/>
                        </div>
                    </div>
                </header>
            </div>
            <main class="page__main" id="main" tabindex="-1">
                {children()}
            </main>
            <Footer/>
        </div>
    }
}

#[component]
fn DemoBanner() -> impl IntoView {
    let demo = Resource::new_blocking(|| (), |()| demo());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                // Rather a banner too many than a demo that does not say so.
                let demo = demo.await.unwrap_or(Some(DemoView { mailbox: false }));
                demo.map(|DemoView { mailbox }| view! {
                    <aside aria-label="About this site">
                        <p class="demo-banner">
                            <strong>"This is a demo:"</strong>
                            " no real money moves. "
                            {mailbox.then(|| view! { <a href="/demo/mailbox">"Its mailbox"</a> })}
                        </p>
                    </aside>
                })
            })}
        </Suspense>
    }
}

#[component]
fn Logo() -> impl IntoView {
    view! {
        <a class="logo" href="/">
            <svg class="logo__mark" aria-hidden="true"><use href="/icons.svg#wave"/></svg>
            "Groundswell"
        </a>
    }
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <div class="wrap">
                <div class="site-footer__row">
                    <div class="stack stack--tight">
                        <Logo/>
                        <p class="measure">
                            "Many small pledges, one wave. If the goal is not met, an all-or-nothing campaign charges nobody."
                        </p>
                    </div>
                    <nav aria-labelledby="footer-back">
                        <h2 class="site-footer__title" id="footer-back">"For backers"</h2>
                        <ul class="site-footer__list">
                            <li><a href="/#live">"Campaigns"</a></li>
                            <li><a href="/how-it-works">"When you are charged"</a></li>
                            <li><a href="/account/pledges">"My pledges"</a></li>
                        </ul>
                    </nav>
                </div>
                <p class="site-footer__end">"Groundswell is free software and runs on its owner's machine."</p>
            </div>
        </footer>
    }
}

/// A crumb trail; the last entry is the page itself.
#[component]
pub fn Breadcrumbs(trail: Vec<(String, String)>, here: String) -> impl IntoView {
    view! {
        <nav class="breadcrumbs" aria-label="Breadcrumb">
            <ol>
                {trail.into_iter().map(|(href, name)| view! { <li><a href=href>{name}</a></li> }).collect_view()}
                <li aria-current="page">{here}</li>
            </ol>
        </nav>
    }
}

/// What a list says when there is nothing in it.
#[component]
pub fn Empty(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name="search" large=true/>
            <h2 class="empty__title">{title}</h2>
            {children()}
        </div>
    }
}
