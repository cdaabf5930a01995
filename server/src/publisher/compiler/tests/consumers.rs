//! What consumers are known by: only the shards that name one are rendered anew.

use serde_json::json;

use super::*;
use crate::{
    auth::secret::Secret,
    gateway::{
        edge::{EdgeName, consumer::CredentialHash, credentials::Valid},
        table::tests::mapping_with,
    },
};

fn name(text: &str) -> EdgeName {
    EdgeName::parse(text).unwrap()
}

fn known_by(secret: &str) -> Option<Valid> {
    let hash = CredentialHash::of(&Secret::of(secret.to_owned()));
    Some(Valid { keys: vec![("acme.1".to_owned(), hash)], password: None })
}

impl Bench {
    fn put_for(&mut self, name: &str, consumers: &[&str]) {
        self.revision += 1;
        let body = json!({
            "prefix": format!("/{name}/"),
            "service": "usersvc",
            "auth": { "api_key": { "consumers": consumers } },
        });
        let mapping = mapping_with(name, &body);
        let mapping = Mapping { revision: Revision(self.revision), ..Mapping::clone(&mapping) };
        let kind = ChangeKind::Put(Arc::new(mapping));
        self.compiler.apply(&Change { revision: Revision(self.revision), kind });
        look_up(&mut self.compiler);
    }
}

#[test]
fn a_change_of_a_consumer_touches_the_shards_that_name_it() {
    let mut bench = Bench::new();
    bench.put_for("a", &["acme"]);
    bench.put_for("b", &["acme", "other"]);
    bench.put_for("c", &["other"]);
    bench.put("d", "/d/", "usersvc");
    bench.publish();

    bench.compiler.set_credentials(&name("acme"), known_by("one"));
    assert_eq!(bench.publish(), ["routes +segment/a", "routes +segment/b"]);
    bench.compiler.set_credentials(&name("acme"), known_by("one"));
    assert!(bench.compiler.publish().is_none(), "nothing differs");
    bench.compiler.set_credentials(&name("nobody"), known_by("one"));
    assert!(bench.compiler.publish().is_none(), "no mapping names it");
    bench.delete("b");
    bench.publish();
    bench.compiler.set_credentials(&name("acme"), None);
    assert_eq!(bench.publish(), ["routes +segment/a"]);
}

#[test]
fn a_consumer_that_is_known_before_its_mapping_is_let_in_at_once() {
    let mut bench = Bench::new();
    bench.compiler.set_credentials(&name("acme"), known_by("one"));
    bench.put_for("a", &["acme"]);
    bench.publish();

    let key = ResourceKey { kind: Kind::Routes, name: "segment/a".into() };
    let routes = bench.last.resources.get(&key).unwrap().body.clone();
    let text = String::from_utf8_lossy(&routes.value);
    assert!(text.contains("acme.1:{SHA}"), "{text}");
}
