"""Opens what the forge made, with Python's own MIME, ZIP, XML and hash code, and prints what it found as JSON lines.

usage: judge.py OUT FILE.eml...   Pieces that other programs judge are left in OUT/<name>/.
"""
import base64, email, hashlib, io, json, os, re, sys, zipfile
import xml.etree.ElementTree as ET
from email import policy

HASHES = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}


def digests(archive, member):
    """Every reference of a digest document against the bytes of the parts it names."""
    bad = []
    for reference in ET.fromstring(archive.read(member)).iter():
        if not reference.tag.endswith("}Reference"):
            continue
        uri = reference.get("URI").lstrip("/")
        values = [e for e in reference.iter() if e.tag.endswith(("}DigestMethod", "}DigestValue"))]
        for method, value in zip(values[::2], values[1::2]):
            name = method.get("Algorithm").split("#")[1]
            if uri not in archive.namelist():
                bad.append(uri + " missing")
            elif hashlib.new(HASHES[name], archive.read(uri)).digest() != base64.b64decode(value.text):
                bad.append(uri)
    return sorted(set(bad))


def tlv(data, at=0):
    """Tag, content range and end of one definite-length value."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[at + 2: start], "big")
    return tag, data[start: start + length], start + length


def children(content):
    at, out = 0, []
    while at < len(content):
        tag, body, end = tlv(content, at)
        out.append((tag, body, content[at:end]))
        at = end
    return out


SIGNATURE_TIMESTAMP = bytes.fromhex("2a864886f70d010910020e")


def timestamps(cms, stem):
    """The signature value and the time-stamp token of every SignerInfo, as files for `openssl ts`."""
    if cms[1] == 0x80:
        return []
    signed_data = children(children(children(tlv(cms)[1])[1][1])[0][1])
    out = []
    for number, (_, signer, _) in enumerate(children(signed_data[-1][1])):
        fields = children(signer)
        signature = [body for tag, body, _ in fields if tag == 0x04][0]
        for _, attribute, _ in [c for tag, body, _ in fields if tag == 0xA1 for c in children(body)]:
            (_, oid, _), (_, values, _) = children(attribute)
            if oid == SIGNATURE_TIMESTAMP:
                path = f"{stem}.{number}"
                open(path + ".token", "wb").write(values)
                open(path + ".signature", "wb").write(signature)
                out.append(path)
    return out


def package(data, folder, found):
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = archive.namelist()
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "zip": archive.testzip() is None and len(names) == len(set(names)), "bad": [], "cms": [], "stamps": []}
    encrypted = any(n.startswith("SifreliIcerik/") for n in names)
    for member in names:
        if member.endswith((".xml", ".rels", ".psmdcp")):
            ET.fromstring(archive.read(member))
        if member.endswith("Ozeti.xml") or member.endswith("NihaiOzet.xml"):
            entry["bad"] += [] if encrypted else digests(archive, member)
    pairs = [("PaketOzeti/PaketOzeti.xml", "Imzalar/ImzaCades.imz"), ("ParafOzeti/ParafOzeti.xml", "Paraflar/ParafImzaCades.imz"),
             ("NihaiOzet/NihaiOzet.xml", "Muhur/MuhurCades.imz"), ("NihaiOzet/NihaiOzet.xml", "Muhurler/MuhurCades.imz")]
    for covered, cms in pairs:
        if cms in names:
            stem = os.path.join(folder, f"{len(found['packages'])}-{os.path.basename(cms)}")
            open(stem, "wb").write(archive.read(cms))
            open(stem + ".content", "wb").write(archive.read(covered))
            entry["cms"].append(stem)
            entry["stamps"] += timestamps(archive.read(cms), stem)
    entry["files"] = {n: hashlib.sha256(archive.read(n)).hexdigest() for n in names}
    found["packages"].append(entry)
    for member in names:
        if member.startswith("OrijinalPaket/"):
            package(archive.read(member), folder, found)


def original(raw):
    """The octets of the carried message, cut out of the raw envelope."""
    start = re.search(rb'filename="AttachedMimeMessage.eml"\r\n\r\n', raw)
    if start:
        return raw[start.end(): raw.index(b"\r\n------=_KEP_", start.end())]
    for part in email.message_from_bytes(raw, policy=policy.default).walk():
        if (part.get_filename() or "").endswith(".eml"):
            return part.get_payload(decode=True)
    return None


def leaves(message, folder, found):
    for part in message.walk():
        name = part.get_filename() or ""
        if part.get_content_type() == "message/rfc822" or name.endswith((".eml", ".p7s")):
            continue
        if name == "smime.p7m":
            found["opaque"] = part.get_payload(decode=True).hex()[:60]
        elif part.get_content_type() == "application/xml":
            data = part.get_payload(decode=True)
            path = os.path.join(folder, f"evidence-{len(found['evidence'])}.xml")
            open(path, "wb").write(data)
            found["evidence"].append({"path": path, "root": ET.fromstring(data).tag.split("}")[1], "sha256": hashlib.sha256(data).hexdigest()})
        elif re.search(r"\.eyp[sg]?$", name):
            package(part.get_payload(decode=True), folder, found)
        elif name:
            found["files"].append(hashlib.sha256(part.get_payload(decode=True)).hexdigest())


def main(out, paths):
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0]
        folder = os.path.join(out, stem)
        os.makedirs(folder, exist_ok=True)
        raw = open(path, "rb").read()
        found = {"name": stem, "packages": [], "evidence": [], "files": [], "original": None, "subject": None}
        message = email.message_from_bytes(raw, policy=policy.default)
        outer = [p for p in message.walk() if p.get_content_type() == "application/xml"]
        found["message_id"] = str(message["Message-ID"]).strip().strip("<>")
        found["subject"] = str(message["Subject"])
        inner = original(raw)
        if inner:
            found["original"] = os.path.join(folder, "original.eml")
            open(found["original"], "wb").write(inner)
            for part in outer:
                path = os.path.join(folder, "evidence-0.xml")
                data = part.get_payload(decode=True)
                open(path, "wb").write(data)
                found["evidence"].append({"path": path, "root": ET.fromstring(data).tag.split("}")[1], "sha256": hashlib.sha256(data).hexdigest()})
            message = email.message_from_bytes(inner, policy=policy.default)
            found["subject"] = str(message["Subject"])
            found["original_message_id"] = str(message["Message-ID"]).strip().strip("<>")
        elif not outer:
            found["original_message_id"] = found["message_id"]
        leaves(message, folder, found)
        print(json.dumps(found))


main(sys.argv[1], sys.argv[2:])
