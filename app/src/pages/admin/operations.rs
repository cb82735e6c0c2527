//! `/admin/operations`: the site's workings at one look, drawn anew at each visit.

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::waiting::{Odd, Parked, Queues, UnderWay};
use crate::api::operations::{
    AlarmView, CheckedView, GatewayView, OperationsView, ReconciledView, SeeAlarm, TryJobAgain, operations,
};
use crate::components::layout::Breadcrumbs;
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::Text;
use crate::components::table::Table;
use crate::components::time::instant;
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn OperationsPage() -> impl IntoView {
    let found = Resource::new_blocking(|| (), |()| operations());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(now) => view! { <Operations now/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Operations(now: OperationsView) -> impl IntoView {
    let error = form_error::<TryJobAgain>().or_else(form_error::<SeeAlarm>);
    view! {
        <Title text="Operations"/>
        <div class="wrap stack stack--loose">
            <Breadcrumbs trail=vec![("/admin".into(), "Running the site".into())] here="Operations".into()/>
            <header class="page-head">
                <h1>"Operations"</h1>
            </header>
            <Done/>
            <ErrorSummary error/>
            <Gateway gateway=now.gateway/>
            <Alarms alarms=now.alarms/>
            <Watch reconciled=now.reconciled checked=now.checked/>
            <Queues queues=now.queues/>
            <Parked jobs=now.parked may_act=now.may_act/>
            <Odd events=now.odd/>
            <UnderWay campaigns=now.settlements/>
        </div>
    }
}

/// What the last press of a button here did.
#[component]
fn Done() -> impl IntoView {
    let words = match use_query_map().read_untracked().get("done").as_deref() {
        Some("again") => Some("The job is tried again now."),
        Some("seen") => Some("The alarm is marked as seen. It is cleared when what it tells of is gone."),
        _ => None,
    };
    words.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })
}

#[component]
fn Gateway(gateway: GatewayView) -> impl IntoView {
    let tone = if gateway.answers { Tone::Success } else { Tone::Error };
    view! {
        <section class="stack" aria-labelledby="gateway">
            <h2 id="gateway">"Payment provider"</h2>
            <Notice tone>{gateway.condition}</Notice>
            {(!gateway.slowed.is_empty()).then(|| view! {
                <p>"It asked for a slower pace, which is kept at:"</p>
                <ul>{gateway.slowed.into_iter().map(|slowed| view! { <li>{slowed}</li> }).collect_view()}</ul>
            })}
        </section>
    }
}

#[component]
fn Alarms(alarms: Vec<AlarmView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="alarms">
            <h2 id="alarms">"Alarms"</h2>
            {if alarms.is_empty() {
                view! { <p class="muted">"None. Everything that must hold holds."</p> }.into_any()
            } else {
                view! {
                    <Table
                        caption="What is wrong now, the oldest first"
                        shows_caption=true
                        columns=&[Text("What"), Text("Where"), Text("Since"), Text("Seen by")]
                    >
                        {alarms.into_iter().map(|alarm| view! { <Alarm alarm/> }).collect_view()}
                    </Table>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn Alarm(alarm: AlarmView) -> impl IntoView {
    let label = format!("I have seen: {}, {}", alarm.kind, alarm.subject);
    view! {
        <tr>
            <th scope="row"><span>{alarm.kind}<span class="table__note">{alarm.detail}</span></span></th>
            <td data-label="Where"><code class="table__id">{alarm.subject}</code></td>
            <td data-label="Since"><At at=alarm.raised_at/></td>
            <td data-label="Seen by">
                {match alarm.seen_by {
                    Some(name) => view! { {name} }.into_any(),
                    None => view! {
                        <form method="post" action=SeeAlarm::url()>
                            <input type="hidden" name="alarm" value=alarm.id/>
                            <button class="button button--small" type="submit" aria-label=label>"I have seen it"</button>
                        </form>
                    }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
fn Watch(reconciled: Option<ReconciledView>, checked: Option<CheckedView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="watch">
            <h2 id="watch">"Who watches"</h2>
            <dl class="facts">
                <div>
                    <dt>"Self-check"</dt>
                    <dd>{checked.map_or_else(|| "Has not run yet: it does every ten minutes.".to_owned(), check_in_words)}</dd>
                </div>
                <div>
                    <dt>"Reconciliation"</dt>
                    <dd>{reconciled.map_or_else(|| "Has not run yet: it does every morning.".to_owned(), day_in_words)}</dd>
                </div>
            </dl>
        </section>
    }
}

fn check_in_words(last: CheckedView) -> String {
    let at = instant(last.at);
    if last.violated.is_empty() {
        return format!("{at}: all {} questions hold.", last.asked);
    }
    let violated = last.violated.join(", ").replace('_', " ");
    format!("{at}: {} of {} questions are violated: {violated}.", last.violated.len(), last.asked)
}

fn day_in_words(last: ReconciledView) -> String {
    format!(
        "{}, compared on {}: {} lines at the payment provider, {} adopted, {} differences.",
        last.day.format("%-d %B %Y"),
        instant(last.at),
        last.lines,
        last.adopted,
        last.differences
    )
}

/// An instant of the database's clock.
#[component]
pub fn At(at: DateTime<Utc>) -> impl IntoView {
    view! { <time datetime=at.to_rfc3339_opts(SecondsFormat::Secs, true)>{instant(at)}</time> }
}
