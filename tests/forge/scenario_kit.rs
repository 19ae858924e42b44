//! What a signature of one scenario is built from, and what its verifier knows: certificates, revocation data, timestamping authorities,
//! times. Independent of the format; each broken kit differs from the sound one in the one thing that its defect names.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};

use super::cades::{Material, POLICY_HASH, POLICY_URI};
use super::chance;
use super::der::Der;
use super::pki::{
    BTK_NES, CRL_SIGN, Certified, DIGITAL_SIGNATURE, EKU_EMAIL, EKU_TIMESTAMPING, Hash, KeyKind, POLICY_NES, Profile as Certificate,
    QC_COMPLIANCE, at, synthetic_id,
};
use super::revocation::{Crl, CrlSpec, Ocsp, OcspSpec, Revoked, Status, crl, ocsp};
use super::scenarios::{Defect, Profile, Rung};
use super::tst::{TokenDefect, Tsa};

/// Everything but the format.
#[derive(Clone)]
pub struct Kit {
    pub defect: Defect,
    pub rung: Rung,
    pub profile: Profile,
    pub signer: Arc<Certified>,
    /// `None`: the attribute is left out.
    pub signing_time: Option<Timestamp>,
    pub hash: Hash,
    pub fault: Option<Fault>,
    pub policy: Option<PolicyId>,
    pub content_stamp: Option<Stamping>,
    pub stamp: Option<Stamping>,
    pub archive: Option<Stamping>,
    /// Archive timestamps put on years later, over the first one too.
    pub renewals: Vec<Stamping>,
    /// The path above the signer and revocation data for it: inside the signature at `Lt` and `Lta`, beside it below.
    pub material: Material,
    /// CRLs that only the verifier has.
    pub news: Vec<Crl>,
    /// Trusted certificates and the purpose (folder) that each is trusted for.
    pub anchors: Vec<(&'static str, Der)>,
    /// The validation time.
    pub at: Timestamp,
}

/// What the format has to spoil by its own means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Content,
    SignatureValue,
    NoBinding,
    OtherBinding,
    NoSignerCertificate,
    NoReferences,
    OtherCertificateReferences,
    OtherRevocationReferences,
    NoCertificateValues,
    NoRevocationValues,
    EmptyReferences,
    EmptyCertificateValues,
}

#[derive(Clone)]
pub struct PolicyId {
    pub oid: &'static str,
    pub algorithm: Hash,
    pub hash: Vec<u8>,
    pub uri: Option<&'static str>,
}

#[derive(Clone)]
pub struct Stamping {
    pub tsa: Arc<Tsa>,
    pub at: Timestamp,
    pub defect: TokenDefect,
}

impl Stamping {
    pub fn token(&self, stamped: &[u8]) -> Der {
        self.tsa.token(stamped, self.at, self.defect)
    }
}

impl Kit {
    /// Certificates and revocation data are part of the signature.
    pub fn carries_values(&self) -> bool {
        self.rung >= Rung::Lt
    }

