//! `GET /studio/payouts/statement.csv?year=`: a creator's movements of a year, for their bookkeeping.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use backend::accounts::Viewer;
use backend::accounts::cookie::SessionCookie;
use backend::accounts::sessions;
use backend::payouts::{self, StatementLine};
use chrono::SecondsFormat;
use futures::stream;
use serde::Deserialize;

use crate::csv;
use crate::router::Site;

const COLUMNS: [&str; 6] = ["Date (UTC)", "Campaign", "What", "Amount", "Currency", "Reference"];

#[derive(Deserialize)]
pub struct Wanted {
    year: i32,
}

pub async fn csv(
    State(site): State<Site>,
    Query(Wanted { year }): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let viewer = match viewer(&site, &headers).await {
        Ok(Some(viewer)) => viewer,
        Ok(None) => return Redirect::to("/login?next=/studio/payouts").into_response(),
        Err(error) => return failed(&error),
    };
    if !(2000..=2999).contains(&year) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match payouts::statement(&site.ctx.db, viewer.person_id, year).await {
        Ok(lines) => table(year, lines),
        Err(error) => failed(&error),
    }
}

async fn viewer(site: &Site, headers: &HeaderMap) -> backend::Result<Option<Viewer>> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    match SessionCookie::of(&site.ctx.config.public_url).read(cookies) {
        Some(token) => sessions::by_token(&site.ctx.db, token).await,
        None => Ok(None),
    }
}

fn failed(error: &backend::Error) -> Response {
    tracing::error!(%error, "a statement could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn table(year: i32, lines: Vec<StatementLine>) -> Response {
    let headers: [(HeaderName, String); 3] = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".into()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"groundswell-{year}.csv\"")),
        (CACHE_CONTROL, "no-store".into()),
    ];
    let head = std::iter::once(csv::line(COLUMNS));
    let lines = head.chain(lines.into_iter().map(row)).map(Ok::<_, Infallible>);
    (headers, Body::from_stream(stream::iter(lines))).into_response()
}

fn row(line: StatementLine) -> String {
    let amount = line.amount.plain();
    csv::line([
        line.posted_at.to_rfc3339_opts(SecondsFormat::Secs, true).as_str(),
        line.campaign.as_str(),
        what(&line.kind),
        amount.as_str(),
        line.amount.currency().code(),
        line.reference.as_str(),
    ])
}

/// The ledger's kinds in words.
fn what(kind: &str) -> &str {
    match kind {
        "captured" => "Paid by a backer",
        "platform_fee" => "The platform's share",
        "platform_fee_returned" => "The platform's share, returned",
        "gateway_fee_passed_on" => "Kept by the payment provider",
        "refunded" => "Given back to a backer",
        "paid_out" => "Paid to you",
        "paid_out_returned" => "Taken back from you",
        "creator_debt" => "Owed by you",
        other => other,
    }
}
