//! A mutex that outlives a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whoever panicked while holding it: one task that failed must not take everybody else with it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
