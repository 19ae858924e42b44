//! Every reason that a verdict can have.

use super::Cause;
use crate::finding::Severity;
use crate::signature::report::{Indication, SubIndication};

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
    COUNTERSIGNED_CONTENT = "KEP-3110", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Karşı imza, bir içeriği imzalamış gibi içerik türü (content-type) taşıyor; karşı imzada bu olamaz. İmzayı elle inceleyin.",
        "The counter-signature states a content type, as one over a content does; a counter-signature must not. Inspect the signature by hand.";

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
    UNUSED = "KEP-3425", Note, None,
        "İmzanın yanında taşınan ve bu kararın dayanmadığı veriler var ({}); imza bunları kapsamaz, bir anlam yüklemeyin.",
        "Data are carried beside the signature that this verdict does not rest on ({}); the signature does not cover them, read no meaning into them.";
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

    // What was not fetched. Remarks: the verdict is that of the reason they explain.
    FETCH_SCHEME = "KEP-3521", Note, None,
        "Eksik doğrulama verisi alınmadı: yalnız http ve https adreslerine gidilir ({}). SİL'i ya da sertifikayı elle indirip [trust] revocation klasörüne koyun.",
        "Missing validation data was not fetched: only http and https addresses are asked ({}). Download the CRL or certificate by hand into the folder [trust] revocation.";
    FETCH_NOT_LISTED = "KEP-3522", Note, None,
        "Eksik doğrulama verisi alınmadı: {} izinli sunucular arasında değil. Sunucu bir sertifika sağlayıcınınsa [trust] hosts listesine ekleyin.",
        "Missing validation data was not fetched: {} is not among the allowed hosts. Add it to [trust] hosts if it belongs to a certificate provider.";
    FETCH_ADDRESS = "KEP-3523", Note, None,
        "Eksik doğrulama verisi alınmadı: adres iç ağa ya da başka yere götürüyor ({}). DNS ayarını ve sağlayıcının adresini denetleyin.",
        "Missing validation data was not fetched: the address leads into a private network or elsewhere ({}). Check DNS and the provider's address.";
    FETCH_UNREACHABLE = "KEP-3524", Note, None,
        "Eksik doğrulama verisi alınamadı: {}. Yeniden denenir; sürerse güvenlik duvarını ve sağlayıcının duyurularını denetleyin.",
        "Missing validation data could not be fetched: {}. It is tried again; if this goes on, check the firewall and the provider's notices.";
    FETCH_CONTENT = "KEP-3525", Note, None,
        "Gelen doğrulama verisi kullanılmadı: {}. Yeniden denenir; sürerse sertifika sağlayıcısına bildirin.",
        "The validation data that came was not used: {}. It is tried again; if this goes on, tell the certificate's provider.";
    GAVE_UP = "KEP-3526", Warning, None,
        "Eksik doğrulama verisi {} içinde gelmedi; artık kendiliğinden aranmıyor. Veriyi elle ekleyip kaydı yeniden doğrulayın.",
        "The missing validation data did not come within {}; it is no longer looked for. Add it by hand and validate the entry again.";
    CHECK_NOT_MADE = "KEP-3530", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmza geçerli sayılamaz, çünkü şu denetimler yapılmadı: {}. İmzayı başka bir araçla denetleyin ve bunu geliştiricilere bildirin.",
        "The signature cannot count as valid because these checks were not made: {}. Check it with another tool and tell the developers.";
    OTHER_PURPOSE = "KEP-3533", Warning, Some((Indeterminate, Sub::NoCertificateChainFound)),
        "İmza tutarlı ve kökü tanınıyor, ama bu kök başka bir amaç için güvenilir ({}). Bu bir KEP sağlayıcısının imzasıysa iletinin tamamını (.eml) doğrulayın; değilse kökün güven listesindeki yerini denetleyin.",
        "The signature is consistent and its root is known, but trusted for another purpose ({}). If this is a KEP provider's signature, verify the whole message (.eml); otherwise check where the root stands in the trust list.";
    WRONG_PROVIDER = "KEP-3531", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "İmza tanınan bir KEP sağlayıcısının, ama ileti başka bir sağlayıcıdan: {}. İletinin kaynağını sağlayıcınıza sorun.",
        "The signature is by a known KEP provider, but the message comes from another one: {}. Ask your provider where the message comes from.";
    WRONG_EVIDENCE_PROVIDER = "KEP-3534", Warning, Some((Indeterminate, Sub::ChainConstraintsFailure)),
        "Delilin imzası tanınan bir KEP sağlayıcısının, ama bu, delilin adını verdiği taraflardan birinin sağlayıcısı değil: {}. Delilin kaynağını sağlayıcınıza sorun.",
        "The evidence is signed by a known KEP provider, but by none of the providers of the parties that it names: {}. Ask your provider where the evidence comes from.";
    ALGORITHM_EXCUSED = "KEP-3532", Note, None,
        "Bugünün çizelgesine göre zayıf bir algoritma ({}) yalnız \"archive\" ayarı nedeniyle kabul edildi. İmzanın yaşını başka bir kayıtla kanıtlayın.",
        "An algorithm that is weak by today's table ({}) was accepted only because of the \"archive\" setting. Prove the signature's age by another record.";

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

    // PDF.
    PDF_BYTE_RANGE = "KEP-3801", Error, Some((Failed, Sub::FormatFailure)),
        "PDF imzası neyi kapsadığını doğru söylemiyor: {}. Belgeyi geçersiz sayın.",
        "The PDF signature does not state what it covers as it must: {}. Treat the document as invalid.";
    PDF_REVISION = "KEP-3802", Error, Some((Failed, Sub::FormatFailure)),
        "PDF imzası belgenin tam bir sürümünü kapsamıyor: {}. Belgeyi geçersiz sayın.",
        "The PDF signature does not cover a whole revision of the document: {}. Treat the document as invalid.";
    PDF_DAMAGED = "KEP-3803", Error, Some((Failed, Sub::FormatFailure)),
        "PDF dosyasının yapısı bozuk ({}); onarılarak okunan bir belgede imza denetlenmez. Göndericiden dosyayı yeniden isteyin.",
        "The structure of the PDF is damaged ({}); signatures are not judged in a document that has to be repaired. Ask the sender for the file again.";
    PDF_ENCRYPTED = "KEP-3804", Warning, Some((Indeterminate, Sub::SignedDataNotFound)),
        "PDF parolayla şifrelenmiş; içindekiler görülmeden imza denetlenemez. Göndericiden şifresiz imzalanmış belgeyi isteyin.",
        "The PDF is encrypted with a password; its signature cannot be judged without seeing what is in it. Ask the sender for a document signed without encryption.";
    PDF_UNREACHABLE = "KEP-3805", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Dosyada belgenin formuna bağlı olmayan bir imza var ({}): kaldırılmış ya da gizlenmiş olabilir. Göndericiye sorun.",
        "The file holds a signature that hangs in no form field ({}): it may have been removed or hidden. Ask the sender.";
    PDF_SUB_FILTER = "KEP-3806", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "PDF imzasının türü kabul edilmiyor ({}). Göndericiden PAdES imzalı belge isteyin.",
        "PDF signatures of this kind are not accepted ({}). Ask the sender for a document with a PAdES signature.";
    PDF_AFTER_CMS = "KEP-3807", Error, Some((Failed, Sub::FormatFailure)),
        "PDF imza değerinin ardında imzanın parçası olmayan baytlar var. Belgeyi geçersiz sayın.",
        "Bytes that are no part of the signature follow its value in the PDF. Treat the document as invalid.";
    PDF_SIGNERS = "KEP-3808", Error, Some((Failed, Sub::FormatFailure)),
        "Bir PDF imzasında tek imza sahibi olur, burada {} var. Belgeyi geçersiz sayın.",
        "A PDF signature has exactly one signer, this one has {}. Treat the document as invalid.";
    PDF_ENCAPSULATED = "KEP-3809", Error, Some((Failed, Sub::FormatFailure)),
        "PDF imzası kendi içinde başka bir içerik taşıyor: gösterilen ile imzalanan farklı olabilir. Belgeyi geçersiz sayın.",
        "The PDF signature carries a content of its own: what is shown may not be what is signed. Treat the document as invalid.";
    PDF_CHANGED = "KEP-3810", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzadan sonra değişiklik var: {}. İmzalanan sürümü isteyin ya da belgeyi elle inceleyin.",
        "The document was changed after this signature: {}. Ask for the signed version or inspect the document by hand.";
    PDF_FORM_FILLED = "KEP-3811", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "İmzadan sonra form doldurulmuş: {}. Doldurulan alanları göndericiye doğrulatın.",
        "The form was filled in after this signature: {}. Have the sender confirm the fields.";
    PDF_CERTIFICATION = "KEP-3812", Error, Some((Failed, Sub::FormatFailure)),
        "İmza sahibinin yasakladığı bir değişiklik yapılmış (onay düzeyi {}). Belgeyi geçersiz sayın.",
        "The document was changed in a way that its certification forbids (level {}). Treat the document as invalid.";
    PDF_LATER = "KEP-3813", Note, None,
        "İmzadan sonra yalnız şunlar eklenmiş: {}.",
        "Only these were added after the signature: {}.";
    PDF_COVERAGE = "KEP-3814", Note, None,
        "İmza {}.",
        "The signature {}.";
    PDF_ACTIVE = "KEP-3815", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Belgede çalışan ya da görünümü değiştirebilen içerik var: {}. Belgeyi elle inceleyin.",
        "The document holds content that acts or can change what is shown: {}. Inspect the document by hand.";
    PDF_EMBEDDED = "KEP-3816", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Belgenin içinde sayfalarda görünmeyen gömülü dosya var: {}. Gömülü dosyayı ayrıca isteyin ya da belgeyi elle inceleyin.",
        "Files that no page shows are embedded in the document: {}. Ask for the embedded file separately or inspect the document by hand.";
    PDF_XFA = "KEP-3817", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Belge bir XFA formu: gösterilen, imzalanan sayfalardan farklı olabilir. Göndericiden düz bir PDF isteyin.",
        "The document is an XFA form: what is shown may not be the signed pages. Ask the sender for a plain PDF.";
    PDF_TRAILING = "KEP-3818", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "PDF dosyasının bitişinden sonra hiçbir imzanın kapsamadığı {} bayt var. Göndericiden dosyayı yeniden isteyin.",
        "{} bytes that no signature covers follow the end of the PDF. Ask the sender for the file again.";
    PDF_AMBIGUOUS = "KEP-3819", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "PDF iki türlü okunabiliyor: çapraz başvuru tablosu ile akışı {} numaralı nesnede çelişiyor. Belgeyi elle inceleyin.",
        "The PDF can be read in two ways: its cross-reference table and stream disagree about object {}. Inspect the document by hand.";
    PDF_UNREADABLE = "KEP-3820", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "Belgenin bazı nesneleri onarılmadan okunamıyor ({}). Programlar bunları farklı gösterebilir; belgeyi elle inceleyin.",
        "Some objects of the document cannot be read without repair ({}). Programs may show them differently; inspect the document by hand.";
    PDF_PKCS7 = "KEP-3821", Note, None,
        "İmza PDF'in eski CMS türünde (adbe.pkcs7.detached); PAdES düzeylerinden biri değil.",
        "The signature is of PDF's older CMS kind (adbe.pkcs7.detached); it is at none of the PAdES levels.";
    PDF_COUNTER_SIGNATURE = "KEP-3822", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "PDF imzasının içinde karşı imza var; PAdES buna izin vermez ve denetlenmedi. Belgeyi elle inceleyin.",
        "There is a counter-signature inside the PDF signature; PAdES does not allow one and it was not judged. Inspect the document by hand.";
    PDF_STORE = "KEP-3823", Note, None,
        "Belgedeki doğrulama verilerinden {} tanesi okunamadı.",
        "{} of the validation data in the document could not be read.";
    PDF_ONLY_TIMESTAMPS = "KEP-3824", Warning, Some((Indeterminate, Sub::NoSignature)),
        "Belgede yalnız zaman damgası var, kimse imzalamamış. İmza bekleniyorsa göndericiye sorun.",
        "The document holds timestamps only, nobody signed it. Ask the sender if a signature was expected.";
    PDF_TOO_LARGE = "KEP-3825", Warning, Some((Indeterminate, Sub::SigConstraintsFailure)),
        "PDF, denetlenebilecek sınırları aşıyor ({}). Belgeyi elle inceleyin ya da göndericiden daha yalın bir dosya isteyin.",
        "The PDF goes beyond the limits of what is judged ({}). Inspect the document by hand or ask the sender for a simpler file.";
}
