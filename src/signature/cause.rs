//! The reasons of a verdict: code, weight, indication and sentence in one table. An indication is never set by itself: it follows from the
//! reasons, the worst of them.

use jiff::Timestamp;

use crate::finding::Severity;
use crate::signature::report::{Indication, Reason, SubIndication};
use crate::text::Text;

/// A reason that can be given. `{}` in the sentences takes a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    pub code: &'static str,
    pub severity: Severity,
    /// What it makes of the signature; `None` for a remark.
    pub effect: Option<(Indication, SubIndication)>,
    tr: &'static str,
    en: &'static str,
}

impl Cause {
    pub fn reason(&self, detail: &str) -> Reason {
        self.reason_in_two(detail, detail)
    }

    pub fn reason_in_two(&self, tr: &str, en: &str) -> Reason {
        Reason {
            code: self.code.to_owned(),
            severity: self.severity,
            text: Text::new(self.tr.replace("{}", tr), self.en.replace("{}", en)),
        }
    }
}

/// Reasons gathered while one signature is judged, and the indication that follows from them.
#[derive(Debug, Default, Clone)]
pub struct Reasons {
    list: Vec<Reason>,
    effects: Vec<(Indication, SubIndication)>,
    retry_after: Option<Timestamp>,
}

impl Reasons {
    pub fn add(&mut self, cause: Cause) {
        self.add_with(cause, "");
    }

    pub fn add_with(&mut self, cause: Cause, detail: &str) {
        self.add_in_two(cause, detail, detail);
    }

    pub fn add_in_two(&mut self, cause: Cause, tr: &str, en: &str) {
        let reason = cause.reason_in_two(tr, en);
        if !self.list.contains(&reason) {
            self.list.push(reason);
        }
        self.effects.extend(cause.effect);
    }

    /// A cause with another effect than its own: what a timestamp lacks, its signature lacks.
    pub fn add_as_in_two(&mut self, cause: Cause, (tr, en): (&str, &str), effect: (Indication, SubIndication)) {
        self.list.push(cause.reason_in_two(tr, en));
        self.effects.push(effect);
    }

    /// Takes over what another judgement found.
    pub fn append(&mut self, other: Reasons) {
        self.list.extend(other.list);
        self.effects.extend(other.effects);
        self.retry_after = self.retry_after.max(other.retry_after);
    }

    /// Notes that a new validation can be final only after `moment`; of several moments the last one counts.
    pub fn wait_until(&mut self, moment: Timestamp) {
        self.retry_after = self.retry_after.max(Some(moment));
    }

    pub fn retry_after(&self) -> Option<Timestamp> {
        self.retry_after
    }

    /// The worst indication so far, with the sub-indication of the first reason that gave it.
    pub fn outcome(&self) -> (Indication, Option<SubIndication>) {
        let worst = self
            .effects
            .iter()
            .map(|(indication, _)| *indication)
            .max()
            .unwrap_or(Indication::Passed);
        let sub = self
            .effects
            .iter()
            .find(|(indication, _)| *indication == worst)
            .map(|(_, sub)| *sub);
        (worst, sub)
    }

    pub fn is_passed(&self) -> bool {
        self.effects.is_empty()
    }

