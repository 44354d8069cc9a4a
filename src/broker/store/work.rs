//! Counts the steps that finding messages and their consumers takes, so that tests can hold the cost rule. Outside
//! of tests nothing is counted.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many messages, subjects or consumers were looked at.
#[inline]
pub fn step(by: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + by as u64));
    #[cfg(not(test))]
    let _ = by;
}

/// The steps that `act` took in this thread.
#[cfg(test)]
pub fn steps_of(act: impl FnOnce()) -> u64 {
    let before = STEPS.with(std::cell::Cell::get);
    act();
    STEPS.with(std::cell::Cell::get) - before
}
