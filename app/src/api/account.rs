//! Registering, logging in and out, and one's own sessions. Every form here works without script: a refusal comes
//! back to it with what was typed, never with the password.

use chrono::{DateTime, Utc};
use domain::SessionId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// Who is looking, as far as a page needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    pub display_name: String,
    pub is_creator: bool,
    pub is_staff: bool,
}

/// One browser in which the viewer is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    pub id: SessionId,
    pub device: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// The browser that is asking.
    pub is_this: bool,
}

/// A new e-mail and a known one lead to the same page.
#[server(prefix = "/api", endpoint = "register")]
pub async fn register(
    email: String,
    display_name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    use crate::{next_path::with_next, ssr};
    use backend::accounts::{self, Registration};
    use domain::{DisplayName, Email, Password};
    let beside = |field| move |error| ApiError::refused(Some(field), error);
    let result = async {
        let registration = Registration {
            email: Email::parse(&email).map_err(beside("email"))?,
            display_name: DisplayName::parse(&display_name).map_err(beside("display_name"))?,
            password: Password::parse(&password).map_err(beside("password"))?,
        };
        let registered = accounts::register(&ssr::ctx()?, registration, &ssr::client()).await?;
        registered.map_err(ApiError::from)
    };
    let result =
        result.await.map_err(|error: ApiError| error.keep("email", email).keep("display_name", display_name));
    ssr::answer(result)?;
    ssr::redirect(&with_next("/login?registered=1", &next));
    Ok(())
}

#[server(prefix = "/api", endpoint = "log_in")]
pub async fn log_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    use crate::{next_path::next_path, ssr};
    use backend::accounts::{self, Credentials};
    use domain::Email;
    let result = async {
        let ctx = ssr::ctx()?;
        let email = Email::parse(&email).map_err(|error| ApiError::refused(Some("email"), error))?;
        let credentials = Credentials { email, password };
        let old = ssr::session_token(&ctx);
        let session = accounts::log_in(&ctx, credentials, &ssr::client(), old.as_deref()).await?;
        session.map_err(ApiError::from)
    };
    let session = ssr::answer(result.await.map_err(|error: ApiError| error.keep("email", email)))?;
    ssr::set_session_cookie(&session.token)?;
    ssr::redirect(next_path(&next));
    Ok(())
}

#[server(prefix = "/api", endpoint = "log_out")]
pub async fn log_out() -> Result<(), ApiError> {
    use crate::ssr;
    let ctx = ssr::ctx()?;
    if let Some(token) = ssr::session_token(&ctx) {
        backend::accounts::sessions::end_by_token(&ctx.db, &token).await?;
    }
    ssr::clear_session_cookie()?;
    ssr::redirect("/");
    Ok(())
}

/// Somebody else's session and one that is gone get the same answer.
#[server(prefix = "/api", endpoint = "end_session")]
pub async fn end_session(session: String) -> Result<(), ApiError> {
    use crate::ssr;
    let viewer = ssr::answer(ssr::require_viewer().await)?;
    let session = ssr::answer(session.parse().map_err(|_| ApiError::NotFound))?;
    let ended = backend::accounts::sessions::end(&ssr::ctx()?.db, viewer.person_id, session).await?;
    ssr::answer(if ended { Ok(()) } else { Err(ApiError::NotFound) })?;
    ssr::redirect("/account/sessions?ended=1");
    Ok(())
}

#[server(prefix = "/api", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), ApiError> {
    use crate::ssr;
    let viewer = ssr::answer(ssr::require_viewer().await)?;
    backend::accounts::sessions::end_others(&ssr::ctx()?.db, viewer.person_id, viewer.session_id).await?;
    ssr::redirect("/account/sessions?ended=others");
    Ok(())
}

/// Who is logged in, if anybody.
#[server(prefix = "/api", endpoint = "viewer")]
pub async fn viewer() -> Result<Option<Visitor>, ApiError> {
    use backend::accounts::Role;
    let viewer = crate::ssr::viewer().await?;
    Ok(viewer.map(|viewer| Visitor {
        is_creator: viewer.roles.contains(&Role::Creator),
        is_staff: viewer.roles.contains(&Role::Moderator) || viewer.roles.contains(&Role::Admin),
        display_name: viewer.display_name,
    }))
}

/// Where the viewer is logged in, most recently seen first.
#[server(prefix = "/api", endpoint = "my_sessions")]
pub async fn my_sessions() -> Result<Vec<SessionLine>, ApiError> {
    use crate::ssr;
    let viewer = ssr::answer(ssr::require_viewer().await)?;
    let sessions = backend::accounts::sessions::list(&ssr::ctx()?.db, viewer.person_id).await?;
    Ok(sessions
        .into_iter()
        .map(|session| SessionLine {
            is_this: session.id == viewer.session_id,
            id: session.id,
            device: session.device,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
        })
        .collect())
}
