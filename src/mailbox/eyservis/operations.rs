//! The operations that the gateway uses, each a request and the reading of its reply. There is none that registers or removes an officer,
//! and none that sends.

use bytes::Bytes;
use jiff::civil::Date;

use crate::mailbox::ErrorClass;
use crate::mailbox::soap::envelope::{RETURN, redact};
use crate::mailbox::soap::http::{self, Bounds, Call};
use crate::mailbox::soap::problem::{KnownCode, Problem, judge};
use crate::mailbox::soap::window::{Window, midnight};
use crate::mailbox::soap::xml::{Element, malformed};
use crate::secret::Secret;

use super::config::{EyServisConfig, Query};
use super::rows::{EvidenceList, Key, Rows, read_evidence, read_rows};
use super::soap::{self, Account, Member, Shape, number, status};

/// Elements whose text is base64 (xmlmime:base64Binary): a package, and an evidence document.
const BINARY: [&str; 2] = ["ePaket", "eDelil"];

/// Elements in which the service speaks to people. `return` holds words where it is no structure.
const WORDS: [&str; 4] = ["hataaciklama", "faultstring", "cins", RETURN];

/// The folder under which evidence stands that was fetched on its own. No folder of the service is called so.
pub(super) const EVIDENCE: &str = "#DELIL";

/// The service's default folder.
pub(super) const INBOX: &str = "INBOX";

/// A client of the service, with the credentials of one check.
pub(super) struct Service<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) config: &'a EyServisConfig,
    pub(super) account: &'a Account,
    pub(super) bounds: Bounds,
}

/// The credit that sending costs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balance {
    pub(super) amount: f64,
    pub(super) unit: String,
}

