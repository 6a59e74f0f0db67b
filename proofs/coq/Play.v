(** * What a client may do

    A client is told event by event: which of its handles are idle, which are borrowed, and how far each running call has got in
    the text of its function.  Nothing here knows the machine of Model.v.  What else a client does, and how it passes handles from
    thread to thread, is in the graph's happens-before; Rust's types are here: [&self] needs a token of the handle (a borrow of it),
    [self] and [&mut self] need its only token, and whoever uses a token does so after all that the token knows.

    The operations that a client of this file may call are those of [called]: see [text]. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own.
Import ListNotations.
Local Open Scope Z_scope.

(** ** The operations *)

Inductive called :=
| Arc_clone_ | Arc_downgrade_ | UniqueArc_downgrade_ | Weak_clone_ | Weak_upgrade_ | Arc_counts_ | Arc_is_unique_   (** [&self] *)
| Arc_drop_ | Weak_drop_ | UniqueArc_drop_ | Arc_into_inner_ | Arc_into_weak_ | Arc_try_unwrap_                      (** [self], [&mut self] *)
| UniqueArc_into_arc_ | Weak_into_strong_ | Arc_get_mut_.

Section Play.
Variable RELEASE_ACQUIRES PANICS_ABORT : bool.
Variable p : Z.          (** the pointer of the allocation's handles *)
Variable G : graph.

Definition text (o : called) : fn :=
  match o with
  | Arc_clone_ => Arc_clone
  | Arc_downgrade_ => Arc_downgrade
  | UniqueArc_downgrade_ => UniqueArc_downgrade
  | Weak_clone_ => Weak_clone
  | Weak_upgrade_ => Weak_upgrade
  | Arc_counts_ => Arc_counts
  | Arc_is_unique_ => Arc_is_unique
  | Arc_drop_ => Arc_drop RELEASE_ACQUIRES PANICS_ABORT
  | Weak_drop_ => Weak_drop RELEASE_ACQUIRES
  | UniqueArc_drop_ => UniqueArc_drop RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_inner_ => Arc_into_inner RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_weak_ => Arc_into_weak RELEASE_ACQUIRES PANICS_ABORT
  | Arc_try_unwrap_ => Arc_try_unwrap RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_into_arc_ => UniqueArc_into_arc RELEASE_ACQUIRES PANICS_ABORT
  | Weak_into_strong_ => Weak_into_strong RELEASE_ACQUIRES
  | Arc_get_mut_ => Arc_get_mut
  end.

(** Through [&self], of a handle of which kind ([Building true] is a UniqueArc, [Building false] the Weak that new_cyclic lends) *)
Definition shared (o : called) (k : kind) : Prop :=
  match o with
  | Arc_clone_ | Arc_downgrade_ | Arc_is_unique_ => k = Strong
  | UniqueArc_downgrade_ => k = Building true
  | Weak_clone_ | Weak_upgrade_ => k = Weak \/ k = Building false
  | Arc_counts_ => True
  | _ => False
  end.

(** Through [self] or [&mut self] *)
Definition owning (o : called) : option kind :=
  match o with
  | Arc_drop_ | Arc_into_inner_ | Arc_into_weak_ | Arc_try_unwrap_ | Arc_get_mut_ => Some Strong
  | Weak_drop_ | Weak_into_strong_ => Some Weak
  | UniqueArc_drop_ | UniqueArc_into_arc_ => Some (Building true)
  | _ => None
  end.

Definition says (name : string) (v : val) : bool := match v with VCon c _ => String.eqb c name | _ => false end.

(** The new handles that a call through [&self] returns, by its value *)
Definition makes (o : called) (v : val) : list kind :=
  match o with
  | Arc_clone_ => [Strong]
  | Arc_downgrade_ | UniqueArc_downgrade_ | Weak_clone_ => [Weak]
  | Weak_upgrade_ => if says "Some" v then [Strong] else []
  | _ => []
  end.

(** The handle that a call through [self] or [&mut self] leaves, if any; [true]: borrowed mutably, by what the call returned *)
Definition leaves (o : called) (v : val) : option (kind * bool) :=
  match o with
  | Arc_into_weak_ => Some (Weak, false)
  | Arc_try_unwrap_ => if says "Ok" v then None else Some (Strong, false)
  | UniqueArc_into_arc_ => Some (Strong, false)
  | Weak_into_strong_ => Some (if says "Ok" v then Strong else Weak, false)
  | Arc_get_mut_ => Some (Strong, says "Some" v)
  | _ => None
  end.

(** ** A running call meets the graph *)

(** Event [e] of the graph is what the tree offers; [t'] is how it goes on with the answer.  Labels carry pairs of counts; the text
    reads and writes their bits. *)
Inductive offers : tree -> nat -> tree -> Prop :=
| offers_load : forall a o k e o' w, lab G e = Look o' w -> stronger o o' -> offers (TLoad a o p k) e (k (bits w))
| offers_fetch : forall a o d k e o' w w', lab G e = Update o' w w' -> stronger o o' -> bits w' = wrapping_add (bits w) d ->
    offers (TFetch a o p d k) e (k (bits w))
| offers_swap : forall a sp o f x n yes no e o' w w', lab G e = Update o' w w' -> stronger o o' -> bits w = x -> bits w' = n ->
    offers (TCas a sp o f p x n yes no) e yes
| offers_no_swap : forall a sp o f x n yes no e o' w, lab G e = Look o' w -> stronger f o' -> (bits w = x -> sp = true) ->
    offers (TCas a sp o f p x n yes no) e (no (bits w))
| offers_mem : forall o k u e, lab G e = match o with MFree => Free | MRead => Value false | _ => Value true end ->
    offers (TMem o p k u) e k
| offers_unwinding : forall k u e, PANICS_ABORT = false -> lab G e = Value true -> offers (TMem MDrop p k u) e u.

(** ** Handles, borrows, calls.  Each knows a frontier: the events that its next event comes after. *)

Inductive borrow :=
| Here (F : list nat)                           (** a token that no call uses *)
| Mutably (F : list nat)                        (** the only token, behind a [&mut] of the value *)
| Within (o : called) (t : tree) (F : list nat) (** a call through [&self], of which [t] is still to run *).

Inductive item :=
| Owned (k : kind) (ts : list borrow)
| Calling (o : called) (t : tree) (F : list nat).      (** a call that has taken the handle, or has borrowed it mutably *)

Definition follows_all (F : list nat) (e : nat) : Prop := forall f, In f F -> hb G f e.

Definition back (o : called) (v : val) (F : list nat) : list item :=
  match leaves o v with
  | None => []
  | Some (k, false) => [Owned k [Here F]]
  | Some (k, true) => [Owned k [Mutably F]]
  end.

Inductive play : list nat -> list item -> Prop :=
(** the allocation: an Arc (of a MaybeUninit: no value is written), or a builder *)
| play_new : forall e, lab G e = Init UNIQUE -> play [e] [Owned Strong [Here [e]]]
| play_building : forall e, lab G e = Init (Word 0 1) -> play [e] [Owned (Building false) [Here [e]]]
(** calls *)
| play_call_shared : forall L x k q F r y o n, play L (x ++ Owned k (q ++ Here F :: r) :: y) -> shared o k ->
    play L (x ++ Owned k (q ++ Within o (tree_of n (text o) [VNum p]) F :: r) :: y)
| play_call : forall L x k F y o n, play L (x ++ Owned k [Here F] :: y) -> owning o = Some k ->
    play L (x ++ Calling o (tree_of n (text o) [VNum p]) F :: y)
| play_event_shared : forall L x k q F r y o t t' e, play L (x ++ Owned k (q ++ Within o t F :: r) :: y) ->
    offers t e t' -> follows_all F e -> play (e :: L) (x ++ Owned k (q ++ Within o t' [e] :: r) :: y)
| play_event : forall L x F y o t t' e, play L (x ++ Calling o t F :: y) ->
    offers t e t' -> follows_all F e -> play (e :: L) (x ++ Calling o t' [e] :: y)
