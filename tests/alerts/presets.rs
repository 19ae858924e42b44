//! Each gateway's request on the wire, against the table of the gateways' interfaces.

use kep_gateway::alert::causes;
use kep_gateway::alert::deliver::FailureClass;
use kep_gateway::alert::job::Channel;
use kep_gateway::alert::notice::Notice;
use kep_gateway::text::Text;
use serde_json::json;

use crate::fault::Script;
use crate::http_fake::{HttpFake, Request};
use crate::world::{config, dispatcher, job, noon};

/// `Gizli+Parola/9` in an address or form.
const QUERY_SECRET: &str = "Gizli%2BParola%2F9";

fn sms_config(provider: &str, url: &str, more: &str) -> String {
    format!(
        r#"
        [[group]]
        name = "default"
        sms = {{ to = ["+90 532 000 00 01"], level = "note" }}
        [sms]
        provider = "{provider}"
        endpoint = "{url}"
        allow_plaintext = true
        user = "kurum&1"
        sender = "KURUM"
        password_file = "x"
        timeout = "5m"
        {more}
        "#
    )
}

fn notice(title: &str) -> Notice {
    let mut notice = causes::test(noon());
    notice.title = Text::new(title, title);
    notice
}

/// Sends one SMS to a gateway that answers `answer` and returns the receipt and what it saw last.
async fn sent(provider: &str, answer: &str, title: &str, more: &str) -> (String, Request) {
    let fake = HttpFake::always(200, answer).await;
    let config = config(&sms_config(provider, &fake.url, more));
    let receipt = dispatcher(&config).deliver(&job(&config, &notice(title), Channel::Sms)).await;
    let request = fake.requests().pop().unwrap();
    (receipt.unwrap_or_else(|error| panic!("{provider}: {error}")).0, request)
}

#[tokio::test]
async fn netgsm_rest_v2() {
    let answer = r#"{"code":"00","jobid":"4711","description":"queued"}"#;
    let (receipt, request) = sent("netgsm", answer, "Şube \"1\": ığ", "").await;
    assert_eq!(receipt, "4711");
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/sms/rest/v2/send"));
    // base64 of "kurum&1:Gizli+Parola/9".
    assert_eq!(request.header("Authorization"), "Basic a3VydW0mMTpHaXpsaStQYXJvbGEvOQ==");
    let plain = json!({"msgheader": "KURUM", "messages": [{"msg": "Sube \"1\": ig", "no": "5320000001"}], "iysfilter": "0"});
    assert_eq!(request.json(), plain);
    let (_, request) = sent("netgsm", answer, "Şube ığ", "turkish = true").await;
    assert_eq!(request.json()["encoding"], "TR");
    assert_eq!(request.json()["messages"][0]["msg"], "Şube ığ");
    let (_, request) = sent("netgsm", answer, "plain", "turkish = true").await;
    assert_eq!(request.json().get("encoding"), None);
}

