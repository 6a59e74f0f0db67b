(** * The operations that allocate begin with their allocation

    [new], [new_uninit], [new_zeroed], [new_cyclic], [clone_from_ref] and the UniqueArc's: wherever the text allocates, the rest of it
    follows the machine from one of its beginnings.  If the allocation or the client's code panics, nothing is left. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails OwnCalls Play Born UniqueCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** The words with which allocations start. *)
Theorem word_unique : eval [] Word_unique = VNum (bits Model.UNIQUE).
Proof. vm_compute. reflexivity. Qed.
Theorem word_building : eval [] Word_building = VNum (bits (Word 0 1)).
Proof. vm_compute. reflexivity. Qed.

Section New.
Variables (P : bool) (p : Z).
Hypothesis D : (p =? DANGLING) = false.
Definition an_arc (r : val) (pts : list point) : Prop := r = VNum p /\ pts = [At Strong Idle].
Definition a_builder (v : bool) (r : val) (pts : list point) : Prop := r = VNum p /\ pts = [At (Building v) Idle].


(** Arc::new: the value is written into the new place. *)
Theorem arc_new : forall n v, born p Strong P an_arc none_left (tree_of n Arc_new [v]).
Proof.
  intros n v. compute_born. constants. cbn [born]. split; [|split; [intros; split; [exact I | discriminate] | intros; exact I]].
  apply begins_empty, filling. here.
  apply (settle_silent true _ [] (At Strong Exclusive) [] [At Strong Idle]); [apply to_end_exclusive | apply settled; split; reflexivity].
Qed.

(** Arc::new_uninit, new_zeroed *)
Lemma begins_idle : forall (post : val -> list point -> Prop) un, post (VNum p) [At Strong Idle] ->
  exists w pt, 1 = bits w /\ within w /\ beginning w pt /\ follows p Strong P true post un (Ends (VNum p)) [pt].
Proof.
  intros post un Q. exists Model.UNIQUE, (At Strong Idle). split; [reflexivity|]. split; [split; reflexivity|]. split; [left; auto | here; apply settled, Q].
Qed.
Theorem arc_new_uninit : forall n, born p Strong P an_arc none_left (tree_of n Arc_new_uninit []).
Proof. intros n. compute_born. constants. cbn [born]. split; [apply begins_idle; split; reflexivity | split; intros; exact I]. Qed.
Theorem arc_new_zeroed : forall n, born p Strong P an_arc none_left (tree_of n Arc_new_zeroed []).
Proof. intros n. compute_born. constants. cbn [born]. split; [apply begins_idle; split; reflexivity | split; intros; exact I]. Qed.

(** Arc::clone_from_ref, of a value that is somewhere else *)
Theorem arc_clone_from_ref : forall n q, q <> p -> born p Strong P an_arc none_left (tree_of n Arc_clone_from_ref [VNum q]).
Proof.
  intros n q Q. compute_born. constants. cbn [born]. split; [|split; [|intros; exact I]].
  - apply begins_empty. here. split; [intros [E|[]]; injection E as E; congruence|]. split.
    + intros _ _. apply filling. here.
      apply (settle_silent true _ [] (At Strong Exclusive) [] [At Strong Idle]); [apply to_end_exclusive | apply settled; split; reflexivity].
    + intros _. apply settled. apply discarding. here. apply settled. reflexivity.
  - intros q0 Q0. split; intros; (split; [exact I | discriminate]).
Qed.

(** UniqueArc::new, new_uninit *)
Lemma begins_building : forall (post : val -> list point -> Prop) un k0 b t, follows p k0 b true post un t [At (Building false) Idle] ->
  exists w pt, 18446744072635809793 = bits w /\ within w /\ beginning w pt /\ follows p k0 b true post un t [pt].
Proof.
  intros post un k0 b t F. exists (Word 0 1), (At (Building false) Idle). split; [reflexivity|]. split; [split; reflexivity|]. split; [right; auto | exact F].
Qed.
Theorem unique_new : forall n v, born p Strong P (a_builder true) none_left (tree_of n UniqueArc_new [v]).
Proof.
  intros n v. compute_born. constants. cbn [born]. split; [|split; [intros; split; [exact I | discriminate] | intros; exact I]].
  apply begins_building. eapply mem; [head to_init_value | here; apply settled; split; reflexivity | discriminate].
Qed.
Theorem unique_new_uninit : forall n, born p Strong P (a_builder false) none_left (tree_of n UniqueArc_new_uninit []).
Proof. intros n. compute_born. constants. cbn [born]. split; [apply begins_building; here; apply settled; split; reflexivity | split; intros; exact I]. Qed.

(** Arc::new_cyclic: the client's function borrows the Weak; then the value is written, and published.  If the function panics, [Lent]
    releases the implicit weak: the machine has abandoned the builder. *)
Theorem arc_new_cyclic : forall n R f, born p (Building false) P an_arc none_left (tree_of n (Arc_new_cyclic R P) [f]).
Proof.
  intros n R f. destruct R, P; compute_born; constants; cbn [born];
    (split; [|split; [intros; repeat (first [exact I | discriminate | split | progress intros | conditions | progress cbn [born]]) | intros; exact I]]).
  all: change (Z.lor 18446744072635809792 1) with 18446744072635809793; apply begins_building; here; (split; [reflexivity|split]).
  all: try (intros E; discriminate E).
  all: try (intros v _; here; exists [At (Building true) Idle]; (split; [head to_init_value|split; [|discriminate]]);
    here; split; [strong_enough|]; intros w S C; counts C; exists (plus_strong w), [At Strong Idle];
    (split; [adds|]); (split; [plain; head to_publish|]); (split; [right; right; split; [|left; fields; lia]; fields; lia|left; here; apply settled; split; reflexivity])).
  all: intros _; apply (settle_silent true _ [] (At (Building false) Idle) [] [Task Releasing]); [to to_abandon_empty | apply settled; cbn [app]];
    releasing; here; apply settled; reflexivity.
Qed.
End New.
