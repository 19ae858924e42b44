//! Cookies: what the browser keeps for us, and nothing of it means anything to anybody else.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Cookies looked at in one request: other programs on the same host have theirs.
const COOKIES: usize = 100;

/// One of ours.
#[derive(Debug, Clone, Copy)]
pub enum Cookie {
    /// The token of the session.
    Session,
    /// Ties the form of the login page to the browser that asked for it.
    Form,
    /// Ties a sign-in at the OpenID provider to the browser that began it.
    Provider,
    /// The language switch.
    Lang,
}

impl Cookie {
    /// `__Host-`: only over TLS, only from this host, for no other (RFC 6265bis 4.1.3.2).
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-kep-session",
            (Self::Session, false) => "kep-session",
            (Self::Form, true) => "__Host-kep-form",
            (Self::Form, false) => "kep-form",
            (Self::Provider, true) => "__Host-kep-provider",
            (Self::Provider, false) => "kep-provider",
            (Self::Lang, _) => "lang",
        }
    }

    /// `None` also where it is there twice: one of them somebody else planted.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let name = self.name(secure);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).take(COOKIES);
        let mut values = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.to_owned())
    }

    /// For this visit of the browser; `None` for the language, which stays for a year.
    pub fn set(self, response: &mut Response, value: &str, secure: bool) {
        let lasting = match self {
            Self::Lang => "; Max-Age=31536000",
            Self::Session | Self::Form | Self::Provider => "",
        };
        self.write(response, value, lasting, secure);
    }

    pub fn clear(self, response: &mut Response, secure: bool) {
        self.write(response, "", "; Max-Age=0", secure);
    }

    fn write(self, response: &mut Response, value: &str, lasting: &str, secure: bool) {
        // The provider sends the browser back from another site: Lax lets that one request through, and no other with an effect.
        let same_site = match self {
            Self::Form => "Strict",
            Self::Session | Self::Provider | Self::Lang => "Lax",
        };
        let secure_word = if secure { "; Secure" } else { "" };
        let cookie = format!(
            "{}={value}; Path=/; HttpOnly; SameSite={same_site}{secure_word}{lasting}",
            self.name(secure)
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}
