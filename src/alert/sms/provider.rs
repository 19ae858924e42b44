//! How an SMS gateway is spoken to, as data: the presets are files of this shape, and `[alert.sms.custom]` is one more.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::template;
use crate::text::Text;

/// An SMS gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What people call it.
    pub title: String,
    /// The account travels in the address. Such addresses appear in no log and no error.
    #[serde(default)]
    pub secret_in_url: bool,
    /// Character set of the request. Default `utf-8`.
    #[serde(default)]
    pub charset: Charset,
    /// What stands before the ten digits `5XXXXXXXXX`: nothing (default), `0`, `90`, `+90`.
    #[serde(default)]
    pub number_prefix: String,
    /// How the gateway sends Turkish letters, where the text has any and `turkish = true`. Default `ucs2`.
    #[serde(default)]
    pub turkish: TurkishEncoding,
    /// What `{turkish}` becomes when the text has Turkish letters. Put in as it is.
    #[serde(default)]
    pub turkish_with: String,
    /// What `{turkish}` becomes when it has none.
    #[serde(default)]
    pub turkish_without: String,
    /// Messages per minute at most; 0 (default) = as fast as they come.
    #[serde(default)]
    pub rate_per_minute: u32,
    /// A request that fetches a token before the first message, and again when the token is too old or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    pub send: Request,
    /// When the gateway took the message.
    #[serde(default)]
    pub success: Success,
    /// Where the gateway's own number of the message stands.
    #[serde(default)]
    pub id: Extract,
    /// Where the error code stands.
    #[serde(default)]
    pub error: Extract,
    /// What each code means. An unknown code is tried again.
    #[serde(default)]
    pub errors: BTreeMap<String, ErrorMeaning>,
}

/// Character set of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Charset {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Latin-5.
    #[serde(rename = "iso-8859-9")]
    Latin5,
}

/// What Turkish letters cost on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurkishEncoding {
    /// 3GPP TS 23.038 A.2.1, Turkish national language single shift table: 155 septets, the Turkish letters cost two.
    SingleShift,
    /// Two bytes each: 70 characters.
    #[default]
    Ucs2,
}

/// One HTTP request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `POST` (default) or `GET`.
    #[serde(default)]
    pub method: Method,
    /// Template; values are percent-encoded.
    pub url: String,
    /// Templates by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Kind of the body, which says how values are escaped.
    #[serde(default)]
    pub content: Content,
    /// Template.
    #[serde(default)]
    pub body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Post,
    Get,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// No body: all is in the address.
    Query,
    #[default]
    Json,
    Form,
    Xml,
}

impl Content {
    /// The Content-Type header; `None` when there is no body.
    pub(super) fn header(self, charset: Charset) -> Option<&'static str> {
        Some(match (self, charset) {
            (Self::Query, _) => return None,
            (Self::Json, _) => "application/json; charset=utf-8",
            (Self::Form, Charset::Utf8) => "application/x-www-form-urlencoded",
            (Self::Form, Charset::Latin5) => "application/x-www-form-urlencoded; charset=ISO-8859-9",
            (Self::Xml, Charset::Utf8) => "text/xml; charset=utf-8",
            (Self::Xml, Charset::Latin5) => "text/xml; charset=ISO-8859-9",
        })
    }
}

/// A log-in that yields a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub request: Request,
    /// JSON pointer (RFC 6901) of the token in the answer.
    pub token: String,
    /// How long a token is used.
    #[serde(with = "crate::clock::duration")]
    pub lifetime: Duration,
}

/// All conditions that are given must hold; of a list, one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Success {
    /// HTTP status codes; empty (default) = 200-299.
    pub http: Vec<u16>,
    /// JSON pointers; the first that exists gives the value that is looked at. None (default) = the whole body.
    pub pointer: Vec<String>,
    pub equals: Vec<String>,
    pub prefix: Vec<String>,
    pub contains: Vec<String>,
    /// A line of the value, spaces at its ends ignored.
    pub line: Vec<String>,
}

/// Where a value stands in an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extract {
    /// JSON pointers; the first that exists.
    pub pointer: Vec<String>,
    /// In a text: what stands before the value. Empty (default) = it begins the text.
    pub after: String,
    /// In a text: what ends the value. Empty (default) = the next white space.
    pub before: String,
}

/// What an error code means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorMeaning {
    pub action: ErrorAction,
    pub tr: String,
    pub en: String,
}

impl ErrorMeaning {
    pub(super) fn text(&self) -> Text {
        Text::new(&self.tr, &self.en)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorAction {
    /// It passes.
    Retry,
    /// The same request will fail again.
    Fatal,
    /// Account, contract or address of this machine: a person must act.
    Auth,
}

impl Provider {
    /// What is wrong with this description, in the order of its keys.
    pub fn problems(&self) -> Vec<Text> {
        let login = self.login.iter().map(|login| ("login.request", &login.request));
        let requests = login.chain([("send", &self.send)]);
        let mut problems = Vec::new();
        for (name, request) in requests {
            let parts = [&request.url, &request.body].into_iter().chain(request.headers.values());
            for problem in parts.flat_map(|part| template::problems(part)) {
                problems.push(Text::new(format!("{name}: {}", problem.tr), format!("{name}: {}", problem.en)));
            }
            if !request.url.starts_with("https://") && !request.url.starts_with("http://") {
                problems.push(Text::new(
                    format!("{name}.url https:// ile başlamalı"),
                    format!("{name}.url must begin with https://"),
                ));
            }
        }
        if self.charset == Charset::Latin5 && self.send.content == Content::Json {
            // RFC 8259 8.1: JSON between systems is UTF-8.
            problems.push(Text::new(
                "JSON yalnızca utf-8 ile gönderilir; charset satırını silin",
                "JSON goes as utf-8 only; remove the charset line",
            ));
        }
        problems
    }

    pub(in crate::alert) fn uses_plaintext(&self) -> bool {
        let login = self.login.iter().map(|login| login.request.url.as_str());
        login.chain([self.send.url.as_str()]).any(|url| url.starts_with("http://"))
    }

    /// The same gateway at another scheme, host and port.
    pub(super) fn at_endpoint(mut self, endpoint: &str) -> Self {
        let login = self.login.iter_mut().map(|login| &mut login.request.url);
        for url in login.chain([&mut self.send.url]) {
            let path = url
                .split_once("://")
                .map(|(_, rest)| rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"));
            *url = format!("{}{}", endpoint.trim_end_matches('/'), path.unwrap_or_default());
        }
        self
    }
}
