//! Who owns which URL: claims, grants, protections and requests, by every way that writes.

mod ownership;
mod portal;
mod references;
mod requests;
mod world;
