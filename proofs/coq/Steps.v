(** * One step at a time, in a live state: no access is wrong, and the invariant is preserved

    The steps of the other files together ([live_act]), and what is left: borrows, and synchronisation by other means. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation.
From ProvenArc Require Export Handles StrongSteps WeakSteps OwnerSteps.
Import ListNotations.

(** *** Borrows, and synchronisation by other means *)

Lemma act_split : forall m rest V k p q, live m (Handle k (p ++ Tok Idle V :: q) :: rest) ->
  goes_on m V Nothing (Handle k (p ++ Tok Idle V :: Tok Idle V :: q) :: rest).
Proof.
  intros m rest V k p q L. token_facts L T A Z. split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_] L I); try same_sums k.
  - exact A.
  - crunch.
  - destruct k; crunch.
  - intros N. exfalso. apply N. destruct m; reflexivity.
  - intros b [<-|[]].
    assert (Q : handle_ok m k (p ++ Tok Idle V :: Tok Idle V :: q)).
    { pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (N & LN & TT & Y & B).
      assert (SUB : forall u, In u (p ++ Tok Idle V :: q) <-> In u (p ++ Tok Idle V :: Tok Idle V :: q))
        by (intros u; rewrite !in_app_iff; simpl; tauto).
      split; [intros E; destruct p; discriminate E|split; [|split; [|split]]].
      - right. intros u J. apply SUB in J. destruct LN as [LN|LN]; [|auto].
        rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. destruct J as [<-|[]]. reflexivity.
      - intros u J. apply TT. apply SUB. exact J.
      - intros i g LT H TA. destruct (Y i g LT H TA) as (u & J & O). exists u. split; [apply SUB; exact J | exact O].
      - destruct k; auto.
        + intros u i g J R. apply (B u i g); [apply SUB; exact J | exact R].
        + intros x X. destruct (B x X) as (u & J & O). exists u. split; [apply SUB; exact J | exact O]. }
    destruct m; exact Q.
Qed.

Lemma act_merge : forall m rest V k p q U r, live m (Handle k (p ++ Tok Idle V :: q ++ Tok Idle U :: r) :: rest) ->
  goes_on m V (Learn U) (Handle k (p ++ Tok Idle (join V U) :: q ++ r) :: rest).
Proof.
  intros m rest V k p q U r L. token_facts L T A Z.
  pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (N & LN & TT & Y & B).
  set (old := p ++ Tok Idle V :: q ++ Tok Idle U :: r) in *.
  assert (IU : In (Tok Idle U) old) by (apply in_app_iff; right; right; apply in_app_iff; right; left; reflexivity).
  assert (SUB : forall u, In u old <-> In u (p ++ q ++ r) \/ u = Tok Idle V \/ u = Tok Idle U).
  { intros u. subst old. rewrite !in_app_iff. simpl. rewrite !in_app_iff. simpl. intuition. }
  assert (NEW : forall u, In u (p ++ Tok Idle (join V U) :: q ++ r) <-> In u (p ++ q ++ r) \/ u = Tok Idle (join V U)).
  { intros u. rewrite !in_app_iff. simpl. rewrite !in_app_iff. intuition. }
  destruct (TT _ IU) as (AU & ZU & _ & _ & KU). simpl in AU, ZU.
  split; [fine_word L Z|]. left.
  apply (live_light m _ rest V (Learn U) [_] L I); try (subst old; same_sums k).
  - simpl. lia.
  - subst old. crunch.
  - subst old. destruct k; crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - intros b [<-|[]].
    assert (Q : handle_ok m k (p ++ Tok Idle (join V U) :: q ++ r)).
    { split; [intros E; destruct p; discriminate E|split; [|split; [|split]]].
      - right. intros u J. apply NEW in J. destruct J as [J| ->]; [|reflexivity].
        destruct LN as [LN|LN]; [|apply LN; apply SUB; auto].
        exfalso. subst old. rewrite app_length in LN. simpl in LN. rewrite app_length in LN. simpl in LN. lia.
      - intros u J. apply NEW in J. destruct J as [J| ->]; [apply TT; apply SUB; auto|].
        destruct T as (_ & _ & _ & F & K). unfold token_ok. simpl in *.
        split; [lia|split; [apply in_app_iff; auto|split; [exact I|split; [destruct k; reflexivity|]]]].
        destruct k.
        + destruct K as [K _]. split; [apply incl_appl; exact K | discriminate].
        + intros S x X. specialize (K S x X). rewrite !in_app_iff in *. tauto.
        + destruct K as [K1 K2]. split; [apply incl_appl; exact K1|]. intros i g [R1 R2]. apply (K2 i g).
          split; [simpl in R1; lia | exact R2].
      - intros i g LT H TA. destruct (Y i g LT H TA) as (u & J & O). apply SUB in J. destruct J as [J|J].
        + exists u. split; [apply NEW; auto | exact O].
        + exists (Tok Idle (join V U)). split; [apply NEW; auto|]. simpl. destruct J; subst u; simpl in O; lia.
      - destruct k; auto.
        { intros u i g J [R1 R2]. apply NEW in J. destruct J as [J| ->].
          - apply (B u i g); [apply SUB; auto | split; assumption].
          - simpl in R1. apply (B (Tok Idle V) i g); [apply SUB; auto | split; [simpl; lia | assumption]]. }
        intros x X. destruct (B x X) as (u & J & O). apply SUB in J. destruct J as [J|J].
        + exists u. split; [apply NEW; auto | exact O].
        + exists (Tok Idle (join V U)). split; [apply NEW; auto|]. simpl. apply in_app_iff. destruct J; subst u; simpl in O; auto. }
    destruct m; exact Q.
