//! Alerts about the gateway itself.

use jiff::Timestamp;

use super::{body, clean, moment, plain, visible};
use crate::alert::job::Channel;
use crate::alert::notice::{Cause, Level, Notice};
use crate::text::Text;

/// Evidence that fits no message; told once a day while there is any.
pub fn orphan_evidence(count: u64, oldest: Timestamp, at: Timestamp) -> Notice {
    let since = moment(oldest);
    plain(
        Cause::OrphanEvidence,
        Level::Note,
        "orphans",
        at,
        Text::new(
            format!("KEP: iletisi bulunamayan {count} delil"),
            format!("KEP: {count} evidence documents without their message"),
        ),
        body(
            Text::new(
                format!("{count} delil hiçbir iletiye bağlanamadı; en eskisi {}.", since.tr),
                format!("{count} evidence documents fit no message; the oldest is of {}.", since.en),
            ),
            Text::new(
                "İleti başka bir sistemden gönderilmiş ya da hiç alınmamış olabilir.",
                "The message may have been sent by another system, or never been fetched.",
            ),
            Text::new(
                "`kep-gateway evidence list` ile bakın; iletiyi dışarıdan biliyorsanız `import` ile ekleyin.",
                "Look with `kep-gateway evidence list`; if you have the message elsewhere, add it with `import`.",
            ),
        ),
        &[("count", &count.to_string())],
    )
}

/// What is wrong with the store's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskTrouble {
    /// Nothing can be written.
    Full,
    ReadOnly,
    /// A read or write failed.
    Failing,
    /// The machine's clock lies behind the record.
    Clock,
    /// Still room, in MiB.
    Low(u64),
}

/// The store cannot write, or soon will not.
pub fn disk(trouble: DiskTrouble, at: Timestamp) -> Notice {
    let (level, what) = match trouble {
        DiskTrouble::Full => (Level::Critical, Text::new("disk DOLU", "disk FULL")),
        DiskTrouble::ReadOnly => (Level::Critical, Text::new("disk SALT OKUNUR", "disk READ-ONLY")),
        DiskTrouble::Failing => (Level::Critical, Text::new("disk HATASI", "disk FAILS")),
        DiskTrouble::Clock => (
            Level::Critical,
            Text::new(
                "makinenin SAATİ geride, kayıt yapılmıyor",
                "the machine's CLOCK is behind, nothing is recorded",
            ),
        ),
        DiskTrouble::Low(mib) => (
            Level::Warning,
            Text::new(format!("diskte {mib} MiB kaldı"), format!("{mib} MiB left on disk")),
        ),
    };
    let stopped = match trouble {
        DiskTrouble::Low(_) => Text::new("Yer biterse yeni ileti alınamaz.", "When it is full, nothing new can be fetched."),
        _ => Text::new(
            "Yeni ileti alınmıyor; hiçbir şey kaybolmadı, sunucuda bekliyor.",
            "Nothing new is fetched; nothing is lost, it waits on the server.",
        ),
    };
    let cure = match trouble {
        DiskTrouble::Clock => Text::new(
            "Makinenin saatini düzeltin (NTP). Saat doğruysa ve kayıt yanlış saatle yazıldıysa ağ geçidini durdurup `journal accept-clock` verin.",
            "Set the machine's clock right (NTP). If it is right and a wrong one wrote the record, stop the gateway and run `journal accept-clock`.",
        ),
        _ => Text::new(
            "Yer açın ya da diski onarın; ağ geçidi kendiliğinden sürdürür. Depo klasöründen dosya silmeyin.",
            "Make room or mend the disk; the gateway goes on by itself. Delete nothing in the store folder.",
        ),
    };
    plain(
        Cause::Disk,
        level,
        "store",
        at,
        Text::new(format!("KEP ağ geçidi: {}", what.tr), format!("KEP gateway: {}", what.en)),
        body(
            Text::new(format!("Kayıt deposunda: {}.", what.tr), format!("At the store: {}.", what.en)),
            stopped,
            cure,
        ),
        &[],
    )
}

