//! States as a table.

use std::fmt::Write as _;

use super::{StateView, TaskView};
use crate::admin::text::{age, bytes, date_time, safe};

/// The states for people, as of now.
#[must_use]
pub fn table(view: &StateView, now_ms: i64) -> String {
    let mut text = format!("states of {} in {}: {} tasks\n", view.application, safe(&view.directory), view.tasks.len());
    for task in &view.tasks {
        of_task(&mut text, task, now_ms);
    }
    for problem in &view.problems {
        // Writing to a String can not fail.
        let _ = writeln!(text, "\ntask {}  can not be read: {}", problem.task, safe(&problem.reason));
    }
    text
}

fn of_task(text: &mut String, task: &TaskView, now_ms: i64) {
    let cluster = task.cluster.as_deref().unwrap_or("unknown");
    let never = || "never".to_owned();
    let committed = task.committed_at_ms.map_or_else(never, |at| format!("{} ({})", date_time(at), age(now_ms, at)));
    let stream_time = task.stream_time_ms.map_or_else(|| "none yet".to_owned(), date_time);
    let counts = task.counts;
    let _ = writeln!(text, "\ntask {}  format {}, {} on disk", task.task, task.format, bytes(task.disk_bytes));
    let _ = writeln!(text, "  cluster      {cluster}");
    let _ = writeln!(text, "  committed    {committed}");
    let _ = writeln!(text, "  stream time  {stream_time}, {} timers pending", task.timers);
    let _ = writeln!(
        text,
        "  records      read {} = processed {} + late {} + dead-lettered {}",
        counts.read, counts.processed, counts.late, counts.dead_lettered
    );
    let offset = |offset: Option<i64>| offset.map_or_else(|| "none".to_owned(), |offset| offset.to_string());
    let inputs: Vec<String> =
        task.inputs.iter().map(|input| format!("{} {}", input.topic, offset(input.offset))).collect();
    let _ = writeln!(text, "  next inputs  {}", inputs.join(", "));
    let _ = writeln!(text, "  {:<16} {:<10} {:>10} {:>10} {:>12}", "STORE", "KIND", "ROWS", "BYTES", "CHANGELOG TO");
    for store in &task.stores {
        let _ = writeln!(
            text,
            "  {:<16} {:<10} {:>10} {:>10} {:>12}",
            store.name,
            store.kind,
            store.rows,
            bytes(store.bytes),
            offset(store.changelog_offset)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopped;
    use super::super::{Problem, survey};
    use super::*;

    use crate::cluster;

    #[test]
    fn states_are_shown_task_by_task() {
        let folder = tempfile::tempdir().unwrap();
        let settings = stopped(folder.path());
        let mut view = survey(&settings, &cluster::topology(&settings).unwrap()).unwrap();
        view.directory = "state".into();
        // What the files take is RocksDB's business.
        view.tasks[0].disk_bytes = 70_000;
        view.problems.push(Problem { task: "0_3".into(), reason: "the state is damaged".into() });
        let text = table(&view, 1_700_000_301_000);
        assert_eq!(text, include_str!("../golden/state.txt"), "{text}");
    }
}
