(** * Every run can reach its end

    From each reachable state in which no addition has passed a limit, some steps lead to the state without agents ([can_end]).  Each
    step that is chosen makes the state lighter. *)

From Coq Require Import List Arith Bool Lia Wf_nat.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety Corollaries.
Import ListNotations.

Lemma leads_trans : forall T s s' r, leads T s (Ok s') -> leads T s' r -> leads T s r.
Proof.
  intros T s s' r L. remember (Ok s') as x. revert s' Heqx. induction L; intros s2 E K.
  - injection E as ->. exact K.
  - discriminate E.
  - eapply leads_on; [eassumption | eapply IHL; eauto].
Qed.

Lemma leads_reachable : forall T s r, leads T s r -> reachable T (Ok s) -> reachable T r.
Proof.
  intros T s r L. induction L; intros R; auto.
  - eapply run_step; eauto.
  - apply IHL. eapply run_step; eauto.
Qed.

(** A step that the program allows is possible, and is no error. *)
Lemma can_step : forall m a r V o e bs, reachable code (Ok (State m (a :: r))) ->
  act code m V (view_after e m V) o a e bs ->
  leads code (State m (a :: r)) (Ok (State (memory_after e m V) (bs ++ r))).
Proof.
  intros m a r V o e bs R A. apply leads_on with o (State (memory_after e m V) (bs ++ r)); [|apply leads_here].
  apply (step_ok code m [] a r V o e bs A).
  intros f W. apply (no_error f). eapply run_step; [exact R | exact I | exact (step_error code m [] a r V o e bs f A W)].
Qed.

Definition place_weight (l : place) : nat := match l with Idle => 1 | Exclusive | Empty => 2 | _ => 20 end.
Fixpoint tokens_weight (ts : list token) : nat :=
  match ts with [] => 0 | t :: ts => place_weight (at_place t) + tokens_weight ts end.
Definition weight (a : agent) : nat :=
  match a with
  | Handle _ ts => 10 + tokens_weight ts
  | Clones n _ => 6
  | Busy (LastDrop _) _ => 5 | Busy (Owner _ _) _ => 4 | Busy Releasing _ => 3 | Busy LastWeak _ => 2 | Busy Freeing _ => 1
  end.

Lemma tokens_weight_app : forall p q, tokens_weight (p ++ q) = tokens_weight p + tokens_weight q.
Proof. induction p; simpl; intros; auto. rewrite IHp. lia. Qed.

Lemma word_dec : forall w w' : word, {w = w'} + {w <> w'}.
Proof. intros [s w] [s' w']. destruct (Nat.eq_dec s s'), (Nat.eq_dec w w'); [left; congruence | right; congruence ..]. Defined.

(** Either all tokens are idle, or one is not. *)
Lemma all_idle : forall ts, (exists p l V q, ts = p ++ Tok l V :: q /\ l <> Idle)
  \/ (forall t, In t ts -> at_place t = Idle).
Proof.
  induction ts as [|[l V] ts [(p & l' & V' & q & -> & N)|H]].
  - right. intros t [].
  - left. exists (Tok l V :: p), l', V', q. auto.
  - destruct l; try (left; eexists [], _, V, ts; split; [reflexivity | discriminate]).
    right. intros t [<-|I]; auto.
Qed.

Ltac lighter := simpl in *; rewrite ?sum_app, ?tally_app in *; simpl in *; rewrite ?tokens_weight_app, ?tally_app in *; simpl in *; try lia.

(** The first agent can always take one or two steps that leave less to do. *)
Lemma advance : forall m a r, reachable code (Ok (State m (a :: r))) -> stuck a = 0 ->
  exists m' bs, leads code (State m (a :: r)) (Ok (State m' (bs ++ r))) /\ sum weight bs < weight a /\ sum stuck bs = 0.
