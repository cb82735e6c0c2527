//! `/account/sessions`: every browser in which one is logged in, and how to end it from here.

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::form::{ErrorSummary, form_error};
use super::query;
use crate::api::account::{EndOtherSessions, EndSession, SessionLine, my_sessions};
use crate::api::error::ApiError;
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::{Acts, Text};
use crate::components::table::Table;
use crate::components::time::instant;
use crate::next_path::log_in_address;

#[component]
pub fn SessionsPage() -> impl IntoView {
    let sessions = Resource::new_blocking(|| (), |()| my_sessions());
    let error = form_error::<EndSession>().or_else(form_error::<EndOtherSessions>);
    view! {
        <Title text="Where you are logged in"/>
        <div class="wrap">
            <header class="page-head">
                <h1>"Where you are logged in"</h1>
                <p class="page-head__lead">
                    "A browser you do not know? Log it out here. A log-in ends by itself after two weeks without a visit."
                </p>
            </header>
            <div class="stack">
                <Done/>
                <ErrorSummary error/>
                <Suspense>{move || Suspend::new(async move { answer(sessions.await) })}</Suspense>
            </div>
        </div>
    }
}

fn answer(sessions: Result<Vec<SessionLine>, ApiError>) -> AnyView {
    match sessions {
        Ok(sessions) => view! { <Sessions sessions/> }.into_any(),
        Err(ApiError::LoginNeeded) => {
            view! { <Redirect path=log_in_address("/account/sessions")/> }.into_any()
        }
        Err(error) => view! { <ErrorSummary error=Some(error)/> }.into_any(),
    }
}

/// What the last press of a button here did.
#[component]
fn Done() -> impl IntoView {
    let words = match query("ended").as_str() {
        "" => None,
        "others" => Some("You are now logged in here only."),
        _ => Some("That browser is logged out."),
    };
    words.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })
}

#[component]
fn Sessions(sessions: Vec<SessionLine>) -> impl IntoView {
    let others = sessions.iter().filter(|session| !session.is_this).count();
    view! {
        <Table
            caption="Where you are logged in"
            columns=&[Text("Device"), Text("Logged in"), Text("Last seen"), Acts]
        >
            {sessions.into_iter().map(|session| view! { <Row session/> }).collect_view()}
        </Table>
        {(others > 0).then(|| view! { <EndOthers others/> })}
    }
}

#[component]
fn Row(session: SessionLine) -> impl IntoView {
    let SessionLine { id, device, created_at, last_seen_at, is_this } = session;
    let label = format!("Log out {device}");
    view! {
        <tr>
            <th scope="row">
                {device} {is_this.then(|| view! { " " <span class="badge badge--live">"This session"</span> })}
            </th>
            <td data-label="Logged in">
                <Instant at=created_at/>
            </td>
            <td data-label="Last seen">
                <Instant at=last_seen_at/>
            </td>
            <td class="table__end">
                {(!is_this)
                    .then(|| {
                        view! {
                            <form method="post" action=EndSession::url()>
                                <input type="hidden" name="session" value=id.to_string()/>
                                <button class="button button--small" type="submit" aria-label=label>
                                    "Log out"
                                </button>
                            </form>
                        }
                    })}
            </td>
        </tr>
    }
}

#[component]
fn Instant(at: DateTime<Utc>) -> impl IntoView {
    view! {
        <time datetime=at.to_rfc3339_opts(SecondsFormat::Secs, true)>{instant(at)}</time>
    }
}

#[component]
fn EndOthers(others: usize) -> impl IntoView {
    let words = match others {
        1 => "One other browser is logged out at once. You stay logged in here.".to_owned(),
        others => format!("{others} other browsers are logged out at once. You stay logged in here."),
    };
    view! {
        <details class="confirm">
            <summary class="button button--danger">"Log out everywhere else…"</summary>
            <form class="confirm__box" method="post" action=EndOtherSessions::url()>
                <p>
                    <strong>"Log out everywhere else?"</strong>
                    " "
                    {words}
                </p>
                <div class="cluster">
                    <button class="button button--danger" type="submit">"Log out everywhere else"</button>
                    <a class="button button--quiet" href="/account/sessions">"Leave it"</a>
                </div>
            </form>
        </details>
    }
}
