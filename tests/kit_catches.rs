//! The kit catches what it is for: stores that are wrong in one way each, and a store that is
//! not. Every wrong store is caught under the number of the clause it breaks, and every proof
//! catches one.

#[path = "support/wrong.rs"]
mod wrong;

use std::{collections::BTreeSet, sync::Arc};

use portcullis::testkit::store::{Place, Proof};
use tokio::{sync::Semaphore, task::JoinSet};
use wrong::{Fault, WrongPlace};

const FAULTS: &[(u8, &[Fault])] = &[
    (
        1,
        &[
            Fault::WritesChangeByChange,
            Fault::KeepsTheFirstHalf,
            Fault::SplitsLongBatches,
            Fault::LocksInItsHandle,
        ],
    ),
    (2, &[Fault::ForgetsEverything]),
    (
        3,
        &[
            Fault::OverwritesOnInsert,
            Fault::IgnoresVersions,
            Fault::MakesRowsByReplacing,
            Fault::DeletesWhatIsNotThere,
            Fault::DeletesAnyVersion,
            Fault::ReadsThenWrites,
            Fault::LocksInAnyOrder,
            Fault::ComparesVersionsIn32Bits,
            Fault::AddsOneToVersions,
            Fault::LocksInItsHandle,
        ],
    ),
    (
        4,
        &[
            Fault::HasNoUniqueKeys,
            Fault::ReplacesIntoUniqueKeys,
            Fault::TakesNullForAValue,
            Fault::FindsByNull,
            Fault::NeverFreesUniqueKeys,
            Fault::ChecksUniqueKeysFirst,
            Fault::ChecksUniqueKeysLast,
            Fault::DeadlocksOnUniqueKeys,
            Fault::LocksInItsHandle,
        ],
    ),
    (
        5,
        &[
            Fault::FoldsCase,
            Fault::PadsBlanks,
            Fault::CutsAtNul,
            Fault::TakesEmptyForNull,
            Fault::CutsTrailingZeros,
            Fault::CountsInFloats,
            Fault::SortsUnsigned,
            Fault::FoldsSharpS,
            Fault::FoldsAccents,
            Fault::Composes,
            Fault::LosesEmoji,
            Fault::SortsByLanguage,
            Fault::SortsByUtf16,
            Fault::BoundsByLanguage,
            Fault::KeepsAnyWord,
            Fault::PagesByAnything,
            Fault::CutsLongKeys,
            Fault::HoldsTooLittle,
        ],
    ),
    (6, &[Fault::ReadsAReplica, Fault::CachesForEachHandle]),
    (
        7,
        &[
            Fault::LosesTies,
            Fault::AlwaysAscends,
            Fault::PagesByOffset,
            Fault::ShowsUntil,
            Fault::IgnoresFromBehindARow,
            Fault::ComparesToNull,
            Fault::TakesZeroForAll,
            Fault::ReplacesInTwoSteps,
            Fault::CountsLimitsSigned,
        ],
    ),
    (
        8,
        &[
            Fault::ReadsSessionsInSteps,
            Fault::MakesUpUsers,
            Fault::AnswersTheFirstSession,
            Fault::AnswersSessionsTwice,
            Fault::MixesUpUsers,
            Fault::FoldsDigests,
            Fault::TakesAnyNumberOfSessions,
            Fault::ReadsSessionsFirst,
        ],
    ),
    (
        9,
        &[
            Fault::Lowers,
            Fault::CannotLiftNull,
            Fault::MakesRowsByRaising,
            Fault::ConflictsOnRaising,
            Fault::RaisesByReplacing,
            Fault::RaisesVersions,
            Fault::LocksInItsHandle,
        ],
    ),
    (
        10,
        &[
            Fault::ForgetsBatches,
            Fault::RecognisesTooEarly,
            Fault::RemembersConflicts,
            Fault::ForgetsInAnHour,
            Fault::NeverForgets,
            Fault::LocksInItsHandle,
        ],
    ),
    (
        11,
        &[
            Fault::ChargesInSteps,
            Fault::ChargesEachAlone,
            Fault::NeverGivesBack,
            Fault::UnchargesOnConflict,
            Fault::DeadlocksOnBudgets,
            Fault::CountsBudgetsIn16Bits,
        ],
    ),
    (
        12,
        &[
            Fault::LeasesInSteps,
            Fault::LeasesAnyOrder,
            Fault::LeasesForEver,
            Fault::KeepsVersionOnLease,
            Fault::CountsLimitsSigned,
        ],
    ),
    (
        13,
        &[
            Fault::PurgesTooMuch,
            Fault::PurgesWhatNeverExpires,
            Fault::PurgesWithoutLimit,
            Fault::CountsBeforePurging,
            Fault::PurgesRowsOnly,
            Fault::PurgesWhatItChose,
            Fault::CountsLimitsSigned,
        ],
    ),
    (
        14,
        &[
            Fault::WritesAsItGoes,
            Fault::LeaksConnections,
            Fault::LeaksWhenFinding,
            Fault::KeepsItsLock,
            Fault::ChargesAsItGoes,
            Fault::LeasesAsItGoes,
            Fault::PurgesAsItGoes,
        ],
    ),
    (
        15,
        &[
            Fault::MakesTables,
            Fault::TakesAnyBatch,
            Fault::RefusesLongBatches,
            Fault::AnswersAnything,
        ],
    ),
    (
        16,
        &[
            Fault::AsksItsClock,
            Fault::BudgetsByItsClock,
            Fault::HidesTheExpired,
            Fault::KeepsTheLatestNow,
            Fault::TrustsTimesOfWriters,
        ],
    ),
];

