//! Child processes: the binary as its users start it. Owns their output and their end; must
//! never know what they print.
