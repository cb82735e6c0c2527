//! Which origins the gateway's card fields need.

use backend::config::CardFields;
use http::Uri;

const STRIPE_FRAMES: [&str; 3] =
    ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"];
const STRIPE_CALLS: [&str; 1] = ["https://api.stripe.com"];

/// Stripe's script opens frames and asks at addresses of its own; any other is all at its origin.
pub(super) fn of(publishable_key: String, script: String) -> CardFields {
    let uri = script.parse::<Uri>().unwrap_or_default();
    let (frames, calls) = match (uri.scheme_str(), uri.authority()) {
        (_, Some(authority)) if authority == "js.stripe.com" => {
            (STRIPE_FRAMES.map(Into::into).to_vec(), STRIPE_CALLS.map(Into::into).to_vec())
        }
        (Some(scheme), Some(authority)) => {
            let origin = format!("{scheme}://{authority}");
            (vec![origin.clone()], vec![origin])
        }
        _ => (Vec::new(), Vec::new()),
    };
    CardFields { publishable_key, script, frames, calls }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::STRIPE_JS;

    #[test]
    fn stripe_is_let_in_where_its_documentation_says() {
        let fields = of("pk_live_1".into(), STRIPE_JS.into());
        assert_eq!(fields.frames, STRIPE_FRAMES);
        assert_eq!(fields.calls, ["https://api.stripe.com"]);
    }

    #[test]
    fn another_gateway_is_let_in_at_its_own_origin() {
        let fields = of("pk_test_1".into(), "http://127.0.0.1:3001/v3/".into());
        assert_eq!(
            (fields.frames, fields.calls),
            (vec!["http://127.0.0.1:3001".to_owned()], vec!["http://127.0.0.1:3001".to_owned()],)
        );
    }
}
