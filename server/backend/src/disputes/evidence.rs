//! The answer to a dispute: saved as a draft as often as one likes, sent once, by a job.

use domain::{DisputeId, DisputeState, PersonId, PledgeId};
use sqlx::PgConnection;

use super::follow;
use crate::jobs::{self, Job};
use crate::payments::{Evidence, GatewayError};
use crate::{Ctx, Error, Result, rows};

/// What the gateway takes of all texts together, with room for our own headings.
const LONGEST: usize = 20_000;

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceRefusal {
    /// No such dispute, or not this person's: the same answer.
    #[error("This dispute does not exist.")]
    NotFound,
    #[error("The bank takes no more evidence in this dispute.")]
    TooLate,
    #[error("This evidence was sent already. It cannot be changed any more.")]
    Sent,
    #[error("Say something in your own words: it is what the bank reads first.")]
    Empty,
    #[error("Keep it below 20,000 characters.")]
    TooLong,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for EvidenceRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Keeps a draft.
///
/// # Errors
/// [`EvidenceRefusal`]: the draft then stays as it was.
pub async fn save(
    ctx: &Ctx,
    by: PersonId,
    dispute: DisputeId,
    evidence: &Evidence,
) -> Result<(), EvidenceRefusal> {
    let mut tx = ctx.db.begin().await?;
    hold_open(&mut tx, by, dispute).await?;
    write(&mut tx, by, dispute, evidence).await?;
    tx.commit().await?;
    Ok(())
}

/// Decides that this is the answer. A job sends it.
///
/// # Errors
/// [`EvidenceRefusal`]: then nothing is sent.
pub async fn submit(
    ctx: &Ctx,
    by: PersonId,
    dispute: DisputeId,
    evidence: &Evidence,
) -> Result<(), EvidenceRefusal> {
    if evidence.statement.trim().is_empty() {
        return Err(EvidenceRefusal::Empty);
    }
    let mut tx = ctx.db.begin().await?;
    hold_open(&mut tx, by, dispute).await?;
    write(&mut tx, by, dispute, evidence).await?;
    sqlx::query!(
        "update dispute_evidence set submitted_at = clock() where dispute_id = $1",
        dispute as DisputeId
    )
    .execute(&mut *tx)
    .await?;
    jobs::stage(&mut tx, &[(Job::SubmitEvidence(dispute), format!("evidence_{dispute}"))]).await?;
    tx.commit().await?;
    Ok(())
}

/// The dispute, held, if this person may answer it and it can still be answered.
async fn hold_open(db: &mut PgConnection, by: PersonId, dispute: DisputeId) -> Result<(), EvidenceRefusal> {
    let row = sqlx::query!(
        r#"select disputes.state, coalesce(evidence_due_at < clock(), false) as "late!",
                  exists (select from dispute_evidence
                          where dispute_id = disputes.id and submitted_at is not null) as "sent!"
           from disputes
           join pledges on pledges.id = pledge_id
           join campaigns on campaigns.id = campaign_id
           where disputes.id = $1
                 and (creator_id = $2 or exists (select from person_roles where person_id = $2 and role = 'admin'))
           for update of disputes"#,
        dispute as DisputeId,
        by as PersonId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(EvidenceRefusal::NotFound)?;
    let state: DisputeState = rows::named("disputes.state", &row.state)?;
    if row.sent {
        return Err(EvidenceRefusal::Sent);
    }
    if row.late || !state.takes_evidence() {
        return Err(EvidenceRefusal::TooLate);
    }
    Ok(())
}

async fn write(
    db: &mut PgConnection,
    by: PersonId,
    dispute: DisputeId,
    evidence: &Evidence,
) -> Result<(), EvidenceRefusal> {
    let Evidence {
        product_description,
        delivery,
        tracking_number,
        customer_communication,
        refund_policy,
        statement,
    } = evidence;
    let texts =
        [product_description, delivery, tracking_number, customer_communication, refund_policy, statement];
    if texts.iter().map(|text| text.chars().count()).sum::<usize>() > LONGEST {
        return Err(EvidenceRefusal::TooLong);
    }
    sqlx::query!(
        "insert into dispute_evidence (dispute_id, product_description, delivery, tracking_number,
                                       customer_communication, refund_policy, statement, saved_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (dispute_id) do update
         set product_description = $2, delivery = $3, tracking_number = $4, customer_communication = $5,
             refund_policy = $6, statement = $7, saved_by = $8, saved_at = clock()",
        dispute as DisputeId,
        product_description,
        delivery,
        tracking_number,
        customer_communication,
        refund_policy,
        statement,
        by as PersonId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The job: sends what was decided, and notes what the gateway says. Done twice it is done once.
pub(crate) async fn send_evidence(ctx: &Ctx, dispute: DisputeId) -> Result<()> {
    let row = sqlx::query!(
        r#"select gateway_dispute_id, pledge_id as "pledge: PledgeId", product_description, delivery, tracking_number,
                  customer_communication, refund_policy, statement
           from disputes join dispute_evidence on dispute_id = disputes.id
           where disputes.id = $1"#,
        dispute as DisputeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let evidence = Evidence {
        product_description: row.product_description,
        delivery: row.delivery,
        tracking_number: row.tracking_number,
        customer_communication: row.customer_communication,
        refund_policy: row.refund_policy,
        statement: row.statement,
    };
    let id = &row.gateway_dispute_id;
    let said = match ctx.payments.submit_evidence(id, row.pledge, &evidence).await {
        Ok(said) => said,
        // Answered or closed meanwhile: what it says now is what counts.
        Err(Error::Gateway(GatewayError::Refused { .. })) => {
            let said = ctx.payments.dispute(id).await?;
            if said.state.takes_evidence() {
                return Err(Error::broken(format!("{id}: evidence refused")));
            }
            said
        }
        Err(error) => return Err(error),
    };
    ctx.faults.step("evidence.sent");
    follow::note(ctx, row.pledge, &said).await
}
