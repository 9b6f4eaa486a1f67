//! Inside the rooms: no circles between files, and floors in the big ones.

use super::tables::{FLOORS, Floor};
use super::{arrows, assert_none, sources};

#[test]
fn no_circle_stands_inside_a_room() {
    let sources = sources("src");
    let rooms: std::collections::BTreeMap<String, String> = sources
        .iter()
        .map(|source| (source.name(), source.module()))
        .collect();
    let mut arrows = arrows::arrows(&sources);
    for (from, targets) in &mut arrows {
        targets.retain(|to| rooms[to] == rooms[from]);
    }
    let circles = arrows.keys().filter_map(|file| {
        let way = arrows::circle(&arrows, file)?;
        Some(format!("{file}: a circle: {}", way.join(" -> ")))
    });
    assert_none(&circles.collect::<Vec<_>>());
}

/// Floor of a file of a room; none for its `mod.rs`, which only hands on.
fn floor_of(floors: &[Floor], file: &str) -> Option<Option<usize>> {
    let unit = file
        .split('/')
        .nth(2)
        .unwrap_or(file)
        .trim_end_matches(".rs");
    match unit {
        "mod" => None,
        unit => Some(floors.iter().position(|(_, units)| units.contains(&unit))),
    }
}

#[test]
fn no_arrow_inside_a_big_room_runs_up() {
    let arrows = arrows::arrows(&sources("src"));
    let mut found = Vec::new();
    for (room, floors) in FLOORS {
        let is_of_room = |file: &&String| file.starts_with(&format!("src/{room}/"));
        for (from, targets) in arrows.iter().filter(|(from, _)| is_of_room(from)) {
            let Some(high) = floor_of(floors, from) else {
                continue;
            };
            let Some(high) = high else {
                found.push(format!("{from}: has no floor in tests/tidy.rs"));
                continue;
            };
            for to in targets.iter().filter(is_of_room) {
                if let Some(Some(low)) = floor_of(floors, to)
                    && low > high
                {
                    let (from_floor, to_floor) = (floors[high].0, floors[low].0);
                    found.push(format!(
                        "{from}: the arrow to {to} runs up, from {from_floor} to {to_floor}"
                    ));
                }
            }
        }
        for unit in floors.iter().flat_map(|(_, units)| *units) {
            let path = format!("src/{room}/{unit}");
            let is_there = |file: &String| {
                *file == format!("{path}.rs") || file.starts_with(&format!("{path}/"))
            };
            if !arrows.keys().any(is_there) {
                found.push(format!(
                    "tests/tidy.rs: there is no {path}; take it off FLOORS"
                ));
            }
        }
    }
    assert_none(&found);
}
