(** * A Weak without an allocation touches none

    The theorems about the shipped text are of a handle's pointer that is not [DANGLING].  Here: with that pointer, which
    [Weak::new] makes, each operation of a Weak ends without an access to anything. *)

From Coq Require Import List ZArith String.
From ProvenArc Require Import Syntax Lang Code Play Shipped.
Import ListNotations.
Local Open Scope Z_scope.

(** What each operation returns. *)
Theorem dangling_touches_nothing : forall n R P,
  tree_of n (text R P Weak_clone_) [VNum DANGLING] = Ends (VNum DANGLING)
  /\ tree_of n (text R P Weak_upgrade_) [VNum DANGLING] = Ends vnone
  /\ tree_of n (text R P Weak_strong_count_) [VNum DANGLING] = Ends (VNum 0)
  /\ tree_of n (text R P Weak_weak_count_) [VNum DANGLING] = Ends (VNum 0)
  /\ tree_of n (text R P Weak_as_ptr_) [VNum DANGLING] = Ends (VNum DANGLING)
  /\ tree_of n (text R P Weak_into_strong_) [VNum DANGLING] = Ends (verr (VNum DANGLING))
  /\ tree_of n (text R P Weak_into_raw_) [VNum DANGLING] = Ends (VNum DANGLING)
  /\ tree_of n (text R P Weak_from_raw_) [VNum DANGLING] = Ends (VNum DANGLING)
  /\ tree_of n (text R P Weak_release_) [VNum DANGLING] = Ends (VBool false)
  /\ tree_of n (text R P Weak_drop_) [VNum DANGLING] = Ends vunit.
Proof. repeat split. Qed.
