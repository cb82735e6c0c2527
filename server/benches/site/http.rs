//! A small HTTP client: keep-alive, no retries, no redirects, little work of its own, because it shares the cores
//! with what it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use axum::http::request::Builder;
use axum::http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub type Outgoing = Request<Full<Bytes>>;

/// One connection.
pub struct Client {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    pub async fn connect(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender.
        tokio::spawn(connection);
        Ok(Self { host: addr.to_string(), sender })
    }

    /// The whole answer, whatever its status; the body as it came, compressed or not.
    pub async fn send(&mut self, mut request: Outgoing) -> Result<Response<Bytes>> {
        request.headers_mut().insert(header::HOST, self.host.parse()?);
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

/// `coding` is what the browser understands: `br`, `identity`.
pub fn get(path: &str, coding: &str) -> Result<Outgoing> {
    with_body(Request::get(path).header(header::ACCEPT_ENCODING, coding), String::new())
}

pub fn with_body(request: Builder, body: String) -> Result<Outgoing> {
    Ok(request.body(Full::from(body))?)
}

/// What a crowd got done.
pub struct Done {
    pub count: usize,
    pub took: Duration,
}

impl Done {
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }

    pub fn seconds_each(&self) -> f64 {
        1.0 / self.per_second()
    }
}

/// So many clients, each with its own connection, send request after request until the time is over or there is none
/// left. Anything but a success ends the benchmark: a fast refusal is no figure.
pub async fn crowd<F>(addr: SocketAddr, clients: usize, time: Duration, request: F) -> Result<Done>
where
    F: Fn(usize) -> Result<Option<Outgoing>> + Send + Sync + 'static,
{
    let (request, next) = (Arc::new(request), Arc::new(AtomicUsize::new(0)));
    let mut connected = Vec::with_capacity(clients);
    for _ in 0..clients {
        connected.push(Client::connect(addr).await?);
    }
    let began = Instant::now();
    let mut working = JoinSet::new();
    for mut client in connected {
        let (request, next) = (request.clone(), next.clone());
        working.spawn(async move {
            let mut done = 0;
            while began.elapsed() < time {
                let Some(request) = request(next.fetch_add(1, Ordering::Relaxed))? else { break };
                let path = request.uri().path().to_owned();
                let answer = client.send(request).await.with_context(|| path.clone())?;
                ensure!(answer.status().is_success(), "{path}: {} {:?}", answer.status(), answer.body());
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut count = 0;
    while let Some(done) = working.join_next().await {
        count += done??;
    }
    Ok(Done { count, took: began.elapsed() })
}
