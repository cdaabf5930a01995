//! What `chancery render` and `chancery bootstrap` print is what Envoy accepts.

use chancery::envoy::{
    bootstrap::{NodeSettings, bootstrap},
    json::{Format, print},
    render::static_config,
    upstream_tls::{NodeCaFile, Trust},
};
use chancery::gateway::edge::GatewaySettings;
use serde_json::json;

use crate::support::{envoy, server::TestServer};

#[tokio::test]
async fn envoy_accepts_several_hundred_mappings_in_both_formats() {
    let server = TestServer::start().await;
    let services = ["usersvc", "10.1.2.3:8080", "https://images.shop", "[2001:db8::7]:80"];
    for index in 0..300 {
        let rewrite = ["/", "", "/v2", "/v2/"][index % 4];
        let body = json!({
            "prefix": format!("/s{}/p{index}{}", index % 17, ["", "/"][index % 2]),
            "service": services[index % services.len()],
            "rewrite": rewrite,
        });
        server.map_with(&format!("m{index}"), &body).await;
    }
    server.map("all", "/", "usersvc").await;
    let file = server.database_file();
    let table = {
        let url = chancery::store::DatabaseUrl::Sqlite(file.to_str().unwrap().to_owned());
        let tasks = tokio_util::task::TaskTracker::new();
        let store = chancery::store::Store::open(&url, chancery::store::Rules::default(), &tasks)
            .await
            .unwrap();
        store.load().await.unwrap().table
    };
    assert_eq!(table.len(), 301);

    let system = NodeCaFile::default();
    let config = static_config(
        &table,
        "0.0.0.0:8080".parse().unwrap(),
        &GatewaySettings::default(),
        Trust { system: &system, written: None },
        |_service| None,
    );

    for format in [Format::Yaml, Format::Json] {
        let text = print(&config, format).unwrap();
        envoy::validate(&text).await.unwrap();
    }
}

#[tokio::test]
async fn envoy_accepts_the_bootstrap() {
    let mut settings = NodeSettings {
        id: "node-1".to_owned(),
        xds: vec!["127.0.0.1:18000".parse().unwrap()],
        admin: "127.0.0.1:9901".parse().unwrap(),
        credentials: None,
        zone: None,
    };

    let text = print(&bootstrap(&settings), Format::Yaml).unwrap();
    settings.zone = Some("eu-1".to_owned());
    let in_zone = print(&bootstrap(&settings), Format::Yaml).unwrap();

    insta::assert_snapshot!(text);
    envoy::validate(&text).await.unwrap();
    assert!(in_zone.contains("local_cluster_name"), "{in_zone}");
    envoy::validate(&in_zone).await.unwrap();
}
