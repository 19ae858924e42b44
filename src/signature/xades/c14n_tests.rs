#![allow(clippy::unwrap_used, clippy::expect_used)]

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use proptest::prelude::*;

use super::*;

const METHODS: [(&str, C14nMode); 6] = [
    ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", C14nMode::Inclusive),
    (
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        C14nMode::InclusiveWithComments,
    ),
    ("http://www.w3.org/2006/12/xml-c14n11", C14nMode::Inclusive11),
    (
        "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        C14nMode::Inclusive11WithComments,
    ),
    ("http://www.w3.org/2001/10/xml-exc-c14n#", C14nMode::Exclusive),
    (
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        C14nMode::ExclusiveWithComments,
    ),
];

fn ours(xml: &Xml<'_>, uri: &str, prefixes: &[&str], selection: Selection) -> String {
    let canonical = Canonical {
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        ..Canonical::from_uri(uri).unwrap()
    };
    String::from_utf8(canonical.octets(xml, selection).unwrap()).unwrap()
}

/// The same by another implementation, over an explicit set of nodes.
fn theirs(xml: &Xml<'_>, mode: C14nMode, prefixes: &[&str], selection: Selection) -> String {
    let document = &xml.document;
    let mut nodes = match selection.comments {
        true => NodeSet::tree_with_comments(selection.apex, document),
        false => NodeSet::tree_without_comments(selection.apex, document),
    };
    for node in selection
        .cut
        .into_iter()
        .flat_map(|cut| document.descendants(cut).into_iter().chain([cut]))
    {
        nodes.remove_id(node);
    }
    String::from_utf8(canonicalize_doc(document, mode, Some(&nodes), prefixes).unwrap()).unwrap()
}

/// Every element as apex, and every element below it cut out.
fn agree_everywhere(text: &str) {
    let xml = Xml::parse(text).unwrap();
    let root = xml.document.root();
    let elements: Vec<NodeId> = xml
        .document
        .descendants(root)
        .into_iter()
        .filter(|node| xml.element(*node).is_some())
        .collect();
    for (uri, mode) in METHODS {
        for apex in elements.iter().copied().chain([root]) {
            let cuts = elements.iter().copied().filter(|node| *node != apex && xml.is_within(*node, apex));
            for cut in cuts.map(Some).chain([None]) {
                for comments in [true, false] {
                    let selection = Selection { apex, cut, comments };
                    for prefixes in [&[][..], &["p", ""][..]] {
                        assert_eq!(
                            ours(&xml, uri, prefixes, selection),
                            theirs(&xml, mode, prefixes, selection),
                            "{uri} {selection:?} in {text}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_rules_of_the_recommendations_hold() {
    for text in [
        "<a/>",
        "<!-- b --><?p  d ?><a xmlns='u' z='1' b='&#9;&#10;&#13;\"&lt;&amp;>'>x&#13;&gt;<![CDATA[<&>]]><b xmlns=''/></a><?q?><!-- e -->",
        "<a xmlns='u' xmlns:p='v'><p:b xmlns:p='v' p:x='1' x='2'><c xmlns='w'><d xmlns='u' p:z=''/></c></p:b></a>",
        "<p:a xmlns:p='v' xml:lang='tr' xml:space='preserve'><b xml:lang='en' xmlns:p='w'><p:c xmlns:q='x' q:a='1' p:a='2'/></b></p:a>",
        "<a xmlns:z='z' xmlns:y='y' y:b='1' z:a='2' c='3'>ş\u{1F600}<y:b z:c='&#x20;'/>\r\n</a>",
    ] {
        agree_everywhere(text);
    }
}

#[test]
fn a_base_that_would_have_to_be_joined_is_refused() {
    let xml = Xml::parse("<a xml:base='http://x/'><b/></a>").unwrap();
    let inner = xml.elements(xml.root())[0];
    let canonical = Canonical::from_uri("http://www.w3.org/2006/12/xml-c14n11").unwrap();
    assert!(canonical.octets(&xml, Selection::of(inner)).is_err());
    assert!(canonical.octets(&xml, Selection::of(xml.root())).is_ok());
}

#[test]
fn other_methods_are_not_taken_for_these() {
    for uri in [
        "",
        "http://www.w3.org/2001/10/xml-exc-c14n",
        "http://www.w3.org/2006/12/xml-c14n",
        "http://www.w3.org/2010/xml-c14n2",
        "http://www.w3.org/2001/10/xml-exc-c14n#withcomments",
    ] {
        assert!(Canonical::from_uri(uri).is_none(), "{uri}");
    }
}

/// Small documents with few names, so that bindings are declared, hidden, undone and repeated.
fn element() -> impl Strategy<Value = String> {
    let prefix = prop::sample::select(vec!["", "p:", "q:"]);
    let attributes = prop::collection::hash_set(
        prop::sample::select(vec![" b='1'", " p:c='2'", " q:a='&#10;'", " xml:lang='tr'"]),
        0..3,
    );
    let declarations = prop::collection::hash_set(prop::sample::select(vec![" xmlns='u'", " xmlns:p='v'", " xmlns:q='w'"]), 0..3);
    let leaf = prop::sample::select(vec!["", "x", "&lt;ş&gt;", "<!--c-->", "<?i j?>"]).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        (
            prefix.clone(),
            attributes.clone(),
            declarations.clone(),
            prop::collection::vec(inner, 0..3),
        )
            .prop_map(|(prefix, attributes, declarations, inner)| {
                let attributes: String = attributes.into_iter().chain(declarations).collect();
                format!("<{prefix}e{attributes}>{}</{prefix}e>", inner.concat())
            })
    })
}

proptest! {
    #![proptest_config(crate::cases::fixed(64))]
    #[test]
    fn two_implementations_agree(inner in element()) {
        agree_everywhere(&format!("<r xmlns:p='v' xmlns:q='z'>{inner}</r>"));
    }
}
