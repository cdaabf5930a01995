//! Two teams side by side: neither learns of the other's mappings, whatever it asks.

use app::api::live::{Frame, Full};
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

use crate::support::{PATIENCE, callers::As, server::TestServer};

/// What tells of the team `pay`: the names of its mapping, its prefix and its service.
const SECRETS: [&str; 3] = ["paycard", "/card/", "127.0.0.2"];

/// The teams `shop` and `pay` with a mapping each.
struct Teams {
    server: TestServer,
    shop: As,
    pay: As,
}

impl Teams {
    async fn start() -> Self {
        let server = TestServer::start().await;
        server.make_team("shop").await;
        server.make_team("pay").await;
        let shop = server.make_token(Some("shop"), "write").await;
        let pay = server.make_token(Some("pay"), "write").await;
        server.map_as(&shop, "cart", "/cart/", "127.0.0.1:9").await;
        server.map_as(&pay, "paycard", "/card/", "127.0.0.2:9").await;
        Self { server, shop, pay }
    }
}

#[rstest]
#[case("/api/v1/mappings")]
#[case("/api/v1/mappings?q=card")]
#[case("/api/v1/mappings?q=http://gateway/card/7")]
#[case("/api/v1/mappings?team=pay")]
#[case("/api/v1/mappings?service=127.0.0.2:9")]
#[case("/api/v1/services")]
#[case("/api/v1/nodes")]
#[case("/api/v1/revisions")]
#[case("/api/v1/series")]
#[case("/api/v1/stats")]
#[case("/api/v1/stats?mappings=cart,paycard&overview=true")]
#[case("/api/v1/audit")]
#[case("/api/v1/audit?team=pay")]
#[case("/api/v1/audit/export?format=csv")]
#[case("/api/v1/audit/export?format=json&team=pay")]
#[case("/ambassador/mappings")]
#[case("/ambassador/stats")]
#[case("/")]
#[case("/mappings?team=all")]
#[case("/services")]
#[case("/nodes")]
#[case("/activity")]
#[tokio::test]
async fn nothing_tells_of_anothers_mapping(#[case] path: &str) {
    let Teams { server, shop, pay } = Teams::start().await;

    let shown = server.get_as(&shop, path).await;
    let own = server.get_as(&pay, "/api/v1/mappings").await;

    assert!(own.body.contains("paycard"), "{own}");
    // what was asked for may be repeated
    let asked = path.replace("%2F", "/");
    let told: Vec<_> = SECRETS
        .into_iter()
        .filter(|secret| shown.body.contains(secret) && !asked.contains(secret))
        .collect();
    assert!(told.is_empty(), "{path} tells {told:?}: {shown}");
}

#[rstest]
#[case("/api/v1/mappings/paycard")]
#[case("/api/v1/mappings/paycard/live")]
#[case("/api/v1/mappings/paycard/series")]
#[case("/api/v1/mappings/paycard/revisions")]
#[case("/api/v1/mappings/paycard/receipt")]
#[case("/api/v1/mappings/paycard/config")]
#[case("/ambassador/mapping/paycard")]
#[tokio::test]
async fn anothers_mapping_is_as_one_that_never_was(#[case] path: &str) {
    let Teams { server, shop, pay } = Teams::start().await;

    let others = server.get_as(&shop, path).await;
    let none = server.get_as(&shop, &path.replace("paycard", "missing")).await;
    let own = server.get_as(&pay, path).await;

    assert_eq!((others.status, own.status), (StatusCode::NOT_FOUND, StatusCode::OK), "{others}");
    let without_id = |body: &str| {
        let mut body: Value = serde_json::from_str(body).unwrap();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let said = without_id(&others.body.replace("paycard", "missing"));
    assert_eq!(said, without_id(&none.body));
}

#[tokio::test]
async fn counts_are_of_what_is_seen() {
    let Teams { server, shop, .. } = Teams::start().await;
    let admin = server.make_token(None, "read").await;

    for (caller, mappings) in [(&shop, 1), (&admin, 2)] {
        let page = server.get_as(caller, "/api/v1/mappings").await.json();
        assert_eq!((&page["total"], &page["matched"]), (&json!(mappings), &json!(mappings)));
        assert_eq!(page["facets"]["teams"].as_array().unwrap().len(), mappings);
        let stats = server.get_as(caller, "/api/v1/stats").await.json();
        assert_eq!(stats["gateway"]["mappings"], mappings);
        let services = server.get_as(caller, "/api/v1/services").await.json();
        assert_eq!(services["total"], mappings);
        let revisions = server.get_as(caller, "/api/v1/revisions").await.json();
        assert_eq!(revisions["items"].as_array().unwrap().len(), mappings);
    }
}

#[tokio::test]
async fn nobody_is_reminded_of_anothers_service() {
    let Teams { server, shop, pay } = Teams::start().await;
    server.map_as(&pay, "secret", "/secret/", "127.0.0.1.nip.invalid").await;

    let asked = "/api/v1/services/check?service=127.0.0.1.nip.invalide";
    let of_shop = server.get_as(&shop, asked).await.json();
    let of_pay = server.get_as(&pay, asked).await.json();

    assert_eq!(of_shop["did_you_mean"], Value::Null, "{of_shop}");
    assert_eq!(of_pay["did_you_mean"], "127.0.0.1.nip.invalid", "{of_pay}");
}

#[tokio::test]
async fn pages_of_revisions_stay_full_whatever_others_do_between() {
    let Teams { server, shop, pay } = Teams::start().await;
    for n in 0..6 {
        let caller = if n % 2 == 0 { &shop } else { &pay };
        server.map_as(caller, &format!("m{n}"), &format!("/m{n}/"), "127.0.0.1:9").await;
    }

    let first = server.get_as(&shop, "/api/v1/revisions?limit=3").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/revisions?limit=3&cursor={cursor}");
    let second = server.get_as(&shop, &path).await.json();

    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["mapping"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (names(&first), names(&second)),
        (vec!["m4".into(), "m2".into(), "m0".into()], vec!["cart".into()])
    );
    assert_eq!(second["next_cursor"], Value::Null);
    let entry = &first["items"][0];
    let actor = format!("token {}", shop.id);
    assert_eq!((&entry["team"], &entry["actor"]), (&json!("shop"), &json!(actor)));
}

#[tokio::test]
async fn a_name_that_another_team_had_before_tells_nothing_of_it() {
    let Teams { server, shop, pay } = Teams::start().await;
    let gone = server.send_as(&pay, Method::DELETE, "/api/v1/mappings/paycard", &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");

    server.map_as(&shop, "paycard", "/gifts/", "127.0.0.1:9").await;

    let history = server.get_as(&shop, "/api/v1/mappings/paycard/revisions").await;
    assert_eq!(history.json()["items"].as_array().unwrap().len(), 1, "{history}");
    assert!(!history.body.contains("/card/"), "{history}");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &TestServer, caller: &As, query: &str) -> Socket {
    let url = format!("ws://{}/api/v1/live{query}", server.server.http);
    let mut request = url.into_client_request().unwrap();
    let (name, value) = &caller.header;
    request.headers_mut().insert(*name, value.parse().unwrap());
    connect_async(request).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Result<Frame, Option<CloseFrame>> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame),
            Some(Ok(_)) => {}
            None | Some(Err(_)) => return Err(None),
        }
    }
}

