//! Who may do what, written down a second time and naively, from what the product promises and not from how it does it.

use kep_gateway::people::{Person, Role, Scope};
use kep_gateway::register::entry::Entry;

/// What a route is there for, and with it who gets an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Everybody who is signed in: what it shows depends on the person.
    Everybody,
    /// A document, for those for whom it exists.
    Document,
    /// A change of a document, for those for whom it exists and whose role changes things.
    Deed,
    /// A legal hold on a document, or its release: for those who answer for a unit or for all.
    Hold,
    /// A new examination of a document: it changes no fact, so every role may ask for it.
    Examination,
    /// For administrators; for others there is no such page.
    Administrators,
    /// The machine: administrators and auditors; others know that there is such a page.
    Overseers,
    /// Retention, disposal and losses: everybody but clerks; for others there is no such page. Who may do what there is decided with each form.
    Keepers,
    /// The person's own account, alike for all.
    Own,
    /// Before the sign-in, and for machines: alike for all.
    Door,
    /// What is only there where an OpenID provider is configured.
    Provider,
}

/// Every route of the page. One that the program has and this table has not fails the test.
pub const RULES: [(&str, &str, For); 56] = [
    ("GET", "/", For::Everybody),
    ("GET", "/search", For::Everybody),
    ("GET", "/papers", For::Everybody),
    ("GET", "/papers/register", For::Everybody),
    ("GET", "/boards/deadlines", For::Everybody),
    ("GET", "/boards/files", For::Everybody),
    ("GET", "/boards/mailboxes", For::Everybody),
    ("GET", "/boards/quarantine", For::Everybody),
    ("GET", "/boards/evidence", For::Everybody),
    ("GET", "/boards/alerts", For::Everybody),
    ("GET", "/boards/checks", For::Everybody),
    ("GET", "/boards/system", For::Overseers),
    ("GET", "/boards/retention", For::Keepers),
    ("GET", "/boards/retention/{deed}", For::Keepers),
    ("POST", "/boards/retention/{deed}", For::Keepers),
    ("GET", "/events", For::Everybody),
    ("GET", "/assets/{name}", For::Door),
    ("GET", "/documents/{year}/{number}", For::Document),
    ("GET", "/documents/{year}/{number}/letter", For::Document),
    ("GET", "/documents/{year}/{number}/original", For::Document),
    ("GET", "/documents/{year}/{number}/parts/{sha256}", For::Document),
    ("GET", "/documents/{year}/{number}/sheet.pdf", For::Document),
    ("GET", "/documents/{year}/{number}/case.zip", For::Document),
    ("GET", "/documents/{year}/{number}/file", For::Document),
    ("GET", "/documents/{year}/{number}/file/{deed}", For::Door),
    ("POST", "/documents/{year}/{number}/file/{deed}", For::Deed),
    ("GET", "/documents/{year}/{number}/{deed}", For::Door),
    ("POST", "/documents/{year}/{number}/{deed}", For::Deed),
    ("GET", "/people", For::Administrators),
    ("POST", "/people", For::Administrators),
    ("GET", "/people/{login}", For::Administrators),
    ("GET", "/people/{login}/{deed}", For::Administrators),
    ("POST", "/people/{login}/{deed}", For::Administrators),
    ("GET", "/account", For::Own),
    ("GET", "/account/password", For::Own),
    ("GET", "/account/totp/new", For::Own),
    ("GET", "/account/totp/confirm", For::Own),
    ("GET", "/account/totp/remove", For::Own),
    ("GET", "/account/sessions/end", For::Own),
    ("GET", "/account/sessions/end-others", For::Own),
    ("POST", "/account/password", For::Own),
    ("POST", "/account/totp/new", For::Own),
    ("POST", "/account/totp/confirm", For::Own),
    ("POST", "/account/totp/remove", For::Own),
    ("POST", "/account/sessions/end", For::Own),
    ("POST", "/account/sessions/end-others", For::Own),
    ("GET", "/login", For::Door),
    ("POST", "/login", For::Door),
    ("GET", "/login/totp", For::Door),
    ("POST", "/login/totp", For::Door),
    ("GET", "/login.css", For::Door),
    ("POST", "/logout", For::Door),
    ("GET", "/health", For::Door),
    ("GET", "/oidc/begin", For::Provider),
    ("GET", "/oidc/callback", For::Provider),
    ("GET", "/metrics", For::Door),
];

pub fn rule_of(method: &str, route: &str) -> Option<For> {
    RULES.iter().find(|(m, r, _)| (*m, *r) == (method, route)).map(|(_, _, what)| *what)
}

/// Whether a document exists for a person: all three walls must let it through.
pub fn exists_for(person: &Person, entry: &Entry) -> bool {
    let lets_through = |scope: &Scope, name: Option<&str>| match (scope, name) {
        (Scope::All, _) => true,
        (Scope::Only(_), None) => false,
        (Scope::Only(names), Some(name)) => names.iter().any(|one| one == name),
    };
    if entry.access > person.clearance {
        return false;
    }
    lets_through(&person.mailboxes, Some(&entry.mailbox)) && lets_through(&person.units, entry.unit.as_deref())
}

/// The statuses that a person may get. `exists`: whether the document that the request is about exists for the person.
pub fn statuses(what: For, method: &str, role: Role, exists: bool) -> &'static [u16] {
    match what {
        For::Everybody => &[200],
        For::Document | For::Deed | For::Hold | For::Examination if !exists => &[404],
        For::Document => &[200],
        For::Deed if role == Role::Auditor => &[403],
        // Done, or refused with a sentence because nothing was filled in.
        For::Deed => &[303, 422],
        For::Hold if matches!(role, Role::Clerk | Role::Auditor) => &[403],
        For::Hold => &[303],
        For::Examination => &[303],
        For::Administrators if role != Role::Administrator => &[404],
        // A person without name, or a deed that there is not.
        For::Administrators if method == "POST" => &[303, 400, 404, 422],
        For::Administrators => &[200, 303, 404],
        For::Overseers if matches!(role, Role::Administrator | Role::Auditor) => &[200],
        For::Overseers => &[404],
        For::Keepers if role == Role::Clerk => &[404],
        // A list that there is not, a role that may not, or a reload that leads back to the page.
        For::Keepers => &[200, 303, 403, 404],
        For::Own => &[200, 303, 422],
        For::Door => &[200, 303, 401, 403, 404, 405, 503],
        For::Provider => &[403, 404],
    }
}
