//! Compares the public API, the integrations included, with `listing.txt`, so that every change of
//! it appears in review. Compares the lists of features with `Cargo.toml`.
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

/// `Cargo.toml` has a feature for each crate whose traits are implemented. It is in every list.
#[test]
fn features_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect(file);
    let manifest = read("Cargo.toml");
    let (_, features) =
        manifest.split_once("# Traits of other crates").expect("Cargo.toml names the features");
    let features: Vec<&str> = features
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_once(" = [\"dep:").expect("a feature with its crate").0)
        .collect();
    assert!(features.len() > 10, "{features:?}");

    let mut missing = Vec::new();
    for feature in &features {
        for (file, text) in [
            ("README.md", format!("`{feature}`")),
            ("src/lib.rs", format!("//! * `{feature}`")),
            ("src/integrations.rs", format!("#[cfg(feature = \"{feature}\")]\nmod ")),
            ("CHANGELOG.md", format!("`{feature}`")),
        ] {
            if !read(file).contains(&text) {
                missing.push(format!("{file}: {text}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");

    let same = |list: &str, of: &str| {
        let mut list: Vec<_> = list.split_whitespace().collect();
        let mut features = features.clone();
        list.sort_unstable();
        features.sort_unstable();
        assert_eq!(list, features, "{of}");
    };
    let list_after = |text: &str, start: &str, end: char| {
        let (_, list) = text.split_once(start).expect(start);
        let (list, _) = list.split_once(end).expect(start);
        list.replace(['"', ','], " ")
    };
    same(FEATURES, "this test");
    same(&list_after(&read(".ci/run"), "\nintegrations=\"", '"'), ".ci/run");
    same(&list_after(&manifest, "\nfeatures = [", ']'), "the documentation");
    same(&list_after(&manifest, "\nrequired-features = [\n", ']'), "the integrations' test");
}
