//! Services whose endpoints an operator has written down: `--service usersvc=127.0.0.1:5001`.

use std::{collections::HashMap, net::SocketAddr, str::FromStr, sync::Arc};

use crate::gateway::{endpoints::Endpoints, service::ServiceName};

/// One service and its endpoints: `NAME=ADDRESS[,ADDRESS…]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedService {
    pub service: ServiceName,
    pub endpoints: Endpoints,
}

impl FromStr for FixedService {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, addresses) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` must be NAME=ADDRESS:PORT[,ADDRESS:PORT…]"))?;
        let service =
            ServiceName::parse(name).map_err(|error| format!("the service `{name}` {error}"))?;
        let address = |text: &str| {
            text.parse::<SocketAddr>()
                .map_err(|_not_an_address| format!("`{text}` must be an IP address and a port"))
        };
        let addresses: Vec<_> = addresses.split(',').map(address).collect::<Result<_, _>>()?;
        Ok(Self { service, endpoints: Endpoints::known(addresses) })
    }
}

/// Holds all services that are written down.
#[derive(Debug, Clone, Default)]
pub struct Fixed(Arc<HashMap<ServiceName, Endpoints>>);

impl Fixed {
    pub fn new(services: impl IntoIterator<Item = FixedService>) -> Self {
        let entry = |fixed: FixedService| (fixed.service, fixed.endpoints);
        Self(Arc::new(services.into_iter().map(entry).collect()))
    }

    /// Returns every service that is written down.
    pub fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.0.keys()
    }

    pub fn endpoints(&self, service: &ServiceName) -> Option<Endpoints> {
        self.0.get(service).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_down_service_is_found_under_any_spelling_of_its_name() {
        let fixed = Fixed::new(["usersvc=127.0.0.1:5001,127.0.0.1:5002".parse().unwrap()]);

        let endpoints = fixed.endpoints(&ServiceName::parse("http://UserSvc:80").unwrap()).unwrap();

        assert_eq!(endpoints.all().len(), 2);
    }

    #[test]
    fn a_malformed_service_is_refused_with_the_form_to_write() {
        assert!("usersvc".parse::<FixedService>().unwrap_err().contains("NAME=ADDRESS"));
        assert!("usersvc=localhost:1".parse::<FixedService>().unwrap_err().contains("IP address"));
    }
}
