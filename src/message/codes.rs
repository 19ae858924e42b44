//! Every finding that reading a message can make: its stable code, how heavy it is, and the sentence for the clerk.

use crate::finding::{Finding, Severity};

/// One row of the table: a code never changes its meaning and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub rule: &'static str,
    pub severity: Severity,
    pub tr: &'static str,
    pub en: &'static str,
}

impl Code {
    /// The finding at a place: a layer (`L0`), a part (`L1/2`) or a header (`L1 From`).
    pub fn at(&self, place: impl Into<String>) -> Finding {
        Finding::new(self.rule, self.severity, place, self.tr, self.en)
    }

    /// The same with the measured value behind the sentence. The detail carries no message content.
    pub fn detailed(&self, place: impl Into<String>, detail: impl std::fmt::Display) -> Finding {
        let (tr, en) = (format!("{} ({detail})", self.tr), format!("{} ({detail})", self.en));
        Finding::new(self.rule, self.severity, place, tr, en)
    }
}

/// A table of codes: one constant per row, and `ALL` of them for the documentation and the test that codes are unique.
macro_rules! codes {
    ($($name:ident = $rule:literal, $severity:ident, $tr:literal, $en:literal;)*) => {
        $(
            #[doc = $en]
            pub const $name: $crate::message::codes::Code =
                $crate::message::codes::Code { rule: $rule, severity: $crate::finding::Severity::$severity, tr: $tr, en: $en };
        )*
        /// The whole table.
        pub const ALL: &[$crate::message::codes::Code] = &[$($name),*];
    };
}
pub(crate) use codes;

/// True for a limit that was exceeded: what is beyond it was not read, so nothing is known about it, neither good nor bad.
pub fn is_limit(rule: &str) -> bool {
    [TOO_LARGE, TOO_MANY_PARTS, TOO_DEEP, HEADER_TOO_LARGE, DECODED_TOO_LARGE]
        .iter()
        .any(|code| code.rule == rule)
}

