(** * Relations over a finite set of events, and that they can be decided

    They are written as in the textbook: [R ;; S] is [seq], [R ?] is [opt], [R ^+] is [plus], [R ^*] is [star], and [[P]] is [on P].  Each
    of them can be decided on a finite set [E], so the proof needs no excluded middle. *)

From Coq Require Import List Arith Bool Lia.
Import ListNotations.

Definition rel := nat -> nat -> Prop.

Section Relations.
Variable E : list nat.

Definition union (R S : rel) : rel := fun x y => R x y \/ S x y.
Definition opt (R : rel) : rel := fun x y => x = y \/ R x y.
Definition on (P : nat -> bool) : rel := fun x y => x = y /\ P x = true.
Definition inverse (R : rel) : rel := fun x y => R y x.
Definition seq (R S : rel) : rel := fun x y => exists z, In z E /\ R x z /\ S z y.

Inductive plus (R : rel) : rel :=
| plus_one : forall x y, R x y -> plus R x y
| plus_more : forall x z y, R x z -> In z E -> plus R z y -> plus R x y.

Definition star (R : rel) : rel := opt (plus R).

Lemma plus_trans : forall R x z y, plus R x z -> In z E -> plus R z y -> plus R x y.
Proof.
  intros R x z y H. induction H as [x z H|x w z H I P IH]; intros J K.
  - eapply plus_more; eassumption.
  - eapply plus_more; [exact H | exact I | apply IH; assumption].
Qed.

Definition dec (R : rel) : Type := forall x y, {R x y} + {~ R x y}.

Lemma bool_dec : forall f : nat -> nat -> bool, dec (fun x y => f x y = true).
Proof. intros f x y. apply Bool.bool_dec. Defined.

Lemma union_dec : forall R S, dec R -> dec S -> dec (union R S).
Proof. intros R S D1 D2 x y. destruct (D1 x y), (D2 x y); [left; left | left; left | left; right | right; intros [|]]; assumption || contradiction. Defined.

Lemma opt_dec : forall R, dec R -> dec (opt R).
Proof. intros R D x y. destruct (Nat.eq_dec x y), (D x y); [left; left | left; left | left; right | right; intros [|]]; assumption || contradiction. Defined.

Lemma on_dec : forall P, dec (on P).
Proof. intros P x y. destruct (Nat.eq_dec x y), (P x) eqn:Q; [left; split | right; intros [_ A] | right; intros [A _] | right; intros [A _]]; assumption || congruence. Defined.


Lemma seq_dec : forall R S, dec R -> dec S -> dec (seq R S).
Proof.
  intros R S D1 D2 x y.
  destruct (existsb (fun z => if D1 x z then if D2 z y then true else false else false) E) eqn:Q.
  - left. apply existsb_exists in Q. destruct Q as (z & I & Q). exists z.
    destruct (D1 x z); [destruct (D2 z y); [auto | discriminate] | discriminate].
  - right. intros (z & I & A & B). assert (existsb (fun z => if D1 x z then if D2 z y then true else false else false) E = true); [|congruence].
    apply existsb_exists. exists z. split; [exact I|]. destruct (D1 x z); [destruct (D2 z y); [reflexivity | contradiction] | contradiction].
Defined.

(** The closure, computed by allowing one more event in between at a time (Warshall). *)
Section Closure.
Variable R : rel.
Variable D : dec R.

Definition edge (x y : nat) : bool := if D x y then true else false.

Fixpoint reach (l : list nat) (x y : nat) : bool :=
  match l with [] => edge x y | z :: l => reach l x y || (reach l x z && reach l z y) end.

Lemma reach_edge : forall l x y, R x y -> reach l x y = true.
Proof.
  induction l as [|z l IH]; simpl; intros x y H.
  - unfold edge. destruct (D x y); [reflexivity | contradiction].
  - rewrite IH by exact H. reflexivity.
Qed.

Lemma reach_step : forall l x w y, R x w -> In w l -> reach l w y = true -> reach l x y = true.
Proof.
  induction l as [|z l IH]; simpl; intros x w y H I Q; [destruct I|].
  apply orb_true_iff in Q. rewrite orb_true_iff, andb_true_iff. destruct I as [->|I].
  - right. split; [apply reach_edge; exact H|]. destruct Q as [Q|Q]; [exact Q | apply andb_true_iff in Q; apply Q].
  - destruct Q as [Q|Q]; [left; eapply IH; eassumption|]. apply andb_true_iff in Q. right. split; [eapply IH; [exact H | exact I | apply Q] | apply Q].
Qed.

Lemma reach_sound : forall l, incl l E -> forall x y, reach l x y = true -> plus R x y.
Proof.
  induction l as [|z l IH]; simpl; intros S x y Q.
  - apply plus_one. unfold edge in Q. destruct (D x y); [assumption | discriminate].
  - assert (S' : incl l E) by (intros w I; apply S; right; exact I).
    apply orb_true_iff in Q. destruct Q as [Q|Q]; [apply IH; assumption|]. apply andb_true_iff in Q.
    apply plus_trans with z; [apply IH; [exact S' | apply Q] | apply S; left; reflexivity | apply IH; [exact S' | apply Q]].
Qed.

Lemma plus_dec : dec (plus R).
Proof.
  intros x y. destruct (reach E x y) eqn:Q.
  - left. eapply reach_sound; [apply incl_refl | exact Q].
  - right. intros H. assert (reach E x y = true); [|congruence]. clear Q.
    induction H; [apply reach_edge; assumption | eapply reach_step; eassumption].
Defined.
End Closure.

Lemma star_dec : forall R, dec R -> dec (star R).
Proof. intros R D. apply opt_dec, plus_dec, D. Defined.

End Relations.
