/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    // S1
    WritesChangeByChange,
    KeepsTheFirstHalf,
    // S2
    ForgetsEverything,
    // S3
    OverwritesOnInsert,
    IgnoresVersions,
    MakesRowsByReplacing,
    DeletesWhatIsNotThere,
    DeletesAnyVersion,
    ReadsThenWrites,
    // S4
    HasNoUniqueKeys,
    ReplacesIntoUniqueKeys,
    TakesNullForAValue,
    FindsByNull,
    NeverFreesUniqueKeys,
    // S5
    FoldsCase,
    PadsBlanks,
    CutsAtNul,
    TakesEmptyForNull,
    CutsTrailingZeros,
    CountsInFloats,
    SortsUnsigned,
    // S6
    ReadsAReplica,
    CachesForEachHandle,
    // S7
    LosesTies,
    AlwaysAscends,
    PagesByOffset,
    ShowsUntil,
    IgnoresFromBehindARow,
    ComparesToNull,
    TakesZeroForAll,
    // S8
    ReadsSessionsInSteps,
    MakesUpUsers,
    AnswersTheFirstSession,
    AnswersSessionsTwice,
    MixesUpUsers,
    FoldsDigests,
    TakesAnyNumberOfSessions,
    // S9
    Lowers,
    CannotLiftNull,
    MakesRowsByRaising,
    ConflictsOnRaising,
    RaisesByReplacing,
    RaisesVersions,
    // S10
    ForgetsBatches,
    RecognisesTooEarly,
    RemembersConflicts,
    ForgetsInAnHour,
    NeverForgets,
    // S11
    ChargesInSteps,
    ChargesEachAlone,
    NeverGivesBack,
    UnchargesOnConflict,
    // S12
    LeasesInSteps,
    LeasesAnyOrder,
    LeasesForEver,
    KeepsVersionOnLease,
    // S13
    PurgesTooMuch,
    PurgesWhatNeverExpires,
    PurgesWithoutLimit,
    CountsBeforePurging,
    // S14
    WritesAsItGoes,
    LeaksConnections,
    // S15
    MakesTables,
    TakesAnyBatch,
    AnswersAnything,
    // S16
    AsksItsClock,
    BudgetsByItsClock,
    HidesTheExpired,
}
