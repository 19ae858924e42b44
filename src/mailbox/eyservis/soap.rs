//! SOAP 1.1, document/literal wrapped, as PTT's service has it on the wire: requests are written, replies are unwrapped by name.

use zeroize::Zeroizing;

use crate::mailbox::soap::envelope::{ENVELOPE, content, escape};
use crate::mailbox::soap::problem::{KnownCode, Problem, judge};
use crate::mailbox::soap::xml::{Element, malformed};
use crate::secret::Secret;

/// Wrapper elements, `param0`, `return` and bare reply members.
pub(super) const AXIS2: &str = "http://ws.apache.org/axis2";
/// All members of complex types.
pub(super) const MEMBERS: &str = "http://ws.apache.org/axis2/xsd";

/// Room for a request: the credentials in it must not be left behind in an earlier, smaller buffer.
const REQUEST_BYTES: usize = 16 << 10;

/// What every request carries: there is no session.
pub(super) struct Account {
    pub(super) address: String,
    pub(super) tcno: Secret,
    pub(super) parola: Secret,
    pub(super) sifre: Secret,
}

/// A member of `param0`.
pub(super) enum Member<'a> {
    Text(&'static str, &'a str),
    Secret(&'static str, &'a Secret),
    Number(&'static str, i64),
}

/// Whether `param0` is the account itself or a structure that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `param0` is of type eyKepHesapGirisP.
    Account,
    /// `param0` holds `kepHesap`, then the members in the schema's order.
    Structure,
}

/// The envelope of one request. `kepHesap` stands in it twice: the outer is the structure, the inner the address.
pub(super) fn request(operation: &str, shape: Shape, account: &Account, members: &[Member<'_>]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(REQUEST_BYTES));
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"");
    out.push_str(ENVELOPE);
    out.push_str("\" xmlns:a=\"");
    out.push_str(AXIS2);
    out.push_str("\" xmlns:x=\"");
    out.push_str(MEMBERS);
    out.push_str("\"><s:Body><a:");
    out.push_str(operation);
    out.push_str("><a:param0>");
    if shape == Shape::Structure {
        out.push_str("<x:kepHesap>");
    }
    member(&mut out, "kepHesap", &account.address);
    member(&mut out, "tcno", account.tcno.reveal());
    member(&mut out, "parola", account.parola.reveal());
    member(&mut out, "sifre", account.sifre.reveal());
    if shape == Shape::Structure {
        out.push_str("</x:kepHesap>");
    }
    for one in members {
        match one {
            Member::Text(name, value) => member(&mut out, name, value),
            Member::Secret(name, value) => member(&mut out, name, value.reveal()),
            Member::Number(name, value) => member(&mut out, name, &value.to_string()),
        }
    }
    out.push_str("</a:param0></a:");
    out.push_str(operation);
    out.push_str("></s:Body></s:Envelope>");
    out
}

fn member(out: &mut String, name: &str, value: &str) {
    out.push_str("<x:");
    out.push_str(name);
    out.push('>');
    escape(out, value);
    out.push_str("</x:");
    out.push_str(name);
    out.push('>');
}

/// The reply wrapper inside an envelope. A fault is the server's refusal.
pub(super) fn unwrap(envelope: Element, wrapper: &str, known: &[KnownCode]) -> Result<Element, Problem> {
    let content = content(envelope, known)?;
    match content.is(AXIS2, wrapper) {
        true => Ok(content),
        false => Err(malformed(
            "sorulandan başka bir yanıt",
            "another reply than the one that was asked for",
        )),
    }
}

/// A number in a member; absent, nil and empty are `None`.
pub(super) fn number(element: &Element) -> Result<Option<i64>, Problem> {
    element
        .value()
        .map(|text| {
            text.parse()
                .map_err(|_| malformed("sayı olmayan bir durum", "a status that is no number"))
        })
        .transpose()
}

/// `durum` and `hataaciklama` of a structure. Both absent is left to the caller: some operations answer a wrong account so.
pub(super) fn status(structure: &Element, known: &[KnownCode]) -> Result<Option<()>, Problem> {
    // In parallel columns each row may have its own: one that failed is not hidden by those before it that did not.
    let codes: Vec<i64> = structure
        .all("durum")
        .filter_map(|durum| number(durum).transpose())
        .collect::<Result<_, _>>()?;
    let code = codes.iter().find(|code| **code != 0).or(codes.first()).copied();
    let words = structure.all("hataaciklama").find_map(Element::value);
    match (code, words) {
        (None, None) => Ok(None),
        (code, words) => judge(code.unwrap_or_default(), words, known).map(Some),
    }
}

#[cfg(test)]
mod soap_tests {
    use crate::mailbox::soap::xml::Reader;

    use super::*;

    fn account() -> Account {
        Account {
            address: "ornek@hs01.kep.tr".into(),
            tcno: Secret::new("11111111110"),
            parola: Secret::new("p<a>&\r"),
            sifre: Secret::new("\u{1}ş"),
        }
    }

    fn parsed(text: &str) -> Element {
        let mut reader = Reader::new(&[], 1 << 20);
        reader.feed(text.as_bytes()).unwrap();
        reader.finish().unwrap()
    }

    #[test]
    fn a_request_holds_the_account_nested_and_its_members_in_order() {
        let request = request(
            "Indir",
            Shape::Structure,
            &account(),
            &[Member::Text("kepId", "<EYWS{1}.x>"), Member::Number("kepSiraNo", 4)],
        );
        let root = parsed(&request);
        let param = &root.children[0].children[0];
        assert!(param.is(AXIS2, "Indir") && param.children[0].is(AXIS2, "param0"));
        let members = &param.children[0].children;
        assert!(members.iter().all(|member| member.namespace == MEMBERS));
        let inner: Vec<&str> = members[0].children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(
            (members[0].name.as_str(), inner.as_slice()),
            ("kepHesap", ["kepHesap", "tcno", "parola", "sifre"].as_slice())
        );
        assert_eq!(members[0].children[2].text, "p<a>&\r");
        assert_eq!((members[1].value(), members[2].value()), (Some("<EYWS{1}.x>"), Some("4")));
    }

    #[test]
    fn faults_and_other_replies_are_told_apart() {
        let reply = |body: &str| {
            unwrap(
                parsed(&format!(
                    "<e:Envelope xmlns:e='{ENVELOPE}'><e:Header/><e:Body>{body}</e:Body></e:Envelope>"
                )),
                "AResponse",
                &[],
            )
        };
        assert!(reply(&format!("<AResponse xmlns='{AXIS2}'/>")).is_ok());
        assert!(matches!(reply(&format!("<BResponse xmlns='{AXIS2}'/>")), Err(Problem::Protocol(_))));
        assert!(matches!(reply("<AResponse xmlns='urn:x'/>"), Err(Problem::Protocol(_))));
        assert!(matches!(reply(""), Err(Problem::Protocol(_))));
        let fault = |words: &str| {
            reply(&format!(
                "<e:Fault><faultcode>e:Server</faultcode><faultstring>{words}</faultstring></e:Fault>"
            ))
        };
        assert!(matches!(fault("busy"), Err(Problem::Refused { code: -1, .. })));
        assert!(matches!(fault("Şifre veya Parola Yanlış"), Err(Problem::Credentials(_))));
    }
}
