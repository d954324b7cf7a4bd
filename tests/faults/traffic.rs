//! Whether anything still is on its way.

use crossdock_queue::DEAD_LETTERS;
use crossdock_tests::world::World;

use crate::crew::Crew;

/// What goes between shops, warehouse and Crossdock, as it is seen again and again.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// How many messages consumers had handled when nothing was on its way at the last look.
    handled: Option<u64>,
}

impl Traffic {
    /// What still is on its way, if anything is: something that is neither ready nor in anybody's hands may have been between the two
    /// while we looked, so nothing is only if nothing has been handled since nothing was seen before.
    pub(crate) async fn under_way(&mut self, world: &World, crew: &Crew) -> Option<&'static str> {
        let before = self.handled.take();
        if world.bigcommerce.callbacks().on_their_way() + world.ecwid.callbacks().on_their_way() > 0 {
            return Some("webhooks are");
        }
        if world.warehouse.untold() > 0 {
            return Some("events of the warehouse are");
        }
        let Some(handled) = crew.handled().await else { return Some("messages in consumers' hands are") };
        if world.vhost.unfinished().await > 0 || world.vhost.depth(DEAD_LETTERS).await > 0 {
            return Some("messages are");
        }
        self.handled = Some(handled);
        (before != self.handled).then_some("messages may be")
    }
}
