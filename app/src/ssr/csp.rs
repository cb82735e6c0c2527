//! What a page may load and where its forms may go. The nonce is new for every response, so markup that somebody
//! smuggled into a page runs nothing.
//!
//! It also binds us: a `style="..."` attribute in rendered HTML is blocked (Chromium reports it in the console).
//! Use classes, SVG presentation attributes (`width`, `fill`), `<progress value max>`, or set the property from an
//! island through the CSSOM (`element.style().set_property`, which is allowed; `set_attribute("style")` is not).

use backend::config::CardFields;

/// The `Content-Security-Policy` of a page. `form_action_extra` names origins to which a form of ours is redirected:
/// Chromium applies `form-action` to the redirects too, so the gateway's hosted page must be among them. With
/// `card_fields` the gateway's script may open its frames and ask its own server.
#[must_use]
pub fn content_security_policy(
    nonce: &str,
    form_action_extra: &[String],
    card_fields: Option<&CardFields>,
) -> String {
    let forms = ["'self'"].into_iter().chain(form_action_extra.iter().map(String::as_str));
    let forms = forms.collect::<Vec<_>>().join(" ");
    let calls: String = card_fields.iter().flat_map(|fields| &fields.calls).map(spaced).collect();
    let frames = match card_fields {
        Some(fields) => format!("frame-src 'self'{}; ", fields.frames.iter().map(spaced).collect::<String>()),
        None => String::new(),
    };
    // 'strict-dynamic': the nonced loader imports the wasm glue, whose name is hashed. Under it host lists count for
    // nothing, which is why none is here. 'wasm-unsafe-eval' compiles wasm and allows no eval().
    format!(
        "default-src 'self'; \
         script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; \
         connect-src 'self'{calls}; \
         {frames}\
         object-src 'none'; \
         base-uri 'none'; \
         frame-ancestors 'none'; \
         form-action {forms}"
    )
}

fn spaced(origin: &String) -> String {
    format!(" {origin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_the_nonce_and_nothing_unsafe() {
        let policy = content_security_policy("abc-_1", &[], None);
        assert!(policy.contains("script-src 'nonce-abc-_1' 'strict-dynamic' 'wasm-unsafe-eval';"));
        assert!(policy.contains("style-src 'self' 'nonce-abc-_1';"));
        assert!(policy.contains("connect-src 'self';") && !policy.contains("frame-src"));
        assert!(policy.ends_with("form-action 'self'"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn forms_may_go_to_the_gateways_page() {
        let policy = content_security_policy("n", &["https://checkout.stripe.com".to_owned()], None);
        assert!(policy.ends_with("form-action 'self' https://checkout.stripe.com"));
    }

    #[test]
    fn the_gateways_fields_get_their_frames_and_calls() {
        let fields = CardFields {
            publishable_key: "pk".into(),
            script: "https://js.example/".into(),
            frames: vec!["https://js.example".into(), "https://hooks.example".into()],
            calls: vec!["https://api.example".into()],
        };
        let policy = content_security_policy("n", &[], Some(&fields));
        assert!(policy.contains("; connect-src 'self' https://api.example; "));
        assert!(policy.contains("; frame-src 'self' https://js.example https://hooks.example; "));
        // The nonced loader brings the script in; a host list would count for nothing.
        assert!(policy.contains("script-src 'nonce-n' 'strict-dynamic' 'wasm-unsafe-eval';"));
    }
}
