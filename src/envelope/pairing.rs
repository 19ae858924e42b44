//! Which file belongs to which Ek.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::read::Opened;
use super::roles::{self, Found, PartRole};
use super::{names, opc};

/// Ek to part: relationship Id, then the encoded or raw file name, then either without regard to case.
pub(super) fn pair_attachments(opened: &mut Opened) {
    let Some(document) = &opened.metadata.document else { return };
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (_, holder) in opened.cast.attachments() {
        let id = holder.id.as_deref().and_then(roles::attachment_id).map(str::to_ascii_lowercase);
        if let Some(id) = id {
            by_id.entry(id).or_insert(holder.part);
        }
    }
    let mut pairs: Vec<Option<usize>> = document
        .attachments
        .iter()
        .map(|attachment| {
            attachment
                .id
                .as_deref()
                .filter(|_| attachment.is_internal())
                .and_then(|id| by_id.get(&id.to_ascii_lowercase()).copied())
        })
        .collect();

    let taken: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for (part, entry) in opened.container.entries.iter().enumerate() {
        let folder = names::folded(&entry.uri);
        let attached = opened.cast.roles_of(part).any(|(role, _)| role.is_attachment());
        let in_folder = folder.starts_with("/ekler/") || folder.starts_with("/imzasizekler/");
        if (attached || in_folder) && !taken.contains(&part) && !opc::is_plumbing(&entry.uri) {
            by_name
                .entry(names::official_file_name(&names::file_name(&entry.uri)).to_ascii_lowercase())
                .or_insert(part);
        }
    }
    for (pair, attachment) in pairs.iter_mut().zip(&document.attachments) {
        if pair.is_some() || !attachment.is_internal() {
            continue;
        }
        let Some(name) = attachment.file_name.as_deref() else { continue };
        let Some(part) = by_name.remove(&names::official_file_name(name).to_ascii_lowercase()) else {
            continue;
        };
        *pair = Some(part);
        if !opened.cast.roles_of(part).any(|(role, _)| role.is_attachment()) {
            let uri = opened.container.entries.get(part).map_or("", |entry| entry.uri.as_str());
            let unsigned = names::folded(uri).starts_with("/imzasizekler/");
            let role = if unsigned {
                PartRole::UnsignedAttachment
            } else {
                PartRole::Attachment
            };
            let exact = names::fits(name, uri) == Some(names::Fit::Exact);
            opened
                .cast
                .adopt(role, part, if exact { Found::FixedName } else { Found::TolerantName });
        }
    }
    opened.attachment_parts = pairs;
}
