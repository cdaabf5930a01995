//! Prints Envoy's messages the way Envoy reads them: proto3 JSON, or YAML of the same.

use std::{fmt, sync::OnceLock};

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

/// Describes every message that we print, and what stands inside them as `Any`.
///
/// Made by `make descriptors`; a test compares it with the locked `envoy-types`.
static DESCRIPTORS: &[u8] = include_bytes!("descriptors.bin");

/// How a configuration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Yaml,
    Json,
}

/// Says why a message can't be printed; a fault of ours, never of a user.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("the descriptors of Envoy's messages can't be read: {0}")]
    Descriptors(String),
    #[error("`{0}` is not among the descriptors; add its file in deploy/descriptors")]
    Unknown(String),
    #[error("can't print `{message}`: {reason}")]
    Print { message: String, reason: String },
}

/// Returns `message` as proto3 JSON with the field names of the `.proto` files, like Envoy's
/// own documentation.
///
/// # Errors
/// Returns [`PrintError`] when the descriptors lack a message.
pub fn to_json<M: Message + Name>(message: &M) -> Result<Value, PrintError> {
    let name = M::full_name();
    let descriptor =
        pool()?.get_message_by_name(&name).ok_or_else(|| PrintError::Unknown(name.clone()))?;
    let failed = |reason: &dyn fmt::Display| PrintError::Print {
        message: name.clone(),
        reason: reason.to_string(),
    };
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .map_err(|error| failed(&error))?;
    let options =
        SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| failed(&error))
}

/// Returns `message` as text, with a newline at the end.
///
/// # Errors
/// Returns [`PrintError`] when the descriptors lack a message.
pub fn print<M: Message + Name>(message: &M, format: Format) -> Result<String, PrintError> {
    print_value(&to_json(message)?, format)
}

/// Returns `value` as text, with a newline at the end.
///
/// # Errors
/// Returns [`PrintError::Print`] when it can't be written.
pub fn print_value(value: &Value, format: Format) -> Result<String, PrintError> {
    let failed = |reason: String| PrintError::Print { message: "a value".to_owned(), reason };
    let mut text = match format {
        Format::Json => {
            serde_json::to_string_pretty(value).map_err(|error| failed(error.to_string()))?
        }
        Format::Yaml => {
            serde_saphyr::to_string(value).map_err(|error| failed(error.to_string()))?
        }
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn pool() -> Result<&'static DescriptorPool, PrintError> {
    static POOL: OnceLock<Result<DescriptorPool, String>> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(DESCRIPTORS).map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| PrintError::Descriptors(error.clone()))
}
