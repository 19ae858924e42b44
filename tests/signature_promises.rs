//! Where each promise about signatures is held: the attacks that are known on every format, and what a verdict must do. A table of tests
//! that nobody checks is out of date in a week; this one is read by its own test, which looks for every name in the sources.
//!
//! For the next reader: to change a defence, find its row, run its tests, and see them fail with the defence taken out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A promise, and the tests that fail when it is broken: file and function.
type Row = (&'static str, &'static [(&'static str, &'static str)]);

const CMS: &str = "tests/signature_cms_attacks.rs";
const SCENARIOS: &str = "tests/signature_scenarios.rs";
const ATTACKS: &str = "tests/signature_attacks.rs";
const SMIME: &str = "tests/signature_smime_attacks.rs";
const ECDSA: &str = "tests/signature_ecdsa.rs";
const CRLS: &str = "tests/signature_crls.rs";
const CRL_SCOPE: &str = "src/signature/revocation/crl_scope_tests.rs";
const LIMBO: &str = "tests/limbo_cases.rs";
const ANCHOR: &str = "src/signature/path/anchor_tests.rs";
const NAMES: &str = "src/signature/path/name_constraints_tests.rs";
const CERTIFICATE: &str = "src/signature/certificate/certificate_tests.rs";
const JUDGED: &str = "tests/signature_judged.rs";
const PADES: &str = "tests/pades.rs";
const PADES_ATTACKS: &str = "tests/pades_attacks.rs";
const XADES: &str = "tests/xades.rs";
const XADES_ATTACKS: &str = "tests/xades_attacks.rs";
const PACKAGE: &str = "tests/package_attacks.rs";
const ENVELOPE: &str = "src/envelope/hostile_tests.rs";
const ONLINE: &str = "tests/online.rs";
const ADDRESS: &str = "src/signature/online/address_tests.rs";
const LATER: &str = "tests/revalidation.rs";
const TRUST: &str = "tests/trust.rs";
const UNPROTECTED: &str = "tests/unprotected.rs";

