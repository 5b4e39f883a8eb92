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
}

impl Mutation {
    /// Every one, with a seed that catches it.
    pub const ALL: [(Self, u64); 12] = [
        (Self::LostSync, 41),
        (Self::LateIntent, 0),
        (Self::NoSettleWindow, 28),
        (Self::UnknownIsRejected, 2),
        (Self::ForgottenJournal, 0),
        (Self::ForgottenPlaces, 5),
        (Self::NoConcurrencyLimit, 1),
        (Self::NoGroupLimit, 10),
        (Self::UnreadableIsEmpty, 78),
        (Self::UnknownStatusIsSuccess, 3),
        (Self::NoFencing, 10),
        (Self::NoOrder, 1),
    ];
}
