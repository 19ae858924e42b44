//! What tells a court's expert how to check the case file, in Turkish and English, and the same checks as a script for any POSIX shell.

use std::fmt::Write;

use super::journal::Kept;
use super::objects::{OTHERS, PATHS, ROOTS, Written};
use crate::paper::chain::Chain;
use crate::paper::words::exact_time;
use crate::signature::report::{Indication, SubIndication};

pub const SCRIPT: &str = "denetle.sh";

/// A check by openssl.
pub struct Command {
    /// In ASCII letters: it stands in a script.
    pub about: String,
    pub line: String,
    /// What the gateway found of this signature, in ASCII letters; `None` for what is judged as a part of another.
    pub recorded: Option<String>,
    /// The gateway found this signature valid, so a failure of the command is a failure of the case file.
    pub must_pass: bool,
}

/// What the texts tell of.
pub struct Told<'a> {
    pub number: &'a str,
    pub chain: &'a Chain,
    pub kept: &'a [Kept],
    pub objects: &'a Written,
    pub commands: &'a [Command],
    /// The verdict over all, in ASCII letters.
    pub recorded: String,
    /// The whole message is here.
    pub whole: bool,
}

/// What `openssl cms` goes by.
pub fn trust(objects: &Written) -> String {
    if objects.has_roots {
        format!(" -CAfile {PATHS}")
    } else {
        " -noverify".to_owned()
    }
}

/// What `openssl ts` goes by.
pub fn stamp_trust(objects: &Written) -> String {
    let untrusted = if objects.has_others {
        format!(" -untrusted {OTHERS}")
    } else {
        String::new()
    };
    format!(" -CAfile {ROOTS}{untrusted}")
}

/// A verdict as a script may print it: in both languages, and by its name in the standard.
pub fn recorded(indication: Option<Indication>, sub: Option<SubIndication>) -> String {
    let words = match indication {
        Some(Indication::Passed) => "GECERLI / VALID (TOTAL-PASSED",
        Some(Indication::Indeterminate) => "BELIRSIZ / UNDETERMINED (INDETERMINATE",
        Some(Indication::Failed) => "GECERSIZ / INVALID (TOTAL-FAILED",
        None => return "SONUC YOK / NO VERDICT".to_owned(),
    };
    let sub = sub.and_then(|sub| serde_json::to_value(sub).ok());
    let sub = sub.as_ref().and_then(|sub| sub.as_str()).map(|sub| format!(", {sub}"));
    format!("{words}{})", sub.unwrap_or_default())
}

