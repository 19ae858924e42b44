//! What others encrypted is opened with our key and by nobody else; what was changed, cut or made up is not; and a verdict does not get better
//! by encryption.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/alone.rs"]
mod alone;
mod forge;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use forge::encryption::{on_curve, openssl, pkcs12, python};
use forge::eyp::Version;
use forge::pki::{Certified, KeyKind};
use forge::world::World;
use forge::zip::Entry;
use kep_gateway::decryption::{Holders, Opening, holder};
use kep_gateway::envelope;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::decryption::DecryptionConfig;
use kep_gateway::message::{self, MessageKind};
use kep_gateway::opener::{Answer, Closed, Inside, Opener};
use kep_gateway::secret::SecretFolder;
use kep_gateway::signature::report::Indication;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file, verify_file_opening};
use tempfile::TempDir;

const AT: &str = "2026-11-19T06:00:00Z";

/// Our keys in files, with their certificates.
struct Us {
    dir: TempDir,
    rsa: Arc<Certified>,
    p256: Arc<Certified>,
    p384: Arc<Certified>,
    /// Somebody else.
    stranger: Arc<Certified>,
}

impl Us {
    fn new(world: &World) -> Self {
        let ca = &world.seal.ca;
        Self {
            dir: tempfile::tempdir().unwrap(),
            rsa: Arc::clone(&world.receiver_encryption),
            p256: on_curve(ca, KeyKind::P256, "sifreleme-p256"),
            p384: on_curve(ca, KeyKind::P384, "sifreleme-p384"),
            stranger: on_curve(ca, KeyKind::Rsa2048, "yabanci"),
        }
    }

    fn holders(&self, keys: &[&Certified]) -> Holders {
        keys.iter()
            .map(|key| {
                let name = format!("{}.p12", key.slug);
                fs::write(self.dir.path().join(&name), pkcs12(key, "gizli parola")).unwrap();
                fs::write(self.dir.path().join("parola"), "gizli parola\n").unwrap();
                let config = DecryptionConfig {
                    pkcs12_file: name.into(),
                    pkcs12_password_file: "parola".into(),
                    ..DecryptionConfig::default()
                };
                holder(&config, &SecretFolder::beside(self.dir.path()))
            })
            .collect()
    }

    fn opening(&self, keys: &[&Certified]) -> Opening {
        Opening::new(self.holders(keys), Vec::new(), AT.parse().unwrap(), &Limits::default())
    }

    fn open(&self, cms: &[u8], keys: &[&Certified]) -> Answer {
        self.opening(keys).open(&Bytes::copy_from_slice(cms), Inside::Package, "/x")
    }
}

/// Begins like a package; the rest is of no form.
fn content(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut bytes = b"PK\x03\x04".to_vec();
    while bytes.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push(state.to_be_bytes()[0]);
    }
    bytes
}

