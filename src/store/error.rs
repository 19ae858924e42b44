//! What can go wrong in the store, whether it heals by itself, and what a person does about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::io::Errno;

use crate::clock::wall_minute;
use crate::hash::Sha256;
use crate::text::Text;

/// The step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Create,
    Open,
    Read,
    Write,
    Flush,
    Truncate,
    Rename,
    Remove,
    CreateFolder,
    FlushFolder,
    List,
    Lock,
    FreeSpace,
}

impl Step {
    pub fn text(self) -> Text {
        let (tr, en) = match self {
            Self::Create => ("dosya oluşturma", "create file"),
            Self::Open => ("dosya açma", "open file"),
            Self::Read => ("okuma", "read"),
            Self::Write => ("yazma", "write"),
            Self::Flush => ("diske işleme", "flush to disk"),
            Self::Truncate => ("kısaltma", "truncate"),
            Self::Rename => ("yeniden adlandırma", "rename"),
            Self::Remove => ("silme", "remove"),
            Self::CreateFolder => ("klasör oluşturma", "create folder"),
            Self::FlushFolder => ("klasörü diske işleme", "flush folder to disk"),
            Self::List => ("klasör listeleme", "list folder"),
            Self::Lock => ("kilitleme", "lock"),
            Self::FreeSpace => ("boş alan sorgulama", "ask for free space"),
        };
        Text::new(tr, en)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

/// Where something lies in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// Bytes from the start of the file.
    pub offset: Option<u64>,
    /// Of the journal record that was expected or found there.
    pub sequence: Option<u64>,
}

impl Place {
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            offset: None,
            sequence: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        if let Some(sequence) = self.sequence {
            write!(f, ", record {sequence}")?;
        }
        Ok(())
    }
}

/// How a piece of the journal is not what was once written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    #[error("the file ends inside a record")]
    Cut,
    #[error("the length of the record is impossible")]
    Length,
    #[error("the checksum does not match the bytes")]
    Checksum,
    #[error("the hash does not match the record")]
    Hash,
    #[error("record {0} stands here instead")]
    Sequence(u64),
    #[error("the record does not continue the one before it")]
    Previous,
    #[error("the record does not belong to the group it stands in")]
    Group,
    #[error("the record is not in the form that this program writes")]
    Form,
    #[error("the head of the segment is damaged")]
    SegmentHeader,
    #[error("the segment is named for another first record")]
    SegmentName,
    #[error("a segment before this one is missing or cut")]
    SegmentMissing,
    #[error("the journal was written up to record {0} and now ends before it")]
    Shortened(u64),
    #[error("the journal's last known hash is another one")]
    HeadDiffers,
    #[error("the file that names the journal's end is missing")]
    HeadMissing,
    #[error("the file that names the journal's end is damaged")]
    HeadDamaged,
}

