//! The statement as a table for a spreadsheet.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use backend::payouts::StatementLine;
use chrono::SecondsFormat;
use domain::Money;
use futures::stream;

use super::what;
use crate::csv;

const COLUMNS: [&str; 7] =
    ["Date (UTC)", "Campaign", "What", "Amount", "Of it shipping", "Currency", "Reference"];

pub(super) fn answer(year: i32, lines: Vec<StatementLine>) -> Response {
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
    let shipping = line.shipping.map(Money::plain).unwrap_or_default();
    csv::line([
        line.posted_at.to_rfc3339_opts(SecondsFormat::Secs, true).as_str(),
        line.campaign.as_str(),
        what(&line.kind),
        amount.as_str(),
        shipping.as_str(),
        line.amount.currency().code(),
        line.reference.as_str(),
    ])
}
