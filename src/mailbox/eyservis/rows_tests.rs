use super::*;
use crate::mailbox::soap::xml::Reader;

fn reply(members: &str) -> Element {
    let mut reader = Reader::new(&[], 1 << 20);
    let document = format!("<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>{members}</a>");
    reader.feed(document.as_bytes()).unwrap();
    reader.finish().unwrap()
}

fn rows(members: &str) -> Result<Rows, Problem> {
    read_rows(&reply(members), &[])
}

fn ids(found: &Rows) -> Vec<&str> {
    found.keys.iter().map(String::as_str).collect()
}

#[test]
fn a_nil_is_a_position_in_parallel_columns() {
    let found = rows(
        "<return><durum>0</durum><kepId>&lt;1&gt;</kepId><kepId i:nil='true'/><kepId>&lt;3&gt;</kepId>\
         <kepSiraNo>1</kepSiraNo><kepSiraNo>2</kepSiraNo><kepSiraNo i:nil='1'/><konu i:nil='true'/><konu>b</konu><konu>c</konu></return>",
    )
    .unwrap();
    assert!(found.problem.is_none());
    assert_eq!((found.keys.len(), Key::of(&found.keys[1])), (3, Key::Row(2)));
    assert_eq!((ids(&found)[0], ids(&found)[2]), ("<1>", "<3>"));
}

#[test]
fn columns_of_different_lengths_are_not_guessed_at_and_what_has_a_name_is_taken() {
    for members in [
        "<return><durum>0</durum><kepId>a</kepId><kepId>b</kepId><konu>x</konu></return>",
        "<iletiler><kepId>a</kepId><konu>x</konu><konu>y</konu></iletiler><iletiler><kepId>b</kepId></iletiler>",
        "<return><kepId>a</kepId><kepId>b</kepId><kepId i:nil='true'/><kepSiraNo>4</kepSiraNo></return>",
    ] {
        let found = rows(members).unwrap();
        assert!(found.problem.is_some(), "{members}");
        assert_eq!(ids(&found), ["a", "b"]);
    }
    assert!(
        rows("<return><durum>0</durum><konu>x</konu></return>")
            .unwrap_or_default()
            .problem
            .is_some()
    );
}

#[test]
fn the_empty_answer_is_told_from_no_answer() {
    for empty in [
        "<return><kepId i:nil='true'/></return>",
        "<return><durum>0</durum><kepId i:nil='true'/><konu i:nil='true'/></return>",
        "<iletiler i:nil='true'/><durum>0</durum>",
        "<iletiler><kepId/></iletiler>",
        "<durum>0</durum><hataaciklama i:nil='true'/>",
    ] {
        let found = rows(empty).unwrap();
        assert!(
            found.keys.is_empty() && found.problem.is_none() && found.oddities.is_empty(),
            "{empty}"
        );
    }
    for nothing in ["", "<return/>", "<iletiler i:nil='true'/>", "<return i:nil='true'/>"] {
        assert_eq!(rows(nothing), Err(Problem::Nothing), "{nothing}");
    }
    let refused = rows("<return><durum>9</durum><hataaciklama>neden</hataaciklama></return>");
    assert!(matches!(refused, Err(Problem::Refused { code: 9, words }) if words == "neden"));
    assert!(matches!(
        rows("<durum>0</durum><hataaciklama>Şifre veya Parola Yanlış</hataaciklama>"),
        Err(Problem::Credentials(_))
    ));
}

#[test]
fn one_id_is_one_message_however_often_it_is_listed() {
    let found = rows("<iletiler><kepId>a</kepId></iletiler><iletiler><kepId> a </kepId></iletiler><iletiler><kepId>b</kepId></iletiler>");
    let found = found.unwrap();
    assert_eq!((ids(&found), found.oddities.len()), (vec!["a", "b"], 0));
    // Two messages under one id are told: the second is hidden behind the first.
    let row = |subject: &str| format!("<iletiler><kepId>a</kepId><from>x@y</from><konu>{subject}</konu></iletiler>");
    let twice = rows(&(row("bir") + &row("bir"))).unwrap();
    let two = rows(&(row("bir") + &row("iki"))).unwrap();
    assert_eq!((twice.oddities.len(), two.oddities.len(), ids(&two)), (0, 1, vec!["a"]));
    let endless = rows(&format!("<iletiler><kepId>{}</kepId></iletiler>", "a".repeat(NAME_BYTES + 1))).unwrap();
    assert!(endless.keys.is_empty() && endless.problem.is_some());
}

#[test]
fn names_without_an_id_differ_where_the_messages_do() {
    let of = |sender: &str| {
        let row = format!(
            "<iletiler><kepId i:nil='true'/><kepSiraNo>5</kepSiraNo><from>{sender}</from><konu>k</konu></iletiler><durum>0</durum>"
        );
        rows(&row).unwrap().keys.remove(0)
    };
    assert_ne!(of("a@b"), of("c@d"));
    assert_eq!((Key::of(&of("a@b")), of("a@b")), (Key::Row(5), of("a@b")));
    assert_eq!(Key::of("<#sira/5/x>"), Key::Id("<#sira/5/x>"));
}

#[test]
fn evidence_without_an_id_is_evidence_all_the_same() {
    let list = |rows: &str| read_evidence(&reply(&format!("{rows}<durum>0</durum>")), &[]);
    let whole = list("<DelilSonuc><delilId>D-1</delilId></DelilSonuc><DelilSonuc i:nil='true'/>").unwrap();
    assert_eq!((whole.ids, whole.is_whole), (vec!["D-1".to_owned()], true));
    for empty in [
        "",
        "<DelilSonuc/>",
        "<DelilSonuc><durum>0</durum><delilId i:nil='true'/></DelilSonuc>",
    ] {
        let none = list(empty).unwrap();
        assert!(none.ids.is_empty() && none.is_whole, "{empty}");
    }
    for lost in [
        "<DelilSonuc><durum>0</durum><delilId i:nil='true'/><delilTurId>41</delilTurId></DelilSonuc>",
        "<DelilSonuc><delilId>D\n2</delilId></DelilSonuc>",
    ] {
        assert!(!list(lost).unwrap().is_whole, "{lost}");
    }
    assert_eq!(
        read_evidence(&reply(""), &[]),
        Err(Problem::Nothing),
        "so a wrong account is answered"
    );
    assert!(list("<DelilSonuc><durum>4</durum><hataaciklama>yok</hataaciklama></DelilSonuc>").is_err());
}
