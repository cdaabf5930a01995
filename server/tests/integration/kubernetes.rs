//! Services of a real Kubernetes API server, through to a real Envoy.
//!
//! There are no kubelets and no controllers: the tests write the EndpointSlices. Their endpoints are
//! servers of this machine. Kubernetes takes no loopback addresses for endpoints, so these have
//! addresses of a network that is routed to the loopback device alone; to make that route, the
//! tests need to be root.

mod cluster;
mod following;
mod names;
mod outages;
mod rights;
mod size;
mod zones;