pub fn turkish(told: &Told<'_>) -> String {
    let head = told.chain.head;
    let mut out = format!(
        "DAVA DOSYASI  {}\n\nBu dosya, kayıt numarası yukarıda yazılı belgeye ait her baytı, doğrulama sonucunu ve dayanaklarını içerir. Denetlemek için\n\
         kep-gateway gerekmez: sha256sum, openssl, od ve herhangi bir POSIX kabuğu yeter. Bütün denetimler:\n\n    sh {SCRIPT}\n\n",
        told.number
    );
    if !told.whole {
        out.push_str(
            "Bu dosya kısmidir: iletinin kendisi ve kayıt anındaki günlük kaydı, isteyen kişinin görme yetkisinin dışında bilgi de içerdiği\n\
             için burada yoktur; iletinin tümünü görebilen biri tam dosyayı alabilir.\n\n",
        );
    }
    missing_lines(
        told,
        "EKSİK: sonucun dayandığı şu dosyalar, bu dosya alınırken depoda yoktu ya da bozuktu; kayıttaki sonuç onlarla verilmişti:",
        &mut out,
    );
    out.push_str(
        "İçindekiler\n  ileti.eml        sunucudan alındığı gibi ileti\n  paketler/        iletideki e-Yazışma paketleri\n  parcalar/        iletinin ve paketlerin her parçası; asıl adları manifest.json'dadır\n\
         \x20 deliller/        KEP delilleri (XML, imzalı)\n  imzalar/         imzalar (CMS, DER) ve imzanın altındaki baytlar\n  sertifikalar/    sonucun dayandığı sertifikalar, adlarında rolleri\n\
         \x20 iptal/           iptal listeleri ve OCSP yanıtları (DER)\n  sonuc/           doğrulama sonucu (PDF ve JSON), delil dökümü (PDF)\n  gunluk/          bu kayda ilişkin günlük kayıtları, özetlendikleri gibi\n\
         \x20 zincir.txt       günlük zincirinin özetleri\n  manifest.json    her dosyanın ne olduğu\n  SHA256SUMS       her dosyanın özeti\n\n",
    );
    let _ = write!(
        out,
        "1. Dosyalar değişmemiş mi\n\n    sha256sum -c SHA256SUMS\n\n\
         2. Günlük kayıtları\n\n   gunluk/kayit-N.bin dosyasının SHA-256 özeti, zincir.txt'de N numaralı satırdaki özettir; dosyanın 28-59. baytları bir önceki kaydın\n\
         \x20  özetidir. Kaydın türü ve JSON gövdesi 62. bayttan sonra okunur. Kayıt, iletinin özetini içerir:\n\n"
    );
    chain_lines(told, &mut out);
    let _ = write!(
        out,
        "\n   Aradaki kayıtlar başka belgelere aittir; burada yalnız özetleri vardır ve bu dosya onların birbirine bağlı olduğunu tek başına\n\
         \x20  göstermez. Bunu iki yoldan biri gösterir: kurumun günlük raporlarıyla dışarı giden zincir başlarını zincir.txt'de bulmak, ya da kurumun\n\
         \x20  deposunda 'kep-gateway papers check DOSYA.zip' çalıştırmak (listeyi günlükle karşılaştırır). Bu dosya alınırken zincirin başı: {} {} ({})\n\n\
         3. İmzalar, zaman damgaları, iptal bilgisi (openssl)\n\n   Kökler kurumun güvendiği köklerdir; bir kökün gerçek olduğunu, parmak izini yayıncısının duyurusuyla karşılaştırarak denetleyin:\n\n",
        head.sequence,
        head.hash,
        exact_time(told.chain.at)
    );
    openssl_lines(told, &mut out);
    out.push_str(
        "\n   openssl imza matematiğini, sertifika yolunu ve zamanı denetler; sertifikanın İPTAL EDİLİP EDİLMEDİĞİNİ DENETLEMEZ. İptal edilmiş bir\n\
         \x20  sertifikayla atılan imzanın matematiği de tutar: geçerli olup olmadığını, betiğin \"SONUC\" satırlarında yazan kayıttaki sonuç söyler.\n\
         \x20  İptal bilgisi iptal/ klasöründedir. Nitelikli imza profili (ETSI, BTK) denetimlerinin tümü\n\
         \x20  sonuc/dogrulama.pdf ve sonuc/dogrulama.json dosyalarındadır. XML deliller için: xmlsec1 --verify --enabled-key-data x509.\n\
         \x20  Paket imzası, paket özetini (PaketOzeti.xml ya da NihaiOzet.xml) imzalar; öteki parçaların özetleri onun içindedir.\n",
    );
    out
}