impl Service<'_> {
    async fn call(&self, operation: &str, shape: Shape, members: &[Member<'_>], wrapper: &str) -> Result<Element, Problem> {
        let request = soap::request(operation, shape, self.account, members);
        let call = Call {
            url: &self.config.url,
            action: &format!("urn:{operation}"),
            binary: &BINARY,
        };
        let mut envelope = http::exchange(self.client, call, request, &self.bounds).await?;
        let account = [&self.account.tcno, &self.account.parola, &self.account.sifre];
        let given = members.iter().filter_map(|member| match member {
            Member::Secret(_, secret) => Some(*secret),
            Member::Text(..) | Member::Number(..) => None,
        });
        let secrets: Vec<&str> = account.into_iter().chain(given).map(Secret::reveal).collect();
        redact(&mut envelope, &WORDS, &secrets);
        soap::unwrap(envelope, wrapper, self.codes())
    }

    fn codes(&self) -> &[KnownCode] {
        &self.config.codes
    }

    /// PaketSorgula, 2 or 3: what arrived in these days.
    pub(super) async fn query(&self, folder: &str, window: Window) -> Result<Rows, Problem> {
        let date = |date: Date| midnight(date, self.config.offset);
        let (first, last) = (date(window.from), date(window.to));
        let members = [
            Member::Text("ilktarih", &first),
            Member::Text("sontarih", &last),
            Member::Text("dizin", folder),
        ];
        // The wrapper of the second and third form has its number at the end.
        let (operation, wrapper) = match self.config.query {
            Query::PaketSorgula => ("PaketSorgula", "PaketSorgulaResponse"),
            Query::PaketSorgula2 => ("PaketSorgula2", "PaketSorgulaResponse2"),
            Query::PaketSorgula3 => ("PaketSorgula3", "PaketSorgulaResponse3"),
        };
        let reply = self.call(operation, Shape::Structure, &members, wrapper).await?;
        read_rows(&reply, self.codes())
    }

    /// Indir with ALL: only the whole has the provider's signature. The bytes, and whether the reply held more than one package.
    pub(super) async fn download(&self, folder: &str, key: &Key<'_>, login: Option<&Secret>) -> Result<(Bytes, bool), Problem> {
        let mut members = vec![key.member(), Member::Text("ePart", "ALL")];
        members.push(match login {
            Some(login) => Member::Secret("eGuvenlikId", login),
            None => Member::Text("eGuvenlikId", ""),
        });
        members.push(Member::Text("dizin", folder));
        let reply = self.call("Indir", Shape::Structure, &members, "IndirResponse").await?;
        let structure = returned(&reply)?;
        let said = status(structure, self.codes())?;
        let mut packages: Vec<&Element> = structure.all("ePaket").collect();
        // A message has an extension of .eml or none; anything else beside it is an addition.
        packages.sort_by_key(|package| {
            !package
                .file_name
                .as_deref()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".eml"))
        });
        match packages.as_slice() {
            [] if said.is_none() => Err(Problem::Nothing),
            [] => Err(malformed("paketi olmayan bir indirme", "a download without a package")),
            [package, ..] if package.binary.is_empty() => Err(Problem::NotFound),
            [package, more @ ..] => Ok((package.binary.clone(), !more.is_empty())),
        }
    }

    /// PaketDetayDelilSorgula: the evidence of one message.
    pub(super) async fn evidence_of(&self, folder: &str, key: &Key<'_>) -> Result<EvidenceList, Problem> {
        let members = [key.member(), Member::Text("dizin", folder)];
        let wrapper = "PaketDetayDelilSorgulaResponse";
        let reply = self.call("PaketDetayDelilSorgula", Shape::Structure, &members, wrapper).await?;
        read_evidence(&reply, self.codes())
    }

    /// PaketDelilIndir: one evidence document.
    pub(super) async fn download_evidence(&self, id: &str) -> Result<Bytes, Problem> {
        let members = [Member::Text("delilId", id)];
        let reply = self
            .call("PaketDelilIndir", Shape::Structure, &members, "PaketDelilIndirResponse")
            .await?;
        let structure = returned(&reply)?;
        status(structure, self.codes())?;
        match structure.child("eDelil").map(|evidence| evidence.binary.clone()) {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(Problem::NotFound),
        }
    }

    /// KotaSorgula: kilobytes; whether used or left the service does not say.
    pub(super) async fn quota(&self) -> Result<Option<u64>, Problem> {
        let reply = self.call("KotaSorgula", Shape::Account, &[], "KotaSorgulaResponse").await?;
        let said = reply.child("return");
        if let Err(credentials @ Problem::Credentials(_)) = judge(0, said.and_then(Element::value), &[]) {
            return Err(credentials);
        }
        let value = said.map(number).transpose()?.flatten();
        Ok(value.and_then(|kilobytes| u64::try_from(kilobytes).ok()))
    }

    /// KontorSorgula. A wrong password is told only by the words in `cins`.
    pub(super) async fn balance(&self) -> Result<Option<Balance>, Problem> {
        let reply = self.call("KontorSorgula", Shape::Account, &[], "KontorSorgulaResponse").await?;
        let Some(structure) = reply.child("return").filter(|structure| !structure.nil) else {
            return Ok(None);
        };
        let unit = structure.child_value("cins").unwrap_or_default();
        if let Err(credentials @ Problem::Credentials(_)) = judge(0, Some(unit), &[]) {
            return Err(credentials);
        }
        let Some(amount) = structure.child_value("miktar") else {
            return Ok(None);
        };
        let amount = decimal(amount).ok_or_else(|| malformed("sayı olmayan bir kontör miktarı", "a credit that is no number"))?;
        Ok(Some(Balance {
            amount,
            unit: unit.chars().take(40).collect(),
        }))
    }

    /// DizinSorgula: the names of the folders.
    pub(super) async fn folders(&self) -> Result<Vec<String>, Problem> {
        let reply = self.call("DizinSorgula", Shape::Account, &[], "DizinSorgulaResponse").await?;
        let names: Vec<String> = reply.all("return").filter_map(Element::value).map(str::to_owned).collect();
        names.iter().try_for_each(|name| match judge(0, Some(name), &[]) {
            Err(credentials @ Problem::Credentials(_)) => Err(credentials),
            _ => Ok(()),
        })?;
        Ok(names)
    }

    /// Why a query was answered with nothing at all: so the service answers for a wrong account, too, and says it in words only where the
    /// credit is asked for. Asked for ever with wrong credentials, the account would be locked.
    pub(super) async fn why_nothing(&self) -> Problem {
        match self.balance().await {
            Err(refused) if refused.class() == ErrorClass::Authentication => refused,
            _ => Problem::Nothing,
        }
    }

    /// AlindiOnay: the acknowledgement of receipt, which most likely makes the sender's evidence of reading.
    pub(super) async fn acknowledge(&self, folder: &str, key: &Key<'_>) -> Result<(), Problem> {
        self.command("AlindiOnay", "AlindiOnayResponse", folder, key).await
    }

    /// PaketSil: deletes for good.
    pub(super) async fn delete(&self, folder: &str, key: &Key<'_>) -> Result<(), Problem> {
        self.command("PaketSil", "PaketSilResponse", folder, key).await
    }

    async fn command(&self, operation: &str, wrapper: &str, folder: &str, key: &Key<'_>) -> Result<(), Problem> {
        let members = [key.member(), Member::Text("dizin", folder)];
        let reply = self.call(operation, Shape::Structure, &members, wrapper).await?;
        status(returned(&reply)?, self.codes())?.ok_or(Problem::Nothing)
    }

    /// Giris(OTP): the service sends an SMS. Returns the eGuvenlikId of this attempt.
    pub(super) async fn begin_login(&self) -> Result<Secret, Problem> {
        let members = [Member::Text("girisTur", "OTP")];
        let reply = self.call("Giris", Shape::Structure, &members, "GirisResponse").await?;
        self.login_id(&reply)
    }

    /// GuvenliGiris(OTP): the number from the SMS. Returns the eGuvenlikId that downloads carry.
    pub(super) async fn finish_login(&self, begun: &Secret, sms: &Secret) -> Result<Secret, Problem> {
        let members = [
            Member::Text("girisTur", "OTP"),
            Member::Secret("smsKey", sms),
            Member::Secret("eGuvenlikId", begun),
        ];
        let reply = self
            .call("GuvenliGiris", Shape::Structure, &members, "GuvenliGirisResponse")
            .await?;
        self.login_id(&reply)
    }

    fn login_id(&self, reply: &Element) -> Result<Secret, Problem> {
        let structure = returned(reply)?;
        let words = structure.child_value("hataaciklama");
        // Here `durum` is a string, and "1" is an error; what else it may hold is not known, so the id decides.
        let code = structure
            .child_value("durum")
            .and_then(|durum| durum.parse().ok())
            .unwrap_or_default();
        match structure.child_value("eGuvenlikId") {
            Some(id) if code != 1 => Ok(Secret::new(id)),
            _ => Err(judge(if code == 0 { 1 } else { code }, words, self.codes())
                .err()
                .unwrap_or(Problem::Nothing)),
        }
    }
}

/// A decimal number (XSD 1.0 3.2.3), or one with a comma as it is written in Turkey. Not a number is no number: nothing would ever be below it.
fn decimal(text: &str) -> Option<f64> {
    let plain = match text.contains(',') {
        true => text.replace('.', "").replace(',', "."),
        false => text.to_owned(),
    };
    plain.parse().ok().filter(|amount: &f64| amount.is_finite())
}

/// The one `return` of a reply.
fn returned(reply: &Element) -> Result<&Element, Problem> {
    reply.child("return").filter(|structure| !structure.nil).ok_or(Problem::Nothing)
}
