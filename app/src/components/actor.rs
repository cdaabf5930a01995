//! Names who did something, as people would.

/// Writes an actor of the audit or of a revision in words.
pub(crate) fn words(actor: &str) -> String {
    match actor {
        "" => "unknown".to_owned(),
        "open" => "someone on the server's machine".to_owned(),
        "command line" => "the command line".to_owned(),
        "anonymous" => "someone not signed in".to_owned(),
        other => other.to_owned(),
    }
}
