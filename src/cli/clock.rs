//! `journal accept-clock`: the way on after a wrong clock wrote the record.

use super::writing::ourselves;
use super::{Exit, Failure, Session};
use crate::clock::wall_minute;
use crate::text::{Lang, Text};

/// Records that the machine's clock is right.
pub async fn accept(session: &Session, reason: String) -> Result<Exit, Failure> {
    session.must_have_store()?;
    if reason.trim().is_empty() {
        return Err(Failure::usage(Text::new(
            "--reason boş olamaz: kaydın neden ileride kaldığını yazın",
            "--reason must not be empty: write why the record lies ahead",
        )));
    }
    // Nothing else is tried to be written here: everything else is refused until this is.
    let ledger = session.try_writer()?;
    let ahead = ledger.accept_clock(reason, ourselves(None)).await?;
    let now = wall_minute(session.clock().now());
    println!(
        "{}",
        match (session.lang, ahead.map(wall_minute)) {
            (Lang::Tr, Some(newest)) => format!(
                "✔ saat ({now}) kabul edildi; son kayıt {newest} tarihliydi. Kayıt {now} ile sürer.\n  Yanlış saatle kaydedilen evrakın süreleri ve sonuçları o saate göredir: onlara bakın, 'documents retry NUMARA' ile yeniden değerlendirin"
            ),
            (Lang::En, Some(newest)) => format!(
                "✔ the clock ({now}) is accepted; the newest record was of {newest}. The record goes on at {now}.\n  What was registered by the wrong clock has terms and verdicts of that time: look at it, and have it judged again by 'documents retry NUMBER'"
            ),
            (Lang::Tr, None) => format!("saat ({now}) son kaydın gerisinde değil; yapılacak bir şey yok"),
            (Lang::En, None) => format!("the clock ({now}) does not lie behind the newest record; there is nothing to do"),
        }
    );
    Ok(Exit::Done)
}
