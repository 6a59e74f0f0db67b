#![doc = include_str!("proofs/links/map.md")]
#![doc = include_str!("../../proofs/README.md")]

// The links of `proofs/links/` come first, so they win over those in the files, which are for
// readers of the files. They are written by `cargo proofs notes`, and so are the lists below.
macro_rules! notes {
    ($($name:ident)*) => {$(
        #[doc = include_str!(concat!("proofs/links/", stringify!($name), ".md"))]
        #[doc = include_str!(concat!("../../proofs/", stringify!($name), ".md"))]
        pub mod $name {}
    )*};
}

/// A page for each file, with the file's text.
macro_rules! sources {
    ($before:literal $dir:literal $extension:literal $($name:ident)*) => {$(
        #[doc = concat!(
            "`", $dir, stringify!($name), $extension, "`:\n\n", $before, "\n",
            include_str!(concat!("../../", $dir, stringify!($name), $extension)),
            "\n``````"
        )]
        #[allow(non_snake_case)]
        pub mod $name {}
    )*};
}

macro_rules! coq {
    ($($name:ident)*) => {
        #[doc = include_str!("proofs/links/coq.md")]
        #[doc = include_str!("../../proofs/coq/README.md")]
        pub mod coq {
            sources! { "``````coq" "proofs/coq/" ".v" $($name)* }
        }
    };
}

macro_rules! models {
    ($($name:ident)*) => {
        /// The models: the files of `tests/loom/`. `cargo loom` runs them.
        pub mod models {
            sources! { "``````rust,ignore" "tests/loom/" ".rs" $($name)* }
        }
    };
}

// pages:begin
notes! {
    publish
    add_strong
    upgrade_look
    upgrade
    counts
    is_unique
    sole
    steal
    strong_into_weak
    release_strong
    take_value
    add_weak
    release_weak
    release_weak_last
    undo
}
coq! {
    Accesses
    Assumptions
    Bits
    Code
    Corollaries
    Counts
    EndToEnd
    Examples
    Frame
    Graph
    Invariant
    Life
    Model
    Necessity
    Own
    Preservation
    Progress
    RC11
    Reasons
    Run
    Safety
    Steps
    Syntax
    Terms
    Theorems
    Word
}
models! {
    counts
    exclusive
    main
    pairs
    publish
    reports
    seed
    strong
    support
    sync
    thin
    three_threads
    two_counters
    weak
}
// pages:end

#[doc = include_str!("../../proofs/MUTANTS.md")]
pub mod mutants {}
