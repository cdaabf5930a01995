//! The table that is measured: every mapping has a first segment of its own, a hundred services.

use std::{net::SocketAddr, path::Path};

use chancery::{
    auth::names::TeamName,
    gateway::{
        fields::{NameFrom, read_spec},
        mapping::Spec,
    },
    store::{DatabaseUrl, Rules, Store},
};
use serde_json::json;
use tokio_util::task::TaskTracker;

use crate::{BenchResult, CHANGES};

/// Services that share the mappings; all lead to the same upstream.
const SERVICES: usize = 100;

#[derive(Debug)]
pub(crate) struct Table {
    size: usize,
    upstream: SocketAddr,
}

impl Table {
    pub(crate) fn new(size: usize, upstream: SocketAddr) -> Self {
        Self { size, upstream }
    }

    fn specs(&self) -> impl Iterator<Item = BenchResult<Spec>> {
        (0..self.size).map(|index| self.spec(&format!("m{index}"), &self.path(index), index))
    }

    /// Returns a mapping beyond those of the table, to a service that is known already.
    pub(crate) fn new_spec(&self, index: usize) -> BenchResult<Spec> {
        self.spec(&format!("new{index}"), &Self::new_path(index), index)
    }

    /// Returns a mapping beyond those of the table, to a service that nobody has used yet.
    pub(crate) fn own_spec(index: usize) -> BenchResult<Spec> {
        Self::parse(&format!("own{index}"), &format!("/own{index}/"), &own_service(index))
    }

    fn spec(&self, name: &str, prefix: &str, index: usize) -> BenchResult<Spec> {
        Self::parse(name, prefix, &service(index % self.size))
    }

    fn parse(name: &str, prefix: &str, service: &str) -> BenchResult<Spec> {
        let body = json!({ "prefix": prefix, "service": service });
        let fields = body.as_object().ok_or("an object")?;
        read_spec(NameFrom::Url(name), fields, |_| Some(TeamName::default_team()))
            .map_err(|errors| format!("{errors:?}").into())
    }

    fn path(&self, index: usize) -> String {
        // equal lengths, so that the order of the list is that of the numbers
        format!("/m{index:06}/")
    }

    pub(crate) fn new_path(index: usize) -> String {
        format!("/new{index}/")
    }

    pub(crate) fn first_path(&self) -> String {
        self.path(0)
    }

    pub(crate) fn last_path(&self) -> String {
        self.path(self.size - 1)
    }

    /// Returns paths of the first `count` mappings.
    pub(crate) fn paths(&self, count: usize) -> Vec<String> {
        (0..self.size.min(count)).map(|index| self.path(index)).collect()
    }

    /// Returns the committed mappings as the server would load them.
    pub(crate) fn mappings(&self) -> BenchResult<Vec<Spec>> {
        self.specs().collect()
    }

    /// Returns the arguments that fix the services' endpoints.
    pub(crate) fn service_arguments(&self) -> Vec<String> {
        let names = (0..SERVICES).map(service).chain((0..CHANGES).map(own_service));
        names.map(|name| format!("--service={name}={}", self.upstream)).collect()
    }

    pub(crate) fn upstream(&self) -> SocketAddr {
        self.upstream
    }

    /// Writes the table into a new database.
    pub(crate) async fn store(&self, folder: &Path) -> BenchResult<()> {
        let tasks = TaskTracker::new();
        let path = folder.join("chancery.db").display().to_string();
        let store = Store::open(&DatabaseUrl::Sqlite(path), Rules::default(), &tasks).await?;
        let mut writes = tokio::task::JoinSet::new();
        for spec in self.specs() {
            let (store, spec) = (store.clone(), spec?);
            // enough to fill the writer's transactions
            while writes.len() >= 512 {
                writes.join_next().await;
            }
            writes.spawn(async move { store.put(spec).await.map(drop) });
        }
        while let Some(written) = writes.join_next().await {
            written??;
        }
        drop(store);
        tasks.close();
        tasks.wait().await;
        Ok(())
    }
}

fn own_service(index: usize) -> String {
    format!("own{index}")
}

fn service(index: usize) -> String {
    format!("s{}", index % SERVICES)
}
