//! The graph as text.

use topology::graph;
use topology::settings::ConductorSettings;

/// Names of nodes, stores and topics are on disks and in clusters: a change here is a migration. Copy the text from the message
/// when it is meant.
#[test]
fn the_graph_is_the_one_that_is_written_down() {
    let described = graph::build(&ConductorSettings::default()).unwrap().describe();
    assert_eq!(described, include_str!("golden/topology.txt"), "\n{described}");
}
