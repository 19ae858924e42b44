//! A key on a PKCS#11 token: a card, an HSM, SoftHSM. A thread of its own speaks with the token, so that a token that hangs holds up nobody
//! for longer than [`ANSWER`], and the key works there and never comes out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::enveloped::Transport;
use super::holder::{Held, HolderError, KeyHolder, KeyKind, no_randomness};
use super::oid::Digest;
use super::padding::{self, Key};
use super::pkcs12::checked_point;
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

/// How long an answer of the token may take: an RSA operation on a slow card takes a second, a network HSM that is being switched over some.
/// Less than half of the time that one message may be parsed for, so that a token that hangs sets no message aside.
const ANSWER: Duration = Duration::from_secs(20);

/// Questions that wait for the token's thread.
const QUEUED: usize = 64;

/// PINs that a token refused in this process, by token. Tokens lock after few wrong ones; the same one is not tried twice, whoever asks.
static REFUSED: Mutex<Vec<(PathBuf, String, Secret)>> = Mutex::new(Vec::new());

/// A module is loaded and initialized once for the process (PKCS#11 5.4), however often the settings are read anew.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// Which token, and where its PIN is written.
#[derive(Debug, Clone)]
pub struct TokenPlace {
    pub module: PathBuf,
    /// Label of the token. Empty: the only one there is.
    pub token: String,
    pub pin_file: PathBuf,
    pub secrets: SecretFolder,
}

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// A token.
pub struct TokenHolder {
    place: TokenPlace,
    /// To the thread that speaks with it; begun when first needed.
    desk: Mutex<Option<SyncSender<Job>>>,
    hangs: Arc<AtomicBool>,
}

/// Says that a question hangs no longer, also where the module broke the thread that asked it.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl TokenHolder {
    pub fn new(place: TokenPlace) -> Self {
        Self {
            place,
            desk: Mutex::default(),
            hangs: Arc::default(),
        }
    }

    fn ask<T: Send + 'static>(&self, work: impl FnOnce(&mut Desk) -> Result<T, HolderError> + Send + 'static) -> Result<T, HolderError> {
        self.give(move |desk| desk.work(work))
    }

    /// Has the token's thread do something, and waits for it.
    fn give<T: Send + 'static>(&self, work: impl FnOnce(&mut Desk) -> Result<T, HolderError> + Send + 'static) -> Result<T, HolderError> {
        if self.hangs.load(Ordering::Acquire) {
            return Err(self.silent());
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let ended = Ended(Arc::clone(&self.hangs));
        let job: Job = Box::new(move |desk| {
            let _ended = ended;
            let _ = answer.send(work(desk));
        });
        match self.desk()?.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(self.silent()),
            Err(TrySendError::Disconnected(_)) => return Err(self.gone()),
        }
        match answered.recv_timeout(ANSWER) {
            Ok(outcome) => outcome,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.hangs.store(true, Ordering::Release);
                // It may have answered in this very moment, and then said already that it does not hang.
                let late = answered.try_recv();
                if late.is_ok() {
                    self.hangs.store(false, Ordering::Release);
                }
                late.unwrap_or_else(|_| Err(self.silent()))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
    }

    /// The thread is gone; the next question begins a new one.
    fn gone(&self) -> HolderError {
        *self.desk.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.silent()
    }

    fn desk(&self) -> Result<SyncSender<Job>, HolderError> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*desk {
            return Ok(sender.clone());
        }
        let (sender, jobs) = mpsc::sync_channel::<Job>(QUEUED);
        let mut worker = Desk {
            place: self.place.clone(),
            session: None,
        };
        std::thread::Builder::new()
            .name("token".into())
            .spawn(move || jobs.into_iter().for_each(|job| job(&mut worker)))
            .map_err(|_| self.silent())?;
        *desk = Some(sender.clone());
        Ok(sender)
    }

    fn silent(&self) -> HolderError {
        self.place.unavailable(
            "belirteç yanıt vermiyor; takılı ve çalışır olduğunu denetleyin",
            "the token does not answer; check that it is plugged in and works",
        )
    }
}

impl KeyHolder for TokenHolder {
    fn name(&self) -> String {
        self.place.name()
    }

    fn certificates(&self) -> Result<Vec<Held>, HolderError> {
        self.ask(Desk::certificates)
    }

    fn looked_at(&self) -> Result<Vec<Held>, HolderError> {
        // An open session needs no PIN; the next start does.
        self.place.pin()?;
        self.certificates()
    }