Proof.
  intros m a r R NS.
  destruct a as [k ts|n V|t V].
  2:{ destruct (Nat.eq_dec (strong (now m)) n) as [E|E].
      - eexists _, _. split; [eapply can_step; [exact R | apply give_back_last; exact E] | simpl; lia].
      - eexists _, _. split; [eapply can_step; [exact R | apply give_back_shared; exact E] | simpl; lia]. }
  2:{ assert (C : oldest V <= last m).
      { destruct (reachable_invariant _ R) as [L|[E|D]]; simpl in *.
        - apply (task_facts _ _ _ _ L).
        - destruct E as [(U & Z & [(E & O & _)|(E & O & _)]) _ _ _ _]; injection E as -> -> _; lia.
        - destruct D as [D _ _ _ _]. discriminate D. }
      assert (CR : can_read m V (last m) (newest m)) by (split; [exact C | apply message_at_last]).
      destruct t as [h|h [|]| | |].
      - eexists _, _. split; [eapply can_step; [exact R | apply last_drop; exact CR] | simpl; lia].
      - eexists _, _. split; [eapply can_step; [exact R | apply take_alone] | simpl; lia].
      - eexists _, _. split; [eapply can_step; [exact R | apply take_shared] | simpl; lia].
      - destruct (Nat.eq_dec (weak (now m)) 1).
        + eexists _, _. split; [eapply can_step; [exact R | apply release_last; assumption] | simpl; lia].
        + eexists _, _. split; [eapply can_step; [exact R | apply release_shared; assumption] | simpl; lia].
      - eexists _, _. split; [eapply can_step; [exact R | apply last_weak; exact CR] | simpl; lia].
      - eexists _, _. split; [eapply can_step; [exact R | apply free] | simpl; lia]. }
  assert (L : live m (Handle k ts :: r)).
  { destruct (reachable_front m [] _ r R) as [L|E]; [exact L|].
    destruct (ending_agent m [] _ r E) as (_ & _ & W & [Q|Q] & _); discriminate Q. }
  pose proof (l_agents _ _ L _ (or_introl eq_refl)) as OK. pose proof OK as (NE & LN & TT & _).
  destruct (all_idle ts) as [(p & pl & V & q & -> & NI)|ID].
  - (* some token is within a loop, or exclusive *)
    destruct (token_here _ _ _ _ _ OK) as (O & _ & P & F & K). simpl in O, P, F.
    assert (CR : can_read m V (last m) (newest m)) by (split; [exact O | apply message_at_last]).
    assert (ONE : lone pl = true -> p = [] /\ q = []).
    { intros E. destruct LN as [LN|LN].
      - rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. auto.
      - exfalso. specialize (LN (Tok pl V)). simpl in LN. rewrite LN in E; [discriminate E|]. apply in_app_iff. simpl. auto. }
    simpl in NS. rewrite tally_app in NS. simpl in NS.
    destruct pl as [|i c|i c|i c| | |s w]; try congruence; [| | | | |simpl in NS; lia].
    + (* upgrade *)
      destruct (word_dec (now m) c) as [E|N].
      { eexists _, _. split; [eapply can_step; [exact R | apply upgrade_done; exact E] | lighter]. }
      assert (CF : can_fail code Access.upgrade c (newest m)) by (intros X; exfalso; apply N; exact X).
      destruct (Nat.eq_dec (strong (now m)) 0) as [Z|Z].
      { eexists _, _. split; [eapply can_step; [exact R | eapply upgrade_failed_none; eassumption] | lighter]. }
      pose proof (can_step _ _ _ _ _ _ _ R (upgrade_again code m V _ k p q i c _ _ CR CF Z)) as S1.
      pose proof (leads_reachable _ _ _ S1 R) as R1. simpl app in S1, R1.
      eexists _, _. split; [eapply leads_trans; [exact S1 | eapply can_step; [exact R1 | apply upgrade_done]] | lighter].
      destruct m; reflexivity.
    + (* into_strong *)
      destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app in *.
      destruct (word_dec (now m) c) as [E|N].
      { eexists _, _. split; [eapply can_step; [exact R | apply into_strong_done; exact E] | lighter]. }
      assert (CF : can_fail code Access.upgrade c (newest m)) by (intros X; exfalso; apply N; exact X).
      destruct (Nat.eq_dec (strong (now m)) 0) as [Z|Z].
      { eexists _, _. split; [eapply can_step; [exact R | eapply into_strong_failed_none; eassumption] | lighter]. }
      pose proof (can_step _ _ _ _ _ _ _ R (into_strong_again code m V _ i c _ _ CR CF Z)) as S1.
      pose proof (leads_reachable _ _ _ S1 R) as R1. simpl app in S1, R1.
      eexists _, _. split; [eapply leads_trans; [exact S1 | eapply can_step; [exact R1 | apply into_strong_done]] | lighter].
      destruct m; reflexivity.
    + (* the steal *)
      destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app in *.
      destruct (word_dec (now m) c) as [E|N].
      { eexists _, _. split; [eapply can_step; [exact R | apply steal_done; exact E] | lighter]. }
      assert (CF : can_fail code Access.steal c (newest m)) by (intros X; exfalso; apply N; exact X).
      eexists _, _. split; [eapply can_step; [exact R | eapply steal_failed; eassumption] | lighter].
    + (* exclusive *)
      destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app in *.
      eexists _, _. split; [eapply can_step; [exact R | apply end_exclusive] | lighter].
    + (* without a value *)
      destruct (ONE eq_refl) as [-> ->]. destruct k; try discriminate F. simpl app in *.
      eexists _, _. split; [eapply can_step; [exact R | apply discard] | lighter].
  - (* all tokens are idle *)
    destruct ts as [|[pl V] [|[pl' U] ts]]; [congruence | |].
    + pose proof (ID _ (or_introl eq_refl)) as E. simpl in E. subst pl.
      destruct k as [| |[|]].
      * destruct (Nat.eq_dec (strong (now m)) 1).
        -- eexists _, _. split; [eapply can_step; [exact R | apply (drop_last _ _ _ _ Destroy); [discriminate | assumption]] | lighter].
        -- eexists _, _. split; [eapply can_step; [exact R | apply (drop_shared _ _ _ _ Destroy); assumption] | lighter].
      * destruct (Nat.eq_dec (weak (now m)) 1).
        -- eexists _, _. split; [eapply can_step; [exact R | apply weak_drop_last; assumption] | lighter].
        -- eexists _, _. split; [eapply can_step; [exact R | apply weak_drop_shared; assumption] | lighter].
      * eexists _, _. split; [eapply can_step; [exact R | apply (abandon _ _ _ _ Destroy _ ltac:(discriminate) (or_introl eq_refl))] | lighter].
      * eexists _, _. split; [eapply can_step; [exact R | apply (abandon_empty _ _ _ _ Destroy _ (or_intror eq_refl))] | lighter].
    + pose proof (ID _ (or_introl eq_refl)) as E. pose proof (ID _ (or_intror (or_introl eq_refl))) as E'. simpl in E, E'. subst pl pl'.
      eexists _, _. split; [eapply can_step; [exact R | apply (merge _ _ _ _ k [] [] U ts)] | lighter].
Qed.

Theorem can_end : forall m ags, reachable code (Ok (State m ags)) -> sum stuck ags = 0 ->
  exists m', leads code (State m ags) (Ok (State m' [])).
Proof.
  intros m ags R NS. remember (sum weight ags) as n eqn:E. revert m ags R NS E.
  induction n as [n IH] using lt_wf_ind. intros m ags R NS ->.
  destruct ags as [|a r]; [exists m; apply leads_here|].
  simpl in NS. destruct (advance _ _ _ R ltac:(lia)) as (m' & bs & L & W & NS').
  destruct (IH (sum weight (bs ++ r))) with (m := m') (ags := bs ++ r) as (m2 & L2).
  - simpl. rewrite sum_app. lia.
  - eapply leads_reachable; eassumption.
  - rewrite sum_app. lia.
  - reflexivity.
  - exists m2. eapply leads_trans; eassumption.
Qed.
