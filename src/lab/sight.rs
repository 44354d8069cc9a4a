//! What a check keeps between two looks.

use tokio::time::Instant;

use super::watch::Watch;

/// What a check keeps between two looks: what it has heard, and how its parts stand.
#[derive(Default)]
pub struct Sight {
    /// What it hears by.
    pub watch: Option<Watch>,
    /// The same for the parts of a bunch.
    pub parts: Vec<Sight>,
    /// It has begun: a part of a sequence begins when its turn comes.
    pub is_open: bool,
    /// As a part, it has passed.
    pub passed: bool,
    /// Since when it has been as expected without a break.
    pub since: Option<Instant>,
}
