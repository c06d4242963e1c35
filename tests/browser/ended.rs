//! What is left of a session when it is over.

use domain::context::AnomalyClass;
use domain::time::MINUTE;
use topology::wire::Mode;

use crate::npm::visit;
use crate::world::{Scene, World};

#[test]
fn what_is_left_of_a_session_can_be_looked_at_and_taken_along() {
    let scene = Scene { session: "over", mode: Mode::Auto, anomaly: (AnomalyClass::SuddenDrop, 7.0) };
    let mut world = World::new(&[scene], |_, _| ());
    world.until("an outcome", 30 * MINUTE, |world| world.results > 0);
    world.end();
    let visit = visit("ended", &world.url);
    world.host("ended", visit);
}
