(** * Progress

    Every operation except the loops (upgrade, into_strong, and the steal of make_mut and try_unwrap) takes a bounded number
    of its own steps, whatever the others do.  If a loop repeats, the failure was spurious, or there is a newer message than
    the one that it had looked at: another operation's RMW has succeeded. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety Corollaries.
Import ListNotations.

(** Each step of a task brings it nearer to its end. *)
Theorem tasks_are_bounded : forall T m V V' t W e bs,
  act T m V V' OTask (Busy t W) e bs -> sum steps_to_go bs < task_steps t.
Proof. intros T m V V' t W e bs A. inversion A; subst; simpl; lia. Qed.

(** Any other operation that does not loop is over after its one step on the word, or continues as a task of at most five
    steps.  It enters no loop. *)
Theorem operations_are_bounded : forall T m V V' o a e bs,
  act T m V V' o a e bs -> o <> OTask -> o <> OLearn -> ~ looping o ->
  sum steps_to_go bs <= 5 /\ sum loops bs <= loops a.
Proof.
  intros T m V V' o a e bs A N1 N2 N3.
  destruct A; simpl in N3; try congruence; try tauto; simpl; rewrite ?tally_app; simpl; rewrite ?tally_app; simpl; try lia.
  all: match goal with Q : _ \/ _ |- _ => destruct Q; subst t; simpl; lia end.
Qed.

(** A task is never blocked: in every state it has a next step, and that step is no error. *)
Theorem tasks_never_wait : forall m l t V r,
  reachable code (Ok (State m (l ++ Busy t V :: r))) ->
  exists e bs, act code m V (view_after e m V) OTask (Busy t V) e bs
    /\ step code (State m (l ++ Busy t V :: r)) OTask (Ok (State (memory_after e m V) (l ++ bs ++ r))).
Proof.
  intros m l t V r R.
  assert (O : oldest V <= last m).
  { destruct (reachable_front _ _ _ _ R) as [L|E].
    - apply (task_facts _ _ _ _ L).
    - destruct E as [(U & Z & [(E & O & _)|(E & O & _)]) _ _ _ _]; apply one_agent in E; destruct E as (_ & _ & E); injection E as -> ->; lia. }
  assert (C : can_read m V (last m) (newest m)) by (split; [exact O | apply message_at_last]).
  assert (A : exists e bs, act code m V (view_after e m V) OTask (Busy t V) e bs).
  { destruct t.
    - eexists _, _. apply last_drop. exact C.
    - destruct alone; eexists _, _; [apply take_alone | apply take_shared].
    - destruct (Nat.eq_dec (weak (now m)) 1); eexists _, _; [apply release_last | apply release_shared]; assumption.
    - eexists _, _. apply last_weak. exact C.
    - eexists _, _. apply free. }
  destruct A as (e & bs & A). exists e, bs. split; [exact A|]. apply step_ok; [exact A|].
  intros f W. apply (no_error f). eapply run_step; [exact R | exact I | eapply step_error; eassumption].
Qed.

(** The same for an operation in a loop. *)
Theorem loops_never_wait : forall m l k p i V q r,
  reachable code (Ok (State m (l ++ Handle k (p ++ Tok i V :: q) :: r))) -> in_loop i = 1 ->
  exists o e bs, looping o /\ act code m V (view_after e m V) o (Handle k (p ++ Tok i V :: q)) e bs
    /\ step code (State m (l ++ Handle k (p ++ Tok i V :: q) :: r)) o (Ok (State (memory_after e m V) (l ++ bs ++ r))).
Proof.
  intros m l k p i V q r R IL.
  destruct (reachable_front _ _ _ _ R) as [L|E];
    [|destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q].
  pose proof (l_agents _ _ L _ (or_introl eq_refl)) as OK. pose proof OK as (_ & LN & _).
  destruct (token_here _ _ _ _ _ OK) as (O & _ & _ & F & _). simpl in O, F.
  assert (C : can_read m V (last m) (newest m)) by (split; [exact O | apply message_at_last]).
  assert (ONE : lone i = true -> p = [] /\ q = []).
  { intros E. destruct LN as [LN|LN].
    - rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. auto.
    - exfalso. specialize (LN (Tok i V)). simpl in LN. rewrite LN in E; [discriminate E|]. apply in_app_iff. simpl. auto. }
  assert (A : exists o e bs, looping o /\ act code m V (view_after e m V) o (Handle k (p ++ Tok i V :: q)) e bs).
  { destruct i as [|j c|j c|j c| | |]; simpl in IL; try discriminate IL.
    - destruct (Nat.eq_dec (strong (now m)) (strong c)), (Nat.eq_dec (weak (now m)) (weak c)).
      { assert (now m = c) by (destruct (now m), c; simpl in *; congruence).
        eexists OUpgraded, _, _. split; [exact I|]. apply upgrade_done. assumption. }
      all: destruct (Nat.eq_dec (strong (now m)) 0);
        (eexists OUpgrade, _, _; split; [exact I|];
         first [eapply upgrade_failed_none; [exact C | | assumption] | eapply upgrade_again; [exact C | | assumption]];
         intros X; change (content (newest m)) with (now m) in X; congruence).
    - destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app.
      destruct (Nat.eq_dec (strong (now m)) (strong c)), (Nat.eq_dec (weak (now m)) (weak c)).
      { assert (now m = c) by (destruct (now m), c; simpl in *; congruence).
        eexists OUpgraded, _, _. split; [exact I|]. apply into_strong_done. assumption. }
      all: destruct (Nat.eq_dec (strong (now m)) 0);
        (eexists OIntoStrong, _, _; split; [exact I|];
         first [eapply into_strong_failed_none; [exact C | | assumption] | eapply into_strong_again; [exact C | | assumption]];
         intros X; change (content (newest m)) with (now m) in X; congruence).
    - destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app.
      destruct (Nat.eq_dec (strong (now m)) (strong c)), (Nat.eq_dec (weak (now m)) (weak c)).
      { assert (now m = c) by (destruct (now m), c; simpl in *; congruence).
        eexists OSteal, _, _. split; [exact I|]. apply steal_done. assumption. }
      all: (eexists OSteal, _, _; split; [exact I|]; eapply steal_failed; [exact C|];
         intros X; change (content (newest m)) with (now m) in X; congruence). }
  destruct A as (o & e & bs & LO & A). exists o, e, bs. split; [exact LO|split; [exact A|]]. apply step_ok; [exact A|].
  intros f W. apply (no_error f). eapply run_step; [exact R | exact I | eapply step_error; eassumption].
Qed.

(** The history grows by RMWs only, by one message each. *)
Theorem messages_are_rmws : forall e m V,
  last (memory_after e m V) = match e with ModifyWord _ _ => S (last m) | _ => last m end.
Proof. intros e m V. destruct m, e; unfold last; simpl; auto. rewrite app_length. simpl. lia. Qed.

(** A failed compare-exchange has failed spuriously, or has read a newer message than its look: since then another
    operation's RMW has succeeded.  (Its own token made no RMW: it is still where its look left it.) *)
Lemma newer : forall m V i c j g, place_ok m V (Upgrading i c) \/ place_ok m V (Stealing i c) ->
  can_read m V j g -> content g <> c -> i < j /\ j <= last m.
Proof.
  intros m V i c j g P [R1 R2] N. split; [|eapply message_at_le; exact R2].
  assert (Q : i <= oldest V /\ exists h, message_at m i = Some h /\ content h = c) by (destruct P as [(A & _ & B)|(A & _ & B)]; auto).
  destruct Q as (A & h & H & C). destruct (Nat.eq_dec i j) as [->|]; [|lia]. congruence.
Qed.

Theorem upgrade_retries_for_a_reason : forall m l k p i c V q r j g at_,
  reachable code (Ok (State m (l ++ Handle k (p ++ Tok at_ V :: q) :: r))) ->
  at_ = Upgrading i c \/ at_ = IntoStrong i c ->
  can_read m V j g -> can_fail code Access.upgrade c g ->
  content g = c \/ (i < j /\ j <= last m).
Proof.
  intros m l k p i c V q r j g at_ R W C _.
  destruct (reachable_front _ _ _ _ R) as [L|E];
    [|destruct (ending_agent _ _ _ _ E) as (_ & _ & X & [Q|Q] & _); discriminate Q].
  destruct (token_here _ _ _ _ _ (l_agents _ _ L _ (or_introl eq_refl))) as (_ & _ & P & _).
  assert (Q : content g = c \/ content g <> c).
  { destruct (content g) as [s w], c as [s' w'].
    destruct (Nat.eq_dec s s'), (Nat.eq_dec w w'); try (left; congruence); right; congruence. }
  destruct Q as [Q|Q]; [left; exact Q | right]. eapply newer; [left | exact C | exact Q]. destruct W; subst at_; exact P.
Qed.

Theorem steal_retries_for_a_reason : forall m l i c V r j g,
  reachable code (Ok (State m (l ++ Handle Strong [Tok (Stealing i c) V] :: r))) ->
  can_read m V j g -> can_fail code Access.steal c g ->
  i < j /\ j <= last m.
Proof.
  intros m l i c V r j g R C F.
  destruct (reachable_front _ _ _ _ R) as [L|E];
    [|destruct (ending_agent _ _ _ _ E) as (_ & _ & X & [Q|Q] & _); discriminate Q].
  destruct (token_only _ _ _ (l_agents _ _ L _ (or_introl eq_refl))) as (_ & _ & P & _).
  eapply newer; [right; exact P | exact C|]. intros Q. specialize (F Q). discriminate F.
Qed.
