//! What people and programs enter about a file, from whichever face: what only the configuration knows is checked here, the rest by the ledger.

use super::Pipeline;
use crate::checklist::entered::Deed;
use crate::ledger::LedgerError;
use crate::ledger::file_deeds::FileRefusal;
use crate::ledger::retention::By;
use crate::people::Person;
use crate::register::entry::RegisterNumber;
use crate::text::Text;

impl Pipeline {
    /// Enters something about a file in the name of a person.
    ///
    /// # Errors
    /// The index cannot be read, or the disk refused.
    pub async fn enter_file_deed(
        &self,
        number: RegisterNumber,
        deed: Deed,
        note: Option<String>,
        by: impl Into<By>,
    ) -> Result<Result<(), FileRefusal>, LedgerError> {
        let by = by.into();
        match self.unknown_name(number, &deed, &by.person)? {
            Some(unknown) => Ok(Err(FileRefusal::Unfit(unknown))),
            None => self.ledger.file_deed(number, deed, note, by).await,
        }
    }

    /// A name in the deed that the configured checklists do not have. For whom the document does not exist the ledger answers.
    fn unknown_name(&self, number: RegisterNumber, deed: &Deed, by: &Person) -> Result<Option<Text>, LedgerError> {
        let settings = self.settings();
        let may = self.ledger.entry(number)?.is_some_and(|entry| by.sees(&entry));
        Ok(match deed {
            Deed::Bound { checklist: Some(name) } if may && settings.checklists.named(name).is_none() => {
                Some(Text::new("Böyle bir kontrol listesi yok.", "There is no such checklist."))
            }
            Deed::Decided { paper: Some(id), .. } if may => {
                let file = self.ledger.application_file(number, &|entry| by.sees(entry))?;
                let rules = file.and_then(|file| settings.checklists.named(&file.checklist));
                let is_unknown = rules.is_none_or(|rules| rules.paper(id).is_none());
                is_unknown.then(|| Text::new("Kontrol listesinde böyle bir belge yok.", "The checklist has no such paper."))
            }
            _ => None,
        })
    }
}
