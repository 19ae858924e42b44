//! What opening can find: the stable codes, and what a person does about each.

use crate::message::codes::codes;

codes! {
    OPENED = "KEP-4601", Note,
        "Şifreli geldi; kurumun anahtarıyla açıldı. Yapılacak bir şey yok.",
        "It came encrypted and was opened with the institution's key. Nothing to do.";
    NO_KEY = "KEP-4602", Warning,
        "İçerik şifreli ve bu kutu için anahtar tanımlı değil. Anahtarı [[mailbox]] altında 'decryption' ile tanımlayıp ayarları yeniden yükleyin; belge kendiliğinden yeniden incelenir.",
        "The content is encrypted and no key is set up for this mailbox. Name the key with 'decryption' under [[mailbox]] and reload; the document is then examined again by itself.";
    NOT_FOR_US = "KEP-4603", Warning,
        "İçerik, eldeki anahtarların hiçbirine şifrelenmemiş. Alıcı sertifikasının anahtarı başka bir yerdeyse onu da tanımlayın; değilse göndericiden kurumun geçerli sertifikasına şifrelemesini isteyin.",
        "The content is encrypted to none of the keys at hand. If the key of the recipient certificate lies elsewhere, set it up too; else ask the sender to encrypt to the institution's present certificate.";
    HOLDER_UNAVAILABLE = "KEP-4604", Warning,
        "Anahtara şu anda ulaşılamıyor; içerik şifreli kaldı. Nedeni giderin; belge kendiliğinden yeniden denenir.",
        "The key cannot be reached at the moment; the content stays encrypted. Remove the cause; the document is tried again by itself.";
    HOLDER_REFUSED = "KEP-4605", Warning,
        "Anahtarın parolası ya da PIN'i kabul edilmedi; kilitlenmemesi için aynısı bir daha denenmez. Sır dosyasını düzeltin, sonra ayarları yeniden yükleyin.",
        "The key's password or PIN was refused; the same one is not tried again, so that nothing gets locked. Correct the secret file, then reload.";
    UNDECRYPTABLE = "KEP-4606", Warning,
        "İçerik kuruma şifrelenmiş, ama anahtarıyla açılamadı: yolda bozulmuş ya da yanlış şifrelenmiş olabilir. Göndericiden yeniden isteyin.",
        "The content is encrypted to the institution but its key does not open it: it may have been damaged on the way or encrypted wrongly. Ask the sender to send it again.";
    UNSUPPORTED = "KEP-4607", Warning,
        "İçerik, desteklenmeyen bir yöntemle şifrelenmiş. Göndericiden AES ve RSA-OAEP ya da ECDH ile şifrelemesini isteyin, ya da içeriği başka bir araçla açıp içe aktarın.",
        "The content is encrypted by a method that is not supported. Ask the sender to encrypt with AES and RSA-OAEP or ECDH, or open it with another tool and import what is inside.";
    MALFORMED = "KEP-4608", Warning,
        "Şifreli zarf (CMS) okunamadı: eksik ya da bozuk. Göndericiden yeniden isteyin.",
        "The encrypted envelope (CMS) cannot be read: it is cut short or damaged. Ask the sender to send it again.";
    TOO_LARGE = "KEP-4609", Warning,
        "Şifreli içerik izin verilen boyuttan büyük; açılmadı. Gönderen beklenen biri ise limits.message_bytes değerini yükseltin.",
        "The encrypted content is larger than allowed and was not opened. If the sender is an expected one, raise limits.message_bytes.";
    TOO_MANY = "KEP-4610", Warning,
        "Bir iletide izin verilenden çok şifreli içerik var; kalanı açılmadı. Düşmanca olabilir; bir görevli incelemeli.",
        "One message holds more encrypted contents than allowed; the rest was not opened. It may be hostile; have a person look at it.";
    WEAK_CIPHER = "KEP-4611", Warning,
        "İçerik eski bir yöntemle (3DES) şifrelenmiş; gizliliği güvence altında değil. Göndericiye AES kullanmasını bildirin.",
        "The content is encrypted by an old method (3DES); its secrecy is not assured. Tell the sender to use AES.";
    UNAUTHENTICATED = "KEP-4612", Note,
        "Bu şifreleme değişikliği fark ettirmez (CBC); içeriğe ancak içindeki imzaların kapsadığı kadar güvenin.",
        "This encryption does not show changes (CBC); trust the content only as far as the signatures inside cover it.";
}

/// True for what this stage says.
pub fn is_ours(rule: &str) -> bool {
    ALL.iter().any(|code| code.rule == rule)
}

/// What may come to be opened when the settings are read anew: with other keys, right secrets or a higher limit.
pub fn awaits_key(rule: &str) -> bool {
    [NO_KEY, NOT_FOR_US, HOLDER_REFUSED, UNDECRYPTABLE, TOO_LARGE]
        .iter()
        .any(|code| code.rule == rule)
}