fn rules(answer: &Answer) -> Vec<&str> {
    answer.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

const OAEP: &[&str] = &["rsa_padding_mode:oaep"];
const OAEP_256: &[&str] = &["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"];

#[test]
fn whatever_openssl_encrypts_to_us_is_opened() {
    let us = Us::new(&World::new(11));
    let plain = content(200_000);
    let cases: &[(&[&str], &[&str], &Certified)] = &[
        (&["-aes-256-cbc"], &[], &us.rsa),
        (&["-aes-192-cbc", "-stream"], &[], &us.rsa),
        (&["-aes-128-cbc", "-stream", "-keyid"], OAEP, &us.rsa),
        (&["-aes-256-cbc", "-stream"], OAEP_256, &us.rsa),
        (
            &["-aes-256-cbc"],
            &["rsa_padding_mode:oaep", "rsa_oaep_md:sha512", "rsa_mgf1_md:sha256"],
            &us.rsa,
        ),
        (&["-aes-256-gcm"], OAEP_256, &us.rsa),
        (&["-aes-128-gcm", "-keyid"], &[], &us.rsa),
        (&["-des3"], &[], &us.rsa),
        (&["-aes-256-cbc", "-stream"], &[], &us.p256),
        (&["-aes-256-cbc", "-keyid"], &["ecdh_kdf_md:sha256"], &us.p256),
        (&["-aes-256-gcm"], &["ecdh_kdf_md:sha384"], &us.p384),
        (
            &["-aes-128-cbc", "-stream"],
            &["ecdh_kdf_md:sha512", "ecdh_cofactor_mode:1"],
            &us.p384,
        ),
    ];
    for (options, key_options, to) in cases {
        let cms = openssl(&plain, options, key_options, &[to]);
        let answer = us.open(&cms, &[&us.p384, &us.p256, &us.rsa]);
        let case = format!("{options:?} {key_options:?} {:?}", rules(&answer));
        assert_eq!(answer.plaintext.as_deref(), Some(plain.as_slice()), "{case}");
        assert_eq!(rules(&answer)[0], "KEP-4601", "{case}");
        let authenticated = options[0].ends_with("gcm");
        assert_eq!(rules(&answer).contains(&"KEP-4612"), !authenticated, "{case}");
        assert_eq!(rules(&answer).contains(&"KEP-4611"), options[0] == "-des3", "{case}");
        // Nobody else opens it, and with no key at all the reason is another one.
        let stranger = us.open(&cms, &[&us.stranger]);
        assert_eq!(
            (stranger.plaintext.as_deref(), rules(&stranger)),
            (None, vec!["KEP-4603"]),
            "{case}"
        );
        let nobody = us.open(&cms, &[]);
        assert_eq!((nobody.plaintext.as_deref(), rules(&nobody)), (None, vec!["KEP-4602"]), "{case}");
    }
}

#[test]
fn each_of_several_recipients_opens_it_alone() {
    let us = Us::new(&World::new(12));
    let plain = content(5_000);
    for options in [["-aes-256-cbc", "-stream"], ["-aes-256-gcm", "-nosmimecap"]] {
        let options = &options[..if options[1] == "-stream" { 2 } else { 1 }];
        let cms = openssl(&plain, options, &[], &[&us.stranger, &us.rsa, &us.p256]);
        for own in [&us.stranger, &us.rsa, &us.p256] {
            assert_eq!(us.open(&cms, &[own]).plaintext.as_deref(), Some(plain.as_slice()), "{}", own.slug);
        }
        assert!(us.open(&cms, &[&us.p384]).plaintext.is_none());
    }
}

#[test]
fn what_python_encrypts_to_us_is_opened() {
    let us = Us::new(&World::new(13));
    let plain = content(23_456);
    for (form, to) in [
        ("oaep-256-1", &us.rsa),
        ("oaep-384-label", &us.rsa),
        ("oaep-gcm-attributes", &us.rsa),
        ("ecdh-256-ukm", &us.p256),
        ("ecdh-384-192", &us.p384),
        ("ecdh-512-cofactor-gcm", &us.p256),
    ] {
        let answer = us.open(&python(&plain, form, to), &[to]);
        assert_eq!(answer.plaintext.as_deref(), Some(plain.as_slice()), "{form} {:?}", rules(&answer));
    }
    // Its tag is right, but its attributes speak of another content.
    let answer = us.open(&python(&plain, "oaep-gcm-wrong-attribute", &us.rsa), &[&us.rsa]);
    assert_eq!((answer.plaintext.as_deref(), rules(&answer)), (None, vec!["KEP-4608"]));
}

/// No bit of an authenticated message can be changed without everything staying closed; of an unauthenticated one nothing yields the
/// plaintext but the plaintext.
#[test]
fn what_was_changed_is_not_opened_as_if_it_were_not() {
    let us = Us::new(&World::new(14));
    let plain = content(600);
    for (options, key_options, to) in [
        (&["-aes-256-gcm"][..], OAEP_256, &us.rsa),
        (&["-aes-256-cbc"][..], &[][..], &us.rsa),
        (&["-aes-256-cbc", "-stream"][..], &[][..], &us.p256),
    ] {
        let cms = openssl(&plain, options, key_options, &[to]);
        let opening_of = |cms: &[u8]| us.open(cms, &[to]);
        let step = 1 + cms.len() / 160;
        let tail = cms.len().saturating_sub(20)..cms.len();
        for at in (0..cms.len()).step_by(step).chain(tail) {
            let mut bad = cms.clone();
            bad[at] ^= 0x10;
            let answer = opening_of(&bad);
            let Some(found) = answer.plaintext else {
                assert!(!answer.findings.is_empty(), "{options:?} at {at}: closed without a reason");
                continue;
            };
            // What is left over: octets that nothing in the message depends on, such as a version, and the garbled block of CBC.
            let garbled = found != plain;
            assert!(
                !(garbled && options[0].ends_with("gcm")),
                "{options:?} at {at}: changed and handed out"
            );
            assert!(!garbled || found.starts_with(b"PK\x03\x04"), "{options:?} at {at}");
        }
        for length in (0..cms.len()).step_by(step) {
            let answer = opening_of(&cms[..length]);
            assert!(
                answer.plaintext.is_none() && !answer.findings.is_empty(),
                "{options:?} cut at {length}"
            );
        }
    }
}

/// Every way in which a key can fail to fit is answered in the same words.
#[test]
fn a_made_up_key_is_answered_like_every_other() {
    let us = Us::new(&World::new(15));
    let plain = content(2_000);
    let good = openssl(&plain, &["-aes-256-cbc"], &[], &[&us.rsa]);
    // The encrypted key is the first string of 256 octets.
    let at = good.windows(4).position(|window| window == [0x04, 0x82, 0x01, 0x00]).unwrap() + 4;
    let mut answers = Vec::new();
    for change in 0..40_usize {
        let mut bad = good.clone();
        bad[at + 5 + change] ^= 0x40;
        let answer = us.open(&bad, &[&us.rsa]);
        assert!(answer.plaintext.is_none());
        answers.push(answer.findings);
    }
    let garbled = {
        let mut bad = good.clone();
        // CBC: the last octet of the block before the last changes the last octet of the padding and nothing else of it, from sixteen to
        // seventeen. (Another octet of the last block would leave a padding that is right by chance one time in 256.)
        let before_the_last = bad.len() - 17;
        bad[before_the_last] ^= 1;
        us.open(&bad, &[&us.rsa]).findings
    };
    assert!(answers.iter().all(|findings| *findings == garbled), "{:?}", answers.first());
    assert_eq!(garbled[0].rule, "KEP-4606");
}

#[test]
fn what_is_not_supported_is_named_and_not_guessed() {
    let us = Us::new(&World::new(16));
    let plain = content(500);
    let camellia = openssl(&plain, &["-camellia256"], &[], &[&us.rsa]);
    assert_eq!(rules(&us.open(&camellia, &[&us.rsa])), ["KEP-4607"]);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("content"), &plain).unwrap();
    for way in [
        &["-pwri_password", "kolay"][..],
        &["-secretkey", "000102030405060708090a0b0c0d0e0f", "-secretkeyid", "01"],
    ] {
        let (input, output) = (path("content"), path("cms"));
        let mut args = vec![
            "cms",
            "-encrypt",
            "-binary",
            "-outform",
            "DER",
            "-aes-256-cbc",
            "-in",
            &input,
            "-out",
            &output,
        ];
        args.extend(way);
        forge::encryption::run("openssl", &args);
        let answer = us.open(&fs::read(path("cms")).unwrap(), &[&us.rsa]);
        assert_eq!((answer.plaintext.as_deref(), rules(&answer)), (None, vec!["KEP-4607"]), "{way:?}");
    }
}

