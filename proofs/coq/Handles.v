(** * What every step of an agent needs

    When an access is not wrong; a handle after a step through one of its tokens; what the invariant says of the agent that acts;
    and the steps of every kind of handle, reads and looks. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation.
Import ListNotations.

(** ** No access is wrong *)

Lemma fine_light : forall m V e, light e -> frees m = 0 -> In 0 (known V) -> forall f, ~ wrong m V e f.
Proof.
  intros m V e L F Z f. destruct e; simpl in L; try contradiction; destruct f; simpl; try tauto.
  - intros (x & [] & _).
  - intros (x & [] & _).
  - intros (x & -> & N). auto.
Qed.

Lemma fine_modify : forall m V o w, frees m = 0 -> In 0 (known V) -> forall f, ~ wrong m V (ModifyWord o w) f.
Proof. intros m V o w F Z f. destruct f; simpl; try tauto. intros (x & -> & N). auto. Qed.

Lemma fine_read : forall m V, frees m = 0 -> present m = true -> incl (writes m) (known V) ->
  forall f, ~ wrong m V ReadValue f.
Proof. intros m V F P I f. destruct f; simpl; try tauto; [|congruence]. intros (x & X & N). auto. Qed.

Lemma fine_write : forall m V e, heavy e -> frees m = 0 ->
  match e with InitValue => present m = false | _ => present m = true end ->
  (forall x, value_event m x -> In x (known V)) -> forall f, ~ wrong m V e f.
Proof.
  intros m V e H F P I f. destruct e; simpl in H; try contradiction; destruct f; simpl; try tauto; try congruence;
    intros (x & X & N); auto.
Qed.

Lemma fine_free : forall m V, frees m = 0 -> (forall x, x < clock m -> In x (known V)) ->
  forall f, ~ wrong m V FreeMemory f.
Proof. intros m V F I f. destruct f; simpl; try tauto. intros (x & X & N). auto. Qed.

(** ** Handles after a step through one of their tokens *)

Lemma light_grows : forall m V e, light e -> incl (known V) (known (view_after e m V)).
Proof. intros m V e L. destruct e; simpl in *; try contradiction; intros x I; simpl; rewrite ?in_app_iff; auto. Qed.

Lemma token_here : forall m k p t q, handle_ok m k (p ++ t :: q) -> token_ok m k t.
Proof. intros m k p t q (_ & _ & T & _). apply T. apply in_app_iff. simpl. auto. Qed.

Lemma token_only : forall m k t, handle_ok m k [t] -> token_ok m k t.
Proof. intros m k t (_ & _ & T & _). apply T. left. reflexivity. Qed.

Lemma token_view : forall m k t, token_ok m k t -> oldest (sight t) <= last m /\ In 0 (known (sight t)).
Proof. intros m k t (A & B & _). auto. Qed.

Lemma handle_light : forall m e V k p l q l', handle_ok m k (p ++ Tok l V :: q) -> light e ->
  let m' := memory_after e m V in
  let V' := view_after e m V in
  oldest V <= oldest V' -> oldest V' <= last m ->
  place_ok m V' l' -> fits k l' = true -> (lone l' = true -> p ++ q = []) ->
  (alone_at l' = true -> now m = UNIQUE /\ forall x, x < clock m' -> In x (known V')) ->
  handle_ok m' k (p ++ Tok l' V' :: q).
Proof.
  intros m e V k p l q l' H L m' V' O1 O2 PL F LN X.
  pose proof (light_grows m V e L) as G. fold V' in G.
  pose proof (light_unwritten m V e L) as U. fold m' in U.
  pose proof (token_here _ _ _ _ _ H) as T.
  destruct U as [S W].
  eapply handle_update; try exact H; simpl; auto.
  - intros u I LO. apply token_unwritten; [split; assumption|].
    intros E. destruct (at_place u); discriminate.
  - destruct T as (T1 & T2 & _ & _ & K). simpl in *. unfold token_ok. simpl. rewrite (same_last _ _ S), W, (same_now _ _ S).
    split; [exact O2|split; [auto|split; [eapply place_same; eassumption|split; [exact F|]]]].
    destruct k.
    + destruct K as [K1 K2]. split; [eapply incl_tran; eassumption | exact X].
    + destruct S as [S1 S2]. rewrite S2. intros S3 x I. specialize (K S3 x I).
      apply in_app_iff in K. apply in_app_iff. destruct K; auto.
    + destruct K as [K1 K2]. split; [eapply incl_tran; eassumption|].
      intros i g R. apply (same_can_read _ _ _ _ _ S) in R. apply (K2 i g). destruct R as [R1 R2]. split; [lia | exact R2].
  - intros i g. rewrite (same_last _ _ S), (same_message_at _ _ _ S). auto.
  - subst m'. destruct m, e; simpl in *; try contradiction; auto.
  - intros _ i g. rewrite (same_message_at _ _ _ S). auto.
Qed.

Lemma handle_more_at : forall m o w V k p l q l', handle_ok m k (p ++ Tok l V :: q) ->
  fits k l' = true -> l' = Idle \/ (exists s s', l' = Past s s') ->
  let m' := memory_after (ModifyWord o w) m V in
  let V' := view_after (ModifyWord o w) m V in
  (k = Weak -> 1 <= strong w -> 1 <= strong (now m)) ->
  (forall v, k = Building v -> strong w = 0) ->
  (k = Strong -> 1 <= strong w) ->
  handle_ok m' k (p ++ Tok l' V' :: q).
Proof.
  intros m o w V k p l q l' H F PL m' V' HW HB HS.
  assert (LN : lone l' = false /\ alone_at l' = false /\ forall M U, place_ok M U l') by (destruct PL as [->|(s & s' & ->)]; repeat split).
  destruct LN as (LN & AL & PO).
  pose proof (passed_on m V o w) as M. fold m' in M.
  pose proof (token_here _ _ _ _ _ H) as T.
  assert (W : writes m' = writes m) by (subst m'; destruct m; reflexivity).
  assert (R : reads m' = reads m) by (subst m'; destruct m; reflexivity).
  assert (G : incl (known V) (known V')) by (intros x I; apply kept_rmw; exact I).
  pose proof (more_last _ _ _ M) as LA.
  eapply handle_update; try exact H; simpl; auto.
  - intros u I LO TU. eapply token_more; eauto.
    + destruct (at_place u); try discriminate; reflexivity.
  - destruct T as (T1 & T2 & _ & _ & K). simpl in *. unfold token_ok. simpl. rewrite LA, W.
    split; [lia|split; [right; apply in_app_iff; auto|split; [apply PO|split; [exact F|]]]].
    destruct k.
    + destruct K as [K1 _]. split; [eapply incl_tran; eassumption | congruence].
    + intros S3 x I. destruct M as (_ & N & REL). rewrite N in S3. specialize (K (HW eq_refl S3) x I).
      apply in_app_iff in K. apply in_app_iff. destruct K as [K|K]; [left; apply REL; exact K | right; apply G; exact K].
    + destruct K as [K1 _]. split; [eapply incl_tran; eassumption|].
      intros i g [R1 R2]. simpl in R1. destruct (more_at _ _ _ _ _ M R2) as [[_ E]|[LE _]]; [|lia].
      subst g. destruct M as (_ & N & _). unfold now in N. rewrite N. eapply HB. reflexivity.
  - congruence.
  - destruct T as (T1 & _). simpl in T1. lia.
  - intros i g LT _ _. left. lia.
  - rewrite R. auto.
  - intros E i g G0. destruct (more_at _ _ _ _ _ M G0) as [[_ X]|[_ X]]; [right | left; exact X].
    subst g. destruct M as (_ & N & _). unfold now in N. rewrite N. auto.
Qed.

Lemma handle_more : forall m o w V k p l q, handle_ok m k (p ++ Tok l V :: q) ->
  let m' := memory_after (ModifyWord o w) m V in
  let V' := view_after (ModifyWord o w) m V in
  (k = Weak -> 1 <= strong w -> 1 <= strong (now m)) ->
  (forall v, k = Building v -> strong w = 0) ->
  (k = Strong -> 1 <= strong w) ->
  handle_ok m' k (p ++ Tok Idle V' :: q).
Proof. intros m o w V k p l q H. apply handle_more_at with l; auto. destruct k; reflexivity. Qed.

(** A handle that has just been made: one idle token with the maker's view after its RMW. *)
Lemma handle_fresh : forall m o w V k, 
  let m' := memory_after (ModifyWord o w) m V in
  let V' := view_after (ModifyWord o w) m V in
  In 0 (known V) ->
  (k = Weak -> 1 <= strong w -> forall x, In x (writes m) -> In x (released (newest m') ++ known V')) ->
  (k <> Weak -> incl (writes m) (known V')) ->
  (forall v, k = Building v -> strong w = 0 /\ incl (reads m) (known V')) ->
  (k = Strong -> 1 <= strong w) ->
  handle_ok m' k [Tok Idle V'].
Proof.
  intros m o w V k m' V' Z HW HN HB HS.
  pose proof (passed_on m V o w) as M. fold m' in M.
  assert (W : writes m' = writes m) by (subst m'; destruct m; reflexivity).
  assert (R : reads m' = reads m) by (subst m'; destruct m; reflexivity).
  pose proof (more_last _ _ _ M) as LA.
  split; [discriminate|split; [left; reflexivity|split; [|split]]].
  - intros t [<-|[]]. unfold token_ok. simpl. rewrite LA, W.
    split; [lia|split; [right; apply in_app_iff; auto|split; [exact I|split; [destruct k; reflexivity|]]]].
    destruct k.
    + split; [apply HN; discriminate | discriminate].
    + intros S. destruct M as (_ & N & _). rewrite N in S. auto.
    + split; [apply HN; discriminate|]. intros i g [R1 R2]. simpl in R1.
      destruct (more_at _ _ _ _ _ M R2) as [[_ E]|[LE _]]; [|lia].
      subst g. destruct M as (_ & N & _). unfold now in N. rewrite N. eapply HB. reflexivity.
  - intros i g LT _ _. exists (Tok Idle V'). split; [left; reflexivity|]. simpl. lia.
  - destruct k; auto.
    { intros t i g [<-|[]] [R1 R2]. simpl in R1. destruct (more_at _ _ _ _ _ M R2) as [[_ E]|[LE _]]; [|lia].
      subst g. destruct M as (_ & N & _). unfold now in N. rewrite N. apply HS. reflexivity. }
    intros x I. exists (Tok Idle V'). split; [left; reflexivity|]. rewrite R in I.
    apply (HB v eq_refl). exact I.
Qed.

(** A token that reads the value. *)
Lemma handle_read : forall m V k p l q, handle_ok m k (p ++ Tok l V :: q) -> reader k = true ->
  let m' := memory_after ReadValue m V in
  let V' := view_after ReadValue m V in
  handle_ok m' k (p ++ Tok l V' :: q).
Proof.
  intros m V k p l q H RK m' V'.
  assert (U : unwritten m m') by (subst m'; destruct m; repeat split).
  pose proof (token_here _ _ _ _ _ H) as T. pose proof H as (_ & LN & _).
  destruct U as [S W].
  eapply handle_update; try exact H; simpl; auto.
  - intros u I LO. apply token_unwritten; [split; assumption|]. intros E. destruct (at_place u); discriminate.
  - destruct T as (T1 & T2 & T3 & T4 & K). simpl in *. unfold token_ok. simpl. rewrite (same_last _ _ S), W, (same_now _ _ S).
    split; [exact T1|split; [auto|split; [eapply place_same; eassumption|split; [exact T4|]]]].
    destruct k; try discriminate RK.
    + destruct K as [K1 K2]. split; [apply incl_tl; exact K1|]. intros E. destruct (K2 E) as [K3 K4]. split; [exact K3|].
      intros x I. subst m'. destruct m. simpl in *. assert (D : x = clock \/ x < clock) by lia.
      destruct D as [->|D]; [left; reflexivity | right; auto].
    + destruct K as [K1 K2]. split; [apply incl_tl; exact K1|].
      intros i g R. apply (same_can_read _ _ _ _ _ S) in R. apply (K2 i g). exact R.
  - intros E. destruct LN as [LN|LN].
    + rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. reflexivity.
    + exfalso. specialize (LN (Tok l V)). simpl in LN. rewrite LN in E; [discriminate E|]. apply in_app_iff. simpl. auto.
  - apply incl_tl, incl_refl.
  - intros i g. rewrite (same_last _ _ S), (same_message_at _ _ _ S). auto.
  - intros x. subst m'. destruct m. simpl. tauto.
  - intros _ i g. rewrite (same_message_at _ _ _ S). auto.
Qed.

(** ** Facts about the acting agent *)

Lemma live_strong : forall m a rest, live m (a :: rest) -> 1 <= strongs a ->
  strong (now m) = strongs a + sum strongs rest /\ sum owners (a :: rest) = 0 /\ (holes a = 0 -> present m = true).
Proof.
  intros m a rest L A. pose proof (l_strong _ _ L) as S. pose proof (l_one _ _ L) as O. pose proof (l_present _ _ L) as P.
  pose proof (no_other_hole _ _ _ L).
  simpl in *. split; [lia|split; [lia|]]. destruct (present m); [reflexivity|]. simpl in P. lia.
Qed.

Tactic Notation "strong_facts" constr(L) ident(S) ident(O) ident(P) :=
  destruct (live_strong _ _ _ L ltac:(simpl; lia)) as (S & O & P); simpl strongs in S; simpl tally in S;
  try specialize (P eq_refl).

Lemma live_owner : forall m a rest, live m (a :: rest) -> owners a = 1 ->
  strong (now m) = 0 /\ sum strongs rest = 0 /\ sum owners rest = 0
  /\ weak (now m) = S (sum weaks rest) + weaks a
  /\ sum takers rest = 0 /\ sum makers rest = 0 /\ Nat.b2n (present m) = takers a.
Proof.
  intros m a rest L A. pose proof (l_strong _ _ L) as S. pose proof (l_one _ _ L) as O. pose proof (l_present _ _ L) as P.
  pose proof (l_weak _ _ L) as W. pose proof (takers_le rest) as T. pose proof (no_other_hole _ _ _ L) as H. simpl in *.
  assert (strongs a = 0) by (destruct a as [[]| |[]]; simpl in *; lia).
  assert (holes a = 0) by (destruct a as [[]| |[]]; simpl in *; lia).
  repeat split; try lia.
  destruct a as [[| |[|]]| |[[]|[]| | |]]; simpl in *; lia.
Qed.



(** ** The steps, one by one, while the state is live *)

Opaque code.

Definition goes_on (m : memory) (V : view) (e : effect) (ags : list agent) : Prop :=
  (forall f, ~ wrong m V e f) /\ (live (memory_after e m V) ags \/ ending (memory_after e m V) ags).

Ltac sums L :=
  pose proof (l_strong _ _ L); pose proof (l_weak _ _ L); pose proof (l_one _ _ L); pose proof (l_pos _ _ L);
  pose proof (l_present _ _ L); pose proof (l_drops _ _ L);
  simpl in *; rewrite ?tally_app in *; simpl in *; lia.

Ltac crunch :=
  unfold incl; intros;
  simpl in *; unfold token_events in *; members; simpl in *; members; simpl in *; members;
  rewrite ?app_nil_r in *; tauto.

(** A token's move changes no sum. *)
Ltac same_sums k := lazymatch goal with |- _ = _ => idtac end; solve [destruct k as [| |[|]]; simpl; rewrite ?tally_app; simpl; rewrite ?tally_app; simpl; lia].

(** What is known of the acting token. *)
Ltac token_facts L T A Z :=
  pose proof (l_agents _ _ L _ (or_introl eq_refl)) as T; simpl in T; first [apply token_only in T | apply token_here in T];
  pose proof (token_view _ _ _ T) as [A Z]; simpl in A, Z.

(** ** Reads of the value, and looks at the word, by any handle *)

Lemma reader_facts : forall m k ts rest, live m (Handle k ts :: rest) -> reader k = true ->
  holes (Handle k ts) = 0 ->
  present m = true /\ (1 <= strongs (Handle k ts) \/ owners (Handle k ts) = 1).
Proof.
  intros m k ts rest L R NH. destruct k as [| |[|]]; try discriminate R.
  - split; [eapply live_strong; [exact L | simpl; lia | exact NH] | left; simpl; lia].
  - split; [|right; reflexivity]. destruct (live_owner _ _ _ L eq_refl) as (_ & _ & _ & _ & _ & _ & P).
    simpl in P. destruct (present m); [reflexivity | discriminate P].
Qed.

Lemma reader_writes : forall m k l V, token_ok m k (Tok l V) -> reader k = true -> incl (writes m) (known V).
Proof. intros m k l V (_ & _ & _ & _ & K) R. destruct k; try discriminate R; destruct K; assumption. Qed.

Lemma live_act_read : forall m rest V k p l q, reader k = true -> l <> Empty ->
  live m (Handle k (p ++ Tok l V :: q) :: rest) ->
  goes_on m V ReadValue (Handle k (p ++ Tok l (view_after ReadValue m V) :: q) :: rest).
Proof.
  intros m rest V k p l q R X L. token_facts L T A Z. destruct (reader_facts _ _ _ _ L R) as [P O].
  { pose proof (no_own_hole _ _ _ _ _ _ (l_agents _ _ L _ (or_introl eq_refl)) X) as NH. destruct k; try reflexivity. exact NH. }
  split.
  - apply fine_read; [exact (l_frees _ _ L) | exact P | eapply reader_writes; eassumption].
  - left. eapply live_read; [exact L | exact A | exact O | ..]; try same_sums k.
    + crunch.
    + destruct k; try discriminate R; crunch.
    + apply (handle_read m V k p l q); [exact (l_agents _ _ L _ (or_introl eq_refl)) | exact R].
Qed.

(** One token moves by a load. *)
Lemma live_act_load : forall m rest V k p l q o i g l',
  live m (Handle k (p ++ Tok l V :: q) :: rest) -> can_read m V i g ->
  let e := LoadWord o i g in
  let V' := view_after e m V in
  past_strongs l' = past_strongs l /\ past_weaks l' = past_weaks l /\ is_empty l' = is_empty l ->
  place_ok m V' l' -> fits k l' = true -> (lone l' = true -> p ++ q = []) ->
  (alone_at l' = true -> now m = UNIQUE /\ forall x, x < S (clock m) -> In x (known V')) ->
  goes_on m V e (Handle k (p ++ Tok l' V' :: q) :: rest).
Proof.
  intros m rest V k p l q o i g l' L R e V' (N1 & N2 & N3) PL F LN X. token_facts L T A Z. destruct R as [R1 R2].
  pose proof (message_at_le _ _ _ R2) as R3.
  split.
  - apply fine_light; [exact I | exact (l_frees _ _ L) | exact Z].
  - left. eapply (live_light m _ rest V e [_] L I); try same_sums k.
    + simpl. exact R3.
    + subst V'. crunch.
    + subst V'. destruct k; crunch.
    + intros _. subst V'. unfold token_events. simpl. unfold token_events. rewrite app_nil_r, flat_map_app, in_app_iff. simpl. auto.
    + intros b [<-|[]]. apply (handle_light m e V k p l q l'); auto.
      * exact (l_agents _ _ L _ (or_introl eq_refl)).
      * exact I.
      * intros E. destruct (X E) as [X1 X2]. split; [exact X1|]. intros x J. apply X2. subst e. destruct m. simpl in *. exact J.
Qed.


(** A look with no further step. *)
Lemma live_act_look : forall m rest V k p l q o i g,
  live m (Handle k (p ++ Tok l V :: q) :: rest) -> can_read m V i g ->
  past_strongs l = 0 /\ past_weaks l = 0 /\ is_empty l = 0 ->
  goes_on m V (LoadWord o i g) (Handle k (p ++ Tok Idle (view_after (LoadWord o i g) m V) :: q) :: rest).
Proof.
  intros m rest V k p l q o i g L R (N1 & N2 & N3).
  eapply live_act_load; eauto; try (simpl; congruence); try exact I. destruct k; reflexivity.
Qed.

Ltac fine_word L Z := first
  [ apply fine_modify; [exact (l_frees _ _ L) | exact Z]
  | apply fine_light; [exact I | exact (l_frees _ _ L) | exact Z] ].

(** The only token of a handle writes the value. *)
Lemma handle_write : forall m e V k k' l0 l, handle_ok m k [Tok l0 V] -> heavy e -> k <> Weak ->
  (k = Strong <-> k' = Strong) -> k' <> Weak -> fits k' l = true -> (forall i c, l <> Upgrading i c /\ l <> IntoStrong i c /\ l <> Stealing i c) ->
  (alone_at l = true -> now m = UNIQUE) ->
  (forall x, value_event m x -> In x (known V)) ->
  (alone_at l = true -> forall x, x < clock m -> In x (known V)) ->
  handle_ok (memory_after e m V) k' [Tok l (view_after e m V)].
Proof.
  intros m e V k k' l0 l (_ & _ & T & Y & B0) HV NW EQ NW' F NL U VE X. set (m' := memory_after e m V).
  assert (S : same_word m m') by (subst m'; destruct m, e; simpl in HV; try contradiction; repeat split).
  assert (E : known (view_after e m V) = clock m :: known V /\ oldest (view_after e m V) = oldest V
    /\ writes m' = clock m :: writes m /\ reads m' = reads m /\ clock m' = Datatypes.S (clock m))
    by (subst m'; destruct m, e; simpl in HV; try contradiction; repeat split).
  destruct E as (E1 & E2 & E3 & E4 & E5). destruct (T _ (or_introl eq_refl)) as (A & B & _ & _ & K).
  assert (Z : incl (clock m :: writes m) (clock m :: known V)).
  { intros x [<-|I]; [left; reflexivity | right; apply VE; left; exact I]. }
  simpl in *.
  split; [discriminate|split; [left; reflexivity|split; [|split]]].
  - intros t [<-|[]]. unfold token_ok. simpl. rewrite (same_last _ _ S), (same_now _ _ S), E1, E2, E3, E5.
    split; [exact A|split; [right; exact B|split; [|split; [exact F|]]]].
    + destruct l; simpl; auto; exfalso; destruct (NL i c) as (N1 & N2 & N3); congruence.
    + destruct k'; try congruence.
      * split; [exact Z|]. intros Q. split; [auto|]. intros x I. assert (D : x < clock m \/ x = clock m) by lia.
        destruct D as [D| ->]; [right; auto | left; reflexivity].
      * split; [exact Z|]. intros i g R. apply (same_can_read _ _ _ _ _ S) in R. destruct R as [R1 R2]. rewrite E2 in R1.
        destruct k; [exfalso; assert (Building v = Strong) by (apply EQ; reflexivity); discriminate | congruence |].
        destruct K as [_ K]. apply (K i g). split; assumption.
  - intros i g. rewrite (same_last _ _ S), (same_message_at _ _ _ S). intros LT H TA.
    destruct (Y i g LT H) as (t & [<-|[]] & O).
    + destruct k, k'; try congruence; simpl in *; auto.
      * destruct EQ as [EQ _]. specialize (EQ eq_refl). discriminate EQ.
      * destruct EQ as [_ EQ]. specialize (EQ eq_refl). discriminate EQ.
    + exists (Tok l (view_after e m V)). split; [left; reflexivity|]. simpl in *. lia.
  - destruct k'; auto.
    { assert (k = Strong) by (apply EQ; reflexivity). subst k. intros t i g [<-|[]] R.
      apply (same_can_read _ _ _ _ _ S) in R. simpl in R. destruct R as [R1 R2]. rewrite E2 in R1.
      apply (B0 (Tok l0 V) i g); [left; reflexivity | split; assumption]. }
    intros x I. rewrite E4 in I. exists (Tok l (view_after e m V)). split; [left; reflexivity|].
    simpl. rewrite E1. right. apply VE. right. exact I.
Qed.

(** From a live state to one in which the memory is about to be freed. *)
Lemma freeing_next : forall m a rest V e, live m (a :: rest) ->
  match e with DropValue | MoveValue => present m = true | Nothing => present m = false | _ => False end ->
  drops m = 0 \/ e = Nothing -> oldest V <= last m -> In 0 (known V) -> (forall x, x < clock m -> In x (known V)) ->
  ending (memory_after e m V) [Busy Freeing (view_after e m V)].
Proof.
  intros m a rest V e L P D A Z E. pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI.
  constructor.
  - exists (view_after e m V). split.
    + destruct e; try contradiction; simpl; auto.
    + right. split; [reflexivity|]. split; [destruct m, e; try contradiction; exact A|].
      intros x X. assert (Q : x < clock m \/ x = clock m) by (destruct m, e; try contradiction; simpl in *; lia).
      destruct Q as [Q| ->]; destruct e; try contradiction; simpl; auto. apply E. destruct m; exact X.
  - pose proof (l_frees _ _ L). destruct m, e; try contradiction; assumption.
  - destruct m, e; try contradiction; simpl in *; auto.
  - destruct m, e; try contradiction; simpl in *; subst; simpl in *; lia.
  - destruct m, e; try contradiction; simpl in *; destruct D; try discriminate; lia.
Qed.
