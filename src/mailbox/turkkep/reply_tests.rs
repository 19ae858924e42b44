use super::*;
use crate::mailbox::ErrorClass;
use crate::mailbox::soap::problem::Retry;
use crate::mailbox::soap::xml::Reader;

fn answer(inner: &str) -> Element {
    let text = format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><r xmlns='urn:x'>{inner}</r></s:Body></s:Envelope>"
    );
    let mut reader = Reader::new(&["veri"], 1 << 20);
    reader.feed(text.as_bytes()).unwrap();
    reader.finish().unwrap()
}

fn judged(inner: &str, codes: &[KnownCode]) -> Option<ErrorClass> {
    succeeded(answer(inner), codes).err().map(|problem| problem.class())
}

#[test]
fn only_200_is_a_success_and_what_sounds_like_credentials_stops() {
    assert_eq!(judged("<sonucKodu>200</sonucKodu><sonucu>Şifre geçerli</sonucu>", &[]), None);
    for (inner, class) in [
        ("<sonucKodu>0</sonucKodu>", ErrorClass::Transient),
        ("<sonucKodu>500</sonucKodu><sonucu>Sistem hatası</sonucu>", ErrorClass::Transient),
        ("<sonucKodu>E-7</sonucKodu>", ErrorClass::Transient),
        ("<sonucKodu>2000</sonucKodu>", ErrorClass::Transient),
        ("<sonucu>tamam</sonucu>", ErrorClass::Transient),
        (
            "<sonucKodu>401</sonucKodu><sonucu>ŞİFRE HATALI</sonucu>",
            ErrorClass::Authentication,
        ),
        (
            "<sonucKodu>17</sonucKodu><sonucu>Kullanıcı bulunamadı</sonucu>",
            ErrorClass::Authentication,
        ),
    ] {
        assert_eq!(judged(inner, &[]), Some(class), "{inner}");
    }
    let codes = [KnownCode {
        code: 17,
        retry: Retry::Auth,
        text: String::new(),
    }];
    assert_eq!(judged("<sonucKodu>17</sonucKodu>", &codes), Some(ErrorClass::Authentication));
}

#[test]
fn rows_are_read_once_each_and_a_row_that_cannot_be_named_is_not_hidden() {
    let read = |inner: &str| rows(&answer(inner).children[0].children[0]);
    let row =
        |uid: &str, id: &str| format!("<mailList><kepUID>{uid}</kepUID><kepUAMessageIdentifier>{id}</kepUAMessageIdentifier></mailList>");
    let found = read(&[row("7", "&lt;a&gt;"), row("7", "&lt;a&gt;"), row("9223372036854775807", "")].concat());
    assert!(found.problem.is_none());
    let named: Vec<(u64, &str)> = found.rows.iter().map(|row| (row.uid, row.identifier.as_str())).collect();
    assert_eq!(named, [(7, "<a>"), (u64::try_from(i64::MAX).unwrap(), "")]);
    assert_eq!(read("<mailList/>"), Rows::default());
    for bad in [
        row("", "x"),
        row("-1", "x"),
        row("9223372036854775808", "x"),
        row("7x", "x"),
        row("8", "a&#10;b"),
    ] {
        let found = read(&[row("5", "y"), bad.clone()].concat());
        assert!(found.problem.is_some() && found.rows.len() == 1, "{bad}");
    }
}

#[test]
fn bytes_come_from_the_one_element_that_was_named() {
    let read = |inner: &str| bytes(&answer(inner), "veri");
    assert_eq!(&read("<x><veri>YWJj</veri></x>").unwrap()[..], b"abc");
    assert_eq!(read("<veri/>"), Err(Problem::NotFound));
    assert_eq!(read("<other>YWJj</other>"), Err(Problem::NotFound));
    assert!(matches!(read("<veri>YWJj</veri><veri>ZA==</veri>"), Err(Problem::Protocol(_))));
}