#[test]
fn a_wrong_password_and_a_missing_file_say_what_to_do() {
    let us = Us::new(&World::new(17));
    let cms = openssl(&content(100), &["-aes-256-cbc"], &[], &[&us.rsa]);
    let holders = us.holders(&[&us.rsa]);
    let open = |holders: Holders| {
        let opening = Opening::new(holders, Vec::new(), AT.parse().unwrap(), &Limits::default());
        opening.open(&Bytes::copy_from_slice(&cms), Inside::Package, "/x")
    };
    fs::write(us.dir.path().join("parola"), "yanlış\n").unwrap();
    let refused = open(holders.clone());
    assert_eq!((refused.plaintext.as_deref(), rules(&refused)), (None, vec!["KEP-4605"]));
    let said = format!("{:?}", refused.findings);
    assert!(
        said.contains(".p12") && !said.contains("yanlış:") && !said.contains("gizli"),
        "{said}"
    );
    // The same holder, once the file is right: no restart.
    fs::write(us.dir.path().join("parola"), "gizli parola\n").unwrap();
    assert!(open(holders).plaintext.is_some());

    let absent = us.holders(&[&us.rsa]);
    fs::remove_file(us.dir.path().join(format!("{}.p12", us.rsa.slug))).unwrap();
    let answer = open(absent);
    assert_eq!((answer.plaintext.as_deref(), rules(&answer)), (None, vec!["KEP-4604"]));
}

