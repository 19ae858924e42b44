//! Every finding that reading evidence can make. Deviations from the schema are notes: the EU pilot's own samples deviate.

use crate::message::codes::codes;

codes! {
    // Not readable as evidence: the bytes are kept all the same.
    NOT_XML = "KEP-4001", Fatal,
        "Delil dosyası okunabilir bir XML değil. Delili sağlayıcıdan yeniden indirin.",
        "The evidence file is no readable XML. Download the evidence from the provider again.";
    IS_ZIP = "KEP-4002", Fatal,
        "Delil yerine ZIP arşivi geldi. Arşivi açıp içindeki XML dosyasını 'import' komutuyla verin.",
        "A ZIP archive came in place of evidence. Open it and give the XML inside to the command 'import'.";
    IS_MAIL = "KEP-4003", Fatal,
        "Delil yerine bütün bir ileti geldi. Dosyayı .eml olarak 'import' komutuyla verin.",
        "A whole message came in place of evidence. Give the file as .eml to the command 'import'.";
    TOO_LARGE = "KEP-4004", Fatal,
        "Delil dosyası izin verilen boyuttan büyük. Gerçekse limits.xml_bytes değerini yükseltin.",
        "The evidence file is larger than allowed. If it is genuine, raise limits.xml_bytes.";
    TOO_COMPLEX = "KEP-4005", Fatal,
        "Delil dosyası düşmanca görünecek kadar karmaşık (derinlik, öğe veya nitelik sayısı); okunmadı. Bir görevli incelemeli.",
        "The evidence file is so complex (depth, elements or attributes) that it looks hostile; it was not read. Have a person look at it.";
    HAS_DTD = "KEP-4006", Fatal,
        "Delil dosyasında DTD var; güvenlik nedeniyle okunmadı. Delili sağlayıcıdan yeniden indirin.",
        "The evidence file holds a DTD and was not read for safety. Download the evidence from the provider again.";
    UNKNOWN_ROOT = "KEP-4007", Fatal,
        "XML belgesi bilinen dokuz delil türünden biri değil. Delil olarak işlenmedi; bir görevli incelemeli.",
        "The XML document is none of the nine kinds of evidence. It was not taken for evidence; have a person look at it.";

    // Readable, with something missing or odd.
    FOREIGN_NAMESPACE = "KEP-4010", Note,
        "Delilin ad alanı ETSI'ninki değil; yerel adlarla okundu. Yapılacak bir şey yok.",
        "The namespace of the evidence is not ETSI's; it was read by local names. Nothing to do.";
    NO_EVENT = "KEP-4011", Warning,
        "Delil olayı (EventCode) yok veya bilinmiyor; olumlu veya olumsuz sayılmadı. Sağlayıcının ekranından denetleyin.",
        "The event (EventCode) is missing or unknown; it counts neither as success nor as failure. Check the provider's web mail.";
    EVENT_MISFITS = "KEP-4012", Warning,
        "Delil olayı, delilin türüyle uyuşmuyor; olumlu veya olumsuz sayılmadı. Sağlayıcının ekranından denetleyin.",
        "The event does not fit the kind of evidence; it counts neither as success nor as failure. Check the provider's web mail.";
    NO_EVENT_TIME = "KEP-4013", Warning,
        "Delilin olay zamanı yok veya okunamıyor; yasal an bundan hesaplanamaz. Sağlayıcının ekranından denetleyin.",
        "The event time is missing or unreadable; no legal moment can come from it. Check the provider's web mail.";
    TIME_WITHOUT_OFFSET = "KEP-4014", Note,
        "Delildeki zamanın saat dilimi yazılmamış; Türkiye saati sayıldı. Yapılacak bir şey yok.",
        "A time in the evidence names no offset; it was read as Turkish time. Nothing to do.";
    MISSING_ELEMENT = "KEP-4015", Note,
        "Şemanın zorunlu saydığı bir öğe delilde yok. Yapılacak bir şey yok.",
        "An element that the schema requires is missing. Nothing to do.";
    ELEMENT_ORDER = "KEP-4016", Note,
        "Delildeki öğelerin sırası şemaya uymuyor. Yapılacak bir şey yok.",
        "The order of the elements deviates from the schema. Nothing to do.";
    REPEATED_ELEMENT = "KEP-4017", Error,
        "Bir kez bulunması gereken öğe delilde yineleniyor; ilki kullanıldı. Delili sağlayıcıya doğrulatın.",
        "An element that must occur once is repeated; the first was used. Have the provider confirm the evidence.";
    RECIPIENT_INDEX = "KEP-4018", Warning,
        "Delilin gösterdiği alıcı sırası listede yok; delil bir alıcıya bağlanamadı. Sağlayıcının ekranından denetleyin.",
        "The recipient that the evidence refers to is not in its list; it belongs to no recipient. Check the provider's web mail.";
    RECIPIENT_UNNAMED = "KEP-4019", Warning,
        "Delil birden çok alıcıdan hangisine ait olduğunu söylemiyor. Sağlayıcının ekranından denetleyin.",
        "The evidence does not say to which of several recipients it belongs. Check the provider's web mail.";
    NO_MESSAGE = "KEP-4020", Warning,
        "Delil hangi iletiye ait olduğunu söylemiyor; eşleştirilemez. İletiyi elle bağlayın.",
        "The evidence does not say to which message it belongs and cannot be linked. Link the message by hand.";
    BAD_DIGEST = "KEP-4021", Note,
        "Delildeki ileti özeti okunamadı; eşleştirmede kullanılmadı. Yapılacak bir şey yok.",
        "The message digest in the evidence cannot be read and was not used for linking. Nothing to do.";
    BAD_ID = "KEP-4022", Note,
        "Delilin Id niteliği geçerli bir XML adı değil. Yapılacak bir şey yok.",
        "The Id attribute of the evidence is no valid XML name. Nothing to do.";
    UNKNOWN_REASON = "KEP-4023", Note,
        "Delilin gerekçesi bilinen listede yok; olduğu gibi gösterilir. Yapılacak bir şey yok.",
        "A reason in the evidence is not in the known list; it is shown as written. Nothing to do.";
}
