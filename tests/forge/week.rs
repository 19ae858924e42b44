//! The ready set under `fixtures/`: one realistic week of an agricultural directorate's KEP mailbox.

use std::fs;
use std::path::Path;

use super::mixed::Letter;
use super::sample::Sample;
use super::world::World;

/// Letters per day: [`World::letter`] spaces them five minutes apart.
const DAY: usize = 288;

/// Day, hour of the day after 09:00 in letters, kind, and what a reader should know about it.
const WEEK: [(usize, usize, &str, &str); 20] = [
    (
        0,
        0,
        "package-v2",
        "e-Yazışma v2.0, signed X-L (P4) and sealed: everything is as it should be",
    ),
    (
        0,
        13,
        "package-v2-attachments",
        "signed and unsigned attachments, an external reference, a physical one; attachment name as a local path",
    ),
    (0, 40, "standard", "`standart`: no package, a PDF, the sender's signature opaque"),
    (
        0,
        62,
        "sent-accepted",
        "evidence: our own message was accepted by our provider (10)",
    ),
    (0, 62, "sent-delivered", "evidence: the same message was delivered (40)"),
    (1, 5, "package-v1", "e-Yazışma v1.3 with BelgeHedef and BelgeImza"),
    (1, 27, "package-v2-initialled", "initialled (paraf), then signed, then sealed"),
    (1, 62, "sent-read", "evidence: and read the next day (60)"),
    (
        1,
        71,
        "address-verification",
        "DETSİS asks to confirm our address by a link: for a person, the link is never followed",
    ),
    (
        2,
        2,
        "package-tampered",
        "the covering letter was changed after sealing: digests do not fit",
    ),
    (
        2,
        20,
        "e-tebligat",
        "e-Tebligat over KEP: irregular since 2019, deadline at the end of the fifth day",
    ),
    (
        2,
        33,
        "package-revoked-signer",
        "the signer's certificate was revoked on 1 October, before signing",
    ),
    (2, 55, "package-unknown-root", "the signer's root is in no trust list"),
    (
        3,
        1,
        "package-encrypted",
        "`.eyps`: encrypted to us, outer digest copy and addressees visible",
    ),
    (
        3,
        18,
        "evidence-undelivered",
        "evidence: a message of ours could not be delivered, the mailbox was full (41)",
    ),
    (3, 44, "package-update", "`.eypg`: an earlier package is now GZL"),
    (4, 4, "package-v2-serial", "two signers in series (counter-signature)"),
    (4, 11, "two-packages", "two packages in one message: two register entries"),
    (4, 30, "unclassified", "ordinary mail without signature: registered as unclassified"),
    (
        4,
        47,
        "duplicate",
        "the provider delivered Monday's first message again: a second sighting, no second entry",
    ),
];

pub fn messages(world: &World) -> Vec<(Sample, &'static str)> {
    let mut out: Vec<(Sample, &'static str)> = vec![];
    for (n, (day, slot, kind, note)) in WEEK.into_iter().enumerate() {
        let i = day * DAY + slot;
        let mut sample = match kind {
            "sent-accepted" => sent(&world.letter(i), "SubmissionAcceptanceRejection", "Acceptance", 10, 11),
            "sent-delivered" => sent(&world.letter(i), "DeliveryNonDeliveryToRecipient", "Delivery", 40, 14),
            // The same message as the two before, read the next day.
            "sent-read" => sent(&world.letter(i - DAY), "RetrievalNonRetrievalByRecipient", "Retrieval", 60, 25 * 60),
            "duplicate" => again(&out[0].0),
            _ => world.sample(kind, i),
        };
        sample.name = format!("{:02}-{kind}", n + 1);
        out.push((sample, note));
    }
    out
}

fn sent(letter: &Letter, root: &str, event: &str, type_id: u16, after: i64) -> Sample {
    letter.evidence_mail(root, event, &[], Some(type_id), after)
}

fn again(first: &Sample) -> Sample {
    let mut sample = first.clone();
    sample.expect.duplicate_of = Some(first.name.clone());
    sample
}

/// Writes the whole folder anew; keys are new each time.
pub fn write(world: &World, dir: &Path) {
    for part in ["messages", "trust", "intermediates", "revocation"] {
        let _ = fs::remove_dir_all(dir.join(part));
    }
    fs::create_dir_all(dir.join("messages")).unwrap();
    world.trust_folder(&dir.join("trust"));
    world.intermediates(&dir.join("intermediates"));
    world.revocation(&dir.join("revocation"));
    let messages = messages(world);
    let mut table = String::new();
    for (sample, note) in &messages {
        fs::write(dir.join("messages").join(format!("{}.eml", sample.name)), &sample.raw).unwrap();
        let verdict = match (&sample.expect.indication, &sample.expect.sub_indication) {
            (Some(main), Some(sub)) => format!("{main} / {sub}"),
            (Some(main), None) => main.clone(),
            _ => "-".into(),
        };
        table += &format!("| {} | {} | {note} | {verdict} |\n", sample.name, sample.expect.kind);
    }
    let expected: Vec<&Sample> = messages.iter().map(|(sample, _)| sample).collect();
    fs::write(dir.join("expected.json"), serde_json::to_string_pretty(&expected).unwrap() + "\n").unwrap();
    fs::write(dir.join("README.md"), README.replace("{table}", &table)).unwrap();
}

const README: &str = "# Fixtures: a week of KEP mail

Made-up mail for an agricultural directorate (`ornektarim@hs01.kep.tr`, DETSİS 24301050) from Monday 9 to Friday 13 November 2026. Institutions, people,
numbers and authorities are invented; the certificates come from a test PKI whose keys were thrown away. `demo` runs over this folder.

* `messages/`: the mail as a provider hands it out, envelope (L0) around original (L1).
* `trust/`: anchors in the layout of `verify --trust` (`nes muhur kephs tsa`). The root of message 13 is left out on purpose.
* `intermediates/`: issuer certificates that the signatures do not carry.
* `revocation/`: CRLs from before and after that week, good until the end of 2044, and one OCSP response.
* `expected.json`: per message what a reader must find (kind, ids, digests, verdict, flags, moment of arrival).

Package signatures are CAdES-X-L with time-stamps and embedded revocation data, certificates end in 2045: the verdicts hold at any later time until then.
The PDFs carry the PDF/A marker but do not embed their font.

| message | kind | what it is | verdict to expect |
|---|---|---|---|
{table}
Written by `KEP_FORGE_WRITE=1 cargo test --test forge_judged fixtures` with new keys each time; the same test without the variable has openssl and xmlsec1
judge what is here.
";