pub fn english(told: &Told<'_>) -> String {
    let head = told.chain.head;
    let mut out = format!(
        "CASE FILE  {}\n\nThis file holds every byte of the document with the register number above, the verdict and what it rests on. Checking it needs no\n\
         kep-gateway: sha256sum, openssl, od and any POSIX shell are enough. All checks:\n\n    sh {SCRIPT}\n\n",
        told.number
    );
    if !told.whole {
        out.push_str(
            "This file is partial: the message itself and the journal record of its registration also hold what the asking person may not see, so\n\
             they are not here; somebody who may see the whole message can ask for the whole file.\n\n",
        );
    }
    missing_lines(
        told,
        "MISSING: these files, which the verdict rests on, were not in the store, or damaged, when this file was made; the recorded verdict was given with them:",
        &mut out,
    );
    out.push_str(
        "Content\n  ileti.eml        the message as it came from the server\n  paketler/        the e-Yazisma packages in it\n  parcalar/        every part of message and packages; their own names stand in manifest.json\n\
         \x20 deliller/        KEP evidence (signed XML)\n  imzalar/         signatures (CMS, DER) and the octets under them\n  sertifikalar/    certificates that the verdict rests on, named by role\n\
         \x20 iptal/           revocation lists and OCSP responses (DER)\n  sonuc/           the verdict (PDF and JSON) and the evidence sheet (PDF)\n  gunluk/          the journal records about this entry, as they were hashed\n\
         \x20 zincir.txt       hashes of the journal's chain\n  manifest.json    what each file is\n  SHA256SUMS       the hash of each file\n\n",
    );
    out.push_str(
        "1. Are the files unchanged?\n\n    sha256sum -c SHA256SUMS\n\n\
         2. The journal records\n\n   The SHA-256 of gunluk/kayit-N.bin is the hash in line N of zincir.txt; bytes 28 to 59 of the file are the hash of the record before it.\n\
         \x20  Kind and JSON body are readable from byte 62 on. The record holds the hash of the message:\n\n",
    );
    chain_lines(told, &mut out);
    let _ = write!(
        out,
        "\n   The records in between belong to other documents; only their hashes are here, and this file alone does not show that they are linked.\n\
         \x20  Either of two things does: finding the chain heads that left the institution with its daily reports in zincir.txt, or running\n\
         \x20  'kep-gateway papers check FILE.zip' on the institution's store, which compares the list with the journal. Head of the chain when this file was made: {} {} ({})\n\n\
         3. Signatures, time stamps, revocation (openssl)\n\n   The roots are those that the institution trusts; compare their fingerprints with what their publisher announces:\n\n",
        head.sequence,
        head.hash,
        exact_time(told.chain.at)
    );
    openssl_lines(told, &mut out);
    out.push_str(
        "\n   openssl checks the mathematics, the path of certificates and the time; it does NOT CHECK REVOCATION. The mathematics of a signature\n\
         \x20  made with a revoked certificate holds too: whether it is valid is told by the recorded verdict, in the script's lines that begin\n\
         \x20  with SONUC. The revocation data lie in iptal/. All checks of the profiles for qualified signatures (ETSI, BTK)\n\
         \x20  stand in sonuc/dogrulama.pdf and sonuc/dogrulama.json. For XML evidence: xmlsec1 --verify --enabled-key-data x509.\n\
         \x20  The signature of a package signs its digest document (PaketOzeti.xml or NihaiOzet.xml); the digests of the other parts are in there.\n",
    );
    out
}

fn missing_lines(told: &Told<'_>, head: &str, out: &mut String) {
    if told.objects.missing.is_empty() {
        return;
    }
    let _ = writeln!(out, "{head}\n");
    for missing in &told.objects.missing {
        let _ = writeln!(out, "    {}", missing.name());
    }
    out.push('\n');
}

fn chain_lines(told: &Told<'_>, out: &mut String) {
    for kept in told.kept {
        let _ = writeln!(out, "    sha256sum {}    # {}", kept.file, kept.kind);
        let _ = writeln!(out, "    od -An -tx1 -v -j28 -N32 {}", kept.file);
    }
}

fn openssl_lines(told: &Told<'_>, out: &mut String) {
    if told.objects.has_roots {
        let _ = writeln!(
            out,
            "    # each root with its fingerprint\n    openssl storeutl -noout -certs -text {ROOTS} | grep -E 'Subject:|Not After'"
        );
        let _ = writeln!(out, "    openssl x509 -in {ROOTS} -noout -subject -fingerprint -sha256\n");
    }
    for command in told.commands {
        let _ = writeln!(out, "    # {}\n    {}\n", command.about, command.line);
    }
    for crl in &told.objects.crls {
        let _ = writeln!(out, "    openssl crl -inform DER -in {crl} -noout -issuer -lastupdate -nextupdate");
    }
    for answer in &told.objects.answers {
        let _ = writeln!(out, "    openssl ocsp -respin {answer} -noverify -resp_text");
    }
}