/// Known attacks: none reaches TOTAL-PASSED.
const KNOWN_ATTACKS: &[Row] = &[
    (
        "CMS: no signed attributes, or their octets as a content",
        &[
            (CMS, "nothing_is_signed_without_signed_attributes"),
            (ATTACKS, "a_cms_that_binds_nothing_is_no_advanced_signature"),
            (ATTACKS, "the_attributes_themselves_are_no_content"),
        ],
    ),
    (
        "CMS: another content type than the one that was signed",
        &[(CMS, "the_type_that_was_signed_is_the_type_that_is_shown")],
    ),
    (
        "CMS: an attribute twice, or with several values",
        &[(CMS, "an_attribute_that_stands_twice_or_says_two_things_is_refused")],
    ),
    (
        "CMS: attributes in another order than DER's",
        &[(CMS, "attributes_signed_in_one_order_and_sent_in_another_pass_and_it_is_said")],
    ),
    (
        "CMS: indefinite lengths, strings in pieces, depth",
        &[
            (ATTACKS, "what_openssl_signs_as_cades_passes_in_der_and_streamed_ber"),
            (CMS, "depth_and_length_are_bounded"),
            ("src/signature/asn1/ber_tests.rs", "depth_is_bounded_for_both_forms"),
        ],
    ),
    (
        "CMS: a content inside and another one beside",
        &[
            (ATTACKS, "a_detached_signature_holds_for_its_content_only"),
            (SMIME, "the_signature_beside_a_mail_signs_that_mail_and_nothing_else"),
            (PADES_ATTACKS, "every_attack_is_refused_for_what_it_is"),
        ],
    ),
    (
        "CMS: no signer, or several of whom one is good",
        &[
            (JUDGED, "every_case_of_the_forge_is_judged_as_the_trade_does"),
            (SCENARIOS, "of_several_signers_the_worst_is_the_verdict_in_parallel_and_in_series"),
            (SMIME, "the_signature_beside_a_mail_signs_that_mail_and_nothing_else"),
        ],
    ),
    (
        "CMS: other algorithms than were signed, parameters of PSS",
        &[
            (CMS, "the_algorithms_are_those_that_were_signed"),
            (CMS, "the_parameters_of_pss_are_part_of_the_question"),
        ],
    ),
    (
        "CMS: a signature of a file as a counter-signature, or one of another value",
        &[
            (CMS, "a_signature_of_a_file_is_no_counter_signature"),
            (CMS, "a_counter_signature_holds_for_the_value_below_it_only"),
        ],
    ),
    (
        "CMS: attributes that hold nothing",
        &[(CMS, "an_attribute_without_a_value_is_not_there")],
    ),
    (
        "CMS: another certificate of the same key",
        &[
            (CMS, "another_certificate_for_the_same_key_does_not_take_the_signers_place"),
            (CMS, "both_kinds_of_certificate_reference_must_name_the_signer"),
        ],
    ),
    (
        "ECDSA: values out of range, other encodings, other curves",
        &[
            (ECDSA, "values_out_of_range_are_no_signature"),
            (ECDSA, "only_the_one_der_encoding_counts"),
            (ECDSA, "only_named_curves_that_are_known_and_points_that_lie_on_them"),
            (ECDSA, "a_key_verifies_with_its_own_kind_of_scheme_only"),
        ],
    ),
    (
        "S/MIME: another sender than the signer, parts beside the signed one",
        &[
            (SMIME, "another_sender_than_the_signer_is_not_believed"),
            (SMIME, "a_part_beside_the_signed_one_is_not_covered_by_it"),
            (SMIME, "text_around_the_parts_of_a_signed_mail_is_not_shown_as_signed"),
            ("src/message/hostile_tests.rs", "a_display_name_with_another_address_is_told"),
        ],
    ),
    (
        "S/MIME: ends of lines, blanks, transfer encodings; micalg is a hint",
        &[
            (SMIME, "the_signed_octets_are_those_received_up_to_the_ends_of_lines"),
            (
                "src/message/layer_tests.rs",
                "each_way_of_ending_the_signed_text_is_met_by_its_candidate",
            ),
        ],
    ),
    (
        "PDF: forged dictionaries (USF), later content (ISA), moved ranges (SWA), annotations (EAA, SSA), shadows",
        &[
            (PADES_ATTACKS, "every_attack_is_refused_for_what_it_is"),
            (PADES_ATTACKS, "what_may_come_after_a_signature_is_told_and_passes"),
            ("tests/pades_pyhanko.rs", "pyhanko_refuses_what_the_forge_alters"),
        ],
    ),
    (
        "PDF: a form that was filled in afterwards is reported",
        &[(PADES_ATTACKS, "every_attack_is_refused_for_what_it_is")],
    ),
    (
        "PDF: two readings of one structure",
        &[
            (PADES_ATTACKS, "every_attack_is_refused_for_what_it_is"),
            (
                "src/signature/pades/structure/structure_tests.rs",
                "what_two_readers_could_read_differently_is_an_error",
            ),
            (
                "src/signature/pades/structure/structure_tests.rs",
                "a_malformed_cross_reference_is_not_repaired",
            ),
        ],
    ),
    (
        "XML: wrapping: moved or doubled identifiers, objects, properties, manifests",
        &[
            (XADES_ATTACKS, "moved_properties_and_objects_are_refused"),
            (XADES_ATTACKS, "wrapped_documents_are_refused"),
            (XADES_ATTACKS, "properties_must_be_this_signatures_in_their_place_and_typed"),
            (XADES_ATTACKS, "properties_that_no_reference_covers_are_never_a_pass"),
            (XADES_ATTACKS, "manifests_are_followed_and_checked"),
            ("tests/forge_judged.rs", "a_wrapped_evidence_deceives_a_naive_verifier"),
        ],
    ),
    (
        "XML: entities, transforms, addresses on the net and in files",
        &[
            (XADES_ATTACKS, "entities_and_doctypes_are_answered"),
            (
                XADES_ATTACKS,
                "transforms_and_addresses_off_the_list_are_refused_and_never_followed",
            ),
            (ENVELOPE, "xml_made_to_read_files_or_to_explode_is_not_expanded"),
        ],
    ),
    (
        "ZIP: paths, bombs, doubles, headers that contradict, encryption, other data before it",
        &[
            (PACKAGE, "no_trick_with_the_zip_passes"),
            (PACKAGE, "a_package_behind_other_bytes_is_a_package_and_open"),
            (ENVELOPE, "an_entry_that_would_leave_its_folder_is_never_opened"),
            (ENVELOPE, "a_bomb_is_seen_before_it_is_inflated"),
            (ENVELOPE, "two_readers_may_not_see_two_packages"),
            (ENVELOPE, "duplicate_names_are_opened_by_nobody"),
            (ENVELOPE, "encrypted_entries_and_strange_methods_are_refused"),
        ],
    ),
    (
        "CRL, OCSP: huge lists, addresses inside the house, LDAP, redirections",
        &[
            (ONLINE, "what_must_not_be_believed_is_not"),
            (ONLINE, "nobody_is_asked_who_must_not_be"),
            (ONLINE, "a_name_that_changes_its_address_gains_nothing"),
            (ONLINE, "a_redirection_is_not_followed_to_anybody"),
            (ONLINE, "directories_are_not_asked_over_ldap"),
            (ADDRESS, "addresses_that_are_not_the_public_internet_are_refused"),
        ],
    ),
];