impl Break {
    pub fn text(&self) -> Text {
        let tr = match self {
            Self::Cut => "dosya bir kaydın ortasında bitiyor".into(),
            Self::Length => "kaydın uzunluğu olanaksız".into(),
            Self::Checksum => "sağlama toplamı baytlara uymuyor".into(),
            Self::Hash => "özet değeri kayda uymuyor".into(),
            Self::Sequence(found) => format!("burada {found} numaralı kayıt duruyor"),
            Self::Previous => "kayıt kendinden öncekini sürdürmüyor".into(),
            Self::Group => "kayıt içinde durduğu gruba ait değil".into(),
            Self::Form => "kayıt bu programın yazdığı biçimde değil".into(),
            Self::SegmentHeader => "bölümün başlığı bozuk".into(),
            Self::SegmentName => "bölümün adı başka bir ilk kaydı gösteriyor".into(),
            Self::SegmentMissing => "bundan önceki bir bölüm eksik ya da kesilmiş".into(),
            Self::Shortened(head) => format!("günlük {head} numaralı kayda kadar yazılmıştı, şimdi ondan önce bitiyor"),
            Self::HeadDiffers => "günlüğün bilinen son özeti başka".into(),
            Self::HeadMissing => "günlüğün sonunu gösteren dosya yok".into(),
            Self::HeadDamaged => "günlüğün sonunu gösteren dosya bozuk".into(),
        };
        Text::new(tr, self.to_string())
    }
}

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {step} {}: {source}", path.display())]
    Io { step: Step, path: PathBuf, source: io::Error },
    #[error("the journal is broken at {place}: {what}")]
    BrokenChain { place: Place, what: Break },
    #[error("the stored bytes of {hash} are damaged ({})", path.display())]
    BlobCorrupt { hash: Sha256, path: PathBuf },
    #[error("the stored bytes of {hash} are missing ({})", path.display())]
    BlobMissing { hash: Sha256, path: PathBuf },
    /// The process id is the one that the lock file names.
    #[error("another gateway{} is writing to {}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path.display())]
    Locked { path: PathBuf, pid: Option<u32> },
    /// User ids.
    #[error("{} belongs to user {owner}, and this is user {user}", path.display())]
    OtherOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("the clock says {now}, and the newest record of the journal is of {newest}")]
    ClockBehind { now: Timestamp, newest: Timestamp },
    #[error("{} holds a journal but not the mark of a store", .0.display())]
    NotAStore(PathBuf),
    #[error("{} was written by a newer version of this program ({found:?})", path.display())]
    UnknownFormat { path: PathBuf, found: String },
    #[error("{} belongs to the store and is missing", .0.display())]
    FolderMissing(PathBuf),
    #[error("a restore into {} was begun and not finished", .0.display())]
    RestoreUnfinished(PathBuf),
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} lies in {}, or the other way round", inner.display(), outer.display())]
    Nested { inner: PathBuf, outer: PathBuf },
    #[error("{} is the backup of another store, or one of the two was changed", .0.display())]
    OtherStore(PathBuf),
    #[error("the store is open for reading only")]
    ReadOnlyOpening,
    #[error("a record of {0} bytes is larger than the journal takes")]
    RecordTooLarge(usize),
    #[error("'{0}' is not a kind of record: lower-case letters, digits, '-', '_' and '.', at most 64")]
    BadKind(String),
    /// The kind is that of the disk's error behind it.
    #[error("the index failed: {reason}")]
    Index { reason: String, kind: Option<io::ErrorKind> },
}

