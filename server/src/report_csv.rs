//! `/admin/reports.csv?day=…`: every entry of a day of the ledger, streamed as the database sends it. For staff.

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend::accounts::Role;
use backend::books::{self, JournalLine};
use chrono::{NaiveDate, SecondsFormat};
use futures::{StreamExt, stream};
use serde::Deserialize;

use crate::csv;
use crate::router::Site;
use crate::trouble::failed;
use crate::viewer::viewer;

#[derive(Deserialize)]
pub struct Wanted {
    day: NaiveDate,
}

const HEADINGS: &str = "posted_at,transaction,kind,reference,account,amount,currency,campaign,pledge\r\n";

pub async fn stream(
    State(site): State<Site>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match is_staff(&site, &headers).await {
        Ok(true) => {}
        Ok(false) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed("a report", &error),
    }
    let Ok(Query(Wanted { day })) = wanted else { return StatusCode::NOT_FOUND.into_response() };
    let rows = books::journal(site.ctx.db.clone(), day).map(|line| {
        // An answer that breaks off is not taken for a whole one: its connection ends without the last chunk.
        line.map(|line| Bytes::from(row(&line)))
            .inspect_err(|error| tracing::error!(%error, "a report broke off"))
    });
    let heading = stream::once(async { Ok::<_, backend::Error>(Bytes::from_static(HEADINGS.as_bytes())) });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"ledger-{day}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(heading.chain(rows))).into_response()
}

async fn is_staff(site: &Site, headers: &HeaderMap) -> backend::Result<bool> {
    Ok(viewer(site, headers)
        .await?
        .is_some_and(|viewer| viewer.roles.contains(&Role::Moderator) || viewer.roles.contains(&Role::Admin)))
}

fn row(line: &JournalLine) -> String {
    let cells = [
        line.posted_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        line.transaction.to_string(),
        line.kind.clone(),
        line.reference.clone(),
        line.account.clone(),
        line.amount.to_string(),
        line.currency.clone(),
        line.campaign.map(|campaign| campaign.to_string()).unwrap_or_default(),
        line.pledge.map(|pledge| pledge.to_string()).unwrap_or_default(),
    ];
    csv::line(cells.iter().map(String::as_str))
}
