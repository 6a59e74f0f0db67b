(** * into_unique: the last handle's value is a UniqueArc's

    As in UniqueCalls.v: the text as a tree of parts, of which each follows the machine, or begins with the new allocation. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails OwnCalls Play Born UniqueCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

Section Parts.
Variables (R P : bool) (x : Z).

(** UniqueArc::leave_weaks: the value moves to a new allocation. *)
Definition moving_out (yes : Z -> tree) (unwinds : tree) : tree :=
  TAllocate 1 (fun q =>
    TLoad Access.take_value Acquire x (fun left =>
      if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
      else TMem MMove x (TMem MInit q (giving_up R q (freeing_old R x left (yes q)) (freeing_old R x left Unwound)) Stuck) Stuck))
    unwinds.

Definition taken (left : Z) : tree :=
  if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
  else if left =? Z.lor 18446744072635809792 1 then Ends (vsome (VNum x))
  else moving_out (fun q => Ends (vsome (VNum q))) (unique_dropping R P x Unwound Aborted).
End Parts.

Theorem into_unique_tree : forall R P x n, tree_of n (Arc_into_unique R P) [VNum x]
  = TFetch Access.release_strong (if R then AcqRel else Release) x 18446744072635809792 (fun v =>
      if 1073741824 <=? signed v then Ends vnone
      else if R then taken R P x (wrap (wrap (v - 0) - 1073741824)) else TLoad Access.take_value Acquire x (taken R P x)).
Proof. intros R P x n. unfold taken, moving_out, freeing_old, release, giving_up, unique_dropping. destruct R, P; same. Qed.

Section Follow.
Variables (R P : bool) (p : Z).
Hypothesis D : (p =? DANGLING) = false.
Definition a_unique (v : val) (pts : list point) : Prop :=
  v = vnone /\ pts = [] \/ exists q, v = vsome (VNum q) /\ pts = if q =? p then [At (Building true) Idle] else [].
Notation follows := (follows p Strong P true a_unique none_left).

Lemma unique_here : follows (Ends (vsome (VNum p))) [At (Building true) Idle].
Proof. here. apply settled. right. exists p. rewrite Z.eqb_refl. auto. Qed.
Lemma unique_away : forall q, q <> p -> follows (Ends (vsome (VNum q))) [].
Proof. intros q Q. apply Z.eqb_neq in Q. here. apply settled. right. exists q. rewrite Q. auto. Qed.
Lemma unwound_none : forall pts, pts = [] -> follows Unwound pts.
Proof. intros pts ->. here. apply settled. reflexivity. Qed.

Lemma moving_out_follows : forall yes unwinds, (forall q, q <> p -> follows (yes q) []) -> (P = false -> follows unwinds [At (Building true) Idle]) ->
  follows (moving_out R p yes unwinds) [At (Building true) Idle].
Proof.
  intros yes unwinds Y U. unfold moving_out. here. split; [|intros E; apply settled; apply U, E]. intros q Q. specialize (Y q Q). apply Z.eqb_neq in Q.
  here. split; [strong_enough|]. intros i w S. exists ([] ++ [Task (Owner HandOut (bits w =? Z.lor 18446744072635809792 1))])%list. split.
  { eapply (reach_silent true _ _ _ []); [apply (to_abandon_looking HandOut); discriminate|]. apply (reach_last []). apply to_look_last. intros A. arith. }
  inside; [exact I|]. unfold freeing_old.
  destruct (bits w =? Z.lor 18446744072635809792 1) eqn:A; cbn [negb].
  - eapply mem; [apply (reach_last []), (to_take_alone HandOut) | | discriminate].
    here. rewrite Q. split; [|discriminate]. apply giving_up_away; [exact Q | |]; apply (freeing _ _ _ _ _ []); [exact Y | apply unwound_none; reflexivity].
  - eapply mem; [apply (reach_last []), (to_take_shared HandOut) | | discriminate].
    here. rewrite Q. split; [|discriminate]. apply giving_up_away; [exact Q | |]; apply release_follows; [exact Y | apply unwound_none; reflexivity].
Qed.

Lemma taken_follows : forall v, follows (taken R P p v) [At (Building true) Idle].
Proof.
  intros v. unfold taken. branch; [exact I|]. branch; [apply unique_here|].
  apply moving_out_follows; [exact unique_away|]. intros _. apply unique_dropping_follows; [exact D | apply unwound_none; reflexivity | intros _; exact I].
Qed.

Theorem arc_into_unique : forall n, follows (tree_of n (Arc_into_unique R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. rewrite into_unique_tree. pose proof taken_follows as TF. destruct R.
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (minus_strong w); destruct (Nat.eq_dec (strong w) 1);
    [| exists []; split; [adds|]; split; [plain; head to_drop_shared|split; [less|]]; unfold taken; not_the_last].
  - exists [At (Building true) Idle]. split; [adds|]. split; [|split; [less|left]].
    + eapply (spare [] _ []); [reflexivity | apply (to_drop_last w HandOut); [discriminate | assumption] | reflexivity | intros i; apply to_claim; discriminate].
    + branch; [exfalso; arith | apply TF].
  - exists [Task (LastDrop HandOut)]. split; [adds|]. split; [plain; head to_drop_last|split; [less|left]].
    branch; [exfalso; arith|]. here. split; [strong_enough|]. intros i w1 S1. exists [At (Building true) Idle].
    split; [head to_claim | apply TF].
Qed.

(** Of another allocation *)
Theorem into_unique_born : forall n x, x <> p -> born p Strong P a_unique none_left (tree_of n (Arc_into_unique R P) [VNum x]).
Proof.
  intros n x X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X). rewrite into_unique_tree.
  assert (T : forall v, born p Strong P a_unique none_left (taken R P x v)).
  { intros v. unfold taken. conditions; [exact I|]. conditions; [exact I|]. unfold moving_out. cbn [born]. split; [|split].
    - apply begins_empty. here. rewrite N. intros left. inside; [exact I|]. here. rewrite N. split; [|discriminate]. apply filling.
      apply giving_up_follows, freeing_old_away; [exact N | apply unique_here].
    - intros q Q left. conditions; [exact I|]. cbn [born]. split; [split; [|discriminate]|discriminate].
      apply giving_up_born; apply freeing_old_born; exact I.
    - intros _. unfold unique_dropping. destruct R, P; compute_born; repeat one_away N; exact I. }
  cbn [born]. intros v. conditions; [exact I|]. destruct R; [apply T | cbn [born]; exact T].
Qed.
End Follow.
