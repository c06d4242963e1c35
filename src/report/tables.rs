//! The totals at the top, and the sessions that get a row instead of a chart.

use std::fmt::{Result, Write};

use compact_str::CompactString;
use topology::wire::Outcome;

use super::html::{change, date_time, escape, isolated, known};
use super::session::SessionReport;
use crate::output::DeadLetter;
use crate::summary::{Measured, Summary};
use crate::words;

pub(super) fn tiles(out: &mut String, summary: &Summary) -> Result {
    let alarms: u64 = summary.alarms.values().map(|alarms| alarms.warning + alarms.critical).sum();
    out.push_str("<dl class=\"tiles\">");
    for (name, number) in [
        ("events in", summary.events_in),
        ("sessions", summary.sessions() as u64),
        ("scores", summary.scores),
        ("alarms", alarms),
        ("interventions", summary.approved.values().sum()),
        ("held out", summary.held_out),
        ("dead letters", summary.dead_letters),
        ("late", summary.late),
        ("lost", summary.lost),
    ] {
        write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", words::thousands(number))?;
    }
    out.push_str("</dl>");
    Ok(())
}

pub(super) fn alarms(out: &mut String, summary: &Summary) -> Result {
    if summary.alarms.is_empty() {
        out.push_str("<p class=\"calm\">No alarm was raised.</p>");
        return Ok(());
    }
    head(out, "Alarms, each at its worst level", &["Class", "#Warning", "#Critical"])?;
    for (class, alarms) in &summary.alarms {
        let name = words::class(*class);
        write!(
            out,
            "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            words::thousands(alarms.warning),
            words::thousands(alarms.critical)
        )?;
    }
    foot(out);
    Ok(())
}

pub(super) fn interventions(out: &mut String, summary: &Summary) -> Result {
    if summary.approved.is_empty() && summary.held_out == 0 {
        out.push_str("<p class=\"calm\">Nothing was done, and nothing was held out.</p>");
        return Ok(());
    }
    let caption = "Interventions, and controls held out";
    head(out, caption, &["What", "#Count", "#Measured", "#Before", "#After", "#Recovered", "#Mean change"])?;
    for (kind, count) in &summary.approved {
        let measured = summary.treated.get(kind).copied().unwrap_or_default();
        measured_row(out, words::kind(*kind), *count, measured)?;
    }
    measured_row(out, "held out (nothing done)", summary.held_out, summary.controls)?;
    foot(out);
    let others: Vec<String> = summary
        .outcomes
        .iter()
        .filter(|(outcome, _)| **outcome != Outcome::Measured)
        .map(|(outcome, count)| format!("{} {}", words::thousands(*count), words::outcome(*outcome)))
        .collect();
    if !others.is_empty() {
        write!(out, "<p class=\"calm\">Ended otherwise: {}.</p>", others.join(", "))?;
    }
    Ok(())
}

fn measured_row(out: &mut String, name: &str, count: u64, measured: Measured) -> Result {
    write!(
        out,
        "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
        words::thousands(count),
        words::thousands(measured.count),
        known(measured.score_before()),
        known(measured.score_after()),
        words::thousands(measured.successes),
        change(measured.change()),
    )
}

pub(super) fn dead_letters(out: &mut String, letters: &[DeadLetter], total: u64) -> Result {
    if letters.is_empty() {
        return Ok(());
    }
    let caption =
        format!("Dead letters: the first {} of {}", letters.len(), words::thousands(total.max(letters.len() as u64)));
    head(out, &caption, &["Topic", "Key", "Why"])?;
    for letter in letters {
        write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escape(&words::quote(&letter.topic)),
            isolated(&words::quote(&letter.key)),
            isolated(&words::quote(&letter.reason))
        )?;
    }
    foot(out);
    Ok(())
}

pub(super) fn sessions(out: &mut String, rows: &[(&CompactString, &SessionReport)]) -> Result {
    let columns =
        ["Session", "Began", "Length", "#People, at most", "#Mean score", "#Lowest", "#Alarms", "#Interventions"];
    head(out, "Sessions without a chart", &columns)?;
    for (id, session) in rows {
        let (from, to) = session.span.unwrap_or_default();
        write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            isolated(&words::quote(session.title.as_deref().unwrap_or(id))),
            if session.span.is_some() { date_time(from) } else { "–".into() },
            words::span(to.saturating_sub(from)),
            words::thousands(session.people_max.max(0).unsigned_abs()),
            known(session.score_mean()),
            known(session.score_min),
            session.alarms.len() as u64 + session.alarms_beyond,
            session.interventions.len() as u64 + session.interventions_beyond,
        )?;
    }
    foot(out);
    Ok(())
}

/// Opens a table; a column whose name begins with `#` holds numbers.
fn head(out: &mut String, caption: &str, columns: &[&str]) -> Result {
    write!(out, "<div class=\"scroll\"><table><caption>{caption}</caption><thead><tr>")?;
    for column in columns {
        match column.strip_prefix('#') {
            Some(number) => write!(out, "<th scope=\"col\" class=\"number\">{number}</th>")?,
            None => write!(out, "<th scope=\"col\">{column}</th>")?,
        }
    }
    out.push_str("</tr></thead><tbody>");
    Ok(())
}

fn foot(out: &mut String) {
    out.push_str("</tbody></table></div>");
}
