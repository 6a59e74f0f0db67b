(** * A Weak without an allocation touches none

    The theorems about the shipped text are of a handle's pointer that is not [DANGLING].  Here: with that pointer, which
    [Weak::new] makes, each operation of a Weak returns without an access to anything; and what it returns. *)

From Coq Require Import List ZArith.
From ProvenArc Require Import Syntax Lang Code Play Word.
Import ListNotations.

Definition weak_operations : list called :=
  [Weak_clone_; Weak_upgrade_; Weak_strong_count_; Weak_weak_count_; Weak_as_ptr_; Weak_into_strong_; Weak_into_raw_; Weak_from_raw_;
   Weak_release_; Weak_drop_].


(** No upgrade, no count, nothing to free; otherwise the Weak itself. *)
Definition dangling_returns (o : called) : val :=
  match o with
  | Weak_upgrade_ => vnone
  | Weak_into_strong_ => verr (VNum DANGLING)
  | Weak_strong_count_ | Weak_weak_count_ => VNum 0
  | Weak_release_ => VBool false
  | Weak_drop_ => vunit
  | _ => VNum DANGLING
  end.

Theorem dangling_touches_nothing : forall n R P o, In o weak_operations ->
  tree_of n (text R P o) [VNum DANGLING] = Ends (dangling_returns o).
Proof. intros n R P o I. repeat (destruct I as [<-|I]; [reflexivity|]). destruct I. Qed.
