//! The cluster keeps its promises. Tests that do it no harm share one.

use cluster::{Cluster, Options};

#[test]
fn it_starts() {
    let cluster = Cluster::start(Options::new()).unwrap();
    let out = cluster.tool("org.apache.kafka.tools.TopicCommand", &["--list"]).unwrap();
    eprintln!("{out} {:?} {:?}", cluster.folder(), cluster.process_id());
}
