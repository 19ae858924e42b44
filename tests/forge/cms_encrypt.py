"""Encrypts in forms that `openssl cms` does not write: with asn1crypto's structures and cryptography's primitives.

Usage: cms_encrypt.py FORM CONTENT RECIPIENT.der OUT
"""
import os
import sys

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes, keywrap, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

form, content_file, recipient_file, out = sys.argv[1:]
content = open(content_file, "rb").read()
recipient = x509.Certificate.load(open(recipient_file, "rb").read())
public = serialization.load_der_public_key(recipient.public_key.dump())


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        length = bytes([len(body)])
    else:
        size = (len(body).bit_length() + 7) // 8
        length = bytes([0x80 | size]) + len(body).to_bytes(size, "big")
    return bytes([tag]) + length + body


def indefinite(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def oid(dotted):
    return core.ObjectIdentifier(dotted).dump()


def issuer_serial():
    return tlv(0x30, recipient.issuer.dump(), core.Integer(recipient.serial_number).dump())


def pieces(ciphertext, tag):
    """A constructed OCTET STRING in uneven pieces, one of them constructed itself."""
    parts = [ciphertext[at:at + 1000] for at in range(0, len(ciphertext), 1000)]
    values = [tlv(0x04, part) for part in parts]
    return indefinite(tag, indefinite(0x24, *values[:2]), tlv(0x24, *values[2:3]), *values[3:], tlv(0x04, b""))


def cbc(key):
    iv = os.urandom(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return iv, encryptor.update(padded) + encryptor.finalize()


def ktri(key, algorithm, pad):
    return tlv(0x30, core.Integer(0).dump(), issuer_serial(), algorithm, tlv(0x04, public.encrypt(key, pad)))


def oaep(key, digest, mgf, label, names):
    def digest_id(name):
        return algos.DigestAlgorithm({"algorithm": name, "parameters": core.Null()}).dump()
    parameters = tlv(
        0x30,
        tlv(0xa0, digest_id(names[0])),
        tlv(0xa1, tlv(0x30, oid("1.2.840.113549.1.1.8"), digest_id(names[1]))),
        *([tlv(0xa2, tlv(0x30, oid("1.2.840.113549.1.1.9"), tlv(0x04, label)))] if label else []),
    )
    algorithm = tlv(0x30, oid("1.2.840.113549.1.1.7"), parameters)
    return ktri(key, algorithm, rsa_padding.OAEP(rsa_padding.MGF1(mgf()), digest(), label or None))


def kari(key, scheme, digest, wrap, length, ukm):
    ephemeral = ec.generate_private_key(public.curve)
    secret = ephemeral.exchange(ec.ECDH(), public)
    wrap_algorithm = tlv(0x30, oid(wrap))
    shared = tlv(
        0x30,
        wrap_algorithm,
        *([tlv(0xa0, tlv(0x04, ukm))] if ukm else []),
        tlv(0xa2, tlv(0x04, (length * 8).to_bytes(4, "big"))),
    )
    wrapping = X963KDF(digest(), length, shared).derive(secret)
    point = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    originator = tlv(0xa0, tlv(0xa1, tlv(0x30, oid("1.2.840.10045.2.1")), tlv(0x03, b"\0" + point)))
    return tlv(
        0xa1,
        core.Integer(3).dump(),
        originator,
        *([tlv(0xa1, tlv(0x04, ukm))] if ukm else []),
        tlv(0x30, oid(scheme), wrap_algorithm),
        tlv(0x30, tlv(0x30, issuer_serial(), tlv(0x04, keywrap.aes_key_wrap(wrapping, key)))),
    )


def enveloped(recipients, cipher, parameters, content_value):
    info = indefinite(0x30, oid("1.2.840.113549.1.7.1"), tlv(0x30, oid(cipher), parameters), content_value)
    body = indefinite(0x30, core.Integer(2).dump(), indefinite(0x31, *recipients), info)
    return indefinite(0x30, oid("1.2.840.113549.1.7.3"), indefinite(0xa0, body))


def auth_enveloped(recipients, key, wrong_attribute=False):
    nonce = os.urandom(12)
    kind = "1.2.840.113549.1.7.2" if wrong_attribute else "1.2.840.113549.1.7.1"
    attributes = sorted([
        tlv(0x30, oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(kind))),
        tlv(0x30, oid("1.2.840.113549.1.9.16.2.4"), tlv(0x31, tlv(0x0c, b"belge.eyp"))),
    ])
    sealed = AESGCM(key).encrypt(nonce, content, tlv(0x31, *attributes))
    ciphertext, tag = sealed[:-16], sealed[-16:]
    parameters = tlv(0x30, tlv(0x04, nonce), core.Integer(16).dump())
    info = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0x30, oid("2.16.840.1.101.3.4.1.46"), parameters), pieces(ciphertext, 0xa0))
    body = tlv(0x30, core.Integer(0).dump(), tlv(0x31, *recipients), info, tlv(0xa1, *attributes), tlv(0x04, tag))
    return tlv(0x30, oid("1.2.840.113549.1.9.16.1.23"), tlv(0xa0, body))


AES = {16: "2.16.840.1.101.3.4.1.2", 24: "2.16.840.1.101.3.4.1.22", 32: "2.16.840.1.101.3.4.1.42"}


def by_cbc(length, recipient_of):
    key = os.urandom(length)
    iv, ciphertext = cbc(key)
    return enveloped([recipient_of(key)], AES[length], tlv(0x04, iv), pieces(ciphertext, 0xa0))


def by_gcm(recipient_of, **more):
    key = os.urandom(32)
    return auth_enveloped([recipient_of(key)], key, **more)


def ours(form):
    if form == "oaep-256-1":
        return by_cbc(32, lambda key: oaep(key, hashes.SHA256, hashes.SHA1, b"", ("sha256", "sha1")))
    if form == "oaep-384-label":
        return by_cbc(24, lambda key: oaep(key, hashes.SHA384, hashes.SHA384, b"etiket", ("sha384", "sha384")))
    if form == "oaep-gcm-attributes":
        return by_gcm(lambda key: oaep(key, hashes.SHA256, hashes.SHA256, b"", ("sha256", "sha256")))
    if form == "oaep-gcm-wrong-attribute":
        return by_gcm(lambda key: oaep(key, hashes.SHA256, hashes.SHA256, b"", ("sha256", "sha256")), wrong_attribute=True)
    if form == "ecdh-256-ukm":
        return by_cbc(16, lambda key: kari(key, "1.3.132.1.11.1", hashes.SHA256, "2.16.840.1.101.3.4.1.5", 16, b"malzeme"))
    if form == "ecdh-384-192":
        return by_cbc(32, lambda key: kari(key, "1.3.132.1.11.2", hashes.SHA384, "2.16.840.1.101.3.4.1.25", 24, b""))
    if form == "ecdh-512-cofactor-gcm":
        return by_gcm(lambda key: kari(key, "1.3.132.1.14.3", hashes.SHA512, "2.16.840.1.101.3.4.1.45", 32, b""))
    raise SystemExit(f"no such form: {form}")


made = ours(form)
if form == "oaep-256-1":
    # What was written by hand is what another reader reads.
    parsed = cms.ContentInfo.load(made)
    assert parsed["content_type"].native == "enveloped_data", parsed["content_type"].native
open(out, "wb").write(made)
