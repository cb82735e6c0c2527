//! The tables of what waits, what was put aside, and what is under way.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::operations::At;
use crate::api::operations::{OddEventView, ParkedView, QueueView, TryJobAgain, UnderWayView};
use crate::components::table::Column::{Acts, Number, Text};
use crate::components::table::Table;
use crate::components::time::instant;

/// Every queue, and how long its oldest has waited.
#[component]
pub fn Queues(queues: Vec<QueueView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="queues">
            <h2 id="queues">"What waits"</h2>
            <Table caption="What waits" columns=&[Text("Queue"), Number("Waiting"), Number("Oldest is due for")]>
                {queues.into_iter().map(|queue| view! {
                    <tr>
                        <th scope="row">{queue.name}</th>
                        <td class="table__num" data-label="Waiting">{queue.waiting}</td>
                        <td class="table__num" data-label="Oldest is due for">{queue.oldest}</td>
                    </tr>
                }).collect_view()}
            </Table>
        </section>
    }
}

/// Jobs that keep failing, each with a way to try it again.
#[component]
pub fn Parked(jobs: Vec<ParkedView>, may_act: bool) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="parked">
            <h2 id="parked">"Jobs that keep failing"</h2>
            {if jobs.is_empty() {
                view! { <p class="muted">"None."</p> }.into_any()
            } else {
                view! {
                    <Table
                        caption="Nothing is lost: each waits here until it is tried again. Repeated, it does nothing twice."
                        shows_caption=true
                        columns=&[Text("Job"), Text("Last error"), Number("Tries"), Text("Since"), Acts]
                    >
                        {jobs.into_iter().map(|job| view! { <ParkedJob job may_act/> }).collect_view()}
                    </Table>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn ParkedJob(job: ParkedView, may_act: bool) -> impl IntoView {
    let label = format!("Try again: {} {}", job.kind, job.id);
    view! {
        <tr>
            <th scope="row"><span>{job.kind}<code class="table__note table__id">{job.id.clone()}</code></span></th>
            <td data-label="Last error">{job.error}</td>
            <td class="table__num" data-label="Tries">{job.attempts}</td>
            <td data-label="Since"><At at=job.since/></td>
            <td class="table__end">
                {may_act.then(|| view! {
                    <form method="post" action=TryJobAgain::url()>
                        <input type="hidden" name="job" value=job.id/>
                        <button class="button button--small" type="submit" aria-label=label>"Try again"</button>
                    </form>
                })}
            </td>
        </tr>
    }
}

/// Events that did not go the usual way.
#[component]
pub fn Odd(events: Vec<OddEventView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="odd">
            <h2 id="odd">"Odd events"</h2>
            {if events.is_empty() {
                view! { <p class="muted">"None in the last 30 days."</p> }.into_any()
            } else {
                view! {
                    <ul class="chips">
                        {counted(&events).into_iter().map(|(outcome, count)| view! {
                            <li><span class="chip">{outcome} ": " {count}</span></li>
                        }).collect_view()}
                    </ul>
                    <Table
                        caption="Events of the last 30 days that did not go the usual way, newest first, a hundred at most"
                        shows_caption=true
                        columns=&[Text("Event"), Text("What became of it"), Text("When")]
                    >
                        {events.into_iter().map(|event| view! {
                            <tr>
                                <th scope="row"><span>{event.kind}<code class="table__note table__id">{event.id}</code></span></th>
                                <td data-label="What became of it">{event.outcome}</td>
                                <td data-label="When"><At at=event.at/></td>
                            </tr>
                        }).collect_view()}
                    </Table>
                }.into_any()
            }}
        </section>
    }
}

fn counted(events: &[OddEventView]) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for event in events {
        *counts.entry(event.outcome.clone()).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// Campaigns that are being settled.
#[component]
pub fn UnderWay(campaigns: Vec<UnderWayView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="settlements">
            <h2 id="settlements">"Settlements under way"</h2>
            {if campaigns.is_empty() {
                view! { <p class="muted">"None."</p> }.into_any()
            } else {
                view! {
                    <Table
                        caption="Settlements under way"
                        columns=&[Text("Campaign"), Text("Began"), Text("Payments can be fixed until"), Number("Open pledges"), Number("Open")]
                    >
                        {campaigns.into_iter().map(|campaign| view! {
                            <tr>
                                <th scope="row">
                                    <a href=format!("/campaigns/{}/settlement", campaign.slug)>{campaign.title}</a>
                                </th>
                                <td data-label="Began"><At at=campaign.began_at/></td>
                                <td data-label="Payments can be fixed until">
                                    {campaign.retry_until.map_or("–".to_owned(), instant)}
                                </td>
                                <td class="table__num" data-label="Open pledges">{campaign.open}</td>
                                <td class="table__num" data-label="Open">{campaign.open_amount}</td>
                            </tr>
                        }).collect_view()}
                    </Table>
                }.into_any()
            }}
        </section>
    }
}
