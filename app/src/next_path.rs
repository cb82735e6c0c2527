//! Where to go after log-in. The wish comes from the address, so anybody can write it: only a path of this site is
//! followed, and what a browser might read as another site is not even tried.

/// The page to go to: the one asked for if it is certainly ours, else the home page.
#[must_use]
pub fn next_path(wish: &str) -> &str {
    if is_ours(wish) { wish } else { "/" }
}

/// The address of the log-in page from which one comes back to `next`: `/login?next=%2Faccount`.
#[must_use]
pub fn log_in_address(next: &str) -> String {
    with_next("/login", next)
}

/// `page` with the way on kept in its query. Going home needs no note.
#[must_use]
pub fn with_next(page: &str, next: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    match next_path(next) {
        "/" => page.to_owned(),
        next => format!("{page}{separator}next={}", encode(&without_secrets(next))),
    }
}

/// The gateway adds its secret to the address that one comes back to. Nobody needs it handed on.
fn without_secrets(path: &str) -> String {
    let Some((page, query)) = path.split_once('?') else { return path.to_owned() };
    let is_secret = |part: &str| part.split('=').next().is_some_and(|name| name.ends_with("_client_secret"));
    let kept: Vec<&str> = query.split('&').filter(|part| !is_secret(part)).collect();
    if kept.is_empty() { page.to_owned() } else { format!("{page}?{}", kept.join("&")) }
}

/// One slash and then something else. Backslashes, encoded slashes and white space are read in more than one way by
/// browsers and proxies; no address of ours has them.
fn is_ours(wish: &str) -> bool {
    let path = wish.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    wish.starts_with('/')
        && !wish.starts_with("//")
        && wish.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !path.contains("%2f")
        && !path.contains("%5c")
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_our_own_paths() {
        for path in
            ["/", "/account/sessions", "/c/reading-boat?reward=1&from=%2Fhome", "/c/%C3%A9t%C3%A9#story"]
        {
            assert_eq!(next_path(path), path);
        }
    }

    #[test]
    fn goes_home_from_everything_else() {
        for evil in [
            "",
            "evil",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "HTTP:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "%2f%2fevil.example",
            "%2F/evil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/ok\r\nSet-Cookie: a=b",
            "/ok\0",
            "/été",
            "?next=//evil.example",
            "#//evil.example",
            "@evil.example",
            ".evil.example",
        ] {
            assert_eq!(next_path(evil), "/", "{evil:?}");
        }
    }

    #[test]
    fn keeps_the_way_on() {
        assert_eq!(log_in_address("/c/boat?reward=1&x=2"), "/login?next=%2Fc%2Fboat%3Freward%3D1%26x%3D2");
        assert_eq!(with_next("/login?registered=1", "/me"), "/login?registered=1&next=%2Fme");
        assert_eq!(log_in_address("//evil.example"), "/login");
        assert_eq!(log_in_address("/"), "/login");
    }

    #[test]
    fn hands_no_secret_of_the_gateway_on() {
        let back =
            "/p/1?setup_intent=seti_1&setup_intent_client_secret=seti_1_secret_x&redirect_status=succeeded";
        assert_eq!(
            log_in_address(back),
            "/login?next=%2Fp%2F1%3Fsetup_intent%3Dseti_1%26redirect_status%3Dsucceeded"
        );
        assert_eq!(log_in_address("/p/1?payment_intent_client_secret=x"), "/login?next=%2Fp%2F1");
    }
}