| play_end_shared : forall L x k q F r y o v, play L (x ++ Owned k (q ++ Within o (Ends v) F :: r) :: y) ->
    play L (x ++ Owned k (q ++ Here F :: r) :: map (fun k => Owned k [Here F]) (makes o v) ++ y)
| play_end : forall L x F y o v, play L (x ++ Calling o (Ends v) F :: y) -> play L (x ++ back o v F ++ y)
| play_unwound : forall L x F y o, play L (x ++ Calling o Unwound F :: y) -> play L (x ++ y)
(** the value: read through an Arc or a UniqueArc, written through a [&mut] *)
| play_read : forall L x k q F r y e, play L (x ++ Owned k (q ++ Here F :: r) :: y) -> reader k = true ->
    lab G e = Value false -> follows_all F e -> play (e :: L) (x ++ Owned k (q ++ Here [e] :: r) :: y)
| play_use_mut : forall L x F y e b, play L (x ++ Owned Strong [Mutably F] :: y) ->
    lab G e = Value b -> follows_all F e -> play (e :: L) (x ++ Owned Strong [Mutably [e]] :: y)
| play_end_mut : forall L x F y, play L (x ++ Owned Strong [Mutably F] :: y) -> play L (x ++ Owned Strong [Here F] :: y)
| play_write_unique : forall L x F y e, play L (x ++ Owned (Building true) [Here F] :: y) ->
    lab G e = Value true -> follows_all F e -> play (e :: L) (x ++ Owned (Building true) [Here [e]] :: y)
| play_init : forall L x F y e, play L (x ++ Owned (Building false) [Here F] :: y) ->
    lab G e = Value true -> follows_all F e -> play (e :: L) (x ++ Owned (Building true) [Here [e]] :: y)
(** borrows: split, and joined again *)
| play_split : forall L x k q F r y, play L (x ++ Owned k (q ++ Here F :: r) :: y) ->
    play L (x ++ Owned k (q ++ Here F :: Here F :: r) :: y)
| play_join : forall L x k q F r F' s y, play L (x ++ Owned k (q ++ Here F :: r ++ Here F' :: s) :: y) ->
    play L (x ++ Owned k (q ++ Here (F ++ F') :: r ++ s) :: y)
(** anything else *)
| play_else : forall L items e, play L items -> lab G e = Else -> play (e :: L) items.
End Play.
