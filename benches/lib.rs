//! The benchmarks are in `operations.rs` and `contention.rs`: `cargo bench -p benches`.
