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
    describe();
    Ok(handle)
}

pub(super) fn describe() {
    describe_gauge!(VIEWERS, "Connections that watch");
    describe_gauge!(SESSIONS, "Sessions that are kept in view");
    describe_counter!(UNREADABLE, "Records that could not be read");
    describe_counter!(ACTIONS, "What people wanted to do, by what came of it");
}

/// Counts what somebody wanted to do, by the status of the answer.
pub fn count_action(action: &'static str, status: u16) {
    let answer = match status {
        202 => "recorded",
        401 | 403 => "not_admitted",
        404 | 409 | 410 | 412 => "refused",
        503 => "away",
        _ => "not_understood",
    };
    counter!(ACTIONS, "action" => action, "answer" => answer).increment(1);
}

/// Looks at what is shown.
pub fn observe(shared: &Shared) {
    let live = shared.live();
    gauge!(VIEWERS).set(live.viewers() as f64);
    gauge!(SESSIONS).set(live.view.sessions().count() as f64);
    drop(live);
    counter!(UNREADABLE).absolute(shared.desk().unreadable);
}
