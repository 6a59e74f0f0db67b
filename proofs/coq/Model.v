(** * The machine

    An operational model of the crate's protocol, for any number of threads, handles and steps.

    There is ONE atomic location, the reference-count word, and only read-modify-writes (RMWs) change it.  An RMW reads the
    message just before its own, so the whole history of the word is a list of messages, and an RMW always reads the newest
    and appends.  A load, or a compare-exchange that fails, may read an older message: any that its view still allows.

    In addition there are the value, accessed without atomics, and the memory of both, freed at the end.

    A data race, an access to a value that is not there (not yet, or no longer), an access to freed memory and a second free
    lead to the result [Error].

    Every ordering is taken from a table [T : access -> operation] (Accesses.v) by the access's name. *)

From Coq Require Import List Arith.
From ProvenArc Require Import Accesses.
Import ListNotations.

(** ** Words, views, messages *)

(** The two fields of the word as numbers: how many [Arc]s there are, and the number in the weak field ([Weak]s, and one more
    while the implicit weak is owned).  The numbers are unbounded here.  Limits.v proves that the crate's numbers stay
    within their fields (Word.v states what follows from it). *)
Record word := Word { strong : nat; weak : nat }.

Definition UNIQUE : word := Word 1 1.

Definition plus_strong  (w : word) : word := Word (S (strong w)) (weak w).
Definition minus_strong (w : word) : word := Word (strong w - 1) (weak w).
Definition more_strong (n : nat) (w : word) : word := Word (strong w + n) (weak w).
Definition less_strong (n : nat) (w : word) : word := Word (strong w - n) (weak w).
Definition plus_weak    (w : word) : word := Word (strong w) (S (weak w)).
Definition minus_weak   (w : word) : word := Word (strong w) (weak w - 1).

(** Every access, to the value and to the word, is an _event_; events are numbered 0, 1, 2, ...  Event 0 is the
    initialisation.  A _view_ says which events happen before its owner's next step, and which message is the
    oldest that its owner may still read.  (Lists of events are used as sets.) *)
Record view := View { known : list nat; oldest : nat }.

Definition join (V U : view) : view := View (known V ++ known U) (Nat.max (oldest V) (oldest U)).

(** A message of the word's history: the word, and the events that happen before a reader's next step, if the reader uses
    Acquire.  (The messages that this makes too old need not be stored: all are older than this message.) *)
Record message := Msg { content : word; released : list nat }.

(** ** The memory *)

Record memory := Mem {
  earlier : list message;   (** the word's history without its newest message, oldest first *)
  newest  : message;
  clock   : nat;            (** the number of events so far: the next event's number *)
  writes  : list nat;       (** the events that wrote the value: initialise, write, drop, move out *)
  reads   : list nat;       (** the events that read the value *)
  present : bool;           (** whether the value is there *)
  frees   : nat;            (** how often the memory was freed *)
  inits   : nat;            (** how often the value was initialised, *)
  drops   : nat;            (** dropped in place, *)
  moves   : nat             (** and moved out to a caller *)
}.

Definition now (m : memory) : word := content (newest m).

(** Messages are numbered from 0, and [last m] is the number of the newest one. *)
Definition last (m : memory) : nat := length (earlier m).
Definition message_at (m : memory) (i : nat) : option message := nth_error (earlier m ++ [newest m]) i.

(** Message [g], with number [i], may be read with view [V]. *)
Definition can_read (m : memory) (V : view) (i : nat) (g : message) : Prop :=
  oldest V <= i /\ message_at m i = Some g.

(** ** Effects: how one step changes the memory, and the view of the agent that takes it *)

Inductive effect :=
| Nothing
| Learn (U : view)                                      (** synchronisation by other means than this word *)
| LoadWord (o : ordering) (i : nat) (g : message)       (** an atomic load of message [g], number [i] *)
| ModifyWord (o : ordering) (w : word)                  (** an RMW: it replaces the newest message's word by [w] *)
| ReadValue | WriteValue | InitValue | DropValue | MoveValue
| FreeMemory.

(** What a read of message [g] with ordering [o] makes known. *)
Definition acquired (o : ordering) (g : message) : list nat := if acquires o then released g else [].

Definition view_after (e : effect) (m : memory) (V : view) : view :=
  match e with
  | Nothing => V
  | Learn U => join V U
  | LoadWord o i g => View (clock m :: acquired o g ++ known V) i
  | ModifyWord o _ => View (clock m :: acquired o (newest m) ++ known V) (S (last m))
  | _ => View (clock m :: known V) (oldest V)
  end.

(** An RMW passes on what the message before it releases (the release sequence).  With Release it adds everything that its
    own view knows, including itself. *)
Definition new_message (o : ordering) (w : word) (m : memory) (V' : view) : message :=
  Msg w ((if releases o then known V' else []) ++ released (newest m)).

Definition memory_after (e : effect) (m : memory) (V : view) : memory :=
  let V' := view_after e m V in
  let c := clock m in
  match m with
  | Mem old new _ ws rs p f i d x =>
    match e with
    | Nothing | Learn _ => Mem old new c ws rs p f i d x
    | LoadWord _ _ _    => Mem old new (S c) ws rs p f i d x
    | ModifyWord o w    => Mem (old ++ [new]) (new_message o w m V') (S c) ws rs p f i d x
    | ReadValue         => Mem old new (S c) ws (c :: rs) p f i d x
    | WriteValue        => Mem old new (S c) (c :: ws) rs p f i d x
    | InitValue         => Mem old new (S c) (c :: ws) rs true f (S i) d x
    | DropValue         => Mem old new (S c) (c :: ws) rs false f i (S d) x
    | MoveValue         => Mem old new (S c) (c :: ws) rs false f i d (S x)
    | FreeMemory        => Mem old new (S c) ws rs p (S f) i d x
    end
  end.

(** ** What is an error *)

Inductive fault := DataRace | NoValue | NoMemory.

(** Event [x] must happen before the effect [e], otherwise it is a data race.  Reading the value conflicts with every write.
    Writing, dropping or moving it conflicts with every read, too.  The free conflicts with every event, even loads of the
    word.  The word's initialisation conflicts with every access to it. *)
Definition conflicts (m : memory) (e : effect) (x : nat) : Prop :=
  match e with
  | Nothing | Learn _ => False
  | LoadWord _ _ _ | ModifyWord _ _ => x = 0
  | ReadValue => In x (writes m)
  | WriteValue | InitValue | DropValue | MoveValue => In x (writes m) \/ In x (reads m)
  | FreeMemory => x < clock m
  end.

Definition wrong (m : memory) (V : view) (e : effect) (f : fault) : Prop :=
  match f with
  | DataRace => exists x, conflicts m e x /\ ~ In x (known V)
  | NoValue =>
      match e with
      | ReadValue | WriteValue | DropValue | MoveValue => present m = false
      | InitValue => present m = true
      | _ => False
      end
  | NoMemory => match e with Nothing | Learn _ => False | _ => frees m <> 0 end
  end.

(** ** Agents

    The agents are not threads but handles, and operations that have used up a handle.  Whatever else threads do (spawn,
    join, send, lock, ...) only passes views on: [Learn] can happen at any time, with any view that has read no message of
    the future.  (So an agent may know more than it does in the crate's executions, but never has to.)

    A handle is used through _tokens_: one if it is not borrowed, more while several threads borrow it at once ([&Arc],
    [&Weak]).  Each token has its own view and its own place in its own operation.  A borrow splits off a token, and ends
    when the token is merged.  An operation that consumes the handle or borrows it mutably needs its only token. *)

Inductive place :=
| Idle                            (** between operations *)
| Upgrading (i : nat) (c : word)  (** upgrade: has read word [c] in message [i], its compare-exchange is next *)
| IntoStrong (i : nat) (c : word) (** into_strong: the same *)
| Stealing (i : nat) (c : word)   (** make_mut, try_unwrap: the same, before the steal *)
| Exclusive                       (** has read UNIQUE, or has just made the value: may write (until the [&mut] ends), or take it *)
| Empty                           (** like [Exclusive], but without a value: not yet written, or moved out by [try_map] *)
| Past (s w : nat).               (** its addition of [s] strong or [w] weak handles has passed a limit: after [undo] (then with
                                      0 and 0) the process ends, or at least the thread never returns *)

Record token := Tok { at_place : place; sight : view }.

(** [Building v]: new_cyclic before the value is there ([v] false), or a UniqueArc ([v] true): no strong handle yet,
    and the builder owns the implicit weak. *)
Inductive kind := Strong | Weak | Building (v : bool).

(** The fate of the value: dropped in place, or moved out to the caller (into_inner, try_unwrap, make_mut).  [Vacant]: there
    is none ([try_map] has failed, or its function has panicked). *)
Inductive how := Destroy | HandOut | Vacant.

Inductive task :=
| LastDrop (h : how)              (** has released the last strong handle; its load [take_value] is next *)
| Owner (h : how) (alone : bool)  (** owns the value (or its place) and the implicit weak; [alone]: knows that no Weak is left *)
| Releasing                       (** the value is gone; has still to release the implicit weak *)
| LastWeak                        (** has released the last weak; its load [release_weak_last] is next *)
| Freeing.                        (** the free is next *)

Inductive agent :=
| Handle (k : kind) (ts : list token)
| Clones (n : nat) (V : view)     (** the strong handles that clone_many has made, as long as they have not been taken out: [n], at least 1 *)
| Busy (t : task) (V : view).

Record state := State { mem : memory; agents : list agent }.

(** ** The operations, step by step

    [act T m V V' o a e bs]: in memory [m], agent [a], acting with view [V], takes a step of operation [o] with effect [e],
    and the agents [bs] replace it.  [V'] is the view after the step ([view_after e m V], see [step]). *)

Inductive op :=
| OClone | ONext | ODowngrade | OLook | ORead | OWrite | ODrop (h : how) | OIntoWeak | OUnique | OEndMut | OTryUnwrap
| OIntoUnique | OSteal | OGiveUp | OUpgrade | OIntoStrong | OUpgraded | OWeakDrop
| OInit | OPublish | OAbandon (h : how) | OFill | OMoveOut | ODropEmpty | OPast | OUndo
| OTask | OSplit | OMerge | OLearn.

Definition rmw (T : table) (x : access) (w : word) : effect := ModifyWord (order (T x)) w.
Definition load (T : table) (x : access) (i : nat) (g : message) : effect := LoadWord (order (T x)) i g.
Definition miss (T : table) (x : access) (i : nat) (g : message) : effect := LoadWord (failure_order (T x)) i g.

(** A compare-exchange that expects [c] may fail reading [g]. *)
Definition can_fail (T : table) (x : access) (c : word) (g : message) : Prop :=
  content g = c -> may_fail_spuriously (T x) = true.

Definition take (h : how) : effect := match h with Destroy => DropValue | HandOut => MoveValue | Vacant => Nothing end.

(** The kinds of handle through which the value may be read, and those that are [Weak]s (new_cyclic lends one). *)
Definition reader (k : kind) : bool := match k with Strong | Building true => true | _ => false end.
Definition weakly (k : kind) : bool := match k with Strong => false | _ => true end.

Inductive act (T : table) (m : memory) (V V' : view) : op -> agent -> effect -> list agent -> Prop :=

(** *** Through any token of an Arc, a Weak or a UniqueArc, borrowed or not *)

(** reading the value: [*arc], [*unique_arc] *)
| read_value : forall k p q, reader k = true ->
    act T m V V' ORead (Handle k (p ++ Tok Idle V :: q)) ReadValue [Handle k (p ++ Tok Idle V' :: q)]

(** Arc::clone *)
| clone : forall p q,
    act T m V V' OClone (Handle Strong (p ++ Tok Idle V :: q))
      (rmw T Access.add_strong (plus_strong (now m)))
      [Handle Strong (p ++ Tok Idle V' :: q); Handle Strong [Tok Idle V']]

(** Arc::clone_many: [n] strong handles by one RMW, kept together.  This is the first RMW of [Word::add_strong].
    [clone_more] is for the next ones. *)
| clone_many : forall p q n, 1 <= n ->
    act T m V V' OClone (Handle Strong (p ++ Tok Idle V :: q))
      (rmw T Access.add_strong (more_strong n (now m)))
      [Handle Strong (p ++ Tok Idle V' :: q); Clones n V']

(** Arc::downgrade, Weak::clone, UniqueArc::downgrade *)
| downgrade : forall k p q,
    act T m V V' ODowngrade (Handle k (p ++ Tok Idle V :: q))
      (rmw T Access.add_weak (plus_weak (now m)))
      [Handle k (p ++ Tok Idle V' :: q); Handle Weak [Tok Idle V']]

(** An addition that passes a limit, and the [undo] after it.  ([upgrade] and [into_strong] do not add past a limit.) An
    [into_weak] that passes the limit is [into_weak_shared] or [into_weak_last] and then [weak_drop_shared], and its thread
    never returns either. *)
| past_strong : forall p q n,
    act T m V V' OPast (Handle Strong (p ++ Tok Idle V :: q))
      (rmw T Access.add_strong (more_strong n (now m))) [Handle Strong (p ++ Tok (Past n 0) V' :: q)]
| past_weak : forall k p q,
    act T m V V' OPast (Handle k (p ++ Tok Idle V :: q))
      (rmw T Access.add_weak (plus_weak (now m))) [Handle k (p ++ Tok (Past 0 1) V' :: q)]
| undo : forall k p q s w,
    act T m V V' OUndo (Handle k (p ++ Tok (Past s w) V :: q))
      (rmw T Access.undo (Word (strong (now m) - s) (weak (now m) - w))) [Handle k (p ++ Tok (Past 0 0) V' :: q)]

(** counts, strong_count, weak_count, is_unique; get_mut, make_mut and try_unwrap if they fail *)
| look : forall k p q x i g, In x [Access.is_unique; Access.sole; Access.counts] -> can_read m V i g ->
    act T m V V' OLook (Handle k (p ++ Tok Idle V :: q)) (load T x i g) [Handle k (p ++ Tok Idle V' :: q)]

(** *** Through the only token of an Arc *)

(** Arc::drop, Arc::into_inner: not the last; the last *)
| drop_shared : forall h, strong (now m) <> 1 ->
    act T m V V' (ODrop h) (Handle Strong [Tok Idle V]) (rmw T Access.release_strong (minus_strong (now m))) []
| drop_last : forall h, h <> Vacant -> strong (now m) = 1 ->
    act T m V V' (ODrop h) (Handle Strong [Tok Idle V]) (rmw T Access.release_strong (minus_strong (now m))) [Busy (LastDrop h) V']

(** Arc::into_weak: the Arc becomes a Weak.  If it was the last, the value is to be dropped *)
| into_weak_shared : strong (now m) <> 1 ->
    act T m V V' OIntoWeak (Handle Strong [Tok Idle V])
      (rmw T Access.strong_into_weak (plus_weak (minus_strong (now m)))) [Handle Weak [Tok Idle V']]
| into_weak_last : strong (now m) = 1 ->
    act T m V V' OIntoWeak (Handle Strong [Tok Idle V])
      (rmw T Access.strong_into_weak (plus_weak (minus_strong (now m)))) [Handle Weak [Tok Idle V']; Busy (LastDrop Destroy) V']

(** get_mut, is_unique, into_unique ([is_unique]), make_mut, try_unwrap ([sole]), counts ([counts]) read UNIQUE: no other
    handle is left *)
| read_unique : forall x i g, In x [Access.is_unique; Access.sole; Access.counts] -> can_read m V i g -> content g = UNIQUE ->
    act T m V V' OUnique (Handle Strong [Tok Idle V]) (load T x i g) [Handle Strong [Tok Exclusive V']]

(** with that: read and write the value; end the exclusive borrow; *)
| exclusive_read :
    act T m V V' ORead (Handle Strong [Tok Exclusive V]) ReadValue [Handle Strong [Tok Exclusive V']]
| exclusive_write :
    act T m V V' OWrite (Handle Strong [Tok Exclusive V]) WriteValue [Handle Strong [Tok Exclusive V']]
| end_exclusive :
    act T m V V' OEndMut (Handle Strong [Tok Exclusive V]) Nothing [Handle Strong [Tok Idle V']]

(** or, in try_unwrap, move the value out and free, with no RMW; or, in into_unique, become a UniqueArc *)
| try_unwrap_take :
    act T m V V' OTryUnwrap (Handle Strong [Tok Exclusive V]) MoveValue [Busy Freeing V']
| into_unique :
    act T m V V' OIntoUnique (Handle Strong [Tok Exclusive V])
      (rmw T Access.release_strong (minus_strong (now m))) [Handle (Building true) [Tok Idle V']]

(** A handle whose place has no value, before the first one is written (Arc::new, make_mut's new allocation), or after it was
    moved out (try_map).  The value is written, or the memory is freed (an allocation that was never handed out), or the
    handle is dropped. *)
| fill :
    act T m V V' OFill (Handle Strong [Tok Empty V]) InitValue [Handle Strong [Tok Exclusive V']]
| move_out :
    act T m V V' OMoveOut (Handle Strong [Tok Exclusive V]) MoveValue [Handle Strong [Tok Empty V']]
| discard :
    act T m V V' ODropEmpty (Handle Strong [Tok Empty V]) Nothing [Busy Freeing V']
| drop_empty :
    act T m V V' ODropEmpty (Handle Strong [Tok Empty V])
      (rmw T Access.release_strong (minus_strong (now m))) [Busy (LastDrop Vacant) V']

(** make_mut, try_unwrap: one strong handle, some Weaks: the steal.  If it fails, the operation starts again. *)
| steal_look : forall i g, can_read m V i g -> strong (content g) = 1 -> weak (content g) <> 1 ->
    act T m V V' OSteal (Handle Strong [Tok Idle V]) (load T Access.sole i g)
      [Handle Strong [Tok (Stealing i (content g)) V']]
| steal_done : forall i c, now m = c ->
    act T m V V' OSteal (Handle Strong [Tok (Stealing i c) V])
      (rmw T Access.steal (minus_strong c)) [Busy (Owner HandOut false) V']
| steal_failed : forall i c j g, can_read m V j g -> can_fail T Access.steal c g ->
    act T m V V' OSteal (Handle Strong [Tok (Stealing i c) V]) (miss T Access.steal j g) [Handle Strong [Tok Idle V']]

(** between the two, make_mut allocates, which may panic *)
| steal_given_up : forall i c,
    act T m V V' OGiveUp (Handle Strong [Tok (Stealing i c) V]) Nothing [Handle Strong [Tok Idle V']]

(** *** Clones: more of them; taking them out one by one; giving back [k] at once: some, all, and they were the last *)
| clone_more : forall n k,
    act T m V V' OClone (Clones n V) (rmw T Access.add_strong (more_strong k (now m))) [Clones (n + k) V']
| next : forall n, 1 <= n ->
    act T m V V' ONext (Clones (S n) V) Nothing [Clones n V'; Handle Strong [Tok Idle V']]
| next_last :
    act T m V V' ONext (Clones 1 V) Nothing [Handle Strong [Tok Idle V']]
| give_back_some : forall n k, k < n ->
    act T m V V' (ODrop Destroy) (Clones n V) (rmw T Access.release_strong (less_strong k (now m))) [Clones (n - k) V']
| give_back_shared : forall n, strong (now m) <> n ->
    act T m V V' (ODrop Destroy) (Clones n V) (rmw T Access.release_strong (less_strong n (now m))) []
| give_back_last : forall n, strong (now m) = n ->
    act T m V V' (ODrop Destroy) (Clones n V) (rmw T Access.release_strong (less_strong n (now m))) [Busy (LastDrop Destroy) V']

(** *** Through any token of a Weak, or of the one that new_cyclic lends *)

(** Weak::upgrade: the first look, then the loop *)
| upgrade_none : forall k p q i g, weakly k = true -> can_read m V i g -> strong (content g) = 0 ->
    act T m V V' OUpgrade (Handle k (p ++ Tok Idle V :: q)) (load T Access.upgrade_look i g) [Handle k (p ++ Tok Idle V' :: q)]
| upgrade_look : forall k p q i g, weakly k = true -> can_read m V i g -> strong (content g) <> 0 ->
    act T m V V' OUpgrade (Handle k (p ++ Tok Idle V :: q)) (load T Access.upgrade_look i g)
      [Handle k (p ++ Tok (Upgrading i (content g)) V' :: q)]
| upgrade_done : forall k p q i c, now m = c ->
    act T m V V' OUpgraded (Handle k (p ++ Tok (Upgrading i c) V :: q))
      (rmw T Access.upgrade (plus_strong c)) [Handle k (p ++ Tok Idle V' :: q); Handle Strong [Tok Idle V']]
| upgrade_failed_none : forall k p q i c j g, can_read m V j g -> can_fail T Access.upgrade c g -> strong (content g) = 0 ->
    act T m V V' OUpgrade (Handle k (p ++ Tok (Upgrading i c) V :: q)) (miss T Access.upgrade j g)
      [Handle k (p ++ Tok Idle V' :: q)]
| upgrade_again : forall k p q i c j g, can_read m V j g -> can_fail T Access.upgrade c g -> strong (content g) <> 0 ->
    act T m V V' OUpgrade (Handle k (p ++ Tok (Upgrading i c) V :: q)) (miss T Access.upgrade j g)
      [Handle k (p ++ Tok (Upgrading j (content g)) V' :: q)]

(** *** Through the only token of a Weak *)

(** Weak::into_strong: the same loop, whose RMW also removes the Weak *)
| into_strong_none : forall i g, can_read m V i g -> strong (content g) = 0 ->
    act T m V V' OIntoStrong (Handle Weak [Tok Idle V]) (load T Access.upgrade_look i g) [Handle Weak [Tok Idle V']]
| into_strong_look : forall i g, can_read m V i g -> strong (content g) <> 0 ->
    act T m V V' OIntoStrong (Handle Weak [Tok Idle V]) (load T Access.upgrade_look i g)
      [Handle Weak [Tok (IntoStrong i (content g)) V']]
| into_strong_done : forall i c, now m = c ->
    act T m V V' OUpgraded (Handle Weak [Tok (IntoStrong i c) V])
      (rmw T Access.upgrade (minus_weak (plus_strong c))) [Handle Strong [Tok Idle V']]
| into_strong_failed_none : forall i c j g, can_read m V j g -> can_fail T Access.upgrade c g -> strong (content g) = 0 ->
    act T m V V' OIntoStrong (Handle Weak [Tok (IntoStrong i c) V]) (miss T Access.upgrade j g) [Handle Weak [Tok Idle V']]
| into_strong_again : forall i c j g, can_read m V j g -> can_fail T Access.upgrade c g -> strong (content g) <> 0 ->
    act T m V V' OIntoStrong (Handle Weak [Tok (IntoStrong i c) V]) (miss T Access.upgrade j g)
      [Handle Weak [Tok (IntoStrong j (content g)) V']]

(** Weak::drop: not the last; the last *)
| weak_drop_shared : weak (now m) <> 1 ->
    act T m V V' OWeakDrop (Handle Weak [Tok Idle V]) (rmw T Access.release_weak (minus_weak (now m))) []
| weak_drop_last : weak (now m) = 1 ->
    act T m V V' OWeakDrop (Handle Weak [Tok Idle V]) (rmw T Access.release_weak (minus_weak (now m))) [Busy LastWeak V']

(** *** The builder: new_cyclic and UniqueArc *)

| init_value :
    act T m V V' OInit (Handle (Building false) [Tok Idle V]) InitValue [Handle (Building true) [Tok Idle V']]
| builder_write :
    act T m V V' OWrite (Handle (Building true) [Tok Idle V]) WriteValue [Handle (Building true) [Tok Idle V']]
| publish :
    act T m V V' OPublish (Handle (Building true) [Tok Idle V])
      (rmw T Access.publish (plus_strong (now m))) [Handle Strong [Tok Idle V']]

(** the UniqueArc is dropped, or its value moved out (with or without a look, [take_value], whether a Weak is left); or the
    same of a UniqueArc that has no value yet, or of new_cyclic's place, when the closure has panicked *)
| abandon : forall h t, h <> Vacant -> t = LastDrop h \/ t = Owner h false ->
    act T m V V' (OAbandon h) (Handle (Building true) [Tok Idle V]) Nothing [Busy t V']
| abandon_empty : forall h t, t = LastDrop Vacant \/ t = Releasing ->
    act T m V V' (OAbandon h) (Handle (Building false) [Tok Idle V]) Nothing [Busy t V']

(** *** The way of the value and of the memory, after the last strong handle *)

(** [take_value].  Reading weak = 1 shows that no Weak is left.  (The machine may ignore that.  Then it releases the implicit
    weak.) *)
| last_drop_alone : forall h i g, can_read m V i g -> weak (content g) = 1 ->
    act T m V V' OTask (Busy (LastDrop h) V) (load T Access.take_value i g) [Busy (Owner h true) V']
| last_drop : forall h i g, can_read m V i g ->
    act T m V V' OTask (Busy (LastDrop h) V) (load T Access.take_value i g) [Busy (Owner h false) V']

(** into_unique: the value stays, and its owner is a UniqueArc *)
| claim : forall h i g, h <> Vacant -> can_read m V i g ->
    act T m V V' OTask (Busy (LastDrop h) V) (load T Access.take_value i g) [Handle (Building true) [Tok Idle V']]

(** drop the value, or move it out; if no Weak is left, free with no second RMW *)
| take_alone : forall h,
    act T m V V' OTask (Busy (Owner h true) V) (take h) [Busy Freeing V']
| take_shared : forall h,
    act T m V V' OTask (Busy (Owner h false) V) (take h) [Busy Releasing V']

