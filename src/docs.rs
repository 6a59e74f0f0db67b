//! Pages of the documentation that belong to no item, and programs that must not compile.

pub mod adopted;
pub mod limitations;
pub mod migrating;
#[cfg(not(doctest))] // Its pages contain code that is no test.
pub mod proofs;

#[cfg(doctest)]
mod compile_fail;
