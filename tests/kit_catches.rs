//! The kit catches what it is for: stores that are wrong in one way each, and a store that is
//! not. Every wrong store is caught under the number of the clause it breaks, and every proof
//! catches one.

#[path = "support/wrong.rs"]
mod wrong;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use portcullis::testkit::store::{Place, Proof};
use wrong::{Fault, WrongPlace};

const FAULTS: &[(u8, &[Fault])] = &[
    (1, &[Fault::WritesChangeByChange, Fault::KeepsTheFirstHalf]),
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
        ],
    ),
    (
        11,
        &[
            Fault::ChargesInSteps,
            Fault::ChargesEachAlone,
            Fault::NeverGivesBack,
            Fault::UnchargesOnConflict,
        ],
    ),
    (
        12,
        &[
            Fault::LeasesInSteps,
            Fault::LeasesAnyOrder,
            Fault::LeasesForEver,
            Fault::KeepsVersionOnLease,
        ],
    ),
    (
        13,
        &[
            Fault::PurgesTooMuch,
            Fault::PurgesWhatNeverExpires,
            Fault::PurgesWithoutLimit,
            Fault::CountsBeforePurging,
        ],
    ),
    (14, &[Fault::WritesAsItGoes, Fault::LeaksConnections]),
    (15, &[Fault::MakesTables, Fault::TakesAnyBatch, Fault::AnswersAnything]),
    (16, &[Fault::AsksItsClock, Fault::BudgetsByItsClock, Fault::HidesTheExpired]),
];

/// Whether a proof holds on a store with this fault.
async fn holds(proof: Proof, fault: Fault) -> bool {
    let place: Arc<dyn Place> = Arc::new(WrongPlace::new(fault));
    tokio::spawn(async move { proof.run(place).await }).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_without_fault_passes() {
    for proof in Proof::all() {
        let name = proof.name;
        assert!(holds(proof, Fault::None).await, "{name} fails on a store that holds the contract");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_wrong_store_is_caught_and_every_proof_catches_one() {
    // The proofs panic by the hundred; only what they do not catch is worth a line.
    std::panic::set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    let mut catches: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (clause, faults) in FAULTS {
        for fault in *faults {
            let mut caught = false;
            // What only a race shows may take more than one.
            for _ in 0..5 {
                for proof in Proof::all().into_iter().filter(|proof| proof.clause == *clause) {
                    let name = proof.name;
                    let caught_here = !holds(proof, *fault).await;
                    caught |= caught_here;
                    let of_name = catches.entry(name).or_default();
                    if caught_here {
                        of_name.insert(format!("{fault:?}"));
                    }
                }
                if caught {
                    break;
                }
            }
            if !caught {
                missed.push(format!("S{clause}: {fault:?}"));
            }
        }
        // One race may have been won by all; a proof gets another try before it is called idle.
        for proof in Proof::all().into_iter().filter(|proof| proof.clause == *clause) {
            for fault in faults.iter().cycle().take(faults.len() * 10) {
                let of_name = catches.entry(proof.name).or_default();
                if !of_name.is_empty() {
                    break;
                }
                let again =
                    Proof::all().into_iter().find(|other| other.name == proof.name).unwrap();
                if !holds(again, *fault).await {
                    of_name.insert(format!("{fault:?}"));
                }
            }
        }
    }
    drop(std::panic::take_hook());
    assert!(missed.is_empty(), "wrong stores the kit does not catch: {missed:#?}");
    let idle: Vec<_> = catches.iter().filter(|(_, caught)| caught.is_empty()).collect();
    assert!(idle.is_empty(), "proofs that catch nothing: {idle:#?}");
    let proven: BTreeSet<_> = Proof::all().iter().map(|proof| proof.clause).collect();
    assert_eq!(proven, (1..=16).collect(), "clauses that have a proof");
}
