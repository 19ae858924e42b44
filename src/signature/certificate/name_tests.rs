use super::*;
use crate::signature::asn1::ber::{encode, whole};

fn name(string_tag: u8, text: &[u8]) -> Name {
    let attribute = encode(
        0x30,
        &[encode(0x06, oid::COMMON_NAME.as_bytes()), encode(string_tag, text)].concat(),
    );
    let bytes = encode(0x30, &encode(0x31, &attribute));
    Name::read(&whole(&bytes, 8).unwrap()).unwrap()
}

fn utf8(text: &str) -> Name {
    name(tag::UTF8_STRING, text.as_bytes())
}

#[test]
fn string_type_case_and_white_space_do_not_matter() {
    assert_eq!(name(tag::PRINTABLE_STRING, b"Good  CA "), utf8("good ca"));
    let bmp: Vec<u8> = "Kök Şifre".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(name(tag::BMP_STRING, &bmp), utf8("KÖK ŞIFRE".replace('I', "i").as_str()));
}

#[test]
fn turkish_letters_fold_within_themselves_only() {
    assert_eq!(utf8("HİZMET SAĞLAYICISI Ş Ğ Ü Ö Ç"), utf8("HİZMET SAĞLAYICISI ş ğ ü ö ç"));
    assert_eq!(utf8("S\u{327}u\u{308}g\u{306}"), utf8("Şüğ"), "decomposed letters");
    assert_ne!(utf8("HIZMET"), utf8("HİZMET"), "I and İ are two letters");
    assert_ne!(utf8("hızmet"), utf8("hizmet"), "ı and i are two letters");
    assert_ne!(utf8("Kok"), utf8("Kök"));
}

#[test]
fn a_name_lies_under_its_own_beginning() {
    let long = |parts: &[&str]| {
        let rdns: Vec<u8> = parts
            .iter()
            .flat_map(|part| {
                let pair = [
                    encode(0x06, oid::ORGANIZATION.as_bytes()),
                    encode(tag::UTF8_STRING, part.as_bytes()),
                ]
                .concat();
                encode(0x31, &encode(0x30, &pair))
            })
            .collect();
        Name::read(&whole(&encode(0x30, &rdns), 8).unwrap()).unwrap()
    };
    assert!(long(&["TR", "Kurum", "Birim"]).is_under(&long(&["tr", "kurum"])));
    assert!(!long(&["TR"]).is_under(&long(&["TR", "Kurum"])));
    assert!(!long(&["TR", "Başka"]).is_under(&long(&["TR", "Kurum"])));
}
