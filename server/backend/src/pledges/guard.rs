//! Against people who try stolen cards on us (PRODUCT B29): what tries a card is counted per account, per household and
//! per network, and so are the cards that are declined. Where too many of either came from, pledging pauses for a while.
//!
//! Counted by hashes, which say nothing to whoever reads them; where a pledge came from is forgotten after a day.

use std::time::Duration;

use domain::{Email, PersonId, PledgeEvent, PledgeId};
use sqlx::{PgConnection, PgPool};

use crate::throttle::{self, ClientAddress, Limit, Subject};
use crate::{Ctx, Result};

/// More starts than any backer needs; fewer than trying stolen cards would.
const STARTS_OF_ACCOUNT: Limit = Limit { bucket: "pledge.start", tries: 30, minutes: 10 };
/// A guest has no account to be counted by, so their e-mail is: nobody is to fill a stranger's mailbox with letters about
/// pledges.
const STARTS_OF_GUEST: Limit = Limit { bucket: "pledge.start.guest", tries: 15, minutes: 60 };
/// People mistype cards; nobody has this many that are declined.
const DECLINES_OF_ACCOUNT: Limit = Limit { bucket: "pledge.declined", tries: 10, minutes: 60 };
/// A network is a whole office or a small provider: it may have this many times what one household may.
const HOUSEHOLDS_IN_A_NETWORK: i32 = 5;

/// How much may come from one address (`Config`). The defaults are above what a full room of people does at a launch.
#[derive(Clone, Copy, Debug)]
pub struct AddressLimits {
    /// Tries in ten minutes.
    pub tries: i32,
    /// Declined cards in an hour.
    pub declines: i32,
}

impl Why {
    /// For the person who is refused.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Tries => {
                "Too many pledges were started from your account or connection in a short time. Nothing was charged. \
                 Wait a few minutes and try again."
            }
            Self::Declines => {
                "Too many cards were declined, so pledging from your account or connection is paused for a while. \
                 Nothing was charged. Your choices are kept: try again later."
            }
        }
    }
}

impl Default for AddressLimits {
    fn default() -> Self {
        Self { tries: 600, declines: 25 }
    }
}

/// Who tries a card.
#[derive(Clone, Copy)]
pub enum Trier<'a> {
    /// Somebody with an account, or a guest whose pledge stands.
    Known(PersonId),
    /// Somebody who begins a pledge without an account.
    Guest(&'a Email),
}

impl Trier<'_> {
    fn subject(self) -> Subject {
        match self {
            Self::Known(person) => Subject::of(&person.to_string()),
            Self::Guest(email) => Subject::of(email.as_str()),
        }
    }

    fn starts(self) -> Limit {
        match self {
            Self::Known(_) => STARTS_OF_ACCOUNT,
            Self::Guest(_) => STARTS_OF_GUEST,
        }
    }
}

/// Why nothing may be tried just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    pub why: Why,
    pub retry_after: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Too many tries, whatever came of them.
    Tries,
    /// Too many cards were declined.
    Declines,
}

/// Counts something that tries a card, unless too much came from there already.
///
/// # Errors
/// When the database cannot count.
pub async fn may_try(ctx: &Ctx, who: Trier<'_>, from: ClientAddress) -> Result<Result<(), Paused>> {
    for (scope, limit, subject) in decline_limits(ctx, who, from) {
        if let Some(retry_after) = throttle::full(&ctx.db, limit, subject).await? {
            // Who that is, nobody needs to know to see that it happens.
            tracing::warn!(scope, "pledging is paused after declined cards");
            return Ok(Err(Paused { why: Why::Declines, retry_after }));
        }
    }
    for (scope, limit, subject) in try_limits(ctx, who, from) {
        if let Err(full) = throttle::take(&ctx.db, limit, subject).await? {
            tracing::warn!(scope, "pledging is throttled");
            return Ok(Err(Paused { why: Why::Tries, retry_after: full.retry_after }));
        }
    }
    Ok(Ok(()))
}

fn try_limits(ctx: &Ctx, who: Trier<'_>, from: ClientAddress) -> [(&'static str, Limit, Subject); 3] {
    let tries = ctx.config.pledging.tries;
    let of = |bucket, tries| Limit { bucket, tries, minutes: 10 };
    [
        ("account", who.starts(), who.subject()),
        ("address", of("pledge.start.address", tries), from.subject()),
        (
            "network",
            of("pledge.start.network", tries.saturating_mul(HOUSEHOLDS_IN_A_NETWORK)),
            from.network(),
        ),
    ]
}

fn decline_limits(ctx: &Ctx, who: Trier<'_>, from: ClientAddress) -> [(&'static str, Limit, Subject); 3] {
    let declines = ctx.config.pledging.declines;
    let of = |bucket, tries| Limit { bucket, tries, minutes: 60 };
    [
        ("account", DECLINES_OF_ACCOUNT, who.subject()),
        ("address", of("pledge.declined.address", declines), from.subject()),
        (
            "network",
            of("pledge.declined.network", declines.saturating_mul(HOUSEHOLDS_IN_A_NETWORK)),
            from.network(),
        ),
    ]
}

/// Notes where a pledge came from, so that a card that is declined for it counts there.
pub(super) async fn note_origin(db: &mut PgConnection, pledge: PledgeId, from: ClientAddress) -> Result<()> {
    sqlx::query!(
        "insert into pledge_origins (pledge_id, household, network) values ($1, $2, $3)",
        pledge as PledgeId,
        &from.subject().hash(),
        &from.network().hash(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many cards may be declined for one pledge whose card is typed beside it. Confirming its intent asks nothing of us,
/// so that nothing else would hold up who tries one stolen card after another on it.
const DECLINES_OF_PLEDGE: i64 = 8;

/// Ends the reservation of pledges for which too many cards were declined: their intents are closed next, and who goes on
/// begins anew, where the limits are.
pub(crate) async fn end_trying(db: &mut PgConnection, pledges: &[uuid::Uuid]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update pledges set reserved_until = clock()
         where id = any($1) and state = 'pending' and in_page
               and (select count(*) from pledge_inbox
                    where pledge_id = pledges.id and entry->>'event' = $3) >= $2",
        pledges,
        DECLINES_OF_PLEDGE,
        PledgeEvent::PaymentFailed.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a declined card for its pledge's account, household and network. Also beyond the limits: they pause what
/// comes next, they do not hide what happened.
pub(crate) async fn count_declines(db: &mut PgConnection, pledges: &[uuid::Uuid]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into throttle_hits as kept (bucket, subject, window_start, hits)
         select bucket, subject, date_trunc('minute', clock()), count(*)
         from unnest($1::uuid[]) as declined (pledge)
         join pledges on pledges.id = pledge
         join people on people.id = backer_id
         left join pledge_origins on pledge_id = pledge
         cross join lateral (values ('pledge.declined',
                                     sha256(convert_to(case when is_guest then email else backer_id::text end, 'UTF8'))),
                                    ('pledge.declined.address', household), ('pledge.declined.network', network))
              as counted (bucket, subject)
         where subject is not null
         group by bucket, subject
         -- two batches that count the same subjects must not wait for each other
         order by bucket, subject
         on conflict (bucket, subject, window_start) do update set hits = kept.hits + excluded.hits",
        pledges,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets where pledges came from: a decline of yesterday counts no more.
pub(crate) async fn forget_origins(db: &PgPool) -> Result<()> {
    sqlx::query!("delete from pledge_origins where noted_at < clock() - interval '1 day'")
        .execute(db)
        .await?;
    Ok(())
}
