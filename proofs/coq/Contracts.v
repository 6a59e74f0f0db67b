(** * The operations of Play.v follow the machine

    For each of them: its text, called as its signature says, is steps of Model.v, and at the end there are the handles that are in
    the value returned; if it makes the allocation, from there on.  These are the theorems of the other files, put together. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails SharedCalls OwnCalls CloneCalls Play Born.
Import ListNotations.
Local Open Scope Z_scope.

(** ** What a client has, in the machine *)

Definition point_of (x : thing) : point :=
  match x with
  | AHandle k => At k Idle
  | AMutable => At Strong Exclusive
  | AClones n => Held (Z.to_nat n)
  | AMemory => Task Freeing
  end.
Definition is_kept (x : thing) : Prop := match x with AClones _ | AMemory => True | _ => False end.
Definition sound (x : thing) : Prop := match x with AClones n => 1 <= n < 2 ^ 33 | _ => True end.

Section Contracts.
Variable R P : bool.
Variable p : Z.
Hypothesis not_dangling : (p =? 18446744073709551615) = false.

Definition post_owning (o : called) (v : val) (pts : list point) : Prop :=
  pts = map point_of (has p (returns o) v) /\ Forall sound (has p (returns o) v).
Definition post_shared (o : called) (k : kind) (v : val) (pts : list point) : Prop :=
  pts = At k Idle :: map point_of (has p (returns o) v) /\ Forall sound (has p (returns o) v).

Lemma shared_follows : forall o k n args, shared o k -> besides o args ->
  follows p k P false (post_shared o k) (fun _ => False) (tree_of n (text R P o) (VNum p :: args)) [At k Idle].
Admitted.

Lemma owning_follows : forall o z n args, owning o z -> sound z -> besides o args ->
  follows p (lent o) P true (post_owning o) (fun pts => pts = []) (run_of R P n o (self_of p z :: args)) [point_of z].
Admitted.

Lemma allocating_born : forall o n args, allocating p o args ->
  born p (lent o) P (post_owning o) (fun pts => pts = []) (run_of R P n o args).
Admitted.
End Contracts.