/// The journal's hash chain does not hold. `place` is a segment and a sequence number.
pub fn chain_broken(place: &str, at: Timestamp) -> Notice {
    plain(
        Cause::ChainBroken,
        Level::Critical,
        "journal",
        at,
        Text::new(
            format!("KEP ağ geçidi: kayıt zinciri BOZUK ({})", clean(place)),
            format!("KEP gateway: journal chain BROKEN ({})", clean(place)),
        ),
        body(
            Text::new(
                format!("Kayıt zinciri şu noktada tutmuyor: {}.", clean(place)),
                format!("The journal's chain does not hold at: {}.", clean(place)),
            ),
            Text::new(
                "Kayıt sonradan değiştirilmiş ya da disk bozulmuş olabilir.",
                "A record was changed afterwards, or the disk is failing.",
            ),
            Text::new(
                "Depoya dokunmadan kopyasını alın, `kep-gateway journal verify` çıktısını saklayın, son yedekle karşılaştırın.",
                "Copy the store untouched, keep the output of `kep-gateway journal verify`, compare with the last backup.",
            ),
        ),
        &[("place", place)],
    )
}

/// There was no store where the configuration says, and an empty one was made: the first start, or a disk that is not mounted.
pub fn store_created(at: Timestamp) -> Notice {
    plain(
        Cause::Recovery,
        Level::Warning,
        "store/created",
        at,
        Text::new(
            "KEP ağ geçidi: YENİ, boş bir depo kuruldu",
            "KEP gateway: a NEW, empty store was made",
        ),
        body(
            Text::new(
                "Yapılandırmadaki yerde depo yoktu; boş bir depo kuruldu ve kayıt numaraları 1'den başlar.",
                "There was no store where the configuration says; an empty one was made, and register numbers start at 1.",
            ),
            Text::new(
                "İlk çalıştırmada beklenen budur. Önceden kayıt varsa deponun diski bağlı değildir ya da yol yanlıştır.",
                "At the first start this is as it should be. If there was a register before, its disk is not mounted or the path is wrong.",
            ),
            Text::new(
                "İlk çalıştırma değilse ağ geçidini hemen durdurun, [store] path değerini ve diski denetleyin.",
                "If this is not the first start, stop the gateway at once and check [store] path and the disk.",
            ),
        ),
        &[],
    )
}

/// The end of the journal was cut off by a crash and was repaired. `place` is a segment and an offset.
pub fn journal_repaired(place: &str, bytes: u64, at: Timestamp) -> Notice {
    let place = clean(place);
    plain(
        Cause::Recovery,
        Level::Warning,
        "journal/cut",
        at,
        Text::new(
            format!("KEP ağ geçidi: kayıt günlüğünün yarım kalan sonu onarıldı ({place})"),
            format!("KEP gateway: the unfinished end of the journal was repaired ({place})"),
        ),
        body(
            Text::new(
                format!("Günlüğün sonunda yarım kalmış {bytes} bayt bulundu ve kesildi: {place}."),
                format!("{bytes} unfinished bytes at the end of the journal were found and cut off: {place}."),
            ),
            Text::new(
                "Onaylanmış hiçbir kayıt kaybolmadı; yarım kalan iş yeniden yapılır. Makine ya da program beklenmedik biçimde durmuştur.",
                "No acknowledged record is lost; what was unfinished is done again. The machine or the program stopped unexpectedly.",
            ),
            Text::new(
                "Neden durduğuna bakın (elektrik, bellek, disk); sık oluyorsa diski denetleyin ve `kep-gateway journal verify` çalıştırın.",
                "See why it stopped (power, memory, disk); if it happens often, check the disk and run `kep-gateway journal verify`.",
            ),
        ),
        &[("place", &place), ("bytes", &bytes.to_string())],
    )
}

/// The configuration was to be read anew and is wrong. `why` is our own sentence.
pub fn reload_failed(why: &Text, at: Timestamp) -> Notice {
    plain(
        Cause::Configuration,
        Level::Warning,
        "reload",
        at,
        Text::new(
            "KEP ağ geçidi: yapılandırma YENİLENEMEDİ",
            "KEP gateway: the configuration was NOT read anew",
        ),
        body(
            Text::new(
                format!("Yeni yapılandırma yanlış: {}.", visible(&why.tr)),
                format!("The new configuration is wrong: {}.", visible(&why.en)),
            ),
            Text::new(
                "Ağ geçidi eski yapılandırmayla çalışıyor; yeniden başlarsa açılmaz.",
                "The gateway goes on with the one before; after a restart it would not start.",
            ),
            Text::new(
                "`kep-gateway config check` ile düzeltin, sonra yeniden yükleyin (systemctl reload kep-gateway).",
                "Put it right with `kep-gateway config check`, then reload (systemctl reload kep-gateway).",
            ),
        ),
        &[],
    )
}

