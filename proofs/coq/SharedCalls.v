(** * The operations that borrow a handle follow the machine: clone, downgrade, upgrade, the counts

    For each function of Code.v through [&self]: every access of its text is a step of Model.v, through any of the handle's
    tokens, on 64 bits, and at the end there is the handle that it returns. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** Arc::clone *)
Theorem arc_clone : forall n p P,
  follows p Strong P false (fun v pts => v = VNum p /\ pts = [At Strong Idle; At Strong Idle]) (fun _ => False)
    (tree_of n Arc_clone [VNum p]) [At Strong Idle].
Proof.
  intros n p P. compute_run. constants.
  here. split; [strong_enough|]. intros w S C. counts C.
  inside.
  - exists (more_strong 1 w), [At Strong (Past 1 0)]. split; [adds|]. split; [plain; head to_past_strong|].
    split; [past|left].
    here. split; [strong_enough|]. intros w1 S1 C1. counts C1.
    eexists; eexists. split; [|split; [plain; head to_undo|split; [less | left; exact I]]]. adds.
  - exists (plus_strong w), [At Strong Idle; At Strong Idle]. split; [adds|]. split; [plain; head to_clone|].
    split; [right; right; split; [right | left; fields; lia]|left; done]. fields. arith.
Qed.

(** Arc::downgrade, UniqueArc::downgrade, Weak::clone *)
Lemma adding_weak : forall p P k fin post unwound, follows p k P false post unwound fin [At k Idle; At Weak Idle] ->
  follows p k P false post unwound
    (TFetch Access.add_weak Relaxed p 1 (fun v =>
      if 536870912 <=? v mod 1073741824
      then TFetch Access.undo Relaxed p 18446744073709551615 (fun _ => Aborted)
      else fin)) [At k Idle].
Proof.
  intros p P k fin post unwound F.
  here. split; [strong_enough|]. intros w S C. assert (K : (1 <= weak w)%nat) by (counts C; destruct k; lia).
  inside.
  - exists (plus_weak w), [At k (Past 0 1)]. split; [adds|]. split; [plain; head to_past_weak|].
    split; [past|left].
    here. split; [strong_enough|]. intros w1 S1 C1. assert (K1 : (1 <= weak w1)%nat) by (counts C1; destruct k; lia).
    eexists; eexists. split; [|split; [plain; head to_undo|split; [less | left; exact I]]]. adds.
  - exists (plus_weak w), [At k Idle; At Weak Idle]. split; [adds|]. split; [plain; head to_downgrade|].
    split; [right; right; split; [left; fields; lia | right; fields; arith]|left; exact F].
Qed.

Theorem arc_downgrade : forall n p P,
  follows p Strong P false (fun v pts => v = VNum p /\ pts = [At Strong Idle; At Weak Idle]) (fun _ => False)
    (tree_of n Arc_downgrade [VNum p]) [At Strong Idle].
Proof. intros n p P. compute_run. constants. apply adding_weak. here. done. Qed.

Theorem unique_downgrade : forall n p P,
  follows p (Building true) P false (fun v pts => v = VNum p /\ pts = [At (Building true) Idle; At Weak Idle]) (fun _ => False)
    (tree_of n UniqueArc_downgrade [VNum p]) [At (Building true) Idle].
Proof. intros n p P. compute_run. constants. apply adding_weak. here. done. Qed.

(** A [Weak] that is not dangling: its pointer is not [DANGLING].  [k] is the kind of a Weak, or of the one that new_cyclic
    lends. *)

Theorem weak_clone : forall n p P k, (p =? DANGLING) = false -> weakly k = true ->
  follows p k P false (fun v pts => v = VNum p /\ pts = [At k Idle; At Weak Idle]) (fun _ => False)
    (tree_of n Weak_clone [VNum p]) [At k Idle].
Proof. intros n p P k D W. dangling D. apply adding_weak. here. done. Qed.

(** Weak::upgrade *)
Theorem weak_upgrade : forall n p P k, (p =? DANGLING) = false -> weakly k = true ->
  follows p k P false
    (fun v pts => v = vsome (VNum p) /\ pts = [At k Idle; At Strong Idle] \/ v = vnone /\ pts = [At k Idle])
    (fun _ => False)
    (tree_of n Weak_upgrade [VNum p]) [At k Idle].
Proof.
  intros n p P k D W. dangling D.
  here. split; [strong_enough|]. intros i w S.
  exists [At k (if Nat.eq_dec (strong w) 0 then Idle else Upgrading i w)]. split.
  { destruct (Nat.eq_dec (strong w) 0); [head to_upgrade_none | head to_upgrade_look]. }
  match goal with |- context [rounds ?o ?K _ _] => set (once := o); set (K0 := K) end.
  generalize n at 1. intros m. revert i w S. induction m as [|m IH]; intros i w S; [exact I|].
  cbn [rounds]. unfold once at 1. compute_run. constants.
  destruct (Nat.eq_dec (strong w) 0) as [Z0|NZ].
  - branch; [|exfalso; arith]. branch; [|exfalso; arith]. here. apply settled. leaves.
  - branch.
    { branch; [exfalso; arith|]. exact I. }
    here. split; [strong_enough|]. split; [strong_enough|]. split; [reflexivity|]. split.
    + intros w1 S1 C1 E. assert (w1 = w) as -> by (apply bits_injective; auto using sane_within).
      exists (plus_strong w), [At k Idle; At Strong Idle]. split; [adds|]. split; [plain; head to_upgrade_done|].
      split; [right; right; split; [right; fields; arith | left; fields; lia]|]. done.
    + intros j w1 S1 E. exists w, [At k (if Nat.eq_dec (strong w1) 0 then Idle else Upgrading j w1)].
      split; [exact S|]. split; [reflexivity|]. split.
      { destruct (Nat.eq_dec (strong w1) 0); [head to_upgrade_failed_none | head to_upgrade_again]. }
      apply IH. exact S1.
Qed.

(** One look at the word, through a handle of kind [k]. *)
Ltac looks_once k :=
  compute_run; here; split; [strong_enough|]; intros; exists [At k Idle]; (split; [head to_look; simpl; auto | repeat branch; done]).

(** Arc::counts, Arc::is_unique, through any token.  A Weak's counts are the same. *)
Theorem arc_counts : forall n p P k,
  follows p k P false (fun _ pts => pts = [At k Idle]) (fun _ => False) (tree_of n Arc_counts [VNum p]) [At k Idle].
Proof. intros n p P k. looks_once k. Qed.

(** and the counts are those of the word *)
Theorem counts_counts : forall w, sane w ->
  (18446744073709551615 <? (wrap (bits w + 1073741824)) / 1073741824) = false
  /\ (wrap (bits w + 1073741824)) / 1073741824 = Z.of_nat (strong w)
  /\ (18446744073709551615 <? Z.max 0 ((bits w) mod 1073741824 - 1)) = false
  /\ Z.max 0 ((bits w) mod 1073741824 - 1) = Z.max 0 (Z.of_nat (weak w) - 1).
Proof. intros w S. rewrite !Z.ltb_ge. repeat split; arith. Qed.

Theorem arc_is_unique : forall n p P,
  follows p Strong P false (fun v pts => pts = [At Strong Idle]) (fun _ => False)
    (tree_of n Arc_is_unique [VNum p]) [At Strong Idle].
Proof. intros n p P. looks_once Strong. Qed.

