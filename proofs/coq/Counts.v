(** * A strong count of 1

    [Arc::strong_count] and [counts]: "the count is 1, and no Weak can be upgraded, therefore I am alone".  Unlike UNIQUE, a
    strong count of 1 may have been read from an old message.  But since that message no other strong handle can have been
    made. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety Corollaries.
Import ListNotations.

(** [ts] are the tokens of one strong handle.  If all of them may still read message [i], with a strong count of 1, then the
    count is still 1, and all accesses to the value are released there or known here. *)
Definition one_here (m : memory) (ts : list token) : Prop :=
  forall i g, message_at m i = Some g -> strong (content g) = 1 ->
    (forall t, In t ts -> oldest (sight t) <= i) ->
    strong (now m) = 1 /\ forall x, value_event m x -> In x (released g) \/ In x (token_events ts).

Definition one_ok (m : memory) (a : agent) : Prop :=
  match a with Handle Strong ts => one_here m ts | Clones _ V => one_here m [Tok Idle V] | _ => True end.

(** [ts] are the tokens of a strong handle, or stand for clones that have not been taken out. *)
Definition strong_with (a : agent) (ts : list token) : Prop :=
  a = Handle Strong ts \/ exists n V, a = Clones n V /\ 1 <= n /\ ts = [Tok Idle V].

Lemma strong_with_counts : forall a ts, strong_with a ts -> 1 <= strongs a.
Proof. intros a ts [->|(n & V & -> & N & _)]; simpl; lia. Qed.

Lemma strong_with_events : forall a ts, strong_with a ts -> holder_events a = token_events ts.
Proof. intros a ts [->|(n & V & -> & N & ->)]; simpl; [reflexivity | symmetry; apply app_nil_r]. Qed.

(** The newest message satisfies this anyway. *)
Lemma one_newest : forall m a ts rest, live m (a :: rest) -> strong_with a ts -> strong (now m) = 1 ->
  forall x, value_event m x -> In x (released (newest m)) \/ In x (token_events ts).
Proof.
  intros m a ts rest L W S x X.
  assert (H : holes a = 0 \/ exists t, In t ts /\ at_place t = Empty).
  { destruct W as [->|(n & V & -> & _)]; [|left; reflexivity]. simpl. clear. induction ts as [|t ts IH]; [left; reflexivity|].
    simpl. destruct IH as [->|(u & I & E)]; [|right; exists u; simpl; auto].
    destruct (at_place t) eqn:E; simpl; auto. right. exists t. simpl. auto. }
  destruct H as [NH|(t & I & E)].
  2:{ right. apply in_flat_map. exists t. split; [exact I|]. pose proof (l_agents _ _ L _ (or_introl eq_refl)) as OK.
      destruct W as [->|(n & V & -> & _ & ->)]; [|destruct I as [<-|[]]; discriminate E].
      destruct OK as (_ & _ & T & _). destruct (T t I) as (_ & _ & _ & _ & _ & K). apply K; [rewrite E; reflexivity|].
      apply (l_clock _ _ L). exact X. }
  pose proof (strong_with_counts _ _ W) as SC. destruct (live_strong _ _ _ L SC) as (C & O & P).
  pose proof (l_value_known _ _ L (P NH) x X) as K. simpl in K. rewrite (strong_with_events _ _ W), !in_app_iff in K. destruct K as [K|[K|K]]; auto.
  exfalso. eapply (sum_holder_events m rest x); [|lia|simpl in O; lia|exact K].
  intros b I. apply (l_agents _ _ L). right. exact I.
Qed.

Lemma one_fresh : forall m a ts rest t, live m (a :: rest) -> strong_with a ts -> In t ts -> oldest (sight t) = last m ->
  one_here m ts.
Proof.
  intros m a ts rest t L W I O i g H S Q. specialize (Q t I). pose proof (message_at_le _ _ _ H). assert (i = last m) by lia. subst i.
  apply message_at_newest in H. subst g. split; [exact S|]. intros x X. eapply one_newest; eassumption.
Qed.

(** The handle stays, after a step that did not change the word. *)
Lemma one_goes_on : forall m e V ts ts', one_here m ts -> light e \/ heavy e \/ e = ReadValue ->
  let m' := memory_after e m V in
  (forall i, (forall t, In t ts' -> oldest (sight t) <= i) -> forall t, In t ts -> oldest (sight t) <= i) ->
  incl (token_events ts) (token_events ts') ->
  (strong (now m) = 1 -> forall x, value_event m' x -> value_event m x \/ In x (token_events ts')) ->
  one_here m' ts'.
Proof.
  intros m e V ts ts' H E m' HO HI HX i g G S Q.
  assert (SW : same_word m m') by (subst m'; destruct m, e; simpl in E; repeat split; intuition discriminate).
  rewrite (same_message_at _ _ _ SW) in G. rewrite (same_now _ _ SW).
  destruct (H i g G S (HO i Q)) as [A B]. split; [exact A|]. intros x X.
  destruct (HX A x X) as [X'|X']; [destruct (B x X'); auto | auto].
Qed.

(** Another agent's step. *)
Lemma one_others : forall m a rest V o e bs c ts, live m (a :: rest) -> In c rest -> strong_with c ts ->
  act code m V (view_after e m V) o a e bs -> no_upgrade o ->
  live (memory_after e m V) (bs ++ rest) ->
  one_here m ts -> one_here (memory_after e m V) ts.
Proof.
  intros m a rest V o e bs c ts L I W A NU L' H.
  set (m' := memory_after e m V) in *.
  assert (FRONT : exists rest', Permutation (bs ++ rest) (c :: rest')).
  { destruct (in_split _ _ I) as (p & q & ->). exists (bs ++ p ++ q).
    rewrite app_assoc. eapply perm_trans; [apply Permutation_sym, Permutation_middle|]. rewrite <- app_assoc. reflexivity. }
  destruct FRONT as (rest' & PM). pose proof (live_perm _ _ _ PM L') as LH.
  intros i g G S Q.
  destruct (Nat.eq_dec i (last m')) as [->|NL].
  { apply message_at_newest in G. subst g. split; [exact S|]. intros x X. eapply one_newest; eassumption. }
  (* an older message: it was there before, the count still was 1, and the acting agent is a Weak, or is done with the value *)
  pose proof (message_at_le _ _ _ G) as LE.
  assert (G0 : message_at m i = Some g).
  { subst m'. destruct e; try solve [rewrite (same_message_at m) in G; [exact G | destruct m; repeat split]].
    destruct (more_at _ _ _ _ _ (passed_on m V o0 w) G) as [[-> _]|[_ G0]]; [|exact G0].
    exfalso. apply NL. symmetry. apply (more_last _ _ _ (passed_on m V o0 w)). }
  destruct (H i g G0 S Q) as [ONE KN].
  pose proof (l_strong _ _ L) as C. pose proof (l_one _ _ L) as OW. pose proof (sum_in strongs _ _ I) as IS. pose proof (strong_with_counts _ _ W). simpl in C, OW, IS.
  assert (SA : strongs a = 0) by lia. assert (OA : owners a = 0) by lia.
  assert (NC : forall n U, a = Clones n U -> n <> 0).
  { intros n U ->. destruct (l_agents _ _ L _ (or_introl eq_refl)). lia. }
  assert (NP : forall k p q s x U, a = Handle k (p ++ Tok (Past s x) U :: q) -> k = Strong \/ s = 0).
  { intros k p q s x U ->. destruct (token_here _ _ _ _ _ (l_agents _ _ L _ (or_introl eq_refl))) as (_ & _ & _ & F & _).
    destruct k, s; simpl in F; auto; discriminate. }
  assert (E : strong (now m') = strong (now m) /\ forall x, value_event m' x -> value_event m x).
  { subst m'. clear - A SA OA NU NC NP. revert A. generalize (view_after e m V). intros V' A.
    destruct A; try (specialize (NC _ _ eq_refl)); try (specialize (NP _ _ _ _ _ _ eq_refl));
      simpl in SA, OA; try discriminate; try lia; try (destruct k; try discriminate);
      try (exfalso; apply NU; reflexivity); try (destruct NP as [NP| ->]; try discriminate NP);
      destruct m; unfold now, rmw, load, miss; simpl; rewrite ?Nat.sub_0_r; auto; discriminate. }
  destruct E as [E1 E2]. rewrite E1. split; [exact ONE|]. intros x X. apply KN. apply E2. exact X.
Qed.

(** One token of the handle moves, and the word stays the same. *)
Lemma one_update : forall m e V p l q l', one_here m (p ++ Tok l V :: q) ->
  light e \/ heavy e \/ e = ReadValue ->
  let V' := view_after e m V in
  oldest V <= oldest V' ->
  one_here (memory_after e m V) (p ++ Tok l' V' :: q).
Proof.
  intros m e V p l q l' H E V' O. apply one_goes_on with (p ++ Tok l V :: q); auto.
  - intros i Q t I. apply in_app_iff in I. destruct I as [I|[<-|I]].
    + apply Q. apply in_app_iff. auto.
    + specialize (Q (Tok l' V')). simpl in *. assert (oldest V' <= i) by (apply Q; apply in_app_iff; simpl; auto). lia.
    + apply Q. apply in_app_iff. simpl. auto.
  - intros x. unfold token_events. rewrite !flat_map_app, !in_app_iff. simpl. rewrite !in_app_iff.
    assert (G : In x (known V) -> In x (known V')).
    { subst V'. destruct e; simpl in *; rewrite ?in_app_iff; auto. }
    tauto.
  - intros _ x. unfold token_events. rewrite flat_map_app, in_app_iff. simpl. rewrite in_app_iff. subst V'.
    destruct m, e; simpl in *; unfold value_event; simpl; try tauto; intuition discriminate.
Qed.

(** The handle's own step, or the step that makes a new handle. *)
Lemma one_own : forall m V V' o a e bs, act code m V V' o a e bs -> V' = view_after e m V ->
  forall rest ts, live m (a :: rest) -> no_upgrade o ->
  live (memory_after e m V) (bs ++ rest) -> forall c, In c bs -> strong_with c ts ->
  one_ok m a -> one_here (memory_after e m V) ts.
Proof.
  intros m V V' o a e bs A EV rest ts L NU L' c I W H.
  assert (FRONT : exists rest', Permutation (bs ++ rest) (c :: rest')).
  { destruct (in_split _ _ I) as (p & q & ->). exists (p ++ q ++ rest).
    rewrite <- app_assoc. simpl. apply Permutation_sym, Permutation_middle. }
  destruct FRONT as (rest' & PM). pose proof (live_perm _ _ _ PM L') as LH. clear PM L'.
  (* after an RMW the token that made it reads nothing older *)
  assert (RMW : forall o1 w, e = ModifyWord o1 w -> (exists t, In t ts /\ sight t = V') ->
                one_here (memory_after e m V) ts).
  { intros o1 w -> (t & J & SI). eapply one_fresh; [exact LH | exact W | exact J|]. rewrite SI, EV. simpl.
    symmetry. apply (more_last _ _ _ (passed_on m V o1 w)). }
  pose proof (l_agents _ _ L _ (or_introl eq_refl)) as OK. clear L LH.
  revert EV I H RMW OK NU. destruct A; intros EV J H' RMW OK NU;
    try (exfalso; apply NU; reflexivity);
    simpl in J; repeat (destruct J as [J|J]); try contradiction; subst c;
    (destruct W as [W|(n' & V0 & W & _ & ->)]; try discriminate W);
    try (injection W as -> <-); try (injection W as <-); try (injection W as _ <-);
    try solve [eapply RMW; [reflexivity|]; eexists; split; [apply in_app_iff; right; left; reflexivity | reflexivity]];
    try solve [eapply RMW; [reflexivity|]; eexists; split; [left; reflexivity | reflexivity]].
  all: simpl in H'; try subst V'.
  all: try match goal with R : can_read _ _ _ _ |- _ => destruct R as [? _] end.
  all: try solve [eapply one_update; [exact H' | simpl; auto | simpl; lia]].
  all: try solve [match goal with |- one_here _ [Tok ?l' _] =>
         first [ apply (one_update m _ V [] Idle [] l' H') | apply (one_update m _ V [] Exclusive [] l' H')
               | apply (one_update m _ V [] Empty [] l' H') | eapply (one_update m _ V [] (Stealing _ _) [] l' H') ];
         [simpl; auto | simpl; lia] end].
  all: try solve [eapply RMW; [reflexivity|]; eexists; split; [left; reflexivity | reflexivity]].
  - apply one_goes_on with (p ++ Tok Idle V :: q); [exact H' | simpl; auto | | | ].
    + intros i Q t J. apply Q. rewrite in_app_iff in *. simpl in *. tauto.
    + intros x. unfold token_events. rewrite !flat_map_app, !in_app_iff. simpl. rewrite !in_app_iff. tauto.
    + intros _ x X. left. destruct m; exact X.
  - apply one_goes_on with (p ++ Tok Idle V :: q ++ Tok Idle U :: r); [exact H' | simpl; auto | | | ].
    + intros i Q t J.
      assert (X : oldest (join V U) <= i) by (apply (Q (Tok Idle (join V U))); apply in_app_iff; simpl; auto). simpl in X.
      rewrite in_app_iff in J. simpl in J. rewrite in_app_iff in J. simpl in J.
      destruct J as [J|[<-|[J|[<-|J]]]]; simpl; try lia; apply Q; rewrite in_app_iff; simpl; rewrite in_app_iff; auto.
    + intros x. unfold token_events. rewrite !flat_map_app, !in_app_iff. simpl. rewrite !in_app_iff, !flat_map_app, !in_app_iff. simpl.
      rewrite !in_app_iff. tauto.
    + intros _ x X. left. destruct m; exact X.
Qed.

Lemma one_step : forall s o s', step code s o (Ok s') -> no_upgrade o -> invariant s -> invariant s' ->
  (forall a, In a (agents s) -> one_ok (mem s) a) -> forall a, In a (agents s') -> one_ok (mem s') a.
Proof.
  intros s o s' S NU IV IV' H b I. inversion S as [m l a r V o' e bs A F|]; subst; clear S. simpl in *.
  assert (WB : (exists ts, strong_with b ts /\ (one_here (memory_after e m V) ts -> one_ok (memory_after e m V) b)) \/ one_ok (memory_after e m V) b).
  { destruct b as [[| |v] ts|n U|t U]; try (right; exact Logic.I); left.
    - exists ts. split; [left; reflexivity | auto].
    - exists [Tok Idle U]. split; [|auto]. right. exists n, U. split; [reflexivity|split; [|reflexivity]].
      destruct IV' as [L|[E|D]]; simpl in *.
      + apply (l_agents _ _ L) in I. apply I.
      + exfalso. destruct E as [(W & _ & [(E & _)|(E & _)]) _ _ _ _]; rewrite E in I; destruct I as [I|[]]; discriminate I.
      + exfalso. destruct D as [D _ _ _ _]. rewrite D in I. destruct I. }
  destruct WB as [(ts & WB & GO)|WB]; [|exact WB]. apply GO. clear GO.
  assert (NT : forall t U, b <> Busy t U) by (destruct WB as [->|(n & U & -> & _)]; discriminate).
  (* while a strong handle is there, the state is live *)
  assert (L' : live (memory_after e m V) (bs ++ l ++ r)).
  { destruct IV' as [L|[E|D]]; simpl in *.
    - eapply live_perm; [|exact L]. rewrite !app_assoc. apply Permutation_app_tail, Permutation_app_comm.
    - exfalso. destruct E as [(W & _ & [(E & _)|(E & _)]) _ _ _ _]; rewrite E in I; destruct I as [I|[]]; symmetry in I; exact (NT _ _ I).
    - exfalso. destruct D as [D _ _ _ _]. rewrite D in I. destruct I. }
  assert (L : live m (a :: l ++ r)).
  { destruct IV as [L|[E|D]]; simpl in *.
    - eapply live_perm; [apply Permutation_sym, Permutation_middle | exact L].
    - exfalso. destruct (ending_act _ _ _ _ _ _ _ _ E A) as [_ [G|G]].
      + destruct G as [(W & _ & [(G & _)|(G & _)]) _ _ _ _]; rewrite G in I; destruct I as [I|[]]; symmetry in I; exact (NT _ _ I).
      + destruct G as [G _ _ _ _]. rewrite G in I. destruct I.
    - exfalso. destruct D as [D _ _ _ _]. destruct l; discriminate D. }
  rewrite !in_app_iff in I.
  assert (C : In b bs \/ In b (l ++ r)) by (rewrite in_app_iff; tauto).
  destruct C as [C|C].
  - eapply one_own; eauto. apply H. apply in_app_iff. simpl. auto.
  - eapply one_others; eauto. assert (OK : one_ok m b) by (apply H; rewrite in_app_iff in *; simpl; tauto).
    destruct WB as [->|(n & U & -> & _ & ->)]; exact OK.
Qed.

Lemma one_run : forall r, run code no_upgrade r -> forall s, r = Ok s -> forall a, In a (agents s) -> one_ok (mem s) a.
Proof.
  intros r R. induction R as [| | |s0 o r R IH PO S]; intros s E.
  - injection E as <-. intros a [<-|[]] i g G C Q. split; [reflexivity|]. intros x [X|[]]. right. simpl in *. tauto.
  - injection E as <-. intros a [<-|[]] i g G C Q. split; [reflexivity|]. intros x [[]|[]].
  - injection E as <-. intros a [<-|[]]. exact I.
  - subst r. eapply one_step; [exact S | exact PO | | | apply IH; reflexivity].
    + apply reachable_invariant. eapply run_weaker. exact R.
    + apply reachable_invariant. eapply run_weaker. eapply run_step; eassumption.
Qed.

Theorem strong_count_one_is_alone : forall m l V r i g,
  run code no_upgrade (Ok (State m (l ++ Handle Strong [Tok Idle V] :: r))) ->
  can_read m V i g -> strong (content g) = 1 ->
  (forall k ts, In (Handle k ts) (l ++ r) -> k <> Strong)
  /\ forall x, In x (writes m) \/ In x (reads m) -> In x (known (view_after (load code Access.counts i g) m V)).
Proof.
  intros m l V r i g R [C1 C2] S.
  assert (H : one_here m [Tok Idle V]).
  { apply (one_run _ R _ eq_refl (Handle Strong [Tok Idle V])). apply in_app_iff. simpl. auto. }
  destruct (H i g C2 S) as [N K].
  { intros t [<-|[]]. exact C1. }
  destruct (reachable_front _ _ _ _ (run_weaker _ _ _ R)) as [L|E].
  - split.
    + intros k ts J ->. pose proof (l_strong _ _ L) as CT. pose proof (sum_in strongs _ _ J) as J'. simpl in *. lia.
    + intros x X. apply in_acquired; [reflexivity|]. specialize (K x X). unfold token_events in K. simpl in K.
      rewrite app_nil_r in K. apply in_app_iff. exact K.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.