    /// The verifier's folders: `trust/PURPOSE`, `intermediates`, `revocation`.
    pub fn lay_out(&self, dir: &Path) {
        for (number, (purpose, der)) in self.anchors.iter().enumerate() {
            put(&dir.join("trust").join(purpose), &format!("{number}.crt"), der);
        }
        let (intermediates, revocation) = (dir.join("intermediates"), dir.join("revocation"));
        fs::create_dir_all(&intermediates).unwrap();
        fs::create_dir_all(&revocation).unwrap();
        for (number, list) in self.news.iter().enumerate() {
            put(&revocation, &format!("news-{number}.crl"), &list.der);
        }
        if self.carries_values() {
            return;
        }
        for (number, der) in self.material.certificates.iter().enumerate() {
            put(&intermediates, &format!("{number}.crt"), der);
        }
        for (number, list) in self.material.crls.iter().enumerate() {
            put(&revocation, &format!("{number}.crl"), &list.der);
        }
        for (number, answer) in self.material.ocsps.iter().enumerate() {
            put(&revocation, &format!("{number}.ocsp"), &answer.response);
        }
    }
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

/// The timestamp's instant; the signature is five seconds older.
pub fn stamped_at() -> Timestamp {
    at("2026-11-09T06:00:05Z")
}

fn validated_at() -> Timestamp {
    at("2026-11-19T06:00:00Z")
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// One provider, one timestamping authority, two signers: made once, since keys are dear.
struct Country {
    root: Arc<Certified>,
    ca: Arc<Certified>,
    /// An authority that has nothing to do with it.
    stranger: Arc<Certified>,
    stranger_ca: Arc<Certified>,
    leaves: [Arc<Certified>; 2],
    responder: Arc<Certified>,
    tsa_root: Arc<Certified>,
    tsa: Arc<Certified>,
    archive_tsa: Arc<Certified>,
}

static COUNTRY: LazyLock<Country> = LazyLock::new(|| chance::apart("country", Country::new));

const ORGANIZATION: &str = "Sınama Elektronik Sertifika Hizmet Sağlayıcısı (gerçek değildir)";

fn ca_profile() -> Certificate {
    Certificate::sub_ca("Sınama Nitelikli Sertifika Hizmet Sağlayıcısı - Sürüm 2", ORGANIZATION, None)
}

fn root_profile() -> Certificate {
    Certificate::root("Sınama Kök - Sürüm 2", ORGANIZATION)
}

fn leaf_profile(number: u32) -> Certificate {
    Certificate {
        not_before: at("2025-01-01T00:00:00Z"),
        not_after: at("2034-01-01T00:00:00Z"),
        ..Certificate::nes(&format!("SINAMA KİŞİSİ {number}"), &synthetic_id(400 + number), KeyKind::P256)
    }
}

fn responder_profile() -> Certificate {
    Certificate::ocsp("Sınama OCSP")
}

fn tsa_profile(name: &str) -> Certificate {
    Certificate {
        key: KeyKind::P256,
        ..Certificate::tsa(name)
    }
}

impl Country {
    fn new() -> Self {
        let root = Certified::self_signed(&root_profile(), "kok");
        let ca = root.issue(&ca_profile(), "alt");
        let stranger = Certified::self_signed(&Certificate::root("Yabancı Kök", "Yabancı"), "yabanci");
        let tsa_root = Certified::self_signed(&Certificate::root("Sınama Zaman Damgası Kökü", ORGANIZATION), "zd-kok");
        Self {
            stranger_ca: stranger.issue(&Certificate::sub_ca("Yabancı Alt", "Yabancı", None), "yabanci-alt"),
            leaves: [1, 2].map(|number| ca.issue(&leaf_profile(number), &format!("kisi-{number}"))),
            responder: ca.issue(&responder_profile(), "ocsp"),
            tsa: tsa_root.issue(&tsa_profile("Sınama Zaman Damgası 1"), "zd-1"),
            archive_tsa: tsa_root.issue(&tsa_profile("Sınama Zaman Damgası 2"), "zd-2"),
            root,
            ca,
            stranger,
            tsa_root,
        }
    }
}

/// The kit of one scenario.
pub fn build(defect: Defect, rung: Rung, profile: Profile) -> Kit {
    Draft::new(0, defect, rung, profile).finish()
}

/// The same of another signer of the same authority.
pub fn second(defect: Defect, rung: Rung, profile: Profile) -> Kit {
    Draft::new(1, defect, rung, profile).finish()
}

/// A timestamping authority in the making.
struct TsaDraft {
    signer: Arc<Certified>,
    revoked: Vec<Revoked>,
    with_crl: bool,
    /// thisUpdate of the list that the token carries.
    listed: Timestamp,
    at: Timestamp,
    defect: TokenDefect,
}

impl TsaDraft {
    fn new(signer: &Arc<Certified>, time: Timestamp) -> Self {
        Self {
            signer: signer.clone(),
            revoked: Vec::new(),
            with_crl: true,
            listed: at("2026-11-08T21:00:00Z"),
            at: time,
            defect: TokenDefect::None,
        }
    }

    fn reissue(&mut self, change: impl FnOnce(&mut Certificate)) {
        let mut profile = tsa_profile(&self.signer.common_name);
        change(&mut profile);
        self.signer = self.signer.reissued(&profile);
    }

    fn finish(&self) -> Stamping {
        let issuer = self.signer.issuer.as_ref().unwrap();
        let list = authority_crl(issuer, self.listed, &self.revoked);
        Stamping {
            tsa: Arc::new(Tsa {
                signer: self.signer.clone(),
                crls: self.with_crl.then_some(list.der).into_iter().collect(),
            }),
            at: self.at,
            defect: self.defect,
        }
    }
}

/// A list that holds for half a year, as authorities issue them about authorities.
fn authority_crl(issuer: &Certified, this_update: Timestamp, revoked: &[Revoked]) -> Crl {
    crl(issuer, &crl_spec(this_update, this_update + hours(24 * 180)), revoked)
}

fn crl_spec(this_update: Timestamp, next_update: Timestamp) -> CrlSpec {
    CrlSpec {
        this_update,
        next_update,
        number: (this_update.as_second() / 60) as u64,
        forged: false,
        unknown_critical: false,
    }
}

fn revoked(cert: &Certified, when: &str, reason: u8) -> Revoked {
    Revoked {
        serial: cert.serial.clone(),
        at: at(when),
        reason,
    }
}

const BEFORE: &str = "2026-10-01T00:00:00Z";
/// Half an hour after the timestamp, before anything else happens.
const AFTER: &str = "2026-11-09T06:30:00Z";
const LATER: &str = "2026-11-15T00:00:00Z";
const ENDED: &str = "2026-06-30T00:00:00Z";

struct Draft {
    defect: Defect,
    rung: Rung,
    profile: Profile,
    trusted_root: Der,
    trusted_tsa_root: Der,
    leaf: Arc<Certified>,
    leaf_number: u32,
    responder: Arc<Certified>,
    signing_time: Option<Timestamp>,
    hash: Hash,
    fault: Option<Fault>,
    policy: Option<PolicyId>,
    content_stamp: Option<TsaDraft>,
    stamp: Option<TsaDraft>,
    archive: TsaDraft,
    renewal: Option<TsaDraft>,
    leaf_crl: Option<CrlSpec>,
    leaf_crl_issuer: Arc<Certified>,
    leaf_revoked: Vec<Revoked>,
    leaf_ocsp: Option<OcspSpec>,
    ca_crl: bool,
    ca_revoked: Vec<Revoked>,
    more_crls: Vec<Crl>,
    more_ocsps: Vec<Ocsp>,
    news: Vec<Crl>,
    at: Timestamp,
}

impl Draft {
    fn new(who: usize, defect: Defect, rung: Rung, profile: Profile) -> Self {
        let country = &*COUNTRY;
        // A bare signature is judged at the validation time; P2 and P3 wait for a day; the others ask at once.
        let asked = match (rung, profile) {
            (Rung::B, _) => validated_at() - hours(1),
            (_, Profile::P2 | Profile::P3) => stamped_at() + hours(25),
            (Rung::T, _) => stamped_at() + hours(1),
            _ => stamped_at() + seconds(4),
        };
        let by_crl = defect.by_crl(profile);
        let mut draft = Self {
            defect,
            rung,
            profile,
            trusted_root: country.root.der.clone(),
            trusted_tsa_root: country.tsa_root.der.clone(),
            leaf: country.leaves[who].clone(),
            leaf_number: who as u32 + 1,
            responder: country.responder.clone(),
            signing_time: Some(stamped_at() - seconds(5)),
            hash: Hash::Sha256,
            fault: None,
            policy: policy(profile),
            content_stamp: None,
            stamp: (rung >= Rung::T).then(|| TsaDraft::new(&country.tsa, stamped_at())),
            archive: TsaDraft::new(&country.archive_tsa, asked + hours(3)),
            renewal: None,
            leaf_crl: by_crl.then(|| crl_spec(asked, asked + hours(24 * 7))),
            leaf_crl_issuer: country.ca.clone(),
            leaf_revoked: Vec::new(),
            leaf_ocsp: (!by_crl).then(|| answer(asked)),
            ca_crl: true,
            ca_revoked: Vec::new(),
            more_crls: Vec::new(),
            more_ocsps: Vec::new(),
            news: Vec::new(),
            at: validated_at(),
        };
        draft.spoil();
        draft
    }

    fn spoil(&mut self) {
        self.spoil_signature();
        self.spoil_leaf();
        self.spoil_path();
        self.spoil_crl();
        self.spoil_ocsp();
        self.spoil_stamp();
        self.spoil_archive();
        self.spoil_times();
        self.spoil_profile();
    }

    fn reissue_leaf(&mut self, change: impl FnOnce(&mut Certificate)) {
        let mut profile = leaf_profile(self.leaf_number);
        change(&mut profile);
        self.leaf = self.leaf.reissued(&profile);
    }

    /// Another certificate for the authority's name and key; what it issued stays as it is.
    fn reissue_ca(&mut self, change: impl FnOnce(&mut Certificate)) {
        let mut profile = ca_profile();
        change(&mut profile);
        self.put_below(&COUNTRY.ca.reissued(&profile));
    }

    fn put_below(&mut self, ca: &Arc<Certified>) {
        self.leaf = self.leaf.under(ca);
        self.responder = self.responder.under(ca);
        self.leaf_crl_issuer = ca.clone();
    }

    fn spoil_signature(&mut self) {
        match self.defect {
            Defect::Content => self.fault = Some(Fault::Content),
            Defect::SignatureValue => self.fault = Some(Fault::SignatureValue),
            Defect::NoBinding => self.fault = Some(Fault::NoBinding),
            Defect::OtherBinding => self.fault = Some(Fault::OtherBinding),
            Defect::NoSignerCertificate => self.fault = Some(Fault::NoSignerCertificate),
            Defect::WeakHash => self.hash = Hash::Sha1,
            Defect::WeakKey => {
                let weak = Certificate {
                    key: KeyKind::Rsa1024,
                    ..leaf_profile(self.leaf_number)
                };
                self.leaf = COUNTRY.ca.issue(&weak, "kisa-anahtar");
            }
            _ => {}
        }
    }

    fn spoil_leaf(&mut self) {
        match self.defect {
            Defect::NoNonRepudiation => self.reissue_leaf(|p| p.key_usage = Some(vec![DIGITAL_SIGNATURE])),
            Defect::NoUserNotice => self.reissue_leaf(|p| p.policy = Some((POLICY_NES, None))),
            Defect::NoEtsiStatement => self.reissue_leaf(|p| *p = p.clone().without_statement(QC_COMPLIANCE)),
            Defect::NoBtkStatement => self.reissue_leaf(|p| *p = p.clone().without_statement(BTK_NES)),
            Defect::LeafUnknownCritical => self.reissue_leaf(|p| p.unknown_critical = true),
            Defect::LeafExpired => self.reissue_leaf(|p| p.not_after = at(ENDED)),
            Defect::LeafNotYetValid => self.reissue_leaf(|p| p.not_before = at("2027-01-01T00:00:00Z")),
            Defect::LeafForged => self.reissue_leaf(|p| p.forged = true),
            Defect::LeafSignedWeakly => self.reissue_leaf(|p| p.issuer_hash = Some(Hash::Sha1)),
            Defect::LeafEndedSince => {
                self.reissue_leaf(|p| p.not_after = at("2026-12-31T00:00:00Z"));
                self.at = at("2028-06-01T00:00:00Z");
            }
            _ => {}
        }
    }

    fn spoil_path(&mut self) {
        let country = &*COUNTRY;
        let mut root = root_profile();
        match self.defect {
            Defect::SubCaExpired => self.reissue_ca(|p| p.not_after = at(ENDED)),
            Defect::SubCaNotYetValid => self.reissue_ca(|p| p.not_before = at("2027-01-01T00:00:00Z")),
            Defect::SubCaForged => self.reissue_ca(|p| p.forged = true),
            Defect::SubCaWithoutFlag => self.reissue_ca(|p| p.ca = false),
            Defect::SubCaKeyUsage => self.reissue_ca(|p| p.key_usage = Some(vec![DIGITAL_SIGNATURE, CRL_SIGN])),
            Defect::SubCaUnknownCritical => self.reissue_ca(|p| p.unknown_critical = true),
            Defect::LongerPath | Defect::SubCaPathLength => {
                let length = if self.defect == Defect::LongerPath { 1 } else { 0 };
                let between = Certificate::sub_ca("Sınama Ara Sağlayıcı", ORGANIZATION, Some(length));
                let between = country.root.issue(&between, "ara");
                self.put_below(&country.ca.under(&between).reissued(&ca_profile()));
            }
            Defect::RootExpired => {
                root.not_after = at(ENDED);
                self.trusted_root = country.root.reissued(&root).der.clone();
            }
            Defect::RootForged => {
                root.forged = true;
                self.trusted_root = country.root.reissued(&root).der.clone();
            }
            Defect::RootUnknown => self.trusted_root = country.stranger.der.clone(),
            Defect::NoSubCaRevocation => self.ca_crl = false,
            Defect::SubCaRevoked => self.ca_revoked = vec![revoked(&country.ca, BEFORE, 2)],
            Defect::SubCaRevokedByOcspCrlGood => {
                let gone = OcspSpec {
                    status: Status::Revoked(at(BEFORE)),
                    ..answer(stamped_at() + seconds(4))
                };
                self.more_ocsps = vec![ocsp(&country.root, &country.ca, &gone)];
            }
            Defect::SubCaRevokedLater => {
                let gone = [revoked(&country.ca, LATER, 2)];
                self.news = vec![authority_crl(&country.root, at("2026-11-18T21:00:00Z"), &gone)];
            }
            _ => {}
        }
    }

    fn spoil_crl(&mut self) {
        let serial = self.leaf.serial.clone();
        let entry = |when: &str, reason| {
            vec![Revoked {
                serial: serial.clone(),
                at: at(when),
                reason,
            }]
        };
        let Some(list) = &mut self.leaf_crl else { return };
        match self.defect {
            Defect::CrlRevokedBefore => self.leaf_revoked = entry(BEFORE, 4),
            Defect::CrlRevokedAfter => {
                self.leaf_revoked = entry(AFTER, 4);
                list.this_update = list.this_update.max(stamped_at() + hours(1));
            }
            Defect::CrlOnHold => self.leaf_revoked = entry(BEFORE, 6),
            Defect::CrlHoldLifted => {
                self.leaf_revoked = entry(BEFORE, 6);
                let when = list.this_update + seconds(1800);
                self.news = vec![crl(&COUNTRY.ca, &crl_spec(when, when + hours(24 * 7)), &[])];
            }
            Defect::CrlExpired => {
                (list.this_update, list.next_update) = (list.this_update - hours(240), list.this_update - hours(72));
            }
            Defect::CrlForged => list.forged = true,
            Defect::CrlOfAnotherKey => {
                self.leaf_crl_issuer = Arc::new(Certified {
                    key: COUNTRY.stranger_ca.key.clone(),
                    ..(*self.leaf_crl_issuer).clone()
                });
            }
            Defect::CrlOfAnotherIssuer => self.leaf_crl_issuer = COUNTRY.stranger_ca.clone(),
            Defect::CrlUnknownCritical => list.unknown_critical = true,
            Defect::CrlOlderThanGrace => list.this_update = stamped_at() + hours(1),
            Defect::WithinGrace => {
                list.this_update = stamped_at() + hours(1);
                self.at = stamped_at() + hours(3);
                self.archive.at = stamped_at() + hours(2);
            }
            Defect::NoRevocation => self.leaf_crl = None,
            _ => {}
        }
    }

    fn spoil_ocsp(&mut self) {
        let country = &*COUNTRY;
        let Some(answer) = &mut self.leaf_ocsp else { return };
        let produced = answer.produced_at;
        // Says something about the responder and is too old to say anything about the signer.
        let list = |gone: &[Revoked]| crl(&country.ca, &crl_spec(produced - hours(60), produced + hours(108)), gone);
        let mut responder = responder_profile();
        match self.defect {
            Defect::OcspRevokedBefore => answer.status = Status::Revoked(at(BEFORE)),
            Defect::OcspRevokedAfter => {
                answer.status = Status::Revoked(at(AFTER));
                answer.produced_at = produced.max(stamped_at() + hours(1));
                answer.next_update = Some(answer.produced_at + hours(24));
            }
            Defect::OcspUnknown => answer.status = Status::Unknown,
            Defect::OcspExpired => {
                answer.produced_at = produced - hours(72);
                answer.next_update = Some(produced - hours(48));
            }
            Defect::OcspForged => answer.forged = true,
            Defect::OcspOfAnotherSerial => answer.wrong_cert_id = true,
            Defect::ResponderNotAuthorised => {
                responder.eku = vec![EKU_EMAIL];
                self.responder = self.responder.reissued(&responder);
            }
            Defect::ResponderOfAnotherCa => self.responder = country.stranger_ca.issue(&responder, "yabanci-ocsp"),
            Defect::ResponderForged => {
                responder.forged = true;
                self.responder = self.responder.reissued(&responder);
            }
            Defect::ResponderSignedWeakly => {
                responder.issuer_hash = Some(Hash::Sha1);
                self.responder = self.responder.reissued(&responder);
            }
            Defect::ResponderExpired => {
                responder.not_after = at(ENDED);
                self.responder = self.responder.reissued(&responder);
            }
            Defect::ResponderRevokedNocheck => self.more_crls = vec![list(&[revoked(&self.responder, BEFORE, 1)])],
            Defect::ResponderWithoutNocheck | Defect::ResponderRevokedWithoutNocheck => {
                responder.ocsp_nocheck = false;
                self.responder = self.responder.reissued(&responder);
                let gone = self.defect == Defect::ResponderRevokedWithoutNocheck;
                let entry = gone.then(|| revoked(&self.responder, BEFORE, 1));
                self.more_crls = vec![list(entry.as_slice())];
            }
            Defect::OcspGoodCrlRevoked => {
                let gone = [revoked(&self.leaf, BEFORE, 4)];
                let when = at("2026-11-18T21:00:00Z");
                self.news = vec![crl(&country.ca, &crl_spec(when, when + hours(24 * 7)), &gone)];
            }
            Defect::NoRevocation => self.leaf_ocsp = None,
            _ => {}
        }
    }

    fn spoil_stamp(&mut self) {
        let country = &*COUNTRY;
        let news = |gone: &TsaDraft, reason| {
            let gone = [revoked(&gone.signer, LATER, reason)];
            vec![authority_crl(&country.tsa_root, at("2026-11-18T21:00:00Z"), &gone)]
        };
        let Some(stamp) = &mut self.stamp else { return };
        match self.defect {
            Defect::StampImprint => stamp.defect = TokenDefect::WrongImprint,
            Defect::StampSignature => stamp.defect = TokenDefect::BrokenSignature,
            Defect::StampOfAnotherMessage => stamp.defect = TokenDefect::OfAnotherMessage,
            Defect::StampWeakHash => stamp.defect = TokenDefect::WeakHash,
            Defect::TsaExpired => stamp.reissue(|p| p.not_after = at(ENDED)),
            Defect::TsaRevoked => stamp.revoked = vec![revoked(&stamp.signer, BEFORE, 4)],
            Defect::TsaNoEku => stamp.reissue(|p| p.eku = vec![]),
            Defect::TsaEkuNotCritical => stamp.reissue(|p| p.eku_critical = false),
            Defect::TsaTwoEkus => stamp.reissue(|p| p.eku = vec![EKU_TIMESTAMPING, EKU_EMAIL]),
            Defect::TsaForged => stamp.reissue(|p| p.forged = true),
            Defect::TsaUnknown => stamp.signer = country.stranger.issue(&tsa_profile("Yabancı ZD"), "yabanci-zd"),
            Defect::NoTsaRevocation => stamp.with_crl = false,
            Defect::TsaEndedSince => {
                stamp.reissue(|p| p.not_after = at("2027-06-01T00:00:00Z"));
                self.at = at("2028-06-01T00:00:00Z");
            }
            Defect::TsaWeakSince => {
                let long_ago = Certificate {
                    key: KeyKind::Rsa2048,
                    ..tsa_profile("Sınama Zaman Damgası 1")
                };
                stamp.signer = country.tsa_root.issue(&long_ago, "zd-rsa");
                self.at = at("2030-06-01T00:00:00Z");
            }
            Defect::TsaSupersededLater => self.news = news(stamp, 4),
            Defect::TsaCompromisedLater => self.news = news(stamp, 1),
            Defect::NoStamp => self.stamp = None,
            _ => {}
        }
    }

    fn spoil_archive(&mut self) {
        let archive = &mut self.archive;
        match self.defect {
            Defect::ArchiveImprint => archive.defect = TokenDefect::WrongImprint,
            Defect::ArchiveSignature => archive.defect = TokenDefect::BrokenSignature,
            Defect::ArchiveOfAnotherMessage => archive.defect = TokenDefect::OfAnotherMessage,
            Defect::ArchiveTsaExpired => archive.reissue(|p| p.not_after = at(ENDED)),
            Defect::ArchiveTsaRevoked => archive.revoked = vec![revoked(&archive.signer, BEFORE, 4)],
            Defect::ArchiveTsaNoEku => archive.reissue(|p| p.eku = vec![]),
            Defect::ArchiveTsaUnknown => archive.signer = COUNTRY.stranger.issue(&tsa_profile("Yabancı ZD"), "yabanci-zd"),
            Defect::ArchiveTsaForged => archive.reissue(|p| p.forged = true),
            Defect::NoArchiveTsaRevocation => archive.with_crl = false,
            Defect::ArchiveTsaEndedSince | Defect::ArchiveRenewed | Defect::ArchiveRenewedTooLate => {
                archive.reissue(|p| p.not_after = at("2029-06-01T00:00:00Z"));
                self.at = at("2032-06-01T00:00:00Z");
                let renewed = match self.defect {
                    Defect::ArchiveTsaEndedSince => return,
                    Defect::ArchiveRenewed => at("2029-01-01T00:00:00Z"),
                    _ => at("2030-01-01T00:00:00Z"),
                };
                let mut renewal = TsaDraft::new(&COUNTRY.tsa, renewed);
                renewal.listed = renewed - hours(1);
                self.renewal = Some(renewal);
            }
            Defect::ArchiveBeforeStamp => archive.at = stamped_at() - seconds(60),
            _ => {}
        }
    }

    fn spoil_times(&mut self) {
        let content_stamp = |at| Some(TsaDraft::new(&COUNTRY.tsa, at));
        match self.defect {
            Defect::NoSigningTime => self.signing_time = None,
            Defect::SigningTimeEarly => self.signing_time = Some(stamped_at() - hours(3)),
            Defect::SigningTimeJustInTime => self.signing_time = Some(stamped_at() - hours(2) + seconds(1)),
            Defect::SigningTimeAfterStamp => self.signing_time = Some(stamped_at() + seconds(301)),
            Defect::SigningTimeWithinSkew => self.signing_time = Some(stamped_at() + seconds(299)),
            Defect::ContentStamp => self.content_stamp = content_stamp(stamped_at() - seconds(20)),
            Defect::ContentStampAfterStamp => self.content_stamp = content_stamp(stamped_at() + seconds(20)),
            Defect::ContentStampAfterSigning => {
                self.signing_time = Some(stamped_at() - hours(1));
                self.content_stamp = content_stamp(stamped_at() - seconds(1800));
            }
            Defect::ContentStampImprint => {
                self.content_stamp = content_stamp(stamped_at() - seconds(20));
                self.content_stamp
                    .iter_mut()
                    .for_each(|stamp| stamp.defect = TokenDefect::WrongImprint);
            }
            _ => {}
        }
    }

    fn spoil_profile(&mut self) {
        match self.defect {
            Defect::NoReferences => self.fault = Some(Fault::NoReferences),
            Defect::OtherCertificateReferences => self.fault = Some(Fault::OtherCertificateReferences),
            Defect::OtherRevocationReferences => self.fault = Some(Fault::OtherRevocationReferences),
            Defect::EmptyReferences => self.fault = Some(Fault::EmptyReferences),
            Defect::EmptyCertificateValues => self.fault = Some(Fault::EmptyCertificateValues),
            Defect::NoCertificateValues => self.fault = Some(Fault::NoCertificateValues),
            Defect::NoRevocationValues => self.fault = Some(Fault::NoRevocationValues),
            _ => {}
        }
        let Some(policy) = &mut self.policy else { return };
        match self.defect {
            Defect::PolicyUnknown => policy.oid = "2.16.792.1.61.0.1.5070.3.9.1",
            Defect::PolicyHash => policy.hash[0] ^= 1,
            Defect::PolicyHashAlgorithm => {
                policy.algorithm = Hash::Sha1;
                policy.hash = hex::decode("7e3b50d9020c676bbbf07a998e75e63734909cd8").unwrap();
            }
            Defect::NoPolicyUri => policy.uri = None,
            Defect::PolicyOfAnotherProfile => policy.oid = "2.16.792.1.61.0.1.5070.3.2.1",
            _ => {}
        }
    }

    fn finish(self) -> Kit {
        let mut crls = self.more_crls;
        if let Some(spec) = &self.leaf_crl {
            crls.push(crl(&self.leaf_crl_issuer, spec, &self.leaf_revoked));
        }
        let path = self.leaf.chain();
        if self.ca_crl {
            let about = path.iter().filter_map(|cert| cert.issuer.as_ref());
            crls.extend(about.map(|issuer| authority_crl(issuer, at("2026-11-01T00:00:00Z"), &self.ca_revoked)));
        }
        let mut ocsps = self.more_ocsps;
        let asked_about = match self.defect {
            Defect::OcspOfAnotherIssuer => self.leaf.under(&COUNTRY.stranger_ca),
            _ => self.leaf.clone(),
        };
        ocsps.extend(self.leaf_ocsp.iter().map(|spec| ocsp(&self.responder, &asked_about, spec)));
        Kit {
            defect: self.defect,
            rung: self.rung,
            profile: self.profile,
            signer: self.leaf,
            signing_time: self.signing_time,
            hash: self.hash,
            fault: self.fault,
            policy: self.policy,
            content_stamp: self.content_stamp.as_ref().map(TsaDraft::finish),
            stamp: self.stamp.as_ref().map(TsaDraft::finish),
            archive: (self.rung == Rung::Lta).then(|| self.archive.finish()),
            renewals: self.renewal.as_ref().map(TsaDraft::finish).into_iter().collect(),
            material: Material {
                certificates: path.iter().map(|cert| cert.der.clone()).collect(),
                crls,
                ocsps,
            },
            news: self.news,
            anchors: vec![("nes", self.trusted_root), ("tsa", self.trusted_tsa_root)],
            at: self.at,
        }
    }
}

fn answer(produced_at: Timestamp) -> OcspSpec {
    OcspSpec {
        status: Status::Good,
        produced_at,
        next_update: Some(produced_at + hours(24)),
        wrong_cert_id: false,
        forged: false,
    }
}

fn policy(profile: Profile) -> Option<PolicyId> {
    let oid = match profile {
        Profile::P1 => return None,
        Profile::P2 => "2.16.792.1.61.0.1.5070.3.1.1",
        Profile::P3 => "2.16.792.1.61.0.1.5070.3.2.1",
        Profile::P4 => "2.16.792.1.61.0.1.5070.3.3.1",
    };
    Some(PolicyId {
        oid,
        algorithm: Hash::Sha256,
        hash: hex::decode(POLICY_HASH).unwrap(),
        uri: Some(POLICY_URI),
    })
}
