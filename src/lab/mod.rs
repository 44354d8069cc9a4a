//! Labs: lab files, checks, progress.
