//! Who gets in, and what they may do with people, teams and tokens.

mod command;
mod pages;
mod people;
mod sign_in;
mod tokens;
mod world;
