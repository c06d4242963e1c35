//! One session as a picture: its score, its alarms, what was done, its people, its phases.
//!
//! The SVG is stretched to the width that there is, so it holds only what may be stretched: lines and areas. Everything with
//! a shape or a text of its own is HTML, placed by percentages.

use std::fmt::{Result, Write};

use topology::wire::{AnomalyClass, AnomalyLevel, CommandStatus, SessionPhase};

use super::html::{change, date_time, escape, isolated, known};
use super::series::Point;
use super::session::{Mark, SessionReport};
use crate::words;

/// The score's bands, from above: where each ends, and its name.
const BANDS: [(f64, &str); 3] = [(0.8, "high"), (0.6, "usual"), (0.4, "fair")];

/// Writes the session's section.
pub(super) fn write(out: &mut String, number: usize, id: &str, session: &SessionReport) -> Result {
    let (from, to) = session.span.unwrap_or_default();
    let frame = Frame { from, to: to.max(from.saturating_add(1)) };
    let id = words::quote(id);
    let name = session.title.as_deref().unwrap_or(&id);
    write!(
        out,
        "<section class=\"session\" aria-labelledby=\"s{number}\"><h3 id=\"s{number}\">{}</h3>",
        isolated(name)
    )?;
    write!(
        out,
        "<p class=\"facts\"><span>{}</span><span>{}</span><span>{}</span><span>up to {}</span><span>mean score {}</span><span>lowest {}</span></p>",
        isolated(&id),
        date_time(from),
        words::span(to.saturating_sub(from)),
        words::count(session.people_max.max(0).unsigned_abs(), "person", "people"),
        known(session.score_mean()),
        known(session.score_min),
    )?;
    out.push_str("<div class=\"chart\">");
    alarms(out, frame, session)?;
    plot(out, frame, session)?;
    people(out, frame, session)?;
    phases(out, frame, session)?;
    times(out, frame)?;
    out.push_str("</div>");
    details(out, frame, session)?;
    out.push_str("</section>\n");
    Ok(())
}

/// The span of time that the picture shows.
#[derive(Clone, Copy)]
struct Frame {
    from: i64,
    to: i64,
}

impl Frame {
    /// Where a time lies, in percent of the width.
    fn percent(self, at_ms: i64) -> f64 {
        (at_ms.saturating_sub(self.from) as f64 / self.to.saturating_sub(self.from) as f64 * 100.0).clamp(0.0, 100.0)
    }
}

fn alarms(out: &mut String, frame: Frame, session: &SessionReport) -> Result {
    out.push_str("<div class=\"lane alarms\">");
    let rooms = session.alarms.iter().skip(1).map(|next| next.episode.from_ms).chain([frame.to]);
    for (alarm, room_to) in session.alarms.iter().zip(rooms) {
        let left = frame.percent(alarm.episode.from_ms);
        // The label may be longer than the alarm: it has room until the next one. The bar is the alarm's own share of that.
        let room = (frame.percent(room_to) - left).max(0.5);
        let bar = (frame.percent(alarm.episode.to_ms) - left) / room * 100.0;
        let label = format!("{}, {}", words::class(alarm.episode.class), level(alarm.episode.level));
        let class = format!("{} {}", class_name(alarm.episode.class), level(alarm.episode.level));
        write!(
            out,
            "<span class=\"alarm {class}\" style=\"left:{left:.2}%;width:{room:.2}%;--bar:{bar:.1}%\" title=\"{label}: {}\">{label}</span>",
            escape(&alarm.reason)
        )?;
    }
    out.push_str("</div>");
    Ok(())
}

