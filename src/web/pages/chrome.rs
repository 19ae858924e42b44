//! What is around every page: who asks, in which language, from where.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::assets;
use crate::people::{Person, Right};
use crate::text::Lang;
use crate::web::Shared;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;

/// The frame of a page, as its template sees it. Taken from the request like the [`Visitor`] in it.
#[derive(Debug, Clone)]
pub struct Chrome {
    pub visitor: Visitor,
    path: String,
    query: String,
    /// Shown before register numbers.
    pub prefix: String,
}

impl FromRequestParts<Shared> for Chrome {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Shared) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, web).await?;
        Ok(Self {
            visitor,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            prefix: web.pipeline.settings().config.register.prefix.clone(),
        })
    }
}

impl Chrome {
    pub fn lang(&self) -> Lang {
        self.visitor.lang
    }

    /// One of the two, by the visitor's language.
    pub fn t<'a>(&self, tr: &'a str, en: &'a str) -> &'a str {
        if self.lang() == Lang::Tr { tr } else { en }
    }

    /// Of the `lang` attribute.
    pub fn code(&self) -> &'static str {
        if self.lang() == Lang::Tr { "tr" } else { "en" }
    }

    pub fn other_code(&self) -> &'static str {
        if self.lang() == Lang::Tr { "en" } else { "tr" }
    }

    /// The same page in the other language.
    pub fn switch(&self) -> String {
        let kept: Vec<&str> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .collect();
        let rest: String = kept.iter().map(|pair| format!("&{pair}")).collect();
        format!("{}?lang={}{rest}", self.path, self.other_code())
    }

    /// For `aria-current` of the navigation.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    pub fn asset(&self, name: &str) -> &'static str {
        assets::href(name)
    }

    pub fn person(&self) -> &Person {
        &self.visitor.person
    }

    pub fn csrf(&self) -> &str {
        &self.visitor.csrf
    }

    pub fn handles(&self) -> bool {
        self.person().may(Right::Handle)
    }

    pub fn examines(&self) -> bool {
        self.person().may(Right::Examine)
    }

    pub fn oversees(&self) -> bool {
        self.person().may(Right::Oversee)
    }

    pub fn administers(&self) -> bool {
        self.person().may(Right::Administer)
    }

    /// The state of the machine is for those who answer for it and those who audit it.
    pub fn sees_system(&self) -> bool {
        self.administers() || self.person().role == crate::people::Role::Auditor
    }
}
