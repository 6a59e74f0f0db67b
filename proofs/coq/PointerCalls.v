(** * What the small functions return

    The functions without an access to memory, and the values that the tests and the counts return, for each word read. *)

From Coq Require Import List ZArith Bool String.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Points Tails SharedCalls.
Import ListNotations.
Local Open Scope Z_scope.

(** A handle is its pointer. *)
Theorem pointers : forall n v,
  tree_of n Arc_from_value [v] = Ends v /\ tree_of n Weak_from_value [v] = Ends v /\ tree_of n UniqueArc_from_value [v] = Ends v
  /\ tree_of n Arc_word [v] = Ends v /\ tree_of n UniqueArc_word [v] = Ends v /\ tree_of n Arc_get_mut_unchecked [v] = Ends v
  /\ tree_of n UniqueArc_place [v] = Ends v /\ tree_of n UniqueArc_place_uninit [v] = Ends v.
Proof. intros n v. repeat split; reflexivity. Qed.

Theorem uninit_as_mut_ptr : forall n v, tree_of n Uninit_as_mut_ptr [VCon "Uninit" [("value"%string, v)]] = Ends v.
Proof. reflexivity. Qed.
Theorem uninit_write : forall n p v, tree_of n Uninit_write [VCon "Uninit" [("value"%string, VNum p)]; v] = TMem MInit p (Ends (VNum p)) Stuck.
Proof. reflexivity. Qed.

(** [Weak::new] allocates nothing. *)
Theorem weak_new : forall n, tree_of n Weak_new [] = Ends (VNum DANGLING) /\ tree_of n Weak_default [] = Ends (VNum DANGLING).
Proof. intros n. split; reflexivity. Qed.

Theorem is_unique_says : forall n p, tree_of n Arc_is_unique [VNum p] = TLoad Access.is_unique Acquire p (fun v => Ends (VBool (v =? 1))).
Proof. intros n p. same. Qed.

Theorem strong_count_says : forall n p, exists k, tree_of n Arc_strong_count [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w) = Ends (VNum (Z.of_nat (strong w))).
Proof.
  intros n p. eexists. split.
  - compute_goal. constants. reflexivity.
  - intros w S. cbn beta. destruct (counts_counts w S) as (A & B & E & F). rewrite A, E, B. reflexivity.
Qed.
Theorem weak_count_says : forall n p, exists k, tree_of n Arc_weak_count [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w) = Ends (VNum (Z.max 0 (Z.of_nat (weak w) - 1))).
Proof.
  intros n p. eexists. split.
  - compute_goal. constants. reflexivity.
  - intros w S. cbn beta. destruct (counts_counts w S) as (A & B & E & F). rewrite A, E, F. reflexivity.
Qed.
