//! `/admin/reports.csv?day=…`: every entry of a day of the ledger, streamed as the database sends it. For staff.

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend::accounts::cookie::SessionCookie;
use backend::accounts::{Role, sessions};
use backend::books::{self, JournalLine};
use chrono::{NaiveDate, SecondsFormat};
use futures::{StreamExt, stream};
use serde::Deserialize;

use crate::router::Site;

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
        Err(error) => {
            tracing::error!(%error, "who asks for a report");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
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
    let cookies = headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let Some(token) = SessionCookie::of(&site.ctx.config.public_url).read(cookies).map(str::to_owned) else {
        return Ok(false);
    };
    let viewer = sessions::by_token(&site.ctx.db, &token).await?;
    Ok(viewer
        .is_some_and(|viewer| viewer.roles.contains(&Role::Moderator) || viewer.roles.contains(&Role::Admin)))
}

fn row(line: &JournalLine) -> String {
    let id = |id: Option<String>| id.unwrap_or_default();
    let cells = [
        line.posted_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        line.transaction.to_string(),
        safe(&line.kind),
        safe(&line.reference),
        safe(&line.account),
        line.amount.to_string(),
        safe(&line.currency),
        id(line.campaign.map(|campaign| campaign.to_string())),
        id(line.pledge.map(|pledge| pledge.to_string())),
    ];
    cells.join(",") + "\r\n"
}

/// A cell that no spreadsheet takes for a formula, quoted where it must be.
fn safe(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Case 61
    #[test]
    fn no_cell_is_a_formula_or_ends_its_row() {
        assert_eq!(safe("pi_1"), "pi_1");
        assert_eq!(safe("=1+1"), "\"'=1+1\"");
        assert_eq!(safe("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(safe("-2"), "\"'-2\"");
        assert_eq!(safe("a,\"b\"\r\nc"), "\"a,\"\"b\"\"\r\nc\"");
    }
}
