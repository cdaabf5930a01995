//! The forms by which a mapping's requests are shared, without JavaScript.

use super::*;

const PAGE: &str = "/mappings/user";

async fn shared(server: &TestServer) -> Value {
    server.get("/api/v1/mappings/user").await.json()["backends"].clone()
}

/// Posts a form of the page: what is reviewed, and then what the review carries.
async fn review_and_apply(server: &TestServer, fields: &[(&str, &str)]) -> Answer {
    let page = server.get(PAGE).await;
    let revision = value(&page, "revision").unwrap();
    let mut fields = [fields, &[("revision", revision.as_str())]].concat();
    fields.push(("do", "sharing.review"));
    let before = shared(server).await;
    let review = post(server, PAGE, &fields).await;
    assert_eq!(review.status, StatusCode::OK, "{review}");
    assert!(review.body.contains("data-testid=\"plan-diff\""), "{review}");
    assert_eq!(shared(server).await, before, "a review writes nothing");

    let names = ["service1", "service2", "weight1", "weight2", "percent", "keep", "revision"];
    let carried = names.map(|name| (name, value(&review, name)));
    let mut fields: Vec<_> =
        carried.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    fields.push(("do", "sharing.put"));
    post(server, PAGE, &fields).await
}

#[tokio::test]
async fn sharing_begins_slides_and_ends_by_the_forms_of_the_page() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;

    let begin = [("service1", "127.0.0.1:9"), ("service2", "127.0.0.1:10"), ("percent", "5")];
    assert_eq!(location(&review_and_apply(&server, &begin).await), PAGE);
    let weights = |first, second| {
        json!([
            { "service": "127.0.0.1:9", "weight": first },
            { "service": "127.0.0.1:10", "weight": second },
        ])
    };
    assert_eq!(shared(&server).await, weights(95, 5));
    let page = server.get(PAGE).await;
    assert!(page.body.contains("data-testid=\"sides\""), "{page}");
    assert!(page.body.contains("5.00%"), "{page}");

    let both = [("service1", "127.0.0.1:9"), ("service2", "127.0.0.1:10")];
    let weighed = [&both[..], &[("weight1", "1"), ("weight2", "3")]].concat();
    review_and_apply(&server, &weighed).await;
    assert_eq!(shared(&server).await, weights(1, 3));

    review_and_apply(&server, &[("keep", "127.0.0.1:10")]).await;
    let mapping = server.get("/api/v1/mappings/user").await.json();
    assert_eq!(mapping["service"], "127.0.0.1:10");
    assert_eq!(mapping.get("backends"), None);
}

#[tokio::test]
async fn weights_that_cannot_be_and_a_stale_page_are_told_on_the_page() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let page = server.get(PAGE).await;
    let revision = value(&page, "revision").unwrap();
    let fields = |action, percent| {
        [
            ("do", action),
            ("service1", "127.0.0.1:9"),
            ("service2", "127.0.0.1:10"),
            ("percent", percent),
            ("revision", revision.as_str()),
        ]
    };

    let wrong = post(&server, PAGE, &fields("sharing.review", "many")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("whole number from 0 to 1000"), "{wrong}");
    server.map("user", "/user/", "127.0.0.1:11").await;
    let stale = post(&server, PAGE, &fields("sharing.put", "5")).await;

    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert_eq!(shared(&server).await, Value::Null);
}

#[tokio::test]
async fn an_edit_by_the_mappings_form_leaves_the_shares_as_they_are() {
    let server = TestServer::start().await;
    let backends = json!([
        { "service": "127.0.0.1:9", "weight": 1 }, { "service": "127.0.0.1:10", "weight": 1 },
    ]);
    let body = json!({ "prefix": "/user/", "backends": backends });
    let made = server.send(Method::PUT, "/api/v1/mappings/user", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let page = server.get(EDIT).await;

    let fields = [("step", "apply"), ("labels", "edited")];
    let saved = post_carried(&server, EDIT, &page, &fields).await;

    assert_eq!(location(&saved), PAGE);
    let mapping = server.get("/api/v1/mappings/user").await.json();
    assert_eq!((&mapping["labels"], &mapping["backends"]), (&json!(["edited"]), &backends));
}