fn plot(out: &mut String, frame: Frame, session: &SessionReport) -> Result {
    let Some(series) = session.series() else { return Ok(()) };
    let label = format!(
        "Score over time: mean {}, lowest {}; {}; {}",
        known(session.score_mean()),
        known(session.score_min),
        words::count(session.alarms.len() as u64 + session.alarms_beyond, "alarm", "alarms"),
        words::count(
            session.interventions.len() as u64 + session.interventions_beyond,
            "intervention",
            "interventions"
        ),
    );
    write!(
        out,
        "<div class=\"plot\"><svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\">"
    )?;
    for alarm in &session.alarms {
        let left = frame.percent(alarm.episode.from_ms) * 10.0;
        let width = (frame.percent(alarm.episode.to_ms) * 10.0 - left).max(2.0);
        let class = format!("{} {}", class_name(alarm.episode.class), level(alarm.episode.level));
        write!(out, "<rect class=\"shade {class}\" x=\"{left:.1}\" y=\"0\" width=\"{width:.1}\" height=\"100\"/>")?;
    }
    for (threshold, _) in BANDS {
        let y = 100.0 - threshold * 100.0;
        write!(out, "<path class=\"threshold\" d=\"M0 {y:.0}H1000\"/>")?;
    }
    for (class, points) in [
        ("fast", line(frame, series.gap_ms(), series.score_90s())),
        ("score", line(frame, series.gap_ms(), series.score())),
    ] {
        write!(out, "<path class=\"{class}\" d=\"{points}\"/>")?;
    }
    out.push_str("</svg>");
    for (threshold, band) in BANDS {
        let top = 100.0 - threshold * 100.0;
        write!(
            out,
            "<span class=\"band\" style=\"top:{top:.0}%\" aria-hidden=\"true\">{threshold:.2} <i>{band}</i></span>"
        )?;
    }
    for (number, mark) in session.interventions.iter().enumerate() {
        marker(out, frame, number + 1, mark)?;
    }
    out.push_str("</div>");
    Ok(())
}

/// A line through the points, torn where nothing was scored for a while.
fn line(frame: Frame, gap_ms: i64, points: impl Iterator<Item = Point>) -> String {
    let mut path = String::new();
    let mut before: Option<i64> = None;
    for point in points {
        let command = if before.is_some_and(|before| point.at_ms.saturating_sub(before) <= gap_ms) { 'L' } else { 'M' };
        before = Some(point.at_ms);
        let (x, y) = (frame.percent(point.at_ms) * 10.0, 100.0 - point.value.clamp(0.0, 1.0) * 100.0);
        path.push_str(&format!("{command}{x:.1} {y:.1}"));
    }
    path
}

fn marker(out: &mut String, frame: Frame, number: usize, mark: &Mark) -> Result {
    let top = 100.0 - mark.score.unwrap_or(0.7).clamp(0.06, 0.94) * 100.0;
    let look = match (mark.status, mark.success) {
        (CommandStatus::HeldOut, _) => "held",
        (CommandStatus::Proposed | CommandStatus::Cancelled, _) => "faint",
        (CommandStatus::Approved, Some(true)) => "done success",
        (CommandStatus::Approved, _) => "done",
    };
    let outcome = mark.outcome.as_deref().unwrap_or("no result yet");
    write!(
        out,
        "<span class=\"mark {look}\" style=\"left:{:.2}%;top:{top:.1}%\" title=\"{number}. {} {}: {}; {}\">{number}</span>",
        frame.percent(mark.at_ms),
        words::kind(mark.kind),
        words::status(mark.status),
        escape(&mark.reason),
        escape(outcome),
    )
}

fn people(out: &mut String, frame: Frame, session: &SessionReport) -> Result {
    let Some(series) = session.series() else { return Ok(()) };
    let most = session.people_max.max(1) as f64;
    let share = |point: Point| Point { value: point.value / most * 0.94, ..point };
    // One area per unbroken stretch, closed at the bottom.
    let mut area = String::new();
    let mut before: Option<i64> = None;
    for point in series.people().map(share) {
        let (x, y) = (frame.percent(point.at_ms) * 10.0, 100.0 - point.value * 100.0);
        match before {
            Some(before) if point.at_ms.saturating_sub(before) <= series.gap_ms() => write!(area, "L{x:.1} {y:.1}")?,
            Some(before) => write!(area, "L{:.1} 100ZM{x:.1} 100L{x:.1} {y:.1}", frame.percent(before) * 10.0)?,
            None => write!(area, "M{x:.1} 100L{x:.1} {y:.1}")?,
        }
        before = Some(point.at_ms);
    }
    if let Some(last) = before {
        write!(area, "L{:.1} 100Z", frame.percent(last) * 10.0)?;
    }
    let label = words::count(session.people_max.max(0).unsigned_abs(), "person", "people");
    write!(
        out,
        "<div class=\"people\"><svg role=\"img\" aria-label=\"People over time: at most {label}\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\"><path d=\"{area}\"/></svg><span aria-hidden=\"true\">people, at most {}</span></div>",
        words::thousands(session.people_max.max(0).unsigned_abs())
    )
}

