//! PAdES at every level, from a scenario's kit: B-B, B-T by a timestamp in the CMS or over the document, B-LT, B-LTA.

use super::cades_kit::{self, Shape, Signing};
use super::pdf_file::{File, Slot, Style};
use super::scenario_kit::{Fault, Kit, Stamping};

/// Where the signature timestamp is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StampIn {
    /// signature-time-stamp, as ETSI's levels have it.
    Cms,
    /// A document timestamp, as BTK's guide has it.
    Document,
}

/// The CMS of `kit` over `covered`: no signing-time, that is /M.
pub fn cms(kit: &Kit, covered: &[u8], stamp: StampIn) -> Vec<u8> {
    let mut own = kit.clone();
    own.signing_time = None;
    if own.fault == Some(Fault::Content) {
        own.fault = None;
    }
    let shape = if stamp == StampIn::Cms && kit.stamp.is_some() {
        Shape::BaselineT
    } else {
        Shape::BaselineB
    };
    cades_kit::sign(covered, false, &[Signing::new(own, shape)])
}

/// Appends a signature of `kit` with what its level has.
pub fn sign(file: &mut File, kit: &Kit, name: &str, stamp: StampIn) {
    let slot = Slot::signature(name, kit.signing_time);
    sign_in(file, kit, &slot, stamp);
}

pub fn sign_in(file: &mut File, kit: &Kit, slot: &Slot, stamp: StampIn) {
    file.sign(slot, |covered| cms(kit, covered, stamp));
    let contents = file.last_contents();
    if let Some(stamping) = kit.stamp.as_ref().filter(|_| stamp == StampIn::Document) {
        timestamp(file, stamping, &format!("{} ZD", slot.name));
    }
    if kit.carries_values() {
        let mut material = kit.material.clone();
        if matches!(kit.fault, Some(Fault::NoCertificateValues | Fault::EmptyCertificateValues)) {
            material.certificates.clear();
        }
        if kit.fault == Some(Fault::NoRevocationValues) {
            material.crls.clear();
            material.ocsps.clear();
        }
        file.store(&material, Some(&contents));
    }
    for (index, stamping) in kit.archive.iter().chain(&kit.renewals).enumerate() {
        timestamp(file, stamping, &format!("{} arsiv {index}", slot.name));
    }
}

/// Appends a document timestamp.
pub fn timestamp(file: &mut File, stamping: &Stamping, name: &str) {
    file.sign(&Slot::timestamp(name), |covered| stamping.token(covered));
}

/// A letter signed by `kit`.
pub fn letter(kit: &Kit, style: Style, stamp: StampIn) -> Vec<u8> {
    let mut file = File::letter(style);
    sign(&mut file, kit, "Imza1", stamp);
    if kit.fault == Some(Fault::Content) {
        change_text(&mut file.bytes);
    }
    file.bytes
}

/// Another letter of the same length on the signed page.
pub fn change_text(bytes: &mut [u8]) {
    let at = super::pdf_file::find(bytes, b"<5361").unwrap();
    bytes[at + 1..at + 5].copy_from_slice(b"5A61");
}
