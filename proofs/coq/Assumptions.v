(** * What the theorems rest on: for each one Coq prints "Closed under the global context", that is, no axiom *)

From ProvenArc Require Import Theorems Word.

Print Assumptions table_fits_the_machine.
Print Assumptions safety.
Print Assumptions no_stale_unique.
Print Assumptions exclusive.
Print Assumptions taker_is_exclusive.
Print Assumptions owner_is_the_only_one.
Print Assumptions the_free_is_last.
Print Assumptions strong_count_one.
Print Assumptions at_most_one_each.
Print Assumptions one_value_at_most.
Print Assumptions no_leak.
Print Assumptions everything_can_end.
Print Assumptions into_inner_exactly_one.
Print Assumptions exactly_one_takes.
Print Assumptions bounded_tasks.
Print Assumptions bounded_operations.
Print Assumptions wait_free.
Print Assumptions loops_go_on.
Print Assumptions lock_free_upgrade.
Print Assumptions lock_free_steal.
Print Assumptions a_message_is_an_rmw.
Print Assumptions counts_are_exact.
Print Assumptions upgrade_does_not_miss.
Print Assumptions get_mut_does_not_miss.
Print Assumptions take_value_reads_none.
Print Assumptions release_weak_last_reads_nothing.
Print Assumptions rmws_are_wrapping_adds.
Print Assumptions bits_faithful.
Print Assumptions sign_bit.
Print Assumptions last_is_last.
Print Assumptions past_the_limit_is_last.
Print Assumptions release_that_acquires.
Print Assumptions is_unique_needs_acquire.
Print Assumptions release_strong_needs_release.
Print Assumptions take_value_needs_acquire.
Print Assumptions release_weak_needs_release.
Print Assumptions release_weak_last_needs_acquire.
Print Assumptions upgrade_needs_acquire.
Print Assumptions sole_needs_acquire.
Print Assumptions steal_needs_acquire.
Print Assumptions publish_needs_release.
Print Assumptions strong_into_weak_needs_release.
Print Assumptions counts_needs_acquire.
