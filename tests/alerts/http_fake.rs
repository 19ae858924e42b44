//! An HTTP server that keeps what it gets and answers from a script.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::fault::{Fault, Script};

#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// Status, extra header lines and body for a request.
pub type Answer = (u16, String, String);

pub struct HttpFake {
    pub url: String,
    pub requests: Arc<Mutex<Vec<Request>>>,
}

impl HttpFake {
    pub async fn start(script: Script, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, script, kept) = (Arc::new(answer), Arc::new(script), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, script, kept) = (Arc::clone(&answer), Arc::clone(&script), Arc::clone(&kept));
                tokio::spawn(async move {
                    let _ = connection(stream, script.next(), &*answer, &kept).await;
                });
            }
        });
        Self { url, requests }
    }

    /// Answers every request alike.
    pub async fn always(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::start(Script::calm(), move |_| (status, String::new(), body.clone())).await
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn connection(
    stream: TcpStream,
    fault: Fault,
    answer: &(dyn Fn(&Request) -> Answer + Send + Sync),
    kept: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    if fault == Fault::Close {
        return Ok(());
    }
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let (status, headers, body) = answer(&request);
    let (status, body) = match fault {
        Fault::None | Fault::TakenWithoutAnswer => {
            kept.lock().unwrap().push(request);
            (status, body)
        }
        Fault::Stall => {
            std::future::pending::<()>().await;
            return Ok(());
        }
        Fault::Garbage => (200, "<html>maintenance</html>".to_owned()),
        Fault::Busy | Fault::Close => (503, String::new()),
    };
    if fault == Fault::TakenWithoutAnswer {
        return Ok(());
    }
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    stream.get_mut().write_all((head + &body).as_bytes()).await?;
    stream.get_mut().shutdown().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Request {
        method,
        target,
        headers,
        body,
    })
}
