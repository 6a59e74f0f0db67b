(** * The steps of Weaks, and the release of the implicit weak

    In a live state no access of theirs is wrong, and the invariant is preserved. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Handles.
Import ListNotations.

(** *** Upgrades *)

Lemma act_upgrade_look : forall m rest V k p q i g, live m (Handle k (p ++ Tok Idle V :: q) :: rest) ->
  weakly k = true -> can_read m V i g -> strong (content g) <> 0 ->
  let e := load code Access.upgrade_look i g in
  goes_on m V e (Handle k (p ++ Tok (Upgrading i (content g)) (view_after e m V) :: q) :: rest).
Proof.
  intros m rest V k p q i g L W R S e.
  apply (live_act_load m rest V k p Idle q _ i g _ L R); try solve [repeat split; reflexivity]; try discriminate.
  - simpl. split; [lia|split; [exact S|]]. destruct R as [_ R]. exists g. auto.
  - destruct k; [discriminate W | reflexivity | reflexivity].
Qed.

Lemma act_upgrade_again : forall m rest V k p q i c j g, live m (Handle k (p ++ Tok (Upgrading i c) V :: q) :: rest) ->
  can_read m V j g -> strong (content g) <> 0 ->
  let e := miss code Access.upgrade j g in
  goes_on m V e (Handle k (p ++ Tok (Upgrading j (content g)) (view_after e m V) :: q) :: rest).
Proof.
  intros m rest V k p q i c j g L R S e. pose proof L as L'. token_facts L' T A Z.
  apply (live_act_load m rest V k p (Upgrading i c) q _ j g _ L R); try solve [repeat split; reflexivity]; try discriminate.
  - simpl. split; [lia|split; [exact S|]]. destruct R as [_ R]. exists g. auto.
  - destruct T as (_ & _ & _ & F & _). destruct k; [discriminate F | reflexivity | reflexivity].
Qed.

Lemma act_upgrade_done : forall m rest V k p q i c, live m (Handle k (p ++ Tok (Upgrading i c) V :: q) :: rest) ->
  now m = c ->
  let e := rmw code Access.upgrade (plus_strong c) in let V' := view_after e m V in
  goes_on m V e (Handle k (p ++ Tok Idle V' :: q) :: Handle Strong [Tok Idle V'] :: rest).
Proof.
  intros m rest V k p q i c L N e V'. token_facts L T A Z. split; [fine_word L Z|]. left. subst c.
  assert (C : strong (now m) <> 0) by (destruct T as (_ & _ & (_ & C & _) & _ & _); exact C).
  assert (K : k = Weak).
  { destruct k; auto.
    - destruct T as (_ & _ & _ & F & _). discriminate F.
    - destruct (live_owner _ _ _ L eq_refl) as (S0 & _). contradiction. }
  subst k.
  apply (live_modify m _ rest V _ _ [_; _] L); try sums L.
  - subst V' e. crunch.
  - subst V' e. crunch.
  - intros b [<-|[<-|[]]].
    + eapply handle_more; [exact (l_agents _ _ L _ (or_introl eq_refl)) | intros _ _; lia | discriminate | discriminate].
    + apply (handle_fresh m _ _ V Strong); try congruence; [|simpl; lia].
      intros _. eapply upgrade_sees_the_value; [exact T | lia].
Qed.

Lemma act_into_strong_look : forall m rest V i g, live m (Handle Weak [Tok Idle V] :: rest) ->
  can_read m V i g -> strong (content g) <> 0 ->
  let e := load code Access.upgrade_look i g in
  goes_on m V e (Handle Weak [Tok (IntoStrong i (content g)) (view_after e m V)] :: rest).
Proof.
  intros m rest V i g L R S e.
  apply (live_act_load m rest V Weak [] Idle [] _ i g _ L R); auto; try discriminate.
  simpl. split; [lia|split; [exact S|]]. destruct R as [_ R]. exists g. auto.
Qed.

Lemma act_into_strong_again : forall m rest V i c j g, live m (Handle Weak [Tok (IntoStrong i c) V] :: rest) ->
  can_read m V j g -> strong (content g) <> 0 ->
  let e := miss code Access.upgrade j g in
  goes_on m V e (Handle Weak [Tok (IntoStrong j (content g)) (view_after e m V)] :: rest).
Proof.
  intros m rest V i c j g L R S e.
  apply (live_act_load m rest V Weak [] (IntoStrong i c) [] _ j g _ L R); auto; try discriminate.
  simpl. split; [lia|split; [exact S|]]. destruct R as [_ R]. exists g. auto.
Qed.

Lemma act_into_strong_done : forall m rest V i c, live m (Handle Weak [Tok (IntoStrong i c) V] :: rest) -> now m = c ->
  let e := rmw code Access.upgrade (minus_weak (plus_strong c)) in
  goes_on m V e (Handle Strong [Tok Idle (view_after e m V)] :: rest).
Proof.
  intros m rest V i c L N e. token_facts L T A Z. split; [fine_word L Z|]. left. subst c.
  assert (C : strong (now m) <> 0) by (destruct T as (_ & _ & (_ & C & _) & _ & _); exact C).
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. apply (handle_fresh m _ _ V Strong); try congruence; [|simpl; lia].
    intros _. eapply upgrade_sees_the_value; [exact T | lia].
Qed.

(** *** The release of a weak handle, or of the implicit weak *)

Lemma weak_release_shared : forall m a rest V, live m (a :: rest) ->
  (weaks a + owners a = 1 /\ strongs a + takers a + makers a + holes a = 0 /\ holder_events a = []) ->
  incl (events a) (known V) -> weak (now m) <> 1 ->
  live (memory_after (rmw code Access.release_weak (minus_weak (now m))) m V) rest.
Proof.
  intros m a rest V L (C & T & H) E N.
  pose proof (weak_drop_releases_everything m V (minus_weak (now m))) as R.
  apply (live_modify m a rest V _ _ [] L); try sums L.
  - simpl. intros x I. apply in_app_iff. left. apply R. simpl. destruct I as [I|I]; auto.
  - rewrite H. intros _ x [].
Qed.

Lemma weak_release_last : forall m a rest V, live m (a :: rest) ->
  (weaks a + owners a = 1 /\ strongs a + takers a + makers a + holes a = 0) ->
  events a = known V -> In 0 (known V) -> weak (now m) = 1 ->
  let e := rmw code Access.release_weak (minus_weak (now m)) in
  ending (memory_after e m V) (Busy LastWeak (view_after e m V) :: rest).
Proof.
  intros m a rest V L (C & T) E Z N e.
  pose proof (every_agent_counts m (a :: rest) (l_agents _ _ L)) as EC.
  pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. pose proof (l_once _ _ L) as LO.
  pose proof (l_drops _ _ L) as LI. pose proof (l_present _ _ L) as LP. pose proof (l_one _ _ L) as ONE.
  simpl in *.
  assert (S0 : strongs a + sum strongs rest = 0) by lia.
  assert (rest = []) by (destruct rest; [reflexivity | simpl in *; lia]). subst rest. simpl in *.
  pose proof (passed_on m V (order (code Access.release_weak)) (minus_weak (now m))) as MO. fold (rmw code Access.release_weak (minus_weak (now m))) in MO. fold e in MO.
  assert (P : present m = false) by (destruct (present m); [simpl in LP; lia | reflexivity]). rewrite P in *.
  constructor.
  - exists (view_after e m V). split; [apply kept_rmw; exact Z|]. left. split; [reflexivity|].
    split; [rewrite (more_last _ _ _ MO); reflexivity|]. destruct MO as (_ & NW & REL). split.
    + rewrite NW. unfold minus_weak. rewrite N. f_equal. lia.
    + intros x X. apply in_app_iff. assert (Q : x < clock m \/ x = clock m) by (subst e; destruct m; simpl in *; lia).
      destruct Q as [Q| ->]; [|right; left; reflexivity].
      pose proof (l_known _ _ L x Q) as K. simpl in K. rewrite app_nil_r, E in K. apply in_app_iff in K.
      destruct K as [K|K]; [left; apply REL; exact K | right; apply kept_rmw; exact K].
  - pose proof (l_frees _ _ L). subst e. destruct m; assumption.
  - subst e. destruct m; exact P.
  - subst e. destruct m; simpl in *; lia.
  - subst e. destruct m; simpl in *; lia.
Qed.

Lemma act_weak_drop_shared : forall m rest V, live m (Handle Weak [Tok Idle V] :: rest) -> weak (now m) <> 1 ->
  goes_on m V (rmw code Access.release_weak (minus_weak (now m))) rest.
Proof.
  intros m rest V L N. token_facts L T A Z. split; [fine_word L Z|]. left.
  eapply weak_release_shared; [exact L | repeat split; reflexivity | crunch | exact N].
Qed.

Lemma act_weak_drop_last : forall m rest V, live m (Handle Weak [Tok Idle V] :: rest) -> weak (now m) = 1 ->
  let e := rmw code Access.release_weak (minus_weak (now m)) in
  goes_on m V e (Busy LastWeak (view_after e m V) :: rest).
Proof.
  intros m rest V L N e. token_facts L T A Z. split; [fine_word L Z|]. right.
  eapply weak_release_last; [exact L | repeat split; reflexivity | simpl; apply app_nil_r | exact Z | exact N].
Qed.