impl StoreError {
    /// The same call can succeed later without a repair of the record: the disk gets room, the file system becomes writable again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Io { .. } | Self::Locked { .. } | Self::Index { .. } | Self::ClockBehind { .. }
        )
    }

    /// The disk or the quota is full.
    pub fn is_full(&self) -> bool {
        matches!(self.io_kind(), Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }

    /// The file system takes no writes.
    pub fn is_read_only(&self) -> bool {
        matches!(self.io_kind(), Some(io::ErrorKind::ReadOnlyFilesystem))
    }

    /// The medium does not give back what lies there (EIO): no permission and no missing mount explains that.
    pub fn is_medium(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.raw_os_error() == Some(Errno::IO.raw_os_error()))
    }

    /// This account may not look there. It says nothing of what lies there.
    pub fn is_forbidden(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::PermissionDenied)
    }

    /// Kept bytes are not there any more, or not those that were kept.
    pub fn is_lost_blob(&self) -> bool {
        matches!(self, Self::BlobCorrupt { .. } | Self::BlobMissing { .. })
    }

    fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Index { kind, .. } => *kind,
            _ => None,
        }
    }

    /// What happened and what a person does next, for alarms and for the command line.
    pub fn cure(&self) -> Text {
        match self {
            Self::Io { step, path, source } => io_cure(*step, path, source),
            Self::BrokenChain { place, what } => Text::new(
                format!(
                    "Günlük bozuk ({place}): {}. Klasörü olduğu gibi saklayın, `journal verify` çalıştırın ve yedekten `restore` yapın.",
                    what.text().tr
                ),
                format!(
                    "The journal is broken ({place}): {what}. Keep the folder as it is, run `journal verify`, and `restore` from a backup."
                ),
            ),
            Self::BlobCorrupt { hash, path } | Self::BlobMissing { hash, path } => Text::new(
                format!(
                    "{} özetli içerik bozuk ya da yok. {} dosyasını yedekten geri koyun, sonra `journal verify` çalıştırın.",
                    hash.short(),
                    path.display()
                ),
                format!(
                    "The content {} is damaged or missing. Put {} back from a backup, then run `journal verify`.",
                    hash.short(),
                    path.display()
                ),
            ),
            Self::Locked { path, pid } => {
                let pid = pid.map_or_else(|| "?".to_owned(), |pid| pid.to_string());
                Text::new(
                    format!(
                        "{} üzerinde başka bir kep-gateway çalışıyor (işlem {pid}). Önce onu durdurun ya da komutu `run` çalışırken kullanılabilen biçimiyle verin.",
                        path.display()
                    ),
                    format!(
                        "Another kep-gateway (process {pid}) is working on {}. Stop it first, or use a command that works beside `run`.",
                        path.display()
                    ),
                )
            }
            Self::OtherOwner { path, owner, user } => Text::new(
                format!(
                    "{} deposu {owner} numaralı kullanıcının; bu komut {user} numaralı kullanıcıyla çalışıyor. Yazdığı dosyaları gateway bir daha açamazdı. Komutu `sudo -u '#{owner}' kep-gateway …` ile verin.",
                    path.display()
                ),
                format!(
                    "The store {} belongs to user {owner}, and this command runs as user {user}. What it would write the gateway could not open again. Run it as `sudo -u '#{owner}' kep-gateway …`.",
                    path.display()
                ),
            ),
            Self::ClockBehind { now, newest } => {
                let (now, newest) = (wall_minute(*now), wall_minute(*newest));
                Text::new(
                    format!(
                        "Makinenin saati {now} diyor, günlüğün son kaydı ise {newest} tarihli: hiçbir şey yazılmadı. Saati düzeltin (NTP). Saat doğruysa ve kayıt yanlış saatle yazıldıysa: `journal accept-clock --reason …`."
                    ),
                    format!(
                        "The machine's clock says {now}, and the newest record of the journal is of {newest}: nothing was written. Set the clock right (NTP). If it is right and the record was written by a wrong one: `journal accept-clock --reason …`."
                    ),
                )
            }
            Self::NotAStore(path) => Text::new(
                format!(
                    "{} içinde günlük var ama `format` dosyası yok. Klasör eksik kopyalanmış olabilir: yedekten `restore` yapın.",
                    path.display()
                ),
                format!(
                    "{} holds a journal but no `format` file. The folder may be an incomplete copy: `restore` from a backup.",
                    path.display()
                ),
            ),
            Self::UnknownFormat { path, .. } => Text::new(
                format!("{} bu sürümden yeni bir programla yazılmış. Programı güncelleyin.", path.display()),
                format!("{} was written by a newer program. Update this one.", path.display()),
            ),
            Self::FolderMissing(path) => Text::new(
                format!(
                    "{} yok. Disk bağlı mı bakın; bağlıysa yedekten `restore` yapın. Boş klasör oluşturmayın.",
                    path.display()
                ),
                format!(
                    "{} is missing. See whether its disk is mounted; if it is, `restore` from a backup. Do not create an empty folder.",
                    path.display()
                ),
            ),
            Self::RestoreUnfinished(path) => Text::new(
                format!(
                    "{} içine başlanan geri yükleme bitmemiş. Aynı `restore` komutunu yeniden çalıştırın.",
                    path.display()
                ),
                format!(
                    "The restore into {} did not finish. Run the same `restore` command again.",
                    path.display()
                ),
            ),
            Self::NotEmpty(path) => Text::new(
                format!(
                    "{} boş değil. Geri yükleme yalnızca boş bir klasöre yapılır: başka bir klasör verin.",
                    path.display()
                ),
                format!(
                    "{} is not empty. A restore goes into an empty folder only: name another one.",
                    path.display()
                ),
            ),
            Self::Nested { inner, outer } => Text::new(
                format!(
                    "{} ile {} iç içe. Yedek, deponun dışında, tercihen başka bir diskte durmalı: başka bir klasör verin.",
                    inner.display(),
                    outer.display()
                ),
                format!(
                    "{} and {} lie one in the other. A backup belongs outside of the store, best on another disk: name another folder.",
                    inner.display(),
                    outer.display()
                ),
            ),
            Self::OtherStore(path) => Text::new(
                format!(
                    "{} başka bir deponun yedeği ya da ikisinden biri değiştirilmiş. İkisini de saklayın, `journal verify` çalıştırın ve yedek için boş bir klasör verin.",
                    path.display()
                ),
                format!(
                    "{} is the backup of another store, or one of the two was changed. Keep both, run `journal verify`, and back up into an empty folder.",
                    path.display()
                ),
            ),
            Self::Index { .. } => Text::new(
                "Dizin yazılamadı. Kayıt sağlamdır; gateway dizini yeniden kurar. Sürerse `index rebuild` çalıştırın.",
                "The index could not be used. The record is sound; the gateway rebuilds the index. If this goes on, run `index rebuild`.",
            ),
            Self::ReadOnlyOpening | Self::RecordTooLarge(_) | Self::BadKind(_) => Text::new(
                format!("Program hatası: {self}. Lütfen günlük kayıtlarıyla bildirin."),
                format!("This is a bug: {self}. Please report it with the logs."),
            ),
        }
    }
}

