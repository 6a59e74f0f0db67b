(** * The steps of strong handles

    In a live state no access of theirs is wrong, and the invariant is preserved: clone, downgrade, drop, into_weak, the exclusive
    borrow, the steal, and what happens past a limit. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Handles.
Import ListNotations.

Lemma act_clone : forall m rest V p q, live m (Handle Strong (p ++ Tok Idle V :: q) :: rest) ->
  let e := rmw code Access.add_strong (plus_strong (now m)) in let V' := view_after e m V in
  goes_on m V e (Handle Strong (p ++ Tok Idle V' :: q) :: Handle Strong [Tok Idle V'] :: rest).
Proof.
  intros m rest V p q L e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  apply (live_modify m _ rest V _ _ [_; _] L); try sums L.
  - subst V' e. crunch.
  - subst V' e. crunch.
  - intros b [<-|[<-|[]]].
    + eapply handle_more; [exact (l_agents _ _ L _ (or_introl eq_refl)) | congruence | congruence | simpl; lia].
    + apply (handle_fresh m _ _ V Strong); try congruence; [|simpl; lia].
      intros _ x I. apply clone_passes_on. right. eapply reader_writes; [exact T | reflexivity | exact I].
Qed.

Lemma act_clone_many : forall m rest V p q n, live m (Handle Strong (p ++ Tok Idle V :: q) :: rest) -> 1 <= n ->
  let e := rmw code Access.add_strong (more_strong n (now m)) in let V' := view_after e m V in
  goes_on m V e (Handle Strong (p ++ Tok Idle V' :: q) :: Clones n V' :: rest).
Proof.
  intros m rest V p q n L N e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  apply (live_modify m _ rest V _ _ [_; _] L); try sums L.
  - subst V' e. crunch.
  - subst V' e. crunch.
  - intros b [<-|[<-|[]]].
    + eapply handle_more; [exact (l_agents _ _ L _ (or_introl eq_refl)) | congruence | congruence | simpl; lia].
    + split; [exact N|]. apply (handle_fresh m _ _ V Strong); try congruence; [|simpl; lia].
      intros _ x I. apply clone_passes_on. right. eapply reader_writes; [exact T | reflexivity | exact I].
Qed.

(** *** Past a limit, and the undo *)

Lemma act_past_strong : forall m rest V p q n, live m (Handle Strong (p ++ Tok Idle V :: q) :: rest) ->
  let e := rmw code Access.add_strong (more_strong n (now m)) in let V' := view_after e m V in
  goes_on m V e (Handle Strong (p ++ Tok (Past n 0) V' :: q) :: rest).
Proof.
  intros m rest V p q n L e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst V' e. crunch.
  - subst V' e. crunch.
  - intros b [<-|[]]. eapply handle_more_at; [exact (l_agents _ _ L _ (or_introl eq_refl)) | reflexivity | eauto | congruence | congruence | simpl; lia].
Qed.

Lemma act_past_weak : forall m rest V k p q, live m (Handle k (p ++ Tok Idle V :: q) :: rest) ->
  let e := rmw code Access.add_weak (plus_weak (now m)) in let V' := view_after e m V in
  goes_on m V e (Handle k (p ++ Tok (Past 0 1) V' :: q) :: rest).
Proof.
  intros m rest V k p q L e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  apply (live_modify m _ rest V _ _ [_] L); try solve [lazymatch goal with |- _ = _ => idtac | |- _ <= _ => idtac end; destruct k as [| |[|]]; sums L].
  - subst V' e. crunch.
  - subst V' e. destruct k; crunch.
  - intros Y. left. exact Y.
  - destruct k as [| |v].
    + right. sums L.
    + destruct (Nat.eq_dec (strong (now m)) 0); [left; exact e0 | right; sums L].
    + left. apply (live_owner _ _ _ L eq_refl).
  - intros b [<-|[]].
    eapply handle_more_at; [exact (l_agents _ _ L _ (or_introl eq_refl)) | destruct k; reflexivity | eauto | intros _ Y; exact Y | |].
    + intros v ->. apply (live_owner _ _ _ L eq_refl).
    + intros ->. sums L.
Qed.

Lemma act_undo : forall m rest V k p q s w, live m (Handle k (p ++ Tok (Past s w) V :: q) :: rest) ->
  let e := rmw code Access.undo (Word (strong (now m) - s) (weak (now m) - w)) in let V' := view_after e m V in
  goes_on m V e (Handle k (p ++ Tok (Past 0 0) V' :: q) :: rest).
Proof.
  intros m rest V k p q s w L e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  assert (G : incl (clock m :: known V) (known V')) by apply undo_keeps.
  assert (NS : k = Strong \/ s = 0) by (destruct T as (_ & _ & _ & F & _), k, s; simpl in F; auto; discriminate).
  apply (live_modify m _ rest V _ _ [_] L); try solve [lazymatch goal with |- _ = _ => idtac | |- _ <= _ => idtac end; destruct k as [| |[|]], NS; try discriminate; sums L].
  - subst V' e. crunch.
  - subst V' e. destruct k; crunch.
  - intros Y. left. simpl in Y. lia.
  - destruct k as [| |v].
    + right. sums L.
    + destruct (Nat.eq_dec (strong (now m)) 0); [left; simpl; lia | right; sums L].
    + left. simpl. destruct (live_owner _ _ _ L eq_refl) as (-> & _). reflexivity.
  - intros b [<-|[]].
    eapply handle_more_at; [exact (l_agents _ _ L _ (or_introl eq_refl)) | destruct k; reflexivity | eauto | simpl; lia | |].
    + intros v ->. simpl. destruct (live_owner _ _ _ L eq_refl) as (-> & _). reflexivity.
    + intros ->. sums L.
Qed.

(** *** Clones *)

Lemma clones_facts : forall m n V rest, live m (Clones n V :: rest) ->
  1 <= n /\ oldest V <= last m /\ In 0 (known V) /\ token_ok m Strong (Tok Idle V) /\ handle_ok m Strong [Tok Idle V].
Proof.
  intros m n V rest L. destruct (l_agents _ _ L _ (or_introl eq_refl)) as [N OK]. pose proof (token_only _ _ _ OK) as T.
  destruct (token_view _ _ _ T). auto.
Qed.

Lemma act_clone_more : forall m rest V n k, live m (Clones n V :: rest) ->
  let e := rmw code Access.add_strong (more_strong k (now m)) in
  goes_on m V e (Clones (n + k) (view_after e m V) :: rest).
Proof.
  intros m rest V n k L e. destruct (clones_facts _ _ _ _ L) as (N & A & Z & T & OK). split; [fine_word L Z|]. left.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. split; [lia|]. apply (handle_more m _ _ V Strong [] Idle []); [exact OK | congruence | congruence | sums L].
Qed.

Lemma act_next : forall m rest V n, live m (Clones (S n) V :: rest) -> 1 <= n ->
  goes_on m V Nothing (Clones n V :: Handle Strong [Tok Idle V] :: rest).
Proof.
  intros m rest V n L N. destruct (clones_facts _ _ _ _ L) as (_ & A & Z & T & OK). split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_; _] L I); try (simpl; lia).
  - crunch.
  - crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - assert (OK' : handle_ok (memory_after Nothing m V) Strong [Tok Idle V]) by (destruct m; exact OK).
    intros b [<-|[<-|[]]]; [split; [exact N | exact OK'] | exact OK'].
Qed.

Lemma act_next_last : forall m rest V, live m (Clones 1 V :: rest) ->
  goes_on m V Nothing (Handle Strong [Tok Idle V] :: rest).
Proof.
  intros m rest V L. destruct (clones_facts _ _ _ _ L) as (_ & A & Z & T & OK). split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_] L I); try (simpl; lia).
  - crunch.
  - crunch.
  - intros X. exfalso. apply X. destruct m; reflexivity.
  - intros b [<-|[]]. destruct m; exact OK.
Qed.

Lemma act_give_back_some : forall m rest V n k, live m (Clones n V :: rest) -> k < n ->
  let e := rmw code Access.release_strong (less_strong k (now m)) in
  goes_on m V e (Clones (n - k) (view_after e m V) :: rest).
Proof.
  intros m rest V n k L K e. destruct (clones_facts _ _ _ _ L) as (N & A & Z & T & OK). split; [fine_word L Z|]. left.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. split; [lia|]. apply (handle_more m _ _ V Strong [] Idle []); [exact OK | congruence | congruence | sums L].
Qed.

Lemma act_give_back_shared : forall m rest V n, live m (Clones n V :: rest) -> strong (now m) <> n ->
  goes_on m V (rmw code Access.release_strong (less_strong n (now m))) rest.
Proof.
  intros m rest V n L N. destruct (clones_facts _ _ _ _ L) as (N1 & A & Z & T & OK). split; [fine_word L Z|]. left.
  pose proof (drop_releases_everything m V (less_strong n (now m))) as R.
  apply (live_modify m _ rest V _ _ [] L); try sums L.
  - simpl. intros x I. apply in_app_iff. left. apply R. exact I.
  - simpl. intros _ x I. apply in_app_iff. left. apply R. right. exact I.
Qed.

Lemma act_downgrade : forall m rest V k p q, live m (Handle k (p ++ Tok Idle V :: q) :: rest) ->
  let e := rmw code Access.add_weak (plus_weak (now m)) in let V' := view_after e m V in
  goes_on m V e (Handle k (p ++ Tok Idle V' :: q) :: Handle Weak [Tok Idle V'] :: rest).
Proof.
  intros m rest V k p q L e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  assert (G : incl (known V) (known V')) by (intros x I; apply downgrade_passes_on; right; exact I).
  apply (live_modify m _ rest V _ _ [_; _] L).
  - destruct k as [| |[|]]; sums L.
  - destruct k as [| |[|]]; sums L.
  - destruct k as [| |[|]]; sums L.
  - destruct k as [| |[|]]; sums L.
  - destruct k as [| |[|]]; sums L.
  - destruct k as [| |[|]]; sums L.
  - subst V' e. crunch.
  - subst V' e. destruct k; crunch.
  - intros Y. left. exact Y.
  - destruct k as [| |v].
    + right. sums L.
    + destruct (Nat.eq_dec (strong (now m)) 0); [left; exact e0 | right; sums L].
    + left. apply (live_owner _ _ _ L eq_refl).
  - intros b [<-|[<-|[]]].
    + eapply handle_more; [exact (l_agents _ _ L _ (or_introl eq_refl)) | intros _ Y; exact Y | |].
      * intros v ->. apply (live_owner _ _ _ L eq_refl).
      * intros ->. sums L.
    + apply (handle_fresh m _ _ V Weak); try congruence.
      intros _ S x I. apply in_app_iff. destruct T as (_ & _ & _ & _ & K). simpl in K. destruct k as [| |v].
      * right. apply G. destruct K as [K _]. apply K. exact I.
      * specialize (K S x I). apply in_app_iff in K. destruct K as [K|K]; [left | right; apply G; exact K].
        apply (passed_on m V _ _). exact K.
      * right. apply G. destruct K as [K _]. apply K. exact I.
Qed.

Lemma act_drop_shared : forall m rest V, live m (Handle Strong [Tok Idle V] :: rest) -> strong (now m) <> 1 ->
  goes_on m V (rmw code Access.release_strong (minus_strong (now m))) rest.
Proof.
  intros m rest V L N. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  pose proof (drop_releases_everything m V (minus_strong (now m))) as R.
  apply (live_modify m _ rest V _ _ [] L); try sums L.
  - simpl. intros x I. apply in_app_iff. left. apply R. simpl. rewrite app_nil_r in I. tauto.
  - simpl. intros _ x I. apply in_app_iff. left. apply R. simpl. rewrite app_nil_r in I. tauto.
Qed.

(** What the release of the last strong handle leaves, whether by drop or by into_weak. *)
Lemma last_drop_ok : forall m a rest V o w h, live m (a :: rest) -> 1 <= strongs a -> holder_events a = known V ->
  oldest V <= last m -> In 0 (known V) -> (present m = true \/ forall x, value_event m x -> In x (known V)) ->
  strong (now m) = strongs a -> strong w = 0 ->
  let m' := memory_after (ModifyWord o w) m V in
  task_ok m' (LastDrop h) (view_after (ModifyWord o w) m V).
Proof.
  intros m a rest V o w h L SA HE A Z P N W m'. destruct (live_strong _ _ _ L SA) as (S & O & _).
  pose proof (passed_on m V o w) as M. fold m' in M. pose proof (more_last _ _ _ M) as LA.
  split; [simpl; lia|split; [right; apply in_app_iff; auto|]].
  intros i g [R1 R2]. simpl in R1. destruct (more_at _ _ _ _ _ M R2) as [[E G]|[LE _]]; [|lia].
  subst i g. destruct M as (_ & NW & REL).
  split; [unfold now in NW; rewrite NW; exact W|split; [lia|]].
  intros x X. assert (X' : value_event m x) by (subst m'; destruct m; exact X).
  rewrite in_app_iff. destruct P as [P|P]; [|right; apply kept_rmw; apply P; exact X'].
  pose proof (l_value_known _ _ L P x X') as K. simpl in K. rewrite HE, !in_app_iff in K.
  destruct K as [K|[K|K]].
  - left. apply REL. exact K.
  - right. apply kept_rmw. exact K.
  - exfalso. eapply (sum_holder_events m rest x); [|lia|simpl in O; lia|exact K].
    intros b I. apply (l_agents _ _ L). right. exact I.
Qed.

Lemma act_drop_last : forall m rest V h, live m (Handle Strong [Tok Idle V] :: rest) -> h <> Vacant -> strong (now m) = 1 ->
  let e := rmw code Access.release_strong (minus_strong (now m)) in
  goes_on m V e (Busy (LastDrop h) (view_after e m V) :: rest).
Proof.
  intros m rest V h L NV N e. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  apply (live_modify m _ rest V _ _ [_] L); try (destruct h; try congruence; sums L).
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. eapply last_drop_ok; [exact L | simpl; lia | apply app_nil_r | exact A | exact Z | auto | exact N | simpl; lia].
Qed.

Lemma act_give_back_last : forall m rest V n, live m (Clones n V :: rest) -> strong (now m) = n ->
  let e := rmw code Access.release_strong (less_strong n (now m)) in
  goes_on m V e (Busy (LastDrop Destroy) (view_after e m V) :: rest).
Proof.
  intros m rest V n L N e. destruct (clones_facts _ _ _ _ L) as (N1 & A & Z & T & OK). split; [fine_word L Z|]. left.
  destruct (live_strong _ _ _ L N1) as (S & O & P). specialize (P eq_refl). simpl in S.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. eapply last_drop_ok; [exact L | exact N1 | reflexivity | exact A | exact Z | auto | exact N | simpl; lia].
Qed.

Lemma act_into_weak_shared : forall m rest V, live m (Handle Strong [Tok Idle V] :: rest) -> strong (now m) <> 1 ->
  let e := rmw code Access.strong_into_weak (plus_weak (minus_strong (now m))) in
  goes_on m V e (Handle Weak [Tok Idle (view_after e m V)] :: rest).
Proof.
  intros m rest V L N e. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  pose proof (into_weak_releases_everything m V (plus_weak (minus_strong (now m)))) as R. fold e in R.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - simpl. intros x I. apply in_app_iff. left. apply R. simpl. rewrite app_nil_r in I. tauto.
  - simpl. intros _ x I. apply in_app_iff. left. apply R. simpl. rewrite app_nil_r in I. tauto.
  - intros b [<-|[]]. apply (handle_fresh m _ _ V Weak); try congruence.
    intros _ _ x I. apply in_app_iff. right. apply kept_rmw. eapply reader_writes; [exact T | reflexivity | exact I].
Qed.

Lemma act_into_weak_last : forall m rest V, live m (Handle Strong [Tok Idle V] :: rest) -> strong (now m) = 1 ->
  let e := rmw code Access.strong_into_weak (plus_weak (minus_strong (now m))) in
  let V' := view_after e m V in
  goes_on m V e (Handle Weak [Tok Idle V'] :: Busy (LastDrop Destroy) V' :: rest).
Proof.
  intros m rest V L N e V'. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  apply (live_modify m _ rest V _ _ [_; _] L); try sums L.
  - subst V' e. crunch.
  - subst V' e. crunch.
  - intros b [<-|[<-|[]]].
    + apply (handle_fresh m _ _ V Weak); try congruence.
      intros _ _ x I. apply in_app_iff. right. apply kept_rmw. eapply reader_writes; [exact T | reflexivity | exact I].
    + eapply last_drop_ok; [exact L | simpl; lia | apply app_nil_r | exact A | exact Z | auto | exact N | simpl; lia].
Qed.

Lemma act_read_unique : forall m rest V x i g, live m (Handle Strong [Tok Idle V] :: rest) ->
  In x [Access.is_unique; Access.sole; Access.counts] -> can_read m V i g -> content g = UNIQUE ->
  goes_on m V (load code x i g) (Handle Strong [Tok Exclusive (view_after (load code x i g) m V)] :: rest).
Proof.
  intros m rest V x i g L X R U. apply (live_act_load m rest V Strong [] Idle [] _ i g Exclusive L R); try exact I; auto.
  intros _. split.
  - destruct (unique_reads_newest m V i g Idle) as [_ ->]; auto. exact (l_agents _ _ L _ (or_introl eq_refl)).
  - intros y Y. destruct X as [<-|[<-|[<-|[]]]].
    + eapply get_mut_sees_everything; eassumption.
    + eapply make_mut_sees_everything; eassumption.
    + eapply counts_sees_everything; eassumption.
Qed.

(** A token that is exclusive, or that has no value, has the only handle. *)
Lemma alone_facts : forall m rest l V, live m (Handle Strong [Tok l V] :: rest) -> alone_at l = true ->
  rest = [] /\ now m = UNIQUE /\ (forall x, x < clock m -> In x (known V)) /\ Nat.b2n (present m) + is_empty l = 1.
Proof.
  intros m rest l V L AL. pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (_ & _ & T & _).
  destruct (T _ (or_introl eq_refl)) as (_ & _ & _ & _ & _ & K). destruct (K AL) as [U E].
  assert (rest = []) by (eapply unique_is_alone; [exact L | exact U | simpl; lia]). subst rest.
  split; [reflexivity|split; [exact U|split; [exact E|]]]. pose proof (l_present _ _ L) as P. simpl in P. lia.
Qed.

Lemma exclusive_facts : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  rest = [] /\ now m = UNIQUE /\ (forall x, x < clock m -> In x (known V)) /\ present m = true.
Proof.
  intros m rest V L. destruct (alone_facts _ _ _ _ L eq_refl) as (R & U & E & P).
  split; [exact R|split; [exact U|split; [exact E|]]]. destruct (present m); [reflexivity | discriminate P].
Qed.

Lemma empty_facts : forall m rest V, live m (Handle Strong [Tok Empty V] :: rest) ->
  rest = [] /\ now m = UNIQUE /\ (forall x, x < clock m -> In x (known V)) /\ present m = false.
Proof.
  intros m rest V L. destruct (alone_facts _ _ _ _ L eq_refl) as (R & U & E & P).
  split; [exact R|split; [exact U|split; [exact E|]]]. destruct (present m); [discriminate P | reflexivity].
Qed.

Lemma act_exclusive_write : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  goes_on m V WriteValue (Handle Strong [Tok Exclusive (view_after WriteValue m V)] :: rest).
Proof.
  intros m rest V L. destruct (exclusive_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  assert (VE : forall x, value_event m x -> In x (known V)) by (intros x X; apply E; apply (l_clock _ _ L); exact X).
  split; [apply fine_write; auto; [exact I | exact (l_frees _ _ L)]|]. left.
  pose proof (l_present _ _ L) as LP. pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. simpl in LP, LI.
  apply live_write with (a := Handle Strong [Tok Exclusive V]); auto; try exact I; try reflexivity.
  - destruct m; exact LP.
  - destruct m; exact LI.
  - destruct m; exact LO.
  - crunch.
  - intros _ x [->|X]; simpl; [left; reflexivity | right; rewrite app_nil_r; auto].
  - simpl. apply (handle_write m WriteValue V Strong Strong Exclusive Exclusive); auto; try congruence; try tauto; try exact I.
    + exact (l_agents _ _ L _ (or_introl eq_refl)).
    + repeat split; congruence.
Qed.

Lemma act_end_exclusive : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  goes_on m V Nothing (Handle Strong [Tok Idle V] :: rest).
Proof.
  intros m rest V L. token_facts L T A Z. split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_] L I); try reflexivity; simpl.
  - exact A.
  - crunch.
  - crunch.
  - intros N. exfalso. apply N. destruct m; reflexivity.
  - intros b [<-|[]]. apply (handle_light m Nothing V Strong [] Exclusive [] Idle); auto; try exact I; try discriminate.
    exact (l_agents _ _ L _ (or_introl eq_refl)).
Qed.

Lemma act_fill : forall m rest V, live m (Handle Strong [Tok Empty V] :: rest) ->
  goes_on m V InitValue (Handle Strong [Tok Exclusive (view_after InitValue m V)] :: rest).
Proof.
  intros m rest V L. destruct (empty_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  assert (VE : forall x, value_event m x -> In x (known V)) by (intros x X; apply E; apply (l_clock _ _ L); exact X).
  split; [apply fine_write; auto; [exact I | exact (l_frees _ _ L)]|]. left.
  pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. rewrite P in LO. simpl in LI, LO.
  apply live_write with (a := Handle Strong [Tok Empty V]); auto; try exact I; try reflexivity.
  - destruct m. reflexivity.
  - destruct m. exact LI.
  - destruct m. simpl in *. lia.
  - crunch.
  - intros _ x [->|X]; simpl; [left; reflexivity | right; rewrite app_nil_r; auto].
  - simpl. apply (handle_write m InitValue V Strong Strong Empty Exclusive); auto; try congruence; try tauto; try exact I.
    + exact (l_agents _ _ L _ (or_introl eq_refl)).
    + repeat split; congruence.
Qed.

Lemma act_move_out : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  goes_on m V MoveValue (Handle Strong [Tok Empty (view_after MoveValue m V)] :: rest).
Proof.
  intros m rest V L. destruct (exclusive_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  assert (VE : forall x, value_event m x -> In x (known V)) by (intros x X; apply E; apply (l_clock _ _ L); exact X).
  split; [apply fine_write; auto; [exact I | exact (l_frees _ _ L)]|]. left.
  pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. rewrite P in LO. simpl in LI, LO.
  apply live_write with (a := Handle Strong [Tok Exclusive V]); auto; try exact I; try reflexivity.
  - destruct m. reflexivity.
  - destruct m. exact LI.
  - destruct m. simpl in *. lia.
  - crunch.
  - intros Q. destruct m. discriminate Q.
  - simpl. apply (handle_write m MoveValue V Strong Strong Exclusive Empty); auto; try congruence; try tauto; try exact I.
    + exact (l_agents _ _ L _ (or_introl eq_refl)).
    + repeat split; congruence.
Qed.

Lemma act_drop_empty : forall m rest V, live m (Handle Strong [Tok Empty V] :: rest) ->
  let e := rmw code Access.release_strong (minus_strong (now m)) in
  goes_on m V e (Busy (LastDrop Vacant) (view_after e m V) :: rest).
Proof.
  intros m rest V L e. destruct (empty_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  split; [fine_word L Z|]. left.
  apply (live_modify m _ [] V _ _ [_] L); try (rewrite ?P; sums L).
  - subst e. crunch.
  - intros b [<-|[]]. eapply last_drop_ok; [exact L | simpl; lia | apply app_nil_r | exact A | exact Z | | rewrite U; reflexivity | rewrite U; reflexivity].
    right. intros x X. apply E. apply (l_clock _ _ L). exact X.
Qed.

Lemma act_try_unwrap : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  goes_on m V MoveValue (Busy Freeing (view_after MoveValue m V) :: rest).
Proof.
  intros m rest V L. destruct (exclusive_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  split.
  - apply fine_write; auto; [exact I | exact (l_frees _ _ L)|]. intros x X. apply E. apply (l_clock _ _ L). exact X.
  - right. eapply freeing_next; eauto. left. pose proof (l_drops _ _ L) as LD. simpl in LD. lia.
Qed.

Lemma act_discard : forall m rest V, live m (Handle Strong [Tok Empty V] :: rest) ->
  goes_on m V Nothing (Busy Freeing V :: rest).
Proof.
  intros m rest V L. destruct (empty_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  split; [fine_word L Z|]. right. exact (freeing_next m _ [] V Nothing L P (or_intror eq_refl) A Z E).
Qed.

Lemma act_into_unique : forall m rest V, live m (Handle Strong [Tok Exclusive V] :: rest) ->
  let e := rmw code Access.release_strong (minus_strong (now m)) in
  goes_on m V e (Handle (Building true) [Tok Idle (view_after e m V)] :: rest).
Proof.
  intros m rest V L e. destruct (exclusive_facts _ _ _ L) as (-> & U & E & P). token_facts L T A Z.
  split; [fine_word L Z|]. left. strong_facts L S O PP.
  assert (VE : forall x, value_event m x -> In x (known V)) by (intros x X; apply E; apply (l_clock _ _ L); exact X).
  apply (live_modify m _ [] V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros b [<-|[]]. apply (handle_fresh m _ _ V (Building true)); try congruence.
    + intros _ x X. apply kept_rmw. apply VE. left. exact X.
    + intros v _. split; [simpl; simpl in S; lia|]. intros x X. apply kept_rmw. apply VE. right. exact X.
Qed.

(** *** The steal *)

Lemma act_steal_look : forall m rest V i g, live m (Handle Strong [Tok Idle V] :: rest) -> can_read m V i g ->
  strong (content g) = 1 ->
  let e := load code Access.sole i g in
  goes_on m V e (Handle Strong [Tok (Stealing i (content g)) (view_after e m V)] :: rest).
Proof.
  intros m rest V i g L R S e.
  apply (live_act_load m rest V Strong [] Idle [] _ i g (Stealing i (content g)) L R); auto; try discriminate.
  simpl. split; [lia|split; [exact S|]]. destruct R as [_ R]. exists g. auto.
Qed.

Lemma act_steal_done : forall m rest V i c, live m (Handle Strong [Tok (Stealing i c) V] :: rest) -> now m = c ->
  let e := rmw code Access.steal (minus_strong c) in
  goes_on m V e (Busy (Owner HandOut false) (view_after e m V) :: rest).
Proof.
  intros m rest V i c L N e. token_facts L T A Z. split; [fine_word L Z|]. left.
  strong_facts L S O P.
  destruct T as (_ & _ & (_ & C & _) & _ & _).
  assert (W : strong (now m) = 1) by (rewrite N; exact C). subst c.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - pose proof (passed_on m V (order (code Access.steal)) (minus_strong (now m))) as M.
    intros b [<-|[]]. split; [rewrite (more_last _ _ _ M); simpl; lia|split; [apply kept_rmw; exact Z|]].
    split; [|discriminate]. intros x X. eapply steal_sees_every_use; [exact L | exact W | exact P|].
    destruct m; exact X.
Qed.

Lemma act_give_up : forall m rest V i c, live m (Handle Strong [Tok (Stealing i c) V] :: rest) ->
  goes_on m V Nothing (Handle Strong [Tok Idle V] :: rest).
Proof.
  intros m rest V i c L. token_facts L T A Z. split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_] L I); try reflexivity; simpl.
  - exact A.
  - crunch.
  - crunch.
  - intros N. exfalso. apply N. destruct m; reflexivity.
  - intros b [<-|[]]. apply (handle_light m Nothing V Strong [] (Stealing i c) [] Idle); auto; try exact I; try discriminate.
    exact (l_agents _ _ L _ (or_introl eq_refl)).
Qed.
