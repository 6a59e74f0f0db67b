(** * How a run of the text and the machine's agents go together

    A running call is at _points_: the agents of Model.v that it acts as.  [follows t pts]: for every access that the tree
    [t] offers at the points [pts], the machine has a step, to points at which the rest of [t] continues.  Where the text
    ends, the call leaves what it has to leave.  On the machine's words, [bits w], the text takes the branch of the
    machine's rule. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Model Word Syntax Lang Graph Own.
Import ListNotations.
Local Open Scope Z_scope.

(** ** Points *)

Inductive point :=
| At (k : kind) (l : place)      (** a token of a handle: the handle's only one, or one of several *)
| Held (n : nat)                 (** [n] strong handles kept together: [Model.Clones] *)
| Task (t : task).               (** no handle any more *)

(** The agent of a point; [ts] and [us] are the other tokens of the same handle. *)
Definition agent_of (ts us : list token) (pt : point) (V : view) : agent :=
  match pt with
  | At k l => Handle k (ts ++ Tok l V :: us)
  | Held n => Clones n V
  | Task t => Busy t V
  end.

(** The call's own token comes first.  All others are agents that it has made, and that no other thread uses yet. *)
Definition agents_of (ts us : list token) (pts : list point) (V : view) : list agent :=
  match pts with
  | [] => []
  | pt :: pts => agent_of ts us pt V :: map (fun pt => agent_of [] [] pt V) pts
  end.

(** ** Steps *)

Inductive event :=
| Reads (a : access) (i : nat) (w : word)              (** a load of [w], message [i] *)
| Misses (a : access) (i : nat) (expected w : word)    (** a compare-exchange that fails *)
| Changes (a : access) (w w' : word)                   (** a read-modify-write *)
| Touches (e : effect).                                (** the value or the memory, or nothing at all *)

(** The effects by which [x] can happen in the memory [m]. *)
Definition happens (m : memory) (V : view) (x : event) (e : effect) : Prop :=
  match x with
  | Reads a i w => exists g, content g = w /\ can_read m V i g /\ e = load code a i g
  | Misses a i c w => exists g, content g = w /\ can_read m V i g /\ e = miss code a i g /\
      (w = c -> may_fail_spuriously (code a) = true)
  | Changes a w w' => now m = w /\ e = rmw code a w'
  | Touches e' => e = e'
  end.

(** The machine has a rule that takes the agent of [pt] by [x] to the agents of [pts]. *)
Definition acts (only : bool) (pt : point) (x : event) (pts : list point) : Prop :=
  (only = false -> exists k l l' r, pt = At k l /\ pts = At k l' :: r) /\      (** the token stays, next to others of its handle *)
  forall ts us m V V' e, (only = true -> ts = [] /\ us = []) -> happens m V x e ->
    exists o, act code m V V' o (agent_of ts us pt V) e (agents_of ts us pts V').

(** One of the call's points acts, after silent steps ([end_exclusive], [abandon], ...; [silent] in Own.v). *)
Inductive reach_ {uninit} (only : bool) : list point -> event -> list point -> Prop :=
| reach_event : forall l pt r x new,
    acts (match l with [] => only | _ => true end) pt x new -> reach_ only (l ++ pt :: r) x (l ++ new ++ r)
| reach_after : forall l pt r e x new pts, silent uninit e ->
    acts (match l with [] => only | _ => true end) pt (Touches e) new ->
    reach_ only (l ++ new ++ r) x pts -> reach_ only (l ++ pt :: r) x pts.
Arguments reach_ : clear implicits.

Inductive settles (only : bool) (Q : list point -> Prop) : list point -> Prop :=
| settled : forall pts, Q pts -> settles only Q pts
| settle_silent : forall l pt r new,
    acts (match l with [] => only | _ => true end) pt (Touches Nothing) new ->
    settles only Q (l ++ new ++ r) -> settles only Q (l ++ pt :: r).

(** ** What is known of the word *)

(** The counts are within their fields, with 2^23 - 1 threads past the limit at most. *)
Definition sane (w : word) : Prop := Z.of_nat (strong w) <= 2 ^ 34 - 1024 /\ Z.of_nat (weak w) < 2 ^ 30 - 1.

Lemma sane_within : forall w, sane w -> within w.
Proof. unfold sane, within. intros w [A B]. lia. Qed.

(** The word counts the handles of the point, *)
Definition counted (w : word) (pt : point) : Prop :=
  match pt with
  | At Strong (Exclusive | Empty) => w = UNIQUE
  | At Strong (Past s v) => (S s <= strong w /\ S v <= weak w)%nat
  | At Strong _ => (1 <= strong w /\ 1 <= weak w)%nat
  | At (Building _) (Past s v) => (strong w = 0 /\ S v <= weak w)%nat
  | At (Building _) _ => (strong w = 0 /\ 1 <= weak w)%nat
  | At _ (Past _ v) => (S v <= weak w)%nat
  | At _ _ => (1 <= weak w)%nat
  | Held n => (n <= strong w /\ 1 <= weak w)%nat
  | Task (LastDrop _ | Owner _ _ | Releasing) => (1 <= weak w)%nat
  | Task _ => True
  end.

(** and the strong handles of all points together. *)
Definition strongs_at (pt : point) : nat := match pt with At Strong _ => 1 | Held n => n | _ => 0 end.
Definition all_counted (w : word) (pts : list point) : Prop :=
  Forall (counted w) pts /\ (list_sum (map strongs_at pts) <= strong w)%nat.

(** An addition leaves the count at or below the limit, or the call is aborting from now on; a strong handle that it has added then,
    up to 1,024 of them, its token remembers. *)
Definition limited (a : access) (w w' : word) (pts : list point) (t : tree) : Prop :=
  (takes_back a = false /\ aborting t /\ (strong w' <= strong w + 1024 /\ weak w' <= S (weak w))%nat
     /\ exists s v, In (At Strong (Past s v)) pts)
  \/ (takes_back a = false /\ aborting t /\ (strong w' <= strong w /\ weak w' <= S (weak w))%nat)
  \/ (((strong w' <= strong w)%nat \/ Z.of_nat (strong w') <= 2 ^ 33) /\ ((weak w' <= weak w)%nat \/ Z.of_nat (weak w') <= 2 ^ 29)).

Definition effect_of (o : memop) : effect :=
  match o with
  | MRead => ReadValue | MWrite => WriteValue | MInit => InitValue | MDrop => DropValue | MMove => MoveValue | MFree => FreeMemory
  end.

(** After a release past the limit that looked like the last one.  Some strong handle is left (that of the thread that has
    passed the limit), so the run aborts, without a further access or after one more load. *)
Definition doomed (p : Z) (t : tree) : Prop :=
  match t with
  | Aborted => True
  | TLoad a o q k => q = p /\ forall w, sane w -> strong w <> 0%nat -> k (bits w) = Aborted
  | _ => False
  end.

(** What a read-modify-write leaves in the word.  (Whether that is within the fields, the number of threads says.) *)
Definition results (w : word) (z : Z) : Prop := (Z.of_nat (strong w) <= 2 ^ 34 /\ Z.of_nat (weak w) < 2 ^ 30) /\ bits w = z.

Section Follows.
Variable uninit : bool.                (** the handle is one of a MaybeUninit: its last drop does not touch the value *)
Variable p : Z.                        (** the handle's pointer; accesses to other allocations are not this machine's *)
Variable k0 : kind.                    (** of the handle that the client's code may borrow in the middle of the call *)
Variable aborts : bool.                (** panics abort: nothing unwinds *)
Variable only : bool.                  (** the call has the handle to itself: [self], [&mut self] *)
Variable post : val -> list point -> Prop.
Variable unwound : list point -> Prop.

(** An acquiring read-modify-write may include the load after it, which would read the word just written. *)
Inductive reach_rmw (o : ordering) (a : access) (w w' : word) : list point -> list point -> Prop :=
| reach_plain : forall pts pts', reach_ uninit only pts (Changes a w w') pts' -> reach_rmw o a w w' pts pts'
| reach_rmw_after : forall l pt r e new pts', silent uninit e ->
    acts (match l with [] => only | _ => true end) pt (Touches e) new ->
    reach_rmw o a w w' (l ++ new ++ r) pts' -> reach_rmw o a w w' (l ++ pt :: r) pts'
| reach_spared : forall l pt r new pt1 a' new', only = true -> acquires o = true ->
    acts true pt (Changes a w w') (new ++ [pt1]) -> (forall i, acts true pt1 (Reads a' i w') new') ->
    reach_rmw o a w w' (l ++ pt :: r) (l ++ (new ++ new') ++ r).

Fixpoint follows_ (t : tree) (pts : list point) {struct t} : Prop :=
  match t with
  | Ends v => settles only (post v) pts
  | Unwound => settles only unwound pts
  | Aborted | More => True
  | Stuck => False
  | TLoad a o q k =>
      if q =? p then
        stronger (order (code a)) o /\
        forall i w, sane w -> exists pts', reach_ uninit only pts (Reads a i w) pts' /\ follows_ (k (bits w)) pts'
      else forall v, follows_ (k v) pts
  | TFetch a o q d k =>
      if q =? p then
        stronger (order (code a)) o /\
        forall w, sane w -> all_counted w pts ->
          exists w' pts', results w' (wrapping_add (bits w) d) /\ reach_rmw o a w w' pts pts' /\ limited a w w' pts' (k (bits w))
            /\ (follows_ (k (bits w)) pts' \/ (2 ^ 33 < Z.of_nat (strong w) /\ doomed p (k (bits w))))
      else forall v, follows_ (k v) pts
  | TCas a spurious o f q expected new yes no =>
      if q =? p then
        stronger (order (code a)) o /\ stronger (failure_order (code a)) f /\ spurious = may_fail_spuriously (code a) /\
        (forall w, sane w -> all_counted w pts -> bits w = expected ->
          exists w' pts', results w' new /\ reach_rmw o a w w' pts pts' /\ limited a w w' pts' yes /\ follows_ yes pts') /\
        (forall i w, sane w -> (bits w = expected -> spurious = true) ->
          exists c pts', sane c /\ bits c = expected /\ reach_ uninit only pts (Misses a i c w) pts' /\ follows_ (no (bits w)) pts')
      else follows_ yes pts /\ forall v, follows_ (no v) pts
  | TAllocate _ k unwinds => (forall q, q <> p -> follows_ (k q) pts) /\ (aborts = false -> settles only (follows_ unwinds) pts)
  | TMem o q k unwinds =>
      if q =? p then exists pts', reach_ uninit only pts (Touches (effect_of o)) pts' /\ follows_ k pts' /\ (o = MDrop -> aborts = false -> follows_ unwinds pts')
      else follows_ k pts /\ (o = MDrop -> aborts = false -> follows_ unwinds pts)
  | TUser what borrows k unwinds =>
      (In (VNum p) borrows -> pts = [At k0 Idle]) /\
      (forall v, answers what v -> follows_ (k v) pts) /\ (aborts = false -> settles only (follows_ unwinds) pts)
  end.
End Follows.
Arguments reach_plain {uninit}.
Arguments reach_spared {uninit}.

(** The drop of a value is an event, except where a file says otherwise (UninitCalls.v). *)
Notation reach := (reach_ false).
Notation follows := (follows_ false).
