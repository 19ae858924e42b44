//! An SMTP server that keeps what it gets: RFC 5321 as far as one sender needs it, with STARTTLS and AUTH PLAIN.

use std::sync::{Arc, Mutex};

use openssl::ssl::{Ssl, SslAcceptor};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::fault::{Fault, Script};

/// How the server behaves.
pub struct Manner {
    pub script: Script,
    /// With it, STARTTLS is offered and everything else refused before it.
    pub tls: Option<SslAcceptor>,
    /// base64 of "\0user\0password"; with it, MAIL is refused before AUTH.
    pub auth: Option<String>,
    /// Offers no STARTTLS although it could.
    pub strip_starttls: bool,
    /// Replies put on the wire behind "220 go ahead", as an attacker would.
    pub inject: &'static str,
    /// Refuses every recipient for good.
    pub refuse_recipients: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            script: Script::calm(),
            tls: None,
            auth: None,
            strip_starttls: false,
            inject: "",
            refuse_recipients: false,
        }
    }
}

/// One message taken.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: Vec<String>,
    pub data: String,
    pub encrypted: bool,
}

#[derive(Default)]
pub struct Seen {
    pub mails: Vec<Mail>,
    pub connections: u32,
    /// Every line that came before TLS.
    pub clear_text: String,
}

pub struct SmtpSink {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
}

impl SmtpSink {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (manner, shared) = (Arc::new(manner), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let (manner, seen) = (Arc::clone(&manner), Arc::clone(&shared));
                tokio::spawn(async move {
                    let _ = connection(stream, &manner, &seen).await;
                });
            }
        });
        Self { port, seen }
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.seen.lock().unwrap().mails.clone()
    }
}

async fn connection(mut stream: tokio::net::TcpStream, manner: &Manner, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let fault = manner.script.next();
    match fault {
        Fault::Close => return Ok(()),
        Fault::Busy => return stream.write_all(b"421 busy\r\n").await,
        Fault::Garbage => return stream.write_all(b"<html>\r\n").await,
        Fault::Stall => std::future::pending().await,
        Fault::None | Fault::TakenWithoutAnswer => {}
    }
    stream.write_all(b"220 sink\r\n").await?;
    if !session(&mut stream, manner, seen, fault, false).await? {
        return Ok(());
    }
    stream.write_all(format!("220 go ahead\r\n{}", manner.inject).as_bytes()).await?;
    let ssl = Ssl::new(manner.tls.as_ref().unwrap().context()).unwrap();
    let mut tls = tokio_openssl::SslStream::new(ssl, stream).unwrap();
    std::pin::Pin::new(&mut tls).accept().await.map_err(std::io::Error::other)?;
    session(&mut tls, manner, seen, fault, true).await?;
    Ok(())
}

/// True when the client asked for TLS.
async fn session<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    manner: &Manner,
    seen: &Mutex<Seen>,
    fault: Fault,
    encrypted: bool,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    let mut authenticated = manner.auth.is_none();
    let mut to = Vec::new();
    let must_encrypt = manner.tls.is_some() && !encrypted;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        if !encrypted {
            seen.lock().unwrap().clear_text.push_str(&line);
        }
        let command = line.trim_end().to_owned();
        let verb = command.to_ascii_uppercase();
        let reply = match verb.split_whitespace().next().unwrap_or_default() {
            "EHLO" if must_encrypt && !manner.strip_starttls => "250-sink\r\n250 STARTTLS",
            "EHLO" => "250-sink\r\n250 AUTH PLAIN LOGIN",
            "STARTTLS" if must_encrypt && !manner.strip_starttls => return Ok(true),
            "AUTH" => match &manner.auth {
                Some(expected) if command == format!("AUTH PLAIN {expected}") => {
                    authenticated = true;
                    "235 welcome"
                }
                _ => "535 5.7.8 refused",
            },
            "QUIT" => {
                stream.get_mut().write_all(b"221 bye\r\n").await?;
                return Ok(false);
            }
            _ if must_encrypt => "530 STARTTLS first",
            _ if !authenticated => "530 log in first",
            "MAIL" => "250 sender ok",
            "RCPT" if manner.refuse_recipients => "550 5.1.1 unknown person <someone@kurum.example>",
            "RCPT" => {
                to.push(command.clone());
                "250 recipient ok"
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await?;
                let data = data(&mut stream).await?;
                seen.lock().unwrap().mails.push(Mail {
                    to: std::mem::take(&mut to),
                    data,
                    encrypted,
                });
                if fault == Fault::TakenWithoutAnswer {
                    return Ok(false);
                }
                "250 2.0.0 taken"
            }
            _ => "500 what?",
        };
        stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await?;
        stream.get_mut().flush().await?;
    }
}

async fn data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.as_str() {
            ".\r\n" => return Ok(data),
            stuffed => data.push_str(stuffed.strip_prefix('.').unwrap_or(stuffed)),
        }
    }
}
