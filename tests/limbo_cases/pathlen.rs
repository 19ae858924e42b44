//! `pathlen::`: how many authorities may follow one that says how many.

use super::issue::{Spec, issuing, root, server};
use super::reasons::DEPTH;
use super::row::{Row, Scenario, failure, line, success};

pub const ROWS: &[Row] = &[
    success("pathlen::ee-with-intermediate-pathlen-0", || {
        line(root(), [issuing(Some(0))], server())
    }),
    success("pathlen::ee-with-intermediate-pathlen-1", || {
        line(root(), [issuing(Some(1))], server())
    }),
    success("pathlen::ee-with-intermediate-pathlen-2", || {
        line(root(), [issuing(Some(2))], server())
    }),
    success("pathlen::validation-ignores-pathlen-in-leaf", || {
        line(root(), [issuing(Some(0))], issuing(Some(0)))
    }),
    failure("pathlen::intermediate-violates-pathlen-0", || {
        line(root(), [issuing(Some(0)), issuing(Some(0))], server())
    }),
    success("pathlen::intermediate-pathlen-may-increase", || {
        line(root(), [issuing(Some(1)), issuing(Some(2))], server())
    }),
    failure("pathlen::intermediate-pathlen-too-long", || {
        line(root(), [issuing(Some(1)), issuing(Some(0)), issuing(Some(0))], server())
    }),
    success("pathlen::self-issued-certs-pathlen", || {
        line(root(), [named(1), named(1), issuing(Some(0))], server())
    }),
    // The caller's own bound on the depth: rebuilt from the ids and from what others report of these cases.
    success("pathlen::max-chain-depth-0", || line(root(), [], server())),
    success("pathlen::max-chain-depth-1", || line(root(), [issuing(None)], server())),
    success("pathlen::max-chain-depth-1-self-issued", || {
        line(root(), [issuing(None).named("Same"), issuing(None).named("Same")], server())
    }),
    failure("pathlen::max-chain-depth-0-exhausted", deeper::<1>).but(DEPTH),
    failure("pathlen::max-chain-depth-1-exhausted", deeper::<2>).but(DEPTH),
];

/// One name for two authorities: the second is issued by itself.
fn named(path_len: u64) -> Spec {
    issuing(Some(path_len)).named("Same")
}

fn deeper<const N: usize>() -> Scenario {
    line(root(), std::array::from_fn::<Spec, N, _>(|_| issuing(None)), server())
}
