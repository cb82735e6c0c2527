use crate::support::TestApp;
use uuid::Uuid;

async fn pages(n: usize) {
    let app = TestApp::start_quiet().await;
    let eve = app.person("Eve Fox").await;
    let nobodys = Uuid::now_v7();
    for i in 0..n {
        let t = std::time::Instant::now();
        let status = eve.get(&format!("/pledges/{nobodys}/return")).await.status().as_u16();
        if t.elapsed().as_secs() > 5 {
            println!("HANG at {i}: {status} {:?}", t.elapsed());
        }
    }
    app.finish().await;
}
#[tokio::test]
async fn one() {
    pages(400).await;
}
#[tokio::test]
async fn two() {
    pages(400).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn multi() {
    pages(400).await;
}
