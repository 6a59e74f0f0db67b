(** * The steps of an agent that owns the implicit weak alone

    The builder before it publishes, and an operation after the last strong handle: no access of theirs is wrong, and the invariant is
    preserved. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Handles WeakSteps.
Import ListNotations.

(** *** The builder *)

Lemma builder_facts : forall m rest V v, live m (Handle (Building v) [Tok Idle V] :: rest) ->
  present m = v /\ (forall x, value_event m x -> In x (known V)) /\ sum takers rest = 0 /\ sum makers rest = 0
  /\ sum strongs rest = 0 /\ sum owners rest = 0 /\ strong (now m) = 0.
Proof.
  intros m rest V v L. destruct (live_owner _ _ _ L eq_refl) as (S & SR & OR & _ & TR & MR & P).
  split; [destruct v, (present m); simpl in P; congruence|].
  split; [|auto]. pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (_ & _ & T & _ & B).
  destruct (T _ (or_introl eq_refl)) as (_ & _ & _ & _ & W & _).
  intros x [X|X]; [apply W; exact X|]. destruct (B x X) as (t & [<-|[]] & K). exact K.
Qed.

Lemma act_init : forall m rest V, live m (Handle (Building false) [Tok Idle V] :: rest) ->
  goes_on m V InitValue (Handle (Building true) [Tok Idle (view_after InitValue m V)] :: rest).
Proof.
  intros m rest V L. token_facts L T A Z. destruct (builder_facts _ _ _ _ L) as (P & VE & TR & MR & SR & OR & S).
  split; [apply fine_write; auto; [exact I | exact (l_frees _ _ L)]|]. left.
  pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. rewrite P in LO. simpl in LI, LO.
  pose proof (no_other_hole _ _ _ L) as NH.
  apply live_write with (a := Handle (Building false) [Tok Idle V]); auto; try exact I; try reflexivity.
  - destruct m. simpl in *. rewrite SR, TR, NH. reflexivity.
  - destruct m. simpl in *. lia.
  - destruct m. simpl in *. lia.
  - crunch.
  - intros _ x [->|X]; simpl; [left; reflexivity | right; rewrite app_nil_r; auto].
  - simpl. apply (handle_write m InitValue V (Building false) (Building true) Idle Idle); auto; try congruence; try exact I; try (simpl; discriminate).
    + exact (l_agents _ _ L _ (or_introl eq_refl)).
    + split; discriminate.
    + repeat split; congruence.
Qed.

Lemma act_builder_write : forall m rest V, live m (Handle (Building true) [Tok Idle V] :: rest) ->
  goes_on m V WriteValue (Handle (Building true) [Tok Idle (view_after WriteValue m V)] :: rest).
Proof.
  intros m rest V L. token_facts L T A Z. destruct (builder_facts _ _ _ _ L) as (P & VE & TR & MR & SR & OR & S).
  split; [apply fine_write; auto; [exact I | exact (l_frees _ _ L)]|]. left.
  pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. rewrite P in LO. simpl in LI, LO.
  pose proof (no_other_hole _ _ _ L) as NH.
  apply live_write with (a := Handle (Building true) [Tok Idle V]); auto; try exact I; try reflexivity.
  - destruct m. simpl in *. rewrite SR, TR, NH, P. reflexivity.
  - destruct m. simpl in *. lia.
  - destruct m. simpl in *. subst. simpl. lia.
  - crunch.
  - intros _ x [->|X]; simpl; [left; reflexivity | right; rewrite app_nil_r; auto].
  - simpl. apply (handle_write m WriteValue V (Building true) (Building true) Idle Idle); auto; try congruence; try exact I; try (simpl; discriminate).
    + exact (l_agents _ _ L _ (or_introl eq_refl)).
    + tauto.
    + repeat split; congruence.
Qed.

Lemma act_publish : forall m rest V, live m (Handle (Building true) [Tok Idle V] :: rest) ->
  let e := rmw code Access.publish (plus_strong (now m)) in
  goes_on m V e (Handle Strong [Tok Idle (view_after e m V)] :: rest).
Proof.
  intros m rest V L e. token_facts L T A Z. destruct (builder_facts _ _ _ _ L) as (P & VE & TR & MR & SR & OR & S).
  split; [fine_word L Z|]. left.
  apply (live_modify m _ rest V _ _ [_] L); try sums L.
  - subst e. crunch.
  - subst e. crunch.
  - intros _. right. intros x X. apply (publish_releases_the_value m V (plus_strong (now m))). right. apply VE. left. exact X.
  - intros b [<-|[]]. apply (handle_fresh m _ _ V Strong); try congruence; [|simpl; lia].
    intros _ x X. apply kept_rmw. apply VE. left. exact X.
Qed.

Lemma act_abandon : forall m rest V h t, live m (Handle (Building true) [Tok Idle V] :: rest) ->
  h <> Vacant -> t = LastDrop h \/ t = Owner h false ->
  goes_on m V Nothing (Busy t V :: rest).
Proof.
  intros m rest V h t L NV H. token_facts L T A Z. destruct (builder_facts _ _ _ _ L) as (P & VE & TR & MR & SR & OR & S).
  split; [fine_word L Z|]. left.
  apply (live_light m _ rest V Nothing [_] L I); try (destruct h, H as [-> | ->]; try congruence; reflexivity).
  - exact A.
  - crunch.
  - destruct H as [-> | ->]; crunch.
  - intros N. exfalso. apply N. destruct m; reflexivity.
  - intros b [<-|[]].
    pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (_ & _ & _ & Y & _). destruct T as (_ & _ & _ & _ & _ & K).
    assert (Q : task_ok m t V).
    { split; [exact A|split; [exact Z|]]. destruct H as [-> | ->].
      - intros i g R. split; [apply (K i g); exact R|split].
        + intros LT W. destruct R as [R1 R2]. destruct (Y i g LT R2 W) as (u & [<-|[]] & O). simpl in O. lia.
        + intros x X. apply in_app_iff. auto.
      - split; [exact VE | discriminate]. }
    destruct m; exact Q.
Qed.

Lemma act_abandon_empty : forall m rest V t, live m (Handle (Building false) [Tok Idle V] :: rest) ->
  t = LastDrop Vacant \/ t = Releasing -> goes_on m V Nothing (Busy t V :: rest).
Proof.
  intros m rest V t L C. token_facts L T A Z. destruct (builder_facts _ _ _ _ L) as (P & VE & TR & MR & SR & OR & S).
  assert (Q : task_ok m t V).
  { split; [exact A|]. split; [exact Z|]. destruct C as [-> | ->]; [|exact I].
    pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (_ & _ & _ & Y & _). destruct T as (_ & _ & _ & _ & _ & K).
    intros i g R. split; [apply (K i g); exact R|]. split.
    - intros LT W. destruct R as [R1 R2]. destruct (Y i g LT R2 W) as (u & [<-|[]] & O). simpl in O. lia.
    - intros x X. apply in_app_iff. auto. }
  split; [fine_word L Z|]. left. destruct L. simpl in *.
  constructor; destruct C as [-> | ->]; destruct m; simpl in *; auto; try lia; try congruence.
  all: first [intros b [<-|I]; [exact Q | exact (l_agents b (or_intror I))] | intros x X; specialize (l_known x X); crunch].
Qed.

(** *** After the last strong handle *)

Lemma task_facts : forall m rest t V, live m (Busy t V :: rest) ->
  task_ok m t V /\ oldest V <= last m /\ In 0 (known V).
Proof. intros m rest t V L. pose proof (l_agents _ _ L _ (or_introl eq_refl)) as T. split; [exact T|]. destruct T as (A & B & _). auto. Qed.

(** The owner of the value and the implicit weak, if the word has weak = 1, is the only agent. *)
Lemma owner_is_alone : forall m a rest, live m (a :: rest) -> owners a = 1 -> weak (now m) = 1 -> rest = [].
Proof.
  intros m a rest L O W. destruct (live_owner _ _ _ L O) as (_ & S & OR & WW & _).
  pose proof (every_agent_counts m (a :: rest) (l_agents _ _ L)) as EC. simpl in EC.
  pose proof (l_one _ _ L). destruct rest; [reflexivity|]. simpl in *. lia.
Qed.

Lemma act_last_drop : forall m rest V h i g alone, live m (Busy (LastDrop h) V :: rest) -> can_read m V i g ->
  (alone = true -> weak (content g) = 1) ->
  let e := load code Access.take_value i g in
  goes_on m V e (Busy (Owner h alone) (view_after e m V) :: rest).
Proof.
  intros m rest V h i g alone L R AL e. destruct (task_facts _ _ _ _ L) as (T & A & Z).
  split; [fine_word L Z|]. left.
  apply (live_light m _ rest V e [_] L I); try (destruct h; reflexivity).
  - destruct R as [_ R]. simpl. eapply message_at_le. exact R.
  - subst e. crunch.
  - subst e. crunch.
  - intros _. left. reflexivity.
  - intros b [<-|[]]. pose proof (light_unwritten m V e I) as [S W].
    split; [rewrite (same_last _ _ S); destruct R as [_ R]; simpl; eapply message_at_le; exact R|].
    split; [apply kept_load; exact Z|]. split.
    + intros x X. eapply last_drop_sees_everything; [exact T | exact R|]. subst e. destruct m; exact X.
    + intros E. specialize (AL E). destruct (last_drop_alone_reads_newest _ _ _ _ _ T R AL) as [-> ->].
      rewrite (same_now _ _ S). split; [exact AL|]. intros x X.
      assert (rest = []) by (eapply owner_is_alone; [exact L | reflexivity | exact AL]). subst rest.
      assert (Q : x < clock m \/ x = clock m) by (subst e; destruct m; simpl in *; lia).
      destruct Q as [Q| ->]; [|left; reflexivity].
      apply last_drop_alone_sees_everything. pose proof (l_known _ _ L x Q) as K. simpl in K. rewrite app_nil_r in K. exact K.
Qed.

Lemma act_claim : forall m rest V h i g, live m (Busy (LastDrop h) V :: rest) -> h <> Vacant -> can_read m V i g ->
  let e := load code Access.take_value i g in
  goes_on m V e (Handle (Building true) [Tok Idle (view_after e m V)] :: rest).
Proof.
  intros m rest V h i g L NV R e. destruct (task_facts _ _ _ _ L) as (T & A & Z).
  split; [fine_word L Z|]. left.
  assert (IL : i <= last m) by (destruct R as [_ R]; eapply message_at_le; exact R).
  assert (VE : forall x, value_event m x -> In x (known (view_after e m V))).
  { intros x X. eapply last_drop_sees_everything; [exact T | exact R|]. subst e. exact X. }
  apply (live_light m _ rest V e [_] L I); try (destruct h; try congruence; reflexivity).
  - exact IL.
  - subst e. crunch.
  - subst e. crunch.
  - intros _. left. reflexivity.
  - intros b [<-|[]]. destruct T as (_ & _ & T).
    assert (K0 : In 0 (known (view_after e m V))) by (apply kept_load; exact Z).
    assert (Q : handle_ok m (Building true) [Tok Idle (view_after e m V)]).
    { split; [discriminate|split; [left; reflexivity|split; [|split]]].
      - intros t [<-|[]]. unfold token_ok. simpl at_place. simpl sight.
        split; [exact IL|split; [exact K0|split; [exact Logic.I|split; [reflexivity|split]]]].
        + intros x X. apply VE. left. exact X.
        + intros j g' [R1 R2]. simpl in R1. apply (T j g'). split; [destruct R as [R0 _]; lia | exact R2].
      - intros j g' LT H W. exists (Tok Idle (view_after e m V)). split; [left; reflexivity|]. simpl.
        destruct (Nat.lt_ge_cases j i) as [LI|GE]; [exact LI|]. exfalso.
        destruct (T j g') as (_ & N & _); [split; [destruct R as [R0 _]; lia | exact H]|]. exact (N LT W).
      - intros x X. exists (Tok Idle (view_after e m V)). split; [left; reflexivity|]. apply VE. right. exact X. }
    subst e. destruct m; exact Q.
Qed.

Lemma taking : forall h, h <> Vacant -> heavy (take h).
Proof. intros [| |] N; [exact I | exact I | congruence]. Qed.

Lemma owner_takes : forall m rest V h alone, live m (Busy (Owner h alone) V :: rest) ->
  present m = (match h with Vacant => false | _ => true end) /\ (forall f, ~ wrong m V (take h) f).
Proof.
  intros m rest V h alone L. destruct (task_facts _ _ _ _ L) as ((_ & _ & VE & _) & A & Z).
  destruct (live_owner _ _ _ L eq_refl) as (_ & _ & _ & _ & _ & _ & P). simpl in P.
  assert (PR : present m = match h with Vacant => false | _ => true end) by (destruct h, (present m); simpl in P; congruence).
  split; [exact PR|]. destruct h; [apply fine_write; [exact I | exact (l_frees _ _ L) | exact PR | exact VE] ..|].
  apply fine_light; [exact I | exact (l_frees _ _ L) | exact Z].
Qed.

Lemma act_take_alone : forall m rest V h, live m (Busy (Owner h true) V :: rest) ->
  goes_on m V (take h) (Busy Freeing (view_after (take h) m V) :: rest).
Proof.
  intros m rest V h L. destruct (owner_takes _ _ _ _ _ L) as [P F]. destruct (task_facts _ _ _ _ L) as (T & A & Z).
  split; [exact F|]. right. destruct T as (_ & _ & _ & K). destruct (K eq_refl) as [W E].
  assert (rest = []) by (eapply owner_is_alone; [exact L | reflexivity | exact W]). subst rest.
  pose proof (l_drops _ _ L) as LD. simpl in LD.
  eapply freeing_next; eauto; destruct h; simpl in *; auto; left; lia.
Qed.

Lemma act_take_shared : forall m rest V h, live m (Busy (Owner h false) V :: rest) ->
  goes_on m V (take h) (Busy Releasing (view_after (take h) m V) :: rest).
Proof.
  intros m rest V h L. destruct (owner_takes _ _ _ _ _ L) as [P F]. destruct (task_facts _ _ _ _ L) as (T & A & Z).
  split; [exact F|]. left. destruct (live_owner _ _ _ L eq_refl) as (S & SR & OR & _ & TR & MR & _).
  pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. pose proof (l_present _ _ L) as LP.
  pose proof (no_other_hole _ _ _ L) as NH. rewrite P in LO, LP. simpl in LI, LO, LP.
  destruct (Nat.eq_dec (match h with Vacant => 1 | _ => 0 end) 1) as [EV|NV].
  { destruct h; try discriminate EV. destruct L. simpl in *. constructor; destruct m; simpl in *; auto; try lia.
    - congruence.
    - intros b [<-|J]; [split; [exact A | split; [exact Z | exact Logic.I]]|]. exact (l_agents b (or_intror J)). }
  assert (NV' : h <> Vacant) by (destruct h; congruence).
  apply live_write with (a := Busy (Owner h false) V); auto.
  - apply taking. exact NV'.
  - destruct h, m; simpl in *; try congruence; rewrite SR, TR, NH; reflexivity.
  - destruct h, m; simpl in *; try congruence; lia.
  - destruct h, m; simpl in *; try congruence; lia.
  - destruct h; simpl; try congruence; apply incl_refl.
  - intros Q. exfalso. destruct h, m; try congruence; discriminate Q.
  - assert (SW : same_word m (memory_after (take h) m V)) by (destruct m, h; repeat split).
    split; [rewrite (same_last _ _ SW); destruct h; exact A|split; [destruct h; try congruence; right; exact Z | exact I]].
Qed.

Lemma act_release_shared : forall m rest V, live m (Busy Releasing V :: rest) -> weak (now m) <> 1 ->
  goes_on m V (rmw code Access.release_weak (minus_weak (now m))) rest.
Proof.
  intros m rest V L N. destruct (task_facts _ _ _ _ L) as (T & A & Z). split; [fine_word L Z|]. left.
  eapply weak_release_shared; [exact L | repeat split; reflexivity | apply incl_refl | exact N].
Qed.

Lemma act_release_last : forall m rest V, live m (Busy Releasing V :: rest) -> weak (now m) = 1 ->
  let e := rmw code Access.release_weak (minus_weak (now m)) in
  goes_on m V e (Busy LastWeak (view_after e m V) :: rest).
Proof.
  intros m rest V L N e. destruct (task_facts _ _ _ _ L) as (T & A & Z). split; [fine_word L Z|]. right.
  eapply weak_release_last; [exact L | repeat split; reflexivity | reflexivity | exact Z | exact N].
Qed.