Qed.

Lemma act_learn_token : forall m rest V k p l q U, live m (Handle k (p ++ Tok l V :: q) :: rest) -> oldest U <= last m ->
  goes_on m V (Learn U) (Handle k (p ++ Tok l (join V U) :: q) :: rest).
Proof.
  intros m rest V k p l q U L H. token_facts L T A Z. split; [fine_word L Z|]. left.
  pose proof H as HU.
  apply (live_light m _ rest V (Learn U) [_] L I); try same_sums k.
  - simpl. lia.
  - crunch.
  - destruct k; crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - pose proof (l_agents _ _ L _ (or_introl eq_refl)) as HO.
    intros b [<-|[]]. apply (handle_light m (Learn U) V k p l q l); auto.
    + exact I.
    + simpl. lia.
    + simpl. lia.
    + destruct T as (_ & _ & P & _). eapply place_view; [|exact P]. simpl. lia.
    + destruct T as (_ & _ & _ & F & _). exact F.
    + intros E. destruct HO as (_ & [LN|LN] & _).
      * rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. reflexivity.
      * exfalso. specialize (LN (Tok l V)). simpl in LN. rewrite LN in E; [discriminate E|]. apply in_app_iff. simpl. auto.
    + intros AL. destruct T as (_ & _ & _ & F & K). destruct k; try (destruct l as [| | | | | |[]]; simpl in F, AL; discriminate). destruct K as [_ K].
      destruct (K AL) as [K1 K2]. split; [exact K1|]. intros x X. simpl. apply in_app_iff. left. apply K2. destruct m; exact X.
Qed.

Lemma act_learn_clones : forall m rest V n U, live m (Clones n V :: rest) -> oldest U <= last m ->
  goes_on m V (Learn U) (Clones n (join V U) :: rest).
Proof.
  intros m rest V n U L HU. destruct (clones_facts _ _ _ _ L) as (N & A & Z & T & OK). split; [fine_word L Z|]. left.
  apply (live_light m _ rest V (Learn U) [_] L I); try (simpl; lia).
  - crunch.
  - crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - intros b [<-|[]]. split; [exact N|]. apply (handle_light m (Learn U) V Strong [] Idle [] Idle); auto; try exact I; simpl; try lia; discriminate.
Qed.

Lemma task_learns : forall m t V U, task_ok m t V -> oldest U <= last m -> task_ok m t (join V U).
Proof.
  intros m t V U (A & Z & K) HU. split; [simpl; lia|split; [apply in_app_iff; auto|]].
  destruct t; auto.
  - intros i g [R1 R2]. simpl in R1. destruct (K i g) as (K1 & K2 & K3); [split; [lia | exact R2]|].
    split; [exact K1|split; [exact K2|]]. intros x X. specialize (K3 x X). simpl. rewrite !in_app_iff in *. tauto.
  - destruct K as [K1 K2]. split; [intros x X; apply in_app_iff; left; auto|].
    intros E. destruct (K2 E) as [K3 K4]. split; [exact K3|]. intros x X. apply in_app_iff. left. auto.
