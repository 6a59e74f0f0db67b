(** * The theorems

    Read this with Accesses.v (the table [code] of the crate's accesses), Model.v (the machine) and Terms.v (a few terms),
    and with Word.v for the three theorems about the 64 bits.  Nothing else is needed to understand the claims.

    [reachable code (Ok s)]: state [s] can be reached.  [State m (l ++ a :: r)]: a state with memory [m], and with agent [a]
    between the agents [l] and [r].  [known V] are the events that happen before the next step of the agent with view [V].
    The proofs are elsewhere, and Assumptions.v prints that they rely on no axiom. *)

From Coq Require Import List Arith ZArith Lia.
From ProvenArc Require Import Accesses Model Terms Invariant Preservation Steps Safety Reasons Corollaries Progress Counts Life Word Bits Necessity CountsStale
  Lang Play Shipped Client ClientPlay Clients Inhabited Dangling Graph Own Run EndToEnd RC11 Sanity.
Import Model Terms ListNotations.

(** Each line of the table has the kind of instruction that the machine requires. *)
Theorem table_fits_the_machine : forall x, kind_in_table (code x) = kind_in_machine x.
Proof. destruct x; reflexivity. Qed.

(** ** 1. Safety

    No data race on the value, no access to a value that is not there, no access to freed memory, no second free, no
    race of an access to the word with its initialisation or with the free. *)
Theorem safety : forall f, ~ reachable code (Error f).
Proof. exact no_error. Qed.

(** ** 2. Exclusivity *)

(** If a handle's only token reads UNIQUE, it reads the newest message, and there is no other agent: no stale UNIQUE. *)
Theorem no_stale_unique : forall m l V r i g,
  reachable code (Ok (State m (l ++ Handle Strong [Tok Idle V] :: r))) ->
  can_read m V i g -> content g = UNIQUE ->
  i = last m /\ g = newest m /\ l = [] /\ r = [].
Proof. exact unique_is_newest_and_alone. Qed.

(** From then on, while it is exclusive, it is the only token of the only agent, and every event so far happens before its
    next step. *)
Theorem exclusive : forall m l k ts r V,
  reachable code (Ok (State m (l ++ Handle k ts :: r))) -> In (Tok Exclusive V) ts ->
  l = [] /\ r = [] /\ k = Strong /\ ts = [Tok Exclusive V] /\ now m = UNIQUE
  /\ forall x, x < clock m -> In x (known V).
Proof. exact exclusive_is_exclusive. Qed.

(** When an agent writes the value, drops it or moves it out (get_mut, make_mut, try_unwrap, into_inner, drop, UniqueArc), no
    other agent is a strong handle, and every earlier access to the value happens before. *)
Theorem taker_is_exclusive : forall m l a r V V' o e bs,
  reachable code (Ok (State m (l ++ a :: r))) ->
  act code m V V' o a e bs ->
  e = WriteValue \/ e = InitValue \/ e = DropValue \/ e = MoveValue ->
  (forall k ts, In (Handle k ts) (l ++ r) -> k <> Strong)
  /\ (forall x, In x (writes m) \/ In x (reads m) -> In x (known V)).
Proof.
  intros m l a r V V' o e bs R A H.
  destruct (takers_are_exclusive m l a r V V' o e bs R A) as [S K].
  - destruct H as [->|[->|[->| ->]]]; exact I.
  - split; [|exact K]. intros k ts J ->. specialize (S _ J). discriminate S.
Qed.

(** If an agent owns the value after the last strong handle (drop, into_inner, the steal), all other agents are Weaks.  If it
    found that no Weak is left, it is the only agent, and every event so far happens before the free to come. *)
Theorem owner_is_the_only_one : forall m l h alone V r,
  reachable code (Ok (State m (l ++ Busy (Owner h alone) V :: r))) ->
  (forall x, In x (writes m) \/ In x (reads m) -> In x (known V))
  /\ strong (now m) = 0
  /\ (forall b, In b (l ++ r) -> exists ts, b = Handle Weak ts)
  /\ (alone = true -> l = [] /\ r = [] /\ forall x, x < clock m -> In x (known V)).
Proof. exact owner_is_exclusive. Qed.

(** The agent that frees is the last one, and every event so far happens before. *)
Theorem the_free_is_last : forall m l V r,
  reachable code (Ok (State m (l ++ Busy Freeing V :: r))) ->
  l = [] /\ r = [] /\ frees m = 0 /\ forall x, x < clock m -> In x (known V).
Proof. exact freeing_is_alone. Qed.

(** If a handle's only token reads by [counts] that the strong count is 1 (with any number of Weaks), in a run without a
    successful upgrade or into_strong, then no other strong handle is left, and every access to the value happens before. *)
Theorem strong_count_one : forall m l V r i g,
  run code no_upgrade (Ok (State m (l ++ Handle Strong [Tok Idle V] :: r))) ->
  can_read m V i g -> strong (content g) = 1 ->
  (forall k ts, In (Handle k ts) (l ++ r) -> k <> Strong)
  /\ forall x, In x (writes m) \/ In x (reads m) -> In x (known (view_after (load code Access.counts i g) m V)).
Proof. exact strong_count_one_is_alone. Qed.

(** A Weak that upgraded before is enough to make that false, even if no Weak upgrades any more. *)
Theorem strong_count_one_may_be_stale : exists m V W i g x,
  reachable code (Ok (State m [Handle Strong [Tok Idle V]; Handle Weak [Tok Idle W]]))
  /\ can_read m V i g /\ strong (content g) = 1
  /\ In x (reads m) /\ ~ In x (known (view_after (load code Access.counts i g) m V)).
Proof. exact count_one_is_stale. Qed.

(** ** 3. Exactly once *)

(** Each value that was ever put in has been dropped or moved out once, or is still there.  At most one was dropped in place.
    The memory is freed at most once, when no agent is left and the value is gone. *)
Theorem at_most_one_each : forall m ags, reachable code (Ok (State m ags)) ->
  drops m + moves m + Nat.b2n (present m) = inits m /\ drops m <= 1 /\ frees m <= 1
  /\ (frees m = 1 -> ags = [] /\ present m = false).
Proof. exact at_most_once. Qed.

(** Without [try_map] in place there is at most one value: it is initialised, and dropped or moved out, at most once. *)
Theorem one_value_at_most : forall m ags, run code no_map (Ok (State m ags)) ->
  inits m <= 1 /\ drops m + moves m <= 1.
Proof.
  intros m ags R. pose proof (one_value _ R m ags eq_refl). destruct (at_most_once m ags (run_weaker _ _ _ R)) as (E & _). lia.
Qed.

(** When no handle and no operation is left, both have happened: the memory was freed once, and the value, if there ever was
    one (new_cyclic's closure may have panicked), was dropped or moved out once. *)
Theorem no_leak : forall m, reachable code (Ok (State m [])) ->
  frees m = 1 /\ drops m + moves m = inits m /\ present m = false.
Proof. exact nothing_leaks. Qed.

(** And every state can reach that one, if no addition has passed a limit. *)
Theorem everything_can_end : forall m ags, reachable code (Ok (State m ags)) -> sum stuck ags = 0 ->
  exists m', leads code (State m ags) (Ok (State m' [])).
Proof. exact can_end. Qed.

(** ** 4. into_inner

    In a run in which no drop takes an Arc or a UniqueArc, and no into_weak takes an Arc: when no strong handle is left, and
    no call that has still to take the value, exactly one call has got it, and it was never dropped. *)
Theorem into_inner_exactly_one : forall m ags,
  run code hands_out (Ok (State m ags)) ->
  sum strongs ags = 0 -> sum takers ags = 0 -> inits m = 1 ->
  moves m = 1 /\ drops m = 0.
Proof. exact exactly_one_gets_the_value. Qed.

(** In any run: exactly one has got it or dropped it. *)
Theorem exactly_one_takes : forall m ags,
  reachable code (Ok (State m ags)) ->
  sum strongs ags = 0 -> sum takers ags = 0 -> inits m = 1 ->
  moves m + drops m = 1.
Proof. exact exactly_one_takes_the_value. Qed.

(** ** 5. Progress *)

(** Each step of an operation's last part ([take_value], the value, [release_weak], [release_weak_last], the free:
    [task_steps] is 5 at most) brings it nearer to its end. *)
Theorem bounded_tasks : forall T m V V' t W e bs,
  act T m V V' OTask (Busy t W) e bs -> sum steps_to_go bs < task_steps t.
Proof. exact tasks_are_bounded. Qed.

(** Any operation that does not loop is one step, and such a last part at most.  (The one step has no condition in the
    machine, except that a load reads a message.) *)
Theorem bounded_operations : forall T m V V' o a e bs,
  act T m V V' o a e bs -> o <> OTask -> o <> OLearn -> ~ looping o ->
  sum steps_to_go bs <= 5 /\ sum loops bs <= loops a.
Proof. exact operations_are_bounded. Qed.

(** No operation waits for another: in every state, an agent within an operation has a next step. *)
Theorem wait_free : forall m l t V r,
  reachable code (Ok (State m (l ++ Busy t V :: r))) ->
  exists e bs, act code m V (view_after e m V) OTask (Busy t V) e bs
    /\ step code (State m (l ++ Busy t V :: r)) OTask (Ok (State (memory_after e m V) (l ++ bs ++ r))).
Proof. exact tasks_never_wait. Qed.

Theorem loops_go_on : forall m l k p i V q r,
  reachable code (Ok (State m (l ++ Handle k (p ++ Tok i V :: q) :: r))) -> in_loop i = 1 ->
  exists o e bs, looping o /\ act code m V (view_after e m V) o (Handle k (p ++ Tok i V :: q)) e bs
    /\ step code (State m (l ++ Handle k (p ++ Tok i V :: q) :: r)) o (Ok (State (memory_after e m V) (l ++ bs ++ r))).
Proof. exact loops_never_wait. Qed.

(** The loops are lock-free: a compare-exchange of upgrade or into_strong whose look was at message [i] fails spuriously, or
    because it reads a message [j] newer than [i].  The steal's fails only for the second reason.  A new message is an RMW
    that succeeded. *)
Theorem lock_free_upgrade : forall m l k p i c V q r j g at_,
  reachable code (Ok (State m (l ++ Handle k (p ++ Tok at_ V :: q) :: r))) ->
  at_ = Upgrading i c \/ at_ = IntoStrong i c ->
  can_read m V j g -> can_fail code Access.upgrade c g ->
  content g = c \/ (i < j /\ j <= last m).
Proof. exact upgrade_retries_for_a_reason. Qed.

Theorem lock_free_steal : forall m l i c V r j g,
  reachable code (Ok (State m (l ++ Handle Strong [Tok (Stealing i c) V] :: r))) ->
  can_read m V j g -> can_fail code Access.steal c g ->
  i < j /\ j <= last m.
Proof. exact steal_retries_for_a_reason. Qed.

Theorem a_message_is_an_rmw : forall e m V,
  last (memory_after e m V) = match e with ModifyWord _ _ => S (last m) | _ => last m end.
Proof. exact messages_are_rmws. Qed.

(** ** 6. The counts, and what the crate's own checks rely on *)

(** While a handle is left, the word counts: strong handles; Weaks, and one more while the implicit weak is owned (by the
    strong handles together, or by one agent alone). *)
Theorem counts_are_exact : forall m l k ts r,
  reachable code (Ok (State m (l ++ Handle k ts :: r))) ->
  let ags := l ++ Handle k ts :: r in
  strong (now m) = sum strongs ags
  /\ weak (now m) = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
  /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1.
Proof. exact the_word_counts. Qed.

(** The operations do succeed.  A look whose view is as new as that of a token of an existing Arc never reads "no strong
    handle": upgrade does not fail while its thread knows of an Arc. *)
Theorem upgrade_does_not_miss : forall m ags ts t V i g,
  reachable code (Ok (State m ags)) -> In (Handle Strong ts) ags -> In t ts ->
  oldest (sight t) <= oldest V -> can_read m V i g -> strong (content g) <> 0.
Proof. exact upgrade_finds_a_value_that_is_there. Qed.

(** If an Arc is the only agent left, the word is UNIQUE. Its thread reads UNIQUE if it knows of the other handles' releases:
    then get_mut does not fail. *)
Theorem get_mut_does_not_miss : forall m V,
  reachable code (Ok (State m [Handle Strong [Tok Idle V]])) ->
  now m = UNIQUE /\ (oldest V = last m -> forall i g, can_read m V i g -> content g = UNIQUE).
Proof. exact alone_finds_unique. Qed.

(** [take_value] reads "no strong handle", [release_weak_last] reads "no handle at all".  The crate would abort otherwise,
    and never does. *)
Theorem take_value_reads_none : forall m l h V r i g,
  reachable code (Ok (State m (l ++ Busy (LastDrop h) V :: r))) -> can_read m V i g -> strong (content g) = 0.
Proof. exact last_drop_reads_no_strong. Qed.

Theorem release_weak_last_reads_nothing : forall m l V r i g,
  reachable code (Ok (State m (l ++ Busy LastWeak V :: r))) -> can_read m V i g -> content g = Word 0 0.
Proof. exact last_weak_reads_none. Qed.

(** On the 64 bits, each RMW of the machine is a wrapping add of one of the crate's differences (Word.v says which one for
    which access), and equal words have equal bits, whatever the counts. *)
Theorem rmws_are_wrapping_adds : forall m l a r V V' o od w bs,
  reachable code (Ok (State m (l ++ a :: r))) ->
  act code m V V' o a (ModifyWord od w) bs ->
  exists n k d, In d [STRONG * Z.of_nat n; - (STRONG * Z.of_nat n) - Z.of_nat k; 1; 1 - STRONG; STRONG - 1]%Z
    /\ bits w = wrapping_add (bits (now m)) d.
Proof. exact rmws_add. Qed.

(** Within the fields the bits determine the counts, so "is UNIQUE" and a compare-exchange are the same on both. *)
Theorem bits_faithful : forall w w', within w -> within w' ->
  seen_strong (bits w) = Z.of_nat (strong w) /\ seen_weak (bits w) = Z.of_nat (weak w)
  /\ (bits w = bits w' <-> w = w').
Proof.
  intros w w' H H'. split; [apply bits_strong; exact H|split; [apply bits_weak; exact H|]].
  split; [apply bits_injective; assumption | congruence].
Qed.

(** The sign bit says whether there is no strong handle, up to the limit. *)
Theorem sign_bit : forall w, within w -> under_limit w -> (is_negative (bits w) <-> strong w = 0).
Proof. exact negative_is_none. Qed.

(** ** 7. A release that acquires

    On x86 the code has AcqRel for the Release of [release_strong], [release_weak] and [strong_into_weak], and omits the
    loads [take_value] and [release_weak_last] that may follow.  This is the run of the machine in which the load comes at
    once and reads the word just written, which is allowed: the word is the same, it releases the same, and the same is known
    afterwards, except for the load itself. *)
Theorem release_that_acquires : forall m V w,
  let m' := memory_after (ModifyWord Release w) m V in
  let V' := view_after (ModifyWord Release w) m V in
  let look := LoadWord Acquire (last m') (newest m') in
  let both := ModifyWord AcqRel w in
  can_read m' V' (last m') (newest m')
  /\ (forall x, In x (released (newest (memory_after both m V))) <-> In x (released (newest m')))
  /\ oldest (view_after both m V) = oldest (view_after look m' V')
  /\ (forall x, In x (known (view_after look m' V')) <-> x = clock m' \/ In x (known (view_after both m V))).
Proof. exact release_and_look. Qed.

(** ** 8. Necessity

    Each Acquire and each Release is needed: with this one line Relaxed, the machine runs into a data race. *)

Theorem is_unique_needs_acquire : reachable (with_line code Access.is_unique (Load Relaxed)) (Error DataRace).   (* the bug of 2018 *)
Proof. exact get_mut_relaxed_races. Qed.

Theorem release_strong_needs_release : reachable (with_line code Access.release_strong (FetchSub Relaxed)) (Error DataRace).
Proof. exact drop_relaxed_races. Qed.

Theorem take_value_needs_acquire : reachable (with_line code Access.take_value (Load Relaxed)) (Error DataRace).
Proof. exact last_drop_relaxed_races. Qed.

Theorem release_weak_needs_release : reachable (with_line code Access.release_weak (FetchSub Relaxed)) (Error DataRace).
Proof. exact weak_drop_relaxed_races. Qed.

Theorem release_weak_last_needs_acquire : reachable (with_line code Access.release_weak_last (Load Relaxed)) (Error DataRace).
Proof. exact last_weak_relaxed_races. Qed.

Theorem upgrade_needs_acquire : reachable (with_line code Access.upgrade (CompareExchangeWeak Relaxed Relaxed)) (Error DataRace).
Proof. exact upgrade_relaxed_races. Qed.

Theorem sole_needs_acquire : reachable (with_line code Access.sole (Load Relaxed)) (Error DataRace).
Proof. exact make_mut_relaxed_races. Qed.

Theorem steal_needs_acquire : reachable (with_line code Access.steal (CompareExchange Relaxed Relaxed)) (Error DataRace).
Proof. exact steal_relaxed_races. Qed.

Theorem publish_needs_release : reachable (with_line code Access.publish (FetchAdd Relaxed)) (Error DataRace).
Proof. exact publish_relaxed_races. Qed.

Theorem strong_into_weak_needs_release : reachable (with_line code Access.strong_into_weak (FetchAdd Relaxed)) (Error DataRace).
Proof. exact into_weak_relaxed_races. Qed.

Theorem counts_needs_acquire : reachable (with_line code Access.counts (Load Relaxed)) (Error DataRace).
Proof. exact counts_relaxed_races. Qed.

(** ** 9. The executions that C11 allows

    [consistent G]: the execution graph [G] obeys what C11 says of the word (Graph.v).  [disciplined G]: agents make its
    events, by the steps of Model.v but without views and memory (Own.v).  Load buffering is allowed. *)

(** No data race: if two accesses conflict, one happens before the other. *)
Theorem no_data_race : forall G, consistent G -> disciplined G ->
  forall x y, In x (Graph.events G) -> In y (Graph.events G) -> x <> y -> conflict G x y -> hb G x y \/ hb G y x.
Proof. exact race_free. Qed.

(** Every access to the word or the value happens before the free.  So no access comes after it, and there is at most one
    free. *)
Theorem free_comes_last : forall G, consistent G -> disciplined G ->
  forall f x, In f (Graph.events G) -> lab G f = Free -> In x (Graph.events G) -> x <> f -> lab G x <> Else -> hb G x f.
Proof. exact free_is_last. Qed.

(** After the value is dropped or moved out, no access to it, but to one that was put in meanwhile.  (The accesses themselves:
    [touch] in Graph.v.)  So each value is dropped or moved out once at most, and not used after. *)
Theorem nothing_after_the_drop : forall G, consistent G -> disciplined G ->
  forall d x t, In d (Graph.events G) -> In x (Graph.events G) -> x <> d -> takes (lab G d) -> lab G x = Value t -> t <> VInit ->
  hb G x d \/ exists i, In i (Graph.events G) /\ lab G i = Value VInit /\ hb G d i /\ hb G i x.
Proof. exact value_is_there. Qed.

(** The execution ends in the state of a run of the machine (whose [drops] counts the drop of a MaybeUninit, too, which is no access in
    the execution): the same agents, each value that was put in dropped or moved out once
    or still there; and if no agent is left, the value is gone and the memory freed. *)
Theorem exactly_once : forall G, consistent G -> disciplined G -> exists m ags0 ags,
  (exists L, told G L /\ (forall x, In x L <-> In x (Graph.events G)) /\ own code G L ags0)
  /\ reachable code (Ok (State m ags)) /\ Forall2 (agent_rel (fun _ _ => True)) ags0 ags
  /\ last m + 1 = length (mo G)
  /\ drops m + moves m + Nat.b2n (present m) = inits m /\ drops m <= 1 /\ frees m <= 1
  /\ (ags0 = [] -> frees m = 1 /\ present m = false).
Proof. exact once. Qed.

(** After any number of the events in the order told, the last write [c] of the word counts the handles, while there are any. *)
Theorem the_word_counts_in_c11 : forall G, consistent G -> forall L ags, own code G L ags -> told G L ->
  exists c, last_write G L c /\
    (ags = [] \/ (exists V, ags = [Busy LastWeak V] \/ ags = [Busy Freeing V]) \/
     (strong c = sum strongs ags /\ weak c = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
      /\ 1 <= weak c /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1)).
Proof. intros G C. exact (own_counts G C). Qed.

(** The textbook's axioms (RC11.v: any number of locations, RMWs as pairs, fences; no NO-THIN-AIR) imply [consistent], of each
    allocation whose word is written by RMWs only after its initialisation.  [wide]: with C++11's release sequences, not C++20's.  The
    labels of [project] are what the 64 bits of the execution's own values say ([word_of]); [touches]: what each access to the value
    does. *)
Theorem c11_is_consistent : forall wide X a touches, rc11 wide X -> rmws_only X a -> consistent (project wide X a touches).
Proof. exact project_consistent. Qed.

(** Nothing is lost by that: all 64 bits say a word that is within the fields, and only one. *)
Theorem labels_are_values : forall x, u64 x -> within (word_of x) /\ bits (word_of x) = x
  /\ forall w, within w -> bits w = x -> w = word_of x.
Proof.
  intros x U. split; [apply word_of_within|]. split; [apply bits_word_of; exact U|].
  intros w W <-. symmetry. apply word_of_bits. exact W.
Qed.

(** So, in C11: no data race on the value, none of the free with any access, none of the word's initialisation with any.  (An RMW
    is one event, its write: [half].) *)
Theorem c11_no_data_race : forall wide X a touches, rc11 wide X -> rmws_only X a -> disciplined (project wide X a touches) ->
  forall x y, In x (evs X) -> In y (evs X) -> half X x = false -> half X y = false -> x <> y -> races X a touches x y ->
  happens_before wide X x y \/ happens_before wide X y x.
Proof. exact c11_race_free. Qed.

(** And no access after the free: each access to the word or the value happens before it. *)
Theorem c11_free_comes_last : forall wide X a touches, rc11 wide X -> rmws_only X a -> disciplined (project wide X a touches) ->
  forall f x, In f (evs X) -> In x (evs X) -> half X x = false -> x <> f -> act_of X f = D a ->
  to_word X a x = true \/ to_value X a x = true \/ act_of X x = D a -> happens_before wide X x f.
Proof. exact c11_free_is_last. Qed.

(** ** 10. The shipped text

    To be read with Code.v, the functions of [src/] as [cargo proofs translate] prints them, Lang.v, what that text means, Play.v up to
    [begins], the operations and their signatures, and Client.v: [client], said of C11's executions alone, a client whose calls run
    the text on the 64 bits that they read, and whose handles are used as Rust's types allow, and fewer than 2^23 of whose calls have not returned.
    For both values of RELEASE_ACQUIRES (x86's [true]) and of PANICS_ABORT, and however often the loops go round.

    The operations are those of [called] in Play.v: of the 120 functions of Code.v each that a client calls, with the allocations.  The
    other functions are inlined in these, or have no access and return what PointerCalls.v says ([from_value], [word], [place],
    [as_mut_ptr], [Weak_new], [Weak_default]; [Uninit_write] writes the value into the new place, as [Arc_new]).  One use is left
    out: an access by the reference that [get_mut_unchecked] returns.  Its contract is the caller's. *)

(** Such a client writes the word by RMWs only, and keeps the discipline. *)
Theorem shipped_text_is_disciplined : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  rmws_only X a /\ disciplined (project wide X a touches).
Proof. intros R P p wide X a t N A (h & B & L). split; [eapply client_rmws_only | eapply client_is_disciplined]; eassumption. Qed.

(** So, in C11: no data race, *)
Theorem shipped_text_no_data_race : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  forall x y, In x (evs X) -> In y (evs X) -> half X x = false -> half X y = false -> x <> y -> races X a touches x y ->
  happens_before wide X x y \/ happens_before wide X y x.
Proof. intros R P p wide X a t N A B. destruct (shipped_text_is_disciplined R P p wide X a t N A B). eapply c11_no_data_race; eassumption. Qed.

(** no access after the free, and so one free at most, *)
Theorem shipped_text_free_comes_last : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  forall f x, In f (evs X) -> In x (evs X) -> half X x = false -> x <> f -> act_of X f = D a ->
  to_word X a x = true \/ to_value X a x = true \/ act_of X x = D a -> happens_before wide X x f.
Proof. intros R P p wide X a t N A B. destruct (shipped_text_is_disciplined R P p wide X a t N A B). eapply c11_free_comes_last; eassumption. Qed.

(** nothing after the drop, but of another value that was put in meanwhile: each is dropped or moved out once at most, *)
Theorem shipped_text_nothing_after_the_drop : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  forall d x, In d (evs X) -> In x (evs X) -> half X d = false -> half X x = false -> x <> d ->
  to_value X a d = true -> to_value X a x = true -> touches d = VDrop \/ touches d = VMove -> touches x <> VInit ->
  happens_before wide X x d \/
  exists i, In i (evs X) /\ to_value X a i = true /\ touches i = VInit /\ happens_before wide X d i /\ happens_before wide X i x.
Proof. intros R P p wide X a t N A B. destruct (shipped_text_is_disciplined R P p wide X a t N A B). eapply c11_value_is_there; eassumption. Qed.

(** and no leak: when no handle and no call is left, the memory has been freed; and each value that was put in has been dropped or moved
    out, if the client has not dropped a handle of a MaybeUninit ([uninit]), which forgets what is in it. *)
Theorem shipped_text_no_leak : forall RELEASE_ACQUIRES PANICS_ABORT uninit p wide X a touches, p <> DANGLING -> rc11 wide X ->
  finished_client RELEASE_ACQUIRES PANICS_ABORT uninit p wide X a touches ->
  (exists f, In f (evs X) /\ act_of X f = D a)
  /\ (uninit = false -> forall i, In i (evs X) -> half X i = false -> to_value X a i = true -> touches i = VInit ->
       exists d, In d (evs X) /\ to_value X a d = true /\ (touches d = VDrop \/ touches d = VMove) /\ happens_before wide X i d).
Proof.
  intros R P u p wide X a t N A (h & B & Z). apply c11_nothing_left; [exact A | eapply client_rmws_only; eassumption|].
  exact (client_leaves_nothing R P u p wide X a t h N A B Z).
Qed.

(** What the word's 64 bits say is below the fields' ends, 2^34 and 2^30, *)
Theorem shipped_text_counts : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  forall e, In e (evs X) -> to_word X a e = true ->
  (Z.of_nat (strong (counts_at X e)) <= 2 ^ 34 - 1024 /\ Z.of_nat (weak (counts_at X e)) < 2 ^ 29 + 2 ^ 23)%Z.
Proof. intros R P p wide X a t N A (h & B & L). exact (client_counts R P true p wide X a t h N A B L). Qed.

(** and it counts the handles: so no count has gone round.  [L]: what is told up to some time, [c]: what its last write of the word left. *)
Theorem shipped_text_counts_handles : forall RELEASE_ACQUIRES PANICS_ABORT p wide X a touches, p <> DANGLING -> rc11 wide X ->
  client RELEASE_ACQUIRES PANICS_ABORT p wide X a touches ->
  let G := project wide X a touches in
  forall K L, told G (K ++ L) -> (forall x, In x (K ++ L) <-> In x (Graph.events G)) -> L <> [] ->
  exists ags c, own code G L ags /\ last_write G L c /\
    (ags = [] \/ (exists V, ags = [Busy LastWeak V] \/ ags = [Busy Freeing V]) \/
     (strong c = sum strongs ags /\ weak c = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
      /\ 1 <= weak c /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1)).
Proof. intros R P p wide X a t N A (h & B & L) G. exact (client_counts_handles R P true p wide X a t h N A B L). Qed.

(** Handles of [Weak::new] have no allocation: with their pointer no operation touches anything, and Dangling.v says what each
    returns. *)
Theorem shipped_text_dangling : forall n RELEASE_ACQUIRES PANICS_ABORT o, In o weak_operations ->
  tree_of n (text RELEASE_ACQUIRES PANICS_ABORT o) [VNum DANGLING] = Ends (dangling_returns o).
Proof. exact dangling_touches_nothing. Qed.

(** These are no empty claims: an execution that the axioms allow, and that is a client's, on x86 and elsewhere (UniqueArc::new,
    into_arc, clone; read and drop in another thread; get_mut, a write, and the last drop: no handle is left), *)
Theorem there_is_a_client : forall wide x86 panics_abort p, rc11 wide (program x86 Acq)
  /\ client x86 panics_abort p wide (program x86 Acq) 0 does
  /\ finished_client x86 panics_abort false p wide (program x86 Acq) 0 does.
Proof. exact sound_execution. Qed.

(** and the same one with [is_unique] Relaxed, as in 2018, satisfies the axioms as well, and has a race. *)
Theorem c11_race_of_2018 :
  rc11 true (program false Rlx) /\ rmws_only (program false Rlx) 0 /\ races (program false Rlx) 0 does 6 10
  /\ ~ happens_before true (program false Rlx) 6 10 /\ ~ happens_before true (program false Rlx) 10 6.
Proof. exact racy_execution. Qed.
