//! Object identifiers of X.509, CMS, CAdES, OCSP, RFC 3161 and of the Turkish profiles, by the names their standards give them.

use der::asn1::ObjectIdentifier;

const fn o(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

// Hashes.
pub const MD5: ObjectIdentifier = o("1.2.840.113549.2.5");
pub const SHA1: ObjectIdentifier = o("1.3.14.3.2.26");
pub const SHA224: ObjectIdentifier = o("2.16.840.1.101.3.4.2.4");
pub const SHA256: ObjectIdentifier = o("2.16.840.1.101.3.4.2.1");
pub const SHA384: ObjectIdentifier = o("2.16.840.1.101.3.4.2.2");
pub const SHA512: ObjectIdentifier = o("2.16.840.1.101.3.4.2.3");
pub const SHA3_224: ObjectIdentifier = o("2.16.840.1.101.3.4.2.7");
pub const SHA3_256: ObjectIdentifier = o("2.16.840.1.101.3.4.2.8");
pub const SHA3_384: ObjectIdentifier = o("2.16.840.1.101.3.4.2.9");
pub const SHA3_512: ObjectIdentifier = o("2.16.840.1.101.3.4.2.10");

// Keys and signatures.
pub const RSA_ENCRYPTION: ObjectIdentifier = o("1.2.840.113549.1.1.1");
pub const RSA_MD5: ObjectIdentifier = o("1.2.840.113549.1.1.4");
pub const RSA_SHA1: ObjectIdentifier = o("1.2.840.113549.1.1.5");
pub const MGF1: ObjectIdentifier = o("1.2.840.113549.1.1.8");
pub const RSA_PSS: ObjectIdentifier = o("1.2.840.113549.1.1.10");
pub const RSA_SHA256: ObjectIdentifier = o("1.2.840.113549.1.1.11");
pub const RSA_SHA384: ObjectIdentifier = o("1.2.840.113549.1.1.12");
pub const RSA_SHA512: ObjectIdentifier = o("1.2.840.113549.1.1.13");
pub const RSA_SHA224: ObjectIdentifier = o("1.2.840.113549.1.1.14");
pub const RSA_SHA3_224: ObjectIdentifier = o("2.16.840.1.101.3.4.3.13");
pub const RSA_SHA3_256: ObjectIdentifier = o("2.16.840.1.101.3.4.3.14");
pub const RSA_SHA3_384: ObjectIdentifier = o("2.16.840.1.101.3.4.3.15");
pub const RSA_SHA3_512: ObjectIdentifier = o("2.16.840.1.101.3.4.3.16");
pub const EC_PUBLIC_KEY: ObjectIdentifier = o("1.2.840.10045.2.1");
pub const ECDSA_SHA1: ObjectIdentifier = o("1.2.840.10045.4.1");
pub const ECDSA_SHA224: ObjectIdentifier = o("1.2.840.10045.4.3.1");
pub const ECDSA_SHA256: ObjectIdentifier = o("1.2.840.10045.4.3.2");
pub const ECDSA_SHA384: ObjectIdentifier = o("1.2.840.10045.4.3.3");
pub const ECDSA_SHA512: ObjectIdentifier = o("1.2.840.10045.4.3.4");
pub const ECDSA_SHA3_256: ObjectIdentifier = o("2.16.840.1.101.3.4.3.10");
pub const ECDSA_SHA3_384: ObjectIdentifier = o("2.16.840.1.101.3.4.3.11");
pub const ECDSA_SHA3_512: ObjectIdentifier = o("2.16.840.1.101.3.4.3.12");
pub const DSA: ObjectIdentifier = o("1.2.840.10040.4.1");
pub const DSA_SHA1: ObjectIdentifier = o("1.2.840.10040.4.3");
pub const DSA_SHA224: ObjectIdentifier = o("2.16.840.1.101.3.4.3.1");
pub const DSA_SHA256: ObjectIdentifier = o("2.16.840.1.101.3.4.3.2");
pub const ED25519: ObjectIdentifier = o("1.3.101.112");
/// NIST P-192 to P-521 and the Brainpool curves of 256, 384 and 512 bits; which are long enough is decided by date.
pub const SECP384R1: ObjectIdentifier = o("1.3.132.0.34");
pub const SECP521R1: ObjectIdentifier = o("1.3.132.0.35");
pub const NAMED_CURVES: [ObjectIdentifier; 8] = [
    o("1.2.840.10045.3.1.1"),
    o("1.3.132.0.33"),
    o("1.2.840.10045.3.1.7"),
    SECP384R1,
    SECP521R1,
    o("1.3.36.3.3.2.8.1.1.7"),
    o("1.3.36.3.3.2.8.1.1.11"),
    o("1.3.36.3.3.2.8.1.1.13"),
];

// Names.
pub const COMMON_NAME: ObjectIdentifier = o("2.5.4.3");
pub const SERIAL_NUMBER: ObjectIdentifier = o("2.5.4.5");
pub const ORGANIZATION: ObjectIdentifier = o("2.5.4.10");
pub const EMAIL_ADDRESS: ObjectIdentifier = o("1.2.840.113549.1.9.1");

// Certificate and CRL extensions.
pub const SUBJECT_KEY_ID: ObjectIdentifier = o("2.5.29.14");
pub const KEY_USAGE: ObjectIdentifier = o("2.5.29.15");
pub const SUBJECT_ALT_NAME: ObjectIdentifier = o("2.5.29.17");
pub const ISSUER_ALT_NAME: ObjectIdentifier = o("2.5.29.18");
pub const BASIC_CONSTRAINTS: ObjectIdentifier = o("2.5.29.19");
pub const CRL_NUMBER: ObjectIdentifier = o("2.5.29.20");
pub const REASON_CODE: ObjectIdentifier = o("2.5.29.21");
pub const INVALIDITY_DATE: ObjectIdentifier = o("2.5.29.24");
pub const DELTA_CRL: ObjectIdentifier = o("2.5.29.27");
pub const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = o("2.5.29.28");
pub const CERTIFICATE_ISSUER: ObjectIdentifier = o("2.5.29.29");
pub const NAME_CONSTRAINTS: ObjectIdentifier = o("2.5.29.30");
pub const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = o("2.5.29.31");
pub const CERTIFICATE_POLICIES: ObjectIdentifier = o("2.5.29.32");
pub const ANY_POLICY: ObjectIdentifier = o("2.5.29.32.0");
pub const POLICY_MAPPINGS: ObjectIdentifier = o("2.5.29.33");
pub const AUTHORITY_KEY_ID: ObjectIdentifier = o("2.5.29.35");
pub const POLICY_CONSTRAINTS: ObjectIdentifier = o("2.5.29.36");
pub const EXTENDED_KEY_USAGE: ObjectIdentifier = o("2.5.29.37");
pub const FRESHEST_CRL: ObjectIdentifier = o("2.5.29.46");
pub const INHIBIT_ANY_POLICY: ObjectIdentifier = o("2.5.29.54");
pub const EXPIRED_CERTS_ON_CRL: ObjectIdentifier = o("2.5.29.60");
pub const AUTHORITY_INFO_ACCESS: ObjectIdentifier = o("1.3.6.1.5.5.7.1.1");
pub const QC_STATEMENTS: ObjectIdentifier = o("1.3.6.1.5.5.7.1.3");
pub const USER_NOTICE: ObjectIdentifier = o("1.3.6.1.5.5.7.2.2");
pub const EKU_TIME_STAMPING: ObjectIdentifier = o("1.3.6.1.5.5.7.3.8");
pub const ACCESS_OCSP: ObjectIdentifier = o("1.3.6.1.5.5.7.48.1");
pub const ACCESS_CA_ISSUERS: ObjectIdentifier = o("1.3.6.1.5.5.7.48.2");
pub const EKU_OCSP_SIGNING: ObjectIdentifier = o("1.3.6.1.5.5.7.3.9");

// Qualified statements and the Turkish profile.
/// id-etsi-qcs-QcCompliance.
pub const QC_COMPLIANCE: ObjectIdentifier = o("0.4.0.1862.1.1");
/// BTK: nitelikli elektronik sertifika (law 5070).
pub const BTK_QUALIFIED: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.1.1");
/// BTK: kurumsal mühür, beside the statement above.
pub const BTK_INSTITUTIONAL_SEAL: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.1.3");
/// BTK: nitelikli elektronik mühür, the newer compliance statement …
pub const BTK_QUALIFIED_SEAL: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.2.1");
/// … and its usage statement.
pub const BTK_QUALIFIED_SEAL_USE: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.2.2");
/// Kamu SM: mali mühür policy and its signing usage.
pub const FISCAL_SEAL_POLICY: ObjectIdentifier = o("2.16.792.1.2.1.1.5.7.4.1");
pub const FISCAL_SEAL_SIGNING: ObjectIdentifier = o("2.16.792.1.2.1.1.5.7.50.1");
/// BTK usage profiles P2, P3, P4.
pub const PROFILE_P2: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.3.1.1");
pub const PROFILE_P3: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.3.2.1");
pub const PROFILE_P4: ObjectIdentifier = o("2.16.792.1.61.0.1.5070.3.3.1");

// CMS and CAdES.
pub const DATA: ObjectIdentifier = o("1.2.840.113549.1.7.1");
pub const SIGNED_DATA: ObjectIdentifier = o("1.2.840.113549.1.7.2");
pub const TST_INFO: ObjectIdentifier = o("1.2.840.113549.1.9.16.1.4");
pub const RI_OCSP_RESPONSE: ObjectIdentifier = o("1.3.6.1.5.5.7.16.2");
pub const CONTENT_TYPE: ObjectIdentifier = o("1.2.840.113549.1.9.3");
pub const MESSAGE_DIGEST: ObjectIdentifier = o("1.2.840.113549.1.9.4");
pub const SIGNING_TIME: ObjectIdentifier = o("1.2.840.113549.1.9.5");
pub const COUNTER_SIGNATURE: ObjectIdentifier = o("1.2.840.113549.1.9.6");
pub const ALGORITHM_PROTECTION: ObjectIdentifier = o("1.2.840.113549.1.9.52");
pub const SIGNING_CERTIFICATE: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.12");
pub const SIGNING_CERTIFICATE_V2: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.47");
pub const SIGNATURE_POLICY: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.15");
pub const POLICY_URI: ObjectIdentifier = o("1.2.840.113549.1.9.16.5.1");
pub const CONTENT_TIMESTAMP: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.20");
pub const SIGNATURE_TIMESTAMP: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.14");
pub const CERTIFICATE_REFS: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.21");
pub const REVOCATION_REFS: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.22");
pub const CERTIFICATE_VALUES: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.23");
pub const REVOCATION_VALUES: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.24");
pub const CADES_C_TIMESTAMP: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.25");
pub const REFS_TIMESTAMP: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.26");
pub const ARCHIVE_TIMESTAMP_V1: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.27");
pub const ARCHIVE_TIMESTAMP_V2: ObjectIdentifier = o("1.2.840.113549.1.9.16.2.48");
pub const ARCHIVE_TIMESTAMP_V3: ObjectIdentifier = o("0.4.0.1733.2.4");
pub const ATS_HASH_INDEX: ObjectIdentifier = o("0.4.0.1733.2.5");
pub const ATS_HASH_INDEX_V3: ObjectIdentifier = o("0.4.0.19122.1.5");

/// Attributes that stand beside a signature and are processed; what else stands there is only named.
pub fn is_unsigned_attribute(id: &ObjectIdentifier) -> bool {
    [
        COUNTER_SIGNATURE,
        SIGNATURE_TIMESTAMP,
        CERTIFICATE_REFS,
        REVOCATION_REFS,
        CERTIFICATE_VALUES,
        REVOCATION_VALUES,
        CADES_C_TIMESTAMP,
        REFS_TIMESTAMP,
        ARCHIVE_TIMESTAMP_V1,
        ARCHIVE_TIMESTAMP_V2,
        ARCHIVE_TIMESTAMP_V3,
    ]
    .contains(id)
}

// OCSP.
pub const OCSP_BASIC: ObjectIdentifier = o("1.3.6.1.5.5.7.48.1.1");
pub const OCSP_NONCE: ObjectIdentifier = o("1.3.6.1.5.5.7.48.1.2");
pub const OCSP_NOCHECK: ObjectIdentifier = o("1.3.6.1.5.5.7.48.1.5");
pub const OCSP_ARCHIVE_CUTOFF: ObjectIdentifier = o("1.3.6.1.5.5.7.48.1.6");
