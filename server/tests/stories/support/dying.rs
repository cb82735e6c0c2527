//! The real server as a process of its own, which a test kills and starts again over the same database, gateway and
//! data folder.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use sqlx::{ConnectOptions, PgPool};
use uuid::Uuid;

use super::gateway::Gateway;
use super::{database, eventually};

/// `abort` ends a process by this signal.
pub const SIGABRT: i32 = 6;

/// So many places of one test are tried at the same time: most of a death and a start is waiting.
pub const AT_ONCE: usize = 3;

/// What outlives the server.
pub struct Place {
    pub db: PgPool,
    pub gateway: Gateway,
    data: PathBuf,
    site: String,
}

impl Place {
    pub async fn new() -> Self {
        let (site, gateway) = free_addresses();
        let data = std::env::temp_dir().join(format!("groundswell-crash-{}", Uuid::now_v7()));
        Self { db: database::fresh().await, gateway: Gateway::at(format!("http://{gateway}")), data, site }
    }

    /// The site's address, without a trailing slash.
    pub fn base(&self) -> String {
        format!("http://{}", self.site)
    }

    /// Starts the server and waits until it answers, or until it died at the step that was named.
    pub async fn start(&self, crash_at: Option<&str>) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command.env_remove("CRASH_AT").env("DATABASE_URL", self.db.connect_options().to_url_lossy().as_str());
        command.env("BIND_ADDR", &self.site).env("SANDBOX_ADDR", self.gateway.base.replace("http://", ""));
        command.env("GROUNDSWELL_DATA_DIR", &self.data).env("APP_ENV", "demo");
        for theirs in [
            "PUBLIC_URL",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "STRIPE_API_BASE",
            "STRIPE_JS",
            "SMTP_URL",
        ] {
            command.env_remove(theirs);
        }
        if let Some(step) = crash_at {
            command.env("CRASH_AT", step);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = std::cell::RefCell::new(Server(child.expect("the server starts")));
        let live = format!("{}/health/live", self.base());
        let up = async || server.borrow_mut().has_ended() || reqwest::get(&live).await.is_ok();
        eventually("the server to answer", up).await;
        server.into_inner()
    }

    /// Moves the clock that decides.
    pub async fn advance(&self, by: chrono::TimeDelta) {
        sqlx::query("update clock_shift set shift = shift + $1")
            .bind(by)
            .execute(&self.db)
            .await
            .expect("moved");
    }

    /// One number out of the database.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.db).await.expect("a count")
    }

    pub async fn leave(self) {
        database::drop(self.db).await;
        std::fs::remove_dir_all(self.data).expect("the data folder is ours");
    }
}

/// A server process that does not outlive its test.
pub struct Server(Child);

impl Server {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("our child").is_some()
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = std::cell::RefCell::new(&mut self.0);
        let ended = async || child.borrow_mut().try_wait().expect("our child").is_some();
        eventually("the server to die", ended).await;
        self.0.wait().expect("our child")
    }

    pub async fn kill(&mut self) {
        self.0.kill().expect("our child");
        self.ended().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same ones must serve before and after the crash. So they are below those that the system hands out by itself:
/// one of these would soon be somebody's end of a connection.
fn free_addresses() -> (String, String) {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let any = || 10_000 + u16::from_be_bytes(backend::random_bytes().expect("chance")) % 22_000;
    let mut ports = std::iter::repeat_with(any).filter(free);
    let mut next = || format!("127.0.0.1:{}", ports.next().expect("a free port"));
    (next(), next())
}
