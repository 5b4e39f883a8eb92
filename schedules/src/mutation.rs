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
}

impl Mutation {
    /// Every one, with a seed that catches it.
    pub const ALL: [(Self, u64); 13] = [
        (Self::LostSync, 21),
        (Self::LateIntent, 0),
        (Self::NoSettleWindow, 6),
        (Self::UnknownIsRejected, 1),
        (Self::ForgottenJournal, 6),
        (Self::ForgottenPlaces, 3),
        (Self::NoConcurrencyLimit, 5),
        (Self::NoGroupLimit, 29),
        (Self::UnreadableIsEmpty, 115),
        (Self::UnknownStatusIsSuccess, 7),
        (Self::NoFencing, 0),
        (Self::NoOrder, 0),
        (Self::LeftOut, 0),
    ];
}
