//! Kamu SM's certificate depository in both forms, with signed rows.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::der::{self, Der, ctx, int, octets, seq};
use super::pki::{CERT_SIGN, CRL_SIGN, Certified, Hash, KeyKind, Profile, key_id, valid_from, valid_to};

/// A row of the depository, as Kamu SM writes it.
pub struct Row<'a> {
    pub cert: &'a Certified,
    pub level: u64,
    pub signature: Vec<u8>,
}

/// The structure that a row signature is over, for a root with the usual dates.
fn signed_row(cert: &Certified, level: u64) -> Der {
    ctx(
        0,
        [
            ctx(0, [octets(&cert.der)]),
            ctx(1, [octets(b"")]),
            ctx(2, [cert.serial.clone()]),
            ctx(3, [cert.issuer_name.clone()]),
            ctx(4, [cert.subject.clone()]),
            ctx(5, [der::time(valid_from())]),
            ctx(6, [der::time(valid_to())]),
            ctx(7, [der::named_bits(&[CERT_SIGN, CRL_SIGN])]),
            ctx(8, [octets(&key_id(&cert.spki))]),
            ctx(9, [int(1)]),
            ctx(10, [int(level)]),
        ],
    )
}

fn row_signature(signer: &Certified, hash: Hash, signed: &[u8]) -> Vec<u8> {
    seq([
        ctx(0, [octets(&hash.of(&signer.spki))]),
        ctx(1, [octets(&signer.key.sign(hash, signed))]),
    ])
}

/// A row as its signer signs it.
pub fn row<'a>(cert: &'a Certified, level: u64, signer: &Certified, hash: Hash) -> Row<'a> {
    Row {
        cert,
        level,
        signature: row_signature(signer, hash, &signed_row(cert, level)),
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

pub fn xml(rows: &[Row<'_>], issuers: &[&Certified]) -> String {
    let rows: String = rows
        .iter()
        .map(|row| {
            format!(
                "<koksertifika><mValue>{}</mValue><mKokTipi>1</mKokTipi><mKokGuvenSeviyesi>{}</mKokGuvenSeviyesi><mSatirImzasi>{}</mSatirImzasi></koksertifika>\n",
                base64(&row.cert.der),
                row.level,
                base64(&row.signature)
            )
        })
        .collect();
    let issuers: String = issuers
        .iter()
        .map(|one| format!("<sertifika><mValue>{}</mValue></sertifika>", base64(&one.der)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<depo><Versiyon>42</Versiyon><koksertifikalar>{rows}</koksertifikalar><sertifikalar>{issuers}</sertifikalar></depo>"
    )
}

/// The same as an SQLite file, written by SQLite itself through Python.
pub fn svt(file: &Path, rows: &[Row<'_>], issuers: &[&Certified], page_size: u32) {
    let list: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| serde_json::json!([hex::encode(&row.cert.der), row.level, hex::encode(&row.signature)]))
        .collect();
    let issuers: Vec<String> = issuers.iter().map(|one| hex::encode(&one.der)).collect();
    let script = "
import json, sqlite3, sys
given = json.load(sys.stdin)
base = sqlite3.connect(sys.argv[1])
base.execute('PRAGMA page_size = %d' % int(sys.argv[2]))
base.execute('CREATE TABLE KOKSERTIFIKA (KOKSertifikaNo INTEGER PRIMARY KEY, KOKSertifikaValue BLOB NOT NULL, KOKSertifikaTipi INTEGER, KOKGuvenSeviyesi INTEGER, [KOKSatirImzasi] BLOB, UNIQUE (KOKSertifikaValue))')
base.execute('CREATE TABLE SERTIFIKA (SertifikaNo INTEGER PRIMARY KEY, SertifikaValue BLOB)')
base.execute('CREATE TABLE SIL (SilNo INTEGER PRIMARY KEY, SilValue BLOB)')
for der, level, signature in given['rows']:
    base.execute('INSERT INTO KOKSERTIFIKA (KOKSertifikaValue, KOKSertifikaTipi, KOKGuvenSeviyesi, KOKSatirImzasi) VALUES (?, 1, ?, ?)', (bytes.fromhex(der), level, bytes.fromhex(signature)))
for der in given['issuers']:
    base.execute('INSERT INTO SERTIFIKA (SertifikaValue) VALUES (?)', (bytes.fromhex(der),))
base.execute('INSERT INTO SIL (SilValue) VALUES (zeroblob(20000))')
base.commit()
";
    let mut child = Command::new("python3")
        .args(["-c", script, file.to_str().unwrap(), &page_size.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(
        child.stdin.take().unwrap(),
        &serde_json::json!({ "rows": list, "issuers": issuers }),
    )
    .unwrap();
    assert!(child.wait().unwrap().success());
}

/// Row signatures are RSA.
pub fn rsa_root(name: &str) -> Arc<Certified> {
    let profile = Profile {
        key: KeyKind::Rsa2048,
        ..Profile::root(name, "Örnek Depo")
    };
    Certified::self_signed(&profile, "rsa")
}
