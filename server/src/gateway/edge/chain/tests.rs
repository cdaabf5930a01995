//! Chains as authorities issue them, and as people mix them up.

pub(crate) mod made;

use rcgen::{PKCS_ECDSA_P384_SHA384, PKCS_ED25519, date_time_ymd};
use rstest::rstest;

use self::made::{Authority, Made, host};
use super::*;

/// Keys of kinds that are not made here, with a certificate each for `a.example.com`.
const RSA_2048: &str = include_str!("tests/rsa-2048.pem");
const RSA_1024: &str = include_str!("tests/rsa-1024.pem");
const P521: &str = include_str!("tests/p521.pem");
/// The key of `RSA_2048` as other programs write it: PKCS#1, and encrypted in two ways.
const RSA_PKCS1: &str = include_str!("tests/rsa-2048-pkcs1.pem");
const RSA_LEGACY_ENCRYPTED: &str = include_str!("tests/rsa-2048-legacy-encrypted.pem");
const RSA_ENCRYPTED: &str = include_str!("tests/rsa-2048-encrypted.pem");
/// An elliptic curve's key as `openssl ecparam -genkey` writes it, with its certificate.
const SEC1: &str = include_str!("tests/sec1.pem");

fn now() -> DateTime<Utc> {
    "2027-01-01T12:00:00Z".parse().unwrap()
}

/// A root, an intermediate, and a certificate that the intermediate has issued.
fn usual() -> (Authority, Authority, Made) {
    let root = Authority::root("Root");
    let intermediate = root.delegates("Intermediate");
    let leaf = intermediate.issues(&host(&["B.example.com", "a.example.com"]));
    (root, intermediate, leaf)
}

/// Checks what is refused in one field, and returns the message.
fn refused(field: &str, chain: &str, key: &str) -> String {
    let mut errors = check(chain, key, now()).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let error = errors.remove(0);
    assert_eq!(error.field(), field, "{error:?}");
    error.message
}

/// Splits a fixture into its certificate and its key.
fn fixture(text: &str) -> (String, String) {
    let (key, chain) = text.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    (format!("-----BEGIN CERTIFICATE-----{chain}"), key.to_owned())
}

#[test]
fn a_full_chain_is_read_with_all_that_it_says() {
    let (root, intermediate, leaf) = usual();
    let chain = [&leaf.pem, "\r\n", &intermediate.pem(), &root.pem()].concat();

    let checked = check(&chain, &leaf.key, now()).unwrap();

    assert_eq!(checked.facts.dns_names, ["a.example.com", "b.example.com"]);
    assert_eq!(checked.facts.leaf.subject, "CN=B.example.com");
    assert_eq!(checked.facts.leaf.issuer, "CN=Intermediate");
    assert_eq!(checked.facts.leaf.algorithm, "ECDSA P-256");
    assert_eq!(checked.facts.leaf.not_after.to_rfc3339(), "2199-12-31T00:00:00+00:00");
    assert_eq!(checked.facts.leaf.fingerprint.len(), 64);
    let above: Vec<_> = checked.facts.intermediates.iter().map(|facts| &facts.subject).collect();
    assert_eq!(above, ["CN=Intermediate", "CN=Root"]);
    let again = check(&checked.chain_pem, checked.key.reveal(), now()).unwrap();
    assert_eq!(again.facts, checked.facts);
    assert!(!format!("{checked:?}").contains(leaf.key.lines().nth(1).unwrap()));
}

#[test]
fn names_and_addresses_are_kept_apart() {
    let leaf = Authority::root("R").issues(&host(&["*.example.com", "192.0.2.7", "2001:db8::1"]));

    let checked = check(&leaf.pem, &leaf.key, now()).unwrap();

    assert_eq!(checked.facts.dns_names, ["*.example.com"]);
    assert_eq!(checked.facts.ip_addresses, ["192.0.2.7", "2001:db8::1"]);
}

#[rstest]
#[case(RSA_2048, "RSA 2048")]
#[case(SEC1, "ECDSA P-256")]
fn keys_that_other_programs_write_are_read(#[case] text: &str, #[case] algorithm: &str) {
    let (chain, key) = fixture(text);

    let checked = check(&chain, &key, now()).unwrap();

    assert_eq!(checked.facts.leaf.algorithm, algorithm);
}

