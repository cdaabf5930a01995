//! The page that describes the API: the document of `/api/openapi.json`, as one reads it.

mod document;

use leptos::prelude::*;

use self::document::{Answer, Document, Group, Operation, Parameter};
use super::{Loaded, failure};
use crate::api::client::Client;
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::page_head::PageHead;
use crate::curl;
use crate::islands::copy::Copy;

pub(super) async fn page(client: &Client) -> Loaded {
    match client.openapi().await {
        Ok(document) => {
            let document = Document::read(&document);
            Loaded::new("API", Place::About, move || draw(document))
        }
        Err(error) => failure::failed(Place::About, "The description of the API", error),
    }
}

fn draw(document: Document) -> impl IntoView {
    let Document { title, version, description, groups } = document;
    let sub = format!("Version {version}");
    let contents = groups.iter().map(contents).collect_view();
    view! {
        <PageHead title=format!("{title} API") sub=sub.into_any()>
            <a class="btn" href="/api/openapi.json">
                "OpenAPI document"
            </a>
            <a class="btn" href="/about">
                "Definitions"
            </a>
        </PageHead>
        <div class="prose docs" data-testid="api-docs">
            {paragraphs(&description)}
            <nav class="card docs-contents" aria-label="Operations">
                {contents}
            </nav>
            {groups.into_iter().map(group).collect_view()}
        </div>
    }
}

/// Writes a text of several paragraphs.
fn paragraphs(text: &str) -> impl IntoView + use<> {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    paragraphs.map(|paragraph| view! { <p>{message(paragraph)}</p> }).collect_view()
}

fn contents(group: &Group) -> impl IntoView + use<> {
    let line = |operation: &Operation| {
        view! {
            <li>
                <a href=format!("#{}", operation.id)>
                    {method(operation.method.clone())}
                    <code>{operation.path.clone()}</code>
                </a>
                <span class="sub">{operation.summary.clone()}</span>
            </li>
        }
    };
    view! {
        <h2>{group.name.clone()}</h2>
        <ul>{group.operations.iter().map(line).collect_view()}</ul>
    }
}

fn group(group: Group) -> impl IntoView {
    let Group { name, id, description, operations } = group;
    view! {
        <section aria-labelledby=id.clone()>
            <h2 id=id.clone() class="docs-group">
                {name}
            </h2>
            {paragraphs(&description)}
            {operations.into_iter().map(operation).collect_view()}
        </section>
    }
}

/// Shows a method in its own word; colour only repeats it.
fn method(method: String) -> impl IntoView {
    let tone = match method.as_str() {
        "GET" => Tone::Idle,
        "DELETE" => Tone::Bad,
        _ => Tone::Accent,
    };
    view! { <span class=format!("chip method {}", tone.class())>{method}</span> }
}

fn operation(operation: Operation) -> impl IntoView {
    let line = curl::call(
        curl::DEFAULT_ORIGIN,
        &operation.method,
        &operation.example_path(),
        operation.body.as_ref().and_then(|body| body.example.as_deref()),
    );
    let Operation { id, method: verb, path, summary, description, parameters, body, answers } =
        operation;
    let curl_id = format!("{id}-curl");
    view! {
        <article class="card docs-operation" aria-labelledby=id.clone()>
            <div class="card-head">
                <h3 id=id.clone() tabindex="-1">
                    <a href=format!("#{id}")>
                        {method(verb)}
                        <code>{path}</code>
                    </a>
                </h3>
                <Copy target=curl_id.clone() what=format!("the curl line of {summary}") />
            </div>
            <div class="card-body">
                <p class="strong">{summary}</p>
                {paragraphs(&description)}
                <pre class="code framed" id=curl_id tabindex="0" aria-label="Example">
                    {line}
                </pre>
                {(!parameters.is_empty()).then(|| parameter_table(parameters))}
                {body
                    .map(|body| {
                        view! {
                            <h4>"Body"</h4>
                            <p class="sub">{body.kind}</p>
                            {body.example.map(|example| code(example, "Body"))}
                        }
                    })}
                <h4>"Answers"</h4>
                <ul class="docs-answers">{answers.into_iter().map(answer).collect_view()}</ul>
            </div>
        </article>
    }
}

fn code(example: String, label: &'static str) -> impl IntoView {
    view! {
        <pre class="code framed" tabindex="0" aria-label=label>
            {example}
        </pre>
    }
}

fn parameter_table(parameters: Vec<Parameter>) -> impl IntoView {
    let row = |parameter: Parameter| {
        let need = if parameter.is_required { ", required" } else { "" };
        view! {
            <tr>
                <th scope="row">
                    <code class="strong">{parameter.name}</code>
                    <span class="cell-note">{format!("{}{need}", parameter.place)}</span>
                </th>
                <td data-label="Meaning">{message(&parameter.description)}</td>
                <td data-label="Example">
                    {parameter.example.map(|example| view! { <code>{example}</code> })}
                </td>
            </tr>
        }
    };
    view! {
        <h4>"Parameters"</h4>
        <table class="table records">
            <thead>
                <tr>
                    <th scope="col">"Parameter"</th>
                    <th scope="col">"Meaning"</th>
                    <th scope="col">"Example"</th>
                </tr>
            </thead>
            <tbody>{parameters.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn answer(answer: Answer) -> impl IntoView {
    let tone = match answer.status.chars().next() {
        Some('1' | '2') => Tone::Ok,
        Some('3') => Tone::Idle,
        Some('4') => Tone::Warn,
        _ => Tone::Bad,
    };
    let headers = (!answer.headers.is_empty()).then(
        || view! { <span class="sub">{format!("Headers: {}", answer.headers.join(", "))}</span> },
    );
    let head = view! {
        <span class=format!("chip {}", tone.class())>{answer.status}</span>
        " "
        {message(&answer.description)}
    };
    match answer.example {
        None => view! { <li class="docs-answer">{head} {headers}</li> }.into_any(),
        Some(example) => view! {
            <li class="docs-answer">
                <details>
                    <summary>{head}</summary>
                    <p class="sub">{answer.kind} " " {headers}</p>
                    {code(example, "Example of the answer")}
                </details>
            </li>
        }
        .into_any(),
    }
}
