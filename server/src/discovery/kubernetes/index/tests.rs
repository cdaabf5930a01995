//! Tests of the index: what is deleted, moved and listed anew.

use serde_json::json;

use super::*;
use crate::discovery::kubernetes::made::{self, key, ready, slice, sources, web_service};

/// An index of all namespaces, with these objects.
fn index(services: Vec<Fact>, slices: Vec<Fact>) -> Index {
    let mut index = Index::new(Namespaces::All);
    let [of_services, of_slices] = sources();
    index.take_in(&of_services, News::All(services));
    index.take_in(&of_slices, News::All(slices));
    index
}

fn addresses(index: &Index, name: &str) -> Vec<String> {
    match index.answer(&key(name), &Port::Number(80)) {
        Answer::Endpoints(endpoints) => endpoints.addresses().map(|it| it.to_string()).collect(),
        Answer::External { .. } => panic!("{name} is external"),
    }
}

fn trouble(index: &Index, key: &ServiceKey) -> String {
    match index.answer(key, &Port::Number(80)) {
        Answer::Endpoints(endpoints) => endpoints.trouble().unwrap().to_string(),
        Answer::External { .. } => panic!("{key} is external"),
    }
}

fn names(touched: &HashSet<ServiceKey>) -> Vec<&str> {
    let mut names: Vec<_> = touched.iter().map(|key| key.name.as_ref()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_service_has_the_endpoints_of_all_its_slices() {
    let index = index(
        vec![web_service("usersvc")],
        vec![
            slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")])),
            slice("usersvc-2", "usersvc", json!([ready("10.1.0.2")])),
            slice("gruesvc-1", "gruesvc", json!([ready("10.1.0.3")])),
        ],
    );

    assert_eq!(addresses(&index, "usersvc"), ["10.1.0.1:8080", "10.1.0.2:8080"]);
    assert_eq!(
        trouble(&index, &key("gruesvc")),
        "there is no Service `gruesvc` in the namespace `shop`"
    );
}

#[test]
fn a_change_touches_its_service_and_the_same_again_touches_nothing() {
    let [of_services, of_slices] = sources();
    let first = slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]));
    let mut index =
        index(vec![web_service("usersvc"), web_service("gruesvc")], vec![first.clone()]);

    let same = index.take_in(&of_slices, News::One(first));
    let same_service = index.take_in(&of_services, News::One(web_service("usersvc")));
    let scaled = slice("usersvc-1", "usersvc", json!([ready("10.1.0.1"), ready("10.1.0.2")]));
    let scaled = index.take_in(&of_slices, News::One(scaled));
    let gone = index.take_in(&of_services, News::One(web_service("usersvc").ended()));

    assert!(same.is_empty() && same_service.is_empty());
    assert_eq!(names(&scaled), ["usersvc"]);
    assert_eq!(names(&gone), ["usersvc"]);
    assert_eq!(index.size(), (1, 1));
}

#[test]
fn a_slice_that_changes_its_service_touches_both() {
    let [_, of_slices] = sources();
    let mut index = index(
        vec![web_service("usersvc"), web_service("gruesvc")],
        vec![slice("one", "usersvc", json!([ready("10.1.0.1")]))],
    );

    let moved = slice("one", "gruesvc", json!([ready("10.1.0.1")]));
    let touched = index.take_in(&of_slices, News::One(moved));

    assert_eq!(names(&touched), ["gruesvc", "usersvc"]);
    assert!(addresses(&index, "usersvc").is_empty());
    assert_eq!(addresses(&index, "gruesvc"), ["10.1.0.1:8080"]);
}

#[test]
fn a_new_list_deletes_what_is_not_in_it() {
    let [of_services, of_slices] = sources();
    let usersvc = slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]));
    let mut index = index(
        vec![web_service("usersvc"), web_service("gruesvc")],
        vec![usersvc.clone(), slice("gruesvc-1", "gruesvc", json!([ready("10.1.0.2")]))],
    );

    let touched_slices = index.take_in(&of_slices, News::All(vec![usersvc]));
    let touched = index.take_in(&of_services, News::All(vec![web_service("usersvc")]));

    assert_eq!(names(&touched_slices), ["gruesvc"]);
    assert_eq!(names(&touched), ["gruesvc"]);
    assert_eq!(index.size(), (1, 1));
    assert_eq!(addresses(&index, "usersvc"), ["10.1.0.1:8080"]);
}

#[test]
fn a_namespace_is_listed_by_itself_and_others_are_not_watched() {
    let namespaces = ["depot", "shop"].map(Arc::from);
    let mut index = Index::new(Namespaces::These(namespaces.into()));
    let shop = |what| Source { what, namespace: Some("shop".into()) };

    index.take_in(&shop(What::Services), News::All(vec![web_service("usersvc")]));
    let knew = index.knows(&key("usersvc"));
    index.take_in(&shop(What::Slices), News::All(Vec::new()));
    let depot = Source { what: What::Services, namespace: Some("depot".into()) };
    index.take_in(&depot, News::All(Vec::new()));

    assert!(!knew && index.knows(&key("usersvc")));
    assert!(addresses(&index, "usersvc").is_empty());
    assert!(!index.knows(&ServiceKey::new("depot", "usersvc")) && !index.knows_all());
    assert_eq!(
        trouble(&index, &ServiceKey::new("elsewhere", "usersvc")),
        "the namespace `elsewhere` is not watched; `--kubernetes-namespaces` has depot, shop"
    );
}

#[test]
fn an_external_name_is_left_to_dns_at_the_asked_port() {
    let spec = json!({
        "type": "ExternalName",
        "externalName": "Users.Example.COM.",
        "ports": [{ "name": "https", "port": 8443 }],
    });
    let index = index(vec![made::service("usersvc", spec)], Vec::new());
    let external = |port| Answer::External { name: "users.example.com".into(), port };

    assert_eq!(index.answer(&key("usersvc"), &Port::Number(80)), external(80));
    assert_eq!(index.answer(&key("usersvc"), &Port::Name("https".into())), external(8443));
    assert!(matches!(
        index.answer(&key("usersvc"), &Port::Name("http".into())),
        Answer::Endpoints(Endpoints::Absent { .. })
    ));
}
