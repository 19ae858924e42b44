//! The structure of a PDF, byte by byte: objects, cross-reference sections, revisions. One strict reading and no second one: signed
//! revisions are never repaired, because a repair is what the attacks on PDF signatures live on (USF, ISA, SWA, shadow documents).

pub mod filter;
pub mod indirect;
pub mod syntax;
pub mod view;
pub mod xref;

#[cfg(test)]
mod structure_tests;

/// Why a PDF, or a part of it, cannot be read. For an engineer; the reasons of a verdict say it in people's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    #[error("%PDF- is not at the beginning")]
    Header,
    #[error("startxref and %%EOF are not at the end")]
    End,
    #[error("the cross-reference section at byte {0} is malformed")]
    Xref(usize),
    #[error("the cross-reference sections form a circle")]
    Circle,
    #[error("malformed syntax at byte {0}")]
    Syntax(usize),
    #[error("a dictionary has the same key twice, at byte {0}")]
    DuplicateKey(usize),
    #[error("object {0} is not where the cross-reference says, or malformed")]
    Object(u32),
    #[error("the data of object {0} cannot be decoded")]
    Filter(u32),
    #[error("more than allowed: {0}")]
    Limit(&'static str),
    #[error("the document catalog is missing")]
    Catalog,
}

pub type Result<T> = std::result::Result<T, PdfError>;
