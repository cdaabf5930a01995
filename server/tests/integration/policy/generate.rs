//! Generates policies that the API must accept: a strategy for each group, so that a new group adds
//! one here and is in every property test.

mod callers;
mod protection;
mod streams;
mod way;

use chancery::gateway::policy::{BUDGET_MIN_MAX, CONDITIONS};
use proptest::{
    prelude::{Just, Strategy, any, prop},
    prop_oneof,
    strategy::BoxedStrategy,
};
use serde_json::{Map, Value, json};

/// The trust bundle that there is.
pub(crate) const BUNDLE: &str = "internal-ca";

/// A value of a group, or none.
type Group = BoxedStrategy<Option<Value>>;

/// Generates the fields of a mapping besides its name and prefix.
pub(crate) fn mapping() -> impl Strategy<Value = Map<String, Value>> {
    prop_oneof![3 => to_service(), 1 => to_nothing()]
}

fn to_service() -> BoxedStrategy<Map<String, Value>> {
    let service = prop::sample::select(vec!["usersvc", "10.1.2.3:8080", "https://images.shop"]);
    let service = maybe(service.prop_map(Value::from), 1.0);
    let mut groups = vec![
        ("service", service),
        ("regex_rewrite", maybe(regex_rewrite(), 0.3)),
        ("host_rewrite", maybe(host_rewrite(), 0.3)),
        ("request_headers", maybe(headers(), 0.5)),
        ("response_headers", maybe(headers(), 0.5)),
        ("mirror", maybe(mirror(), 0.3)),
        ("timeouts", maybe(timeouts(), 0.5)),
        ("retries", maybe(retries(), 0.5)),
        ("circuit_breakers", maybe(way::circuit_breakers(), 0.3)),
        ("outlier_detection", maybe(way::outlier_detection(), 0.3)),
        ("health_check", maybe(way::health_check(), 0.4)),
        ("load_balancing", maybe(way::load_balancing(), 0.4)),
        ("protocol", maybe(way::protocol(), 0.4)),
        ("upstream_tls", maybe(upstream_tls(), 0.5)),
        ("rate_limit", maybe(protection::rate_limit(), 0.3)),
        ("cors", maybe(protection::cors(), 0.3)),
        ("ip", maybe(protection::addresses(), 0.3)),
        ("global_rate_limit", maybe(protection::global_rate_limit(), 0.3)),
        ("fault", maybe(protection::fault(), 0.3)),
        ("auth", maybe(prop_oneof![auth(), callers::auth()], 0.4)),
    ];
    groups.extend(streams::groups());
    fields(groups)
        .prop_map(|mut fields| {
            bound_tries(&mut fields);
            way::bound(&mut fields);
            only_with_tls(&mut fields);
            streams::agree(&mut fields);
            fields
        })
        .boxed()
}

fn to_nothing() -> BoxedStrategy<Map<String, Value>> {
    let redirect = fields(vec![
        ("redirect", maybe(redirect(), 1.0)),
        ("auth", maybe(prop_oneof![auth(), callers::auth()], 0.4)),
        ("response_headers", maybe(headers(), 0.5)),
    ]);
    let respond = fields(vec![
        ("respond", maybe(respond(), 1.0)),
        ("auth", maybe(prop_oneof![auth(), callers::auth()], 0.4)),
        ("response_headers", maybe(headers(), 0.5)),
        ("rate_limit", maybe(protection::rate_limit(), 0.3)),
        ("ip", maybe(protection::addresses(), 0.3)),
        ("global_rate_limit", maybe(protection::global_rate_limit(), 0.3)),
        ("fault", maybe(protection::fault(), 0.3)),
    ]);
    prop_oneof![redirect, respond].boxed()
}

