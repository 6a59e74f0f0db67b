(** * Some runs of the crate's table, to see that the machine can do what the crate does

    A theorem about all runs is empty if there are none.  Each run here goes to the end of the memory or to the state in question. *)

From Coq Require Import List Arith Lia.
From ProvenArc Require Import Accesses Model Necessity.
Import ListNotations.

Ltac ends := eapply leads_here.

(** An Arc is cloned.  One handle goes through into_inner, which returns nothing.  The other one goes through get_mut, a
    write, and try_unwrap. *)
Example get_mut_and_try_unwrap : exists m, reachable code (Ok (State m [])) /\ moves m = 1 /\ frees m = 1.
Proof.
  eexists. split.
  - from_new.
    agent 0: (clone _ _ _ _ [] []).
    agent 1: (read_value _ _ _ _ Strong [] []).
    agent 1: (drop_shared _ _ _ _ HandOut).
    agent 0: (read_unique _ _ _ _ Access.is_unique 2).
    agent 0: (exclusive_write _ _ _ _).
    agent 0: (end_exclusive _ _ _ _).
    agent 0: (read_unique _ _ _ _ Access.sole 2).
    agent 0: (try_unwrap_take _ _ _ _).
    agent 0: (free _ _ _ _).
    ends.
  - split; reflexivity.
Qed.

(** Two Arcs go through into_inner, without a Weak: one call gets the value, and the free needs no second RMW. *)
Example into_inner_twice : exists m, reachable code (Ok (State m [])) /\ moves m = 1 /\ drops m = 0 /\ last m = 3.
Proof.
  eexists. split.
  - from_new.
    agent 0: (clone _ _ _ _ [] []).
    agent 0: (drop_shared _ _ _ _ HandOut).
    agent 0: (drop_last _ _ _ _ HandOut ltac:(discriminate)).
    agent 0: (last_drop_alone _ _ _ _ HandOut 3).
    agent 0: (take_alone _ _ _ _ HandOut).
    agent 0: (free _ _ _ _).
    ends.
  - repeat split.
Qed.

(** A steal while there is a Weak.  Its upgrade then fails, and the Weak frees the memory. *)
Example make_mut_steals : exists m, reachable code (Ok (State m [])) /\ moves m = 1 /\ frees m = 1.
Proof.
  eexists. split.
  - from_new.
    agent 0: (downgrade _ _ _ _ Strong [] []).
    agent 0: (steal_look _ _ _ _ 1).
    agent 0: (steal_done _ _ _ _ 1).
    agent 0: (take_shared _ _ _ _ HandOut).
    agent 1: (upgrade_look _ _ _ _ Weak [] [] 1).
    agent 1: (upgrade_failed_none _ _ _ _ Weak [] [] 1 (Word 1 2) 2).
    agent 0: (release_shared _ _ _ _).
    agent 0: (weak_drop_last _ _ _ _).
    agent 0: (last_weak _ _ _ _ 4).
    agent 0: (free _ _ _ _).
    ends.
  - split; reflexivity.
Qed.

(** new_cyclic: two threads borrow a Weak from its closure.  One looks too early, then one upgrades.  Then into_weak and
    into_strong, and into_unique and back. *)
Example a_cyclic_life : exists m, reachable code (Ok (State m [])) /\ drops m = 1 /\ frees m = 1.
Proof.
  eexists. split.
  - from_building.
    agent 0: (downgrade _ _ _ _ (Building false) [] []).
    agent 1: (split _ _ _ _ Weak [] []).
    agent 1: (upgrade_none _ _ _ _ Weak [] [Tok Idle (View [1; 0] 1)] 1).
    agent 0: (init_value _ _ _ _).
    agent 0: (publish _ _ _ _).
    agent 1: (upgrade_look _ _ _ _ Weak [Tok Idle (View [2; 1; 0] 1)] [] 2).
    agent 1: (upgrade_done _ _ _ _ Weak [Tok Idle (View [2; 1; 0] 1)] [] 2).
    agent 2: (read_value _ _ _ _ Strong [] []).
    agent 2: (into_weak_shared _ _ _ _).
    agent 2: (into_strong_look _ _ _ _ 4).
    agent 2: (into_strong_done _ _ _ _ 4).
    agent 2: (drop_shared _ _ _ _ Destroy).
    agent 1: (merge _ _ _ _ Weak [] []).
    agent 1: (weak_drop_shared _ _ _ _).
    agent 0: (read_unique _ _ _ _ Access.is_unique 7).
    agent 0: (into_unique _ _ _ _).
    agent 0: (builder_write _ _ _ _).
    agent 0: (publish _ _ _ _).
    agent 0: (drop_last _ _ _ _ Destroy ltac:(discriminate)).
    agent 0: (last_drop_alone _ _ _ _ Destroy 10).
    agent 0: (take_alone _ _ _ _ Destroy).
    agent 0: (free _ _ _ _).
    ends.
  - split; reflexivity.
Qed.