#[test]
fn a_key_of_pkcs1_and_one_of_p384_are_taken() {
    let (chain, _) = fixture(RSA_2048);
    let root = Authority::root("Root");
    let leaf = root.issues_for(&host(&["a.example.com"]), &PKCS_ECDSA_P384_SHA384);

    assert!(check(&chain, RSA_PKCS1, now()).is_ok());
    let checked = check(&leaf.pem, &leaf.key, now()).unwrap();
    assert_eq!(checked.facts.leaf.algorithm, "ECDSA P-384");
}

#[rstest]
#[case(RSA_LEGACY_ENCRYPTED)]
#[case(RSA_ENCRYPTED)]
fn an_encrypted_key_is_refused_with_the_way_out(#[case] key: &str) {
    let (chain, _) = fixture(RSA_2048);

    let message = refused("private_key", &chain, key);

    assert!(message.contains("openssl pkey"), "{message}");
}

#[rstest]
#[case(RSA_1024, "RSA 1024")]
#[case(P521, "ECDSA P-521")]
fn a_key_that_clients_or_envoy_do_not_take_is_refused(#[case] text: &str, #[case] kind: &str) {
    let (chain, key) = fixture(text);

    let message = refused("chain", &chain, &key);

    assert!(message.contains(kind) && message.contains("P-256"), "{message}");
}

#[test]
fn a_key_of_ed25519_is_refused() {
    let leaf = Authority::root("R").issues_for(&host(&["a.example.com"]), &PKCS_ED25519);

    assert!(refused("chain", &leaf.pem, &leaf.key).contains("Ed25519"));
}

#[test]
fn another_certificates_key_is_refused_by_what_it_is() {
    let (_, _, leaf) = usual();
    let (_, _, other) = usual();
    let (_, rsa) = fixture(RSA_2048);

    assert!(refused("private_key", &leaf.pem, &other.key).contains("CN=B.example.com"));
    let message = refused("private_key", &leaf.pem, &rsa);
    assert_eq!(message, "is an RSA key, and the certificate is for ECDSA P-256");
}

