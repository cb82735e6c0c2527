//! Every route of the sandbox.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};

use crate::answer::answer;
use crate::api::accounts::{external, links};
use crate::api::{
    Call, Operation, accounts, application_fees, balance, balance_transactions, charges, customers, disputes,
    events, payment_intents, payment_methods, payouts, refunds, sessions, setup_intents, transfers,
    webhook_endpoints,
};
use crate::app::App;
use crate::controls;
use crate::error::{ApiError, Outcome};
use crate::pages::{self, account, card_page, objects, stripe_js, three_ds};
use crate::tx::Tx;

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(api().layer(axum::middleware::from_fn(preflight)))
        .route("/", get(objects::index))
        .route("/health", get(pages::health))
        .route("/c/pay/{session}", get(card_page::show).post(card_page::submit))
        .route("/v3/", get(stripe_js::library))
        .route("/v3/frame", get(stripe_js::frame))
        .route("/v3/frame.js", get(stripe_js::frame_script))
        .route("/v3/frame.css", get(stripe_js::frame_style))
        .route("/3ds/{intent}", get(three_ds::show).post(three_ds::answer))
        .route("/_sandbox/style.css", get(pages::style))
        .route("/_sandbox/objects", get(objects::all))
        .route("/_sandbox/objects/{id}", get(objects::one))
        .route("/_sandbox/faults", get(controls::armed).post(controls::arm).delete(controls::disarm))
        .route("/connect/onboarding/{token}", get(account::open))
        .route("/connect/visit/{token}", get(account::show).post(account::submit))
        .route("/_sandbox/accounts/{id}/deauthorize", post(controls::deauthorize))
        .route("/_sandbox/settings", get(controls::settings).post(controls::set))
        .route("/_sandbox/clock", get(controls::clock).post(controls::move_clock))
        .with_state(app)
}

