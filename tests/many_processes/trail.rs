//! Which act an entry of the audit trail is of: each came from an address of its own.

use portcullis::model::{Event, EventKind};

use crate::history::{Answer, Op};

/// Whether an entry is of this act.
pub(crate) fn is_of(event: &Event, op: &Op) -> bool {
    event.client.address.is_some_and(|address| address.to_string() == op.from)
}

/// The act an entry is of, if it was one of the race.
pub(crate) fn act_of<'a>(event: &Event, ops: &'a [Op]) -> Option<&'a Op> {
    ops.iter().find(|op| is_of(event, op))
}

/// What was acknowledged has its entry, and one; what was refused has none; and what was never
/// answered, or what the store failed at, has one or none. `always` says whether it is a change
/// whenever it is done.
pub(crate) fn each_entry_is_of_one_act(
    events: &[Event],
    kind: EventKind,
    own: &[&Op],
    always: bool,
) {
    for op in own {
        let found = events.iter().filter(|event| event.kind == kind && is_of(event, op)).count();
        let wanted = match &op.answer {
            Answer::Done(..) if always => 1..=1,
            Answer::Done(..) | Answer::Failed(..) | Answer::Unanswered(_) => 0..=1,
            Answer::Refused(..) => 0..=0,
        };
        assert!(wanted.contains(&found), "{found} entries of {op:?}");
    }
    let by_the_race = |event: &&Event| event.kind == kind && event.client.agent() == "a process";
    for event in events.iter().filter(by_the_race) {
        assert!(own.iter().any(|op| is_of(event, op)), "nobody did {event:?}");
    }
}
