//! What was aimed at, and whether it was reached.

/// Prints one that is reached with so much or less.
pub(crate) fn at_most(what: &str, value: f64, most: f64) {
    print(what, value, value <= most);
}

/// Prints one that is reached with so much or more.
pub(crate) fn at_least(what: &str, value: f64, least: f64) {
    print(what, value, value >= least);
}

fn print(what: &str, value: f64, is_reached: bool) {
    println!("{what:<76} {value:>8.2}  {}", if is_reached { "reached" } else { "NOT reached" });
}
