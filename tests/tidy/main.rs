//! The house rules that no compiler knows: who may name whom, how long a file may be, what the papers must say.
#![cfg(test)]
#![cfg(test)]

mod files;
mod imports;
mod papers;
mod size;
