//! How much a request may bring, how long its answer may take, and what happens when our own code gives up.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::plain_page;

/// The longest story and every form fit many times over. Routes that take uploads or webhooks set their own.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// Until the first byte of the answer: a stream of events may then go on for hours.
const PATIENCE: Duration = Duration::from_secs(30);

/// Also ends requests whose body drips in by the byte.
pub async fn answer_in_time(request: Request, next: Next) -> Response {
    within(PATIENCE, next.run(request)).await
}

async fn within(patience: Duration, answer: impl Future<Output = Response>) -> Response {
    // 503 and not 408: browsers silently send a request again that was answered with 408.
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| {
        tracing::error!("no answer in time");
        plain_page(
            StatusCode::SERVICE_UNAVAILABLE,
            "This took too long",
            "We stopped waiting. Look whether it worked before you try again.",
        )
    })
}

/// The panic's text may carry anything, so nobody is shown it; the panic hook has already reported it.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    plain_page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something broke on our side",
        "It has been noted. Look whether your last step worked before you try it again.",
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn gives_up() -> &'static str {
        panic!("secret")
    }

    #[tokio::test]
    async fn a_panic_is_a_page_without_its_text() {
        let router = Router::new().route("/", get(gives_up)).layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::new(Body::empty())).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let page = to_bytes(response.into_body(), LARGEST_BODY).await.expect("a body");
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("Something broke on our side") && !page.contains("secret"));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let response = within(Duration::from_millis(1), std::future::pending()).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
