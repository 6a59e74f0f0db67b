//! Compares the public API, the integrations included, with `listing.txt`, so that every change of
//! it appears in review.
//!
//! ```console
//! cargo test -p public-api-listing
//! UPDATE_SNAPSHOTS=yes cargo test -p public-api-listing    # writes the listing
//! ```

use similar::TextDiff;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Modules that exist in the documentation only.
const NOTES: [&str; 4] = ["adopted", "limitations", "migrating", "proofs"];

/// The features that implement traits of other crates.
const FEATURES: &str = "serde arc-swap stable_deref_trait archery unsize proptest arbitrary log \
     tracing-core borsh schemars weak-table";

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

    // `tests/auto_traits.rs` checks the auto traits.
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
    let file = here.join("listing.txt");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, &listing).expect("writing the listing");
    }
    let listed = fs::read_to_string(&file).expect("reading the listing");
    let changes = TextDiff::from_lines(&listed, &listing);
    assert!(listed == listing, "the API is not as listed:\n{}", changes.unified_diff());
}