(** release the implicit weak: not the last; the last *)
| release_shared : weak (now m) <> 1 ->
    act T m V V' OTask (Busy Releasing V) (rmw T Access.release_weak (minus_weak (now m))) []
| release_last : weak (now m) = 1 ->
    act T m V V' OTask (Busy Releasing V) (rmw T Access.release_weak (minus_weak (now m))) [Busy LastWeak V']

| last_weak : forall i g, can_read m V i g ->
    act T m V V' OTask (Busy LastWeak V) (load T Access.release_weak_last i g) [Busy Freeing V']
| free :
    act T m V V' OTask (Busy Freeing V) FreeMemory []

(** *** Borrows, and synchronisation by other means *)

| split : forall k p q,
    act T m V V' OSplit (Handle k (p ++ Tok Idle V :: q)) Nothing [Handle k (p ++ Tok Idle V' :: Tok Idle V' :: q)]
| merge : forall k p q U r,
    act T m V V' OMerge (Handle k (p ++ Tok Idle V :: q ++ Tok Idle U :: r)) (Learn U)
      [Handle k (p ++ Tok Idle V' :: q ++ r)]
| learn_token : forall k p l q U, oldest U <= last m ->
    act T m V V' OLearn (Handle k (p ++ Tok l V :: q)) (Learn U) [Handle k (p ++ Tok l V' :: q)]