/// The page cannot be served by this configuration, or not now. `why` is our own sentence.
pub fn page_not_served(why: &Text, at: Timestamp) -> Notice {
    plain(
        Cause::Configuration,
        Level::Warning,
        "page",
        at,
        Text::new("KEP ağ geçidi: sayfa SUNULAMIYOR", "KEP gateway: the page is NOT served"),
        body(
            Text::new(
                format!("Sayfa ve API açılamadı: {}.", visible(&why.tr)),
                format!("The page and the API could not be opened: {}.", visible(&why.en)),
            ),
            Text::new(
                "Kutular denetleniyor; yalnız sayfa yok.",
                "The mailboxes are checked; only the page is missing.",
            ),
            Text::new(
                "[web] altındaki adresi ve sertifikayı düzeltin, sonra yeniden yükleyin (systemctl reload kep-gateway).",
                "Put the address and the certificate below [web] right, then reload (systemctl reload kep-gateway).",
            ),
        ),
        &[],
    )
}

/// From outside: the daemon gives no sign of life. `stopped`: it said goodbye properly.
pub fn daemon_dead(last_beat: Option<Timestamp>, stopped: bool, at: Timestamp) -> Notice {
    let last = last_beat.map_or_else(|| Text::new("hiç", "never"), moment);
    let state = match stopped {
        true => Text::new("DURDURULDU", "STOPPED"),
        false => Text::new("YANIT VERMİYOR", "NOT RESPONDING"),
    };
    plain(
        Cause::DaemonDead,
        Level::Critical,
        "heartbeat",
        at,
        Text::new(
            format!("KEP ağ geçidi {} (son iz: {})", state.tr, last.tr),
            format!("KEP gateway {} (last sign: {})", state.en, last.en),
        ),
        body(
            Text::new(
                format!("Ağ geçidi çalışmıyor ya da ilerlemiyor; son iz: {}.", last.tr),
                format!("The gateway does not run or makes no progress; last sign of life: {}.", last.en),
            ),
            Text::new("KEP kutuları şu anda denetlenmiyor.", "No KEP mailbox is being checked."),
            Text::new(
                "`systemctl status kep-gateway` ile bakın, `systemctl restart kep-gateway` ile başlatın; kutuları elle denetleyin.",
                "Look with `systemctl status kep-gateway`, start with `systemctl restart kep-gateway`; check the mailboxes by hand.",
            ),
        ),
        &[],
    )
}

/// From outside: the daemon lives again.
pub fn daemon_alive(at: Timestamp) -> Notice {
    plain(
        Cause::DaemonDead,
        Level::Warning,
        "heartbeat/cleared",
        at,
        Text::new("KEP ağ geçidi yeniden çalışıyor", "KEP gateway runs again"),
        body(
            Text::new("Ağ geçidi yeniden ilerliyor.", "The gateway makes progress again."),
            Text::default(),
            Text::new("Yapılacak bir şey yok.", "Nothing to do."),
        ),
        &[("cleared", "true")],
    )
}

/// An alert was given up, or its channel refuses our credentials. Goes over the other channels.
pub fn undelivered(channel: Channel, of: Cause, problem: &str, at: Timestamp) -> Notice {
    let (label, problem) = (of.label(), clean(problem));
    plain(
        Cause::Undelivered,
        Level::Warning,
        &channel.to_string(),
        at,
        Text::new(
            format!("KEP uyarısı {channel} ile iletilemedi: {}", label.tr),
            format!("KEP alert not delivered by {channel}: {}", label.en),
        ),
        body(
            Text::new(
                format!("\"{}\" uyarısı {channel} ile iletilemedi.", label.tr),
                format!("The alert \"{}\" could not be delivered by {channel}.", label.en),
            ),
            Text::new(format!("Neden: {problem}."), format!("Reason: {problem}.")),
            Text::new(
                format!("[alert.{channel}] ayarlarını ve parola dosyasını denetleyin; `kep-gateway alerts test` ile deneyin."),
                format!("Check [alert.{channel}] and its secret file; try with `kep-gateway alerts test`."),
            ),
        ),
        &[("channel", &channel.to_string()), ("cause", &of.name())],
    )
}

/// `alerts test`: goes to every recipient of the default group over every channel.
pub fn test(at: Timestamp) -> Notice {
    plain(
        Cause::Test,
        Level::Note,
        "test",
        at,
        Text::new("KEP ağ geçidi: deneme uyarısı", "KEP gateway: test alert"),
        body(
            Text::new("Bu bir denemedir: çğışöü ÇĞİŞÖÜ.", "This is a test."),
            Text::default(),
            Text::new("Yapılacak bir şey yok.", "Nothing to do."),
        ),
        &[],
    )
}
