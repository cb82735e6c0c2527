//! Disputes as the creator, staff and the backer see them.

use chrono::{DateTime, Utc};
use domain::{DisputeId, DisputeState, Money, PersonId, PledgeId};
use sqlx::PgPool;

use crate::payments::Evidence;
use crate::{Result, rows};

/// The most disputes one page lists.
const LONGEST_LIST: i64 = 200;

#[derive(Clone, Debug)]
pub struct DisputeLine {
    pub id: DisputeId,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub backer: String,
    pub amount: Money,
    /// The gateway's word.
    pub reason: String,
    pub state: DisputeState,
    pub evidence_due_at: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// One dispute with its answer.
#[derive(Clone, Debug)]
pub struct DisputePage {
    pub line: DisputeLine,
    pub evidence: Evidence,
    pub saved_at: Option<DateTime<Utc>>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// Whether evidence is taken just now.
    pub open: bool,
}

/// A creator's own disputes, or everybody's for an administrator; what is to be answered first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &PgPool, asker: PersonId) -> Result<Vec<DisputeLine>> {
    select(db, asker, None).await
}

/// One of them; `None` when there is none or it is somebody else's.
///
/// # Errors
/// When the database does not answer.
pub async fn page(db: &PgPool, asker: PersonId, dispute: DisputeId) -> Result<Option<DisputePage>> {
    let Some(line) = select(db, asker, Some(dispute)).await?.pop() else { return Ok(None) };
    let draft = sqlx::query!(
        "select product_description, delivery, tracking_number, customer_communication, refund_policy, statement,
                saved_at, submitted_at
         from dispute_evidence where dispute_id = $1",
        dispute as DisputeId,
    )
    .fetch_optional(db)
    .await?;
    let now = crate::clock::now(db).await?;
    let on_time = line.evidence_due_at.is_none_or(|due| now <= due);
    let mut page = DisputePage {
        open: on_time && line.state.takes_evidence(),
        line,
        evidence: Evidence::default(),
        saved_at: None,
        submitted_at: None,
    };
    if let Some(draft) = draft {
        page.evidence = Evidence {
            product_description: draft.product_description,
            delivery: draft.delivery,
            tracking_number: draft.tracking_number,
            customer_communication: draft.customer_communication,
            refund_policy: draft.refund_policy,
            statement: draft.statement,
        };
        page.saved_at = Some(draft.saved_at);
        page.submitted_at = draft.submitted_at;
        page.open &= draft.submitted_at.is_none();
    }
    Ok(Some(page))
}

/// Whether a pledge's payment is or was disputed, for its backer; the latest.
///
/// # Errors
/// When the database does not answer.
pub async fn of_pledge(db: &PgPool, pledge: PledgeId) -> Result<Option<(DisputeState, Money)>> {
    let row = sqlx::query!(
        "select state, amount, currency from disputes where pledge_id = $1 order by opened_at desc limit 1",
        pledge as PledgeId,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((rows::named("disputes.state", &row.state)?, rows::money(row.amount, &row.currency)?)))
        .transpose()
}

async fn select(db: &PgPool, asker: PersonId, only: Option<DisputeId>) -> Result<Vec<DisputeLine>> {
    let found = sqlx::query!(
        r#"select disputes.id as "id: DisputeId", slug, title, display_name, disputes.amount, disputes.currency,
                  reason, disputes.state, evidence_due_at, opened_at, closed_at
           from disputes
           join pledges on pledges.id = pledge_id
           join campaigns on campaigns.id = campaign_id
           join people on people.id = backer_id
           where (creator_id = $1 or exists (select from person_roles where person_id = $1 and role = 'admin'))
                 and ($2::uuid is null or disputes.id = $2)
           order by closed_at is not null, evidence_due_at nulls last, opened_at desc limit $3"#,
        asker as PersonId,
        only as Option<DisputeId>,
        LONGEST_LIST,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            Ok(DisputeLine {
                id: row.id,
                campaign_slug: row.slug,
                campaign_title: row.title,
                backer: row.display_name,
                amount: rows::money(row.amount, &row.currency)?,
                reason: row.reason,
                state: rows::named("disputes.state", &row.state)?,
                evidence_due_at: row.evidence_due_at,
                opened_at: row.opened_at,
                closed_at: row.closed_at,
            })
        })
        .collect()
}