#[test]
fn a_large_package_is_opened_with_no_more_memory_than_itself() {
    if !alone::is_alone("a_large_package_is_opened_with_no_more_memory_than_itself") {
        return;
    }
    let us = Us::new(&World::new(18));
    let plain = content(45 << 20);
    let cms = Bytes::from(openssl(&plain, &["-aes-256-gcm"], OAEP_256, &[&us.rsa]));
    let opening = us.opening(&[&us.rsa]);
    let (before, began) = (peak_kib(), Instant::now());
    let answer = opening.open(&cms, Inside::Package, "/x");
    let grown = peak_kib().saturating_sub(before);
    assert_eq!(answer.plaintext.as_deref(), Some(plain.as_slice()));
    println!("45 MiB opened in {:?}, {} MiB more at the peak", began.elapsed(), grown >> 10);
    assert!(grown < 60 << 10, "{grown} KiB for 45 MiB");

    let small = Limits {
        message_bytes: 1 << 20,
        ..Limits::default()
    };
    let opening = Opening::new(us.holders(&[&us.rsa]), Vec::new(), AT.parse().unwrap(), &small);
    let answer = opening.open(&cms, Inside::Package, "/x");
    assert_eq!((answer.plaintext.as_deref(), rules(&answer)), (None, vec!["KEP-4609"]));
}

fn peak_kib() -> usize {
    // The mark is set back first, so that what was needed before does not hide anything.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn context(world: &World) -> Context {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str, write: &dyn Fn(&Path)| {
        let path = dir.path().join(name);
        write(&path);
        path
    };
    let trust = folder("trust", &|path| world.trust_folder(path));
    let intermediates = folder("intermediates", &|path| world.intermediates(path));
    let revocation = folder("revocation", &|path| world.revocation(path));
    let trust = Trust::load(Some(&trust), Some(&intermediates), Some(&revocation)).unwrap();
    Context::new(Arc::new(trust), AT.parse().unwrap(), Limits::default())
}

