//! The form as it stands in the document: reads what is typed, and takes over what the server has
//! drawn.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, DomParser, Element, FormData, HtmlElement, HtmlFormElement, HtmlInputElement,
    NodeList, UrlSearchParams,
};

/// Id of the form.
const FORM: &str = "mapping-form";

/// What a preview brings up to date, besides what is said of single fields.
const FORESEEN: [&str; 3] = ["foreseen", "curl", "advanced-set"];

/// What a look at the service brings up to date.
const CHECKED: [&str; 2] = ["service-check", "services"];

/// Finds the form.
pub(super) fn form() -> Option<HtmlFormElement> {
    document().get_element_by_id(FORM)?.dyn_into().ok()
}

/// Tells whether an event comes from inside the form.
pub(super) fn is_inside(target: Option<web_sys::EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| matches!(element.closest("#mapping-form"), Ok(Some(_))))
}

/// Writes all fields and the pressed button as the browser would.
pub(super) fn body(step: &str) -> String {
    let data = form().and_then(|form| FormData::new_with_form(&form).ok());
    // its pairs are all texts: the form takes no files
    let fields = data.and_then(|data| UrlSearchParams::new_with_str_sequence_sequence(&data).ok());
    let Some(fields) = fields else { return String::new() };
    fields.append("step", step);
    fields.to_string().into()
}

/// Returns the names of the fields in which something else stands than the server has drawn.
pub(super) fn typed_fields() -> Vec<String> {
    let inputs = inputs("input[type=text]").into_iter();
    inputs
        .filter(|input| input.value() != input.default_value())
        .map(|input| input.name())
        .collect()
}

/// Returns the names of the fields against which something is said.
pub(super) fn wrong_fields() -> Vec<String> {
    let slots = elements(document().query_selector_all(".field-error:not(:empty)"));
    let ids = slots.into_iter().map(|slot| slot.id());
    ids.filter_map(|id| Some(id.strip_suffix("-error")?.to_owned())).collect()
}

/// Notes that something was typed or chosen.
pub(super) fn set_dirty() {
    if let Some(form) = form() {
        // fails only for a name that is none
        drop(form.dataset().set("dirty", ""));
    }
}

/// Tells whether leaving now would lose something.
pub(super) fn is_dirty() -> bool {
    form().is_some_and(|form| form.dataset().get("dirty").is_some()) || !typed_fields().is_empty()
}

/// Returns the value of a field.
pub(super) fn value(name: &str) -> String {
    let input = document().get_element_by_id(name);
    let input = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
    input.map(|input| input.value()).unwrap_or_default()
}

/// Reads a page; `None` when it has no form.
pub(super) fn read(html: &str) -> Option<Document> {
    let parser = DomParser::new().ok()?;
    let page = parser.parse_from_string(html, web_sys::SupportedType::TextHtml).ok()?;
    page.get_element_by_id(FORM)?;
    Some(page)
}

/// Shows the form of `page` in place of the one that is shown, and moves the focus to what it
/// asks for.
pub(super) fn take_over(page: &Document) {
    take_inside(page, &["foreseen", "curl"]);
    let (Some(shown), Some(drawn)) =
        (document().get_element_by_id(FORM), page.get_element_by_id(FORM))
    else {
        return;
    };
    // fails only where there is no parent
    drop(shown.replace_with_with_node_1(&drawn));
    let asks = document().query_selector("#mapping-form [autofocus]").ok().flatten();
    focus(asks.or_else(|| document().get_element_by_id("prefix")));
}

/// Shows what `page` foresees, and what it says against the fields of `touched` and their groups.
pub(super) fn take_preview(page: &Document, touched: &[String]) {
    take_inside(page, &FORESEEN);
    for count in elements(document().query_selector_all(".section-set")) {
        take_inside(page, &[&count.id()]);
    }
    for name in touched {
        let group = name.split('.').next().unwrap_or_default();
        let slots = document().query_selector_all(&format!(".field-error[id^=\"{group}\"]"));
        for slot in elements(slots) {
            take_inside(page, &[&slot.id()]);
            let is_wrong = slot.text_content().is_some_and(|said| !said.trim().is_empty());
            let id = slot.id();
            let input = document().get_element_by_id(id.strip_suffix("-error").unwrap_or_default());
            if let Some(input) = input {
                // the attribute's name is a valid constant, so neither call can fail
                drop(match is_wrong {
                    true => input.set_attribute("aria-invalid", "true"),
                    false => input.remove_attribute("aria-invalid"),
                });
            }
        }
    }
    let is_all_right = matches!(document().query_selector(".field-error:not(:empty)"), Ok(None));
    if is_all_right {
        take_inside(page, &["form-trouble"]);
    }
}

/// Shows what `page` knows of the service.
pub(super) fn take_check(page: &Document) {
    take_inside(page, &CHECKED);
}

/// Replaces what is inside the elements of these ids.
fn take_inside(page: &Document, ids: &[&str]) {
    for id in ids {
        let (Some(shown), Some(drawn)) =
            (document().get_element_by_id(id), page.get_element_by_id(id))
        else {
            continue;
        };
        let html = drawn.inner_html();
        if shown.inner_html() != html {
            shown.set_inner_html(&html);
        }
    }
    name_our_origin();
}

/// Writes the address under which the reader sees the server into the line for the shell: the
/// server does not know it.
pub(super) fn name_our_origin() {
    let Some(line) = document().get_element_by_id("curl") else { return };
    let (Some(written), Ok(seen)) = (line.get_attribute("data-origin"), location().origin()) else {
        return;
    };
    let text = line.text_content().unwrap_or_default();
    if text.contains(&written) && written != seen {
        line.set_text_content(Some(&text.replace(&written, &seen)));
    }
}

/// Says above the form that nothing came of it; `text` is a text of ours.
pub(super) fn say_trouble(text: &str) {
    let Some(place) = document().get_element_by_id("form-trouble") else { return };
    place.set_inner_html(
        "<div class=\"note bad error-summary\" id=\"error-summary\" tabindex=\"-1\" \
         data-testid=\"error-summary\"><p></p></div>",
    );
    if let Ok(Some(said)) = place.query_selector("p") {
        said.set_text_content(Some(text));
    }
    focus(document().get_element_by_id("error-summary"));
}

/// Marks the form as being sent, or no longer; the pressed button says so.
pub(super) fn set_busy(is_busy: bool, pressed: Option<&Element>) {
    if let Some(form) = form() {
        // the attribute's name is a valid constant, so neither call can fail
        drop(match is_busy {
            true => form.set_attribute("aria-busy", "true"),
            false => form.remove_attribute("aria-busy"),
        });
    }
    let Some(button) = pressed else { return };
    let said = if is_busy { "data-busy" } else { "data-idle" };
    if is_busy {
        let idle = button.text_content().unwrap_or_default();
        drop(button.set_attribute("data-idle", &idle));
    }
    if let Some(text) = button.get_attribute(said) {
        button.set_text_content(Some(&text));
    }
}

fn inputs(selector: &str) -> Vec<HtmlInputElement> {
    let Some(form) = form() else { return Vec::new() };
    let found = elements(form.query_selector_all(selector));
    found.into_iter().filter_map(|input| input.dyn_into().ok()).collect()
}

fn elements<E>(found: Result<NodeList, E>) -> Vec<Element> {
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // focus is a convenience: what it would lead to is on the page
        drop(element.focus());
    }
}
