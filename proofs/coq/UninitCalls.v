(** * The handles of a MaybeUninit: what their drops do

    A [MaybeUninit] has no destructor, so these drops do not touch the value.  The machine has no such step for a handle whose place has a
    value; their texts are pinned here: the release, the look, and then the implicit weak and the free. *)

From Coq Require Import List ZArith Bool String.
From ProvenArc Require Import Accesses Syntax Lang Code Word Tails UniqueCalls.
Import ListNotations.
Local Open Scope Z_scope.

Ltac pinned D :=
  cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb Z.pow]; rewrite ?D; reflexivity.

(** After [take_value] has found [left]: it aborts if there are strong handles; otherwise the implicit weak is released, or the memory
    freed if no Weak is left. *)
Definition taking (R : bool) (p left : Z) : tree :=
  if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
  else if negb (left =? Z.lor 18446744072635809792 1) then release R p (Ends vunit) else TMem MFree p (Ends vunit) Stuck.

Theorem unique_drop_uninit : forall R P p n, (p =? 18446744073709551615) = false ->
  tree_of n (UniqueArc_drop_uninit R P) [VNum p] = TLoad Access.take_value Acquire p (taking R p).
Proof. intros R P p n D. unfold taking, release. destruct R, P; pinned D. Qed.

Theorem arc_drop_uninit : forall R P p n, (p =? 18446744073709551615) = false -> tree_of n (Arc_drop_uninit R P) [VNum p] =
  TFetch Access.release_strong (if R then AcqRel else Release) p 18446744072635809792 (fun v =>
    if 1073741824 <=? signed v then Ends vunit
    else if R then taking R p (wrap (wrap (v - 0) - 1073741824)) else TLoad Access.take_value Acquire p (taking R p)).
Proof. intros R P p n D. unfold taking, release. destruct R, P; pinned D. Qed.
