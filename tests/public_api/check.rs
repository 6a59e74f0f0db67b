//! Compares what users can name, the integrations included, with `listing.txt`: a change of it is
//! to be seen in review.
//!
//! ```console
//! cargo test -p public-api-listing
//! UPDATE_SNAPSHOTS=yes cargo test -p public-api-listing    # writes the listing
//! ```

use std::path::Path;
use std::process::Command;

/// Modules that the documentation alone has.
const NOTES: [&str; 4] = ["adopted", "limitations", "migrating", "proofs"];

/// The features that implement traits of other crates.
const FEATURES: &str = "serde arc-swap stable_deref_trait archery unsize proptest arbitrary log \
     tracing-core borsh schemars weak-table rayon rkyv tracing-subscriber";

#[test]
fn is_as_listed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..");
    let status = Command::new("rustup")
        .args(["run", "nightly", "cargo", "rustdoc", "--quiet", "--lib"])
        .args(["--features", FEATURES])
        .args(["--target-dir", "target/public-api"])
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .current_dir(&root)
        .status()
        .expect("rustup");
    assert!(status.success(), "rustdoc: {status}");

    // The auto traits are the business of `tests/auto_traits.rs`.
    let api =
        public_api::Builder::from_rustdoc_json(root.join("target/public-api/doc/proven_arc.json"))
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .build()
            .expect("JSON of a version that the crate public-api reads");
    let notes = NOTES.map(|name| format!("pub mod proven_arc::{name}"));
    let listing: String = api
        .items()
        .map(|item| format!("{item}\n"))
        .filter(|line| !notes.iter().any(|note| line.starts_with(note)))
        .collect();
    snapshot_testing::assert_eq_or_update(listing, here.join("listing.txt"));
}
