//! Checks what the client makes of answers, without a transport.

use super::*;
use crate::api::problem::FieldError;

fn reply(status: u16, is_problem: bool, body: &str) -> Reply {
    Reply { status, is_problem, body: body.to_owned() }
}

#[test]
fn problem_details_reach_the_field_that_they_are_about() {
    let problem = Problem {
        status: 422,
        code: "invalid".to_owned(),
        detail: "the prefix is wrong".to_owned(),
        errors: vec![FieldError::new("prefix", "starts with `/`")],
        ..Problem::default()
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();

    let error = succeed(&reply(422, true, &body));

    assert_eq!(error, Err(problem.clone().into()));
    let error = ClientError::from(problem);
    assert_eq!(error.field("prefix").as_deref(), Some("starts with `/`"));
    assert_eq!(error.field("name"), None);
    assert_eq!(error.to_string(), "the prefix is wrong");
}

#[test]
fn an_error_page_of_a_proxy_is_not_taken_for_a_problem() {
    let error = succeed(&reply(502, false, "<html>Bad gateway</html>"));

    assert!(matches!(error, Err(ClientError::Unexpected { status: 502, .. })), "{error:?}");
}

#[test]
fn a_body_of_another_shape_is_an_error_and_not_a_panic() {
    let error = decode::<Mapping>(&reply(200, false, "{}"));

    assert!(matches!(error, Err(ClientError::Unexpected { status: 200, .. })), "{error:?}");
}

#[test]
fn names_are_encoded_as_one_path_segment() {
    assert_eq!(encode_segment("user-1_a.b~"), "user-1_a.b~");
    assert_eq!(encode_segment("a/b ü?"), "a%2Fb%20%C3%BC%3F");
}

#[cfg(feature = "ssr")]
#[test]
fn the_media_type_may_have_parameters() {
    let reply = Reply::new(400, Some("Application/Problem+JSON; charset=utf-8"), String::new());

    assert!(reply.is_problem);
}