| learn_clones : forall n U, oldest U <= last m ->
    act T m V V' OLearn (Clones n V) (Learn U) [Clones n V']
| learn_task : forall t U, oldest U <= last m ->
    act T m V V' OLearn (Busy t V) (Learn U) [Busy t V'].

(** ** The machine's steps and runs *)

Inductive result := Ok (s : state) | Error (f : fault).

Inductive step (T : table) : state -> op -> result -> Prop :=
| step_ok : forall m l a r V o e bs,
    act T m V (view_after e m V) o a e bs ->
    (forall f, ~ wrong m V e f) ->
    step T (State m (l ++ a :: r)) o (Ok (State (memory_after e m V) (l ++ bs ++ r)))
| step_error : forall m l a r V o e bs f,
    act T m V (view_after e m V) o a e bs ->
    wrong m V e f ->
    step T (State m (l ++ a :: r)) o (Error f).

(** The start of a run: an Arc (the word UNIQUE) whose value is initialised together with the word (new_uninit), or is
    written later ([fill]: Arc::new, make_mut's new allocation); or a builder (the word: no strong handle, weak = 1; no value
    yet; UniqueArc::new continues with [init_value] at once). *)
Definition start_new : state :=
  State (Mem [] (Msg UNIQUE []) 1 [0] [] true 0 1 0 0) [Handle Strong [Tok Idle (View [0] 0)]].

Definition start_empty : state :=
  State (Mem [] (Msg UNIQUE []) 1 [] [] false 0 0 0 0) [Handle Strong [Tok Empty (View [0] 0)]].

Definition start_building : state :=
  State (Mem [] (Msg (Word 0 1) []) 1 [] [] false 0 0 0 0) [Handle (Building false) [Tok Idle (View [0] 0)]].

(** [run T P s r]: a run from the start to [r] in which all operations satisfy [P]. *)
Inductive run (T : table) (P : op -> Prop) : result -> Prop :=
| run_new : run T P (Ok start_new)
| run_empty : run T P (Ok start_empty)
| run_building : run T P (Ok start_building)
| run_step : forall s o r, run T P (Ok s) -> P o -> step T s o r -> run T P r.

Definition reachable (T : table) : result -> Prop := run T (fun _ => True).

(** [leads T s r]: the machine can get from state [s] to [r]. *)
Inductive leads (T : table) : state -> result -> Prop :=
| leads_here : forall s, leads T s (Ok s)
| leads_error : forall s o f, step T s o (Error f) -> leads T s (Error f)
| leads_on : forall s o s' r, step T s o (Ok s') -> leads T s' r -> leads T s r.
