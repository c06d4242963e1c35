//! A file that has grown past what a head can hold hides a concept that wants a room of its own.

use crate::files::sources;

const LINES_MAX: usize = 600;

#[test]
fn no_file_outgrows_a_head() {
    let long: Vec<String> = ["domain", "streams", "topology", "src", "loadtest", "tests"]
        .iter()
        .flat_map(|folder| sources(folder, "rs"))
        .filter(|source| source.text.lines().count() > LINES_MAX)
        .map(|source| source.path)
        .collect();
    assert!(long.is_empty(), "over {LINES_MAX} lines: {}", long.join(", "));
}
