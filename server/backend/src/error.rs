//! What can go wrong beneath a page. A refusal a person can act on is a value of the domain
//! (`PledgeRefusal`, `LoginRefusal` ...); this is for everything else.

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::payments::GatewayError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Something else must happen first, such as the end of a suspension. A job waits for it without counting a try.
    #[error("not now: {0}")]
    NotNow(&'static str),
    /// A row or setting that our own rules say cannot be. The text names it and carries no personal data.
    #[error("broken: {0}")]
    Broken(String),
}

impl Error {
    /// For what a stored value fails to be: `Error::broken("pledges.state")`.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }

    /// The constraint a statement violated, if that is what went wrong.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(error) => constraint(error),
            _ => None,
        }
    }

    /// Whether the database gave the transaction up in favour of another (serialization failure, deadlock): nothing came of
    /// it, and it may be done again at once.
    #[must_use]
    pub fn was_given_up(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01"))
            }
            _ => false,
        }
    }

    /// Whether the same work may succeed if it is simply done again: the database chose another transaction
    /// (serialization failure, deadlock) or the connection was lost before anything was sent.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut) => true,
            error => error.was_given_up(),
        }
    }

    /// Whether the database cannot be reached, takes nobody in just now, or was lost midway: then nobody knows whether
    /// what was asked was done.
    #[must_use]
    pub fn is_away(&self) -> bool {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, WorkerCrashed};
        match self {
            Self::Database(Io(_) | PoolTimedOut | PoolClosed | WorkerCrashed) => true,
            Self::Database(Database(error)) => ended_the_connection(&**error) || has_no_room(&**error),
            _ => false,
        }
    }

    /// Whether it was the data: the same row would fail again, and another one in its place would not.
    #[must_use]
    pub fn is_of_the_data(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                // Classes 22 and 23: a value that does not fit, a constraint that refuses it.
                error.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
            }
            Self::Database(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) | Self::Broken(_) => {
                true
            }
            _ => false,
        }
    }
}

/// Whether the server let nobody in, or put somebody out: it starts, shuts down, was told to.
fn ended_the_connection(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<PgDatabaseError>()
        .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Class 53: too many connections, no memory, a full disk.
fn has_no_room(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code.starts_with("53"))
}

/// The name of the constraint that refused a statement.
#[must_use]
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|error| error.constraint())
}