    fn transported(&self, held: &Held, transport: &Transport, encrypted: &[u8], length: usize) -> Result<Key, HolderError> {
        let (id, transport, encrypted) = (held.handle.clone(), transport.clone(), encrypted.to_vec());
        self.ask(move |desk| desk.transported(&id, &transport, &encrypted, length))
    }

    fn agreed(&self, held: &Held, point: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError> {
        let KeyKind::Ec { curve, field } = held.kind else {
            return Ok(None);
        };
        // Not every token checks the point itself.
        let Some(point) = checked_point(curve, point) else {
            return Ok(None);
        };
        let id = held.handle.clone();
        self.ask(move |desk| desk.agreed(&id, &point, field)).map(Some)
    }
}

impl TokenPlace {
    fn name(&self) -> String {
        let module = self.module.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        format!("PKCS#11 {module} {}", self.token).trim_end().to_owned()
    }

    fn pin(&self) -> Result<Secret, HolderError> {
        let pin = self.secrets.read(&self.pin_file);
        pin.map_err(|error| HolderError::Unavailable(error.text()))
    }

    /// Why no PIN may be tried: a token that locks takes its key with it.
    fn forbids(&self, is_locked: bool, is_last_try: bool) -> Option<HolderError> {
        let (tr, en) = match (is_locked, is_last_try) {
            (true, _) => (
                "belirtecin PIN'i kilitli; PUK ile açtırın",
                "the token's PIN is locked; have it unlocked with the PUK",
            ),
            (false, true) => (
                "belirtecin tek PIN hakkı kalmış, denenmedi; doğru PIN ile bir kez elle oturum açın",
                "one try is left to the token's PIN and was not used; log in once by hand with the right PIN",
            ),
            (false, false) => return None,
        };
        Some(HolderError::Refused(self.text(tr, en)))
    }

    fn text(&self, tr: &str, en: &str) -> Text {
        let name = self.name();
        Text::new(format!("{name}: {tr}"), format!("{name}: {en}"))
    }

    fn unavailable(&self, tr: &str, en: &str) -> HolderError {
        HolderError::Unavailable(self.text(tr, en))
    }

    fn failed(&self, error: &Error) -> HolderError {
        let said = said(error);
        self.unavailable(&format!("belirteç hata verdi: {said}"), &format!("the token failed: {said}"))
    }
}

/// What a module said, short: the wrapper's own text explains each code at length.
fn said(error: &Error) -> String {
    match error {
        Error::Pkcs11(code, function) => format!("{function}: {code:?}"),
        other => other.to_string(),
    }
}

/// The thread's side: the session lives here and nowhere else.
struct Desk {
    place: TokenPlace,
    session: Option<Session>,
}

impl Desk {
    /// After any failure the session is opened anew by the next question: a card that was pulled and put back is usable again.
    fn work<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, HolderError>) -> Result<T, HolderError> {
        if self.session.is_none() {
            self.session = Some(self.open()?);
        }
        let outcome = work(self);
        if outcome.is_err() {
            self.session = None;
        }
        outcome
    }

    fn session(&self) -> Result<&Session, HolderError> {
        let gone = || self.place.unavailable("oturum kapalı", "the session is closed");
        self.session.as_ref().ok_or_else(gone)
    }

    fn open(&self) -> Result<Session, HolderError> {
        let module = self.module()?;
        let (slot, info) = self.slot(&module)?;
        let session = module.open_ro_session(slot).map_err(|error| self.place.failed(&error))?;
        if info.login_required() {
            self.log_in(&session, &info)?;
        }
        Ok(session)
    }

