//! Limits that hold across server processes, counted in PostgreSQL by its clock. A subject is kept as a hash:
//! an address or an e-mail is personal data and counting needs neither.
//!
//! A try is counted *before* the work it asks for, so a burst of parallel tries cannot slip through together. A try
//! beyond the limit is not counted: an impatient person waits no longer for having pressed the button again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};

use crate::Result;

/// At most `tries` in any `minutes` (to the minute).
#[derive(Clone, Copy)]
pub struct Limit {
    pub bucket: &'static str,
    pub tries: i32,
    pub minutes: i32,
}

/// Who or what is counted.
#[derive(Clone, Copy)]
pub struct Subject([u8; 32]);

impl Subject {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    pub(crate) fn hash(self) -> [u8; 32] {
        self.0
    }
}

/// Where a request came from, as far as our own proxies can be believed (`server::security::client_address`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What is counted under the address: itself, or of IPv6 its /64. A household or a phone is handed a whole one,
    /// so counting single addresses would count nothing.
    #[must_use]
    pub fn household(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        }
    }

    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::of(&self.household().to_string())
    }

    /// The network around it, as such are handed out: a /24, of IPv6 a /48.
    #[must_use]
    pub fn network(self) -> Subject {
        let network: IpAddr = match self.0.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Ipv4Addr::new(a, b, c, 0).into()
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
            }
        };
        Subject::of(&format!("network {network}"))
    }
}

/// A counted try, to be given back if it turns out to be none of those the limit is about.
#[derive(Clone, Copy)]
pub struct Taken {
    limit: Limit,
    subject: Subject,
    window_start: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    pub retry_after: Duration,
}

/// Counts one try, or says how long to wait. The connection is one that may run two statements.
pub async fn take(db: &PgPool, limit: Limit, subject: Subject) -> Result<Result<Taken, TooMany>> {
    Ok(match count(db, limit, subject).await? {
        Some(window_start) => Ok(Taken { limit, subject, window_start }),
        None => Err(TooMany { retry_after: retry_after(db, limit, subject).await? }),
    })
}

/// Counts one try within another transaction. `None`: the limit is reached and nothing was counted.
pub async fn count(
    db: impl PgExecutor<'_>,
    limit: Limit,
    subject: Subject,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    // Parallel tries of one minute queue up at its row, and each sees the count its predecessor left.
    sqlx::query_scalar!(
        r#"
        with earlier as (
            select coalesce(sum(hits), 0)::int as hits
            from throttle_hits
            where bucket = $1 and subject = $2
              and window_start > clock() - make_interval(mins => $4)
              and window_start < date_trunc('minute', clock())
        )
        insert into throttle_hits as kept (bucket, subject, window_start)
        select $1, $2, date_trunc('minute', clock()) from earlier where hits < $3
        on conflict (bucket, subject, window_start) do update set hits = kept.hits + 1
            where kept.hits + (select hits from earlier) < $3
        returning window_start
        "#,
        limit.bucket,
        &subject.0,
        limit.tries,
        limit.minutes,
    )
    .fetch_optional(db)
    .await
}

/// Whether the limit is reached, and then how long to wait. Counts nothing.
pub async fn full(db: &PgPool, limit: Limit, subject: Subject) -> Result<Option<Duration>> {
    let reached = sqlx::query_scalar!(
        r#"select coalesce(sum(hits), 0) >= $3 as "reached!" from throttle_hits
           where bucket = $1 and subject = $2 and window_start > clock() - make_interval(mins => $4)"#,
        limit.bucket,
        &subject.0,
        i64::from(limit.tries),
        limit.minutes,
    )
    .fetch_one(db)
    .await?;
    Ok(if reached { Some(retry_after(db, limit, subject).await?) } else { None })
}

/// How long until the oldest counted minute leaves the window: from then on there is room again.
pub async fn retry_after(db: impl PgExecutor<'_>, limit: Limit, subject: Subject) -> sqlx::Result<Duration> {
    let seconds = sqlx::query_scalar!(
        r#"
        select extract(epoch from min(window_start) + make_interval(mins => $3) - clock())::float8
        from throttle_hits
        where bucket = $1 and subject = $2 and window_start > clock() - make_interval(mins => $3)
        "#,
        limit.bucket,
        &subject.0,
        limit.minutes,
    )
    .fetch_one(db)
    .await?;
    Ok(Duration::from_secs_f64(seconds.unwrap_or_default().ceil().max(1.0)))
}

/// The try was fine after all: it does not count against its subject.
pub async fn give_back(db: impl PgExecutor<'_>, taken: Taken) -> sqlx::Result<()> {
    // A count is never zero, so the last one goes with its row.
    sqlx::query!(
        r#"
        with emptied as (
            delete from throttle_hits where bucket = $1 and subject = $2 and window_start = $3 and hits = 1
        )
        update throttle_hits set hits = hits - 1
        where bucket = $1 and subject = $2 and window_start = $3 and hits > 1
        "#,
        taken.limit.bucket,
        &taken.subject.0,
        taken.window_start,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets everything counted against a subject: it has proved itself.
pub async fn reset(db: impl PgExecutor<'_>, taken: Taken) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from throttle_hits where bucket = $1 and subject = $2",
        taken.limit.bucket,
        &taken.subject.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes counters that no limit looks at any more. For the hourly job.
pub async fn forget_old(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let gone = sqlx::query!("delete from throttle_hits where window_start < clock() - interval '1 day'")
        .execute(db)
        .await?;
    Ok(gone.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(address: &str) -> [u8; 32] {
        ClientAddress(address.parse().expect("an address")).subject().0
    }

    #[test]
    fn ipv4_counts_each_address() {
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
        assert_eq!(subject("192.0.2.1"), subject("::ffff:192.0.2.1"), "a mapped address is the same machine");
    }

    #[test]
    fn ipv6_counts_each_network() {
        assert_eq!(subject("2001:db8:1:2::1"), subject("2001:db8:1:2:ffff::9"));
        assert_ne!(subject("2001:db8:1:2::1"), subject("2001:db8:1:3::1"));
    }
}