fn phases(out: &mut String, frame: Frame, session: &SessionReport) -> Result {
    if session.phases.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"lane phases\">");
    let ends = session.phases.iter().skip(1).map(|(at, _)| *at).chain([frame.to]);
    for ((from, phase), end) in session.phases.iter().zip(ends) {
        let left = frame.percent(*from);
        let width = frame.percent(end) - left;
        let class = if *phase == SessionPhase::Break { "phase break" } else { "phase" };
        write!(
            out,
            "<span class=\"{class}\" style=\"left:{left:.2}%;width:{width:.2}%\" title=\"{phase}\">{phase}</span>"
        )?;
    }
    out.push_str("</div>");
    Ok(())
}

/// Marks at round times, at most eight; every other one gives way on a phone.
fn times(out: &mut String, frame: Frame) -> Result {
    const STEPS_MIN: [i64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1_440, 10_080];
    let span = frame.to.saturating_sub(frame.from);
    let step = STEPS_MIN.iter().map(|minutes| minutes * 60_000).find(|step| span / step <= 8).unwrap_or(span.max(1));
    out.push_str("<div class=\"times\" aria-hidden=\"true\">");
    for number in 0..=(span / step).min(8) {
        let left = frame.percent(frame.from.saturating_add(number.saturating_mul(step)));
        if left > 96.0 {
            break;
        }
        write!(out, "<span style=\"left:{left:.2}%\">{}</span>", words::span(number.saturating_mul(step)))?;
    }
    out.push_str("</div>");
    Ok(())
}

/// The same in words, for those who can not see the picture or want to know more.
fn details(out: &mut String, frame: Frame, session: &SessionReport) -> Result {
    if session.alarms.is_empty() && session.interventions.is_empty() {
        out.push_str("<p class=\"calm\">Nothing was wrong, so nothing was done.</p>");
        return Ok(());
    }
    out.push_str(
        "<details open><summary>Alarms and interventions</summary><div class=\"scroll\"><table role=\"table\">",
    );
    out.push_str("<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\">Time</th><th scope=\"col\">What</th><th scope=\"col\">Why</th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"number\">Change</th></tr></thead><tbody role=\"rowgroup\">");
    let mut rows: Vec<(i64, usize, String)> = Vec::new();
    for alarm in &session.alarms {
        let lasted = words::span(alarm.episode.length_ms());
        let class = format!("{} {}", class_name(alarm.episode.class), level(alarm.episode.level));
        rows.push((
            alarm.episode.from_ms,
            0,
            format!(
                "<td role=\"cell\"><span class=\"swatch {class}\"></span>{}, {}</td><td role=\"cell\">{}</td><td role=\"cell\">lasted {lasted}</td><td role=\"cell\"></td>",
                words::class(alarm.episode.class),
                level(alarm.episode.level),
                isolated(&alarm.reason),
            ),
        ));
    }
    for (number, mark) in session.interventions.iter().enumerate() {
        let outcome = mark.outcome.as_deref().unwrap_or("no result yet");
        rows.push((
            mark.at_ms,
            number + 1,
            format!(
                "<td role=\"cell\"><b>{}</b> {}, {}</td><td role=\"cell\">{}</td><td role=\"cell\">{}</td><td role=\"cell\" class=\"number\">{}</td>",
                number + 1,
                words::kind(mark.kind),
                words::status(mark.status),
                isolated(&mark.reason),
                isolated(outcome),
                change(mark.change),
            ),
        ));
    }
    // By time; at one time the alarm before what was done about it.
    rows.sort_by_key(|(at_ms, number, _)| (*at_ms, *number));
    for (at_ms, _, cells) in rows {
        write!(
            out,
            "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{}</th>{cells}</tr>",
            words::span(at_ms.saturating_sub(frame.from))
        )?;
    }
    out.push_str("</tbody></table></div>");
    let beyond = session.alarms_beyond + session.interventions_beyond;
    if beyond > 0 {
        write!(out, "<p class=\"calm\">{} more are not shown.</p>", words::thousands(beyond))?;
    }
    out.push_str("</details>");
    Ok(())
}

const fn class_name(class: AnomalyClass) -> &'static str {
    match class {
        AnomalyClass::SuddenDrop => "drop",
        AnomalyClass::GradualDecline => "decline",
        AnomalyClass::LowEngagement => "low",
        AnomalyClass::MassExit => "exit",
        AnomalyClass::InsufficientData => "unknown",
    }
}

const fn level(level: AnomalyLevel) -> &'static str {
    match level {
        AnomalyLevel::None => "none",
        AnomalyLevel::Warning => "warning",
        AnomalyLevel::Critical => "critical",
    }
}