/// Whether a proof holds on a store with this fault.
async fn holds(proof: Proof, fault: Fault) -> bool {
    shown(proof, fault).await.is_ok()
}

/// What the proof says against a store.
async fn shown(proof: Proof, fault: Fault) -> Result<(), String> {
    let place: Arc<dyn Place> = Arc::new(WrongPlace::new(fault));
    let ended = tokio::spawn(async move { proof.run(place).await }).await;
    ended.map_err(|error| {
        let said = error.into_panic();
        let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| said.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_without_fault_passes() {
    for proof in Proof::all() {
        let name = proof.name;
        let shown = shown(proof, Fault::None).await;
        assert_eq!(shown, Ok(()), "{name} fails on a store that holds the contract");
    }
}

/// The proofs of a clause.
fn of(clause: u8) -> impl Iterator<Item = Proof> {
    Proof::all().into_iter().filter(move |proof| proof.clause == clause)
}

/// The proofs of its clause that catch a fault. What only a race shows may take more than one.
async fn catching(clause: u8, fault: Fault) -> Vec<&'static str> {
    let mut catching = Vec::new();
    for _ in 0..5 {
        for proof in of(clause) {
            let name = proof.name;
            if !holds(proof, fault).await {
                catching.push(name);
            }
        }
        if !catching.is_empty() {
            break;
        }
    }
    catching
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_wrong_store_is_caught_and_every_proof_catches_one() {
    // The proofs panic by the hundred; only what they do not catch is worth a line.
    std::panic::set_hook(Box::new(|_| {}));
    // A store that is stuck is waited for, so several are tried at the same time.
    let places = Arc::new(Semaphore::new(8));
    let mut trials = JoinSet::new();
    for (clause, fault) in
        FAULTS.iter().flat_map(|(clause, faults)| faults.iter().map(move |fault| (*clause, *fault)))
    {
        let places = Arc::clone(&places);
        trials.spawn(async move {
            let _place = places.acquire().await;
            (clause, fault, catching(clause, fault).await)
        });
    }
    let mut missed = Vec::new();
    let mut useful = BTreeSet::new();
    for (clause, fault, catching) in trials.join_all().await {
        if catching.is_empty() {
            missed.push(format!("S{clause}: {fault:?}"));
        }
        useful.extend(catching);
    }
    let mut idle = Vec::new();
    // One race may have been won by all; a proof gets another try before it is called idle.
    for (clause, faults) in FAULTS {
        for proof in of(*clause).filter(|proof| !useful.contains(proof.name)) {
            let mut catches = false;
            for fault in faults.iter().cycle().take(faults.len() * 10) {
                let again = of(*clause).find(|other| other.name == proof.name).unwrap();
                catches = catches || !holds(again, *fault).await;
            }
            if !catches {
                idle.push(proof.name);
            }
        }
    }
    drop(std::panic::take_hook());
    assert!(missed.is_empty(), "wrong stores the kit does not catch: {missed:#?}");
    assert!(idle.is_empty(), "proofs that catch nothing: {idle:#?}");
    let proven: BTreeSet<_> = Proof::all().iter().map(|proof| proof.clause).collect();
    assert_eq!(proven, (1..=16).collect(), "clauses that have a proof");
}