    fn module(&self) -> Result<Pkcs11, HolderError> {
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&self.place.module) {
            return Ok(module.clone());
        }
        let absent = |error: &Error| {
            let (path, said) = (self.place.module.display(), said(error));
            self.place.unavailable(
                &format!("PKCS#11 modülü {path} yüklenemedi ({said}); pkcs11_module değerini ve dosyanın varlığını denetleyin"),
                &format!("the PKCS#11 module {path} cannot be loaded ({said}); check pkcs11_module and that the file is there"),
            )
        };
        let module = Pkcs11::new(&self.place.module).map_err(|error| absent(&error))?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(absent(&error)),
        }
        modules.insert(self.place.module.clone(), module.clone());
        Ok(module)
    }

    fn slot(&self, module: &Pkcs11) -> Result<(Slot, TokenInfo), HolderError> {
        let slots = module
            .get_slots_with_initialized_token()
            .map_err(|error| self.place.failed(&error))?;
        let mut found = Vec::new();
        for slot in slots {
            let info = module.get_token_info(slot).map_err(|error| self.place.failed(&error))?;
            if self.place.token.is_empty() || info.label().trim_end() == self.place.token {
                found.push((slot, info));
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (None, _) => Err(self.place.unavailable(
                "belirteç takılı değil ya da bu adda bir belirteç yok; takın ya da pkcs11_token değerini denetleyin",
                "the token is not plugged in, or there is none of this label; plug it in or check pkcs11_token",
            )),
            (Some(_), false) => Err(self.place.unavailable(
                "birden çok belirteç var; hangisi olduğunu pkcs11_token ile yazın",
                "there are several tokens; say which with pkcs11_token",
            )),
        }
    }

    fn log_in(&self, session: &Session, info: &TokenInfo) -> Result<(), HolderError> {
        if let Some(error) = self.place.forbids(info.user_pin_locked(), info.user_pin_final_try()) {
            return Err(error);
        }
        let refused = |tr: &str, en: &str| HolderError::Refused(self.place.text(tr, en));
        let pin = self.place.pin()?;
        let token = info.serial_number().to_owned();
        // Held while the PIN is tried, so that two who ask at once do not both try it.
        let mut known = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
        let was_refused = |(module, label, wrong): &(PathBuf, String, Secret)| {
            *module == self.place.module && *label == token && wrong.reveal() == pin.reveal()
        };
        if known.iter().any(was_refused) {
            return Err(refused(
                "PIN bu çalışmada bir kez reddedildi ve bir daha denenmedi; PIN dosyasını düzeltin",
                "the PIN was refused once in this run and was not tried again; correct the PIN file",
            ));
        }
        match session.login(UserType::User, Some(&AuthPin::from(pin.reveal().to_owned()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired | RvError::PinLocked,
                _,
            )) => {
                known.push((self.place.module.clone(), token, pin));
                Err(refused(
                    "belirteç PIN'i kabul etmedi; PIN dosyasını düzeltin",
                    "the token refused the PIN; correct the PIN file",
                ))
            }
            Err(error) => Err(self.place.failed(&error)),
        }
    }

    fn certificates(&mut self) -> Result<Vec<Held>, HolderError> {
        let session = self.session()?;
        let failed = |error: Error| self.place.failed(&error);
        let mut held = Vec::new();
        for object in session
            .find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)])
            .map_err(failed)?
        {
            let attributes = session
                .get_attributes(object, &[AttributeType::Value, AttributeType::Id])
                .map_err(failed)?;
            let (mut der, mut id) = (Vec::new(), Vec::new());
            for attribute in attributes {
                match attribute {
                    Attribute::Value(value) => der = value,
                    Attribute::Id(value) => id = value,
                    _ => {}
                }
            }
            // Cards carry certificates of issuers beside their own.
            if let Some(certificate) = Held::of(&der, id)
                && self.private_key(&certificate.handle)?.is_some()
            {
                held.push(certificate);
            }
        }
        Ok(held)
    }

    fn private_key(&self, id: &[u8]) -> Result<Option<ObjectHandle>, HolderError> {
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
        let found = self.session()?.find_objects(&template).map_err(|error| self.place.failed(&error))?;
        Ok(found.first().copied())
    }

    fn key(&self, id: &[u8]) -> Result<ObjectHandle, HolderError> {
        let gone = || {
            self.place
                .unavailable("anahtar belirteçte bulunamadı", "the key is not on the token")
        };
        self.private_key(id)?.ok_or_else(gone)
    }

    fn transported(&mut self, id: &[u8], transport: &Transport, encrypted: &[u8], length: usize) -> Result<Key, HolderError> {
        let key = self.key(id)?;
        // Made before anything is known of the padding.
        let instead = padding::random(length).ok_or_else(no_randomness)?;
        match self.decrypt(&mechanism(transport), key, encrypted)? {
            Said::Block(found) if found.len() == length => Ok(found),
            Said::Block(_) | Said::DoesNotFit => Ok(instead),
            // Tokens know OAEP with SHA-1 only, or no padding at all: then the bare operation, and the padding is taken off here.
            Said::CannotDo => match self.decrypt(&Mechanism::RsaX509, key, encrypted)? {
                Said::Block(block) => padding::unpad(&full(block, encrypted.len()), transport, length).ok_or_else(no_randomness),
                Said::DoesNotFit => Ok(instead),
                Said::CannotDo => Err(self.place.unavailable(
                    "belirteç bu RSA yöntemini bilmiyor; göndericiden başka bir yöntem isteyin",
                    "the token does not know this RSA method; ask the sender for another one",
                )),
            },
        }
    }

    fn decrypt(&self, mechanism: &Mechanism<'_>, key: ObjectHandle, encrypted: &[u8]) -> Result<Said, HolderError> {
        use RvError as Code;
        match self.session()?.decrypt(mechanism, key, encrypted) {
            Ok(block) => Ok(Said::Block(Zeroizing::new(block))),
            Err(Error::Pkcs11(
                Code::MechanismInvalid | Code::MechanismParamInvalid | Code::ArgumentsBad | Code::FunctionNotSupported,
                _,
            )) => Ok(Said::CannotDo),
            Err(Error::Pkcs11(Code::EncryptedDataInvalid | Code::EncryptedDataLenRange | Code::DataInvalid | Code::DataLenRange, _)) => {
                Ok(Said::DoesNotFit)
            }
            // Some modules say no more than this of a padding that does not fit.
            Err(Error::Pkcs11(Code::GeneralError | Code::FunctionFailed, cryptoki::context::Function::Decrypt)) => Ok(Said::DoesNotFit),
            Err(error) => Err(self.place.failed(&error)),
        }
    }

    /// The shared secret is made on the token as an object of this session and read out; the private key is not.
    fn agreed(&mut self, id: &[u8], point: &[u8], field: usize) -> Result<Zeroizing<Vec<u8>>, HolderError> {
        let key = self.key(id)?;
        let session = self.session()?;
        let failed = |error: Error| self.place.failed(&error);
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::ValueLen(field.try_into().map_err(|_| self.place.unavailable("eğri", "curve"))?),
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
        ];
        let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), point));
        let secret = session.derive_key(&mechanism, key, &template).map_err(failed)?;
        let value = session.get_attributes(secret, &[AttributeType::Value]).map_err(failed);
        session.destroy_object(secret).map_err(failed)?;
        let found = value?.into_iter().find_map(|attribute| match attribute {
            Attribute::Value(value) => Some(Zeroizing::new(value)),
            _ => None,
        });
        found.ok_or_else(|| {
            self.place.unavailable(
                "belirteç ECDH sırrını vermiyor; RSA anahtarı kullanın",
                "the token does not give out an ECDH secret; use an RSA key",
            )
        })
    }
}

