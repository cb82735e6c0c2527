//! The live bar's stream: Server-Sent Events with the present snapshot first, then every newer one.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend::live::Encoded;
use backend::throttle::ClientAddress;
use domain::CampaignId;
use futures::{Stream, StreamExt, stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::router::Site;
use crate::watchers::NoPlace;

/// Proxies close what is silent for a minute; this is well below.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// `GET /api/campaigns/{id}/progress`
pub async fn stream(
    State(site): State<Site>,
    Extension(address): Extension<ClientAddress>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(campaign) = id.parse::<CampaignId>() else { return StatusCode::NOT_FOUND.into_response() };
    let place = match site.watchers.enter(address) {
        Ok(place) => place,
        Err(full) => return refuse(full),
    };
    // Watch before reading: what changes in between is then seen twice rather than never.
    let watching = site.ctx.live.watch(campaign);
    match backend::campaigns::progress(&site.ctx.db, campaign).await {
        Ok(Some(progress)) => {
            let seen = last_event_id(&headers);
            let events = events(Encoded::of(&progress), seen, watching);
            let held = events.map(move |event| {
                // The place is kept for as long as the stream lives.
                let _ = &place;
                event
            });
            respond(held.take_until(site.stop.cancelled_owned()))
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a progress stream could not be started");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn refuse(full: NoPlace) -> Response {
    let status = match full {
        NoPlace::ForThisAddress => StatusCode::TOO_MANY_REQUESTS,
        NoPlace::ForAnybody => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(header::RETRY_AFTER, "60")]).into_response()
}

/// What a reconnecting browser saw last.
fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

fn respond(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would otherwise keep events until its buffer is full.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response()
}

fn events(
    first: Encoded,
    seen: Option<i64>,
    watching: watch::Receiver<Option<Encoded>>,
) -> impl Stream<Item = Bytes> {
    // Nobody who saw the present snapshot needs it again.
    let opening =
        if seen == Some(first.version) { Bytes::from_static(b": welcome back\n\n") } else { first.event };
    let following = stream::unfold((watching, first.version), next);
    stream::once(async { opening }).chain(following)
}

/// The next newer snapshot, or a heartbeat when there is none for a while.
async fn next(
    (mut watching, shown): (watch::Receiver<Option<Encoded>>, i64),
) -> Option<(Bytes, (watch::Receiver<Option<Encoded>>, i64))> {
    let beat = sleep_until(Instant::now() + HEARTBEAT);
    tokio::pin!(beat);
    loop {
        tokio::select! {
            changed = watching.changed() => {
                changed.ok()?;
                let newest = watching.borrow_and_update().clone();
                if let Some(newest) = newest.filter(|newest| newest.version > shown) {
                    return Some((newest.event, (watching, newest.version)));
                }
            }
            () = &mut beat => return Some((Bytes::from_static(b": beat\n\n"), (watching, shown))),
        }
    }
}
