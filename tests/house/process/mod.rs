//! What only a real process shows: its output, its exit codes, its signals, its death.
