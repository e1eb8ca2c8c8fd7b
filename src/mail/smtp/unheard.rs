use std::sync::LazyLock;

use tracing::{Dispatch, Event, Metadata, Subscriber, span, subscriber::Interest};

/// Where nothing is heard of what is logged.
///
/// Any crate in the host's build can switch on lettre's own tracing, which writes down the
/// password and the letter as they go over the wire.
///
/// `Dispatch::none()` would do the same with a side effect: a place in the code that is first
/// reached under it stays silent for the host, too. This one is known to tracing as one listener
/// among others, and changes nothing for them.
pub(super) fn unheard() -> Dispatch {
    static UNHEARD: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Unheard));
    UNHEARD.clone()
}

struct Unheard;

impl Subscriber for Unheard {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::never()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::OFF)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
