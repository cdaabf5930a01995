//! Checks what becomes of what is typed.

use super::*;
use crate::api::problem::{FieldError, Problem};

fn mapping(service: &str, revision: u64) -> Mapping {
    Mapping {
        name: "user".to_owned(),
        host: "*".to_owned(),
        prefix: "/user/".to_owned(),
        #[cfg(feature = "ssr")]
        r#match: crate::api::matching::Match::default(),
        service: service.to_owned(),
        rewrite: "/".to_owned(),
        labels: vec!["a".to_owned(), "b".to_owned()],
        team: "accounts".to_owned(),
        revision,
        created_at: chrono::DateTime::default(),
        updated_at: chrono::DateTime::default(),
        warnings: Vec::new(),
        policy: std::sync::Arc::default(),
        backends: Vec::new(),
    }
}

fn problem(status: u16, code: &str, detail: &str) -> Problem {
    Problem { status, code: code.to_owned(), detail: detail.to_owned(), ..Problem::default() }
}

#[test]
fn labels_are_split_at_spaces_and_commas_and_kept_once() {
    assert_eq!(labels(" team=a, tier:1\tteam=a ,,x "), ["team=a", "tier:1", "x"]);
    assert!(labels(" , \n").is_empty());
}

#[test]
fn no_labels_are_left_out_of_what_is_sent() {
    assert_eq!(Typed::empty().draft().labels, None);
    let typed = Typed { labels: "b a".to_owned(), ..Typed::empty() };
    assert_eq!(typed.draft().labels, Some(vec!["b".to_owned(), "a".to_owned()]));
}

#[test]
fn what_differs_from_the_default_is_counted() {
    let typed = |rewrite: &str, labels: &str| Typed {
        rewrite: rewrite.to_owned(),
        labels: labels.to_owned(),
        ..Typed::empty()
    };

    assert_eq!(typed("/", " ").advanced_set(), 0);
    assert_eq!(typed("", "").advanced_set(), 1);
    assert_eq!(typed("/v2/", "a").advanced_set(), 2);
}

#[test]
fn the_same_content_of_one_form_has_one_key_and_other_content_another() {
    let mut form = Form::create("key".to_owned());
    let key = |form: &Form| form.write().idempotency_key;
    let first = key(&form);

    assert_eq!(key(&form), first);
    form.typed.prefix = "/a/".to_owned();
    assert_ne!(key(&form), first);
    let moved = Typed { name: "ab".to_owned(), ..Typed::empty() };
    let apart = Typed { name: "a".to_owned(), prefix: "b".to_owned(), ..Typed::empty() };
    assert_ne!(moved.idempotency_key("key"), apart.idempotency_key("key"));
}

#[test]
fn a_clone_needs_a_name_and_a_prefix_of_its_own() {
    let form = Form::clone_of(&mapping("usersvc", 3), "key".to_owned());

    assert_eq!((form.typed.name.as_str(), form.typed.prefix.as_str()), ("", ""));
    assert_eq!((form.typed.service.as_str(), form.typed.labels.as_str()), ("usersvc", "a b"));
    assert_eq!(form.replaces, None);
}

#[test]
fn keeping_mine_takes_the_newest_revision_and_what_was_not_touched() {
    let mut form = Form::edit(&mapping("old", 3), "key".to_owned());
    form.typed.rewrite = "/v2/".to_owned();

    let again = form.on_top_of(Some(&mapping("new", 5)));

    assert_eq!(again.replaces, Some(5));
    assert_eq!((again.typed.service.as_str(), again.typed.rewrite.as_str()), ("new", "/v2/"));
    assert_eq!(again.base, Some(Typed::of(&mapping("new", 5))));
}

#[test]
fn a_mapping_that_is_gone_is_created_again() {
    let form = Form::edit(&mapping("old", 3), "key".to_owned());

    let again = form.on_top_of(None);

    assert_eq!((again.replaces, again.base), (None, None));
    assert_eq!(again.typed, form.typed);
}

#[test]
fn a_stale_save_tells_what_is_there_now() {
    let current = Some(Box::new(mapping("new", 5)));
    let changed = Problem { current, ..problem(412, "stale-revision", "") };
    let deleted = problem(412, "stale-revision", "");

    let revision = |problem: &ClientError| stale(problem).map(|now| now.map(|now| now.revision));
    assert_eq!(revision(&changed.into()), Some(Some(5)));
    assert_eq!(revision(&deleted.into()), Some(None));
    assert_eq!(revision(&problem(409, "prefix-taken", "").into()), None);
}

#[test]
fn the_owner_of_a_taken_prefix_is_found_where_it_is_named() {
    let detail = "the prefix `/user/` is already mapped by `user`";

    assert_eq!(owner(&problem(409, "prefix-taken", detail).into()), Some("user"));
    assert_eq!(owner(&problem(422, "invalid-fields", detail).into()), None);
    assert_eq!(owner(&problem(409, "prefix-taken", "it is taken").into()), None);
    let of_team = format!("{detail} of the team `shop`");
    assert_eq!(owner(&problem(409, "prefix-taken", &of_team).into()), Some("user"));
    let unseen = "the prefix `/user/` is already mapped by the team `shop`";
    assert_eq!(owner(&problem(409, "prefix-taken", unseen).into()), None);
}

#[test]
fn an_error_about_one_label_is_one_about_labels() {
    let error = FieldError { pointer: "/labels/3".to_owned(), message: "too long".to_owned() };
    let error = Problem { errors: vec![error], ..problem(422, "invalid-fields", "") }.into();

    assert_eq!(Field::Labels.error(&error).as_deref(), Some("too long"));
    assert_eq!(Field::Name.error(&error), None);
}
