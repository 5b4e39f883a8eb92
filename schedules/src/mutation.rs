//! Runners that are broken on purpose: the laws are worth what they catch.

/// What is broken. Each leaves out one thing that a runner must do; the first seed that catches it stands beside it, and
/// the test suite holds that it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A commit is acknowledged before it is durable, and a crash loses it.
    LostSync,
    /// A create is sent while its intent is still being written.
    LateIntent,
    /// A create of unknown fate is sent again without a wait.
    NoSettleWindow,
    /// A lost reply is taken for a refusal.
    UnknownIsRejected,
    /// What earlier runs recorded isn't read.
    ForgottenJournal,
    /// What runs already takes no room when a run begins.
    ForgottenPlaces,
    /// The limit of restores in flight is not kept.
    NoConcurrencyLimit,
    /// The limits of groups are not kept.
    NoGroupLimit,
    /// A list that can't be read counts as an empty one.
    UnreadableIsEmpty,
    /// A status that nobody knows counts as a success.
    UnknownStatusIsSuccess,
    /// Who lost the lease may go on writing.
    NoFencing,
    /// Restores that need others don't wait for them.
    NoOrder,
    /// The last restore of a plan is never sent.
    LeftOut,
    /// The runner measures time by the wall clock, which leaps.
    LeapingClock,
    /// Of two runs, the one whose clock showed more when it began counts as the later one.
    RunsByTheClock,
    /// What another host sent is taken to be as old as the two clocks say.
    TrustedClocks,
    /// A plan is cut into shards without regard to what hangs together.
    TornApart,
    /// A shard carries out a restore of another one, too.
    Poacher,
    /// Whoever goes on with a run of `--again` opens one more generation.
    OneMoreGeneration,
    /// What a run only followed is sent again by whoever goes on with it.
    SentAlthoughExcluded,
    /// Whoever goes on with a run leaves out what it had not begun.
    ForgottenRest,
}

impl Mutation {
    /// Every one, with a seed that catches it.
    pub const ALL: [(Self, u64); 21] = [
        (Self::LostSync, 63),
        (Self::LateIntent, 0),
        (Self::NoSettleWindow, 15),
        (Self::UnknownIsRejected, 1),
        (Self::ForgottenJournal, 1),
        (Self::ForgottenPlaces, 1),
        (Self::NoConcurrencyLimit, 10),
        (Self::NoGroupLimit, 29),
        (Self::UnreadableIsEmpty, 1333),
        (Self::UnknownStatusIsSuccess, 4),
        (Self::NoFencing, 31),
        (Self::NoOrder, 0),
        (Self::LeftOut, 0),
        (Self::LeapingClock, 366),
        (Self::RunsByTheClock, 320),
        (Self::TrustedClocks, 871),
        (Self::TornApart, 14),
        (Self::Poacher, 14),
        (Self::OneMoreGeneration, 201),
        (Self::SentAlthoughExcluded, 2094),
        (Self::ForgottenRest, 0),
    ];
}
