/// What a state machine answers to an event it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<S> {
    /// Move to this state.
    To(S),
    /// Change nothing: the event is not an error, it merely has nothing left to do.
    Stay(NoOp),
}

/// Why an event changes nothing. Gateways deliver events twice and in any order, so this is everyday life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoOp {
    /// The event was applied before.
    Repeated,
    /// The state is already beyond what the event speaks of.
    Stale,
    /// The event is a remark on the way; the state waits for a decision.
    Underway,
}