/// What a verdict must do.
const PROMISES: &[Row] = &[
    (
        "CAdES at every level, attached and detached, with every defect alone",
        &[(SCENARIOS, "every_scenario_in_every_shape_of_cades_gets_its_verdict")],
    ),
    (
        "CAdES: profiles P1 to P4, policy, the two hours, CRL or OCSP",
        &[
            (SCENARIOS, "every_scenario_in_every_shape_of_cades_gets_its_verdict"),
            (JUDGED, "every_case_of_the_forge_is_judged_as_the_trade_does"),
        ],
    ),
    (
        "CAdES: parallel and serial to any depth",
        &[
            (SCENARIOS, "of_several_signers_the_worst_is_the_verdict_in_parallel_and_in_series"),
            (CMS, "depth_and_length_are_bounded"),
        ],
    ),
    (
        "The grace period is told and validated again by itself",
        &[
            (SCENARIOS, "the_report_says_from_when_on_a_new_validation_can_be_final"),
            (LATER, "a_grace_period_is_waited_for_and_then_final"),
        ],
    ),
    (
        "PAdES at every level in every way to write a PDF, with every defect alone",
        &[
            (PADES, "every_level_passes_in_every_style"),
            (PADES, "every_scenario_is_judged_as_the_trade_does"),
            ("tests/pades_pyhanko.rs", "the_product_accepts_what_pyhanko_signs"),
        ],
    ),
    (
        "PAdES: certification, forms, active content, encrypted and damaged files",
        &[
            (PADES_ATTACKS, "every_attack_is_refused_for_what_it_is"),
            (PADES_ATTACKS, "a_pdf_that_nobody_signed_says_so"),
        ],
    ),
    (
        "XAdES at every level and packaging, both dialects, with every defect alone",
        &[
            (XADES, "every_packaging_and_level_passes_and_xmlsec1_agrees"),
            (XADES, "what_writers_do_differently_passes_too"),
            (XADES, "every_scenario_has_its_verdict"),
            (XADES, "of_several_signers_every_one_counts"),
            (XADES, "the_signer_is_found_among_its_issuers"),
        ],
    ),
    (
        "XAdES: supplied content, counter-signatures, what the profiles ask",
        &[
            (XADES_ATTACKS, "supplied_content_must_be_what_is_signed"),
            (XADES_ATTACKS, "nested_and_countersigning_signatures_stand_where_they_must"),
            (XADES_ATTACKS, "what_the_profiles_ask_of_xades_is_asked"),
        ],
    ),
    (
        "S/MIME: what is shown is what is signed, by whom it is said",
        &[
            (SMIME, "a_mail_signed_by_the_one_who_is_shown_passes"),
            (SMIME, "a_part_beside_the_signed_one_is_not_covered_by_it"),
            (SMIME, "the_signature_beside_a_mail_signs_that_mail_and_nothing_else"),
            ("src/message/layer_tests.rs", "a_signature_over_a_section_does_not_cover_the_layer"),
        ],
    ),
    (
        "Signed attachments of every format are judged with the mail",
        &[(SMIME, "the_signatures_of_attached_documents_are_judged")],
    ),
    (
        "Timestamps: imprint, authority, order; revoked or expired later is fine, before is not",
        &[
            (CMS, "every_timestamp_over_the_content_counts"),
            (SCENARIOS, "every_scenario_in_every_shape_of_cades_gets_its_verdict"),
            ("tests/forge_judged.rs", "time_stamp_tokens_fit_their_data_and_broken_ones_do_not"),
        ],
    ),
    (
        "Proofs of existence by archive timestamps and by the envelope",
        &[
            (SCENARIOS, "an_archive_timestamp_proves_the_age_of_the_counter_signatures_below_it"),
            (ATTACKS, "the_envelope_proves_the_age_of_what_is_inside"),
            (CMS, "more_timestamps_than_anybody_needs_are_not_judged"),
        ],
    ),
    (
        "Path: RFC 5280 section 6, forged anchors",
        &[
            ("tests/pkits.rs", "every_pkits_case_is_judged_as_nist_says"),
            (LIMBO, "every_case_is_judged_as_the_suite_expects_or_its_row_says_why"),
            (
                "tests/limbo.rs",
                "every_limbo_case_is_judged_as_expected_or_the_difference_is_explained",
            ),
            (ATTACKS, "a_root_that_did_not_sign_itself_is_not_taken"),
            (SCENARIOS, "every_scenario_in_every_shape_of_cades_gets_its_verdict"),
        ],
    ),
    (
        "Path: what an anchor says of itself holds, and what has two readings does not help",
        &[
            (ANCHOR, "an_anchor_is_taken_at_its_own_word"),
            (ANCHOR, "an_anchor_bounds_the_path_below_it"),
            (ANCHOR, "the_notified_roots_say_nothing_against_themselves"),
            (NAMES, "what_is_malformed_counts_against_the_name"),
            (NAMES, "a_wildcard_stands_for_the_hosts_below_it"),
            (NAMES, "more_comparisons_than_an_honest_path_needs_are_not_made"),
            (CERTIFICATE, "name_constraints_that_could_mean_all_or_nothing_are_malformed"),
            (CERTIFICATE, "an_extended_key_usage_without_any_usage_is_malformed"),
            (CERTIFICATE, "extensions_stand_in_the_third_version_only"),
            (CERTIFICATE, "nobody_issues_nothing"),
        ],
    ),
    (
        "Path: names in Turkish letters",
        &[
            (
                "src/signature/certificate/name_tests.rs",
                "turkish_letters_fold_within_themselves_only",
            ),
            (
                "src/signature/certificate/name_tests.rs",
                "string_type_case_and_white_space_do_not_matter",
            ),
        ],
    ),
    (
        "Revocation: lists with a scope, delta and indirect lists",
        &[
            (CRLS, "a_list_speaks_of_what_is_in_its_scope"),
            (CRLS, "what_a_delta_adds_counts_and_what_it_cannot_know_does_not"),
            (CRLS, "an_indirect_list_speaks_for_whom_the_certificate_names_it"),
            (
                CRL_SCOPE,
                "a_list_that_names_a_certificate_revokes_it_as_of_its_own_date_at_the_latest",
            ),
            (
                CRL_SCOPE,
                "of_two_entries_about_one_certificate_the_graver_counts_and_since_the_earlier",
            ),
            (CRLS, "a_day_behind_its_own_list_is_neither_good_nor_revoked_before_it"),
            (
                "src/signature/revocation/ask_ocsp_tests.rs",
                "an_answer_that_says_revoked_says_so_as_of_its_own_time_at_the_latest",
            ),
            (
                "src/signature/revocation/ask_ocsp_tests.rs",
                "a_responder_of_two_readings_may_not_answer",
            ),
        ],
    ),
    (
        "Revocation: a \"revoked before\" from any source wins; a hold ends; responders, nocheck, CertID",
        &[
            (SCENARIOS, "every_scenario_in_every_shape_of_cades_gets_its_verdict"),
            (CRLS, "what_a_delta_adds_counts_and_what_it_cannot_know_does_not"),
            (CRLS, "a_hold_that_became_a_revocation_was_not_lifted"),
            (LATER, "a_revocation_that_comes_late_fails_the_signature_and_is_told"),
        ],
    ),
    (
        "Fetching: nonce, freshness, bounds, cache, back-off, prefetch",
        &[
            (ONLINE, "what_must_not_be_believed_is_not"),
            (ONLINE, "answers_without_a_nonce_are_taken_while_they_last"),
            (ONLINE, "an_answer_older_than_the_one_at_hand_is_refused"),
            (ONLINE, "what_was_fetched_survives_a_restart_and_is_not_asked_for_again"),
            (ONLINE, "a_host_that_fails_is_left_alone_for_a_while"),
            (ONLINE, "a_list_in_use_is_fetched_before_it_is_over"),
        ],
    ),
    (
        "--offline asks nobody",
        &[(LATER, "the_command_verify_fetches_and_offline_touches_nobody")],
    ),
    (
        "Late answers append a verdict, and the first one stays",
        &[
            (LATER, "what_comes_late_is_appended_and_the_first_verdict_stays"),
            (LATER, "who_waits_still_waits_after_a_restart"),
        ],
    ),
    (
        "Trust: pinned roots, and nothing unpinned without an explicit yes",
        &[
            (TRUST, "every_real_root_is_pinned_as_it_is_and_nothing_else_is_there"),
            (TRUST, "an_unpinned_root_is_taken_only_with_a_yes_to_its_whole_fingerprint"),
            (TRUST, "forged_roots_and_imitations_are_refused_whatever_anybody_says"),
            (TRUST, "row_signatures_are_judged_and_alone_never_enough"),
        ],
    ),
    (
        "Trust: purposes are apart, a provider speaks for itself, the difference is shown",
        &[
            (ATTACKS, "an_anchor_is_trusted_for_its_purpose_only"),
            (ATTACKS, "a_provider_may_be_listed_by_its_own_certificate_which_then_issues_nothing"),
            (TRUST, "a_provider_signs_its_own_messages_only"),
            (TRUST, "evidence_is_of_a_provider_of_the_parties_that_it_names"),
            (TRUST, "the_difference_names_new_missing_changed_and_ended_anchors"),
        ],
    ),
    (
        "Algorithms by date, and the switch for old material says what it excused",
        &[
            (
                "src/signature/crypto/algorithms_tests.rs",
                "each_hash_ends_on_the_earlier_of_the_two_dates",
            ),
            (
                "src/signature/crypto/algorithms_tests.rs",
                "each_key_ends_on_the_earlier_of_the_two_dates",
            ),
            (
                "tests/trust_report.rs",
                "a_sha1_signature_of_today_passes_only_under_the_archive_switch_and_says_so",
            ),
            (
                "tests/signature_algorithms.rs",
                "what_the_archive_switch_excuses_is_named_in_every_format",
            ),
        ],
    ),
    (
        "The report in three depths, in two languages",
        &[
            ("tests/trust_report.rs", "each_depth_says_more_and_the_same"),
            (
                "tests/trust_report.rs",
                "the_record_of_checks_agrees_with_every_verdict_of_the_week",
            ),
            (
                "src/signature/wording/wording_tests.rs",
                "everything_is_the_same_as_json_and_as_text",
            ),
        ],
    ),
    (
        "No pass while a step was not made",
        &[
            ("src/signature/wording/wording_tests.rs", "no_pass_while_a_step_was_not_made"),
            ("src/signature/validation_tests.rs", "what_nobody_made_is_said_not_to_be_made"),
        ],
    ),
    (
        "The report comes again from the store",
        &[
            ("tests/reproduced.rs", "the_store_holds_all_that_a_verdict_rests_on"),
            (ONLINE, "the_same_bytes_anchors_time_and_objects_give_the_same_verdict"),
        ],
    ),
    (
        "What is not covered is named, and mutations pass nowhere else",
        &[
            (
                "tests/signature_mutations.rs",
                "a_mutation_that_passes_changed_nothing_that_is_protected",
            ),
            (
                PACKAGE,
                "a_mutated_byte_of_a_package_passes_only_where_the_report_says_that_nothing_is_covered",
            ),
            (
                PACKAGE,
                "a_mutated_byte_of_a_part_passes_only_where_the_report_says_that_nothing_is_covered",
            ),
            (PADES_ATTACKS, "no_altered_byte_of_what_is_protected_passes"),
            (XADES_ATTACKS, "mutations_pass_only_outside_of_what_is_protected"),
            (UNPROTECTED, "an_unsigned_attachment_is_named_beside_the_verdict"),
            (UNPROTECTED, "bytes_of_the_zip_outside_its_parts_are_named_beside_the_verdict"),
            (UNPROTECTED, "headers_and_text_around_a_signed_message_are_named_beside_the_verdict"),
            (UNPROTECTED, "text_behind_an_encoded_signature_is_named"),
            (PACKAGE, "the_fields_of_the_zip_and_the_plumbing_are_named_as_not_covered"),
        ],
    ),
    (
        "Other programs agree",
        &[
            ("tests/signature_openssl.rs", "openssl_accepts_what_is_sound_at_every_level"),
            ("tests/signature_openssl.rs", "openssl_refuses_the_broken_ones_that_it_looks_for"),
            ("tests/pades_pyhanko.rs", "pyhanko_accepts_what_the_forge_signs"),
            ("tests/xmldsig_corpora.rs", "our_core_and_xmlsec1_agree_but_for_what_the_table_says"),
            (ONLINE, "openssls_responder_is_understood"),
        ],
    ),
    (
        "Every reader of hostile bytes is fuzzed, and bounded in CI",
        &[
            ("tests/fuzz_seeds.rs", "every_target_is_run_here"),
            ("tests/fuzz_seeds.rs", "signed_xml_documents"),
            ("tests/fuzz_seeds.rs", "signed_pdf_files"),
        ],
    ),
];

#[test]
fn every_test_that_a_promise_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for (promise, tests) in KNOWN_ATTACKS.iter().chain(PROMISES) {
        assert!(!tests.is_empty(), "{promise}");
        for (file, test) in *tests {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            let declared = source.find(&format!("fn {test}(")).and_then(|at| source.get(..at));
            let is_test = declared.is_some_and(|before| before.trim_end_matches("async ").trim_end().ends_with("test]"));
            if !is_test {
                missing.push(format!("{promise}: {file} has no test {test}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let rows: BTreeSet<&str> = KNOWN_ATTACKS.iter().chain(PROMISES).map(|(promise, _)| *promise).collect();
    assert_eq!(rows.len(), KNOWN_ATTACKS.len() + PROMISES.len(), "a promise stands twice");
}
