//! Which input goes next: the one whose head has the lowest time, once every input has a head or is known to have none.

/// An input at the moment of choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    /// Its head has this time.
    Head(i64),
    /// It is empty, and more is or may be on its way.
    Awaited,
    /// It is empty and read to its end.
    CaughtUp,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Take this input's head.
    Take(usize),
    /// Wait for this input.
    Wait(usize),
    /// Nothing is left.
    Drained,
}

/// Decides. Equal times are taken in the order of the inputs.
pub(crate) fn choose(seats: impl Iterator<Item = Seat>) -> Choice {
    let mut best: Option<(i64, usize)> = None;
    for (input, seat) in seats.enumerate() {
        match seat {
            Seat::Awaited => return Choice::Wait(input),
            Seat::Head(time) if best.is_none_or(|(lowest, _)| time < lowest) => best = Some((time, input)),
            Seat::Head(_) | Seat::CaughtUp => {}
        }
    }
    best.map_or(Choice::Drained, |(_, input)| Choice::Take(input))
}

#[cfg(test)]
mod tests {
    use super::Seat::{Awaited, CaughtUp, Head};
    use super::*;

    #[test]
    fn the_lowest_time_goes_first_and_ties_go_by_input() {
        let cases: [(&[Seat], Choice); 6] = [
            (&[Head(5), Head(3), Head(4)], Choice::Take(1)),
            (&[Head(3), Head(3)], Choice::Take(0)),
            (&[CaughtUp, Head(9)], Choice::Take(1)),
            (&[Head(1), Awaited], Choice::Wait(1)),
            (&[CaughtUp, CaughtUp], Choice::Drained),
            (&[], Choice::Drained),
        ];
        for (seats, expect) in cases {
            assert_eq!(choose(seats.iter().copied()), expect, "{seats:?}");
        }
    }
}
