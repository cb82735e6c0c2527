//! The live bar: drawn by the server with the present snapshot, then moved by every newer one that the event
//! stream brings. Without script it simply stays as it was drawn.

use domain::Snapshot;
use futures::StreamExt;
use gloo_net::eventsource::futures::EventSource;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::HtmlDivElement;

use super::countdown::count_down;
use crate::components::bar::{Bar, Size};
use crate::components::time::span_of_seconds;

#[island]
pub fn LiveProgress(
    campaign: String,
    first: Snapshot,
    /// Whether anything can still change.
    live: bool,
    stopped: bool,
    /// At first, such as "12 days"; `None` when no time is left to pledge.
    time_left: Option<String>,
    /// What stands before the end's date.
    time_label: String,
    ends_on: String,
    ends_at: String,
    /// Where one pledges; `None` when one cannot.
    pledge_at: Option<String>,
    /// The stretch goals, drawn by the server; here they are only marked as they are unlocked.
    children: Children,
) -> impl IntoView {
    let goals = NodeRef::<Div>::new();
    let snapshot = RwSignal::new(first);
    let (time_left, time_label) = (RwSignal::new(time_left), RwSignal::new(time_label));
    let end = ends_at.clone();
    // Effects run in the browser only.
    Effect::new(move || {
        if live {
            follow(&campaign, move |newer| {
                if snapshot.with_untracked(|shown| newer.supersedes(shown)) {
                    snapshot.set(newer);
                }
            });
        }
        let unlocked = Memo::new(move |_| snapshot.with(|now| now.unlocked));
        Effect::new(move || {
            if let Some(goals) = goals.get() {
                mark_unlocked(&goals, unlocked.get());
            }
        });
        if time_left.with_untracked(Option::is_some) {
            count_down(&end, move |left| {
                time_left.set((left > 0).then(|| span_of_seconds(left)));
                if left == 0 {
                    time_label.set("ended".to_owned());
                }
            });
        }
    });
    view! {
        <div class="campaign__progress">
            <Bar snapshot size=Size::Large stopped/>
        </div>
        <div class="campaign__act">
            <dl class="figures">
                <div class="figure figure--main">
                    <dt>"raised of " <span class="money">{move || snapshot.with(|now| now.goal.clone())}</span></dt>
                    <dd>
                        <data value=move || snapshot.with(|now| now.pledged_plain.clone())>
                            {move || snapshot.with(|now| now.pledged.clone())}
                        </data>
                    </dd>
                </div>
                <div class="figure">
                    <dt>"of the goal"</dt>
                    <dd>{move || format!("{} %", snapshot.with(|now| now.percent))}</dd>
                </div>
                <div class="figure">
                    <dt>{move || if snapshot.with(|now| now.backers) == 1 { "backer" } else { "backers" }}</dt>
                    <dd>{move || snapshot.with(|now| now.backers)}</dd>
                </div>
                <div class="figure">
                    <dt>{time_label} " " <time datetime=ends_at>{ends_on}</time></dt>
                    <dd>{move || time_left.get().unwrap_or_else(|| "—".to_owned())}</dd>
                </div>
            </dl>
            {pledge_at.clone().map(|href| view! {
                <a class="button button--primary button--large" href=href>"Back this campaign"</a>
            })}
        </div>
        <div node_ref=goals>{children()}</div>
        {pledge_at.map(|href| view! { <PledgeBar snapshot time_left href/> })}
    }
}

/// The first so many, since they are unlocked in their order.
fn mark_unlocked(goals: &HtmlDivElement, unlocked: u32) {
    for place in 1..=unlocked {
        if let Ok(Some(goal)) = goals.query_selector(&format!(".stretch__goal:nth-child({place})")) {
            let _ = goal.set_attribute("data-unlocked", "");
        }
    }
}

/// On a phone: the button, and the least that one must know before pressing it.
#[component]
fn PledgeBar(
    snapshot: RwSignal<Snapshot>,
    time_left: RwSignal<Option<String>>,
    href: String,
) -> impl IntoView {
    let left = move || time_left.get().map_or_else(|| "Ended".to_owned(), |left| format!("{left} left"));
    view! {
        <div class="pledge-bar">
            <p>
                <strong>{move || format!("{} %", snapshot.with(|now| now.percent))}</strong>
                <span>{left}</span>
            </p>
            <a class="button button--primary" href=href>"Back this campaign"</a>
        </div>
    }
}

/// Opens the event stream and tells of every snapshot on it. The browser reconnects by itself; the stream ends when
/// the island goes.
pub(super) fn follow(campaign: &str, tell: impl Fn(Snapshot) + 'static) {
    let Ok(mut source) = EventSource::new(&format!("/api/campaigns/{campaign}/progress")) else { return };
    let Ok(mut events) = source.subscribe("progress") else { return };
    let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    on_cleanup(move || drop(stop));
    spawn_local(async move {
        let mut stopped = stopped;
        while let futures::future::Either::Left((Some(event), _)) =
            futures::future::select(events.next(), &mut stopped).await
        {
            let Ok((_, message)) = event else { continue };
            let data = message.data().as_string().unwrap_or_default();
            if let Ok(snapshot) = serde_json::from_str::<Snapshot>(&data) {
                tell(snapshot);
            }
        }
        source.close();
    });
}
