(** * A client of the crate, in an execution of C11

    What a client is, said of an execution of RC11.v and of nothing else: the calls run the text of Code.v, each on the 64 bits that
    its own events read and write, in program order; and the handles are used as Rust's types allow, by happens-before.  No machine,
    no order of telling, no counts.  ClientPlay.v proves that this is a client of Play.v, whose signatures of the operations are used
    here.

    The handles of one allocation are a family tree.  It begins with the call that allocates.  A handle is born by the call that returns
    it, and has a _life_: uses through [&self], in any order and in any threads, each after the birth; and an end, if there is
    one: a call through [self] or [&mut self], after the birth and after all of the uses.  What that call returns, which may be the
    same handle, has a life in its turn.  So each handle is given away once at most, and not used any more then. *)

From Coq Require Import List ZArith Bool.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own RC11 Play.
Import ListNotations.
Local Open Scope Z_scope.

(** A call through [&self]: its operation, its other arguments, how often its loops may go round, its events (of an
    RMW, the write), and where it stands after them. *)
Record call := Call { op : called; arguments : list val; loops : nat; made_by : list nat; stands : tree }.

Inductive life := Life (uses : list use) (end_ : fate)
with use :=
| Reads (e : nat)                            (** the value is read *)
| Borrows (c : call) (new : list life)       (** a call through [&self], and the lives of what it returns *)
with fate :=
| Stays                                      (** no end: it is there still, or forgotten *)
| Touches (e : nat) (l : life)               (** an access to the value by the handle's only owner, and the life after it *)
| Gives (o : called) (h : history)           (** a call through [self] or [&mut self] *)
with history :=                              (** of a call that has its handle to itself *)
| Stops                                      (** it has got so far *)
| Event (e : nat) (h : history)
| Elsewhere (h : history)                    (** it does what is no event of this allocation *)
| Lends (us : list use) (h : history)        (** it calls the client's code, which has the handle meanwhile: [make_mut], [new_cyclic] *)
| Returns_ (new : list life).                (** the lives of what it returns *)

Fixpoint events_of (l : life) : list nat := match l with Life us f => flat_map events_of_use us ++ events_of_fate f end
with events_of_use (u : use) : list nat :=
  match u with Reads e => [e] | Borrows c new => made_by c ++ flat_map events_of new end
with events_of_fate (f : fate) : list nat :=
  match f with Stays => [] | Touches e l => e :: events_of l | Gives _ h => events_of_history h end
with events_of_history (h : history) : list nat :=
  match h with
  | Stops => []
  | Event e h => e :: events_of_history h
  | Elsewhere h => events_of_history h
  | Lends us h => flat_map events_of_use us ++ events_of_history h
  | Returns_ new => flat_map events_of new
  end.

(** How many of the calls have not returned; and, with [stay] = 1, how many handles are left in addition. *)
Definition unreturned (c : call) : nat := match stands c with Ends _ => 0 | _ => 1 end.
Fixpoint pending (stay : nat) (l : life) : nat :=
  match l with Life us f => (list_sum (map (pending_use stay) us) + pending_fate stay f)%nat end
with pending_use (stay : nat) (u : use) : nat :=
  match u with Reads _ => 0 | Borrows c new => (unreturned c + list_sum (map (pending stay) new))%nat end
with pending_fate (stay : nat) (f : fate) : nat :=
  match f with Stays => stay | Touches _ l => pending stay l | Gives _ h => pending_history stay h end
with pending_history (stay : nat) (h : history) : nat :=
  match h with
  | Stops => 1
  | Event _ h | Elsewhere h => pending_history stay h
  | Lends us h => (list_sum (map (pending_use stay) us) + pending_history stay h)%nat
  | Returns_ new => list_sum (map (pending stay) new)
  end.

Section Client.
Variable RELEASE_ACQUIRES PANICS_ABORT : bool.
Variable uninit : bool.                      (** the client may drop handles of a MaybeUninit (Play.v) *)
Variable p : Z.                              (** the pointer of the allocation's handles *)
Variable wide : bool.
Variable X : execution.
Variable a : nat.                            (** the allocation *)
Variable touches : nat -> touch.             (** what the accesses to the value do (RC11.v) *)

Definition comes_before : nat -> nat -> Prop := happens_before wide X.
Definition value_access (e : nat) (t : touch) : Prop := to_value X a e = true /\ half X e = false /\ touches e = t.

(** ** A running call

    [emits t e t']: event [e] is the access that the text offers in [t], on the word's 64 bits or on the value; with what it has read
    the text goes on as [t'].  Orderings may be stronger than the text's. *)
Inductive emits : tree -> nat -> tree -> Prop :=
| emits_load : forall acc o k e m v, act_of X e = R (WordOf a) m v -> half X e = false -> atomic m = true ->
    stronger o (order_of m Rlx) -> emits (TLoad acc o p k) e (k v)
| emits_fetch : forall acc o d k r e m m' v, rmw_of X r e ->
    act_of X r = R (WordOf a) m v -> act_of X e = W (WordOf a) m' (wrapping_add v d) ->
    stronger o (order_of m m') -> emits (TFetch acc o p d k) e (k v)
| emits_swap : forall acc sp o f x n yes no r e m m', rmw_of X r e ->
    act_of X r = R (WordOf a) m x -> act_of X e = W (WordOf a) m' n ->
    stronger o (order_of m m') -> emits (TCas acc sp o f p x n yes no) e yes
| emits_no_swap : forall acc sp o f x n yes no e m v, act_of X e = R (WordOf a) m v -> half X e = false -> atomic m = true ->
    stronger f (order_of m Rlx) -> (v = x -> sp = true) -> emits (TCas acc sp o f p x n yes no) e (no v)
| emits_free : forall k u e, act_of X e = D a -> emits (TMem MFree p k u) e k
| emits_mem : forall o t k u e, access_of o = Graph.Value t -> value_access e t -> emits (TMem o p k u) e k
| emits_unwinding : forall k u e, PANICS_ABORT = false -> value_access e VDrop -> emits (TMem MDrop p k u) e u.

(** Events one after the other, by program order (which is in happens-before). *)
Inductive performs : tree -> list nat -> tree -> Prop :=
| run_end : forall t, performs t [] t
| run_event : forall t e t1 es t', emits t e t1 -> (forall e', hd_error es = Some e' -> comes_before e e') ->
    performs t1 es t' -> performs t (e :: es) t'.

(** The call [c] through [&self] has begun, with the event [e], and has got as far as [stands c]. *)
Definition runs (c : call) (e : nat) : Prop :=
  besides (op c) (arguments c) /\ hd_error (made_by c) = Some e
  /\ performs (tree_of (loops c) (text RELEASE_ACQUIRES PANICS_ABORT (op c)) (VNum p :: arguments c)) (made_by c) (stands c).

Definition final (c : call) : nat := List.last (made_by c) 0%nat.
Definition returned (c : call) : list thing := match stands c with Ends v => has p (returns (op c)) v | _ => [] end.

(** ** Lives.  Each judgement says what its first events have to come after: [after e] holds of the events that are allowed. *)

(** The use is over before [e]. *)
Definition over (u : use) (e : nat) : Prop :=
  match u with
  | Reads e' => comes_before e' e
  | Borrows c _ => (exists v, stands c = Ends v) /\ comes_before (final c) e
  end.
Definition and_over (after : nat -> Prop) (us : list use) (e : nat) : Prop := after e /\ forall u, In u us -> over u e.

(** [lives after x l]: the life [l] of the thing [x] *)
Inductive lives : (nat -> Prop) -> thing -> life -> Prop :=
| lives_handle : forall after k us f, (forall u, In u us -> used after k u) -> fated (and_over after us) (AHandle k) f ->
    lives after (AHandle k) (Life us f)
| lives_kept : forall after x f, (match x with AClones _ | AMemory => True | _ => False end) -> fated after x f -> lives after x (Life [] f)
| lives_mutable : forall (after : nat -> Prop) e l t, value_access e t -> t = VRead \/ t = VWrite -> after e -> lives (comes_before e) AMutable l ->    (** by the [&mut] of the value *)
    lives after AMutable (Life [] (Touches e l))
| lives_mutable_ends : forall after l, lives after (AHandle Strong) l -> lives after AMutable l
(** [used after k u]: the use [u] of a handle of kind [k] *)
with used : (nat -> Prop) -> kind -> use -> Prop :=
| used_read : forall (after : nat -> Prop) k e, reader k = true -> value_access e VRead -> after e -> used after k (Reads e)
| used_call : forall (after : nat -> Prop) k c e new, shared (op c) k -> runs c e -> after e ->
    all_live (comes_before (final c)) (returned c) new -> used after k (Borrows c new)
(** [fated after x f]: the end [f] *)
with fated : (nat -> Prop) -> thing -> fate -> Prop :=
| fated_stays : forall after x, fated after x Stays
| fated_write : forall (after : nat -> Prop) (built : bool) e l, value_access e (if built then VWrite else VInit) -> after e ->      (** through a UniqueArc, initialised or not yet *)
    lives (comes_before e) (AHandle (Building true)) l -> fated after (AHandle (Building built)) (Touches e l)
| fated_call : forall after x o args n h, owning uninit o x -> besides o args ->
    goes after o (run_of RELEASE_ACQUIRES PANICS_ABORT n o (self_of p x :: args)) h -> fated after x (Gives o h)
(** [goes after o t h]: from [t] on, a call of [o] makes the history [h] *)
with goes : (nat -> Prop) -> called -> tree -> history -> Prop :=
| goes_stops : forall after o t, goes after o t Stops
| goes_event : forall (after : nat -> Prop) o t e t' h, emits t e t' -> after e -> goes (comes_before e) o t' h -> goes after o t (Event e h)
| goes_elsewhere : forall after o t t' h, elsewhere PANICS_ABORT p t t' -> goes after o t' h -> goes after o t (Elsewhere h)
| goes_lends : forall after o what bs k u us v h, In (VNum p) bs -> (forall u, In u us -> used after (lent o) u) ->
    answers what v -> goes (and_over after us) o (k v) h -> goes after o (TUser what bs k u) (Lends us h)
| goes_lends_unwinds : forall after o what bs k u us h, In (VNum p) bs -> (forall u, In u us -> used after (lent o) u) ->
    PANICS_ABORT = false -> goes (and_over after us) o u h -> goes after o (TUser what bs k u) (Lends us h)
| goes_returns : forall after o v new, all_live after (has p (returns o) v) new -> goes after o (Ends v) (Returns_ new)
with all_live : (nat -> Prop) -> list thing -> list life -> Prop :=
| none_live : forall after, all_live after [] []
| one_lives : forall after x xs l ls, lives after x l -> all_live after xs ls -> all_live after (x :: xs) (l :: ls).

(** ** The client *)

(** The word is an AtomicU64.  Its initialisation, [b], is in a call that allocates, whose history [h], with the family tree in it, has
    all the accesses to the word and to the value, and the free. *)
Definition client_of (h : history) : Prop :=
  (forall e, In e (evs X) -> to_word X a e = true -> u64 (value_of (act_of X e)))
  /\ exists b o args n w m rest,
     allocating p o args /\ begins PANICS_ABORT p (run_of RELEASE_ACQUIRES PANICS_ABORT n o args) w rest
     /\ In b (evs X) /\ read_of X b = None /\ act_of X b = W (WordOf a) m (bits w) /\ within w
     /\ goes (comes_before b) o rest h /\ NoDup (b :: events_of_history h)
     /\ forall e, In e (evs X) -> half X e = false -> concerns X a e = true -> In e (b :: events_of_history h).

End Client.

(** Fewer than 2^23 calls have not returned: each is in a thread of its own, or waits for the client's code that it has called. *)
Definition client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches : Prop :=
  exists h, client_of RELEASE_ACQUIRES PANICS_ABORT true p wide X a touches h /\ Z.of_nat (pending_history 0 h) < 2 ^ 23.

(** No handle is left, and no call. *)
Definition finished_client RELEASE_ACQUIRES PANICS_ABORT uninit p wide X a touches : Prop :=
  exists h, client_of RELEASE_ACQUIRES PANICS_ABORT uninit p wide X a touches h /\ pending_history 1 h = 0%nat.
