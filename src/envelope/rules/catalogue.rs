//! The rule list as data: id, versions, number in the guide (K), severities, and what the person who reads it does next.

use crate::finding::Severity::{self, Error as E, Fatal as F, Note as I, Warning as W};

/// Which packages a rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// Normal package, 1.x.
    V1,
    /// Normal package, 2.x.
    V2,
    /// Encrypted package, either version.
    Encrypted,
    /// Update package.
    Update,
}

/// One rule of the list.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub id: &'static str,
    pub eras: &'static [Era],
    /// Number in Ek 9 of the guide 2.x, where known; else empty.
    pub guide: &'static str,
    /// The severities that it may have; the heaviest first.
    pub severities: &'static [Severity],
    /// What it asks for, in Turkish and English.
    pub asks: (&'static str, &'static str),
    pub next: Next,
}

/// The next step that a finding ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The package cannot be used.
    Resend,
    /// What was signed and what arrived differ, or may.
    DoNotUse,
    /// The sender's software is wrong, the document is readable.
    TellSender,
    /// Worth a look by the clerk.
    Check,
    /// Nothing to do.
    Nothing,
}

impl Next {
    pub fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Resend => (
                "Gönderenden paketi yeniden göndermesini isteyin.",
                "Ask the sender to send the package again.",
            ),
            Self::DoNotUse => (
                "Belgeyi işleme almayın; gönderen kurumla görüşüp paketi yeniden isteyin.",
                "Do not act on the document; speak to the sender and ask for the package again.",
            ),
            Self::TellSender => (
                "Belge okunabilir; gönderen kurumun EBYS sorumlusuna bildirin.",
                "The document can be read; tell the sender's document system administrator.",
            ),
            Self::Check => (
                "Belgeyi açıp bu alanı gözle denetleyin.",
                "Open the document and check this field by eye.",
            ),
            Self::Nothing => ("Yapılacak bir şey yok.", "Nothing to do."),
        }
    }
}

const ALL: &[Era] = &[Era::V1, Era::V2, Era::Encrypted, Era::Update];
const NORMAL: &[Era] = &[Era::V1, Era::V2];
const ONLY_1: &[Era] = &[Era::V1];
const ONLY_2: &[Era] = &[Era::V2];
const FROM_2: &[Era] = &[Era::V2, Era::Update];
const ENCRYPTED: &[Era] = &[Era::Encrypted];
const UPDATE: &[Era] = &[Era::Update];

const fn rule(
    id: &'static str,
    eras: &'static [Era],
    guide: &'static str,
    severities: &'static [Severity],
    next: Next,
    tr: &'static str,
    en: &'static str,
) -> Rule {
    Rule {
        id,
        eras,
        guide,
        severities,
        asks: (tr, en),
        next,
    }
}

use Next::{Check, DoNotUse, Nothing, Resend, TellSender};

