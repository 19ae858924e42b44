//! Why a command did not do what it was asked, in the reader's language, with the exit code that goes with it.

use std::io;
use std::path::Path;

use super::Exit;
use crate::config::ConfigError;
use crate::isolate::Broken;
use crate::ledger::LedgerError;
use crate::mailbox::MailboxError;
use crate::pipeline::PipelineError;
use crate::register::numbering::NumberingError;
pub use crate::regular_file::reason;
use crate::settings::SettingsError;
use crate::store::error::StoreError;
use crate::text::{Lang, Text};

/// The end of a command that failed.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: Text,
}

impl Failure {
    pub fn new(message: impl Into<Text>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
        }
    }

    /// The command was asked for something that does not exist here, or was configured wrongly.
    pub fn usage(message: impl Into<Text>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }

    /// `what` is not in the register.
    pub fn not_found(what: &str) -> Self {
        Self::new(Text::new(
            format!("{what} bulunamadı; olanları 'documents list' ve 'evidence list' gösterir"),
            format!("{what} was not found; 'documents list' and 'evidence list' show what there is"),
        ))
    }

    /// The same about one of several files.
    pub fn about(self, path: &Path) -> Self {
        let (path, message) = (path.display(), self.message);
        let message = Text::new(format!("{path}: {}", message.tr), format!("{path}: {}", message.en));
        Self { message, ..self }
    }

    /// A file or folder that was named could not be used.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let reason = reason(error);
        let path = path.display();
        Self::new(Text::new(format!("{path}: {}", reason.tr), format!("{path}: {}", reason.en)))
    }

    /// Says it on stderr. While the language is not known yet, in both.
    pub fn tell(&self, lang: Option<Lang>) -> Exit {
        let said = lang.map_or_else(|| self.message.both(), |lang| self.message.get(lang).to_owned());
        eprintln!("kep-gateway: {said}");
        self.exit
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let exit = match &error {
            LedgerError::Store(StoreError::BrokenChain { .. } | StoreError::BlobCorrupt { .. }) => Exit::Broken,
            _ => Exit::Failed,
        };
        let english = error.to_string();
        let turkish = match error {
            LedgerError::Store(store) => {
                return Self {
                    exit,
                    message: store.cure(),
                };
            }
            LedgerError::Refused(store) => {
                return Self {
                    exit,
                    message: store.cure(),
                };
            }
            LedgerError::Encode(problem) => format!("bir olay JSON olarak yazılamadı: {problem}; bunu geliştiricilere bildirin"),
            LedgerError::Decode { key, problem } => {
                format!("dizinde {key} okunamıyor: {problem}; 'kep-gateway index rebuild' çalıştırın")
            }
            LedgerError::Unknown { sequence, problem } => {
                format!("günlüğün {sequence}. kaydını bu sürüm okuyamıyor ({problem}); onu yazan sürümü ya da daha yenisini kullanın")
            }
            LedgerError::Numbering(NumberingError::OutOfOrder { found, expected }) => {
                format!("{expected} gelmesi gereken yerde {found} var; 'kep-gateway journal verify' çalıştırın")
            }
            LedgerError::Numbering(NumberingError::Exhausted(year)) => format!("{year} yılının kayıt numaraları tükendi"),
            LedgerError::Closed => "defter kapandı; komutu yineleyin".to_owned(),
            LedgerError::ReadOnly => "defter yalnız okumak için açıldı; yazan işlemi durdurup yineleyin".to_owned(),
        };
        Self {
            exit,
            message: Text::new(turkish, english),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        LedgerError::from(error).into()
    }
}

/// The cure first; what the server said stands behind it, as it said it.
pub fn mailbox_problem(error: &MailboxError) -> Text {
    let of = |lang| {
        format!(
            "{}: {} ({}: {})",
            error.mailbox,
            error.cure.get(lang),
            error.step,
            error.problem.get(lang)
        )
    };
    Text::new(of(Lang::Tr), of(Lang::En))
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Ledger(error) => error.into(),
            PipelineError::Mailbox(error) => Self::new(mailbox_problem(&error)),
            PipelineError::Broken(problem) => Self::new(Text::new(
                format!("bir iş sonuç vermeden bitti: {problem}; komutu yineleyin, sürerse geliştiricilere bildirin"),
                format!("a task ended without a result: {problem}; repeat the command, and if it goes on report it to the developers"),
            )),
        }
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        let (tr, en) = match &broken {
            Broken::Panicked(_) => ("dosyayı geliştiricilere bildirin", "report the file to the developers"),
            Broken::TimedOut(_) => ("düşmanca hazırlanmış olabilir", "it may be made to be slow"),
            Broken::NoThread(_) => (
                "belleği ve işlem sınırlarını denetleyin",
                "look at the memory and the limits on processes",
            ),
        };
        let what = broken.text();
        Self::new(Text::new(format!("{}; {tr}", what.tr), format!("{}; {en}", what.en)))
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(error.text())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.text())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(reason(&error))
    }
}
