//! The description of the API, made of the handlers that it describes.

use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, Content, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi, ToSchema};

use super::answer;
use super::shapes::ProblemShape;
use super::{applications, deeds, deliveries, documents, files};
use axum::http::StatusCode;

const ABOUT: &str = "\
The register of a KEP gateway for the institution's own document system (EBYS).

**Tokens.** `kep-gateway people token add NAME --scope read,transfer` makes one. It has a scope, mailboxes, units and a clearance; documents beyond \
them do not exist for it. Every view and every deed stands in the gateway's record under its name. Cookies open nothing here.

**Each document once.** Ask for `/api/v1/documents?not_transferred=true` (with `kind=dispatch` for e-Yazışma packages alone) from the beginning, follow `next`, and for each document: \
reserve a number in the EBYS, `PUT` it to `transfer`, and enter the document only after 201 or 200. At 409 give the number back. What a crash \
interrupted is asked for again in the next round, or sent again with the same number.

**Webhooks.** The gateway can call when a document is registered or its verdict changes (`[[alert.group]]` with \
`causes = [\"document-registered\", \"verdict-changed\"]`): a POST of JSON with `id`, `cause`, `at`, `key` and `facts` (`register_number`, `href`, \
`mailbox`, `message_kind`, `indication`); no subjects, no names. It is tried for three days with growing pauses; any 2xx ends it. The headers are \
`X-Kep-Gateway-Id` (the same at each attempt), `X-Kep-Gateway-Timestamp` (seconds since 1970, of this attempt) and `X-Kep-Gateway-Signature`: \
`sha256=` and the hex of HMAC-SHA256(key, timestamp + \".\" + body). A receiver computes the signature over the raw body, compares in constant time, \
refuses a timestamp more than 5 minutes off, and drops an id that it has seen. `/api/v1/deliveries` is the log. A webhook is only a bell: what \
counts is the list.

**Refusals** are problem documents (RFC 9457) with a stable `code`.";

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("kepgw_ and 43 characters")
            .description(Some("A token of `kep-gateway people token add`."))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What is the same everywhere: the language, the document that an address names, and how everything else is refused.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, description: &mut openapi::OpenApi) {
        for (path, item) in &mut description.paths.paths {
            let names_a_document = path.contains("{year}");
            for operation in [&mut item.get, &mut item.put, &mut item.post].into_iter().flatten() {
                let parameters = operation.parameters.get_or_insert_default();
                let responses = &mut operation.responses.responses;
                if names_a_document {
                    parameters.push(digits("year", "Of the register number, without prefix: 2026", "^[0-9]{1,4}$"));
                    parameters.push(digits("number", "Within the year: 000001", "^[0-9]{1,9}$"));
                    let hidden = refusal("It is not there, or not for this token");
                    responses.entry("404".to_owned()).or_insert(hidden);
                }
                parameters.push(language());
                responses.insert("default".to_owned(), refusal("Any other refusal"));
            }
        }
    }
}

fn digits(name: &str, description: &str, pattern: &str) -> RefOr<Parameter> {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True);
    parameter.description(Some(description)).schema(Some(schema)).build().into()
}

fn language() -> RefOr<Parameter> {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new()
        .name("lang")
        .parameter_in(ParameterIn::Query)
        .required(Required::False);
    parameter
        .description(Some("tr or en: of sentences for people"))
        .schema(Some(schema))
        .build()
        .into()
}

fn refusal(description: &str) -> RefOr<openapi::Response> {
    let problem = Content::new(Some(Ref::from_schema_name(ProblemShape::name())));
    let response = ResponseBuilder::new().description(description);
    response.content("application/problem+json", problem).build().into()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "KEP gateway", version = "1", description = ABOUT),
    paths(
        document,
        documents::list,
        documents::one,
        documents::verdict,
        documents::evidence,
        files::parts,
        files::part,
        files::original,
        deeds::transfer,
        deeds::assign,
        applications::list,
        applications::one,
        applications::enter,
        deeds::level,
        deliveries::list,
    ),
    tags(
        (name = "documents", description = "The register"),
        (name = "files", description = "Bytes"),
        (name = "applications", description = "Application files: which papers are there, which are missing, and who signed them"),
        (name = "deliveries", description = "Who was told"),
        (name = "description", description = "This"),
    ),
    components(schemas(ProblemShape)),
    modifiers(&Tokens, &Everywhere),
)]
pub struct Description;

/// This description. It holds nothing of the register and takes no token.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "getDescription",
    tag = "description",
    responses(
        (status = 200, description = "OpenAPI 3.1", body = Object),
    ),
    security(()),
)]
pub async fn document() -> Response {
    answer::json(StatusCode::OK, &Description::openapi()).into_response()
}
