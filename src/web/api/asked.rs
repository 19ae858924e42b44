//! What stands in a request: the query and the body, read strictly. A filter with a slip of the pen must not show everything.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::clock::from_local;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::web::form::Form;

/// Bytes of a body: a number, a name and a note.
pub const BODY_BYTES: usize = 64 << 10;

/// How long it may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// Items of a page where nothing is asked, and at most.
pub const PAGE: usize = 50;
pub const LONGEST_PAGE: usize = 200;

/// The parameters of a query.
pub struct Asked(Form);

impl Asked {
    /// # Errors
    /// A parameter is not among these, or is there twice.
    pub fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let form = Form::read(uri.query().unwrap_or_default().as_bytes());
        for name in form.names() {
            if (!known.contains(&name) && name != "lang") || form.all(name).nth(1).is_some() {
                // Of what is not ours only the beginning is said back.
                return Err(Problem::Parameter(name.chars().take(40).collect()));
            }
        }
        Ok(Self(form))
    }

    /// # Errors
    /// It is there and says nothing.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let value = self.0.names().any(|known| known == name).then(|| self.0.get(name));
        match value {
            Some("") => Err(Problem::Parameter(name.to_owned())),
            value => Ok(value),
        }
    }

    /// A stable word of one of our types.
    ///
    /// # Errors
    /// It is no such word.
    pub fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let wrong = |_| Problem::Parameter(name.to_owned());
        self.text(name)?
            .map(|word| serde_json::from_value(word.into()).map_err(wrong))
            .transpose()
    }

    /// # Errors
    /// It is neither `true` nor `false`.
    pub fn switch(&self, name: &str) -> Result<Option<bool>, Problem> {
        let wrong = |_| Problem::Parameter(name.to_owned());
        self.text(name)?.map(|word| word.parse().map_err(wrong)).transpose()
    }

    /// # Errors
    /// It is no number from 1 to [`LONGEST_PAGE`].
    pub fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = self.text("limit")? else { return Ok(PAGE) };
        let limit = text.parse().ok().filter(|limit| (1..=LONGEST_PAGE).contains(limit));
        limit.ok_or_else(|| Problem::Parameter("limit".to_owned()))
    }

    /// An instant, or a day in Turkey: its beginning, or its end where `whole_day`.
    ///
    /// # Errors
    /// It is neither.
    pub fn moment(&self, name: &str, whole_day: bool) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let day = |day: Date| match whole_day {
            true => day.tomorrow().unwrap_or(day),
            false => day,
        };
        let of_day = || Some(from_local(day(text.parse().ok()?).to_datetime(Time::midnight())));
        let moment = text.parse().ok().or_else(of_day);
        moment.map(Some).ok_or_else(|| Problem::Parameter(name.to_owned()))
    }
}

/// What the address names; what cannot be is not there.
pub struct Place {
    pub number: RegisterNumber,
    pub sha256: Option<Sha256>,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(fields) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::NotFound)?;
        let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, number) = (field("year").unwrap_or_default(), field("number").unwrap_or_default());
        if !digits(year, 4) || !digits(number, 9) {
            return Err(Problem::NotFound);
        }
        let sha256 = field("sha256")
            .map(|text| text.parse().map_err(|_| Problem::NotFound))
            .transpose()?;
        Ok(Self {
            number: format!("{year}/{number}").parse().map_err(|_| Problem::NotFound)?,
            sha256,
        })
    }
}

/// A body as it is described, and nothing beside it.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            return Err(Problem::UnsupportedType);
        }
        let body = match tokio::time::timeout(BODY_DEADLINE, to_bytes(request.into_body(), BODY_BYTES)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(Problem::TooLarge),
            Err(_elapsed) => return Err(Problem::TooSlow),
        };
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Problem::Body(format!("{}:{}", error.line(), error.column())))
    }
}
