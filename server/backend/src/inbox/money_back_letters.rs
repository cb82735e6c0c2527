//! What refunds and disputes are written about, to backers and to the creator. Staged in the batch's own transaction.

use domain::{DisputeState, PersonId, RefundState};

use super::row::Row;
use crate::mail::{
    About, DisputeClosed, DisputeOpened, Letter, Post, RefundFailed, RefundFailedCreator, Refunded,
};

/// The pages that letters about a pledge's refunds and disputes lead to.
pub(super) struct Paths {
    refunds: String,
    disputes: Vec<String>,
}

pub(super) fn paths(campaign: About<'_>, rows: &[&Row]) -> Vec<Paths> {
    let disputes =
        |row: &Row| row.disputes.iter().map(|dispute| format!("/disputes/{}", dispute.id)).collect();
    rows.iter()
        .map(|row| Paths {
            refunds: format!("/campaigns/{}/pledges", campaign.slug),
            disputes: disputes(row),
        })
        .collect()
}

/// All that there is to say about them; what was said before is not said again.
pub(super) fn letters<'a>(
    campaign: About<'a>,
    creator: PersonId,
    backer: PersonId,
    row: &'a Row,
    paths: &'a Paths,
) -> Vec<Post<'a>> {
    let mut post = Vec::new();
    for refund in &row.refunds {
        let (id, amount) = (refund.id, refund.amount);
        if refund.state == RefundState::Succeeded {
            let letter =
                Refunded { campaign, pledge: row.id, amount, charged: row.amount, reason: &refund.reason };
            post.push(to(backer, format!("refunded_{id}"), Letter::Refunded(letter)));
            continue;
        }
        if refund.came_back() {
            let letter = RefundFailed { campaign, pledge: row.id, amount };
            post.push(to(backer, format!("refund_failed_{id}"), Letter::RefundFailed(letter)));
        }
        let letter = RefundFailedCreator { campaign, amount, path: &paths.refunds };
        let key = format!("refund_failed_creator_{id}");
        post.push(to(creator, key, Letter::RefundFailedCreator(letter)));
    }
    for (dispute, path) in row.disputes.iter().zip(&paths.disputes) {
        let (id, amount) = (dispute.id, dispute.amount);
        let inquiry = dispute.state == DisputeState::Inquiry;
        if let (true, Some(answer_until)) = (dispute.state.takes_evidence(), dispute.evidence_due_at) {
            let key = if inquiry { format!("inquiry_opened_{id}") } else { format!("dispute_opened_{id}") };
            let letter = DisputeOpened { campaign, amount, inquiry, answer_until, path };
            post.push(to(creator, key, Letter::DisputeOpened(letter)));
        }
        if dispute.state.is_closed() {
            let letter = DisputeClosed { campaign, amount, kept: dispute.state != DisputeState::Lost, path };
            post.push(to(creator, format!("dispute_closed_{id}"), Letter::DisputeClosed(letter)));
        }
    }
    post
}

fn to(person: PersonId, dedupe_key: String, letter: Letter<'_>) -> Post<'_> {
    Post { to: person, dedupe_key, letter }
}
