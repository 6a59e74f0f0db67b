//! Pages of the documentation that belong to no item, and programs that must not compile.

pub mod adopted;
pub mod limitations;
pub mod migrating;
#[cfg(not(doctest))] // What its pages show is code, but not to be run.
pub mod proofs;

#[cfg(doctest)]
mod compile_fail;
