(** * The invariant

    What holds of every reachable state of the machine with the crate's table: of each token, of each agent, and of the state as a whole.
    Safety.v proves that it holds, from what Preservation.v proves of each effect and Steps.v of each step. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model.
From ProvenArc Require Export Terms.
Import ListNotations.

(** ** Events that agents know *)

Definition token_events (ts : list token) : list nat := flat_map (fun t => known (sight t)) ts.
Definition events (a : agent) : list nat :=
  match a with Handle _ ts => token_events ts | Clones _ V | Busy _ V => known V end.
(** the same, only for agents that may use the value *)
Definition holder_events (a : agent) : list nat :=
  match a with Handle Weak _ | Busy Releasing _ => [] | _ => events a end.

(** ** One token *)

Definition place_ok (m : memory) (V : view) (l : place) : Prop :=
  match l with
  | Idle | Exclusive | Empty | Past _ _ => True
  | Upgrading i c | IntoStrong i c =>
      i <= oldest V /\ strong c <> 0 /\ exists g, message_at m i = Some g /\ content g = c
  | Stealing i c =>
      i <= oldest V /\ strong c = 1 /\ exists g, message_at m i = Some g /\ content g = c
  end.

Definition fits (k : kind) (l : place) : bool :=
  match k, l with
  | _, Idle => true
  | Strong, Stealing _ _ | Strong, Exclusive | Strong, Empty | Strong, Past _ _ | _, Past 0 _ => true
  | Weak, Upgrading _ _ | Weak, IntoStrong _ _ | Building _, Upgrading _ _ => true
  | _, _ => false
  end.

(** places at which the handle has no other token *)
Definition lone (l : place) : bool :=
  match l with Stealing _ _ | Exclusive | Empty | IntoStrong _ _ => true | _ => false end.

(** places at which there is no other agent *)
Definition alone_at (l : place) : bool := match l with Exclusive | Empty => true | _ => false end.

Definition token_ok (m : memory) (k : kind) (t : token) : Prop :=
  let V := sight t in
  oldest V <= last m /\ In 0 (known V) /\ place_ok m V (at_place t) /\ fits k (at_place t) = true /\
  match k with
  | Strong =>
      (** every write of the value is known; an exclusive token has the only handle, and knows everything *)
      incl (writes m) (known V)
      /\ (alone_at (at_place t) = true -> now m = UNIQUE /\ forall x, x < clock m -> In x (known V))
  | Weak =>
      (** while an upgrade can succeed, every write is known or released *)
      1 <= strong (now m) -> forall x, In x (writes m) -> In x (released (newest m) ++ known V)
  | Building _ =>
      incl (writes m) (known V) /\ forall i g, can_read m V i g -> strong (content g) = 0
  end.

(** ** One agent *)

(** No stale "alone": only the newest message can have such a word, among those that this handle may read. *)
Definition tells_alone (k : kind) (w : word) : Prop :=
  match k with Strong => w = UNIQUE | Weak => False | Building _ => weak w = 1 end.

Definition handle_ok (m : memory) (k : kind) (ts : list token) : Prop :=
  ts <> [] /\
  (length ts = 1 \/ forall t, In t ts -> lone (at_place t) = false) /\
  (forall t, In t ts -> token_ok m k t) /\
  (forall i g, i < last m -> message_at m i = Some g -> tells_alone k (content g) ->
     exists t, In t ts /\ i < oldest (sight t)) /\
  match k with
  | Building _ => forall x, In x (reads m) -> exists t, In t ts /\ In x (known (sight t))
  | Strong =>
      (** a strong handle reads no message older than itself, so the message counts a strong handle *)
      forall t i g, In t ts -> can_read m (sight t) i g -> 1 <= strong (content g)
  | Weak => True
  end.

Definition value_event (m : memory) (x : nat) : Prop := In x (writes m) \/ In x (reads m).

Definition task_ok (m : memory) (t : task) (V : view) : Prop :=
  oldest V <= last m /\ In 0 (known V) /\
  match t with
  | LastDrop _ =>
      forall i g, can_read m V i g ->
        strong (content g) = 0 /\ (i < last m -> weak (content g) <> 1)
        /\ forall x, value_event m x -> In x (released g ++ known V)
  | Owner _ alone =>
      (forall x, value_event m x -> In x (known V))
      /\ (alone = true -> weak (now m) = 1 /\ forall x, x < clock m -> In x (known V))
  | Releasing => True
  | LastWeak | Freeing => False
  end.

Definition agent_ok (m : memory) (a : agent) : Prop :=
  match a with
  | Handle k ts => handle_ok m k ts
  | Clones n V => 1 <= n /\ handle_ok m Strong [Tok Idle V]
  | Busy t V => task_ok m t V
  end.

(** ** The state: while some handle, or the implicit weak, is counted; *)

Record live (m : memory) (ags : list agent) : Prop := {
  l_strong : strong (now m) = sum strongs ags;
  l_weak : weak (now m) = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags);
  l_one : sum owners ags + Nat.min 1 (sum strongs ags) <= 1;
  l_pos : 1 <= weak (now m);
  (** nothing is forgotten: each event is released in the newest message, or some agent knows it *)
  l_known : forall x, x < clock m -> In x (released (newest m) ++ flat_map events ags);
  l_value_known : present m = true -> forall x, value_event m x ->
    In x (released (newest m) ++ flat_map holder_events ags);
  l_agents : forall a, In a ags -> agent_ok m a;
  l_present : Nat.b2n (present m) + sum holes ags = Nat.min 1 (sum strongs ags + sum takers ags);
  l_frees : frees m = 0;
  l_once : drops m + moves m + Nat.b2n (present m) = inits m;
  l_drops : drops m + Nat.min 1 (sum strongs ags + sum takers ags + sum makers ags) <= 1;
  l_clock : forall x, value_event m x -> x < clock m
}.

(** while one agent is about to free the memory; *)
Record ending (m : memory) (ags : list agent) : Prop := {
  e_agents : exists V, In 0 (known V) /\
    ((ags = [Busy LastWeak V] /\ oldest V = last m /\ now m = Word 0 0
       /\ forall x, x < clock m -> In x (released (newest m) ++ known V))
     \/ (ags = [Busy Freeing V] /\ oldest V <= last m /\ forall x, x < clock m -> In x (known V)));
  e_frees : frees m = 0;
  e_present : present m = false;
  e_once : drops m + moves m = inits m;
  e_drops : drops m <= 1
}.

(** and after the free. *)
Record ended (m : memory) (ags : list agent) : Prop := {
  f_agents : ags = [];
  f_frees : frees m = 1;
  f_present : present m = false;
  f_once : drops m + moves m = inits m;
  f_drops : drops m <= 1
}.

Definition invariant (s : state) : Prop :=
  live (mem s) (agents s) \/ ending (mem s) (agents s) \/ ended (mem s) (agents s).