async fn next_full(socket: &mut Socket) -> Full {
    loop {
        if let Frame::Full(full) = next(socket).await.unwrap() {
            return full;
        }
    }
}

fn names(full: &Full) -> Vec<&str> {
    full.mappings.iter().map(|live| live.mapping.name.as_str()).collect()
}

/// Waits until the server closes, and returns with which words.
async fn until_closed(socket: &mut Socket) -> (u16, String) {
    loop {
        if let Err(frame) = next(socket).await {
            let frame = frame.expect("the server says why it closes");
            return (frame.code.into(), frame.reason.to_string());
        }
    }
}

#[tokio::test]
async fn a_viewer_is_sent_only_what_they_see_whatever_they_ask_for() {
    let Teams { server, shop, pay } = Teams::start().await;
    let mut socket = connect(&server, &shop, "?overview=true").await;

    let all = next_full(&mut socket).await;
    let watch = json!({ "mappings": ["cart", "paycard"], "overview": true });
    socket.send(Message::text(watch.to_string())).await.unwrap();
    let named = next_full(&mut socket).await;
    server.map_as(&pay, "bill", "/bill/", "127.0.0.2:9").await;
    server.map_as(&shop, "list", "/list/", "127.0.0.1:9").await;
    let watch = json!({ "mappings": null, "overview": true });
    socket.send(Message::text(watch.to_string())).await.unwrap();
    let after = next_full(&mut socket).await;

    assert_eq!(
        (names(&all), names(&named), names(&after)),
        (vec!["cart"], vec!["cart"], vec!["cart", "list"])
    );
    assert_eq!((all.gateway.mappings, after.gateway.mappings), (1, 2));
}

#[tokio::test]
async fn a_revoked_token_watches_no_more() {
    let Teams { server, shop, .. } = Teams::start().await;
    let mut socket = connect(&server, &shop, "").await;
    next_full(&mut socket).await;

    let path = format!("/api/v1/tokens/{}", shop.id);
    let revoked = server.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{revoked}");

    assert_eq!(until_closed(&mut socket).await, (1008, "signed out".to_owned()));
}

#[tokio::test]
async fn who_signs_out_watches_no_more() {
    let Teams { server, .. } = Teams::start().await;
    let ada = server.make_user("ada", &[("shop", "viewer")]).await;
    let mut socket = connect(&server, &ada, "").await;
    assert_eq!(names(&next_full(&mut socket).await), ["cart"]);

    let out = server.send_as(&ada, Method::DELETE, "/api/v1/session", &Value::Null).await;
    assert!(out.status.is_success(), "{out}");

    assert_eq!(until_closed(&mut socket).await, (1008, "signed out".to_owned()));
}

#[tokio::test]
async fn another_sight_begins_with_another_full_frame_and_no_resume_mixes_the_two() {
    let Teams { server, .. } = Teams::start().await;
    let ada = server.make_user("ada", &[("shop", "viewer")]).await;
    let mut socket = connect(&server, &ada, "").await;
    let before = next_full(&mut socket).await;

    server.make_member("pay", "ada", "viewer").await;
    // where that ends the session, the browser comes back with the next
    let ada = match next(&mut socket).await {
        Ok(Frame::Full(full)) => {
            assert_eq!(names(&full), ["paycard", "cart"]);
            ada
        }
        _ => ada,
    };
    let resume = format!("?epoch={}&since={}", before.epoch, before.seq);
    let mut socket = connect(&server, &ada, &resume).await;

    assert_eq!(names(&next_full(&mut socket).await), ["paycard", "cart"]);
}