#[rstest]
#[case("", "is missing")]
#[case("canary-5b1f", "no PEM block")]
#[case("-----BEGIN CERTIFICATE-----\nAQ==\n-----END CERTIFICATE-----\n", "`CERTIFICATE`")]
#[case("-----BEGIN PRIVATE KEY-----\nAQ==\n-----END PRIVATE KEY-----\n", "can be read")]
#[case("-----BEGIN EC PRIVATE KEY-----\nMIKA\n-----END EC PRIVATE KEY-----\n", "can be read")]
#[case("-----BEGIN DSA PRIVATE KEY-----\nAQ==\n-----END DSA PRIVATE KEY-----\n", "can be read")]
fn what_is_no_key_is_refused_without_repeating_it(#[case] key: &str, #[case] says: &str) {
    let (_, _, leaf) = usual();

    let message = refused("private_key", &leaf.pem, key);

    assert!(message.contains(says), "{message}");
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn two_keys_or_a_huge_one_are_refused() {
    let (_, _, leaf) = usual();

    assert!(refused("private_key", &leaf.pem, &leaf.key.repeat(2)).contains("2 private keys"));
    let huge = "a".repeat(private_key::KEY_MAX_BYTES + 1);
    assert!(refused("private_key", &leaf.pem, &huge).contains("at most"));
}

#[rstest]
#[case("", "is missing")]
#[case("hello", "no PEM block")]
#[case("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n", "1st block")]
fn what_is_no_chain_is_refused(#[case] chain: &str, #[case] says: &str) {
    let (_, _, leaf) = usual();

    let message = refused("chain", chain, &leaf.key);

    assert!(message.contains(says), "{message}");
}

#[test]
fn both_fields_are_named_when_both_are_wrong() {
    let errors = check("junk", "junk", now()).unwrap_err();

    let fields: Vec<_> = errors.iter().map(FieldError::field).collect();
    assert_eq!(fields, ["chain", "private_key"]);
}

#[test]
fn junk_between_certificates_and_a_key_among_them_are_refused() {
    let (_, intermediate, leaf) = usual();

    let junk = [&leaf.pem, "subject=CN = x\n", &intermediate.pem()].concat();
    assert!(refused("chain", &junk, &leaf.key).contains("line"));
    let with_key = [leaf.pem.as_str(), &leaf.key].concat();
    assert!(refused("chain", &with_key, &leaf.key).contains("field of its own"));
}

#[test]
fn more_certificates_or_bytes_than_a_chain_has_are_refused() {
    let (_, intermediate, leaf) = usual();

    let many = [leaf.pem.clone(), intermediate.pem().repeat(CHAIN_MAX)].concat();
    assert!(refused("chain", &many, &leaf.key).contains("17 certificates"));
    assert!(refused("chain", &"x".repeat(CHAIN_MAX_BYTES + 1), &leaf.key).contains("at most"));
}

#[test]
fn a_wrong_order_is_explained_by_who_issued_whom() {
    let (root, intermediate, leaf) = usual();

    let swapped = [leaf.pem.as_str(), &root.pem(), &intermediate.pem()].concat();
    assert_eq!(
        refused("chain", &swapped, &leaf.key),
        "is out of order: the 1st certificate, `CN=B.example.com`, was issued by `CN=Intermediate`, but the 2nd is `CN=Root`; that one is the 3rd here",
    );
    let gap = [leaf.pem.as_str(), &root.pem()].concat();
    assert!(refused("chain", &gap, &leaf.key).ends_with("that one is not here"));
    let upside_down = [&intermediate.pem(), leaf.pem.as_str()].concat();
    assert_eq!(
        refused("chain", &upside_down, &leaf.key),
        "begins with `CN=Intermediate`; the certificate of the private key is the 2nd, `CN=B.example.com`, and must be the first",
    );
}

#[test]
fn an_authority_of_the_same_name_that_did_not_sign_is_found_out() {
    let (_, _, leaf) = usual();
    let (_, impostor, _) = usual();

    let chain = [leaf.pem.as_str(), &impostor.pem()].concat();

    assert!(refused("chain", &chain, &leaf.key).contains("out of order"));
}

#[test]
fn another_hosts_certificate_can_have_signed_none() {
    let (_, intermediate, leaf) = usual();
    let other = intermediate.issues(&host(&["other.example.com"]));

    let chain = [leaf.pem.as_str(), &other.pem].concat();

    assert!(refused("chain", &chain, &leaf.key).contains("no authority’s"));
}

#[test]
fn an_authoritys_own_certificate_is_no_hosts() {
    let root = Authority::root("Root");

    let message = refused("chain", &root.pem(), "");

    assert!(message.contains("CA:TRUE") && message.contains("CA:FALSE"), "{message}");
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let root = Authority::root("Root");
    let issued = |from, until| {
        let mut params = host(&["a.example.com"]);
        (params.not_before, params.not_after) = (from, until);
        root.issues(&params)
    };
    let of = |leaf: &Made| refused("chain", &leaf.pem, &leaf.key);

    let expired = issued(date_time_ymd(2020, 1, 1), date_time_ymd(2026, 11, 1));
    assert_eq!(of(&expired), "has expired on 2026-11-01 00:00 UTC");
    let later = issued(date_time_ymd(2027, 1, 3), date_time_ymd(2027, 3, 1));
    assert_eq!(of(&later), "is not valid before 2027-01-03 00:00 UTC");
    let soon = issued(date_time_ymd(2027, 1, 2), date_time_ymd(2027, 3, 1));
    assert!(check(&soon.pem, &soon.key, now()).is_ok());
}

#[rstest]
#[case(&[], "no DNS name")]
#[case(&["f*.example.com"], "first label")]
#[case(&["*"], "first label")]
#[case(&["a..example.com"], "first label")]
#[case(&["*.*.example.com"], "first label")]
fn a_certificate_that_no_host_can_be_found_by_is_refused(
    #[case] names: &[&str],
    #[case] says: &str,
) {
    let leaf = Authority::root("R").issues(&host(names));

    let message = refused("chain", &leaf.pem, &leaf.key);

    assert!(message.contains(says), "{message}");
}

#[rstest]
#[case(&["B.example.com", "a.example.com"], "b.example.com")]
#[case(&["*.example.com", "example.com"], "wildcard.example.com")]
fn a_certificate_is_called_by_its_first_host(#[case] names: &[&str], #[case] expected: &str) {
    let leaf = Authority::root("R").issues(&host(names));

    assert_eq!(default_name(&leaf.pem).unwrap().as_str(), expected);
    assert!(default_name("junk").is_err());
}

#[rstest]
#[case(1, "1st")]
#[case(2, "2nd")]
#[case(3, "3rd")]
#[case(4, "4th")]
#[case(11, "11th")]
#[case(13, "13th")]
fn a_place_is_written_as_people_say_it(#[case] place: usize, #[case] expected: &str) {
    assert_eq!(nth(place), expected);
}
