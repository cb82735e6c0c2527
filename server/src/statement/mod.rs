//! `GET /studio/payouts/statement.csv?year=` and `.pdf`: a creator's movements of a year, for their bookkeeping.

mod sheet;
mod table;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use backend::accounts::Viewer;
use backend::payouts;
use serde::Deserialize;

use crate::papers;
use crate::router::Site;
use crate::trouble::failed;
use crate::viewer::viewer;

#[derive(Deserialize)]
pub struct Wanted {
    year: i32,
}

/// Every movement, a line each.
pub async fn csv(State(site): State<Site>, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let (creator, year) = match asked(&site, &headers, &wanted).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    match payouts::statement(&site.ctx.db, creator.person_id, year).await {
        Ok(lines) => table::answer(year, lines),
        Err(error) => failed("a statement", &error),
    }
}

/// The movements of a day summed up, between what was held before and after.
pub async fn pdf(State(site): State<Site>, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let (creator, year) = match asked(&site, &headers, &wanted).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    match sheet::draw(&site.ctx, &creator, year).await {
        Ok(paper) => papers::answer(&format!("groundswell-{year}.pdf"), paper).await,
        Err(error) => failed("a statement", &error),
    }
}

/// Who asks for which year, or what they are told instead.
async fn asked(site: &Site, headers: &HeaderMap, wanted: &Wanted) -> Result<(Viewer, i32), Response> {
    match viewer(site, headers).await {
        Ok(Some(_)) if !(2000..=2999).contains(&wanted.year) => Err(StatusCode::NOT_FOUND.into_response()),
        Ok(Some(viewer)) => Ok((viewer, wanted.year)),
        Ok(None) => Err(Redirect::to("/login?next=/studio/payouts").into_response()),
        Err(error) => Err(failed("a statement", &error)),
    }
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
        "creator_debt" | "creator_owes" => "Owed by you",
        "creator_debt_covered" | "debt_set_off" => "Set off against what you owed",
        "reserved" => "Held back for refunds to come",
        "reserve_released" => "Held back until now",
        "reserve_used" => "Held back, used for a refund or dispute",
        "refund_failed" => "A refund that came back",
        "platform_fee_taken_again" => "The platform's share of a refund that came back",
        "dispute_lost" => "Taken back by a backer's bank",
        "gateway_fee_taken_back" => "Kept by the payment provider, borne by the platform",
        other => other,
    }
}