fn api() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/customers", reads(customers::list).merge(writes(customers::create)))
        .route(
            "/v1/customers/{id}",
            reads(customers::retrieve).merge(writes(customers::update)).merge(deletes(customers::delete)),
        )
        .route("/v1/customers/{id}/payment_methods", reads(customers::payment_methods))
        .route("/v1/payment_methods", reads(payment_methods::list).merge(writes(payment_methods::create)))
        .route(
            "/v1/payment_methods/{id}",
            reads(payment_methods::retrieve).merge(writes(payment_methods::update)),
        )
        .route("/v1/payment_methods/{id}/attach", writes(payment_methods::attach))
        .route("/v1/payment_methods/{id}/detach", writes(payment_methods::detach))
        .route("/v1/setup_intents", reads(setup_intents::list).merge(writes(setup_intents::create)))
        .route("/v1/setup_intents/{id}", reads(setup_intents::retrieve).merge(writes(setup_intents::update)))
        .route("/v1/setup_intents/{id}/confirm", writes(setup_intents::confirm))
        .route("/v1/setup_intents/{id}/cancel", writes(setup_intents::cancel))
        .route("/v1/payment_intents", reads(payment_intents::list).merge(writes(payment_intents::create)))
        .route(
            "/v1/payment_intents/{id}",
            reads(payment_intents::retrieve).merge(writes(payment_intents::update)),
        )
        .route("/v1/payment_intents/{id}/confirm", writes(payment_intents::confirm))
        .route("/v1/payment_intents/{id}/capture", writes(payment_intents::capture))
        .route("/v1/payment_intents/{id}/cancel", writes(payment_intents::cancel))
        .route("/v1/charges", reads(charges::list))
        .route("/v1/charges/{id}", reads(charges::retrieve).merge(writes(charges::update)))
        .route("/v1/charges/{id}/refunds", reads(refunds::of_charge))
        .route("/v1/refunds", reads(refunds::list).merge(writes(refunds::create)))
        .route("/v1/refunds/{id}", reads(refunds::retrieve).merge(writes(refunds::update)))
        .route("/v1/disputes", reads(disputes::list))
        .route("/v1/disputes/{id}", reads(disputes::retrieve).merge(writes(disputes::update)))
        .route("/v1/disputes/{id}/close", writes(disputes::close))
        .route("/v1/radar/early_fraud_warnings", reads(disputes::fraud_warnings))
        .route("/v1/radar/early_fraud_warnings/{id}", reads(disputes::fraud_warning))
        .route("/v1/account", reads(accounts::retrieve_own))
        .route("/v1/accounts", reads(accounts::list).merge(writes(accounts::create)))
        .route(
            "/v1/accounts/{id}",
            reads(accounts::retrieve).merge(writes(accounts::update)).merge(deletes(accounts::delete)),
        )
        .route("/v1/accounts/{id}/reject", writes(accounts::reject))
        .route("/v1/accounts/{id}/capabilities", reads(accounts::capabilities))
        .route("/v1/accounts/{id}/external_accounts", reads(external::list).merge(writes(external::create)))
        .route(
            "/v1/accounts/{id}/external_accounts/{child}",
            reads(external::retrieve).merge(writes(external::update)).merge(deletes(external::delete)),
        )
        .route("/v1/accounts/{id}/login_links", writes(links::login))
        .route("/v1/account_links", writes(links::create))
        .route("/v1/transfers", reads(transfers::list).merge(writes(transfers::create)))
        .route("/v1/transfers/{id}", reads(transfers::retrieve).merge(writes(transfers::update)))
        .route(
            "/v1/transfers/{id}/reversals",
            reads(transfers::list_reversals).merge(writes(transfers::reverse)),
        )
        .route(
            "/v1/transfers/{id}/reversals/{child}",
            reads(transfers::retrieve_reversal).merge(writes(transfers::update_reversal)),
        )
        .route("/v1/application_fees", reads(application_fees::list))
        .route("/v1/application_fees/{id}", reads(application_fees::retrieve))
        .route(
            "/v1/application_fees/{id}/refunds",
            reads(application_fees::refunds).merge(writes(application_fees::refund)),
        )
        .route("/v1/payouts", reads(payouts::list).merge(writes(payouts::create)))
        .route("/v1/payouts/{id}", reads(payouts::retrieve).merge(writes(payouts::update)))
        .route("/v1/payouts/{id}/cancel", writes(payouts::cancel))
        .route("/v1/balance", reads(balance::retrieve))
        .route("/v1/balance_transactions", reads(balance_transactions::list))
        .route("/v1/balance_transactions/{id}", reads(balance_transactions::retrieve))
        .route("/v1/checkout/sessions", reads(sessions::list).merge(writes(sessions::create)))
        .route("/v1/checkout/sessions/{id}", reads(sessions::retrieve).merge(writes(sessions::update)))
        .route("/v1/checkout/sessions/{id}/line_items", reads(sessions::line_items))
        .route("/v1/checkout/sessions/{id}/expire", writes(sessions::expire))
        .route("/v1/events", reads(events::list))
        .route("/v1/events/{id}", reads(events::retrieve))
        .route(
            "/v1/webhook_endpoints",
            reads(webhook_endpoints::list).merge(writes(webhook_endpoints::create)),
        )
        .route(
            "/v1/webhook_endpoints/{id}",
            reads(webhook_endpoints::retrieve)
                .merge(writes(webhook_endpoints::update))
                .merge(deletes(webhook_endpoints::delete)),
        )
        .route("/v1/{*unknown}", reads(unknown_url).merge(writes(unknown_url)).merge(deletes(unknown_url)))
}

/// Browsers ask before they send what a plain form could not.
async fn preflight(request: Request, next: Next) -> Response {
    if request.method() != http::Method::OPTIONS {
        return next.run(request).await;
    }
    let allowed = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS"),
        ("access-control-allow-headers", "authorization, content-type, stripe-version, idempotency-key"),
        ("access-control-max-age", "300"),
    ];
    (http::StatusCode::NO_CONTENT, allowed).into_response()
}

fn reads(operation: Operation) -> MethodRouter<Arc<App>> {
    get(move |app: State<Arc<App>>, path: RawPathParams, request: Request| run(app, operation, path, request))
}

fn writes(operation: Operation) -> MethodRouter<Arc<App>> {
    post(move |app: State<Arc<App>>, path: RawPathParams, request: Request| {
        run(app, operation, path, request)
    })
}

fn deletes(operation: Operation) -> MethodRouter<Arc<App>> {
    delete(move |app: State<Arc<App>>, path: RawPathParams, request: Request| {
        run(app, operation, path, request)
    })
}

async fn run(
    State(app): State<Arc<App>>,
    operation: Operation,
    path: RawPathParams,
    request: Request,
) -> Response {
    let mut ids = path.iter().map(|(_, id)| id.to_owned());
    let ids = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
    let (parts, body) = request.into_parts();
    answer(app, operation, ids, parts, body).await
}

fn unknown_url(_: &mut Tx, call: &Call) -> Outcome {
    Err(ApiError::unknown_url(&call.method, &call.path))
}