#[tokio::test]
async fn netgsm_get() {
    let (receipt, request) = sent("netgsm-get", "00 379551915", "Şube & 1", "turkish = true").await;
    assert_eq!(receipt, "379551915");
    assert_eq!(request.method, "GET");
    assert_eq!(
        request.target,
        format!(
            "/sms/send/get/?usercode=kurum%261&password={QUERY_SECRET}&gsmno=5320000001&message=%C5%9Eube%20%26%201&msgheader=KURUM&dil=TR"
        )
    );
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn netgsm_xml() {
    let (receipt, request) = sent("netgsm-xml", "00 17", "Şube ]]> <1>", "turkish = true").await;
    assert_eq!(receipt, "17");
    assert_eq!(request.target, "/sms/send/xml");
    let text = request.text();
    let document = roxmltree::Document::parse(&text).unwrap();
    let value = |name: &str| {
        document
            .descendants()
            .find(|node| node.has_tag_name(name))
            .unwrap()
            .text()
            .unwrap()
            .to_owned()
    };
    assert_eq!(document.root_element().tag_name().name(), "mainbody");
    let company = document.descendants().find(|node| node.has_tag_name("company")).unwrap();
    assert_eq!(company.attribute("dil"), Some("TR"));
    assert_eq!(value("usercode"), "kurum&1");
    assert_eq!(value("password"), crate::world::SECRET);
    assert_eq!(
        (value("type"), value("msgheader"), value("no")),
        ("1:n".into(), "KURUM".into(), "5320000001".into())
    );
    assert_eq!(value("msg"), "Şube ]]> <1>");
    assert!(text.contains("<msg><![CDATA["));
}

#[tokio::test]
async fn iletimerkezi_json() {
    let answer = r#"{"response":{"status":{"code":"200","message":"ok"},"order":{"id":"88"}}}"#;
    let (receipt, request) = sent("iletimerkezi", answer, "evrak", "").await;
    assert_eq!(receipt, "88");
    assert_eq!(request.target, "/v1/send-sms/json");
    let body = request.json();
    let root = &body["request"];
    assert_eq!(root["authentication"], json!({"key": "kurum&1", "hash": crate::world::SECRET}));
    assert_eq!(root["order"]["sender"], "KURUM");
    assert_eq!(root["order"]["sendDateTime"], json!([]));
    assert_eq!(root["order"]["iys"], "0");
    assert_eq!(
        root["order"]["message"],
        json!({"text": "evrak", "receipents": {"number": ["5320000001"]}})
    );
}

#[tokio::test]
async fn iletimerkezi_get() {
    let answer = "<?xml version=\"1.0\"?><response><status><code>200</code></status><order><id>89</id></order></response>";
    let (receipt, request) = sent("iletimerkezi-get", answer, "a b", "").await;
    assert_eq!((receipt.as_str(), request.method.as_str()), ("89", "GET"));
    assert_eq!(
        request.target,
        format!("/v1/send-sms/get/?key=kurum%261&hash={QUERY_SECRET}&text=a%20b&receipents=5320000001&sender=KURUM&iys=0&iysList=BIREYSEL")
    );
}

#[tokio::test]
async fn mutlucell() {
    for (title, more, charset) in [("evrak <1>", "", "default"), ("Şube", "turkish = true", "turkish")] {
        let (receipt, request) = sent("mutlucell", "$1234#97.0", title, more).await;
        assert_eq!((receipt.as_str(), request.target.as_str()), ("1234", "/smsgw-ws/sndblkex"));
        assert!(request.header("Content-Type").starts_with("text/xml"));
        let text = request.text();
        let document = roxmltree::Document::parse(&text).unwrap();
        let pack = document.root_element();
        assert_eq!(pack.tag_name().name(), "smspack");
        let attributes = ["ka", "pwd", "org", "charset"].map(|name| pack.attribute(name).unwrap());
        assert_eq!(attributes, ["kurum&1", crate::world::SECRET, "KURUM", charset]);
        let message = pack.first_element_child().unwrap();
        assert_eq!(message.tag_name().name(), "mesaj");
        let texts: Vec<_> = message
            .children()
            .map(|node| (node.tag_name().name(), node.text().unwrap()))
            .collect();
        assert_eq!(texts, [("metin", title), ("nums", "5320000001")]);
    }
}

#[tokio::test]
async fn vatansms() {
    for (title, more, kind) in [("evrak", "", "normal"), ("Şube", "turkish = true", "turkce")] {
        let (_, request) = sent("vatansms", r#"{"id":5,"status":"success"}"#, title, more).await;
        assert_eq!(request.target, "/api/v1/1toN");
        assert_eq!(
            request.json(),
            json!({"api_id": "kurum&1", "api_key": crate::world::SECRET, "sender": "KURUM", "message_type": kind, "message": title,
                   "message_content_type": "bilgi", "phones": ["5320000001"]})
        );
    }
}

#[tokio::test]
async fn jetsms() {
    let (receipt, request) = sent("jetsms", "Status=0\r\nMessageIDs=12\r\n", "Şube", "turkish = true").await;
    assert_eq!(receipt, "12");
    assert_eq!(request.target, "/SMS-Web/HttpSmsSend");
    assert!(request.header("Content-Type").starts_with("application/x-www-form-urlencoded"));
    let text = request.text();
    let fields: Vec<(&str, &str)> = text.split('&').map(|field| field.split_once('=').unwrap()).collect();
    let value = |name: &str| fields.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!((value("Username"), value("Password")), ("kurum%261", QUERY_SECRET));
    assert_eq!(
        (value("Msisdns"), value("Messages"), value("SendDate")),
        ("5320000001", "%DEube", "")
    );
    assert_eq!(value("TransmissionID").len(), 32);
}

#[tokio::test]
async fn ttmesaj_logs_in_once_and_uses_the_bearer_token() {
    let fake = HttpFake::start(Script::calm(), |request| {
        let body = match request.target.as_str() {
            "/ttmesajToken" => r#"{"access_token":"Jeton-1","token_type":"bearer"}"#,
            _ => r#"{"Sonuc":"*OK*990"}"#,
        };
        (200, String::new(), body.to_owned())
    })
    .await;
    let config = config(&sms_config("ttmesaj", &fake.url, "params = { brand_code = \"B1\" }"));
    let dispatcher = dispatcher(&config);
    for _ in 0..2 {
        let receipt = dispatcher.deliver(&job(&config, &notice("evrak"), Channel::Sms)).await.unwrap();
        assert_eq!(receipt.0, "990");
    }
    let requests = fake.requests();
    let targets: Vec<&str> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/ttmesajToken", "/api/SendSms/SendSingle", "/api/SendSms/SendSingle"]);
    assert_eq!(
        requests[0].text(),
        format!("grant_type=password&username=kurum%261&password={QUERY_SECRET}")
    );
    assert_eq!(requests[1].header("Authorization"), "Bearer Jeton-1");
    let body = requests[1].json();
    assert_eq!(
        (&body["username"], &body["password"]),
        (&json!("kurum&1"), &json!(crate::world::SECRET))
    );
    assert_eq!(
        (&body["numbers"], &body["message"], &body["origin"]),
        (&json!("5320000001"), &json!("evrak"), &json!("KURUM"))
    );
    for name in ["sd", "ed", "isNotification", "recipentType"] {
        assert!(body.get(name).is_some(), "{name}");
    }
    assert_eq!(body["brandCode"], "B1");
}

#[tokio::test]
async fn turkcell_logs_in_again_when_its_token_is_taken_back() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let fake = HttpFake::start(Script::calm(), move |request| {
        if request.target.ends_with("/v2/login") {
            let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            return (200, String::new(), format!("{{\"token\":\"jeton-{number}\"}}"));
        }
        // The first token is good for one message.
        let taken_back = request.header("token") == "jeton-1" && request.text().contains("second");
        if taken_back {
            (401, String::new(), "{}".to_owned())
        } else {
            (200, String::new(), r#"{"packageId":31}"#.to_owned())
        }
    })
    .await;
    let config = config(&sms_config("turkcell-mesajussu", &fake.url, ""));
    let dispatcher = dispatcher(&config);
    for title in ["first", "second"] {
        let receipt = dispatcher.deliver(&job(&config, &notice(title), Channel::Sms)).await.unwrap();
        assert_eq!(receipt.0, "31");
    }
    let requests = fake.requests();
    assert_eq!(requests.len(), 5);
    assert_eq!(requests[0].target, "/api/api/integration/v2/login");
    assert_eq!(requests[0].json(), json!({"username": "kurum&1", "password": crate::world::SECRET}));
    assert_eq!(requests[1].target, "/api/api/integration/v2/sms/send/oton");
    assert_eq!(requests[1].header("token"), "jeton-1");
    assert_eq!(
        requests[1].json(),
        json!({"message": "first", "sender": "KURUM", "etkFlag": false, "receivers": ["5320000001"]})
    );
    assert_eq!(requests[4].header("token"), "jeton-2");
}

#[tokio::test]
async fn a_gateway_of_ones_own_is_described_in_the_configuration() {
    let custom = r#"
        [sms.custom]
        title = "Kurum SMS"
        number_prefix = "90"
        [sms.custom.send]
        url = "https://sms.kurum.example/gonder/{now:%Y%m%d}"
        content = "form"
        headers = { X-Kurum = "{user}" }
        body = "kime={to}&metin={text}"
        [sms.custom.success]
        contains = ["TAMAM"]
        [sms.custom.errors]
        E7 = { action = "fatal", tr = "numara yok", en = "no such number" }
    "#;
    let fake = HttpFake::start(Script::calm(), |request| {
        let refused = request.text().contains("kotu");
        (200, String::new(), if refused { "E7" } else { "TAMAM" }.to_owned())
    })
    .await;
    let config = config(&sms_config("custom", &fake.url, custom));
    assert_eq!(config.validate(&[]), Ok(()));
    let dispatcher = dispatcher(&config);
    dispatcher.deliver(&job(&config, &notice("iyi"), Channel::Sms)).await.unwrap();
    let request = fake.requests().pop().unwrap();
    assert_eq!(
        (request.target.as_str(), request.text().as_str()),
        ("/gonder/20261123", "kime=905320000001&metin=iyi")
    );
    assert_eq!(request.header("X-Kurum"), "kurum&1");
    let refused = dispatcher.deliver(&job(&config, &notice("kotu"), Channel::Sms)).await.unwrap_err();
    assert_eq!(
        (refused.class, refused.problem.contains("no such number")),
        (FailureClass::Permanent, true)
    );
}

#[tokio::test]
async fn a_gateway_is_not_asked_faster_than_it_allows() {
    let custom = r#"
        [sms.custom]
        title = "Kurum SMS"
        rate_per_minute = 300
        [sms.custom.send]
        url = "https://sms.kurum.example/"
        content = "form"
        body = "kime={to}"
    "#;
    let fake = HttpFake::always(200, "").await;
    let config = config(&sms_config("custom", &fake.url, custom));
    let dispatcher = dispatcher(&config);
    let job = job(&config, &notice("x"), Channel::Sms);
    let started = std::time::Instant::now();
    let (one, two, three) = tokio::join!(dispatcher.deliver(&job), dispatcher.deliver(&job), dispatcher.deliver(&job));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert!(started.elapsed() >= std::time::Duration::from_millis(400));
}
