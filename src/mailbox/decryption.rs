//! `decryption` of a mailbox: where the keys are that open what comes encrypted. One table, or several while an old certificate still counts.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::text::Text;

/// One holder of a key: a PKCS#12 file or a PKCS#11 token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecryptionConfig {
    /// PKCS#12 file (`.p12`, `.pfx`) with the key and its certificate; found like a secret file. Default: empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub pkcs12_file: PathBuf,
    /// File with its password on the first line. Default: empty, no password.
    #[serde(skip_serializing_if = "is_empty")]
    pub pkcs12_password_file: PathBuf,
    /// The PKCS#11 module of the token. Default: empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub pkcs11_module: PathBuf,
    /// Label of the token. Default: empty, the only one there is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pkcs11_token: String,
    /// File with the PIN on the first line.
    #[serde(skip_serializing_if = "is_empty")]
    pub pkcs11_pin_file: PathBuf,
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

impl DecryptionConfig {
    /// What is wrong with it by itself.
    pub fn problem(&self) -> Option<Text> {
        match (is_empty(&self.pkcs12_file), is_empty(&self.pkcs11_module)) {
            (true, true) => Some(Text::new(
                "decryption ne pkcs12_file ne pkcs11_module gösteriyor; birini yazın ya da decryption anahtarını kaldırın",
                "decryption names neither pkcs12_file nor pkcs11_module; write one of them or remove decryption",
            )),
            (false, false) => Some(Text::new(
                "decryption hem pkcs12_file hem pkcs11_module gösteriyor; iki anahtar için iki tablo yazın: [{ … }, { … }]",
                "decryption names both pkcs12_file and pkcs11_module; write two tables for two keys: [{ … }, { … }]",
            )),
            (true, false) if is_empty(&self.pkcs11_pin_file) => Some(Text::new(
                "decryption: pkcs11_module, pkcs11_pin_file olmadan kullanılamaz; PIN dosyasını yazın",
                "decryption: pkcs11_module cannot be used without pkcs11_pin_file; name the file with the PIN",
            )),
            _ => None,
        }
    }

    /// The files with its secrets.
    pub fn secret_files(&self) -> impl Iterator<Item = &Path> {
        [&self.pkcs12_password_file, &self.pkcs11_pin_file]
            .into_iter()
            .map(PathBuf::as_path)
            .filter(|path| !is_empty(path))
    }
}

/// One table or a list of them. A table of empty values names nothing and is none.
///
/// # Errors
/// Neither, or a table that is not as it must be.
pub fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<DecryptionConfig>, D::Error> {
    struct Either;

    impl<'de> Visitor<'de> for Either {
        type Value = Vec<DecryptionConfig>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table { pkcs12_file = … } or a list of such tables")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            DecryptionConfig::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    let mut tables = from.deserialize_any(Either)?;
    tables.retain(|table| *table != DecryptionConfig::default());
    Ok(tables)
}
