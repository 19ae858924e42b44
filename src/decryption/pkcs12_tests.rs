use openssl::ec::EcGroup;
use openssl::nid::Nid;

use super::super::fixture::Own;
use super::*;

fn point_on(curve: Nid) -> (EcGroup, Vec<u8>) {
    let group = EcGroup::from_curve_name(curve).unwrap();
    let key = EcKey::generate(&group).unwrap();
    let mut numbers = BigNumContext::new().unwrap();
    let point = key
        .public_key()
        .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut numbers)
        .unwrap();
    (group, point)
}

/// A point off the curve would make the shared secret tell of the key, some bits at a time (invalid-curve attack).
#[test]
fn only_points_of_the_own_curve_are_agreed_with() {
    let own = Own::ec();
    let (group, good) = point_on(Nid::X9_62_PRIME256V1);
    assert!(shared_secret(&own.key, &good).is_some() && checked_point(Nid::X9_62_PRIME256V1, &good).is_some());
    let compressed = {
        let mut numbers = BigNumContext::new().unwrap();
        let point = EcPoint::from_bytes(&group, &good, &mut numbers).unwrap();
        point.to_bytes(&group, PointConversionForm::COMPRESSED, &mut numbers).unwrap()
    };
    assert_eq!(
        *shared_secret(&own.key, &compressed).unwrap(),
        *shared_secret(&own.key, &good).unwrap()
    );
    assert_eq!(checked_point(Nid::X9_62_PRIME256V1, &compressed), Some(good.clone()));

    let mut off = good.clone();
    *off.last_mut().unwrap() ^= 1;
    let origin = [&[4][..], &[0; 64]].concat();
    let beyond = [&[4][..], &[0xff; 64]].concat();
    let infinity = vec![0];
    let (_, foreign) = point_on(Nid::SECP384R1);
    for bad in [off, origin, beyond, infinity, foreign, good[..40].to_vec(), Vec::new()] {
        assert!(shared_secret(&own.key, &bad).is_none(), "{bad:02x?}");
        assert_eq!(checked_point(Nid::X9_62_PRIME256V1, &bad), None, "{bad:02x?}");
    }
    assert!(shared_secret(&Own::rsa().key, &good).is_none());
}

/// A key in memory says nothing of the next start: the file is looked at anew, and used on as it was where that fails.
#[test]
fn a_look_reads_the_file_again_and_what_was_read_stays_usable() {
    let own = Own::rsa();
    let holder = own.holder();
    assert_eq!(holder.looked_at().unwrap().len(), 1);
    let password = own.folder().join("parola");
    std::fs::write(&password, "yanlış\n").unwrap();
    assert!(matches!(holder.looked_at(), Err(HolderError::Refused(_))));
    std::fs::rename(own.folder().join("kurum.p12"), own.folder().join("sakli")).unwrap();
    assert!(matches!(holder.looked_at(), Err(HolderError::Unavailable(_))));
    assert_eq!(holder.certificates().unwrap().len(), 1);
    // Another key in its place is taken up.
    let other = Own::ec();
    std::fs::copy(other.folder().join("kurum.p12"), own.folder().join("kurum.p12")).unwrap();
    std::fs::write(&password, "parola\n").unwrap();
    let found = holder.looked_at().unwrap();
    assert_eq!(
        (found[0].sha256, holder.certificates().unwrap()[0].sha256),
        (
            Held::of(&other.certificate.to_der().unwrap(), Vec::new()).unwrap().sha256,
            found[0].sha256
        )
    );
}
