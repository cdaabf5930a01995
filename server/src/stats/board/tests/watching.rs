//! What a viewer of some mappings is sent.

use super::*;

fn watching(names: &[&str], overview: bool) -> Watching {
    let mappings = Some(names.iter().map(|name| (*name).to_owned()).collect());
    Watching::read(&Watch { mappings, overview }).unwrap()
}

fn full(fixture: &Fixture, watching: &Watching) -> Full {
    match serde_json::from_slice(&fixture.tick.full_frame(watching, &Sight::All)).unwrap() {
        Frame::Full(full) => full,
        Frame::Delta(_) => panic!("it is a full frame"),
    }
}

fn delta(fixture: &Fixture, since: u64, watching: &Watching) -> Delta {
    match serde_json::from_slice(&fixture.tick.frame_since(since, watching, &Sight::All)).unwrap() {
        Frame::Delta(delta) => delta,
        Frame::Full(_) => panic!("it is a delta"),
    }
}

/// Four mappings, all of which have settled.
fn four() -> Fixture {
    let mut fixture = Fixture::new();
    for name in ["a", "b", "c", "longest"] {
        fixture.put(name, &format!("/{name}/"));
    }
    fixture.flush("one", "a", 0, 0);
    fixture.tick();
    fixture
}

#[test]
fn a_frame_of_pieces_is_the_frame_that_the_types_say() {
    let mut fixture = four();
    fixture.flush_slow("one", "a", 5, (5, 10.0));
    fixture.delete("b");
    fixture.tick();

    for watching in [all(), watching(&["a", "b"], true), watching(&[], false)] {
        let typed = fixture.tick.full(&watching, &Sight::All);
        let text = serde_json::to_string(&Frame::Full(typed)).unwrap();
        assert_eq!(fixture.tick.full_frame(&watching, &Sight::All), text.as_bytes());

        let delta = delta(&fixture, 1, &watching);
        let text = serde_json::to_string(&Frame::Delta(delta)).unwrap();
        assert_eq!(fixture.tick.frame_since(1, &watching, &Sight::All), text.as_bytes());
    }
}

#[test]
fn a_full_frame_has_what_is_watched_in_match_order() {
    let fixture = four();

    let told = full(&fixture, &watching(&["a", "longest", "a", "missing", "no name"], false));

    let names: Vec<_> = told.mappings.iter().map(|live| live.mapping.name.as_str()).collect();
    assert_eq!(names, ["longest", "a"]);
    assert_eq!(full(&fixture, &all()).mappings.len(), 4);
}

#[test]
fn a_viewer_of_some_hears_of_them_only_and_always_of_the_gateway() {
    let mut fixture = four();
    fixture.flush("one", "a", 7, 0);
    fixture.delete("c");
    fixture.tick();

    let of_a = delta(&fixture, 1, &watching(&["a"], false));
    assert_eq!(names(&of_a.changed), ["a"]);
    assert!(of_a.removed.is_empty());
    let of_c = delta(&fixture, 1, &watching(&["c", "b"], false));
    assert_eq!((names(&of_c.changed), of_c.removed), (vec![], vec!["c".to_owned()]));
    let of_none = delta(&fixture, 1, &watching(&[], false));
    assert_eq!(of_none.totals.rate, Some(3.5));
    assert!(of_none.changed.is_empty() && of_none.removed.is_empty());
}

#[test]
fn the_overview_is_sent_to_those_who_ask() {
    let mut fixture = four();
    fixture.flush("one", "a", 7, 7);
    fixture.tick();

    let asked = delta(&fixture, 1, &watching(&[], true)).overview.unwrap();
    assert_eq!(names(&asked.worst), ["a"]);
    assert_eq!(delta(&fixture, 1, &watching(&[], false)).overview, None);
    assert_eq!(delta(&fixture, 1, &all()).overview, None);
}

#[test]
fn a_viewer_of_some_who_missed_ticks_gets_their_sum() {
    let mut fixture = four();
    let seen = fixture.tick.seq;
    fixture.delete("b");
    fixture.tick();
    fixture.put("a", "/elsewhere/");
    fixture.tick();
    fixture.delete("c");
    fixture.tick();
    fixture.put("c", "/c/");
    fixture.tick();

    let delta = delta(&fixture, seen, &watching(&["a", "b", "c"], false));

    assert_eq!(names(&delta.changed), ["a", "c"]);
    assert_eq!(delta.removed, ["b"]);
}

#[test]
fn a_mapping_is_encoded_once_however_many_watch_it() {
    let fixture = four();
    let name = MappingName::parse("a").unwrap();

    let one = fixture.tick.full_frame(&watching(&["a"], false), &Sight::All);
    let pieces = fixture.tick.changed[&name].json.get().unwrap().as_ptr();
    let other = fixture.tick.full_frame(&watching(&["a"], false), &Sight::All);

    assert_eq!(one, other);
    assert_eq!(fixture.tick.changed[&name].json.get().unwrap().as_ptr(), pieces);
    let shared = |since| fixture.tick.frame_since(since, &all(), &Sight::All).as_ptr();
    assert_eq!(shared(0), shared(0), "viewers of all get the same bytes");
}

#[test]
fn more_names_than_a_page_has_rows_are_refused() {
    let mappings = Some(vec!["a".to_owned(); 201]);

    let refused = Watching::read(&Watch { mappings, overview: false }).unwrap_err();

    assert_eq!(refused.to_string(), "201 mappings are named; at most 200 can be watched, or all");
}
