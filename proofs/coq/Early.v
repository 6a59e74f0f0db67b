(** * Within the limits, no addition aborts

    Points.v allows a call to abort past a limit.  Here: below the limits the text of each addition goes on, for each word that its
    access may read.  The strong count may grow to 2^33, the weak count (the implicit one included) to 2^29. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Word Points Tails SharedCalls.
Import ListNotations.
Local Open Scope Z_scope.

(** The rest of the call after its first access has read [v]. *)
Definition after (t : tree) (v : Z) : tree :=
  match t with TLoad _ _ _ k | TFetch _ _ _ _ k => k v | _ => Stuck end.

(** There is a strong handle, and one more fits; and one more Weak fits. *)
Definition room_for_strong (v : Z) : Prop := 0 <= v < 2 ^ 63 - 2 ^ 30.
Definition room_for_weak (v : Z) : Prop := v mod 2 ^ 30 < 2 ^ 29.

Ltac text := compute_goal; unfold signed; constants.
(** The rest is arithmetic. *)
Ltac powers := change (2 ^ 63) with 9223372036854775808 in *; change (2 ^ 30) with 1073741824 in *; change (2 ^ 29) with 536870912 in *.
Ltac no_wrap := unfold wrap; change M with 18446744073709551616; rewrite Z.mod_small by lia.
Ltac not_dangling H := rewrite (proj2 (Z.eqb_neq _ _) H).

Theorem clone_goes_on : forall n p v, room_for_strong v -> after (tree_of n Arc_clone [VNum p]) v = Ends (VNum p).
Proof.
  unfold room_for_strong, after. intros n p v H. text. powers. no_wrap.
  destruct (Z.ltb_spec (v + 1073741824) 9223372036854775808); [|lia]. destruct (Z.ltb_spec (v + 1073741824) 0); [lia|reflexivity].
Qed.

Theorem downgrade_goes_on : forall n p v, room_for_weak v -> after (tree_of n Arc_downgrade [VNum p]) v = Ends (VNum p).
Proof.
  unfold room_for_weak, after. intros n p v H. text. powers. destruct (Z.leb_spec 536870912 (v mod 1073741824)); [lia|reflexivity].
Qed.

Theorem weak_clone_goes_on : forall n p v, p <> DANGLING -> room_for_weak v ->
  after (tree_of n Weak_clone [VNum p]) v = Ends (VNum p).
Proof.
  unfold room_for_weak, after. intros n p v N H. text. powers. not_dangling N.
  destruct (Z.leb_spec 536870912 (v mod 1073741824)); [lia|reflexivity].
Qed.

Theorem upgrade_goes_on : forall n p v, p <> DANGLING -> room_for_strong v -> exists no,
  after (tree_of (S n) Weak_upgrade [VNum p]) v
  = TCas Access.upgrade true Acquire Relaxed p v (v + 2 ^ 30) (Ends (VCon "Some" [("0"%string, VNum p)])) no.
Proof.
  unfold room_for_strong, after. intros n p v N H. text. cbn [rounds]. text. powers. not_dangling N.
  destruct (Z.leb_spec 9223372035781033984 v); [lia|]. no_wrap. eexists. reflexivity.
Qed.

(** (Other strong handles are left: the last one releases the value instead.) *)
Theorem into_weak_goes_on : forall R P n p v, 2 ^ 30 < v < 2 ^ 63 -> room_for_weak v ->
  after (tree_of n (Arc_into_weak R P) [VNum p]) v = Ends (VNum p).
Proof.
  unfold room_for_weak, after. intros R P n p v H W. destruct R, P; text; powers;
    (destruct (Z.leb_spec 536870912 (v mod 1073741824)); [lia|];
     destruct (Z.ltb_spec v 9223372036854775808); [|lia]; destruct (Z.leb_spec 1073741824 v); [reflexivity|lia]).
Qed.