fn rules_of(report: &FileReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// The verdict on an encrypted package is that on the package inside, and never a better one.
#[test]
fn an_encrypted_package_is_judged_as_the_one_inside() {
    let world = World::new(21);
    let (us, context) = (Us::new(&world), context(&world));
    let letter = world.letter(3);
    let package = letter.package(Version::V2_0, &letter.sender.director);
    let plain = verify_file(&package.build().into(), "belge.eyp", None, &context);
    assert_eq!(plain.indication, Indication::Passed, "{plain:#?}");

    let encrypt = |inner: &[u8]| openssl(inner, &["-aes-256-cbc", "-stream"], OAEP_256, &[&us.rsa]);
    let eyps = Bytes::from(letter.package_encrypted_by(&package, &encrypt).bytes);
    let closed = verify_file_opening(&eyps, "belge.eyps", None, &context, &Closed);
    assert_eq!(closed.indication, Indication::Indeterminate);
    let opened = verify_file_opening(&eyps, "belge.eyps", None, &context, &us.opening(&[&us.rsa]));
    assert_eq!(opened.indication, Indication::Passed, "{:?}", opened.findings);
    assert_eq!(opened.signatures.len(), plain.signatures.len());
    assert!(rules_of(&opened).contains(&"KEP-4601") && rules_of(&opened).contains(&"KEP-4612"));
    assert!(!rules_of(&opened).contains(&"H14"));
    let wrong = verify_file_opening(&eyps, "belge.eyps", None, &context, &us.opening(&[&us.stranger]));
    assert_eq!(wrong.indication, Indication::Indeterminate);

    // Inside something else than the copy outside says: rule H14.
    let other = world.letter(4);
    let swapped = other.package(Version::V2_0, &other.sender.director).build();
    let eyps = letter.package_encrypted_by(&package, &|_| encrypt(&swapped)).bytes;
    let report = verify_file_opening(&eyps.into(), "belge.eyps", None, &context, &us.opening(&[&us.rsa]));
    assert_eq!(report.indication, Indication::Failed);
    assert!(rules_of(&report).contains(&"H14"));

    // Inside a package that was tampered with, or that nobody signed, or nothing that is a package.
    let mut tampered = package.build();
    let at = tampered.len() / 2;
    tampered[at] ^= 1;
    let bare = {
        let mut package = letter.package(Version::V2_0, &letter.sender.director);
        (package.sign, package.seal) = (None, None);
        package.build()
    };
    for inner in [tampered, bare, content(4_000)] {
        let inside = verify_file(&inner.clone().into(), "belge.eyp", None, &context).indication;
        let eyps = letter.package_encrypted_by(&package, &|_| encrypt(&inner)).bytes;
        let report = verify_file_opening(&eyps.into(), "belge.eyps", None, &context, &us.opening(&[&us.rsa]));
        assert!(report.indication >= inside && report.indication != Indication::Passed, "{inside:?}");
    }
}

/// Encrypted mail: signed inside, signed outside, a package inside, and encrypted within itself.
#[test]
fn encrypted_mail_is_judged_by_what_is_signed_inside() {
    let world = World::new(22);
    let (us, context) = (Us::new(&world), context(&world));
    let letter = world.letter(5);
    let officer = &letter.sender.officer.cert;
    let encrypt = |inner: &[u8]| openssl(inner, &["-aes-256-gcm"], OAEP_256, &[&us.rsa]);
    let judge = |raw: Vec<u8>, key: &Certified| verify_file_opening(&raw.into(), "ileti.eml", None, &context, &us.opening(&[key]));
    let signed_inside = |original: &forge::mail::Original| {
        let whole = letter.sign_detached(original, officer);
        // The entity under the headers of the mail: what a mail program encrypts.
        let at = whole
            .windows(13)
            .position(|window| window.eq_ignore_ascii_case(b"content-type:"))
            .unwrap();
        whole[at..].to_vec()
    };

    let sample = letter.message_encrypted_by(&|original| encrypt(&signed_inside(original)));
    let opened = judge(sample.raw.clone(), &us.rsa);
    assert_eq!(opened.indication, Indication::Passed, "{opened:#?}");
    assert!(rules_of(&opened).contains(&"KEP-4601"));
    assert!(!rules_of(&opened).contains(&"KEP-2025"));
    let closed = judge(sample.raw, &us.stranger);
    assert_eq!(closed.indication, Indication::Indeterminate);
    assert!(rules_of(&closed).contains(&"KEP-2025") && rules_of(&closed).contains(&"KEP-4603"));

    // Nothing is signed inside: the encryption proves nothing about the sender.
    let sample = letter.message_encrypted_by(&|original| encrypt(&original.entity()));
    let plain_unsigned = judge(
        letter
            .deliver(&letter.original("standart"), letter.original("standart").unsigned())
            .raw,
        &us.rsa,
    );
    let unsigned = judge(sample.raw, &us.rsa);
    assert_eq!(unsigned.indication, plain_unsigned.indication, "{unsigned:#?}");

    // Encrypted twice.
    let twice = letter.message_encrypted_by(&|original| {
        let inner = encrypt(&signed_inside(original));
        let head = "Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        encrypt(format!("{head}{}", forge::mail::base64_lines(&inner, "\r\n")).as_bytes())
    });
    let report = judge(twice.raw, &us.rsa);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    assert_eq!(rules_of(&report).iter().filter(|rule| **rule == "KEP-4601").count(), 2);

    // Deeper than anybody sends: it ends, and says so.
    let deep = letter.message_encrypted_by(&|original| {
        let head = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        (0..20).fold(encrypt(&original.entity()), |inner, _| {
            encrypt(format!("{head}{}", forge::mail::base64_lines(&inner, "\r\n")).as_bytes())
        })
    });
    let report = judge(deep.raw, &us.rsa);
    assert_ne!(report.indication, Indication::Passed);
    assert!(rules_of(&report).contains(&"KEP-2004"), "{:?}", rules_of(&report));
}

/// A signature around a ciphertext covers the ciphertext: whoever signed need not have known what is in it.
#[test]
fn a_signature_around_the_encryption_speaks_for_nothing_inside() {
    let world = World::new(23);
    let (us, context) = (Us::new(&world), context(&world));
    let letter = world.letter(5);
    let original = letter.original("standart");
    let cms = openssl(&original.entity(), &["-aes-256-gcm"], OAEP_256, &[&us.rsa]);
    let entity = format!(
        "Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        forge::mail::base64_lines(&cms, "\r\n")
    );
    let spec = forge::cades::Spec::bes(&letter.sender.officer.cert, original.date);
    let signature = world.cms(entity.as_bytes(), false, spec);
    let l1 = original.with_signature(entity.as_bytes(), &signature, forge::pki::Hash::Sha256);
    let raw = letter.deliver(&original, l1).raw;
    let judge = |opener: &dyn Opener| verify_file_opening(&raw.clone().into(), "ileti.eml", None, &context, opener);
    let opened = judge(&us.opening(&[&us.rsa]));
    assert!(rules_of(&opened).contains(&"KEP-4601") && rules_of(&opened).contains(&"KEP-2029"));
    assert_ne!(opened.indication, Indication::Passed, "{opened:#?}");
    // Nobody here saw what is in it: closed it is no better than any other.
    assert_eq!(judge(&Closed).indication, Indication::Indeterminate);
    let read = message::read_opening(&raw.into(), &Limits::default(), &Closed);
    assert_eq!(read.kind, MessageKind::Encrypted);
}

/// Opened outside and closed inside is closed: nobody here saw what was sent.
#[test]
fn what_is_encrypted_to_another_within_what_is_encrypted_to_us_is_closed() {
    let world = World::new(24);
    let us = Us::new(&world);
    let letter = world.letter(5);
    let encrypt = |inner: &[u8], to: &Certified| openssl(inner, &["-aes-256-gcm"], OAEP_256, &[to]);
    let twice = letter.message_encrypted_by(&|original| {
        let inner = encrypt(&original.entity(), &us.stranger);
        let head = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        encrypt(format!("{head}{}", forge::mail::base64_lines(&inner, "\r\n")).as_bytes(), &us.rsa)
    });
    let read = |keys: &[&Certified]| message::read_opening(&twice.raw.clone().into(), &Limits::default(), &us.opening(keys));
    assert_eq!(read(&[]).kind, MessageKind::Encrypted);
    assert_eq!(read(&[&us.rsa]).kind, MessageKind::Encrypted);
    assert_eq!(read(&[&us.rsa, &us.stranger]).kind, MessageKind::Standard);

    let package = letter.package(Version::V2_0, &letter.sender.director);
    let inner = letter.package_encrypted_by(&package, &|inner| encrypt(inner, &us.stranger)).bytes;
    let outer = letter.package_encrypted_by(&package, &|_| encrypt(&inner, &us.rsa)).bytes;
    let closed = |keys: &[&Certified]| {
        let receiver = envelope::Receiver::default();
        let package = envelope::read_opening(&outer.clone().into(), None, &receiver, &Limits::default(), &us.opening(keys));
        (package.decrypted, package.is_closed(), package.opened_codes().len())
    };
    assert_eq!(closed(&[]), (false, true, 0));
    assert_eq!(closed(&[&us.rsa]), (true, true, 1));
    assert_eq!(closed(&[&us.rsa, &us.stranger]), (true, false, 2));
}

/// The same package with one part more.
fn with_part(package: &[u8], name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(package)).unwrap();
    let mut entries = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        entries.push(Entry::new(&file.name().unwrap(), content));
    }
    entries.push(Entry::new(name, bytes));
    forge::zip::write(&entries)
}

