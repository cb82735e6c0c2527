//! The task that sends. It holds no lock and no transaction while it talks: a mail is claimed with a lease, sent, and
//! then marked. A process that dies in between leaves it to the next.

use std::time::Duration;

use domain::PersonId;
use lettre::Address;
use tokio_util::sync::CancellationToken;

use super::links;
use super::message::{self, Due};
use super::smtp::{Failure, Line};
use super::smtp_server::SmtpServer;
use crate::{Ctx, Result};

/// Pauses double from half a minute up to six hours; the last of these tries comes about two and a half days after the
/// first.
const TRIES: i32 = 20;
/// Longer than sending one mail may take: after it the mail is somebody else's.
const LEASE_SECONDS: f64 = 180.0;
const LOOK_AROUND: Duration = Duration::from_millis(500);
/// Between two looks at a server that is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After so many the task sees whether it is to stop.
const ROUND: usize = 50;

/// What became of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Mails whose turn it was.
    pub tried: usize,
    /// The rest waits: there is nobody to give it to.
    pub server_is_away: bool,
}

/// Sends until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    let mut pause = LOOK_AROUND;
    while !stop.is_cancelled() {
        pause = match send_due(&ctx).await {
            Ok(round) if round.server_is_away => (pause * 2).min(LONGEST_PAUSE),
            Ok(round) if round.tried == ROUND => continue,
            Ok(_) => LOOK_AROUND,
            Err(error) => {
                tracing::error!(%error, "mail");
                LOOK_AROUND
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Sends what is due now, one after the other. Tests pump it by hand.
///
/// # Errors
/// When the database cannot be asked. What a mail server does is never an error here: it is written to the mail.
pub async fn send_due(ctx: &Ctx) -> Result<Round> {
    let mut round = Round::default();
    let mut line = None;
    while round.tried < ROUND
        && !round.server_is_away
        && let Some(due) = claim(ctx).await?
    {
        round.tried += 1;
        let outcome =
            if due.bounces { Err(Failure::NoSuchAddress) } else { deliver(ctx, &due, &mut line).await };
        round.server_is_away = matches!(outcome, Err(Failure::Away(_)));
        finish(ctx, &due, outcome).await?;
    }
    if let (Some(line), Some(server)) = (line, &ctx.mail.server) {
        // A server that does not take its leave is not waited for.
        let _ = tokio::time::timeout(server.timeout, Line::hang_up(line)).await;
    }
    Ok(round)
}

async fn claim(ctx: &Ctx) -> Result<Option<Due>> {
    let due = sqlx::query_as!(
        Due,
        r#"update mails set leased_until = clock() + make_interval(secs => $1), tries = tries + 1
           from people
           where people.id = person_id and mails.id = (
               select id from mails
               where sent_at is null and parked_at is null and undeliverable_at is null and due_at <= clock()
                     and (leased_until is null or leased_until < clock())
               order by due_at, id limit 1
               for update skip locked
           )
           returning mails.id, person_id as "person: PersonId", letter, subject, body_text as text, body_html as html, email,
                     coalesce(email = bouncing_email, false) as "bounces!", tries"#,
        LEASE_SECONDS,
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(due)
}

/// Over the line that is open, or over a new one. Without a server the row itself is the demo's mailbox.
async fn deliver(ctx: &Ctx, due: &Due, line: &mut Option<Line>) -> Result<(), Failure> {
    let Some(server) = &ctx.mail.server else { return Ok(()) };
    let to: Address = due.email.parse().map_err(|_| Failure::NoSuchAddress)?;
    let mail = message::wire(&with_link(ctx, due).await?, &server.sender, to.clone())?;
    let said = async {
        let mut open = match line.take() {
            Some(open) => open,
            None => Line::open(server).await?,
        };
        open.send(&server.sender.email, &to, &mail).await?;
        Ok(open)
    };
    *line = Some(within(server, said).await?);
    Ok(())
}

async fn with_link(ctx: &Ctx, due: &Due) -> Result<Due, Failure> {
    let filled = links::fill(ctx, due.person, &due.text, &due.html).await;
    let (text, html) = filled.map_err(|_| Failure::Away("its link could not be stored"))?;
    Ok(Due { text, html, ..due.clone() })
}

async fn within<T>(
    server: &SmtpServer,
    said: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(server.timeout, said).await.unwrap_or(Err(Failure::Away("timeout")))
}

async fn finish(ctx: &Ctx, due: &Due, outcome: Result<(), Failure>) -> Result<()> {
    match outcome {
        Ok(()) => sent(ctx, due).await,
        Err(Failure::NoSuchAddress) => undeliverable(ctx, due).await,
        Err(Failure::Away(why)) => failed(ctx, due, &format!("the mail server is away: {why}")).await,
        Err(Failure::Malformed) => failed(ctx, due, "it cannot be put together").await,
        Err(Failure::Refused(code)) => failed(ctx, due, &format!("the mail server refused: {code}")).await,
    }
}

// All of them hold only while the mail is still ours: after the lease another process counts the next try.

async fn sent(ctx: &Ctx, due: &Due) -> Result<()> {
    sqlx::query!(
        "update mails set sent_at = clock(), leased_until = null, last_error = null where id = $1 and tries = $2",
        due.id,
        due.tries,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}

async fn undeliverable(ctx: &Ctx, due: &Due) -> Result<()> {
    tracing::info!(mail = %due.id, letter = due.letter, "the address takes no mail");
    sqlx::query!(
        "with mail as (
             update mails set undeliverable_at = clock(), leased_until = null, last_error = 'no such address'
             where id = $1 and tries = $2
             returning person_id
         )
         update people set bouncing_email = email from mail where people.id = person_id and email = $3",
        due.id,
        due.tries,
        due.email,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}

async fn failed(ctx: &Ctx, due: &Due, error: &str) -> Result<()> {
    let park = due.tries >= TRIES;
    tracing::warn!(mail = %due.id, letter = due.letter, tries = due.tries, park, error, "mail not sent");
    let pause = (2f64.powi(due.tries.min(16)) * 15.0).min(6.0 * 60.0 * 60.0);
    sqlx::query!(
        "update mails
         set leased_until = null, last_error = $3, due_at = clock() + make_interval(secs => $4),
             parked_at = case when $5 then clock() end
         where id = $1 and tries = $2",
        due.id,
        due.tries,
        error,
        pause,
        park,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}