/// What a clerk is told where kept bytes are missing or damaged: no path of the server. Whoever read them in the daemon opened the loss by it.
pub fn bytes_lost() -> Text {
    Text::new(
        "Saklanan ileti eksik ya da bozuk. Zıya (kayıp) süreci açıldı, yönetici uyarıldı; dosya yedekten geri konunca burada yeniden açılır.",
        "The stored message is missing or damaged. The loss procedure is open and the administrator was told; it opens here again when the file is \
         put back from a backup.",
    )
}

fn io_cure(step: Step, path: &Path, source: &io::Error) -> Text {
    let (tr, en) = match source.kind() {
        io::ErrorKind::StorageFull => (
            "Disk dolu. Yer açın; gateway kendiliğinden sürdürür",
            "The disk is full. Make room; the gateway goes on by itself",
        ),
        io::ErrorKind::QuotaExceeded => (
            "Disk kotası dolu. Kotayı büyütün; gateway kendiliğinden sürdürür",
            "The disk quota is used up. Enlarge it; the gateway goes on by itself",
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            "Dosya sistemi salt okunur. Disk hatası olabilir: çekirdek kayıtlarına bakın, yazılır biçimde yeniden bağlayın",
            "The file system is read-only. This may be a disk fault: read the kernel log, then mount it writable again",
        ),
        io::ErrorKind::PermissionDenied => (
            "İzin yok. Klasörün sahibi gateway kullanıcısı olmalı",
            "Permission denied. The folder must belong to the gateway's user",
        ),
        io::ErrorKind::NotFound => (
            "Bulunamadı. Yolu ve diskin bağlı olduğunu denetleyin",
            "Not found. Check the path, and that the disk is mounted",
        ),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => (
            "Klasör olması gereken yerde bir dosya var. Bir klasör adı verin",
            "There is a file where a folder should be. Name a folder",
        ),
        _ => ("Disk hatası. Çekirdek kayıtlarına bakın", "Disk error. Read the kernel log"),
    };
    let (path, step) = (path.display(), step.text());
    Text::new(
        format!("{tr}. Adım: {} ({path}; {source}).", step.tr),
        format!("{en}. Step: {} ({path}; {source}).", step.en),
    )
}

/// Names the step and the path of a failed call.
pub(super) trait At<T> {
    fn at(self, step: Step, path: &Path) -> Result<T, StoreError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, step: Step, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io {
            step,
            path: path.to_owned(),
            source,
        })
    }
}
