(** * The terms of the theorems

    How many handles, owners and tokens a list of agents has, and kinds of run.  Nothing is proved here. *)

From Coq Require Import List Arith.
From ProvenArc Require Import Accesses Model.
Import ListNotations.

#[global] Arguments Nat.min : simpl never.

(** ** Counting *)

Fixpoint sum (f : agent -> nat) (l : list agent) : nat :=
  match l with [] => 0 | a :: l => f a + sum f l end.

(** over the places of a handle's tokens *)
Fixpoint tally (f : place -> nat) (ts : list token) : nat :=
  match ts with [] => 0 | t :: ts => f (at_place t) + tally f ts end.

(** handles that were added past a limit, and not yet taken back *)
Definition past_strongs (l : place) : nat := match l with Past s _ => s | _ => 0 end.
Definition past_weaks (l : place) : nat := match l with Past _ w => w | _ => 0 end.
(** tokens whose thread never returns *)
Definition is_past (l : place) : nat := match l with Past _ _ => 1 | _ => 0 end.
Definition is_empty (l : place) : nat := match l with Empty => 1 | _ => 0 end.

(** strong handles, *)
Definition strongs (a : agent) : nat :=
  match a with Handle Strong ts => S (tally past_strongs ts) | Clones n _ => n | _ => 0 end.
(** and weak ones; both counts include those that are not yet taken back *)
Definition weaks (a : agent) : nat :=
  match a with Handle Weak ts => S (tally past_weaks ts) | Handle _ ts => tally past_weaks ts | _ => 0 end.
(** strong handles without a value *)
Definition holes (a : agent) : nat := match a with Handle Strong ts => tally is_empty ts | _ => 0 end.
(** tokens that have passed a limit *)
Definition stuck (a : agent) : nat := match a with Handle _ ts => tally is_past ts | _ => 0 end.
(** agents that own the implicit weak alone *)
Definition owners (a : agent) : nat :=
  match a with
  | Handle (Building _) _ | Busy (LastDrop _) _ | Busy (Owner _ _) _ | Busy Releasing _ => 1
  | _ => 0
  end.
(** of these, the ones that own the value, *)
Definition takers (a : agent) : nat :=
  match a with
  | Busy (LastDrop Vacant) _ | Busy (Owner Vacant _) _ => 0
  | Handle (Building true) _ | Busy (LastDrop _) _ | Busy (Owner _ _) _ => 1
  | _ => 0
  end.
(** and the ones that have not made it yet *)
Definition makers (a : agent) : nat := match a with Handle (Building false) _ => 1 | _ => 0 end.

(** ** Kinds of run *)

(** A run in which no drop or into_weak takes an Arc, and no drop takes a UniqueArc. *)
Definition hands_out (o : op) : Prop :=
  match o with ODrop Destroy | OIntoWeak | OAbandon Destroy => False | _ => True end.

(** No value is moved out of a handle that stays, to be replaced by another one (try_map). *)
Definition no_map (o : op) : Prop := match o with OMoveOut => False | _ => True end.

(** No upgrade and no into_strong succeeds. *)
Definition no_upgrade (o : op) : Prop := o <> OUpgraded.

(** ** Steps to go *)

(** The maximal number of steps of a task: [take_value], the value, [release_weak], [release_weak_last], the free. *)
Definition task_steps (t : task) : nat :=
  match t with LastDrop _ => 5 | Owner _ _ => 4 | Releasing => 3 | LastWeak => 2 | Freeing => 1 end.

Definition steps_to_go (a : agent) : nat := match a with Busy t _ => task_steps t | _ => 0 end.

(** How many tokens of a handle are in a loop, between the look and the compare-exchange. *)
Definition in_loop (l : place) : nat := match l with Upgrading _ _ | IntoStrong _ _ | Stealing _ _ => 1 | _ => 0 end.
Definition loops (a : agent) : nat := match a with Handle _ ts => tally in_loop ts | _ => 0 end.

(** The operations that loop: one look, and a compare-exchange after which they may repeat. *)
Definition looping (o : op) : Prop := match o with OUpgrade | OIntoStrong | OUpgraded | OSteal => True | _ => False end.