/// Every rule that needs no cryptography beyond digests. G1-G8 belong to the signature stage.
#[rustfmt::skip] // a table: one rule after another
pub const RULES: &[Rule] = &[
    rule("C1", ALL, "", &[F], Resend,
        "Okunabilir ZIP; şifreli girdi, güvensiz ad, sınır aşımı yok", "A readable ZIP without encrypted entries, unsafe names or excess"),
    rule("C2", ALL, "", &[F, E], Resend,
        "[Content_Types].xml ve _rels/.rels var ve okunur", "[Content_Types].xml and _rels/.rels present and parsable"),
    rule("C3", ALL, "", &[E], DoNotUse,
        "Hiçbir XML'de DTD yok", "No DTD in any XML"),
    rule("C4", ALL, "", &[E], DoNotUse,
        "Aynı adla iki bileşen yok", "No duplicate part names"),
    rule("C5", ALL, "", &[F, E], Resend,
        "Her ilişkinin hedefi var", "Every relationship target exists"),
    rule("C6", ALL, "", &[W], TellSender,
        "Her bileşene bir ilişki ulaşır", "Every part is reached by a relationship"),
    rule("C7", ALL, "", &[W], TellSender,
        "Bileşenlerin içerik türleri doğru", "Content types as prescribed"),
    rule("C8", NORMAL, "K.2, K.16, K.26", &[E], Resend,
        "Birer core, ustveri, ustyazi, paketozeti", "Exactly one core, ustveri, ustyazi, paketozeti"),
    rule("C9", ONLY_1, "", &[E], Resend,
        "Bir belgehedef; en çok bir belgeimza, nihaiozet", "Exactly one belgehedef; at most one belgeimza, nihaiozet"),
    rule("C10", ONLY_2, "K.82, K.98", &[E], Resend,
        "Birer nihaiustveri, nihaiozet; en çok bir parafozeti; imza var",
        "Exactly one nihaiustveri, nihaiozet; at most one parafozeti; signature present"),
    rule("C11", FROM_2, "", &[E], DoNotUse,
        "Mühür var", "Seal present"),
    rule("C12", ALL, "K.4, K.12, K.18, K.28, K.38, K.84", &[W], TellSender,
        "Bileşenler öngörülen adreslerinde", "Parts at their prescribed URIs"),
    rule("C13", ALL, "K.5", &[W], TellSender,
        "Bileşen adlarında boşluk yok", "No white space in part names"),
    rule("C14", ONLY_2, "", &[W], TellSender,
        "2.x normal pakette belgehedef ve belgeimza yok", "No belgehedef or belgeimza in a normal 2.x package"),
    rule("C15", ENCRYPTED, "", &[E], Resend,
        "Şifreli paketin bileşenleri tam", "The parts of an encrypted package"),
    rule("C16", UPDATE, "", &[E], Resend,
        "Güncelleme paketinin bileşenleri tam, özgün paket şifresiz", "The parts of an update package; the original not encrypted"),
    rule("C17", NORMAL, "K.6", &[W], TellSender,
        "Üst yazı PDF/A", "The covering letter is PDF/A"),
    rule("C18", ALL, "", &[W, I], TellSender,
        "İlişki türleri tam yazılmış", "Relationship types spelled exactly"),
    rule("R1", ALL, "", &[E], TellSender,
        "Sürüm n.n biçiminde ve biliniyor", "Version is n.n and its major number known"),
    rule("R2", ALL, "K.71", &[E, W], TellSender,
        "Kategori geçerli ve bileşenlerle uyumlu", "Category valid and in agreement with the parts"),
    rule("R3", NORMAL, "K.68, K.80", &[E, I], DoNotUse,
        "Core identifier = BelgeId", "Core identifier = BelgeId"),
    rule("R4", NORMAL, "K.69", &[W], Check,
        "Core subject = Konu", "Core subject = Konu"),
    rule("R5", ALL, "K.73", &[W], TellSender,
        "Core contentType = application/eyazisma", "Core contentType = application/eyazisma"),
    rule("R6", NORMAL, "", &[W], TellSender,
        "Core created ve creator var", "Core created and creator present"),
    rule("R7", ONLY_2, "K.66", &[I], Nothing,
        "Dosya adı [BelgeId].eyp", "File name [BelgeId].eyp"),
    rule("U1", ALL, "K.19, K.85", &[E], Resend,
        "XML iyi biçimli; kök ve ad alanı sürüme uygun", "Well-formed XML with the root and namespace of the version"),
    rule("U2", ALL, "K.19, K.29, K.39", &[E], TellSender,
        "Öğe sırası ve sayısı", "Element order and cardinality"),
    rule("U3", ALL, "", &[E], TellSender,
        "BelgeId bir GUID", "BelgeId is a GUID"),
    rule("U4", ALL, "", &[E], TellSender,
        "Konu, DosyaAdi, DagitimListesi, Olusturan dolu", "Konu, DosyaAdi, DagitimListesi, Olusturan given"),
    rule("U5", ALL, "", &[E, W], TellSender,
        "MimeTuru var ve içerik türüyle aynı", "MimeTuru given and equal to the content type"),
    rule("U6", ALL, "", &[W], TellSender,
        "DosyaAdi üst yazının adıyla uyumlu", "DosyaAdi matches the covering letter's part"),
    rule("U7", ALL, "K.85", &[E], TellSender,
        "BelgeNo ve Tarih var", "BelgeNo and Tarih given"),
    rule("U8", ONLY_2, "", &[E], TellSender,
        "2.x'te kaldırılan alan ve değer yok", "Nothing that 2.x withdrew"),
    rule("U9", ONLY_1, "", &[W], Nothing,
        "BYK, TCYK, IVD, CIV kullanılmamış", "BYK, TCYK, IVD, CIV not used"),
    rule("U10", ALL, "", &[E, W], Check,
        "GuvenlikKodu listede", "GuvenlikKodu in the list"),
    rule("U11", ALL, "", &[W], Check,
        "Gizlilik süresi belge tarihinden sonra", "Classification ends after the document's date"),
    rule("U12", ONLY_2, "", &[E, W], TellSender,
        "DogrulamaAdresi dolu ve bir URL", "DogrulamaAdresi given and a URL"),
    rule("U13", ALL, "", &[E, W, I], TellSender,
        "Taraf ve KKK geçerli", "Party and KKK valid"),
    rule("U14", ONLY_2, "", &[W, I], Nothing,
        "BirimKKK geçerli", "BirimKKK valid"),
    rule("U15", ALL, "", &[E, I], TellSender,
        "Tüzel şahsın kimliği ve schemeID'si var", "Legal person has an id with a known schemeID"),
    rule("U16", ALL, "", &[E], TellSender,
        "Kişinin adı ve soyadı var", "Person has first name and surname"),
    rule("U17", ALL, "", &[W], Check,
        "TCKN geçerli", "TCKN valid"),
    rule("U18", ALL, "", &[W], Check,
        "Miat bir süre; GNL'de Miat var", "Miat is a duration; GNL has one"),
    rule("U19", ALL, "K.61", &[E], TellSender,
        "Kimlikler GUID ve benzersiz", "Ids are GUIDs and unique"),
    rule("U20", ALL, "", &[E], TellSender,
        "Ek türünün gerektirdiği alanlar var", "What the kind of attachment needs is there"),
    rule("U21", ALL, "", &[E], TellSender,
        "SiraNo en az 1 ve benzersiz", "SiraNo at least 1 and unique"),
    rule("U22", ALL, "K.23", &[E, W, I], Resend,
        "Her DED ekin dosyası var", "Every DED attachment has its part"),
    rule("U23", ALL, "K.24", &[E], DoNotUse,
        "Her ek dosyası üstveride DED olarak var", "Every attachment part is listed as DED"),
    rule("U24", ALL, "", &[E], DoNotUse,
        "ImzaliMi ekin yeriyle uyumlu", "ImzaliMi agrees with where the attachment is"),
    rule("U25", ALL, "", &[E], TellSender,
        "KonulmamisEk bir eki gösterir", "KonulmamisEk names an attachment"),
    rule("U26", ALL, "", &[E, I], TellSender,
        "İlgi kimliği ve etiketi geçerli", "Ilgi has an id and a unique label"),
    rule("U27", ALL, "K.25", &[E], TellSender,
        "İlgi EkId bir eki gösterir", "Ilgi EkId names an attachment"),
    rule("U28", ALL, "", &[W], Nothing,
        "OzId'nin schemeID'si var", "OzId has a schemeID"),
    rule("U29", ONLY_2, "", &[W], Check,
        "SDP ve HEYSK kodları geçerli", "SDP and HEYSK codes valid"),
    rule("U30", ALL, "", &[I], Nothing,
        "İletişim bilgileri biçimli", "Contact details well-shaped"),
    rule("U31", ALL, "", &[E], TellSender,
        "En az bir imza, her birinde imzalayan", "At least one signer entry, each with a person"),
    rule("U32", ALL, "", &[W], Check,
        "Harici referansın özeti tam", "The digest of an external attachment is complete"),
    rule("U33", &[Era::V1, Era::Encrypted], "", &[E, I], TellSender,
        "BelgeHedef'te hedef var ve dağıtımda", "BelgeHedef has targets, all in the distribution"),
    rule("H1", ALL, "K.34, K.44, K.80", &[E, W, I], DoNotUse,
        "Özet kökünün Id'si = BelgeId", "Digest root Id = BelgeId"),
    rule("H2", ALL, "K.29, K.39", &[E], DoNotUse,
        "En az bir Reference, hepsi tam", "At least one Reference, all complete"),
    rule("H3", ALL, "", &[E, W], DoNotUse,
        "Özet algoritması sürüme uygun", "Digest algorithm allowed for the version"),
    rule("H4", FROM_2, "K.33, K.43", &[E], DoNotUse,
        "İki ayrı algoritma, biri SHA-512", "Two different algorithms, one of them SHA-512"),
    rule("H5", NORMAL, "K.33", &[E], DoNotUse,
        "PaketOzeti gerekli bileşenleri kapsar", "PaketOzeti references what it must"),
    rule("H6", ONLY_2, "", &[E], DoNotUse,
        "ParafOzeti gerekli bileşenleri kapsar", "ParafOzeti references what it must"),
    rule("H7", &[Era::V1, Era::V2, Era::Update], "K.43", &[E], DoNotUse,
        "NihaiOzet gerekli bileşenleri kapsar", "NihaiOzet references what it must"),
    rule("H8", ONLY_2, "K.45", &[E], TellSender,
        "NihaiOzet harici bileşen içermez", "NihaiOzet holds no external reference"),
    rule("H9", ALL, "", &[E], DoNotUse,
        "Her bileşen var ve özeti tutar", "Every referenced part exists and matches"),
    rule("H10", ONLY_2, "", &[I], Nothing,
        "Paraf imzası mühürden sonra çıkarılabilir", "The initials may be removed after sealing"),
    rule("H11", ALL, "K.23", &[I], Nothing,
        "Bu alıcıya konulmayan ek", "Attachment left out for this addressee"),
    rule("H12", ALL, "", &[W], TellSender,
        "İmzasız eke, aynı adrese ya da bilinmeyen türe başvuru yok", "No reference to an unsigned attachment, twice, or of unknown type"),
    rule("H13", ALL, "", &[I], Check,
        "Harici başvuru: yalnız listelenir", "External reference: listed only"),
    rule("H14", ENCRYPTED, "", &[E], DoNotUse,
        "Dıştaki özet içtekiyle aynı", "The digest copy outside equals the one inside"),
    // Ours, beside the list.
    rule("KEP-2801", ALL, "", &[I], Nothing,
        "ZIP'in önünde ve ardında veri yok", "No bytes before or after the ZIP"),
    rule("KEP-2802", ALL, "", &[I], Nothing,
        "Tarihlerde saat dilimi var", "Dates name their zone"),
    rule("KEP-2803", ENCRYPTED, "", &[E], DoNotUse,
        "Şifreli içerik gerçekten şifreli", "The encrypted content is encrypted"),
    rule("KEP-2804", ALL, "", &[W], Check,
        "İç paket sınırlar içinde", "A package inside is within the limits"),
    rule("KEP-2805", ALL, "", &[W], Check,
        "Özet hesaplanabildi", "The digest could be computed"),
    rule("KEP-2806", ALL, "", &[I], Nothing,
        "ZIP'in içinde bileşenlere ait olmayan bayt yok", "No bytes inside the ZIP belong to no part"),
    rule("KEP-2807", ALL, "", &[W], Check,
        "Baştan ve dizinden okuyan aynı paketi görür", "Read from the front or by its directory, the package is the same"),
];

/// A rule by id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
