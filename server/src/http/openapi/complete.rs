//! Adds what holds for every operation: the answers that the edge gives, the headers, the examples.

use app::api::{
    list::{Order, Sort},
    problem::Problem,
    series::Span,
};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr,
        Response, ResponseBuilder,
        path::{Operation, ParameterBuilder, PathItem},
        schema::{Schema, Type},
    },
};

use super::{
    article::Refusal,
    examples,
    native::ConfigWord,
    words::{EDGE, REQUEST_HEADERS, REQUEST_ID, RESPONSE_HEADERS},
};
use crate::{
    auth::needs::{self, Need},
    http::audit::ExportFormat,
};

/// Completes what the handlers have said.
pub(super) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let form = if path.starts_with("/ambassador/") { Form::Article } else { Form::Problem };
        for operation in operations(item) {
            parameters(operation);
            bodies(operation);
            responses(operation, form);
            refusals(operation, form);
        }
    }
    shared(document.components.get_or_insert_default());
}

pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .flatten()
}

/// In what form an error is told.
#[derive(Debug, Clone, Copy)]
enum Form {
    Problem,
    Article,
}

impl Form {
    fn schema(self) -> &'static str {
        match self {
            Self::Problem => "Problem",
            Self::Article => "ambassador.Refusal",
        }
    }

    /// Returns the name of the shared response of this form.
    fn response(self, name: &str) -> String {
        match self {
            Self::Problem => name.to_owned(),
            Self::Article => format!("ambassador.{name}"),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Problem => "application/problem+json",
            Self::Article => "application/json",
        }
    }

    fn content(self, status: &str) -> Content {
        let problem = examples::problem(status);
        let example = match self {
            Self::Problem => problem,
            Self::Article => {
                let mut said = examples::of(self.schema()).unwrap_or_default();
                if let (Some(said), Some(detail)) = (said.as_object_mut(), problem.get("detail")) {
                    said.insert("error".to_owned(), detail.clone());
                }
                said
            }
        };
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(self.schema())))
            .example(Some(example))
            .build()
    }
}

/// Adds the refusals that are given before or after a handler, where it has not described them.
fn refusals(operation: &mut Operation, form: Form) {
    let has_body = operation.request_body.is_some();
    let need = operation.operation_id.as_deref().and_then(needs::of);
    for (status, name, _description) in EDGE {
        let is_possible = match status {
            "401" => need != Some(Need::Anyone),
            "413" | "415" => has_body,
            "503" => is_write(operation),
            _ => true,
        };
        if is_possible {
            let shared = Ref::from_response_name(form.response(name));
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_owned()).or_insert(RefOr::Ref(shared));
        }
    }
}

/// What the name of an operation that writes begins with.
const WRITES: [&str; 15] = [
    "create", "put", "post", "patch", "delete", "clone", "restore", "sign", "set", "end", "change",
    "take", "approve", "refuse", "withdraw",
];

/// Tells whether an operation writes to the database: by its name, which begins with what it does.
fn is_write(operation: &Operation) -> bool {
    let id = operation.operation_id.as_deref().unwrap_or_default().to_lowercase();
    let verb = id.strip_prefix("ambassador").unwrap_or(&id);
    WRITES.iter().any(|write| verb.starts_with(write))
}

/// Describes the headers that several operations take.
fn parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let name = parameter.name.to_ascii_lowercase();
        for (known, description, example) in REQUEST_HEADERS {
            if name == known && parameter.description.is_none() {
                *parameter = ParameterBuilder::from(parameter.clone())
                    .description(Some(description))
                    .example(Some(json!(example)))
                    .build();
            }
        }
    }
}

fn bodies(operation: &mut Operation) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(exemplify);
    }
}

fn responses(operation: &mut Operation, form: Form) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) && response.content.is_empty() {
            let content = RefOr::T(form.content(status));
            response.content.insert(form.content_type().to_owned(), content);
        }
        response.content.values_mut().for_each(exemplify);
        named_by_its_request(response);
        for (name, header) in &mut response.headers {
            let RefOr::T(header) = header else { continue };
            for (known, description, example) in RESPONSE_HEADERS {
                if name.eq_ignore_ascii_case(known) {
                    header.description.get_or_insert_with(|| description.to_owned());
                    header.example.get_or_insert_with(|| json!(example));
                }
            }
        }
    }
}

fn named_by_its_request(response: &mut Response) {
    let reference = Ref::new(format!("#/components/headers/{}", REQUEST_ID.0));
    response.headers.entry(REQUEST_ID.0.to_owned()).or_insert(RefOr::Ref(reference));
}

/// Gives a body that has none the example of its schema.
fn exemplify(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if content.example.is_some() || !content.examples.is_empty() {
        return;
    }
    content.example = content.schema.as_ref().and_then(schema_name).and_then(examples::of);
}

pub(super) fn schema_name(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    }
}

/// Adds what the operations refer to and no handler names.
fn shared(components: &mut Components) {
    for form in [Form::Problem, Form::Article] {
        for (status, name, description) in EDGE {
            let mut response = ResponseBuilder::new()
                .description(description)
                .content(form.content_type(), form.content(status))
                .build();
            named_by_its_request(&mut response);
            components.responses.insert(form.response(name), RefOr::T(response));
        }
    }
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(REQUEST_ID.1))
        .example(Some(json!(REQUEST_ID.2)))
        .build();
    components.headers.insert(REQUEST_ID.0.to_owned(), RefOr::T(header));
    let mut schemas = vec![
        (Form::Problem.schema().to_owned(), Problem::schema()),
        (Form::Article.schema().to_owned(), Refusal::schema()),
        // parameters only refer to these
        ("Sort".to_owned(), Sort::schema()),
        ("ConfigWord".to_owned(), ConfigWord::schema()),
        ("ExportFormat".to_owned(), ExportFormat::schema()),
        ("Order".to_owned(), Order::schema()),
        ("Span".to_owned(), Span::schema()),
    ];
    Problem::schemas(&mut schemas);
    Refusal::schemas(&mut schemas);
    components.schemas.extend(schemas);
}
