//! A campaign's account that moves while it is watched: whenever the campaign's stream tells of a change, the page is
//! asked for again and its account put in the place of the one that is shown. The server draws it, here and there.

use std::time::Duration;

use gloo_net::http::Request;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{DomParser, HtmlDivElement, SupportedType};

use super::progress::follow;

/// Long enough for a burst to gather, too short for anybody to notice.
const GATHERING: Duration = Duration::from_millis(300);

#[island(lazy)]
pub fn LiveAccount(
    campaign: String,
    /// Nothing moves any more.
    finished: bool,
    children: Children,
) -> impl IntoView {
    let shown = NodeRef::<Div>::new();
    // Effects run in the browser only.
    Effect::new(move || {
        if finished {
            return;
        }
        let waiting = StoredValue::new(false);
        follow(&campaign, move |_| {
            // A burst is one reading; a change that comes while it is read is followed by another.
            if waiting.get_value() {
                return;
            }
            waiting.set_value(true);
            let read = async move {
                waiting.set_value(false);
                if let Some(shown) = shown.get_untracked() {
                    renew(&shown).await;
                }
            };
            set_timeout(move || spawn_local(read), GATHERING);
        });
    });
    view! {
        <div class="live-account" node_ref=shown>
            {children()}
        </div>
    }
}

/// `None`: the page did not come, and what is shown stays until the next change.
async fn renew(shown: &HtmlDivElement) -> Option<()> {
    let page = Request::get(&window().location().pathname().ok()?).send().await.ok()?;
    let page = page.ok().then_some(page)?.text().await.ok()?;
    // Without its head: a style in there carries another answer's nonce, which the browser would complain about.
    let (_, body) = page.split_once("</head>")?;
    let page = DomParser::new().ok()?.parse_from_string(body, SupportedType::TextHtml).ok()?;
    let newer = page.query_selector(".live-account").ok()??;
    shown.set_inner_html(&newer.inner_html());
    Some(())
}