/// The checks as a script: prints a line for each, ends with 1 when one failed. What openssl accepts is called right only where the recorded
/// verdict is valid: a revoked signature's mathematics holds too, and nobody may read that as a pass.
pub fn script(told: &Told<'_>) -> String {
    let mut out = String::from(
        "#!/bin/sh\n# Dava dosyasini denetler; checks the case file. POSIX sh, sha256sum, od, openssl.\ncd \"$(dirname \"$0\")\" || exit 2\nhata=0\n\
         de() { if [ \"$1\" -eq 0 ]; then echo \"TAMAM  $2\"; else echo \"HATA   $2\"; hata=1; fi; }\n\
         bil() { if [ \"$1\" -eq 0 ]; then echo \"BILGI  $2: matematik tutuyor, sonuc yukarida / the mathematics holds, the verdict stands above\"; \
         else echo \"BILGI  $2: openssl kabul etmedi / not accepted by openssl\"; fi; }\n\
         echo 'Bu betik dosyalarin butunlugunu, gunluk kayitlarini ve imza matematigini denetler; iptali DENETLEMEZ.'\n\
         echo 'This script checks the integrity of the files, the journal records and the mathematics of signatures; it does NOT check revocation.'\n\n\
         sha256sum -c --quiet --strict SHA256SUMS\nde $? \"dosyalar / files: SHA256SUMS\"\n\n\
         onceki=0000000000000000000000000000000000000000000000000000000000000000\n\
         while read -r sira ozet dosya; do\n\
         \x20   case \"$sira\" in '#'*|'') continue;; bas) continue;; esac\n\
         \x20   if [ \"$dosya\" != \"-\" ]; then\n\
         \x20       [ \"$(sha256sum < \"$dosya\" | cut -c1-64)\" = \"$ozet\" ]; de $? \"kayit / record $sira: ozet / hash\"\n\
         \x20       [ \"$(od -An -tx1 -v -j28 -N32 \"$dosya\" | tr -d ' \\n')\" = \"$onceki\" ]; de $? \"kayit / record $sira: onceki / previous\"\n\
         \x20   fi\n    onceki=$ozet\ndone < zincir.txt\n",
    );
    let _ = writeln!(
        out,
        "[ \"$onceki\" = \"{}\" ]; de $? \"zincirin basi / chain head {}\"\n",
        told.chain.head.hash, told.chain.head.sequence
    );
    if told.whole {
        out.push_str("ileti=$(sha256sum < ileti.eml | cut -c1-64)\n");
        for kept in told
            .kept
            .iter()
            .filter(|kept| matches!(kept.kind.as_str(), "fetched" | "registered"))
        {
            let file = &kept.file;
            let _ = writeln!(out, "case \"$(tr -d '\\000' < {file})\" in *\"$ileti\"*) s=0;; *) s=1;; esac");
            let _ = writeln!(out, "ilgili=\"$ilgili$s\"");
        }
        out.push_str("case \"$ilgili\" in *0*) s=0;; *) s=1;; esac; de $s \"ileti kayitlarda / the message is in the records\"\n\n");
    }
    for command in told.commands {
        let judge = if command.must_pass { "de" } else { "bil" };
        if let Some(recorded) = &command.recorded {
            let _ = writeln!(
                out,
                "echo 'SONUC  {}: kayittaki sonuc / recorded verdict: {recorded}'",
                command.about
            );
        }
        let _ = writeln!(out, "{} > /dev/null 2>&1\n{judge} $? \"{}\"", command.line, command.about);
    }
    for missing in &told.objects.missing {
        let _ = writeln!(out, "echo 'EKSIK  MISSING: {}'; hata=1", missing.name());
    }
    let _ = writeln!(
        out,
        "\necho 'SONUC  belge / document: kayittaki sonuc / recorded verdict: {}'",
        told.recorded
    );
    out.push_str("exit $hata\n");
    out
}
