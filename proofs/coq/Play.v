(** * What a client may do

    This file follows a client event by event: which of its handles are idle, which are borrowed, and how far each running
    call has got in the text of its function.  Nothing here refers to the machine of Model.v.  The graph's happens-before
    covers what else a client does, and how it passes handles from thread to thread.  This file has the rules of Rust's
    types: [&self] needs a token of the handle (a borrow of it), [self] and [&mut self] need its only token, and
    everything that a token knows happens before its use.

    Each operation is told by its text and its signature: what it takes, and what handles are in the value that it returns.  The
    client sees one allocation, [p].  A call may make another one, or come from another one to make this one. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own.
Import ListNotations.
Local Open Scope Z_scope.

(** ** The operations *)

Inductive called :=
(** [&self] *)
| Arc_clone_ | Arc_clone_many_ | Arc_downgrade_ | Arc_is_unique_ | Arc_counts_ | Arc_strong_count_ | Arc_weak_count_
| Arc_increment_strong_count_ | Arc_as_ptr_ | Arc_deref_ | UniqueArc_downgrade_ | UniqueArc_deref_
| Weak_clone_ | Weak_upgrade_ | Weak_strong_count_ | Weak_weak_count_ | Weak_as_ptr_
(** [self] *)
| Arc_drop_ | Arc_into_inner_ | Arc_into_weak_ | Arc_try_unwrap_ | Arc_unwrap_or_clone_ | Arc_try_into_unique_ | Arc_into_unique_
| Arc_try_map_ | Arc_into_raw_ | Arc_from_raw_ | Arc_decrement_strong_count_ | Arc_assume_init_ | Arc_drop_uninit_
| Weak_drop_ | Weak_into_strong_ | Weak_into_raw_ | Weak_from_raw_ | Weak_release_
| UniqueArc_drop_ | UniqueArc_into_arc_ | UniqueArc_into_inner_ | UniqueArc_write_ | UniqueArc_assume_init_ | UniqueArc_drop_uninit_
(** [&mut self] *)
| Arc_get_mut_ | Arc_make_mut_ | Arc_make_unique_ | UniqueArc_deref_mut_
(** Clones, and what is left of a handle after [Weak::release] *)
| Clones_next_ | Clones_nth_ | Clones_next_back_ | Clones_count_ | Clones_drop_ | Weak_free_
(** no handle *)
| Arc_new_ | Arc_new_uninit_ | Arc_new_zeroed_ | Arc_new_cyclic_ | Arc_clone_from_ref_ | UniqueArc_new_ | UniqueArc_new_uninit_.

(** *** Signatures *)

(** What a client can have of an allocation *)
Inductive thing :=
| AHandle (k : kind)             (** an Arc, a Weak, a UniqueArc (and the Weak that new_cyclic lends) *)
| AMutable                       (** an Arc, behind a [&mut] of the value that it was borrowed for *)
| AClones (n : Z)                (** the [Clones] with [n] strong handles *)
| AMemory.                       (** the right to free the memory *)

(** The types of the values that the operations return, as far as handles are in them *)
Inductive type :=
| Plain                          (** no handle *)
| Pointer (k : kind)             (** a handle, by its pointer (a raw one, too) *)
| Unnamed (k : kind)             (** a handle that the value does not name: [increment_strong_count] *)
| Option_ (t : type)
| Result_ (t e : type)
| TheClones
| IfTrue (x : thing)             (** it stands for [x], if it is [true] *)
| MutSelf (t : type)             (** of an Arc's method of [&mut self]: a value of type [t], and the Arc *)
| MutClones (t : type).          (** the same of Clones *)

Definition says (name : string) (v : val) : bool := match v with VCon c _ => String.eqb c name | _ => false end.
Definition part (field : string) (v : val) : val := match v with VCon _ fields => get field fields | _ => VMoved end.
(** A reference, or [Some] of one *)
Definition borrows_self (v : val) : bool := match v with VNum _ => true | _ => says "Some" v end.

Section Play.
Variable RELEASE_ACQUIRES PANICS_ABORT : bool.
Variable uninit : bool.   (** the client may drop handles of a MaybeUninit *)
Variable p : Z.          (** the pointer of the allocation's handles *)
Variable G : graph.

(** What a client has of the allocation [p] in a value *)
Definition pointer (v : val) (x : thing) : list thing := match v with VNum q => if q =? p then [x] else [] | _ => [] end.
Definition in_clones (v : val) : list thing :=
  match part "value" v, part "left" v with
  | VNum q, VNum n => if q =? p then if n =? 0 then [] else [AClones n] else []
  | _, _ => []
  end.
Fixpoint has (t : type) (v : val) : list thing :=
  match t with
  | Plain => []
  | Pointer k => pointer v (AHandle k)
  | Unnamed k => [AHandle k]
  | Option_ t => if says "Some" v then has t (part "0" v) else []
  | Result_ t e => if says "Ok" v then has t (part "0" v) else if says "Err" v then has e (part "0" v) else []
  | TheClones => in_clones v
  | IfTrue x => match v with VBool true => [x] | _ => [] end
  | MutSelf t =>
      pointer (part "1" v) (if borrows_self (part "0" v) then AMutable else AHandle Strong) ++ has t (part "0" v)
  | MutClones t => in_clones (part "1" v) ++ has t (part "0" v)
  end.

Definition text (o : called) : fn :=
  match o with
  | Arc_clone_ => Arc_clone
  | Arc_clone_many_ => Arc_clone_many
  | Arc_downgrade_ => Arc_downgrade
  | Arc_is_unique_ => Arc_is_unique
  | Arc_counts_ => Arc_counts
  | Arc_strong_count_ => Arc_strong_count
  | Arc_weak_count_ => Arc_weak_count
  | Arc_increment_strong_count_ => Arc_increment_strong_count
  | Arc_as_ptr_ => Arc_as_ptr
  | Arc_deref_ => Arc_deref
  | UniqueArc_downgrade_ => UniqueArc_downgrade
  | UniqueArc_deref_ => UniqueArc_deref
  | Weak_clone_ => Weak_clone
  | Weak_upgrade_ => Weak_upgrade
  | Weak_strong_count_ => Weak_strong_count
  | Weak_weak_count_ => Weak_weak_count
  | Weak_as_ptr_ => Weak_as_ptr
  | Arc_drop_ => Arc_drop RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_inner_ => Arc_into_inner RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_weak_ => Arc_into_weak RELEASE_ACQUIRES PANICS_ABORT
  | Arc_try_unwrap_ => Arc_try_unwrap RELEASE_ACQUIRES PANICS_ABORT
  | Arc_unwrap_or_clone_ => Arc_unwrap_or_clone RELEASE_ACQUIRES PANICS_ABORT
  | Arc_try_into_unique_ => Arc_try_into_unique RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_unique_ => Arc_into_unique RELEASE_ACQUIRES PANICS_ABORT
  | Arc_try_map_ => Arc_try_map RELEASE_ACQUIRES PANICS_ABORT
  | Arc_into_raw_ => Arc_into_raw RELEASE_ACQUIRES PANICS_ABORT
  | Arc_from_raw_ => Arc_from_raw
  | Arc_decrement_strong_count_ => Arc_decrement_strong_count RELEASE_ACQUIRES PANICS_ABORT
  | Arc_assume_init_ => Arc_assume_init RELEASE_ACQUIRES PANICS_ABORT
  | Arc_drop_uninit_ => Arc_drop_uninit RELEASE_ACQUIRES PANICS_ABORT
  | Weak_drop_ => Weak_drop RELEASE_ACQUIRES
  | Weak_into_strong_ => Weak_into_strong RELEASE_ACQUIRES
  | Weak_into_raw_ => Weak_into_raw RELEASE_ACQUIRES
  | Weak_from_raw_ => Weak_from_raw
  | Weak_release_ => Weak_release RELEASE_ACQUIRES
  | UniqueArc_drop_ => UniqueArc_drop RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_into_arc_ => UniqueArc_into_arc RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_into_inner_ => UniqueArc_into_inner RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_write_ => UniqueArc_write RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_assume_init_ => UniqueArc_assume_init RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_drop_uninit_ => UniqueArc_drop_uninit RELEASE_ACQUIRES PANICS_ABORT
  | Arc_get_mut_ => Arc_get_mut
  | Arc_make_mut_ => Arc_make_mut RELEASE_ACQUIRES PANICS_ABORT
  | Arc_make_unique_ => Arc_make_unique RELEASE_ACQUIRES PANICS_ABORT
  | UniqueArc_deref_mut_ => UniqueArc_deref_mut
  | Clones_next_ => Clones_next
  | Clones_nth_ => Clones_nth RELEASE_ACQUIRES PANICS_ABORT
  | Clones_next_back_ => Clones_next_back
  | Clones_count_ => Clones_count RELEASE_ACQUIRES PANICS_ABORT
  | Clones_drop_ => Clones_drop RELEASE_ACQUIRES PANICS_ABORT
  | Weak_free_ => Weak_free
  | Arc_new_ => Arc_new
  | Arc_new_uninit_ => Arc_new_uninit
  | Arc_new_zeroed_ => Arc_new_zeroed
  | Arc_new_cyclic_ => Arc_new_cyclic RELEASE_ACQUIRES PANICS_ABORT
  | Arc_clone_from_ref_ => Arc_clone_from_ref
  | UniqueArc_new_ => UniqueArc_new
  | UniqueArc_new_uninit_ => UniqueArc_new_uninit
  end.

(** Through [&self], with the kind of the handle ([Building true] is a UniqueArc, [Building false] the Weak that
    new_cyclic lends) *)
Definition shared (o : called) (k : kind) : Prop :=
  match o with
  | Arc_clone_ | Arc_clone_many_ | Arc_downgrade_ | Arc_is_unique_ | Arc_strong_count_ | Arc_weak_count_
  | Arc_increment_strong_count_ | Arc_as_ptr_ | Arc_deref_ => k = Strong
  | UniqueArc_downgrade_ | UniqueArc_deref_ => k = Building true
  | Weak_clone_ | Weak_upgrade_ | Weak_strong_count_ | Weak_weak_count_ | Weak_as_ptr_ => k = Weak \/ k = Building false
  | Arc_counts_ => True
  | _ => False
  end.

(** Through [self] or [&mut self], of what *)
Definition owning (o : called) (x : thing) : Prop :=
  match o with
  | Arc_drop_ | Arc_into_inner_ | Arc_into_weak_ | Arc_try_unwrap_ | Arc_unwrap_or_clone_ | Arc_try_into_unique_ | Arc_into_unique_
  | Arc_try_map_ | Arc_into_raw_ | Arc_from_raw_ | Arc_decrement_strong_count_ | Arc_assume_init_
  | Arc_get_mut_ | Arc_make_mut_ | Arc_make_unique_ => x = AHandle Strong
  | Weak_drop_ | Weak_into_strong_ | Weak_into_raw_ | Weak_from_raw_ | Weak_release_ => x = AHandle Weak
  | UniqueArc_drop_ | UniqueArc_into_arc_ | UniqueArc_into_inner_ | UniqueArc_assume_init_ | UniqueArc_deref_mut_ =>
      x = AHandle (Building true)
  | UniqueArc_write_ => x = AHandle (Building false)
  | Clones_next_ | Clones_nth_ | Clones_next_back_ | Clones_count_ | Clones_drop_ => exists n, x = AClones n
  | Weak_free_ => x = AMemory
  | Arc_drop_uninit_ => uninit = true /\ x = AHandle Strong
  | UniqueArc_drop_uninit_ => uninit = true /\ exists written, x = AHandle (Building written)
  | _ => False
  end.

(** [&mut self]: it stays, also after a panic *)
Definition mut_self (o : called) : bool :=
  match o with
  | Arc_get_mut_ | Arc_make_mut_ | Arc_make_unique_ | Clones_next_ | Clones_nth_ | Clones_next_back_ => true
  | _ => false
  end.

Definition run_of (n : nat) (o : called) (args : list val) : tree :=
  if mut_self o then tree_of_mut n (text o) args else tree_of n (text o) args.

(** What the operation's name stands for in the arguments, and the other arguments. *)
Definition clones (n : Z) : val := VCon "Clones" [("value"%string, VNum p); ("left"%string, VNum n)].
Definition self_of (x : thing) : val := match x with AClones n => clones n | _ => VNum p end.
Definition besides (o : called) (args : list val) : Prop :=
  match o with
  | Arc_clone_many_ | Clones_nth_ => exists n, args = [VNum n] /\ 0 <= n < M
  | Arc_try_map_ | UniqueArc_write_ => exists v, args = [v]
  | _ => args = []
  end.

(** The calls that may allocate: of no handle, or of one of another allocation. *)
Definition allocating (o : called) (args : list val) : Prop :=
  match o with
  | Arc_new_ | Arc_new_cyclic_ | UniqueArc_new_ => exists v, args = [v]
  | Arc_new_uninit_ | Arc_new_zeroed_ | UniqueArc_new_uninit_ => args = []
  | Arc_clone_from_ref_ | Arc_make_mut_ | Arc_make_unique_ | Arc_try_into_unique_ | Arc_into_unique_ | Arc_try_map_ =>
      exists q more, args = VNum q :: more /\ q <> p /\ besides o more
  | _ => False
  end.

(** What a client has of the allocation in what the call returns *)
Definition returns (o : called) : type :=
  match o with
  | Arc_clone_ | Arc_into_raw_ | Arc_from_raw_ | Arc_assume_init_ | UniqueArc_into_arc_ => Pointer Strong
  | Arc_new_ | Arc_new_uninit_ | Arc_new_zeroed_ | Arc_new_cyclic_ | Arc_clone_from_ref_ => Pointer Strong
  | Arc_clone_many_ => TheClones
  | Arc_downgrade_ | UniqueArc_downgrade_ | Weak_clone_ | Arc_into_weak_ | Weak_into_raw_ | Weak_from_raw_ => Pointer Weak
  | Weak_upgrade_ => Option_ (Pointer Strong)
  | Arc_increment_strong_count_ => Unnamed Strong
  | Arc_try_unwrap_ => Result_ Plain (Pointer Strong)
  | Weak_into_strong_ => Result_ (Pointer Strong) (Pointer Weak)
  | Arc_try_into_unique_ => Result_ (Pointer (Building true)) (Pointer Strong)
  | Arc_into_unique_ => Option_ (Pointer (Building true))
  | Arc_try_map_ => Result_ (Pointer Strong) Plain
  | UniqueArc_write_ | UniqueArc_assume_init_ | UniqueArc_new_ | UniqueArc_deref_mut_ => Pointer (Building true)
  | UniqueArc_new_uninit_ => Pointer (Building false)
  | Weak_release_ => IfTrue AMemory
  | Arc_get_mut_ | Arc_make_mut_ | Arc_make_unique_ => MutSelf Plain
  | Clones_next_ | Clones_nth_ | Clones_next_back_ => MutClones (Option_ (Pointer Strong))
  | _ => Plain
  end.

(** ** A running call meets the graph *)

(** Event [e] of the graph is the access that the tree offers, and [t'] is the rest after the answer.  Labels carry pairs
    of counts.  The text reads and writes their bits. *)
Definition access_of (o : memop) : label :=
  match o with
  | MRead => Graph.Value VRead | MWrite => Graph.Value VWrite | MInit => Graph.Value VInit
  | MDrop => Graph.Value VDrop | MMove => Graph.Value VMove | MFree => Free
  end.

Inductive offers : tree -> nat -> tree -> Prop :=
| offers_load : forall a o k e o' w, lab G e = Look o' w -> stronger o o' -> offers (TLoad a o p k) e (k (bits w))
| offers_fetch : forall a o d k e o' w w', lab G e = Update o' w w' -> stronger o o' -> bits w' = wrapping_add (bits w) d ->
    offers (TFetch a o p d k) e (k (bits w))
| offers_swap : forall a sp o f x n yes no e o' w w', lab G e = Update o' w w' -> stronger o o' -> bits w = x -> bits w' = n ->
    offers (TCas a sp o f p x n yes no) e yes
| offers_no_swap : forall a sp o f x n yes no e o' w, lab G e = Look o' w -> stronger f o' -> (bits w = x -> sp = true) ->
    offers (TCas a sp o f p x n yes no) e (no (bits w))
| offers_mem : forall o k u e, lab G e = access_of o ->
    offers (TMem o p k u) e k
| offers_unwinding : forall k u e, PANICS_ABORT = false -> lab G e = Value VDrop -> offers (TMem MDrop p k u) e u.

(** What the tree does that is no event of this allocation: accesses to another one, an allocation, the client's code. *)
Inductive elsewhere : tree -> tree -> Prop :=
| elsewhere_load : forall a o q k v, q <> p -> elsewhere (TLoad a o q k) (k v)
| elsewhere_fetch : forall a o q d k v, q <> p -> elsewhere (TFetch a o q d k) (k v)
| elsewhere_swap : forall a sp o f q x n yes no, q <> p -> elsewhere (TCas a sp o f q x n yes no) yes
| elsewhere_no_swap : forall a sp o f q x n yes no v, q <> p -> elsewhere (TCas a sp o f q x n yes no) (no v)
| elsewhere_mem : forall o q k u, q <> p -> elsewhere (TMem o q k u) k
| elsewhere_drop_panics : forall q k u, q <> p -> PANICS_ABORT = false -> elsewhere (TMem MDrop q k u) u
| elsewhere_allocate : forall w k u q, q <> p -> elsewhere (TAllocate w k u) (k q)
| elsewhere_no_memory : forall w k u, PANICS_ABORT = false -> elsewhere (TAllocate w k u) u
| elsewhere_user : forall what bs k u v, answers what v -> elsewhere (TUser what bs k u) (k v)
| elsewhere_user_panics : forall what bs k u, PANICS_ABORT = false -> elsewhere (TUser what bs k u) u.

(** The allocation is made in the middle of a call that knows nothing of it. *)
Inductive begins : tree -> word -> tree -> Prop :=
| begins_here : forall w k u, within w -> begins (TAllocate (bits w) k u) w (k p)
| begins_later : forall t t' w rest, elsewhere t t' -> begins t' w rest -> begins t w rest.

(** ** Handles, borrows, calls.  Each has a frontier: the events that happen before its next event. *)

Inductive borrow :=
| Here (F : list nat)                           (** a token that no call uses *)
| Mutably (F : list nat)                        (** the only token, behind a [&mut] of the value *)
| Within (o : called) (t : tree) (F : list nat) (** a call through [&self], of which [t] is still to run *).

(** Where a handle belongs: to the client, or to a call that has lent it to the client's code. *)
Inductive keeper :=
| Client
| Lender (o : called) (what : string) (k : val -> tree) (unwinds : tree).

Inductive item :=
| Owned (c : keeper) (k : kind) (ts : list borrow)
| Kept (x : thing) (F : list nat)              (** [Clones], or the right to free *)
| Calling (o : called) (t : tree) (F : list nat).      (** a call that has taken the handle, or has borrowed it mutably *)

Definition follows_all (F : list nat) (e : nat) : Prop := forall f, In f F -> hb G f e.

(** A thing that the client has got, or holds *)
Definition item_of (F : list nat) (x : thing) : item :=
  match x with
  | AHandle k => Owned Client k [Here F]
  | AMutable => Owned Client Strong [Mutably F]
  | _ => Kept x F
  end.

(** The handle that a call lends to the client's code: new_cyclic its Weak, the others their Arc. *)
Definition lent (o : called) : kind := match o with Arc_new_cyclic_ => Building false | _ => Strong end.

Inductive play : list nat -> list item -> Prop :=
(** the allocation *)
| play_begins : forall o n args w rest e, allocating o args -> begins (run_of n o args) w rest -> lab G e = Init w ->
    play [e] [Calling o rest [e]]
(** calls *)
| play_call_shared : forall L x c k q F r y o n args, play L (x ++ Owned c k (q ++ Here F :: r) :: y) -> shared o k -> besides o args ->
    play L (x ++ Owned c k (q ++ Within o (tree_of n (text o) (VNum p :: args)) F :: r) :: y)
| play_call : forall L x F y o n args z, play L (x ++ item_of F z :: y) -> owning o z -> besides o args ->
    play L (x ++ Calling o (run_of n o (self_of z :: args)) F :: y)
| play_event_shared : forall L x c k q F r y o t t' e, play L (x ++ Owned c k (q ++ Within o t F :: r) :: y) ->
    offers t e t' -> follows_all F e -> play (e :: L) (x ++ Owned c k (q ++ Within o t' [e] :: r) :: y)
| play_event : forall L x F y o t t' e, play L (x ++ Calling o t F :: y) ->
    offers t e t' -> follows_all F e -> play (e :: L) (x ++ Calling o t' [e] :: y)
| play_elsewhere : forall L x F y o t t', play L (x ++ Calling o t F :: y) -> elsewhere t t' -> play L (x ++ Calling o t' F :: y)
| play_end_shared : forall L x c k q F r y o v, play L (x ++ Owned c k (q ++ Within o (Ends v) F :: r) :: y) ->
    play L (x ++ Owned c k (q ++ Here F :: r) :: map (item_of F) (has (returns o) v) ++ y)
| play_end : forall L x F y o v, play L (x ++ Calling o (Ends v) F :: y) -> play L (x ++ map (item_of F) (has (returns o) v) ++ y)
| play_unwound : forall L x F y o, play L (x ++ Calling o Unwound F :: y) -> play L (x ++ y)
(** the client's code, in the middle of a call, borrows the handle that it is given *)
| play_lend : forall L x F y o what bs k u, play L (x ++ Calling o (TUser what bs k u) F :: y) -> In (VNum p) bs ->
    play L (x ++ Owned (Lender o what k u) (lent o) [Here F] :: y)
| play_lent : forall L x F y o what k u v, play L (x ++ Owned (Lender o what k u) (lent o) [Here F] :: y) -> answers what v ->
    play L (x ++ Calling o (k v) F :: y)
| play_lent_unwinds : forall L x F y o what k u, play L (x ++ Owned (Lender o what k u) (lent o) [Here F] :: y) -> PANICS_ABORT = false ->
    play L (x ++ Calling o u F :: y)
(** the value: read through an Arc or a UniqueArc, written through a [&mut] *)
| play_read : forall L x c k q F r y e, play L (x ++ Owned c k (q ++ Here F :: r) :: y) -> reader k = true ->
    lab G e = Value VRead -> follows_all F e -> play (e :: L) (x ++ Owned c k (q ++ Here [e] :: r) :: y)
| play_use_mut : forall L x F y e t, play L (x ++ Owned Client Strong [Mutably F] :: y) ->
    lab G e = Value t -> t = VRead \/ t = VWrite -> follows_all F e -> play (e :: L) (x ++ Owned Client Strong [Mutably [e]] :: y)
| play_end_mut : forall L x F y, play L (x ++ Owned Client Strong [Mutably F] :: y) -> play L (x ++ Owned Client Strong [Here F] :: y)
| play_write_unique : forall L x F y e, play L (x ++ Owned Client (Building true) [Here F] :: y) ->
    lab G e = Value VWrite -> follows_all F e -> play (e :: L) (x ++ Owned Client (Building true) [Here [e]] :: y)
| play_init : forall L x F y e, play L (x ++ Owned Client (Building false) [Here F] :: y) ->      (** of a MaybeUninit *)
    lab G e = Value VInit -> follows_all F e -> play (e :: L) (x ++ Owned Client (Building true) [Here [e]] :: y)
(** borrows: split, and joined again *)
| play_split : forall L x c k q F r y, play L (x ++ Owned c k (q ++ Here F :: r) :: y) ->
    play L (x ++ Owned c k (q ++ Here F :: Here F :: r) :: y)
| play_join : forall L x c k q F r F' s y, play L (x ++ Owned c k (q ++ Here F :: r ++ Here F' :: s) :: y) ->
    play L (x ++ Owned c k (q ++ Here (F ++ F') :: r ++ s) :: y)
(** anything else *)
| play_else : forall L items e, play L items -> lab G e = Else -> play (e :: L) items.
End Play.

(** ** Calls that abort *)

(** What the calls that have not returned have still to do. *)
Definition in_call (b : borrow) : list tree := match b with Within _ t _ => [t] | _ => [] end.
Definition in_calls (i : item) : list tree :=
  match i with Owned _ _ bs => flat_map in_call bs | Calling _ t _ => [t] | Kept _ _ => [] end.
Definition running (items : list item) : list tree := flat_map in_calls items.

(** At least [n] of them are aborting: they have passed a limit. *)
Inductive abort : nat -> list tree -> Prop :=
| abort_none : abort 0 []
| abort_this : forall n t ts, aborting t -> abort n ts -> abort (S n) (t :: ts)
| abort_other : forall n t ts, abort n ts -> abort n (t :: ts).

(** Fewer than 2^23 of them are.  Such a call never returns, so its thread is in no other: fewer than 2^23 threads are enough. *)
Definition few (ts : list tree) : Prop := forall n, abort n ts -> Z.of_nat n < 2 ^ 23.
