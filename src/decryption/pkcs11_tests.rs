use super::*;

fn holder() -> TokenHolder {
    TokenHolder::new(TokenPlace {
        module: "/nowhere/module.so".into(),
        token: "kurum".into(),
        pin_file: "pin".into(),
        secrets: SecretFolder::beside("/nowhere".as_ref()),
    })
}

/// SoftHSM neither locks nor counts; cards do.
#[test]
fn no_pin_is_tried_on_a_token_that_is_locked_or_would_be_by_one_more() {
    let place = holder().place;
    let told = |locked, last| match place.forbids(locked, last) {
        Some(HolderError::Refused(text)) => text.en,
        other => panic!("{other:?}"),
    };
    assert!(told(true, false).contains("locked") && told(true, true).contains("locked"));
    assert!(told(false, true).contains("was not used"));
    assert_eq!(place.forbids(false, false), None);
}

#[test]
fn a_module_that_breaks_its_thread_is_asked_again_on_another() {
    let holder = holder();
    for _ in 0..2 {
        assert!(holder.give::<()>(|_| panic!("a module of poor quality")).is_err());
        assert!(!holder.hangs.load(Ordering::Acquire));
        assert_eq!(holder.give(|_| Ok(7)), Ok(7));
    }
}
