//! `GET /pledges/{id}/receipts/{number}.pdf`: a receipt as a file, for whoever paid.

use app::api::refunds::ReceiptView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use backend::{Ctx, Result, clock, receipts};
use chrono::{DateTime, Utc};
use domain::{PersonId, PledgeId};
use paper::{Paper, Part};
use uuid::Uuid;

use crate::papers;
use crate::router::Site;
use crate::trouble::failed;
use crate::viewer::backer;

pub async fn show(
    State(site): State<Site>,
    Path((pledge, file)): Path<(Uuid, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(number) = file.strip_suffix(".pdf") else { return StatusCode::NOT_FOUND.into_response() };
    let backer = match backer(&site, &headers, PledgeId(pledge)).await {
        Ok(Some(backer)) => backer.person,
        // The page says whether there is nothing, or whether logging in would help.
        Ok(None) => return Redirect::to(&format!("/pledges/{pledge}/receipt")).into_response(),
        Err(error) => return failed("a receipt", &error),
    };
    match found(&site.ctx, backer, PledgeId(pledge), number).await {
        Ok(Some((receipt, now))) => {
            papers::answer(&format!("receipt-{}.pdf", receipt.number), drawn(receipt, PledgeId(pledge), now))
                .await
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed("a receipt", &error),
    }
}

async fn found(
    ctx: &Ctx,
    backer: PersonId,
    pledge: PledgeId,
    number: &str,
) -> Result<Option<(ReceiptView, DateTime<Utc>)>> {
    let receipts = receipts::of_pledge(&ctx.db, backer, pledge).await?;
    let Some(receipt) = receipts.into_iter().find(|receipt| receipt.number == number) else {
        return Ok(None);
    };
    Ok(Some((receipt.into(), clock::now(&ctx.db).await?)))
}

/// The same words as on the page of receipts.
fn drawn(receipt: ReceiptView, pledge: PledgeId, made_at: DateTime<Utc>) -> Paper {
    let (title, total) = (receipt.title(), receipt.total());
    let lines = receipt.lines().into_iter().map(|(name, amount)| (name, amount.to_string()));
    let lines: Vec<_> = lines.collect();
    let facts = [
        ("Number", receipt.number.clone()),
        ("Date", receipt.issued_at.format("%-d %B %Y at %H:%M UTC").to_string()),
        ("From", receipt.seller.clone()),
        ("To", receipt.buyer),
        ("For", receipt.campaign_title),
        ("Reward", receipt.reward_title.unwrap_or_else(|| "None".into())),
        ("Pledge", pledge.to_string()),
    ];
    Paper {
        title,
        from: receipt.seller,
        made_at,
        parts: vec![
            Part::Facts(facts.map(|(name, fact)| (name.to_owned(), fact)).into_iter().chain(lines).collect()),
            Part::Total(total.into(), receipt.amount.to_string()),
            Part::Note(ReceiptView::NOTE.into()),
        ],
    }
}
