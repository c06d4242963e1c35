//! A tick allocates nothing: a million sessions tick without a word to the allocator.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use domain::activity::Activity;
use domain::attendee::Attendee;
use domain::baseline::Prior;
use domain::observe::observe;
use domain::pane::Pane;
use domain::session::Session;
use domain::tick::evaluate;
use domain::time::PANE;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counter is a plain thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_tick_allocates_nothing() {
    let start = 1_700_000_100_000;
    let mut session = Session::open(start);
    let mut panes: BTreeMap<i64, Pane> = BTreeMap::new();
    let mut attendees = vec![Attendee::default(); 50];
    for tick in 1..200 {
        let at = start + tick * PANE;
        for attendee in &mut attendees {
            let message = Activity::Message { chars: 3, question: false, message: Some(1), by_command: false };
            observe(&message, at - PANE, &mut session, Some(attendee), &mut panes);
        }
        let before = ALLOCATIONS.get();
        let evaluation = evaluate(at, false, &mut session, |_, _| Prior::default(), &mut panes);
        assert_eq!(ALLOCATIONS.get(), before, "tick {tick}");
        panes.retain(|start, _| *start >= evaluation.delete_to);
    }
}
