//! Reads of the API's document what its page shows: references are followed, operations stand in
//! their groups. What the document does not have is empty, never an error.

use serde_json::Value;

/// The methods, in the order in which one path's operations are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) groups: Vec<Group>,
}

/// The operations of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    /// The anchor.
    pub(super) id: String,
    pub(super) description: String,
    pub(super) operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// The document's `operationId`, also the anchor.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Content>,
    pub(super) answers: Vec<Answer>,
}

impl Operation {
    /// Returns the path with examples in place of its parameters, and of those of the query that
    /// are required.
    pub(super) fn example_path(&self) -> String {
        let mut path = self.path.clone();
        let mut query = Vec::new();
        for parameter in &self.parameters {
            let Some(example) = &parameter.example else { continue };
            match parameter.place.as_str() {
                "path" => path = path.replace(&format!("{{{}}}", parameter.name), example),
                "query" if parameter.is_required => {
                    query.push(format!("{}={example}", parameter.name));
                }
                _ => {}
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `path`, `query` or `header`.
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) description: String,
    pub(super) example: Option<String>,
}

/// What a body is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Media type, and the name of the schema.
    pub(super) kind: String,
    pub(super) example: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) description: String,
    pub(super) kind: String,
    pub(super) example: Option<String>,
    pub(super) headers: Vec<String>,
}

impl Document {
    pub(super) fn read(document: &Value) -> Self {
        let groups = items(document, "tags").map(|tag| {
            let name = text(tag, "name");
            Group {
                id: anchor(&name),
                description: text(tag, "description"),
                operations: operations(document, &name),
                name,
            }
        });
        let info = document.get("info").unwrap_or(&Value::Null);
        Self {
            title: text(info, "title"),
            version: text(info, "version"),
            description: text(info, "description"),
            groups: groups.filter(|group| !group.operations.is_empty()).collect(),
        }
    }
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn operations(document: &Value, tag: &str) -> Vec<Operation> {
    let paths = document.get("paths").and_then(Value::as_object);
    let of_path = |(path, item): (&String, &Value)| {
        let known = METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?)));
        let ours = known.filter(|(_, operation)| {
            items(operation, "tags").any(|name| name.as_str() == Some(tag))
        });
        ours.map(|(method, found)| operation(document, method, path, found)).collect::<Vec<_>>()
    };
    paths.into_iter().flatten().flat_map(of_path).collect()
}

fn operation(document: &Value, method: &str, path: &str, found: &Value) -> Operation {
    let parameters = items(found, "parameters").map(|parameter| resolve(document, parameter));
    let body = found.get("requestBody").map(|body| content(document, resolve(document, body)));
    let answers = found.get("responses").and_then(Value::as_object).into_iter().flatten();
    Operation {
        id: text(found, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(found, "summary"),
        description: text(found, "description"),
        parameters: parameters.map(parameter).collect(),
        body,
        answers: answers
            .map(|(status, found)| answer(document, status, resolve(document, found)))
            .collect(),
    }
}

fn parameter(found: &Value) -> Parameter {
    let schema = found.get("schema").unwrap_or(&Value::Null);
    let example = found.get("example").or_else(|| schema.get("example"));
    let example =
        example.or_else(|| found.get("examples")?.as_object()?.values().next()?.get("value"));
    Parameter {
        name: text(found, "name"),
        place: text(found, "in"),
        is_required: found.get("required").and_then(Value::as_bool).unwrap_or_default(),
        description: text(found, "description"),
        example: example.map(plain),
    }
}

fn answer(document: &Value, status: &str, found: &Value) -> Answer {
    let Content { kind, example } = content(document, found);
    let headers = found.get("headers").and_then(Value::as_object).into_iter().flatten();
    Answer {
        status: status.to_owned(),
        description: text(found, "description"),
        kind,
        example,
        headers: headers.map(|(name, _)| name.clone()).collect(),
    }
}

/// Reads the first media type of a body.
fn content(document: &Value, found: &Value) -> Content {
    let first = found.get("content").and_then(Value::as_object).and_then(|all| all.iter().next());
    let Some((media_type, content)) = first else { return Content::default() };
    let schema =
        content.get("schema").and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
    let schema = schema.and_then(|reference| reference.rsplit('/').next());
    let example = content.get("example").or_else(|| {
        let first = content.get("examples")?.as_object()?.values().next()?;
        resolve(document, first).get("value")
    });
    Content {
        kind: match schema {
            Some(schema) => format!("{schema}, {media_type}"),
            None => media_type.clone(),
        },
        example: example.map(pretty),
    }
}

/// Follows a reference inside the document; what is none is returned itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|text| text.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // a value that was read is written again without fail
        _ => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "info": { "title": "Chancery", "version": "1" },
            "tags": [{ "name": "Native API", "description": "Typed" }, { "name": "Empty" }],
            "paths": { "/m/{name}": {
                "put": {
                    "tags": ["Native API"],
                    "operationId": "putMapping",
                    "summary": "Creates",
                    "parameters": [
                        { "name": "name", "in": "path", "required": true, "example": "user" },
                        { "name": "span", "in": "query", "required": true, "example": "5m" },
                    ],
                    "requestBody": { "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Draft" }, "example": { "a": 1 },
                    } } },
                    "responses": {
                        "200": { "description": "Done", "headers": { "etag": {} } },
                        "400": { "$ref": "#/components/responses/Malformed" },
                    },
                },
                "get": { "tags": ["Native API"], "operationId": "getMapping" },
            } },
            "components": { "responses": { "Malformed": { "description": "Not readable" } } },
        })
    }

    #[test]
    fn operations_stand_in_their_group_and_empty_groups_do_not() {
        let read = Document::read(&document());

        assert_eq!(read.groups.len(), 1);
        let ids = read.groups.iter().flat_map(|group| &group.operations);
        let ids: Vec<_> = ids.map(|operation| operation.id.as_str()).collect();
        assert_eq!(ids, ["getMapping", "putMapping"]);
    }

    #[test]
    fn references_are_followed_and_bodies_named() {
        let read = Document::read(&document());
        let put = read.groups[0].operations[1].clone();

        assert_eq!(put.example_path(), "/m/user?span=5m");
        let body = put.body.unwrap();
        assert_eq!(body.kind, "Draft, application/json");
        assert_eq!(body.example.as_deref(), Some("{\n  \"a\": 1\n}"));
        let said: Vec<_> = put.answers.iter().map(|a| a.description.as_str()).collect();
        assert_eq!(said, ["Done", "Not readable"]);
        assert_eq!(put.answers[0].headers, ["etag"]);
    }

    #[test]
    fn a_document_of_another_shape_is_empty() {
        assert_eq!(Document::read(&json!([])), Document::default());
    }
}
