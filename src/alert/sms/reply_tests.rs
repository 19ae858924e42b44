use reqwest::StatusCode;

use super::*;
use crate::alert::sms::presets::preset;

fn answer(preset_name: &str, status: u16, body: &str) -> Result<String, (FailureClass, String)> {
    let provider = preset(preset_name).unwrap();
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        body: body.to_owned(),
    };
    let secret = Secret::new("gizli-parola");
    read(&provider, &answer, &[&secret])
        .map(|receipt| receipt.0)
        .map_err(|error| (error.class, error.problem))
}

#[test]
fn the_success_of_each_gateway_is_recognised_with_its_number() {
    for (name, body, id) in [
        (
            "netgsm",
            r#"{"code":"00","jobid":"17377215342605050417149344","description":"queued"}"#,
            "17377215342605050417149344",
        ),
        ("netgsm-get", "00 379551915", "379551915"),
        ("netgsm-get", "02 379551915", "379551915"),
        ("netgsm-xml", "00 123", "123"),
        (
            "iletimerkezi",
            r#"{"response":{"status":{"code":200,"message":"ok"},"order":{"id":"77"}}}"#,
            "77",
        ),
        (
            "iletimerkezi-get",
            "<response><status><code>200</code><message>ok</message></status><order><id>78</id></order></response>",
            "78",
        ),
        ("mutlucell", "$1234#97.0", "1234"),
        ("vatansms", r#"{"id":5,"status":"success"}"#, "5"),
        ("ttmesaj", r#"{"Sonuc":"*OK*4711"}"#, "4711"),
        ("jetsms", "Status=0\r\nMessageIDs=12|0\r\n", "12|0"),
        ("turkcell-mesajussu", r#"{"packageId":9}"#, "9"),
    ] {
        assert_eq!(answer(name, 200, body).as_deref(), Ok(id), "{name}");
    }
}

#[test]
fn the_errors_of_each_gateway_are_classed() {
    use FailureClass::*;
    for (name, status, body, class) in [
        ("netgsm", 406, r#"{"code":"30","description":"x"}"#, Authentication),
        ("netgsm", 200, r#"{"code":"85"}"#, Transient),
        ("netgsm", 406, r#"{"code":"20"}"#, Permanent),
        ("netgsm-get", 200, "30", Authentication),
        ("netgsm-get", 200, "100", Transient),
        ("netgsm-xml", 200, "70", Permanent),
        ("iletimerkezi", 401, r#"{"response":{"status":{"code":"401"}}}"#, Authentication),
        ("iletimerkezi", 200, r#"{"response":{"status":{"code":452}}}"#, Permanent),
        (
            "iletimerkezi-get",
            503,
            "<response><status><code>503</code></status></response>",
            Transient,
        ),
        ("mutlucell", 200, "23", Authentication),
        ("mutlucell", 200, "25", Transient),
        ("vatansms", 401, r#"{"status":"error","message":"no"}"#, Authentication),
        ("ttmesaj", 200, r#"{"Sonuc":"hata"}"#, Transient),
        ("jetsms", 200, "Status=-5\r\n", Authentication),
        ("jetsms", 200, "Status=-8\r\n", Permanent),
        ("turkcell-mesajussu", 401, "{}", Authentication),
    ] {
        assert_eq!(answer(name, status, body).map_err(|(class, _)| class), Err(class), "{name} {body}");
    }
}

#[test]
fn a_page_that_is_no_answer_is_no_success_and_is_tried_again() {
    for name in [
        "netgsm",
        "netgsm-get",
        "mutlucell",
        "jetsms",
        "ttmesaj",
        "turkcell-mesajussu",
        "iletimerkezi-get",
        "vatansms",
    ] {
        let (class, _) = answer(name, 200, "<html>maintenance 00 Status=01</html>").unwrap_err();
        assert_eq!(class, FailureClass::Transient, "{name}");
        assert!(answer(name, 200, "").is_err(), "{name}");
        assert!(answer(name, 302, "00 1").is_err(), "{name}");
    }
}

#[test]
fn what_the_gateway_repeats_of_us_is_not_kept() {
    let (_, problem) = answer(
        "vatansms",
        400,
        r#"{"message":"user kurum parola gizli-parola number 5320000001 wrong"}"#,
    )
    .unwrap_err();
    assert!(!problem.contains("gizli") && !problem.contains("5320000001"), "{problem}");
}
