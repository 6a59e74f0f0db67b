(** * One step at a time, in a live state: no access is wrong, and the invariant is preserved *)

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

(** The value's events, when one agent owns it. *)
Lemma owner_value_events : forall m a rest x, live m (a :: rest) -> owners a = 1 -> takers a = 1 -> value_event m x ->
  In x (released (newest m)) \/ In x (holder_events a).
Proof.
  intros m a rest x L A T E. destruct (live_owner _ _ _ L A) as (_ & S & O & _ & _ & _ & P). rewrite T in P.
  assert (PR : present m = true) by (destruct (present m); [reflexivity | discriminate P]).
  pose proof (l_value_known _ _ L PR x E) as K. simpl in K. rewrite !in_app_iff in K.
  destruct K as [K|[K|K]]; auto. exfalso. eapply (sum_holder_events m rest x); eauto.
  intros b I. apply (l_agents _ _ L). right. exact I.
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
