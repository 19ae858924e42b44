//! `kind = "turkkep"`: TÜRKKEP's SOAP service.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mailbox::decryption::{DecryptionConfig, one_or_many};
pub use crate::mailbox::soap::problem::{KnownCode, Retry};
use crate::mailbox::soap::table;

/// A mailbox that is reached over TÜRKKEP's SOAP service (`kind = "turkkep"`). Experimental.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurkkepConfig {
    /// The name in the register, in alarms and on the command line. No default.
    pub name: String,
    /// KEP address of the institution; goes into `kullaniciAdi`. No default.
    pub address: String,
    /// The retrieval service. Only https. No default: the provider tells it.
    pub url: String,
    /// PEM file; when set, only certificates under these authorities are trusted. Default: empty, the system's authorities.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// `islemYetkiliKodu`, such as `001`. No default.
    pub officer_code: String,
    /// File with `kullaniciSifresi`. No default.
    pub password_file: PathBuf,
    /// Folder of request envelopes, each named after its call, such as `KEPPostaKutusuListesi.xml`. No default: the WSDL is not public.
    pub requests: PathBuf,
    /// The header SOAPAction; `{call}` stands for the call's name. Default: empty.
    #[serde(default)]
    pub soap_action: String,
    /// `iletiTuru` of mail. Default: `Dispatch`, which is not confirmed. Empty: mail is not watched.
    #[serde(default = "dispatch")]
    pub mail_type: String,
    /// `iletiTuru` of evidence. Default: `Message`. Empty: evidence is not watched.
    #[serde(default = "message")]
    pub evidence_type: String,
    /// The call that gives the bytes of a mail. Default: empty, because none is publicly known.
    #[serde(default)]
    pub message_call: String,
    /// The element of its answer that holds them as base64.
    #[serde(default)]
    pub message_element: String,
    /// The element of DelilGetir's answer that holds the evidence as base64. Default: empty, because it is not publicly known.
    #[serde(default)]
    pub evidence_element: String,
    /// How long between two looks. Default: `5m`.
    #[serde(default = "table::interval", with = "crate::clock::duration")]
    pub interval: Duration,
    /// How often a look asks for all UIDs of its days and not only for those above the highest: that UIDs only grow is not confirmed. Default: `1h`.
    #[serde(default = "recheck", with = "crate::clock::duration")]
    pub recheck: Duration,
    /// How far back each query reaches again. Default: `3d`.
    #[serde(default = "table::overlap", with = "crate::clock::duration")]
    pub overlap: Duration,
    /// The longest time that one query spans. Default: `31d`.
    #[serde(default = "table::window", with = "crate::clock::duration")]
    pub window: Duration,
    /// First day to walk from on the first run. Default: empty, only `overlap`.
    #[serde(default, with = "table::optional_date")]
    pub backfill_from: Option<Date>,
    /// Time for name resolution, TCP and TLS. Default: `30s`.
    #[serde(default = "table::connect_timeout", with = "crate::clock::duration")]
    pub connect_timeout: Duration,
    /// Time without a byte from the server. Default: `2m`.
    #[serde(default = "table::silence_timeout", with = "crate::clock::duration")]
    pub silence_timeout: Duration,
    /// Time for one whole exchange. Default: `10m`.
    #[serde(default = "table::timeout", with = "crate::clock::duration")]
    pub timeout: Duration,
    /// Bytes of one answer on the wire. Default: 64 MiB.
    #[serde(default = "table::reply_bytes")]
    pub reply_bytes: u64,
    /// What the service's result codes mean, as the operator learnt it. Default: none; every error is tried again.
    #[serde(default)]
    pub codes: Vec<KnownCode>,
    /// Keys that open what comes encrypted. Default: none.
    #[serde(default, deserialize_with = "one_or_many")]
    pub decryption: Vec<DecryptionConfig>,
}

fn dispatch() -> String {
    "Dispatch".to_owned()
}

fn message() -> String {
    "Message".to_owned()
}

fn recheck() -> Duration {
    Duration::from_secs(3_600)
}
