(** * The terms in which the theorems are stated *)

From Coq Require Import List Arith.
From ProvenArc Require Import Accesses Model.
Import ListNotations.

#[global] Arguments Nat.min : simpl never.

(** ** Counting *)

Fixpoint sum (f : agent -> nat) (l : list agent) : nat :=
  match l with [] => 0 | a :: l => f a + sum f l end.

(** strong handles *)
Definition strongs (a : agent) : nat := match a with Handle Strong _ => 1 | _ => 0 end.
(** weak handles *)
Definition weaks (a : agent) : nat := match a with Handle Weak _ => 1 | _ => 0 end.
(** agents that own the implicit weak alone *)
Definition owners (a : agent) : nat :=
  match a with
  | Handle (Building _) _ | Busy (LastDrop _) _ | Busy (Owner _ _) _ | Busy Releasing _ => 1
  | _ => 0
  end.
(** of these, the ones that own the value, *)
Definition takers (a : agent) : nat :=
  match a with
  | Handle (Building true) _ | Busy (LastDrop _) _ | Busy (Owner _ _) _ => 1
  | _ => 0
  end.
(** and the ones that have still to make it *)
Definition makers (a : agent) : nat := match a with Handle (Building false) _ => 1 | _ => 0 end.

(** ** Kinds of run *)

(** A run in which no Arc goes by a drop or by into_weak, and no UniqueArc by a drop. *)
Definition hands_out (o : op) : Prop :=
  match o with ODrop Destroy | OIntoWeak | OAbandon Destroy => False | _ => True end.

(** No upgrade and no into_strong succeeds. *)
Definition no_upgrade (o : op) : Prop := o <> OUpgraded.

(** ** Steps to go *)

(** How many steps a task has at most to go: [take_value], the value, [release_weak], [release_weak_last], the free. *)
Definition task_steps (t : task) : nat :=
  match t with LastDrop _ => 5 | Owner _ _ => 4 | Releasing => 3 | LastWeak => 2 | Freeing => 1 end.

Definition steps_to_go (a : agent) : nat := match a with Handle _ _ => 0 | Busy t _ => task_steps t end.

(** How many tokens of a handle are in a loop, between the look and the compare-exchange. *)
Definition in_loop (l : place) : nat := match l with Upgrading _ _ | IntoStrong _ _ | Stealing _ _ => 1 | _ => 0 end.
Fixpoint loops_in (ts : list token) : nat := match ts with [] => 0 | t :: ts => in_loop (at_place t) + loops_in ts end.
Definition loops (a : agent) : nat := match a with Handle _ ts => loops_in ts | Busy _ _ => 0 end.

(** The operations that loop: one look, and a compare-exchange that may send them round. *)
Definition looping (o : op) : Prop := match o with OUpgrade | OIntoStrong | OUpgraded | OSteal => True | _ => False end.

