//! `/api/v1/audit/export`: the audit as a file, read and sent a part at a time.

use std::fmt::Write;

use app::api::audit::{AuditEntry, AuditExport};
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chrono::SecondsFormat;
use futures_util::stream;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ACTION, ACTOR, FROM, KIND, OBJECT, TEAM, TO, entry, wanted};
use crate::{
    http::{caller::Caller, error::ApiError, openapi::words::tag, query::Params, state::AppState},
    store::{AuditQuery, Store, StoreError},
};

/// Entries of a file at the most: about 40 MB, as much as a spreadsheet opens.
const EXPORT_MAX: u32 = 100_000;

/// Entries that are read at once: about 400 kB.
const PART: u32 = 1_000;

/// Says whether older entries were left out.
const IS_CUT: HeaderName = HeaderName::from_static("x-chancery-cut");

/// The columns of the file, in RFC 4180's order of things.
const COLUMNS: &str =
    "id,at,actor,via,action,team,kind,object,diff,address,request_id,revision\r\n";

/// What a file is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ExportFormat {
    #[default]
    Csv,
    Json,
}

/// Gets what was done as a file
///
/// At most 100,000 entries, the newest first; the header `x-chancery-cut` says whether there are
/// more. In CSV (RFC 4180) a cell that a spreadsheet would take for a formula begins with `'`.
#[utoipa::path(
    get,
    path = "/api/v1/audit/export",
    operation_id = "exportAudit",
    tag = tag::PEOPLE,
    params(
        ("format" = Option<ExportFormat>, Query, description = "`csv`, unless given"),
        ("team" = Option<String>, Query, description = TEAM, example = "accounts"),
        ("actor" = Option<String>, Query, description = ACTOR, example = "ada"),
        ("action" = Option<String>, Query, description = ACTION, example = "mapping."),
        ("kind" = Option<String>, Query, description = KIND, example = "mapping"),
        ("object" = Option<String>, Query, description = OBJECT, example = "usermapping"),
        ("from" = Option<String>, Query, description = FROM, example = "2026-11-01T00:00:00Z"),
        ("to" = Option<String>, Query, description = TO, example = "2026-12-01T00:00:00Z"),
    ),
    responses(
        (
            status = OK,
            description = "The entries",
            content(
                (AuditExport = "application/json"),
                (String = "text/csv", example = json!("id,at,actor,via,action,team,kind,object,diff,address,request_id,revision\r\n")),
            ),
            headers(
                ("content-disposition" = String, description = "Names the file"),
                ("x-chancery-cut" = String, description = "`true` if older entries were left out, else `false`"),
            ),
        ),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(in crate::http) async fn export(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let params = Params::read(query.as_deref());
    let format = params.word("format").unwrap_or_default();
    let wanted = wanted(&params, &caller.sight());
    params.finish()?;
    let is_cut = state.store.audit_exceeds(&wanted, EXPORT_MAX).await?;
    let (kind, file) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        ExportFormat::Json => ("application/json", "attachment; filename=\"audit.json\""),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (IS_CUT, HeaderValue::from_static(if is_cut { "true" } else { "false" })),
    ];
    let beginning = match format {
        ExportFormat::Csv => COLUMNS.to_owned(),
        ExportFormat::Json => format!("{{\"is_cut\":{is_cut},\"items\":["),
    };
    let reading = Reading { store: state.store.clone(), wanted, format, sent: 0, is_done: false };
    let parts = stream::try_unfold((Some(beginning), reading), next);
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// How far a file has come.
struct Reading {
    store: Store,
    /// What is left of what is wanted.
    wanted: AuditQuery,
    format: ExportFormat,
    sent: u32,
    is_done: bool,
}

type Step = (Option<String>, Reading);

/// Returns the next part; an error breaks the file off, so that nobody takes it for whole.
async fn next((beginning, reading): Step) -> Result<Option<(Bytes, Step)>, StoreError> {
    if let Some(beginning) = beginning {
        return Ok(Some((beginning.into(), (None, reading))));
    }
    let Reading { store, wanted, format, sent, is_done } = reading;
    if is_done {
        return Ok(None);
    }
    let limit = PART.min(EXPORT_MAX.saturating_sub(sent));
    let found = store.audit(&wanted, limit).await?;
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let before = found.last().map(|last| last.id);
    let mut text = String::new();
    for (place, audited) in found.into_iter().enumerate() {
        let entry = entry(audited);
        match format {
            ExportFormat::Csv => line(&mut text, &entry),
            ExportFormat::Json => {
                text.push_str(if sent == 0 && place == 0 { "" } else { "," });
                // plain data with text keys: serde_json has no way to fail on it
                text.push_str(&serde_json::to_string(&entry).unwrap_or_default());
            }
        }
    }
    let sent = sent.saturating_add(count);
    let is_done = count < limit || sent >= EXPORT_MAX;
    if is_done && format == ExportFormat::Json {
        text.push_str("]}\n");
    }
    let wanted = AuditQuery { before, ..wanted };
    Ok(Some((text.into(), (None, Reading { store, wanted, format, sent, is_done }))))
}

/// Writes a line of the file.
fn line(text: &mut String, entry: &AuditEntry) {
    let at = entry.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let diff = match entry.diff.as_slice() {
        [] => String::new(),
        diff => serde_json::to_string(diff).unwrap_or_default(),
    };
    let revision = entry.revision.map(|revision| revision.to_string());
    // writing into a text does not fail
    let _written = write!(text, "{},{at}", entry.id);
    for cell in [
        entry.actor.as_str(),
        &entry.via,
        &entry.action,
        entry.team.as_deref().unwrap_or_default(),
        &entry.kind,
        &entry.object,
        &diff,
        entry.address.as_deref().unwrap_or_default(),
        entry.request_id.as_deref().unwrap_or_default(),
        revision.as_deref().unwrap_or_default(),
    ] {
        text.push(',');
        text.push_str(&escaped(cell));
    }
    text.push_str("\r\n");
}

/// Writes a cell so that it is one, and that no spreadsheet takes it for a formula (OWASP, CSV
/// Injection).
fn escaped(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc", "usersvc")]
    #[case("", "")]
    #[case("a,b", "\"a,b\"")]
    #[case("say \"hi\"", "\"say \"\"hi\"\"\"")]
    #[case("two\r\nlines", "\"two\r\nlines\"")]
    #[case("=1+2", "'=1+2")]
    #[case("+1", "'+1")]
    #[case("-1", "'-1")]
    #[case("@sum(a1,b1)", "\"'@sum(a1,b1)\"")]
    #[case("\tx", "'\tx")]
    fn a_cell_is_one_cell_and_no_formula(#[case] cell: &str, #[case] written: &str) {
        assert_eq!(escaped(cell), written);
    }
}