Qed.

Lemma act_learn_task : forall m rest V t U, live m (Busy t V :: rest) -> oldest U <= last m ->
  goes_on m V (Learn U) (Busy t (join V U) :: rest).
Proof.
  intros m rest V t U L H. destruct (task_facts _ _ _ _ L) as (T & A & Z). split; [fine_word L Z|]. left.
  pose proof H as HU.
  apply (live_light m _ rest V (Learn U) [_] L I); try (destruct t as [[| |]|[| |]| | |]; reflexivity).
  - simpl. lia.
  - destruct t as [[| |]|[| |]| | |]; crunch.
  - destruct t as [[| |]|[| |]| | |]; crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - intros b [<-|[]]. pose proof (task_learns m t V U T HU) as Q. destruct m; exact Q.
Qed.

(** ** All steps from a live state *)

Opaque code.

Theorem live_act : forall m V V' o a e bs, act code m V V' o a e bs -> V' = view_after e m V ->
  forall rest, live m (a :: rest) -> goes_on m V e (bs ++ rest).
Proof.
  intros m V V' o a e bs H. destruct H; intros E rest L; subst V'; simpl app.
  - apply live_act_read; auto. discriminate.
  - apply act_clone; exact L.
  - apply act_clone_many; assumption.
  - apply act_downgrade; exact L.
  - apply act_past_strong; assumption.
  - apply act_past_weak; assumption.
  - apply act_undo; assumption.
  - eapply live_act_look; eauto.
  - apply act_drop_shared; assumption.
  - apply act_drop_last; assumption.
  - apply act_into_weak_shared; assumption.
  - apply act_into_weak_last; assumption.
  - apply act_read_unique; assumption.
  - apply (live_act_read m rest V Strong [] Exclusive []); auto; discriminate.
  - apply act_exclusive_write; assumption.
  - apply act_end_exclusive; assumption.
  - apply act_try_unwrap; assumption.
  - apply act_into_unique; assumption.
  - apply act_fill; assumption.
  - apply act_move_out; assumption.
  - apply act_discard; assumption.
  - apply act_drop_empty; assumption.
  - apply act_steal_look; assumption.
  - eapply act_steal_done; eassumption.
  - apply (live_act_look m rest V Strong [] (Stealing i c) [] _ j g); auto.
  - apply (act_give_up m rest V i c); assumption.
  - apply act_clone_more; assumption.
  - apply act_next; assumption.
  - apply act_next_last; assumption.
  - apply act_give_back_some; assumption.
  - apply act_give_back_shared; assumption.
  - apply act_give_back_last; assumption.
  - eapply live_act_look; eauto.
  - apply act_upgrade_look; assumption.
  - eapply act_upgrade_done; eassumption.
  - eapply live_act_look; eauto.
  - eapply act_upgrade_again; eassumption.
  - apply (live_act_look m rest V Weak [] Idle [] _ i g); auto.
  - apply act_into_strong_look; assumption.
  - eapply act_into_strong_done; eassumption.
  - apply (live_act_look m rest V Weak [] (IntoStrong i c) [] _ j g); auto.
  - eapply act_into_strong_again; eassumption.
  - apply act_weak_drop_shared; assumption.
  - apply act_weak_drop_last; assumption.
  - apply act_init; assumption.
  - apply act_builder_write; assumption.
  - apply act_publish; assumption.
  - eapply act_abandon; eassumption.
  - eapply act_abandon_empty; eassumption.
  - apply act_last_drop; auto.
  - apply act_last_drop; auto. discriminate.
  - eapply act_claim; eassumption.
  - apply act_take_alone; assumption.
  - apply act_take_shared; assumption.
  - apply act_release_shared; assumption.
  - apply act_release_last; assumption.
  - destruct (task_facts _ _ _ _ L) as ((_ & _ & []) & _).
  - destruct (task_facts _ _ _ _ L) as ((_ & _ & []) & _).
  - apply act_split; assumption.
  - apply act_merge; assumption.
  - apply act_learn_token; assumption.
  - apply act_learn_clones; assumption.
  - apply act_learn_task; assumption.
Qed.
