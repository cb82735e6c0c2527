//! A mail server for one test, that behaves as the test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::config::SmtpServer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes every mail.
    Good,
    /// Hangs up at once.
    Closed,
    /// Takes the connection and says nothing.
    Stalls,
    /// Answers each recipient so.
    Recipient(&'static str),
    /// Answers each letter so, once it has read it.
    Letter(&'static str),
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: String,
    pub letter: String,
}

pub struct MailServer {
    state: Arc<Mutex<State>>,
    address: String,
    accepting: JoinHandle<()>,
}

struct State {
    mood: Mood,
    connections: usize,
    heard: Vec<String>,
    taken: Vec<Taken>,
}

impl MailServer {
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state =
            Arc::new(Mutex::new(State { mood, connections: 0, heard: Vec::new(), taken: Vec::new() }));
        let shared = state.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().expect("a state").connections += 1;
                tokio::spawn(converse(stream, shared.clone()));
            }
        });
        Self { state, address, accepting }
    }

    /// How the site reaches it, and how long it waits for it.
    pub fn settings(&self, patience: Duration) -> SmtpServer {
        self.settings_by("smtp://{}?tls=none", patience)
    }

    /// The same by another kind of address, with `{}` where the server's own belongs.
    pub fn settings_by(&self, url: &str, patience: Duration) -> SmtpServer {
        let url = url.replace("{}", &self.address);
        let mut settings = SmtpServer::parse(&url, "Groundswell <hello@site.example>").expect("settings");
        settings.timeout = patience;
        settings
    }

    pub fn feels(&self, mood: Mood) {
        self.state.lock().expect("a state").mood = mood;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().expect("a state").taken.clone()
    }

    /// Everything that was said to it, but for letters.
    pub fn heard(&self) -> Vec<String> {
        self.state.lock().expect("a state").heard.clone()
    }

    /// How often somebody called.
    pub fn connections(&self) -> usize {
        self.state.lock().expect("a state").connections
    }

    /// Nobody listens at its address any more.
    pub async fn die(&mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Ends when the other side is gone.
async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mood = || state.lock().expect("a state").mood;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    match mood() {
        Mood::Closed => return,
        // Until the caller gives up.
        Mood::Stalls => {
            while let Ok(Some(_)) = lines.next_line().await {}
            return;
        }
        Mood::Good | Mood::Recipient(_) | Mood::Letter(_) => {}
    }
    let mut say = async |words: &str| writer.write_all(format!("{words}\r\n").as_bytes()).await.is_ok();
    say("220 mail.example").await;
    let mut to = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        state.lock().expect("a state").heard.push(line.clone());
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250 mail.example",
            "MAIL" => "250 ok",
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                if let Mood::Recipient(refusal) = mood() { refusal } else { "250 ok" }
            }
            "DATA" => {
                say("354 go on").await;
                let mut letter = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter += &format!("{}\n", line.strip_prefix('.').unwrap_or(&line));
                }
                match mood() {
                    Mood::Letter(refusal) => refusal,
                    _ => {
                        state.lock().expect("a state").taken.push(Taken { to: to.clone(), letter });
                        "250 taken"
                    }
                }
            }
            "QUIT" => "221 bye",
            _ => "500 what?",
        };
        if !say(answer).await {
            return;
        }
    }
}
