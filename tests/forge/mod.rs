//! The forge: a Turkish-shaped test PKI and realistic KEP messages, made from the formats and not with the product's code.
//!
//! Writer and reader were written apart, so that where they agree the agreement says something. Nothing here may `use kep_gateway`.
//! A test binary takes it with `mod forge;` (or `#[path]`); start at [`world::World`].

#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used)]

pub mod cades;
pub mod cades_kit;
pub mod cases;
pub mod chance;
pub mod cms;
pub mod depository;
pub mod der;
pub mod dispatch;
pub mod encryption;
pub mod evidence;
pub mod eyp;
pub mod eyp_outer;
pub mod eyp_xml;
pub mod hostile;
pub mod keys;
pub mod letter;
pub mod mail;
pub mod mixed;
pub mod opc;
pub mod pdf;
pub mod pdf_active;
pub mod pdf_annotated;
pub mod pdf_attack;
pub mod pdf_file;
pub mod pdf_odd;
pub mod pdf_shadow;
pub mod pdf_sign;
pub mod pki;
pub mod pyhanko;
pub mod revocation;
pub mod sample;
pub mod scenario_kit;
pub mod scenarios;
pub mod tst;
pub mod venv;
pub mod week;
pub mod world;
pub mod xades;
pub mod xades_signature;
pub mod xades_text;
pub mod xades_values;
pub mod zip;
