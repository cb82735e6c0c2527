//! Case 76: a server with wrong settings does not start, and says all that is wrong with them.

use std::process::{Command, Output};

/// Settings that a production server would start with, if its database were there.
const GOOD: [(&str, &str); 7] = [
    ("APP_ENV", "production"),
    ("DATABASE_URL", "postgres://groundswell@127.0.0.1:1/groundswell"),
    ("PUBLIC_URL", "https://groundswell.test"),
    ("STRIPE_SECRET_KEY", "sk_live_51Abc"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_5f2a"),
    ("SMTP_URL", "smtps://groundswell:hunter2@mail.groundswell.test"),
    ("MAIL_FROM", "Groundswell <hello@groundswell.test>"),
];

/// Starts a server with [`GOOD`] settings, changed: `None` leaves one out.
fn start(changes: &[(&str, Option<&str>)]) -> Output {
    let mut server = Command::new(env!("CARGO_BIN_EXE_server"));
    server.env_clear().env("BIND_ADDR", "127.0.0.1:0").env("GROUNDSWELL_DATA_DIR", "/nonexistent");
    for (name, value) in GOOD {
        server.env(name, value);
    }
    for (name, value) in changes {
        match value {
            Some(value) => server.env(name, value),
            None => server.env_remove(name),
        };
    }
    server.output().expect("it runs")
}

/// The complaints about the settings, in order.
fn complaints(changes: &[(&str, Option<&str>)]) -> Vec<String> {
    let Output { status, stderr, .. } = start(changes);
    assert!(!status.success(), "{changes:?}");
    let stderr = String::from_utf8_lossy(&stderr);
    stderr.lines().filter_map(|line| line.strip_prefix("  - ")).map(str::to_owned).collect()
}

#[test]
fn good_settings_get_as_far_as_the_database() {
    let stderr = String::from_utf8(start(&[]).stderr).expect("text");
    assert!(stderr.contains("cannot connect to PostgreSQL"), "{stderr}");
}

#[test]
fn each_wrong_setting_is_named() {
    let origin = "PUBLIC_URL must be a scheme and a host";
    for (name, value, complaint) in [
        ("DATABASE_URL", None, "DATABASE_URL is not set"),
        ("DATABASE_URL", Some("postgres://…"), "DATABASE_URL is a placeholder"),
        (
            "DATABASE_OWNER_URL",
            Some("postgres://changeme@db/groundswell"),
            "DATABASE_OWNER_URL is a placeholder",
        ),
        ("METRICS_TOKEN", Some("short"), "METRICS_TOKEN is a placeholder, or shorter than 16 characters"),
        ("PUBLIC_URL", Some("https://groundswell.test/y"), origin),
        ("PUBLIC_URL", Some("https://groundswell.test?y"), origin),
        ("PUBLIC_URL", Some("https://groundswell.test#y"), origin),
        ("PUBLIC_URL", Some("https://me@groundswell.test"), origin),
        ("PUBLIC_URL", Some("https://Groundswell.test"), origin),
        ("PUBLIC_URL", Some("https://groundswell.test:443"), origin),
        ("PUBLIC_URL", Some("https://example.org"), "PUBLIC_URL is the example of the documentation"),
        ("PUBLIC_URL", Some("https://fund.example.com"), "PUBLIC_URL is the example of the documentation"),
        ("PUBLIC_URL", Some("http://groundswell.test"), "PUBLIC_URL must be https"),
        ("PUBLIC_URL", None, "PUBLIC_URL must be https"),
        ("STRIPE_SECRET_KEY", Some("sk_test_51Abc"), "STRIPE_SECRET_KEY is a test key"),
        ("STRIPE_SECRET_KEY", Some("rk_test_51Abc"), "STRIPE_SECRET_KEY is a test key"),
        ("STRIPE_SECRET_KEY", Some("sk_live_..."), "STRIPE_SECRET_KEY is a placeholder"),
        ("STRIPE_SECRET_KEY", Some("changeme"), "STRIPE_SECRET_KEY is a placeholder"),
        ("STRIPE_SECRET_KEY", None, "STRIPE_SECRET_KEY is not set"),
        ("STRIPE_WEBHOOK_SECRET", None, "STRIPE_WEBHOOK_SECRET is not set"),
        ("STRIPE_WEBHOOK_SECRET", Some(""), "STRIPE_WEBHOOK_SECRET is not set"),
        ("STRIPE_WEBHOOK_SECRET", Some(" , "), "STRIPE_WEBHOOK_SECRET is not set"),
        ("STRIPE_WEBHOOK_SECRET", Some("whsec_5f2a,whsec_..."), "STRIPE_WEBHOOK_SECRET is a placeholder"),
        ("STRIPE_API_BASE", Some("http://127.0.0.1:9/"), "STRIPE_API_BASE points away"),
        ("STRIPE_PUBLISHABLE_KEY", Some("pk_live_..."), "STRIPE_PUBLISHABLE_KEY is a placeholder"),
        ("STRIPE_PUBLISHABLE_KEY", Some("sk_live_51Abc"), "STRIPE_PUBLISHABLE_KEY must begin with pk_"),
        (
            "STRIPE_PUBLISHABLE_KEY",
            Some("pk_test_51Abc"),
            "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY must both be live keys",
        ),
        ("STRIPE_JS", Some("https://js.groundswell.test/v3/"), "STRIPE_JS points away"),
        ("SMTP_URL", None, "SMTP_URL is not set"),
        ("SMTP_URL", Some(""), "SMTP_URL is not set"),
        ("SMTP_URL", Some("mail.groundswell.test"), "SMTP_URL is not an address"),
        ("SMTP_URL", Some("https://mail.groundswell.test"), "SMTP_URL must begin with"),
        ("SMTP_URL", Some("smtps://groundswell:...@mail.groundswell.test"), "SMTP_URL is a placeholder"),
        ("MAIL_FROM", None, "MAIL_FROM is not set"),
        ("MAIL_FROM", Some("nobody"), "MAIL_FROM is not a sender"),
        ("CRASH_AT", Some("pledge.inserted"), "CRASH_AT is for tests"),
    ] {
        let told = complaints(&[(name, value)]);
        assert!(told.len() == 1 && told[0].starts_with(complaint), "{name}={value:?}: {told:?}");
    }
}

#[test]
fn all_of_them_are_named_at_once() {
    let all = [
        ("PUBLIC_URL", Some("http://groundswell.test/y")),
        ("DATABASE_URL", None),
        ("STRIPE_SECRET_KEY", Some("sk_test_51Abc")),
        ("STRIPE_WEBHOOK_SECRET", Some(",")),
        ("STRIPE_API_BASE", Some("127.0.0.1:9")),
    ];
    let told = complaints(&all);
    assert_eq!(told.len(), 7, "{told:#?}");
    for (name, _) in all {
        assert!(told.iter().any(|complaint| complaint.starts_with(name)), "{name}: {told:#?}");
    }
}

#[test]
fn a_demo_takes_no_live_key() {
    let demo = ("APP_ENV", Some("demo"));
    assert_eq!(complaints(&[demo]), ["STRIPE_SECRET_KEY is a live key: set APP_ENV=production"]);
    let test_key = ("STRIPE_SECRET_KEY", Some("sk_test_51Abc"));
    assert_eq!(
        complaints(&[demo, test_key, ("STRIPE_WEBHOOK_SECRET", None)]),
        ["STRIPE_WEBHOOK_SECRET is not set"]
    );
    let stderr = String::from_utf8(start(&[demo, test_key]).stderr).expect("text");
    assert!(stderr.contains("cannot connect to PostgreSQL"), "{stderr}");
}

#[test]
fn no_complaint_repeats_a_secret() {
    let wrong = [
        ("APP_ENV", Some("demo")),
        ("STRIPE_WEBHOOK_SECRET", Some("whsec_5f2a...")),
        ("SMTP_URL", Some("http://groundswell:hunter2@mail.groundswell.test")),
    ];
    let stderr = start(&wrong).stderr;
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(stderr.contains("SMTP_URL"), "{stderr}");
    for secret in ["51Abc", "5f2a", "hunter2"] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
}

#[test]
fn a_reserve_beyond_what_may_be_held_back_is_refused() {
    for (name, value) in
        [("PAYOUT_RESERVE_BPS", "3001"), ("PAYOUT_RESERVE_DAYS", "0"), ("PAYOUT_RESERVE_DAYS", "86")]
    {
        let Output { status, stderr, .. } = start(&[(name, Some(value))]);
        let said = String::from_utf8_lossy(&stderr);
        assert!(!status.success() && said.contains(&format!("{value} is not in")), "{name}: {said}");
    }
}
