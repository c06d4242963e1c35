//! The view on a screen. A colour never stands alone: what it says is said in a word, too.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Gauge, Paragraph, Wrap};
use topology::wire::{AnomalyLevel, Band};

use super::view::{Entry, EntryKind, SessionLine, View};
use crate::words;

/// The widest name that a line shows, in columns.
const NAME_WIDTH: usize = 24;
/// A score as a bar, in columns.
const BAR_WIDTH: usize = 20;

/// Draws the view.
pub fn draw(view: &View, frame: &mut Frame<'_>) {
    let sessions = view.sessions().count();
    let room = usize::from(frame.area().height);
    // The feed keeps a third of the screen: it says what is done and why.
    let session_rows = sessions.min((room * 2 / 3).saturating_sub(5)).max(1);
    let [top, list, feed, bar, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(session_rows as u16 + 2),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());

    frame.render_widget(heading(view), top);
    draw_sessions(view, frame, list, session_rows);
    draw_feed(view, frame, feed);
    draw_progress(view, frame, bar);
    let hint = match view.url() {
        Some(url) => format!(" q or Ctrl-C  quit    dashboard  {url}"),
        None => " q or Ctrl-C  quit".to_owned(),
    };
    frame.render_widget(Paragraph::new(hint).style(Style::new().add_modifier(Modifier::DIM)), hints);
}

fn heading(view: &View) -> Paragraph<'static> {
    let title = Span::styled(" Engagement Conductor ", Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED));
    let time = view.since_start(view.progress().session_time_ms);
    let events = words::count(view.progress().events_in, "event", "events");
    Paragraph::new(Line::from(vec![title, Span::raw(format!("  session time {time}  {events}"))]))
}

fn draw_sessions(view: &View, frame: &mut Frame<'_>, area: Rect, rows: usize) {
    let hidden = view.sessions().count().saturating_sub(rows);
    let title = if hidden > 0 { format!(" Sessions ({hidden} more do not fit) ") } else { " Sessions ".into() };
    let lines: Vec<Line<'_>> = view.sessions().take(rows).map(session).collect();
    let empty = lines.is_empty();
    let list = if empty { Paragraph::new(" waiting for the first score") } else { Paragraph::new(lines) };
    frame.render_widget(list.block(Block::new().borders(Borders::ALL).title(title)), area);
}

fn session(line: &SessionLine) -> Line<'_> {
    let name: String = line.name.chars().take(NAME_WIDTH).collect();
    let filled = (line.score.clamp(0.0, 1.0) * BAR_WIDTH as f64).round() as usize;
    let band = Style::new().fg(band_colour(line.band));
    let alarm = match line.alarm() {
        Some(alarm) => {
            let word = if alarm.level == AnomalyLevel::Critical { "CRITICAL" } else { "warning" };
            Span::styled(format!("{word}: {}", words::class(alarm.class)), alarm_style(alarm.level))
        }
        None => Span::raw(""),
    };
    Line::from(vec![
        Span::raw(format!(" {name:NAME_WIDTH$} ")),
        Span::styled("█".repeat(filled), band),
        Span::styled("░".repeat(BAR_WIDTH - filled), Style::new().add_modifier(Modifier::DIM)),
        Span::styled(format!(" {:.2} {:5}", line.score, line.band.name()), band),
        Span::raw(format!(" {:>6} people  {:8}", words::thousands(line.people.max(0).unsigned_abs()), phase(line))),
        alarm,
    ])
}

fn phase(line: &SessionLine) -> &'static str {
    line.phase.map_or("", |phase| phase.name())
}

fn draw_feed(view: &View, frame: &mut Frame<'_>, area: Rect) {
    let rows = usize::from(area.height.saturating_sub(2));
    let lines: Vec<Line<'_>> = view.feed().take(rows).map(|entry| feed_entry(view, entry)).collect();
    let feed = if lines.is_empty() { Paragraph::new(" nothing had to be done yet") } else { Paragraph::new(lines) };
    let feed = feed.wrap(Wrap { trim: false });
    frame.render_widget(feed.block(Block::new().borders(Borders::ALL).title(" What it does, and why ")), area);
}

fn feed_entry<'a>(view: &View, entry: &'a Entry) -> Line<'a> {
    let name: String = entry.session.chars().take(NAME_WIDTH).collect();
    Line::from(vec![
        Span::styled(format!(" {:>7} ", view.since_start(entry.at_ms)), Style::new().add_modifier(Modifier::DIM)),
        Span::styled(format!("{:9}", entry.kind.word()), entry_style(entry.kind)),
        Span::styled(format!("{name}  "), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(entry.text.as_str()),
    ])
}

fn draw_progress(view: &View, frame: &mut Frame<'_>, area: Rect) {
    let fraction = view.progress().fraction;
    // NaN is not clamped by clamp.
    let ratio = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    let gauge = Gauge::default().ratio(ratio).label(format!("{:.0} %", ratio * 100.0)).use_unicode(true);
    frame.render_widget(gauge.gauge_style(Style::new().fg(Color::Blue)), area);
}

const fn band_colour(band: Band) -> Color {
    match band {
        Band::Low => Color::Red,
        Band::Fair => Color::Yellow,
        Band::Usual => Color::Green,
        Band::High => Color::Cyan,
    }
}

fn alarm_style(level: AnomalyLevel) -> Style {
    match level {
        AnomalyLevel::Critical => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        _ => Style::new().fg(Color::Yellow),
    }
}

fn entry_style(kind: EntryKind) -> Style {
    match kind {
        EntryKind::Alarm(level) => alarm_style(level),
        EntryKind::Calm => Style::new().add_modifier(Modifier::DIM),
        EntryKind::Decision => Style::new().fg(Color::Magenta),
        EntryKind::Action => Style::new().fg(Color::Blue),
        EntryKind::Outcome { success: true } => Style::new().fg(Color::Green),
        EntryKind::Outcome { success: false } => Style::new(),
    }
}
