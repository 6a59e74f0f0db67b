(** * A client of the crate, in an execution of C11

    What a client is, said of an execution of RC11.v and of nothing else: the calls run the text of Code.v, each on the 64 bits that
    its own events read and write, in program order; and the handles are used as Rust's types allow, by happens-before.  No machine,
    no order of telling, no counts.  ClientPlay.v proves that this is a client of Play.v.

    The handles of one allocation are a family tree.  A handle is born by an event: the word's initialisation, or the last event of the
    call that returned it.  Of its _life_ there are the uses through [&self], in any order and in any threads, each after its birth;
    and its end, if there is one: a call through [self] or [&mut self], after its birth and after all of the uses.  What that
    call leaves is a new life (of the same handle, if it was [&mut self]). *)

From Coq Require Import List ZArith Bool.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own RC11 Play.
Import ListNotations.
Local Open Scope Z_scope.

(** A call: its operation, how often its loops may go round, its events (of an RMW, the write), and where it stands after them. *)
Record call := Call { op : called; loops : nat; made_by : list nat; stands : tree }.

Inductive life := Life (uses : list use) (end_ : fate)
with use :=
| Reads (e : nat)                            (** the value is read *)
| Borrows (c : call) (new : list life)       (** a call through [&self], and the handles that it returns *)
with fate :=
| Stays                                      (** no end: it is there still, or forgotten *)
| Touches (e : nat) (l : life)               (** an access to the value by the handle's only owner, and the life after it *)
| Gives (c : call) (rest : option life).     (** a call through [self] or [&mut self], and what it leaves *)

Fixpoint events_of (l : life) : list nat := match l with Life us f => flat_map events_of_use us ++ events_of_fate f end
with events_of_use (u : use) : list nat :=
  match u with Reads e => [e] | Borrows c new => made_by c ++ flat_map events_of new end
with events_of_fate (f : fate) : list nat :=
  match f with
  | Stays => []
  | Touches e l => e :: events_of l
  | Gives c rest => made_by c ++ match rest with Some l => events_of l | None => [] end
  end.

Section Client.
Variable RELEASE_ACQUIRES PANICS_ABORT : bool.
Variable p : Z.                              (** the pointer of the allocation's handles *)
Variable wide : bool.
Variable X : execution.
Variable a : nat.                            (** the allocation *)
Variable exclusive : nat -> bool.            (** the accesses to the value that are an owner's (RC11.v) *)

Definition comes_before : nat -> nat -> Prop := happens_before wide X.
Definition value_access (e : nat) (owner : bool) : Prop :=
  to_value X a e = true /\ half X e = false /\ exclusive e = owner.

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
| emits_mem : forall o k u e, o <> MFree -> value_access e (match o with MRead => false | _ => true end) ->
    emits (TMem o p k u) e k
| emits_unwinding : forall k u e, PANICS_ABORT = false -> value_access e true -> emits (TMem MDrop p k u) e u.

(** Events one after the other, by program order (which is in happens-before). *)
Inductive run : tree -> list nat -> tree -> Prop :=
| run_end : forall t, run t [] t
| run_event : forall t e t1 es t', emits t e t1 -> (forall e', hd_error es = Some e' -> comes_before e e') ->
    run t1 es t' -> run t (e :: es) t'.

(** The call [c] has begun, with the event [e], and it has got as far as [stands c]. *)
Definition runs (c : call) (e : nat) : Prop :=
  hd_error (made_by c) = Some e
  /\ run (tree_of (loops c) (text RELEASE_ACQUIRES PANICS_ABORT (op c)) [VNum p]) (made_by c) (stands c).

Definition final (c : call) : nat := List.last (made_by c) 0%nat.

Definition returned (c : call) : list kind := match stands c with Ends v => makes (op c) v | _ => [] end.
Definition left_by (c : call) : option (kind * bool) := match stands c with Ends v => leaves (op c) v | _ => None end.

(** ** The life of a handle *)

(** The use is over before [e]. *)
Definition over (u : use) (e : nat) : Prop :=
  match u with
  | Reads e' => comes_before e' e
  | Borrows c _ => (exists v, stands c = Ends v) /\ comes_before (final c) e
  end.

(** [lives b k mutably l]: the life [l] of a handle of kind [k], born at [b]; [mutably]: with a [&mut] of the value, that [get_mut] has
    returned. *)
Inductive lives : nat -> kind -> bool -> life -> Prop :=
| lives_shared : forall b k mutably us f, (forall u, In u us -> used b k u) ->
    fated (fun e => comes_before b e /\ forall u, In u us -> over u e) k f -> lives b k mutably (Life us f)
| lives_mutably : forall b e l w, value_access e w -> comes_before b e -> lives e Strong true l ->
    lives b Strong true (Life [] (Touches e l))
with used : nat -> kind -> use -> Prop :=
| used_read : forall b k e, reader k = true -> value_access e false -> comes_before b e -> used b k (Reads e)
| used_call : forall b k c e new, shared (op c) k -> runs c e -> comes_before b e ->
    born (final c) (returned c) new -> used b k (Borrows c new)
(** [fated allowed k f]: the end [f], whose first event has to be [allowed] *)
with fated : (nat -> Prop) -> kind -> fate -> Prop :=
| fated_stays : forall allowed k, fated allowed k Stays
| fated_write : forall (allowed : nat -> Prop) built e l, allowed e -> value_access e true ->    (** by a UniqueArc, or the builder before it *)
    lives e (Building true) false l -> fated allowed (Building built) (Touches e l)
| fated_call : forall (allowed : nat -> Prop) k c e, allowed e -> owning (op c) = Some k -> runs c e -> left_by c = None ->
    fated allowed k (Gives c None)
| fated_call_left : forall (allowed : nat -> Prop) k c e k' mutably l, allowed e -> owning (op c) = Some k -> runs c e ->
    left_by c = Some (k', mutably) -> lives (final c) k' mutably l -> fated allowed k (Gives c (Some l))
with born : nat -> list kind -> list life -> Prop :=
| born_none : forall b, born b [] []
| born_one : forall b k ks l ls, lives b k false l -> born b ks ls -> born b (k :: ks) (l :: ls).

(** ** The client *)

(** The allocation, as [Word::unique] (an Arc, whose value is not there yet) or [Word::building] says *)
Definition allocated (b : nat) (k : kind) : Prop :=
  read_of X b = None /\
  ((k = Strong /\ exists m, act_of X b = W (WordOf a) m (num (eval [] Word_unique)))
   \/ (k = Building false /\ exists m, act_of X b = W (WordOf a) m (num (eval [] Word_building)))).

Definition client : Prop :=
  (forall e, In e (evs X) -> to_word X a e = true -> u64 (value_of (act_of X e)))           (** the word is an AtomicU64 *)
  /\ exists b k l, In b (evs X) /\ allocated b k /\ lives b k false l /\ NoDup (b :: events_of l)
     /\ forall e, In e (evs X) -> half X e = false -> concerns X a e = true -> In e (b :: events_of l).  (** and this is all of it *)
End Client.
