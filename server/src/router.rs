//! Every route that is not a page, and every layer, on one screen. The page routes are in `app::App`.

use std::sync::OnceLock;

use anyhow::Result;
use app::{App, shell, ssr};
use axum::extract::FromRef;
use axum::routing::{get, post};
use axum::{Router, middleware};
use backend::Ctx;
use backend::payments::webhook::LARGEST_BODY;
use leptos::config::LeptosOptions;
use leptos_axum::{AxumRouteListing, LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::assets::Assets;
use crate::metrics::MetricsFor;
use crate::security::{self, TrustedProxies};
use crate::watchers::Watchers;
use crate::{
    assets, health, mail_frame, metrics, progress, receipt_pdf, refusals, report_csv, statement, webhook,
};

/// What every handler can ask for.
#[derive(Clone)]
pub struct Site {
    pub ctx: Ctx,
    pub options: LeptosOptions,
    /// Cancelled when the server stops: streams end by it.
    pub stop: CancellationToken,
    pub proxies: TrustedProxies,
    pub watchers: Watchers,
    pub metrics: MetricsFor,
}

impl FromRef<Site> for LeptosOptions {
    fn from_ref(site: &Site) -> Self {
        site.options.clone()
    }
}

/// # Errors
/// When the built site's files cannot be read.
pub fn router(mut site: Site) -> Result<Router> {
    let assets = Assets::load(&site.options.site_root)?;
    site.options.site_pkg_dir = assets.folder().into();
    let options = site.options.clone();
    let ctx = site.ctx.clone();
    let provide = move || ssr::provide(&ctx);
    let guarded = security::Site::new(&site.ctx.config.public_url, site.proxies.clone());
    let routes = Router::new()
        .leptos_routes_with_context(&site, page_routes(), provide.clone(), {
            let options = options.clone();
            move || shell(options.clone())
        })
        .fallback(file_and_error_handler_with_context::<Site, _>(provide, shell))
        .layer(middleware::map_response(refusals::tell_by_status))
        // Pages are made for one person, so each is compressed as it goes. Files are answered outside of this layer:
        // a release build has compressed them already, and a development build sends them as they are.
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(assets, assets::serve))
        .route("/api/campaigns/{id}/progress", get(progress::stream))
        .route(security::WEBHOOK_PATH, post(webhook::stripe).layer(RequestBodyLimitLayer::new(LARGEST_BODY)))
        .route("/demo/mailbox/{id}/html", get(mail_frame::show))
        .route("/studio/payouts/statement.csv", get(statement::csv))
        .route("/studio/payouts/statement.pdf", get(statement::pdf))
        .route("/pledges/{id}/receipts/{file}", get(receipt_pdf::show))
        .route("/admin/reports.csv", get(report_csv::stream))
        .route("/metrics", get(metrics::show))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(site);
    Ok(security::guard(routes, &guarded))
}

/// Once per process: while leptos looks for the routes it holds back every resource of the process, and a page that
/// is being drawn at that moment would wait for ever.
fn page_routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}
