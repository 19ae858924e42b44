use std::io::Write;

use super::{Octets, PIECE, StreamedFile};
use crate::signature::crypto::Hash;

/// A file that ends in the middle of a piece.
fn written(length: usize) -> (tempfile::NamedTempFile, Vec<u8>) {
    let bytes: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    (file, bytes)
}

#[test]
fn a_file_has_the_hashes_of_its_octets() {
    for length in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 7] {
        let (file, bytes) = written(length);
        let streamed = StreamedFile::open(file.path()).unwrap();
        for hash in [Hash::Sha256, Hash::Sha512, Hash::Sha256] {
            assert_eq!(streamed.digest(hash), hash.of(&bytes), "{length}");
        }
        let pieces = [b"before".as_slice().into(), Octets::File(&streamed), b"after".as_slice().into()];
        let whole = [b"before".as_slice(), &bytes, b"after"].concat();
        assert_eq!(Octets::digest_of_all(&pieces, Hash::Sha384), Hash::Sha384.of(&whole));
        assert!(Octets::File(&streamed).is(&bytes));
        assert!(!Octets::File(&streamed).is(&whole));
    }
}

#[test]
fn a_file_that_shrinks_meanwhile_is_no_content() {
    let (file, bytes) = written(3 * PIECE);
    let streamed = StreamedFile::open(file.path()).unwrap();
    file.as_file().set_len(PIECE as u64).unwrap();
    assert!(streamed.digest(Hash::Sha256).is_err());
    assert!(!Octets::File(&streamed).is(&bytes));
    assert!(streamed.failure().is_some());
}

#[test]
fn octets_beyond_the_limit_are_not_taken_into_memory() {
    let (file, bytes) = written(PIECE + 1);
    let streamed = StreamedFile::open(file.path()).unwrap();
    assert_eq!(streamed.read_within(PIECE as u64).unwrap(), None);
    assert_eq!(streamed.read_within(PIECE as u64 + 1).unwrap(), Some(bytes));
}
