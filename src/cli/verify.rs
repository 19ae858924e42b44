use super::{Exit, Failure, Session};
pub fn run(_: &Session, _: &super::args::VerifyArgs) -> Result<Exit, Failure> { Ok(Exit::Done) }
