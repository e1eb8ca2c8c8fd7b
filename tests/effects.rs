//! The table of effects against the running flows, cell by cell: whatever a cause says it ends is
//! alive before and dead after, whatever it spares is alive after, each letter it names goes to
//! whom it names and no other letter does, and the entry it names is the one in the audit trail.
//! On every store.
//!
//! A cell is walked, or it stands in `effects/impossible.rs` with the reason why nobody can be in
//! it; a cell that is neither, or both, fails.

#[path = "support/house.rs"]
#[macro_use]
mod house;

#[path = "effects/impossible.rs"]
mod impossible;
#[path = "effects/scene.rs"]
mod scene;
#[path = "effects/strike.rs"]
mod strike;
#[path = "effects/thing.rs"]
mod thing;

use std::collections::BTreeSet;

use house::*;
use portcullis::{
    clock::{Clock as _, to_micros},
    id::{AccountId, UserId},
    model::{Event, EventKind, Template},
    policy::effects::{Cause, Ends},
    store::{Page, Record as _, Value, tables},
};
use time::{Duration, OffsetDateTime};

use impossible::{State, cannot_be, states};
use scene::Scene;
use thing::Kind;

on_every_store! { every_cause_has_the_effects_the_table_says }

async fn every_cause_has_the_effects_the_table_says(house: House) {
    let account = house.furnished().await.account;
    house.employee("second", "administrator").await;
    // What is done to everybody comes last.
    let last = |cause: &&Cause| matches!(cause, Cause::PlanEnded | Cause::AccountSecured);
    let (everybody, one): (Vec<&Cause>, Vec<&Cause>) = Cause::ALL.iter().partition(last);
    let mut walked = BTreeSet::new();
    let mut number = 0;
    for cause in one.into_iter().chain(everybody.into_iter().rev()) {
        for state in states(*cause) {
            number += 1;
            let kinds = walk(&house, *cause, *state, number, account).await;
            walked.extend(kinds.into_iter().map(|kind| (format!("{cause:?}"), kind)));
        }
    }
    for cause in Cause::ALL {
        for kind in Kind::ALL {
            let (seen, why) =
                (walked.contains(&(format!("{cause:?}"), *kind)), cannot_be(*cause, *kind));
            assert_ne!(
                seen,
                why.is_some(),
                "{cause:?} and {kind:?}: walked: {seen}, else: {why:?}"
            );
        }
    }
}

/// Sets the scene, lets the cause happen, and looks at everything. Gives what was looked at.
async fn walk(
    house: &House,
    cause: Cause,
    state: State,
    number: usize,
    account: AccountId,
) -> Vec<Kind> {
    house.clock.turn(Duration::days(2));
    let scene = scene::set(house, cause, state, number).await;
    let (effects, context) = (cause.effects(), format!("{cause:?} in {state:?}"));
    for thing in &scene.things {
        assert!(thing.lives(house).await, "{context}: the {:?} is dead beforehand", thing.kind);
    }
    house.post().await;
    house.clock.turn(Duration::SECOND);
    let begun = house.clock.now();
    let mine = house.login("admin", GOOD).await;
    strike::strike(house, cause, &scene, &mine.identity).await;
    for thing in &scene.things {
        let refused = effects.suspends && thing.kind == Kind::Session;
        let ends = ends(effects.ends, thing.kind) || refused;
        assert_eq!(thing.lives(house).await, !ends, "{context}: the {:?}", thing.kind);
    }
    let mut told: Vec<(String, String)> =
        house.post().await.iter().map(|it| (it.to.to_string(), it.subject.clone())).collect();
    let mut meant = meant(&scene, effects.tells, effects.also);
    told.sort();
    meant.sort();
    assert_eq!(told, meant, "{context}: letters");
    let recorded = causes_since(house, account, begun).await;
    let subject = (cause != Cause::AccountSecured).then_some(scene.user);
    let one: Vec<_> = effects.event.map(|event| (event, subject)).into_iter().collect();
    assert_eq!(recorded, one, "{context}: entries");
    strike::put_right(house, cause, &scene, &mine).await;
    scene.things.iter().map(|thing| thing.kind).collect()
}

fn ends(ends: Ends, kind: Kind) -> bool {
    match kind {
        Kind::Session | Kind::Ticket => ends.sessions,
        Kind::ResetLink | Kind::ActivationLink => ends.links,
        Kind::EmailLink => ends.changes,
        Kind::UndoLink => ends.undo,
        Kind::Invitation => ends.invitation,
    }
}

/// Which letters are to arrive, and where.
fn meant(scene: &Scene, tells: Option<Template>, also: Option<Template>) -> Vec<(String, String)> {
    let administrators = ["admin@acme.example", "second@acme.example"].map(str::to_owned);
    let mut meant = Vec::new();
    if let Some(template) = tells {
        let to = match template {
            // Where the cause put it, or put it back.
            Template::Recovered | Template::EmailUndone => scene.address_after.clone(),
            _ => scene.address.clone(),
        };
        meant.push((to, subject(template)));
        if scene.everybody {
            meant.extend(administrators.clone().map(|to| (to, subject(template))));
        }
    }
    if let Some(template) = also {
        let to = match template {
            Template::Objected => administrators.to_vec(),
            Template::Objection => vec![scene.address.clone()],
            _ => vec![scene.address_after.clone()],
        };
        meant.extend(to.into_iter().map(|to| (to, subject(template))));
    }
    if !scene.is_told {
        meant.retain(|(to, _)| *to != scene.address);
    }
    meant
}

/// The subject of a letter, by which they are told apart.
fn subject(template: Template) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/outbox/letters/en");
    let written = std::fs::read_to_string(format!("{folder}/{}.subject", template.as_str()));
    let written = written.unwrap().replace("{{ site.name }}", "Acme CRM");
    written.replace("{{ account.name }}", "Acme").trim().to_owned()
}

/// The entries in the trail of an account that causes leave, each with whom it is about.
async fn causes_since(
    house: &House,
    account: AccountId,
    begun: OffsetDateTime,
) -> Vec<(EventKind, Option<UserId>)> {
    let equal = vec![Value::Bytes(account.as_bytes().to_vec())];
    let mut page = Page::of(&tables::EVENTS, "of_account", equal, 1_000).unwrap();
    page.from = Some(Value::Int(to_micros(begun)));
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| Event::from_row(row).unwrap());
    let of_causes: Vec<_> = Cause::ALL.iter().filter_map(|cause| cause.effects().event).collect();
    let caused = events.filter(|event| of_causes.contains(&event.kind));
    caused.map(|event| (event.kind, event.subject.map(|(id, _)| id))).collect()
}