enum Said {
    Block(Zeroizing<Vec<u8>>),
    /// The ciphertext is none of this key.
    DoesNotFit,
    /// The token does not know the method.
    CannotDo,
}

/// A raw RSA block with the zeros in front that some modules drop.
fn full(block: Zeroizing<Vec<u8>>, length: usize) -> Zeroizing<Vec<u8>> {
    let missing = length.saturating_sub(block.len());
    if missing == 0 {
        return block;
    }
    let mut full = Zeroizing::new(vec![0; missing]);
    full.extend_from_slice(&block);
    full
}

fn mechanism(transport: &Transport) -> Mechanism<'_> {
    match transport {
        Transport::Pkcs1 => Mechanism::RsaPkcs,
        Transport::Oaep { digest, mgf, label } => {
            let source = match label.is_empty() {
                true => PkcsOaepSource::empty(),
                false => PkcsOaepSource::data_specified(label),
            };
            Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash(*digest), mask(*mgf), source))
        }
    }
}

fn hash(digest: Digest) -> MechanismType {
    match digest {
        Digest::Sha1 => MechanismType::SHA1,
        Digest::Sha224 => MechanismType::SHA224,
        Digest::Sha256 => MechanismType::SHA256,
        Digest::Sha384 => MechanismType::SHA384,
        Digest::Sha512 => MechanismType::SHA512,
    }
}

fn mask(digest: Digest) -> PkcsMgfType {
    match digest {
        Digest::Sha1 => PkcsMgfType::MGF1_SHA1,
        Digest::Sha224 => PkcsMgfType::MGF1_SHA224,
        Digest::Sha256 => PkcsMgfType::MGF1_SHA256,
        Digest::Sha384 => PkcsMgfType::MGF1_SHA384,
        Digest::Sha512 => PkcsMgfType::MGF1_SHA512,
    }
}

#[cfg(test)]
#[path = "pkcs11_tests.rs"]
mod pkcs11_tests;
