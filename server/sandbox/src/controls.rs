//! The switches for tests: faults and the clock.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::accounts;
use crate::app::App;
use crate::settings::Settings;
use crate::tx::Origin;

type Refusal = (StatusCode, Json<Value>);

pub(crate) async fn arm(
    State(app): State<Arc<App>>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let mut inner = app.lock();
    inner.faults.arm(body).map_err(|error| refusal(&error.to_string()))?;
    Ok(Json(inner.faults.shown()))
}

pub(crate) async fn armed(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.lock().faults.shown())
}

pub(crate) async fn disarm(State(app): State<Arc<App>>) -> Json<Value> {
    app.lock().faults.clear();
    Json(json!([]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    advance_seconds: i64,
}

pub(crate) async fn move_clock(
    State(app): State<Arc<App>>,
    Json(by): Json<Move>,
) -> Result<Json<Value>, Refusal> {
    if by.advance_seconds < 0 {
        return Err(refusal("The clock only goes forward."));
    }
    app.advance_clock(by.advance_seconds).map_err(|error| refusal(error.message()))?;
    app.catch_up();
    Ok(clock(State(app)).await)
}

pub(crate) async fn settings(State(app): State<Arc<App>>) -> Json<Value> {
    Json(Settings::of(&app.lock().state).as_json())
}

/// What is not named goes back to its default.
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Json(settings): Json<Settings>,
) -> Result<Json<Value>, Refusal> {
    let kept = app.transact(Origin::default(), |tx| {
        settings.keep(tx);
        Ok(())
    });
    kept.map_err(|error| refusal(error.message()))?;
    Ok(Json(settings.as_json()))
}

/// The owner of a connected account takes the platform's access away.
pub(crate) async fn deauthorize(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let done = app.transact(Origin::default(), |tx| accounts::deauthorize(tx, &id));
    done.map_err(|error| refusal(error.message()))?;
    Ok(Json(json!({ "id": id, "deauthorized": true })))
}

pub(crate) async fn clock(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "now": app.clock.now(), "advanced_seconds": app.clock.advanced_ms() / 1000 }))
}

fn refusal(words: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": words })))
}