/// Around an encrypted package stands nothing that could be taken for the document, also where the copy of the digests names it.
#[test]
fn a_letter_outside_the_encryption_is_not_the_document_and_makes_the_package_fail() {
    let world = World::new(25);
    let (us, context) = (Us::new(&world), context(&world));
    let letter = world.letter(3);
    let package = letter.package(Version::V2_0, &letter.sender.director);
    let eyps = letter.package_encrypted_by(&package, &|inner| openssl(inner, &["-aes-256-gcm"], OAEP_256, &[&us.rsa]));
    let judge = |bytes: Vec<u8>| verify_file_opening(&bytes.into(), "belge.eyps", None, &context, &us.opening(&[&us.rsa]));
    assert_eq!(judge(eyps.bytes.clone()).indication, Indication::Passed);
    for name in ["UstYazi/UstYazi.pdf", "UstYazi/sahte.pdf", "Ustveri/Ustveri.xml"] {
        let report = judge(with_part(&eyps.bytes, name, b"%PDF-1.7 odeyin"));
        assert_eq!(report.indication, Indication::Failed, "{name}");
        let place = format!("/{name}");
        for rule in ["C15", "KEP-3424"] {
            let said = report.findings.iter().any(|finding| finding.rule == rule && finding.place == place);
            assert!(said, "{rule} {name}: {:#?}", report.findings);
        }
    }
}

/// The check inside the key wrap proves the key, so whatever file it is, it is the one that was sent.
#[test]
fn a_file_of_any_kind_is_opened_where_the_key_is_proved() {
    let us = Us::new(&World::new(26));
    let file = content(3_000)[4..].to_vec();
    let opening = us.opening(&[&us.p256]);
    let cms = openssl(&file, &["-aes-256-cbc"], &["ecdh_kdf_md:sha256"], &[&us.p256]);
    let answer = opening.open(&cms.into(), Inside::Mail, "L1/1");
    assert_eq!(answer.plaintext.as_deref(), Some(file.as_slice()), "{:?}", rules(&answer));
}
