//! The papers say what is: tests that they name exist, files that they point to are there, commands that they give work.

use std::collections::BTreeSet;

use crate::files::{root, sources};

/// What a paragraph begins with that promises something for good.
const INVARIANT: &str = "Architecture invariant:";
/// What stands before the names of its tests.
const GUARDED_BY: &str = "Guarded by:";

/// What stands above a test.
const TEST_ATTRIBUTES: [&str; 3] = ["#[test]\n", "#[tokio::test]\n", "#[tokio::test(flavor = \"multi_thread\")]\n"];

const PAPERS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "loadtest/README.md", "loadtest/samples/README.md"];

fn paper(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The paragraphs that promise something, without their first words.
fn invariants(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").filter_map(|paragraph| paragraph.trim_start().strip_prefix(INVARIANT))
}

/// Where the links of a paper lead, pictures included.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// The names of the tests in a text: each the first function behind its attribute.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let ends = |character: char| !character.is_alphanumeric() && character != '_';
    let behind = TEST_ATTRIBUTES.iter().flat_map(move |attribute| text.split(attribute).skip(1));
    behind.filter_map(move |rest| rest.split_once("fn ")?.1.split(ends).next())
}

/// The names of the cases of a conformance suite, which each implementation makes tests of.
fn cases(text: &str) -> impl Iterator<Item = &str> {
    let lists = text.split("$callback! {\n").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    lists.flat_map(str::lines).filter_map(|line| Some(line.trim().strip_suffix(',')?.split_once("::")?.1))
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let sources = sources("", "rs");
    let tests: BTreeSet<&str> =
        sources.iter().flat_map(|source| tests(&source.text).chain(cases(&source.text))).collect();
    let text = paper("ARCHITECTURE.md");
    let mut broken = Vec::new();
    for invariant in invariants(&text) {
        let guards = invariant.split_once(GUARDED_BY).map_or("", |(_, guards)| guards);
        if quoted(guards).next().is_none() {
            broken.push(format!("no test guards:{invariant}"));
        }
        broken.extend(
            quoted(guards).filter(|guard| !tests.contains(guard)).map(|guard| format!("no test is called {guard}")),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let count = text.matches(INVARIANT).count();
    assert!(
        count >= 10 && count == invariants(&text).count(),
        "each of the {count} invariants is a paragraph of its own"
    );
}

/// Files of the repository that a paper names in backticks.
#[test]
fn the_code_map_leads_to_files_that_are_there() {
    const ROOMS: [&str; 7] = ["domain/", "streams/", "topology/", "src/", "loadtest/", "tests/", "schemas/"];
    let text = paper("ARCHITECTURE.md");
    let named: Vec<&str> =
        quoted(&text).filter(|word| ROOMS.iter().any(|room| word.starts_with(room)) && !word.contains(' ')).collect();
    assert!(named.len() >= 40, "{} files are named", named.len());
    let missing: Vec<&&str> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "not there: {missing:?}");
}

#[test]
fn links_and_pictures_of_the_papers_are_there() {
    for path in PAPERS {
        let folder = root().join(path).parent().unwrap().to_owned();
        let text = paper(path);
        let targets = links(&text);
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let file = target.split('#').next().unwrap();
            assert!(file.is_empty() || folder.join(file).exists(), "{path} points to {target}, which is not there");
        }
    }
    let readme = paper("README.md");
    let picture = readme.split("![").nth(1).and_then(|rest| rest.split_once("](")).unwrap().1;
    let picture = root().join(picture.split_once(')').unwrap().0);
    assert!(picture.metadata().unwrap().len() <= 300 * 1024, "the picture is too heavy for a page");
}

/// A link within a page leads to one of its headings.
#[test]
fn anchors_of_the_readme_are_headings() {
    let readme = paper("README.md");
    let headings: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(' ', "-").replace(',', ""))
        .collect();
    for anchor in links(&readme).filter_map(|target| target.strip_prefix('#')) {
        assert!(headings.contains(anchor), "no heading #{anchor} among {headings:?}");
    }
}

#[test]
fn the_readme_gives_commands_that_make_knows() {
    let makefile = paper("Makefile");
    let targets: BTreeSet<&str> =
        makefile.lines().filter(|line| line.contains("## ")).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let readme = paper("README.md");
    let at_line_starts = readme.lines().filter_map(|line| line.strip_prefix("make "));
    let in_backticks = quoted(&readme).filter_map(|word| word.strip_prefix("make "));
    let named: BTreeSet<&str> =
        at_line_starts.chain(in_backticks).filter_map(|rest| rest.split_whitespace().next()).collect();
    for target in ["demo", "test"] {
        assert!(targets.contains(target) && named.contains(target), "make {target}: README and Makefile must have it");
    }
    let unknown: Vec<&&str> = named.difference(&targets).collect();
    assert!(unknown.is_empty(), "make does not know {unknown:?}");
}

#[test]
fn the_readme_is_short() {
    let lines = paper("README.md").lines().count();
    assert!(lines <= 200, "{lines} lines");
}
