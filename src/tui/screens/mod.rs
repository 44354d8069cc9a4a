//! Whole screens: the slides, and later overview, speaker view and labs.

pub mod slides;