fn fields(groups: Vec<(&'static str, Group)>) -> BoxedStrategy<Map<String, Value>> {
    let (names, groups): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
    groups
        .prop_map(move |values| {
            let present = names.iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
            present.map(|(name, value)| ((*name).to_owned(), value)).collect()
        })
        .boxed()
}

fn maybe(strategy: impl Strategy<Value = Value> + 'static, chance: f64) -> Group {
    prop::option::weighted(chance.min(0.999), strategy)
        .prop_filter("a group that must be there", move |value| chance < 1.0 || value.is_some())
        .boxed()
}

fn regex_rewrite() -> impl Strategy<Value = Value> {
    let pattern = prop::sample::select(vec![
        (r"^/a/([0-9]+)/(x|y)$", 2),
        ("[a-z]{1,30}", 0),
        (r"\.(json|xml)", 1),
        ("(?i)user", 0),
        (r"([^/]+)/([^/]+)", 2),
        (r"[[:alpha:]]\d", 0),
    ]);
    let piece =
        prop_oneof!["[a-zA-Z0-9/_.~%-]{0,12}", Just(r"\\".to_owned()), Just("$1".to_owned())];
    (pattern, prop::collection::vec((piece, any::<prop::sample::Index>()), 0..5)).prop_map(
        |((pattern, groups), pieces)| {
            let text = |(piece, group): (String, prop::sample::Index)| {
                format!(r"{piece}\{}", group.index(groups + 1))
            };
            let substitution: String = pieces.into_iter().map(text).collect();
            json!({ "pattern": pattern, "substitution": substitution })
        },
    )
}

fn host_rewrite() -> impl Strategy<Value = Value> {
    let hosts =
        vec!["service", "a.example.com", "a-b_c", "10.0.0.1", "users:8080", "[2001:db8::7]:80"];
    prop::sample::select(hosts).prop_map(Value::from)
}

fn redirect() -> impl Strategy<Value = Value> {
    let scheme = prop::option::of(prop::sample::select(vec!["http", "https"]));
    let host = prop_oneof![Just("www.example.com"), Just("[2001:db8::7]"), Just("10.1.2.3")];
    let path = prop_oneof![
        Just(json!({})),
        "/new[a-z%20/]{0,8}".prop_map(|path| json!({ "path": tidy(&path) })),
        "/new[a-z/]{0,8}".prop_map(|prefix| json!({ "prefix": tidy(&prefix) })),
    ];
    let code = prop::option::of(prop::sample::select(vec![301, 302, 303, 307, 308]));
    let port = prop::option::of(1..=65535_u16);
    (scheme, host, path, code, port, any::<bool>()).prop_map(
        |(scheme, host, path, code, port, strip)| {
            let mut redirect = json!({ "host": host, "strip_query": strip });
            redirect["scheme"] = scheme.into();
            redirect["code"] = code.into();
            redirect["port"] = port.into();
            redirect.as_object_mut().unwrap().extend(path.as_object().unwrap().clone());
            redirect
        },
    )
}

/// Makes of any text a path in the form that is stored.
fn tidy(path: &str) -> String {
    let mut path = path.replace('%', "");
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    path
}

fn respond() -> impl Strategy<Value = Value> {
    let body = "[ -~éß\n\t]{1,200}";
    let kind = prop::sample::select(vec!["text/html", "application/json; charset=utf-8"]);
    prop_oneof![
        (200..=599_u16).prop_map(|status| json!({ "status": status })),
        (400..=599_u16, body, prop::option::of(kind)).prop_map(|(status, body, kind)| {
            json!({ "status": status, "body": body, "content_type": kind })
        }),
    ]
}

fn headers() -> impl Strategy<Value = Value> {
    let value = || {
        let piece = prop_oneof![
            "[!-~]{1,20}".prop_map(|text| text.replace('{', "<")),
            Just("%REQ(:path)%".to_owned()),
            Just("{ \"a\": 1 }".to_owned()),
            prop::sample::select(vec![
                "{client_address}",
                "{request_id}",
                "{host}",
                "{path}",
                "{method}",
                "{scheme}",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.join(" "))
    };
    let set = prop::collection::btree_map("x-s[a-zA-Z0-9_.~!-]{0,20}", value(), 0..6);
    let add = prop::collection::btree_map("x-a[a-zA-Z0-9-]{0,20}", value(), 0..6);
    let remove = prop::collection::vec("x-r[a-z0-9-]{0,20}", 0..6);
    (set, add, remove).prop_map(|(mut set, add, remove)| {
        // names that differ in case alone are the same header
        let mut seen = std::collections::BTreeSet::new();
        set.retain(|name, _| seen.insert(name.to_ascii_lowercase()));
        let mut seen = std::collections::BTreeSet::new();
        let add: Map<_, _> = add
            .into_iter()
            .filter(|(name, _)| seen.insert(name.to_ascii_lowercase()))
            .map(|(name, value)| (name, Value::from(value)))
            .collect();
        json!({ "set": set, "add": add, "remove": remove })
    })
}

fn timeouts() -> impl Strategy<Value = Value> {
    let time = || prop::option::of(1..=3_600_000_u32);
    let connect = prop::option::of(1..=60_000_u32);
    (time(), time(), connect).prop_map(
        |(request, idle, connect)| json!({ "request_ms": request, "idle_ms": idle, "connect_ms": connect }),
    )
}

fn mirror() -> impl Strategy<Value = Value> {
    let service = prop::sample::select(vec!["shadowsvc", "10.9.8.7:81", "https://copy.shop"]);
    let one = (service, prop::option::of(1..=100_u32));
    let one = one.prop_map(|(service, percent)| json!({ "service": service, "percent": percent }));
    prop::collection::vec(one, 1..=4).prop_map(Value::from)
}

fn upstream_tls() -> impl Strategy<Value = Value> {
    let bundle = prop::option::of(Just(BUNDLE));
    let name = prop::option::of("[a-z0-9][a-z0-9._-]{0,63}");
    let host = prop::option::of(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,10}){0,3}");
    (any::<bool>(), bundle, host, name).prop_map(|(verify, bundle, host, certificate)| {
        let (verify, bundle) = if verify { ("full", bundle) } else { ("off", None) };
        json!({
            "verify": verify, "trust_bundle": bundle, "server_name": host,
            "client_certificate": certificate,
        })
    })
}

/// What is said of TLS needs a service that speaks it.
fn only_with_tls(fields: &mut Map<String, Value>) {
    if fields.contains_key("upstream_tls") {
        fields.insert("service".to_owned(), "https://images.shop".into());
    }
}

fn retries() -> impl Strategy<Value = Value> {
    let known = prop::sample::select(CONDITIONS.to_vec());
    let on = prop_oneof![
        known.prop_map(str::to_owned),
        (400..=599_u16).prop_map(|code| code.to_string())
    ];
    let on = prop::collection::vec(on, 1..8);
    let attempts = prop::option::of(1..=10_u32);
    let times = (prop::option::of(1..=3_600_000_u32), prop::option::of(1..=60_000_u32));
    let budget = (prop::option::of(1..=100_u32), prop::option::of(0..=BUDGET_MIN_MAX));
    (on, attempts, times, budget).prop_map(
        |(on, attempts, (per_try, backoff), (percent, least))| {
            json!({
                "on": on,
                "attempts": attempts,
                "per_try_timeout_ms": per_try,
                "backoff_ms": backoff,
                "budget_percent": percent,
                "budget_min": least,
            })
        },
    )
}

fn auth() -> impl Strategy<Value = Value> {
    let consumers = || prop::collection::vec("[a-z0-9][a-z0-9_-]{0,20}", 1..6);
    let header = prop::option::of("x-k[a-zA-Z0-9-]{0,20}");
    let realm = prop::option::of("[a-zA-Z0-9 _.,:/-]{1,64}");
    prop_oneof![
        (header, consumers()).prop_map(|(header, consumers)| {
            json!({ "api_key": { "header": header, "consumers": consumers } })
        }),
        (consumers(), realm).prop_map(|(consumers, realm)| {
            json!({ "basic": { "consumers": consumers, "realm": realm } })
        }),
    ]
}

/// A try may not take longer than the whole.
fn bound_tries(fields: &mut Map<String, Value>) {
    let request = fields.get("timeouts").and_then(|timeouts| timeouts["request_ms"].as_u64());
    let per_try = fields.get("retries").and_then(|retries| retries["per_try_timeout_ms"].as_u64());
    if let (Some(request), Some(per_try)) = (request, per_try)
        && let Some(retries) = fields.get_mut("retries")
    {
        retries["per_try_timeout_ms"] = per_try.min(request).into();
    }
}
