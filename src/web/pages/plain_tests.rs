use super::*;

#[test]
fn an_html_mail_is_its_words_and_nothing_else() {
    let html = "<html><style>p{x}</style><body onload=x><!-- <b>gizli</b> --><p>Sayın <b>ilgili</b>,<br>ektedir &lt;1&gt;.</p><script>alert(1)</script>\
                <img src='http://izleyici.example/x'>son";
    assert_eq!(of_html(html), "Sayın ilgili,\nektedir <1>.\nson");
}

#[test]
fn a_tag_that_never_ends_swallows_and_does_not_leak() {
    assert_eq!(of_html("önce<script>alert(1)"), "önce");
    assert_eq!(of_html("önce<img src=x onerror="), "önce");
}

#[test]
fn what_is_no_text_is_none() {
    assert_eq!(text("application/octet-stream", b"abc"), None);
    assert_eq!(text("text/plain", "düz\u{202e}".as_bytes()).as_deref(), Some("düz[U+202E]"));
}
