//! The whole page.

use std::fmt::{Result, Write};

use compact_str::CompactString;

use super::html::date_time;
use super::session::SessionReport;
use super::{chart, tables};
use crate::output::DeadLetter;
use crate::summary::Summary;
use crate::words;

const STYLE: &str = include_str!("style.css");

/// What the page shows.
pub(super) struct Page<'a> {
    pub(super) summary: &'a Summary,
    /// Sessions with a chart, the most telling first.
    pub(super) charts: Vec<(&'a CompactString, &'a SessionReport)>,
    /// The others.
    pub(super) rows: Vec<(&'a CompactString, &'a SessionReport)>,
    pub(super) dead_letters: &'a [DeadLetter],
    /// Scores of sessions beyond the limit.
    pub(super) scores_beyond: u64,
}

pub(super) fn write(page: &Page<'_>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = body(&mut out, page);
    out
}

fn body(out: &mut String, page: &Page<'_>) -> Result {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>Engagement report</title><style>{STYLE}</style></head>\n<body><header><h1>Engagement report</h1>"
    )?;
    let spans = || page.charts.iter().chain(&page.rows).filter_map(|(_, session)| session.span);
    match (spans().map(|(from, _)| from).min(), spans().map(|(_, to)| to).max()) {
        (Some(from), Some(to)) => write!(out, "<p class=\"facts\"><span>{} to {}</span></p>", date_time(from), date_time(to))?,
        _ => out.push_str("<p class=\"facts\">No session was scored, so there is nothing to show: look at the dead letters, and whether the log holds the topics chat, poll, presence, reaction and session.</p>"),
    }
    write!(out, "<p class=\"effect\">{}</p></header>\n<main>", page.summary.effect())?;
    tables::tiles(out, page.summary)?;
    out.push_str("<div class=\"tables\">");
    tables::alarms(out, page.summary)?;
    tables::interventions(out, page.summary)?;
    out.push_str("</div>");
    tables::dead_letters(out, page.dead_letters, page.summary.dead_letters)?;
    if !page.charts.is_empty() {
        out.push_str("<h2>Sessions</h2>");
        out.push_str(LEGEND);
    }
    for (number, (id, session)) in page.charts.iter().enumerate() {
        chart::write(out, number + 1, id, session)?;
    }
    if !page.rows.is_empty() {
        write!(out, "<h2>{}</h2>", words::count(page.rows.len() as u64, "further session", "further sessions"))?;
        tables::sessions(out, &page.rows)?;
    }
    if page.scores_beyond > 0 {
        write!(
            out,
            "<p class=\"calm\">{} of still more sessions are not shown.</p>",
            words::count(page.scores_beyond, "score", "scores")
        )?;
    }
    out.push_str("</main></body></html>\n");
    Ok(())
}

const LEGEND: &str = "<ul class=\"legend\"><li><i class=\"key score\"></i>score, 5 min (0.70 is as usual)</li><li><i class=\"key fast\"></i>score, 90 s</li><li><i class=\"swatch drop critical\"></i>sudden drop</li><li><i class=\"swatch decline critical\"></i>gradual decline</li><li><i class=\"swatch low critical\"></i>low engagement</li><li><i class=\"swatch exit critical\"></i>mass exit</li><li>paler: warning</li><li><b class=\"mark done\">1</b>done</li><li><b class=\"mark done success\">1</b>done, and it worked</li><li><b class=\"mark held\">1</b>held out</li><li><b class=\"mark faint\">1</b>proposed or withdrawn</li></ul>";
