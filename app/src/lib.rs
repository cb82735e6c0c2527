//! What people see: pages that the server renders, islands that wake up in the browser, and the server functions
//! both of them call. Every page works as plain HTML and forms.

// The browser's build knows each page's whole type, and these nest deeply.
#![recursion_limit = "512"]

pub mod api;
mod components;
pub mod islands;
pub mod next_path;
mod pages;
#[cfg(feature = "ssr")]
pub mod ssr;

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{Link, MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use components::layout::Layout;
use pages::account::{CardsPage, LogInPage, RegisterPage, SessionsPage};
use pages::admin::{AdminPage, OperationsPage, ReportsPage};
use pages::admin_payouts::AdminPayouts;
use pages::call_off::CallOffPage;
use pages::campaign::CampaignPage;
use pages::change::{CardReturned, ChangePage, ChangeReturned};
use pages::demo_mailbox::{DemoMail, DemoMailbox};
use pages::disputes::{DisputePage, DisputesPage};
use pages::fix::{FixPage, Fixed, LinkPage, LinkedBack, LinkedFixPage};
use pages::guest::{GuestLinkPage, LostLetterPage};
use pages::home::Home;
use pages::how_it_works::HowItWorks;
use pages::me::MyPledges;
use pages::pledge::{Confirmation, PledgePage, Returned};
use pages::receipts::ReceiptsPage;
use pages::refunds::{PaidPledgesPage, RefundPage};
use pages::settlement::SettlementPage;
use pages::status::NotFound;
use pages::studio::{BackFromAccount, PayoutsPage};

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                // Here and not in the sheet: it must be known before the sheet has come, or the browser breaks off the
                // transition and complains.
                <style nonce=use_nonce()>
                    "@media (prefers-reduced-motion: no-preference) { @view-transition { navigation: auto; } }"
                </style>
                <link rel="stylesheet" href=format!("/{}/groundswell.css", options.site_pkg_dir)/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Every page route. Pages are rendered whole before they are sent: their status is right, and nothing on them
/// waits for script.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title_element/>
        <Link rel="icon" type_="image/svg+xml" href="/favicon.svg"/>
        <Router>
            <Layout>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                    <Route path=path!("/how-it-works") view=HowItWorks ssr=SsrMode::Async/>
                    <Route path=path!("/campaigns/:slug") view=CampaignPage ssr=SsrMode::Async/>
                    <Route path=path!("/campaigns/:slug/pledge") view=PledgePage ssr=SsrMode::Async/>
                    <Route path=path!("/campaigns/:slug/cancel") view=CallOffPage ssr=SsrMode::Async/>
                    <Route path=path!("/campaigns/:slug/pledges") view=PaidPledgesPage ssr=SsrMode::Async/>
                    <Route path=path!("/campaigns/:slug/settlement") view=SettlementPage ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id") view=Confirmation ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/return") view=Returned ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/change") view=ChangePage ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/changed") view=ChangeReturned ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/card-changed") view=CardReturned ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/fix") view=FixPage ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/fixed") view=Fixed ssr=SsrMode::Async/>
                    <Route path=path!("/fix") view=LinkedFixPage ssr=SsrMode::Async/>
                    <Route path=path!("/fix/back") view=LinkedBack ssr=SsrMode::Async/>
                    <Route path=path!("/fix/:token") view=LinkPage ssr=SsrMode::Async/>
                    <Route path=path!("/guest") view=LostLetterPage ssr=SsrMode::Async/>
                    <Route path=path!("/guest/:token") view=GuestLinkPage ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/refund") view=RefundPage ssr=SsrMode::Async/>
                    <Route path=path!("/pledges/:id/receipt") view=ReceiptsPage ssr=SsrMode::Async/>
                    <Route path=path!("/disputes") view=DisputesPage ssr=SsrMode::Async/>
                    <Route path=path!("/disputes/:id") view=DisputePage ssr=SsrMode::Async/>
                    <Route path=path!("/account/pledges") view=MyPledges ssr=SsrMode::Async/>
                    <Route path=path!("/account/cards") view=CardsPage ssr=SsrMode::Async/>
                    <Route path=path!("/account/sessions") view=SessionsPage ssr=SsrMode::Async/>
                    <Route path=path!("/studio/payouts") view=PayoutsPage ssr=SsrMode::Async/>
                    <Route path=path!("/studio/payouts/return") view=BackFromAccount ssr=SsrMode::Async/>
                    <Route path=path!("/admin/payouts") view=AdminPayouts ssr=SsrMode::Async/>
                    <Route path=path!("/admin") view=AdminPage ssr=SsrMode::Async/>
                    <Route path=path!("/admin/operations") view=OperationsPage ssr=SsrMode::Async/>
                    <Route path=path!("/admin/reports") view=ReportsPage ssr=SsrMode::Async/>
                    <Route path=path!("/demo/mailbox") view=DemoMailbox ssr=SsrMode::Async/>
                    <Route path=path!("/demo/mailbox/:id") view=DemoMail ssr=SsrMode::Async/>
                    <Route path=path!("/login") view=LogInPage ssr=SsrMode::Async/>
                    <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async/>
                </Routes>
            </Layout>
        </Router>
    }
}

/// What stands in the `<title>`. leptos writes it there as it is: without the escaping a campaign's title could end the
/// element and go on with markup of its own.
fn title_element(title: String) -> String {
    if title.is_empty() {
        return "Groundswell".to_owned();
    }
    format!("{} · Groundswell", title.replace('&', "&amp;").replace('<', "&lt;"))
}