codes! {
    // Limits: whatever goes beyond is kept in full as bytes and not taken apart.
    EMPTY = "KEP-2001", Fatal,
        "İleti boş. Sağlayıcının kutusunda iletiyi açıp içeriğini denetleyin.",
        "The message is empty. Open it in the provider's mailbox and check its content.";
    TOO_LARGE = "KEP-2002", Fatal,
        "İleti izin verilen boyuttan büyük; içi açılmadı. Gönderen beklenen biri ise limits.message_bytes değerini yükseltin.",
        "The message is larger than allowed and was not taken apart. If the sender is an expected one, raise limits.message_bytes.";
    TOO_MANY_PARTS = "KEP-2003", Fatal,
        "İletide izin verilenden çok parça var; düşmanca olabilir. Özgün baytlar saklandı; bir görevli incelemeli.",
        "The message has more parts than allowed and may be hostile. The original bytes are kept; have a person look at it.";
    TOO_DEEP = "KEP-2004", Fatal,
        "İletinin iç içe geçme derinliği sınırı aşıyor; bu parçanın içi açılmadı. Özgün baytlar saklandı; bir görevli incelemeli.",
        "The message is nested deeper than allowed; this part was not opened. The original bytes are kept; have a person look at it.";
    HEADER_TOO_LARGE = "KEP-2005", Fatal,
        "Başlık bölümü izin verilenden büyük; içi açılmadı. Özgün baytlar saklandı; bir görevli incelemeli.",
        "A header block is larger than allowed; its message was not opened. The original bytes are kept; have a person look at it.";
    DECODED_TOO_LARGE = "KEP-2006", Fatal,
        "Çözülmüş parçaların toplamı sınırı aşıyor; bu parça çözülmedi. Özgün baytlar saklandı; bir görevli incelemeli.",
        "The decoded parts add up to more than allowed; this part was not decoded. The original bytes are kept; have a person look at it.";
    LONG_LINE = "KEP-2007", Warning,
        "İletide izin verilenden uzun bir satır var; okuma sürdü. Ekler açılmıyorsa göndericiden yeniden isteyin.",
        "The message has a longer line than allowed; it was read all the same. If attachments do not open, ask the sender to send again.";
    NUL_BYTE = "KEP-2008", Warning,
        "Metin olması gereken yerde sıfır baytı var; ileti bozulmuş olabilir. Ekleri denetleyin.",
        "There is a zero byte where text should be; the message may be damaged. Check its attachments.";

    // Shape of the mail.
    NOT_A_MESSAGE = "KEP-2009", Warning,
        "Bu baytlar bir ileti, paket, delil veya imza dosyası gibi görünmüyor. Bir görevli dosyayı incelemeli.",
        "These bytes look like no message, package, evidence or signature file. Have a person look at the file.";
    BOUNDARY_MISSING = "KEP-2010", Error,
        "Çok parçalı bölümün ayıracı (boundary) yazılmamış; parçalara ayrılamadı. Göndericiden yeniden isteyin.",
        "A multipart section names no boundary and could not be taken apart. Ask the sender to send again.";
    BOUNDARY_UNUSED = "KEP-2011", Error,
        "Çok parçalı bölümün ayıracı içinde hiç geçmiyor; ileti bozulmuş olabilir. Göndericiden yeniden isteyin.",
        "The boundary of a multipart section never occurs in it; the message may be damaged. Ask the sender to send again.";
    NOT_CLOSED = "KEP-2012", Warning,
        "Çok parçalı bölüm kapanmıyor; ileti kesilmiş olabilir. Ekleri sağlayıcının kutusundakilerle karşılaştırın.",
        "A multipart section is not closed; the message may be cut off. Compare its attachments with the provider's mailbox.";
    PART_AFTER_CLOSE = "KEP-2013", Warning,
        "Kapanmış bölümden sonra yine parça ayıracı geliyor; başka programlar gizli bir parça gösterebilir. Bir görevli incelemeli.",
        "A part boundary follows after its section was closed; other programs may show a hidden part. Have a person look at it.";
    BOUNDARY_REUSED = "KEP-2014", Warning,
        "İç içe iki bölüm aynı ayıracı kullanıyor; parçalar belirsiz. Bir görevli incelemeli.",
        "Two nested sections use the same boundary; the parts are ambiguous. Have a person look at it.";
    AMBIGUOUS_MIME_HEADER = "KEP-2015", Error,
        "Bir parçanın içerik türü birden çok kez yazılmış; ilk değer kullanıldı. Başka programlar başka içerik gösterebilir; bir görevli incelemeli.",
        "The content type of a part is written more than once; the first was used. Other programs may show other content; have a person look at it.";
    TRANSFER_DAMAGED = "KEP-2016", Error,
        "Parçanın aktarım kodlaması (base64 / quoted-printable) bozuk veya kesik; çözülebilen kısım alındı. Göndericiden yeniden isteyin.",
        "The transfer encoding (base64 / quoted-printable) of a part is damaged or cut off; what could be decoded was taken. Ask the sender to send again.";
    UNKNOWN_ENCODING = "KEP-2017", Warning,
        "Parçanın aktarım kodlaması tanınmıyor; baytlar olduğu gibi alındı. Açılmıyorsa göndericiden yeniden isteyin.",
        "The transfer encoding of a part is unknown; its bytes were taken as they are. If it does not open, ask the sender to send again.";
    UNKNOWN_CHARSET = "KEP-2018", Note,
        "Metnin karakter kümesi tanınmıyor veya metne uymuyor; Türkçe (windows-1254) olarak okundu. Yapılacak bir şey yok.",
        "The character set of a text is unknown or does not fit; it was read as Turkish (windows-1254). Nothing to do.";
    MALFORMED_HEADER = "KEP-2019", Warning,
        "Başlık bölümünde başlık olmayan bir satır var; satır atlandı. Konu ve gönderen bilgisini denetleyin.",
        "A line in the header block is no header; it was skipped. Check subject and sender.";

    // Signatures as structure; their cryptography is judged elsewhere.
    SIGNATURE_MISSING = "KEP-2020", Error,
        "Bölüm imzalı olduğunu söylüyor ama imza parçası yok. İmzasız sayın; göndericiden yeniden isteyin.",
        "A section says that it is signed and has no signature part. Treat it as unsigned; ask the sender to send again.";
    PARTS_BESIDE_SIGNATURE = "KEP-2021", Error,
        "İmzalı bölümde imzanın kapsamadığı ek parçalar var. Bu parçaları imzalı saymayın.",
        "A signed section holds further parts that the signature does not cover. Do not take these for signed.";
    STRAY_SIGNATURE = "KEP-2022", Warning,
        "Neyi imzaladığı belli olmayan bir imza dosyası var. İlgili belgeyi göndericiye sorun.",
        "There is a signature file that does not say what it signs. Ask the sender for the document.";
    SIGNED_PART_ONLY = "KEP-2023", Warning,
        "İmza iletinin tamamını değil bir bölümünü kapsıyor. Yalnız kapsanan parçaları imzalı sayın.",
        "The signature covers a section of the message, not the whole. Take only the covered parts for signed.";
    CMS_UNREADABLE = "KEP-2024", Error,
        "İmza zarfı (CMS) okunamadı. İletiyi sağlayıcının ekranında denetleyin, göndericiden yeniden isteyin.",
        "The signature envelope (CMS) cannot be read. Check the message in the provider's web mail, ask the sender to send again.";
    ENCRYPTED = "KEP-2025", Warning,
        "İçerik şifreli (S/MIME); burada açılamaz. Anahtarı taşıyan görevliye iletin.",
        "The content is encrypted (S/MIME) and cannot be opened here. Hand it to the officer who holds the key.";
    TEXT_OUTSIDE_SIGNATURE = "KEP-2026", Note,
        "İmzalı bölümün dışında, gösterilmeyen metin var. İmzanın kapsamında değildir.",
        "There is text outside of the signed section, which is not shown. The signature does not cover it.";
    OTHER_SIGNATURE = "KEP-2027", Warning,
        "İmza S/MIME değil; bu imza türü denetlenmiyor. İmzasız sayın.",
        "The signature is not S/MIME and of a kind that is not verified. Treat the message as unsigned.";
    CANDIDATES_DROPPED = "KEP-2028", Warning,
        "İmzalanan metnin bütün biçimleri denenemedi (bellek sınırı). İmza doğrulanmazsa 'verify' komutuyla elle deneyin.",
        "Not every form of the signed text could be tried (memory limit). If the signature does not verify, try the command 'verify' by hand.";
    SIGNED_CIPHERTEXT = "KEP-2029", Warning,
        "İmza şifrenin dışında: imzalayanın içeriği bildiği bundan anlaşılmaz. İçeriği, içindeki imzaların kapsadığı kadar imzalı sayın; göndericiye doğrulatın.",
        "The signature lies around the encryption: it does not show that the signer knew the content. Take the content for signed only as far as signatures inside cover it; confirm it with the sender.";

    // Headers.
    MULTIPLE_FROM = "KEP-2030", Error,
        "İletide birden çok gönderen (From) var; ilki gösterildi. Göndereni imza sahibinden teyit edin.",
        "The message has more than one From; the first is shown. Confirm the sender by the owner of the signature.";
    SENDER_DIFFERS = "KEP-2031", Warning,
        "Gönderen (From) ile gönderimi yapan (Sender) farklı. Göndereni imza sahibinden teyit edin.",
        "From and Sender differ. Confirm the sender by the owner of the signature.";
    DUPLICATE_HEADER = "KEP-2032", Warning,
        "Bir kez bulunması gereken başlık yineleniyor; ilki kullanıldı. Başka programlar ötekini gösterebilir.",
        "A header that must occur once is repeated; the first was used. Other programs may show the other one.";
    HEADER_CONTROL = "KEP-2033", Warning,
        "Başlıkta denetim karakteri veya yazı yönünü değiştiren karakter vardı; temizlendi. Gönderene dikkat edin.",
        "A header held control characters or characters that reorder text; they were removed. Be careful with the sender.";
    DISPLAY_NAME_ADDRESS = "KEP-2034", Warning,
        "Gönderenin görünen adı, gerçek adresinden başka bir adres içeriyor. Görünen ada güvenmeyin.",
        "The sender's display name shows another address than the real one. Do not trust the display name.";
    SENDER_NOT_KEP = "KEP-2035", Note,
        "Gönderen adresi bir KEP adresi değil. Gönderenin kimliğini imzadan teyit edin.",
        "The sender's address is no KEP address. Confirm the sender's identity by the signature.";
    UNKNOWN_REM_TYPE = "KEP-2036", Note,
        "X-TR-REM-iletiTip başlığının değeri bilinmiyor; standart ileti sayıldı. Yapılacak bir şey yok.",
        "The value of the header X-TR-REM-iletiTip is unknown; the message was treated as standard. Nothing to do.";
    E_TEBLIGAT = "KEP-2037", Warning,
        "İleti e-Tebligat olarak işaretli. 2019'dan beri e-Tebligat UETS üzerinden yapılır; süre yönünden bir görevli incelemeli.",
        "The message is marked as e-Tebligat. Since 2019 these go by UETS; have a person look at it because of its deadline.";
    NO_FROM = "KEP-2038", Warning,
        "İletide gönderen (From) yok. Göndereni imza sahibinden belirleyin.",
        "The message has no From. Find the sender by the owner of the signature.";
    PACKAGE_MISSING = "KEP-2039", Warning,
        "İleti e-Yazışma olarak işaretli ama içinde paket (.eyp) bulunamadı. Göndericiden paketi isteyin.",
        "The message is marked as e-Yazışma and no package (.eyp) was found in it. Ask the sender for the package.";
    DATE_UNREADABLE = "KEP-2040", Note,
        "Tarih başlığı okunamadı. Geliş zamanı delilden veya sağlayıcıdan alınır; yapılacak bir şey yok.",
        "The Date header cannot be read. The arrival comes from evidence or provider; nothing to do.";

    // What the message is.
    NO_ENVELOPE = "KEP-2041", Note,
        "İletinin sağlayıcı zarfı (L0) yok; KEP'ten geçtiğini yalnız deliller gösterebilir. Mümkünse iletiyi zarfıyla indirin.",
        "The message has no provider's envelope (L0); only evidence can show that it passed through KEP. If possible, download it with its envelope.";
    SEVERAL_ORIGINALS = "KEP-2042", Warning,
        "Zarfın içinde birden çok özgün ileti var; başlıklar ilkinden alındı. Ötekileri de inceleyin.",
        "The envelope carries more than one original message; the headers are those of the first. Look at the others too.";
    CARRIED_EVIDENCE = "KEP-2043", Note,
        "Göndericinin ekleri arasında delil biçimli bir dosya var; sağlayıcının delili sayılmadı. Yapılacak bir şey yok.",
        "Among the sender's attachments is a file in the form of evidence; it was not taken for the provider's. Nothing to do.";
    ADDRESS_VERIFICATION = "KEP-2044", Warning,
        "KAYSİS/DETSİS adres doğrulama iletisi: bağlantı açılmadı. Yetkili görevli göndereni doğrulayıp kararı kendisi vermeli.",
        "KAYSİS/DETSİS address verification: the link was not followed. The officer in charge must confirm the sender and decide.";
    NAME_CHANGED = "KEP-2045", Note,
        "Dosya adı güvenli hale getirildi; özgün ad saklandı. Yapılacak bir şey yok.",
        "A file name was made safe; the original name is kept. Nothing to do.";
    EXTERNAL_BODY = "KEP-2046", Warning,
        "Parça, içeriği başka bir yerden almayı istiyor; alınmadı. İçeriği göndericiden isteyin.",
        "A part asks to fetch its content from elsewhere; it was not fetched. Ask the sender for the content.";
    PACKAGE_BY_CONTENT = "KEP-2047", Note,
        "Paket, adından değil içeriğinden tanındı. Yapılacak bir şey yok.",
        "A package was recognised by its content, not by its name. Nothing to do.";
    UNCLASSIFIED = "KEP-2048", Warning,
        "İletinin türü belirlenemedi; sınıflanmamış olarak kaydedilir. Bir görevli incelemeli.",
        "The kind of the message could not be found; it is registered as unclassified. Have a person look at it.";
    BARE_FILE = "KEP-2049", Note,
        "İleti değil, tek başına bir dosya. Gönderen ve geliş bilgisi dosyanın içinden bulunabilir.",
        "This is a single file, not a message. Sender and arrival can only come from inside the file.";
}
