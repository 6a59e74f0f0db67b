(** * The counts, raw and read: increment_strong_count, strong_count, weak_count

    Their texts follow the machine; and the counts returned are those of the word read. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails SharedCalls Play CloneCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

Theorem arc_increment_strong_count : forall n p P,
  follows p Strong P false (fun v pts => v = vunit /\ pts = [At Strong Idle; At Strong Idle]) (fun _ => False)
    (tree_of n Arc_increment_strong_count [VNum p]) [At Strong Idle].
Proof.
  intros n p P. compute_run. constants. apply (adding_strong p P 0 1); [lia | lia | intros _].
  here. apply (settle_silent false _ [At Strong Idle] (Held 1) [] [At Strong Idle]); [apply to_next_last | apply settled; leaves].
Qed.

(** ** Weak::strong_count, weak_count *)

Theorem weak_strong_count : forall n p, (p =? DANGLING) = false ->
  tree_of n Weak_strong_count [VNum p] = tree_of n Arc_strong_count [VNum p].
Proof. intros n p D. compute_goal. rewrite D. reflexivity. Qed.
Theorem weak_weak_count : forall n p P k, (p =? DANGLING) = false ->
  follows p k P false (fun _ pts => pts = [At k Idle]) (fun _ => False) (tree_of n Weak_weak_count [VNum p]) [At k Idle].
Proof.
  intros n p P k D. dangling D. here. split; [strong_enough|]. intros i w S. exists [At k Idle].
  split; [head to_look; simpl; auto |].
  repeat branch; compute_run; done.
Qed.

(** What the counts are: those of the word, of which [weak_count] says 0 where there is no strong handle. *)
Theorem weak_count_counts : forall n p, (p =? DANGLING) = false -> exists k,
  tree_of n Weak_weak_count [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w) = Ends (VNum (if Nat.eqb (strong w) 0 then 0 else Z.max 0 (Z.of_nat (weak w) - 1))).
Proof.
  intros n p D. eexists. split.
  - compute_goal. rewrite D. compute_goal. constants. reflexivity.
  - intros w S. cbn beta.
    repeat match goal with |- context [if ?c then _ else _] => destruct c eqn:? end;
    repeat match goal with H : (_ =? _)%nat = true |- _ => apply Nat.eqb_eq in H | H : (_ =? _)%nat = false |- _ => apply Nat.eqb_neq in H end;
    first [do 2 f_equal; arith | exfalso; arith].
Qed.
Theorem arc_counts_counts : forall n p, exists k,
  tree_of n Arc_counts [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w)
      = Ends (VCon "Counts" [("strong"%string, VNum (Z.of_nat (strong w))); ("weak"%string, VNum (Z.max 0 (Z.of_nat (weak w) - 1)))]).
Proof.
  intros n p. eexists. split.
  - compute_goal. constants. reflexivity.
  - intros w S. cbn beta. destruct (counts_counts w S) as (A & B & E & F). rewrite A, E, B, F. reflexivity.
Qed.

