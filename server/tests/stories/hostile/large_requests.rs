//! Case 62: requests that are larger than any of ours. They are refused or answered, and nobody else notices.

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::TestApp;

/// Sends a request as it stands and reads the status of what comes back; `None` when the connection was cut.
async fn status(app: &TestApp, request: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).await.expect("a connection");
    // The server may answer, and close, before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.ok()?;
    std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: groundswell.test\r\n{headers}connection: close\r\n\r\n")
}

#[tokio::test]
async fn too_much_is_refused_and_others_are_served() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let page = format!("/campaigns/{}", campaign.slug);
    let long = "x".repeat(1024 * 1024);
    let cookies = (0..20_000).map(|n| format!("c{n}=1; ")).collect::<String>();
    let forwarded = "1.2.3.4, ".repeat(20_000);
    let headers = |count: usize| (0..count).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let parameters = |count: usize| (0..count).map(|n| format!("p{n}=1&")).collect::<String>();
    let requests = [
        ("a header of a megabyte", get(&page, &format!("x-long: {long}\r\n")), vec![431]),
        ("ten thousand headers", get(&page, &headers(10_000)), vec![431]),
        ("two hundred headers", get(&page, &headers(200)), vec![431]),
        ("twenty thousand cookies", get(&page, &format!("cookie: {cookies}\r\n")), vec![200, 431]),
        ("a long way here", get(&page, &format!("x-forwarded-for: {forwarded}\r\n")), vec![200, 431]),
        ("an address of a megabyte", get(&format!("/{long}"), ""), vec![414, 431]),
        ("ten thousand parameters", get(&format!("{page}?{}", parameters(10_000)), ""), vec![414]),
        ("four thousand parameters", get(&format!("{page}?{}", parameters(4_000)), ""), vec![200]),
        ("the same parameter", get(&format!("{page}/pledge?{}", "reward=1&".repeat(6_000)), ""), vec![200]),
        ("a deep path", get(&"/x".repeat(20_000), ""), vec![404]),
        ("encoded names", get(&format!("{page}?{}", "%5F%5Fa=1&".repeat(5_000)), ""), vec![200]),
    ];
    let hostile = join_all(requests.iter().map(|(_, request, _)| status(&app, request)));
    let others = join_all((0..20).map(|_| async {
        app.stranger().get(format!("{}{page}", app.base)).send().await.expect("an answer").status().as_u16()
    }));
    let (hostile, others) = tokio::join!(hostile, others);
    for ((name, _, expected), status) in requests.iter().zip(hostile) {
        assert!(status.is_some_and(|status| expected.contains(&status)), "{name}: {status:?}");
    }
    assert_eq!(others, [200; 20]);
    app.finish().await;
}

#[tokio::test]
async fn forms_that_are_no_forms_are_refused() {
    let app = TestApp::start_quiet().await;
    let bea = app.person("Bea Tamm").await;
    let post = async |body: String| {
        let request = bea.browser.post(format!("{}/api/start_pledge", app.base)).header("origin", &app.base);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        request.send().await.expect("an answer").status().as_u16()
    };
    for (name, body, expected) in [
        ("nothing", String::new(), 422),
        ("two megabytes", "x".repeat(2 * 1024 * 1024), 413),
        ("ten thousand fields", (0..10_000).map(|n| format!("p{n}=1&")).collect(), 422),
        ("one field ten thousand times", "amount=1&".repeat(10_000), 422),
        ("brackets", format!("amount{}=1", "[0]".repeat(10_000)), 422),
        ("open brackets", format!("amount{}=1", "[".repeat(100_000)), 422),
        ("numbers in brackets", "amount[4294967295]=1".to_owned(), 422),
        ("percent signs", "%".repeat(100_000), 422),
        ("no text", "amount=%ff%fe&form_key=%00".to_owned(), 422),
    ] {
        assert_eq!(post(body).await, expected, "{name}");
    }
    assert_eq!(app.count("select count(*) from pledges").await, 0);
    app.finish().await;
}
