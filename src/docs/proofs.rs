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
    ($before:literal $dir:literal $extension:literal $($name:ident $title:literal)*) => {$(
        #[doc = concat!(
            $title, "\n\n`", $dir, stringify!($name), $extension, "`:\n\n", $before, "\n",
            include_str!(concat!("../../", $dir, stringify!($name), $extension)),
            "\n``````"
        )]
        #[allow(non_snake_case)]
        pub mod $name {}
    )*};
}

macro_rules! coq {
    ($($name:ident $title:literal)*) => {
        #[doc = include_str!("proofs/links/coq.md")]
        #[doc = include_str!("../../proofs/coq/README.md")]
        pub mod coq {
            sources! { "``````coq" "proofs/coq/" ".v" $($name $title)* }
        }
    };
}

macro_rules! models {
    ($($name:ident $title:literal)*) => {
        /// The models: the files of `tests/loom/`. `cargo loom` runs them.
        pub mod models {
            sources! { "``````rust,ignore" "tests/loom/" ".rs" $($name $title)* }
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
    Accesses "The atomic accesses of the crate, as data"
    Assumptions "What the theorems rest on: Coq prints \"Closed under the global context\" for each one, that is, no axiom"
    Bits "On the 64 bits, every RMW of the machine is the wrapping add of the crate"
    Born "An allocation begins in the middle of a call"
    BuilderCalls "into_unique: the last handle's value is a UniqueArc's"
    Client "A client of the crate, in an execution of C11"
    ClientPlay "A client of an execution of C11 is a client of Play.v"
    Clients "Clients of the shipped text, in C11"
    CloneCalls "The operations that add or release many strong handles follow the machine: clone_many and Clones"
    Code "The shipped text: printed from [src/] by [cargo proofs translate].  Do not edit."
    Contracts "The operations of Play.v follow the machine"
    Corollaries "Exclusivity, exactly once, into_inner"
    CountCalls "The counts, raw and read: increment_strong_count, strong_count, weak_count"
    Counts "A strong count of 1"
    CountsStale "A strong count of 1 is not enough if a Weak was upgraded once"
    Dangling "A Weak without an allocation touches none"
    Early "Within the limits, no addition aborts"
    EndToEnd "Every execution that keeps the discipline is free of races"
    Examples "Some runs of the crate's table, to see that the machine can do what the crate does"
    Frame "What one effect leaves unchanged for the other agents"
    Graph "Executions of one word, as C11 allows them, and an order of their events"
    Handles "What every step of an agent needs"
    Inhabited "There is a client, and its execution is one of C11's"
    Invariant "The invariant"
    Lang "What the text means"
    Life "Every run can reach its end"
    Limits "The counts stay within their fields"
    MapCalls "try_map: the value in place, or in a new allocation"
    Model "The machine"
    Necessity "Necessity: each ordering that is not Relaxed is needed"
    NewCalls "The operations that allocate begin with their allocation"
    Own "The discipline of handles"
    OwnCalls "The operations that consume a handle, or borrow it mutably, follow the machine"
    OwnerSteps "The steps of an agent that owns the implicit weak alone"
    Play "What a client may do"
    PointerCalls "What the small functions return"
    Points "How a run of the text and the machine's agents go together"
    Preservation "One effect at a time: how the invariant is preserved"
    Progress "Progress"
    RC11 "From the textbook's C11 to the executions of one word"
    Reasons "The reason for each ordering"
    Relations "Relations over a finite set of events, and that they can be decided"
    Rules "The rules of Model.v, as steps from points to points"
    Run "An execution that keeps the discipline is a run of the machine"
    Safety "Safety: the invariant holds of every reachable state, and no step from it is an error"
    Sanity "C11 allows the bug of 2018"
    SharedCalls "The operations that borrow a handle follow the machine: clone, downgrade, upgrade, the counts"
    Shipped "The text that ships, in C11's executions"
    Sim "A client that runs the text keeps the discipline"
    Steps "One step at a time, in a live state: no access is wrong, and the invariant is preserved"
    StrongSteps "The steps of strong handles"
    Syntax "The syntax of the shipped text: the part of Rust in which [src/] is written"
    Tails "Tactics for the runs, and the last part that many of them share"
    Terms "The terms of the theorems"
    Theorems "The theorems"
    UninitCalls "The drop of a handle of a MaybeUninit follows the machine"
    UniqueCalls "make_mut, make_unique, try_into_unique: the handle is to be the only one"
    WeakSteps "The steps of Weaks, and the release of the implicit weak"
    Word "The word's 64 bits"
}
models! {
    counts "What may be concluded from the counts."
    exclusive "Exclusive access while another thread uses and drops a handle."
    main "The models: each public operation together with each other operation that can race with it, in every order that loom can find, and with every value that the memory model lets a load read."
    pairs "Each operation together with each other one, on handles to one value."
    publish "Values that a `Weak` can reach before they are written."
    reports "Each report of `src/atomic/loom.rs` and of a `Value` is provoked once, by a program that breaks a contract."
    seed "Where this crate comes from: two orderings of std's `Arc`, which has two counters."
    strong "Strong handles that race with strong handles."
    support "How a model is written."
    sync "Code that was switched over by replacing `std::sync` with `proven_arc::sync`, and nothing else."
    thin "Thin handles use the same word as all others."
    three_threads "Three threads."
    two_counters "An `Arc` with two counters and std's algorithm."
    weak "Weak handles that race with the last strong handle, and with each other."
}
// pages:end

#[doc = include_str!("../../proofs/MUTANTS.md")]
pub mod mutants {}

#[doc = include_str!("../../proofs/PROOF-MUTANTS.md")]
pub mod proof_mutants {}
