//! What a dashboard counts of itself, under Prometheus' names.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::thread::Shared;
use crate::failure::Failure;

const VIEWERS: &str = "engagement_conductor_dashboard_viewers";
const SESSIONS: &str = "engagement_conductor_dashboard_sessions";
const UNREADABLE: &str = "engagement_conductor_dashboard_unreadable_records_total";
const ACTIONS: &str = "engagement_conductor_dashboard_actions_total";

/// Starts to collect; once per process.
///
/// # Errors
/// It is done already.
pub fn install() -> Result<PrometheusHandle, Failure> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(Failure::failed)?;
    describe_gauge!(VIEWERS, "Connections that watch");
    describe_gauge!(SESSIONS, "Sessions that are kept in view");
    describe_counter!(UNREADABLE, "Records that could not be read");
    describe_counter!(ACTIONS, "What people did, by what came of it");
    Ok(handle)
}

/// Counts what somebody did.
pub fn count_action(answer: &'static str) {
    counter!(ACTIONS, "answer" => answer).increment(1);
}

/// Looks at what is shown.
pub fn observe(shared: &Shared) {
    let live = shared.live();
    gauge!(VIEWERS).set(live.viewers() as f64);
    gauge!(SESSIONS).set(live.view.sessions().count() as f64);
    drop(live);
    counter!(UNREADABLE).absolute(shared.desk().unreadable);
}
