//! Whole screens: the presenter, and later overview, speaker view and labs.