    /// The reasons; a passed signature says so.
    pub fn into_list(mut self) -> Vec<Reason> {
        if self.effects.is_empty() {
            self.list.insert(0, PASSED.reason(""));
        }
        self.list
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $severity:ident, $effect:expr, $tr:literal, $en:literal;)+) => {
        $($(#[$doc])* pub const $name: Cause = Cause { code: $code, severity: Severity::$severity, effect: $effect, tr: $tr, en: $en };)+

        /// Every cause, for the list of codes in the documentation.
        pub const ALL: &[Cause] = &[$($name),+];
    };
}

use Indication::{Failed, Indeterminate};
use SubIndication as Sub;

causes! {
    PASSED = "KEP-3000", Note, None,
        "İmza geçerli: içerik, sertifika, yol, iptal durumu ve zaman denetlendi.",
        "The signature is valid: content, certificate, path, revocation and time were checked.";

    // Format.
    NOT_CMS = "KEP-3101", Error, Some((Failed, Sub::FormatFailure)),
        "İmza okunamıyor: CMS yapısı bozuk ({}). Göndericiden belgeyi yeniden göndermesini isteyin.",
        "The signature cannot be read: its CMS is malformed ({}). Ask the sender to send the document again.";
    NOT_SIGNED_DATA = "KEP-3102", Error, Some((Failed, Sub::FormatFailure)),
        "Bu CMS bir imza taşımıyor (signed-data değil). Göndericiden imzalı belgeyi isteyin.",
        "This CMS carries no signature (it is not signed-data). Ask the sender for the signed document.";
    NO_SIGNERS = "KEP-3103", Error, Some((Failed, Sub::FormatFailure)),
        "İmza yapısında hiç imza sahibi yok. Belgeyi imzasız sayın.",
        "The signature structure holds no signer. Treat the document as unsigned.";
    DUPLICATE_ATTRIBUTE = "KEP-3104", Error, Some((Failed, Sub::FormatFailure)),
        "İmza özniteliği birden çok kez var ({}); hangisinin geçerli olduğu belirsiz. Göndericiden yeniden imzalamasını isteyin.",
        "A signature attribute occurs more than once ({}); which one counts is unclear. Ask the sender to sign again.";
    MALFORMED_ATTRIBUTE = "KEP-3105", Error, Some((Failed, Sub::FormatFailure)),
        "İmza özniteliği bozuk ({}). Göndericiden yeniden imzalamasını isteyin.",
        "A signature attribute is malformed ({}). Ask the sender to sign again.";
    CONTENT_TYPE = "KEP-3106", Error, Some((Failed, Sub::FormatFailure)),
        "İmzalanan içerik türü ile taşınan içerik türü uyuşmuyor. Belgeyi geçersiz sayın.",
        "The signed content type is not the type of the content. Treat the document as invalid.";
    CONTENT_CONFUSION = "KEP-3107", Error, Some((Failed, Sub::FormatFailure)),
        "İmzanın içindeki içerik ile gösterilen içerik farklı. Belgeyi geçersiz sayın.",
        "The content inside the signature differs from the content that is shown. Treat the document as invalid.";
    ALGORITHM_PROTECTION = "KEP-3108", Error, Some((Failed, Sub::FormatFailure)),
        "İmzalanan algoritma bilgisi kullanılan algoritmayla uyuşmuyor. Belgeyi geçersiz sayın.",
        "The signed statement of algorithms differs from the algorithms used. Treat the document as invalid.";
    NESTED_SIGNED_DATA = "KEP-3109", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzalanan içerik başka bir imza yapısı; içteki imza ayrıca denetlenmedi. Belgeyi elle inceleyin.",
        "What is signed is another signature structure; the inner one was not judged. Inspect the document by hand.";

    // Which certificate.
    NO_CERTIFICATE = "KEP-3201", Warning, Some((Indeterminate, Sub::NoSigningCertificateFound)),
        "İmza sahibinin sertifikası imzanın içinde yok. Göndericiden sertifikalı imza isteyin.",
        "The signer's certificate is not in the signature. Ask the sender for a signature that carries it.";
    NO_BINDING = "KEP-3202", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza, imza sahibinin sertifikasını imzalamamış (signing-certificate yok): gelişmiş elektronik imza değil. Göndericiden yeniden imzalamasını isteyin.",
        "The signature does not cover the signer's certificate (no signing-certificate): it is no advanced signature. Ask the sender to sign again.";
    BINDING_MISMATCH = "KEP-3203", Warning, Some((Indeterminate, Sub::NoSigningCertificateFound)),
        "İmzalanan sertifika bilgisi, imzadaki sertifikaya uymuyor. Belgeye güvenmeyin; göndericiye sorun.",
        "The signed certificate reference does not match the certificate. Do not rely on the document; ask the sender.";
    BINDING_V1 = "KEP-3204", Note, None,
        "Sertifika bağı eski biçimde (signing-certificate v1, SHA-1).",
        "The certificate is bound in the old form (signing-certificate v1, SHA-1).";
    AMBIGUOUS_CERTIFICATE = "KEP-3205", Error, Some((Failed, Sub::FormatFailure)),
        "Aynı kimlikle birden çok sertifika var; imza sahibi belirsiz. Belgeyi geçersiz sayın.",
        "Several different certificates bear the signer's identifier; who signed is unclear. Treat the document as invalid.";

    // Cryptography.
    HASH = "KEP-3301", Error, Some((Failed, Sub::HashFailure)),
        "İçerik imzadan sonra değişmiş: özet uyuşmuyor. Belgeyi geçersiz sayın ve göndericiden yeniden isteyin.",
        "The content was changed after signing: the digest differs. Treat the document as invalid and ask for it again.";
    SIGNATURE = "KEP-3302", Error, Some((Failed, Sub::SigCryptoFailure)),
        "İmza değeri doğrulanmıyor. Belgeyi geçersiz sayın.",
        "The signature value does not verify. Treat the document as invalid.";
    NO_CONTENT = "KEP-3303", Warning, Some((Indeterminate, Sub::SignedDataNotFound)),
        "İmzalanan içerik bulunamadı. İmzalı içeriği de verin (verify --content).",
        "The signed content was not found. Supply it as well (verify --content).";
    NO_SIGNED_ATTRIBUTES = "KEP-3304", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzada imzalı öznitelik yok: gelişmiş elektronik imza değil. Göndericiden yeniden imzalamasını isteyin.",
        "The signature has no signed attributes: it is no advanced signature. Ask the sender to sign again.";
    UNSUPPORTED = "KEP-3305", Warning, Some((Indeterminate, Sub::CryptoConstraintsFailure)),
        "İmza algoritması desteklenmiyor ({}). Belgeyi başka bir araçla denetleyin.",
        "The signature algorithm is not supported ({}). Check the document with another tool.";
    DIGEST_MISMATCH = "KEP-3306", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Özet algoritması imza algoritmasıyla uyuşmuyor. Belgeye güvenmeyin; göndericiye sorun.",
        "The digest algorithm differs from the one of the signature. Do not rely on the document; ask the sender.";
    WEAK = "KEP-3307", Warning, Some((Indeterminate, Sub::CryptoConstraintsFailure)),
        "Kullanılan algoritma imza zamanında artık yeterli değildi ({}). Göndericiden güncel algoritmayla imza isteyin.",
        "An algorithm was no longer sufficient when the signature was made ({}). Ask for a signature with a current one.";
    WEAK_NO_POE = "KEP-3308", Warning, Some((Indeterminate, Sub::CryptoConstraintsFailureNoPoe)),
        "Kullanılan algoritma bugün yeterli değil ve imzanın eskiden var olduğu kanıtlanamıyor ({}). Göndericiden güncel algoritmayla imza isteyin.",
        "An algorithm is not sufficient today and nothing proves that the signature is older ({}). Ask for a signature with a current one.";
    REENCODED_ATTRIBUTES = "KEP-3309", Note, None,
        "İmzalı öznitelikler DER sırasına konunca doğrulandı; gönderici başka sırada kodlamış.",
        "The signed attributes verified once put into DER order; the sender encoded them differently.";
    CONTENT_FORM = "KEP-3310", Note, None,
        "İmzalanan gövde, iletideki gövdenin '{}' biçimi.",
        "What was signed is the '{}' form of the body as received.";

    // Acceptance.
    NO_SIGNING_TIME = "KEP-3401", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza zamanı özniteliği yok; BTK profilleri bunu zorunlu tutar. Göndericiden yeniden imzalamasını isteyin.",
        "There is no signing-time attribute; the BTK profiles require it. Ask the sender to sign again.";
    POLICY_UNKNOWN = "KEP-3402", Warning, Some((Indeterminate, Sub::SignaturePolicyNotAvailable)),
        "İmza politikası tanınmıyor ({}). Politikayı göndericiden öğrenin ve belgeyi elle inceleyin.",
        "The signature policy is not known ({}). Ask the sender about it and inspect the document by hand.";
    POLICY_HASH = "KEP-3403", Warning, Some((Indeterminate, Sub::PolicyProcessingError)),
        "İmza politikasının özeti BTK rehberininki değil. Belgeye güvenmeyin; göndericiye sorun.",
        "The digest of the signature policy is not that of the BTK guide. Do not rely on the document; ask the sender.";
    PROFILE_RULE = "KEP-3404", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza, beyan ettiği BTK profilinin kuralını sağlamıyor: {}. Göndericiden profile uygun imza isteyin.",
        "The signature breaks a rule of the BTK profile that it claims: {}. Ask for a signature that follows the profile.";
    GRACE_PERIOD = "KEP-3405", Warning, Some((Indeterminate, Sub::TryLater)),
        "Ön doğrulama tamam, imza henüz kesinleşmedi: kesinleşme süresinden (24 saat) sonraki iptal bilgisi gerekiyor. Süre dolunca yeniden doğrulayın.",
        "The first validation is done but not final: revocation data issued after the grace period (24 h) is needed. Validate again once it is over.";
    ARCHIVE_UNJUDGED = "KEP-3406", Warning, Some((Indeterminate, Sub::NoPoe)),
        "Arşiv zaman damgasının bu türü ({}) henüz denetlenemiyor. Belgeyi başka bir araçla denetleyin.",
        "This kind of archive timestamp ({}) cannot be judged yet. Check the document with another tool.";
    REFERENCES_MISMATCH = "KEP-3407", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzadaki doğrulama verileri, imzanın başvurularıyla uyuşmuyor ({}). Göndericiye sorun.",
        "The validation data in the signature do not match its references ({}). Ask the sender.";
    NOT_WHOLE_LAYER = "KEP-3408", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza iletinin tamamını kapsamıyor: gösterilen, imzalanandan farklı olabilir. İletiyi elle inceleyin.",
        "The signature does not cover the whole message: what is shown may not be what is signed. Inspect the message by hand.";
    ADDRESS_UNBOUND = "KEP-3409", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Gönderen adresi imza sertifikasındaki adreslerden biri değil ve geçerli bir KEPHS imzası yok. Göndereni başka yoldan doğrulayın.",
        "The sender address is none of the certificate's and no valid provider signature vouches for it. Confirm the sender by another way.";
    ADDRESS_UNKNOWN = "KEP-3410", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza sertifikası bir e-posta adresi içermiyor ve geçerli bir KEPHS imzası yok: gönderen adresi kanıtlanmıyor. İletiyi KEP zarfıyla alın ya da göndereni başka yoldan doğrulayın.",
        "The certificate names no e-mail address and no valid provider signature vouches: the sender address is not proved. Get the message in its KEP envelope, or confirm the sender by another way.";
    FORMAT_UNJUDGED = "KEP-3411", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Bu imza biçimi ({}) henüz denetlenmiyor. Belgeyi başka bir araçla denetleyin.",
        "Signatures of this format ({}) are not judged yet. Check the document with another tool.";
    NO_SIGNATURE = "KEP-3412", Warning, Some((Indeterminate, Sub::NoSignature)),
        "Bu dosyada imza bulunamadı. İmza bekleniyorsa göndericiye sorun.",
        "No signature was found in this file. Ask the sender if one was expected.";
    DETACHED = "KEP-3413", Note, None,
        "İmza ayrık (detached): içerik imzanın dışından alındı.",
        "The signature is detached: the content was taken from outside it.";
    ENCRYPTED = "KEP-3416", Warning, Some((Indeterminate, Sub::SignedDataNotFound)),
        "İçerik şifreli; imzası açılmadan denetlenemez. Paketi kurumun anahtarıyla açıp yeniden doğrulayın.",
        "The content is encrypted; its signature cannot be judged before it is opened. Open it with the institution's key and validate again.";
    FUTURE_SIGNING_TIME = "KEP-3415", Warning, None,
        "Beyan edilen imza zamanı doğrulama zamanından sonra. Göndericinin saatini sorun.",
        "The claimed signing time lies after the validation time. Ask about the sender's clock.";
    CRL_WANTED = "KEP-3420", Warning, Some((Indeterminate, Sub::TryLater)),
        "BTK profili P2 imza sahibinin durumunu SİL ile ister; yalnız OCSP yanıtı var. Güncel SİL gelince yeniden doğrulayın.",
        "BTK profile P2 wants the signer's state from a CRL; there is only an OCSP response. Validate again when a current CRL is at hand.";
    TOO_MANY_STAMPS = "KEP-3423", Warning, Some((Indeterminate, Sub::NoPoe)),
        "İmzada işlenebilecekten çok zaman damgası var ({}). Belgeyi elle inceleyin.",
        "The signature carries more timestamps than are processed ({}). Inspect the document by hand.";
    POLICY_SHOWN = "KEP-3422", Note, None,
        "İmza politikası (profil, nesne tanımlayıcısı, özet, adres): {}.",
        "Signature policy (profile, object identifier, digest, address): {}.";
    UNPROTECTED = "KEP-3421", Note, None,
        "İmzanın korumadığı ek veriler var ({}); imzanın anlamını değiştirmezler. Yapılacak bir şey yok.",
        "There are additional data that the signature does not protect ({}); they do not change its meaning. Nothing to do.";

    // Path, class, revocation.
    NO_CHAIN = "KEP-3501", Warning, Some((Indeterminate, Sub::NoCertificateChainFound)),
        "İmza tutarlı, ancak sertifika tanınan bir köke bağlanamadı ({}). Eksik ara sertifikayı ya da kökü ekleyip yeniden doğrulayın.",
        "The signature is consistent, but its certificate leads to no trusted root ({}). Add the missing intermediate or root and validate again.";
    NO_PROVIDER_CHAIN = "KEP-3502", Warning, Some((Indeterminate, Sub::NoCertificateChainFound)),
        "İmza tutarlı, KEPHS kökü tanınmıyor ({}). KEPHS sertifikasını güven listesine ekleyip yeniden doğrulayın.",
        "The signature is consistent, the provider's root is not known ({}). Add the provider's certificate to the trust list and validate again.";
    CHAIN = "KEP-3503", Warning, Some((Indeterminate, Sub::CertificateChainGeneralFailure)),
        "Sertifika zinciri geçerli değil: {}. Göndericiye ve sertifika sağlayıcısına sorun.",
        "The certificate chain is not valid: {}. Ask the sender and the certificate's provider.";
    CHAIN_CONSTRAINTS = "KEP-3504", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "Sertifika zinciri bir kısıtı ihlal ediyor: {}. Göndericiye ve sertifika sağlayıcısına sorun.",
        "The certificate chain breaks a constraint: {}. Ask the sender and the certificate's provider.";
    EXPIRED_NO_POE = "KEP-3505", Warning, Some((Indeterminate, Sub::OutOfBoundsNoPoe)),
        "Sertifika doğrulama zamanında geçerli değil ve imzanın geçerlilik süresi içinde atıldığı kanıtlanamıyor (zaman damgası yok). Göndericiden zaman damgalı imza isteyin.",
        "The certificate is not valid at the validation time and nothing proves that the signature was made before (no timestamp). Ask for a timestamped signature.";
    EXPIRED = "KEP-3506", Error, Some((Failed, Sub::Expired)),
        "Sertifikanın süresi zaman damgası anında dolmuştu. Belgeyi geçersiz sayın.",
        "The certificate had expired when the signature was timestamped. Treat the document as invalid.";
    NOT_YET_VALID = "KEP-3507", Error, Some((Failed, Sub::NotYetValid)),
        "Sertifika imza anında henüz geçerli değildi. Belgeyi geçersiz sayın.",
        "The certificate was not valid yet when the signature was made. Treat the document as invalid.";
    WRONG_CLASS = "KEP-3508", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "Sertifika bu imza için gereken türde değil: {}. Göndericiden doğru sertifikayla imza isteyin.",
        "The certificate is not of the kind that this signature needs: {}. Ask for a signature with the right certificate.";
    KEY_USAGE = "KEP-3509", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "Sertifikanın anahtarı imza atmak için değil. Göndericiden doğru sertifikayla imza isteyin.",
        "The certificate's key is not meant for signatures. Ask for a signature with the right certificate.";
    REVOKED = "KEP-3510", Error, Some((Failed, Sub::Revoked)),
        "Sertifika, zaman damgasından önce iptal edilmiş ({}). Belgeyi geçersiz sayın.",
        "The certificate was revoked before the timestamp ({}). Treat the document as invalid.";
    REVOKED_NO_POE = "KEP-3511", Warning, Some((Indeterminate, Sub::RevokedNoPoe)),
        "Sertifika iptal edilmiş ({}) ve imzanın iptalden önce atıldığı kanıtlanamıyor. Belgeye güvenmeyin; göndericiye sorun.",
        "The certificate is revoked ({}) and nothing proves that the signature is older. Do not rely on the document; ask the sender.";
    REVOKED_CA = "KEP-3512", Warning, Some((Indeterminate, Sub::RevokedCaNoPoe)),
        "Zincirdeki bir sağlayıcı sertifikası iptal edilmiş ({}). Belgeye güvenmeyin.",
        "A provider's certificate of the chain is revoked ({}). Do not rely on the document.";
    ON_HOLD = "KEP-3513", Warning, Some((Indeterminate, Sub::TryLater)),
        "Sertifika askıya alınmış ({}). Askı kalkınca ya da iptal olunca yeniden doğrulayın.",
        "The certificate is on hold ({}). Validate again when the hold is lifted or became a revocation.";
    TRY_LATER = "KEP-3514", Warning, Some((Indeterminate, Sub::TryLater)),
        "İptal bilgisi yok ({}). Güncel SİL ya da OCSP yanıtı gelince yeniden doğrulayın.",
        "There is no revocation information ({}). Validate again when a current CRL or OCSP response is at hand.";
    STALE = "KEP-3515", Warning, Some((Indeterminate, Sub::TryLater)),
        "İptal bilgisi eski ({}). Güncel SİL ya da OCSP yanıtı gelince yeniden doğrulayın.",
        "The revocation information is too old ({}). Validate again when a current CRL or OCSP response is at hand.";

    // Time.
    TIMESTAMP_BAD = "KEP-3601", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Zaman damgası geçersiz: {} Belgeye güvenmeyin; göndericiden yeniden isteyin.",
        "The timestamp is invalid: {} Do not rely on the document; ask for it again.";
    TIMESTAMP_OPEN = "KEP-3602", Warning, Some((Indeterminate, Sub::NoPoe)),
        "Zaman damgası doğrulanamadı: {}",
        "The timestamp could not be validated: {}";
    TIME_ORDER = "KEP-3603", Warning, Some((Indeterminate, Sub::TimestampOrderFailure)),
        "Zamanların sırası tutarsız: {}. Göndericiye sorun.",
        "The order of times is inconsistent: {}. Ask the sender.";
    TIMESTAMP_IMPRINT = "KEP-3604", Error, Some((Failed, Sub::HashFailure)),
        "Zaman damgası bu imza için alınmamış: özet uyuşmuyor.",
        "The timestamp was not made for this signature: its imprint differs.";
    TSA_PROFILE = "KEP-3605", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "Zaman damgası sertifikası zaman damgası için değil (yalnız ve kritik timeStamping kullanımı gerekir).",
        "The timestamp's certificate is not made for timestamps (only and critical usage timeStamping is required).";
    TSA_EXPIRED = "KEP-3606", Warning, Some((Indeterminate, Sub::OutOfBoundsNoPoe)),
        "Zaman damgası sertifikasının süresi dolmuş ve bir arşiv zaman damgası kanıt sağlamıyor. Başka bir varlık kanıtı arayın.",
        "The timestamp's certificate has expired and no archive timestamp proves its age. Look for another proof of existence.";

    // XML.
    XML = "KEP-3701", Error, Some((Failed, Sub::FormatFailure)),
        "İmzalı XML okunamıyor: {}. Göndericiden yeniden göndermesini isteyin.",
        "The signed XML cannot be read: {}. Ask the sender to send it again.";
    XML_REFERENCE = "KEP-3702", Error, Some((Failed, Sub::FormatFailure)),
        "XML imzası belgenin tamamını kapsamıyor: {}. Belgeyi geçersiz sayın.",
        "The XML signature does not cover the whole document: {}. Treat the document as invalid.";
    XML_TRANSFORM = "KEP-3703", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "XML imzasında izin verilmeyen bir dönüşüm var ({}). Belgeyi elle inceleyin.",
        "The XML signature uses a transform that is not allowed ({}). Inspect the document by hand.";
    XML_NO_XADES = "KEP-3704", Note, None,
        "İmza yalın XML-DSig: XAdES özellikleri (sertifika bağı, imza zamanı) yok.",
        "The signature is plain XML-DSig: it has no XAdES properties (certificate binding, signing time).";

    // XML, of XAdES.
    XML_NOTES = "KEP-3710", Note, None,
        "İmzanın korumadığı, belgenin anlamını değiştirmeyen kısımlar: {}.",
        "Not protected by the signature, without bearing on the document's meaning: {}.";
    XML_PARTIAL = "KEP-3711", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "XML imzası belgenin şu kısmını kapsamıyor: {}. Gösterilen, imzalanandan farklı olabilir; belgeyi elle inceleyin.",
        "The XML signature does not cover this part of the document: {}. What is shown may not be what is signed; inspect it by hand.";
    XML_EXTERNAL = "KEP-3712", Warning, Some((Indeterminate, Sub::SignedDataNotFound)),
        "İmza, belgenin dışındaki bir içeriğe başvuruyor ({}); belge istedi diye hiçbir yerden veri alınmaz. İçeriği siz verin (verify --content).",
        "The signature refers to content outside the document ({}); nothing is fetched because a document says so. Supply the content (verify --content).";
    XML_PROPERTIES_TYPE = "KEP-3713", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzalı XAdES özelliklerine başvurunun Type değeri standarttaki gibi değil ({}). Göndericiden yeniden imzalamasını isteyin.",
        "The Type of the reference to the signed XAdES properties is not the standard's ({}). Ask the sender to sign again.";
    XML_TYPE_DIALECT = "KEP-3714", Note, None,
        "SignedProperties başvurusunun Type değeri eski Türk uygulamalarının yazdığı biçimde; kabul edildi.",
        "The Type of the SignedProperties reference is in the form that older Turkish software writes; it was accepted.";
    XML_PROPERTY = "KEP-3715", Error, Some((Failed, Sub::FormatFailure)),
        "XAdES özelliği bozuk ya da birden çok kez var ({}). Göndericiden yeniden imzalamasını isteyin.",
        "A XAdES property is malformed or occurs more than once ({}). Ask the sender to sign again.";
    XML_NESTED = "KEP-3716", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzalanan içeriğin içinde başka bir imza var; o imza burada denetlenmedi. İçeriği çıkarıp ayrıca doğrulayın.",
        "Inside the signed content is another signature, which was not judged here. Extract the content and validate it by itself.";
    XML_TOO_MUCH = "KEP-3717", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzalı XML, işlenebilecek sınırı aşıyor ({}). Belgeyi elle inceleyin.",
        "The signed XML exceeds what is processed ({}). Inspect the document by hand.";
    XML_VERSION = "KEP-3718", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Bu XAdES sürümü ({}) denetlenmiyor. Belgeyi başka bir araçla denetleyin.",
        "This version of XAdES ({}) is not judged. Check the document with another tool.";
    XML_DTD = "KEP-3719", Error, Some((Failed, Sub::FormatFailure)),
        "Belge bir DTD (DOCTYPE) taşıyor: içeriği imzadan sonra değiştirebileceği için işlenmedi. Göndericiden DTD'siz belge isteyin.",
        "The document has a DTD (DOCTYPE): it could change the content behind the signature and was not processed. Ask for a document without one.";
    XML_DATA_FORMAT = "KEP-3720", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzalanan verinin türü imzalanmamış (DataObjectFormat/MimeType); BTK profilleri bunu zorunlu tutar. Göndericiden yeniden imzalamasını isteyin.",
        "The type of the signed data is not signed (DataObjectFormat/MimeType); the BTK profiles require it. Ask the sender to sign again.";
    XML_STAMP_FORM = "KEP-3721", Warning, Some((Indeterminate, Sub::NoPoe)),
        "XAdES zaman damgasının bu biçimi ({}) denetlenmiyor. Belgeyi başka bir araçla denetleyin.",
        "This form of a XAdES timestamp ({}) is not judged. Check the document with another tool.";
}
