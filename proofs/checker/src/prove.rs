use crate::tree::{Finding, Tree};
use anyhow::Result;
pub fn run(_: &Tree, _: bool) -> Result<Vec<Finding>> {
    todo!()
}
