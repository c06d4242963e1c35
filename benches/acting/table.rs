//! The table, and what was aimed at.

use crate::backlog::Backlog;
use crate::call::CallLatency;
use crate::crowd::Crowd;
use crate::delta::DeltaLatency;
use crate::history::History;
use crate::page::Load;
use crate::rate::Rate;
use crate::shared::goal::{at_least, at_most};
use crate::shared::latency::Latency;

/// Each prints its rows when it is there; the goals come last.
#[derive(Default)]
pub(crate) struct Table {
    goals: Vec<Box<dyn Fn()>>,
}

impl Table {
    pub(crate) fn add_delta(&mut self, DeltaLatency { sessions, scores, latency }: DeltaLatency) {
        println!("ms from a committed score to the delta at a viewer ({scores} scores of {sessions} sessions)");
        print_latency(&latency);
        println!("  a session is sent at most 4 deltas a second: what comes faster waits up to 250 ms more");
        self.goals
            .push(Box::new(move || at_most("ms from committed score to delta, p95, at most 300", latency.p95, 300.0)));
    }

    pub(crate) fn add_crowd(&mut self, crowd: Crowd) {
        let Crowd { viewers, scores_per_second, deltas_per_second_min, deltas_per_second, cpu_percent, peak_mib } =
            crowd;
        println!(
            "{viewers} viewers of one session, {scores_per_second:.2} scores a second: {cpu_percent:.1} % of a core, {peak_mib:.0} MiB at its peak"
        );
        println!("  deltas/s of a viewer: mean {deltas_per_second:.2}, fewest {deltas_per_second_min:.2}");
        let what = format!("{viewers} viewers: percent of a core, at most 50");
        // Fewer scores cost less, and say nothing.
        let is_measured = scores_per_second > 3.6;
        self.goals.push(Box::new(move || match is_measured {
            true => at_most(&what, cpu_percent, 50.0),
            false => println!("{what}: not measured, the machine is too busy for 4 scores a second"),
        }));
    }

    pub(crate) fn add_page(&mut self, load: Load) {
        let Load { bytes, stream_bytes, first_paint_ms, score_ms } = load;
        println!(
            "page of a session with an hour behind it, median of 5: {:.1} kB ({:.1} of them its points), first paint {first_paint_ms:.0} ms, score {score_ms:.0} ms",
            bytes / 1e3,
            stream_bytes / 1e3
        );
        self.goals.push(Box::new(move || at_most("kB that the page loads, at most 250", bytes / 1e3, 250.0)));
        self.goals.push(Box::new(move || at_most("ms until the score is shown, at most 1000", score_ms, 1_000.0)));
    }

    pub(crate) fn add_call(&mut self, CallLatency { commands, latency }: CallLatency) {
        println!(
            "ms from a committed command to the request at the platform ({commands} commands, 20 a second, SQLite)"
        );
        print_latency(&latency);
        // The stream has decided up to that much before it commits.
        let whole = latency.p95 + COMMIT_INTERVAL_MS;
        let what = "ms from committed command to request, p95, and a commit interval of 100, at most 200";
        self.goals.push(Box::new(move || at_most(what, whole, 200.0)));
    }

    pub(crate) fn add_backlog(&mut self, backlog: Backlog) {
        let (name, executor) = (backlog.database.name(), backlog.executor);
        print_rate(&format!("backlog of commands, executor, {name}"), "command", &executor);
        print_rate("  a bare loop of requests", "command", &backlog.bare);
        println!("  {:.0} MiB at its peak", backlog.peak_mib);
        let what = format!("commands/s of an executor with {name}, at least 500");
        self.goals.push(Box::new(move || at_least(&what, executor.per_second(), 500.0)));
    }

    pub(crate) fn add_history(&mut self, history: History) {
        print_rate(&format!("history, executor, {}", history.database.name()), "row", &history.executor);
        print_rate("  a bare loop of inserts", "row", &history.bare);
    }

    pub(crate) fn print_goals(&self) {
        println!();
        self.goals.iter().for_each(|goal| goal());
    }
}

/// Of the stream, by default.
const COMMIT_INTERVAL_MS: f64 = 100.0;

fn print_latency(latency: &Latency) {
    let Latency { p50, p95, p99, max } = latency;
    println!("  p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1}, max {max:.1}");
}

fn print_rate(what: &str, each: &str, rate: &Rate) {
    println!(
        "{what:<44} {:>9} {each}s {:>9.0} a second {:>8.1} us of CPU each",
        rate.count,
        rate.per_second(),
        rate.cpu_us_each()
    );
}
