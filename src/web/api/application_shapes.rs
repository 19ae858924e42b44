//! The shapes of application files, as the description shows them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::checklist::masked::MaskedId;
use crate::checklist::signatories::{Authority, Signatory, Source};
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;

/// A file as the list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ApplicationSummary)]
pub struct Summary {
    /// Of the application, with the configured prefix.
    #[schema(example = "2026/000001")]
    pub register_number: String,
    /// Its address.
    #[schema(example = "/api/v1/documents/2026/000001/file")]
    pub href: String,
    /// Name of the checklist that it is judged by.
    pub checklist: String,
    /// `complete`, `awaiting` (nothing is missing or wrong, but something is not certain yet), `incomplete` or `wrong`.
    pub standing: &'static str,
    pub missing: usize,
    pub wrong: usize,
    /// The end of the next term.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_term: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Applications {
    /// The newest first.
    pub files: Vec<Summary>,
    /// Where the list goes on; null at its end. A page may be short or empty before the end: go on while this is there.
    pub next: Option<String>,
}

/// What a document is as an application file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApplicationOf {
    pub register_number: String,
    /// The address of the file that this document completes, where it exists for the token.
    pub completes: Option<String>,
    /// As in `checklist show --json`; null: it is no application.
    #[schema(value_type = Option<Object>)]
    pub file: Option<serde_json::Value>,
}

/// One thing that is entered about a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeedsRequest {
    pub deed: DeedRequest,
    /// Stands beside it in the record.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DeedRequest {
    /// It is an application under this checklist; null: it is none.
    Bound {
        #[serde(default)]
        checklist: Option<String>,
    },
    /// These may sign for the applicant.
    Authorised { authority: AuthorityShape },
    /// They may not any more: the authority in this place.
    Revoked { authority: usize },
    /// This attachment is that paper; null: it is none of the list.
    Decided {
        #[schema(value_type = String, pattern = "^[0-9a-fA-F]{64}$")]
        sha256: Sha256,
        #[serde(default)]
        paper: Option<String>,
    },
    OriginalsArrived {
        #[schema(value_type = String, format = Date)]
        day: Date,
    },
    /// What is missing was asked for: the term of completion runs from this day.
    CompletionAsked {
        #[schema(value_type = String, format = Date)]
        day: Date,
    },
    LossLearned {
        #[schema(value_type = String, format = Date)]
        day: Date,
    },
    LossReported {
        #[schema(value_type = String, format = Date)]
        day: Date,
    },
    /// That document completes this file.
    Joined {
        #[schema(value_type = String, pattern = "^[0-9]{4}/[0-9]{6}$")]
        document: RegisterNumber,
    },
    /// It does not.
    Separated {
        #[schema(value_type = String, pattern = "^[0-9]{4}/[0-9]{6}$")]
        document: RegisterNumber,
    },
}

/// Who may sign, and how many of them must.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = Authority)]
#[serde(deny_unknown_fields)]
pub struct AuthorityShape {
    /// `circular` (signature circular) or `power` (power of attorney, which needs `valid_until`).
    #[schema(value_type = String, pattern = "^(circular|power)$")]
    pub source: Source,
    pub signatories: Vec<SignatoryShape>,
    /// 1: each alone; k: k of them together.
    #[schema(minimum = 1, maximum = 60)]
    pub required: u8,
    /// The first day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Date>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Option<Date>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = Signatory)]
#[serde(deny_unknown_fields)]
pub struct SignatoryShape {
    /// First and last name.
    #[schema(max_length = 200)]
    pub name: String,
    /// The identity number with its first three and last two digits shown; it is kept so even where it is sent whole.
    #[schema(value_type = String, example = "123*****456")]
    pub id: MaskedId,
}

impl From<AuthorityShape> for Authority {
    fn from(shape: AuthorityShape) -> Self {
        let signatories = shape.signatories.into_iter();
        Self {
            source: shape.source,
            signatories: signatories
                .map(|one| Signatory {
                    name: one.name,
                    id: one.id,
                })
                .collect(),
            required: shape.required,
            valid_from: shape.valid_from,
            valid_until: shape.valid_until,
        }
    }
}
