(** * An execution that keeps the discipline is a run of the machine

    By induction over the events in the order told: there is a run of the machine in which each of them is an event, whose
    history of the word is the modification order so far, and whose views know only what happens before ([graph_is_run]).  So
    what the machine's theorems claim holds of the execution: no conflict without happens-before ([all_safe]), and the word
    counts ([own_counts]). *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Invariant Frame Steps Safety Corollaries Graph Own.
Import ListNotations.

Section Run.
Variable G : graph.
Hypothesis C : consistent G.
Context {uninit : bool}.
Notation own := (own_ uninit).

Definition le_hb (y f : nat) : Prop := y = f \/ hb G y f.

Lemma le_lt : forall x y z, le_hb x y -> hb G y z -> hb G x z.
Proof. intros x y z [->|H] K; [exact K | eapply (c_hb_trans _ C); eassumption]. Qed.

(** [phi] maps the machine's events, by number, to events of the graph. *)
Definition view_ok (phi L : list nat) (V0 V : view) : Prop :=
  (forall f, In f (known V0) -> In f L) /\
  (forall x, In x (known V) -> exists y f, nth_error phi x = Some y /\ In f (known V0) /\ le_hb y f) /\
  (oldest V = 0 \/ exists y f, pos G (oldest V) y /\ In f (known V0) /\ le_hb y f).

(** [s]: how many tokens have passed a limit.  If there are any, a look at the word need not be an event of the machine. *)
Record mem_ok (s : nat) (phi L : list nat) (m : memory) : Prop := {
  m_clock : length phi = clock m;
  m_phi : forall x y, nth_error phi x = Some y -> In y L;
  m_all : s = 0 -> forall y, In y L -> lab G y <> Else -> exists x, nth_error phi x = Some y;
  m_msg : forall i g, message_at m i = Some g ->
    exists w, at_ G i w /\ In w L /\ writes_word (lab G w) = Some (content g) /\
      forall x, In x (released g) ->
        exists y v j, nth_error phi x = Some y /\ at_ G j v /\ j <= i /\ is_release (lab G v) = true /\ le_hb y v;
  m_wr : forall i w, at_ G i w -> In w L -> i <= last m;
  m_init : forall y w, In y L -> lab G y = Init w -> nth_error phi 0 = Some y;
  m_writes : forall y t, In y L -> lab G y = Value t -> by_owner t = true -> exists x, nth_error phi x = Some y /\ In x (writes m);
  m_reads : forall y, In y L -> lab G y = Value VRead -> exists x, nth_error phi x = Some y /\ In x (reads m);
  m_free : forall y, In y L -> lab G y = Free -> frees m <> 0
}.

(** Is the value there after the events [L]?  [v]: was it there when the memory was allocated (a [MaybeUninit], whatever is in it)? *)
Fixpoint there (v : bool) (L : list nat) : bool :=
  match L with
  | [] => v
  | e :: L => match lab G e with Value VInit => true | Value VDrop | Value VMove => false | _ => there v L end
  end.

(** Each access finds the value, and none initialises it where it is. *)
Definition finds (v : bool) (e : nat) (L : list nat) : Prop :=
  match lab G e with Value VInit => there v L = false | Value _ => there v L = true | _ => True end.

(** What is claimed of an event [e] that comes after the events [L]. *)
Definition safe_at (v : bool) (e : nat) (L : list nat) : Prop :=
  finds v e L /\ (lab G e <> Else -> forall x, In x L ->
    (forall t, lab G e = Value t -> by_owner t = true -> (exists b, lab G x = Value b) -> hb G x e) /\
    (forall t, lab G e = Value VRead -> lab G x = Value t -> by_owner t = true -> hb G x e) /\
    (lab G e = Free -> lab G x <> Else -> hb G x e) /\
    ((exists w, lab G x = Init w) -> reads_word (lab G e) <> None -> hb G x e) /\
    lab G x <> Free).

Fixpoint all_safe (v : bool) (L : list nat) : Prop := match L with [] => True | e :: L' => safe_at v e L' /\ all_safe v L' end.

(** After the last drop of a MaybeUninit, the machine's value is gone.  No access to the value comes after. *)
Definition sim (v : bool) (L : list nat) (ags0 : list agent) (phi : list nat) (m : memory) (ags : list agent) : Prop :=
  reachable code (Ok (State m ags)) /\ mem_ok (sum stuck ags0) phi L m /\ Forall2 (agent_rel (view_ok phi L)) ags0 ags
  /\ (present m = there v L \/ uninit = true /\ drops m = 1) /\ (frees m <> 0 -> exists f, In f L /\ lab G f = Free).

(** ** Auxiliary lemmas *)

Lemma message_at_some : forall m i, i <= last m -> exists g, message_at m i = Some g.
Proof.
  intros m i L. destruct (message_at m i) eqn:E; [eauto|]. exfalso. unfold message_at in E. apply nth_error_None in E.
  rewrite app_length in E. unfold last in L. simpl in E. lia.
Qed.

Lemma message_at_newest : forall m, message_at m (last m) = Some (newest m).
Proof.
  intros m. unfold message_at, last. rewrite nth_error_app2 by lia. rewrite Nat.sub_diag. reflexivity.
Qed.


Lemma phi_app : forall (phi : list nat) e x y, nth_error phi x = Some y -> nth_error (phi ++ [e]) x = Some y.
Proof. intros phi e x y H. rewrite nth_error_app1; [exact H|]. apply nth_error_Some. congruence. Qed.

Lemma phi_new : forall (phi : list nat) e n, length phi = n -> nth_error (phi ++ [e]) n = Some e.
Proof. intros phi e n <-. rewrite nth_error_app2 by lia. rewrite Nat.sub_diag. reflexivity. Qed.

Lemma phi_app_inv : forall (phi : list nat) e x y, nth_error (phi ++ [e]) x = Some y -> nth_error phi x = Some y \/ y = e.
Proof.
  intros phi e x y H. destruct (lt_dec x (length phi)).
  - left. rewrite nth_error_app1 in H; assumption.
  - right. rewrite nth_error_app2 in H by lia. destruct (x - length phi) as [|[|k]]; simpl in H; congruence.
Qed.

Lemma view_mono : forall phi L L' e V0 V, (forall f, In f L -> In f L') -> view_ok phi L V0 V -> view_ok (phi ++ [e]) L' V0 V.
Proof.
  intros phi L L' e V0 V SUB (F & K & O). split; [|split].
  - intros f I. apply SUB. auto.
  - intros x X. destruct (K x X) as (y & f & A & B & D). exists y, f. split; [apply phi_app; exact A | auto].
  - exact O.
Qed.

Lemma agents_mono : forall (P Q : view -> view -> Prop), (forall x y, P x y -> Q x y) ->
  forall l0 l, Forall2 (agent_rel P) l0 l -> Forall2 (agent_rel Q) l0 l.
Proof.
  intros P Q M l0 l F. induction F; constructor; auto. destruct H; constructor; auto. eapply tok_mono; eassumption.
Qed.

(** A step of the machine from a reachable state, with the crate's table, is never an error. *)
Lemma goes_on : forall m l a r V o e bs,
  reachable code (Ok (State m (l ++ a :: r))) -> act code m V (view_after e m V) o a e bs ->
  (forall f, ~ wrong m V e f) /\ reachable code (Ok (State (memory_after e m V) (l ++ bs ++ r))).
Proof.
  intros m l a r V o e bs R A.
  assert (W : forall f, ~ wrong m V e f).
  { intros f W. apply (no_error f). eapply run_step; [exact R | exact I | eapply step_error; eassumption]. }
  split; [exact W|]. eapply run_step; [exact R | exact I | eapply step_ok; eassumption].
Qed.

Lemma split2 : forall P l0 (a0 : agent) r0 ags, Forall2 (agent_rel P) (l0 ++ a0 :: r0) ags ->
  exists l a r, ags = l ++ a :: r /\ Forall2 (agent_rel P) l0 l /\ agent_rel P a0 a /\ Forall2 (agent_rel P) r0 r.
Proof.
  intros P l0 a0 r0 ags F. apply Forall2_app_inv_l in F. destruct F as (l & q & A & B & ->).
  inversion B; subst. eauto 8.
Qed.

(** A token that has passed a limit stays. *)
Lemma stuck_stays : forall T m V V' o a e bs, act T m V V' o a e bs -> sum stuck bs = 0 -> stuck a = 0.
Proof.
  intros T m V V' o a e bs A. destruct A; simpl; rewrite ?tally_app; simpl; rewrite ?tally_app; simpl; lia.
Qed.

Lemma stuck_stays_all : forall T m V V' o a e bs l r, act T m V V' o a e bs -> sum stuck (l ++ bs ++ r) = 0 -> sum stuck (l ++ a :: r) = 0.
Proof. intros T m V V' o a e bs l r A. rewrite !sum_app. simpl. pose proof (stuck_stays _ _ _ _ _ _ _ _ A). lia. Qed.

Lemma tally_rel : forall P f ts0 ts, Forall2 (tok_rel P) ts0 ts -> tally f ts0 = tally f ts.
Proof. intros P f ts0 ts F. induction F as [|t0 t ts0 ts [E _] F IH]; simpl; congruence. Qed.

(** The counts are the same with frontiers and with views. *)
Lemma counts_rel : forall P l0 l, Forall2 (agent_rel P) l0 l ->
  sum stuck l0 = sum stuck l /\ sum strongs l0 = sum strongs l /\ sum weaks l0 = sum weaks l /\ sum owners l0 = sum owners l.
Proof.
  intros P l0 l F. induction F as [|a0 a l0 l R F (I1 & I2 & I3 & I4)]; [auto|]. simpl. rewrite I1, I2, I3, I4.
  destruct R as [k ts0 ts RT| |]; auto.
  destruct k; simpl; rewrite ?(tally_rel _ _ _ _ RT); auto.
Qed.

Lemma no_learn : forall T m V V' a e bs, act T m V V' OLearn a e bs -> exists U, e = Learn U.
Proof. intros. inversion H; subst; eauto. Qed.

(** Messages after a step *)
Lemma messages_after : forall e m V i g, message_at (memory_after e m V) i = Some g ->
  message_at m i = Some g \/
  (exists o w, e = ModifyWord o w /\ i = S (last m) /\ g = new_message o w m (view_after e m V)).
Proof.
  intros e m V i g H. destruct e; try (left; destruct m; exact H).
  destruct m as [old new c ws rs hs p f ii d x]. unfold message_at in *. simpl in *.
  destruct (le_lt_dec i (length old)) as [L|L].
  - left. rewrite nth_error_app1 in H by (rewrite app_length; simpl; lia). exact H.
  - right. exists o, w. rewrite nth_error_app2 in H by (rewrite app_length; simpl; lia). rewrite app_length in H. simpl in H.
    unfold last. simpl. destruct (i - (length old + 1)) as [|k] eqn:E; simpl in H.
    + split; [reflexivity|]. split; [lia|]. injection H as <-. reflexivity.
    + destruct k; discriminate H.
Qed.

(** ** The memory after a step that is the event [e] *)

(** How the view before the step, and what the step reads, determine the view after it. *)
Lemma view_step : forall s phi L m V0 V e eff0 eff,
  told G (e :: L) -> mem_ok s phi L m -> view_ok phi L V0 V ->
  (forall f, In f (known V0) -> hb G f e) ->
  (exists m0, labelled G e m0 eff0) -> eff_rel (view_ok phi L) m eff0 eff ->
  (match eff with ModifyWord _ _ => at_ G (last m) (src G e) | _ => True end) ->
  view_ok (phi ++ [e]) (e :: L) (View [e] 0) (view_after eff m V).
Proof.
  intros s phi L m V0 V e eff0 eff TO MO (F & K & O) HB [m0 FI] ER RD.
  assert (IE : In e (events G)) by apply TO.
  assert (KN : forall x, In x (known V) -> exists y f, nth_error (phi ++ [e]) x = Some y /\ In f [e] /\ le_hb y f).
  { intros x X. destruct (K x X) as (y & f & A & B & D). exists y, e. split; [apply phi_app; exact A|].
    split; [simpl; auto|]. right. eapply le_lt; [exact D | apply HB; exact B]. }
  assert (NEW : exists y f, nth_error (phi ++ [e]) (clock m) = Some y /\ In f [e] /\ le_hb y f).
  { exists e, e. split; [apply phi_new; apply (m_clock _ _ _ _ MO)|]. split; [simpl; auto | left; reflexivity]. }
  assert (OL : oldest V = 0 \/ exists y f, pos G (oldest V) y /\ In f [e] /\ le_hb y f).
  { destruct O as [O|(y & f & A & B & D)]; [auto|]. right. exists y, e. split; [exact A|]. split; [simpl; auto|].
    right. eapply le_lt; [exact D | apply HB; exact B]. }
  assert (ACQ : forall o o' i g, message_at m i = Some g -> at_ G i (src G e) -> rd G e ->
            (acquires o = true -> acquires o' = true) -> is_acquire (lab G e) = acquires o' ->
            forall x, In x (acquired o g) -> exists y f, nth_error (phi ++ [e]) x = Some y /\ In f [e] /\ le_hb y f).
  { intros o o' i g MG AT R ST IA x X. unfold acquired in X. destruct (acquires o) eqn:AO; [|destruct X].
    destruct (m_msg _ _ _ _ MO i g MG) as (w & AW & _ & _ & REL). destruct (REL x X) as (y & v & j & PY & AV & LE & RV & HV).
    exists y, e. split; [apply phi_app; exact PY|]. split; [simpl; auto|]. right. eapply le_lt; [exact HV|].
    eapply (acquire_gets_all G C j i v e); eauto; rewrite IA; auto. }
  split; [intros f [<-|[]]; simpl; auto|].
  destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction.
  - (* a load *)
    destruct FI as (o' & LB & [SA _] & AT). destruct ER as (<- & <- & EC & MG).
    assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
    split; simpl.
    + intros x [<-|X]; [exact NEW|]. apply in_app_iff in X. destruct X as [X|X]; [|apply KN; exact X].
      eapply (ACQ o o' i g0); eauto. rewrite LB. reflexivity.
    + right. exists e, e. split; [|split; [auto | left; reflexivity]].
      apply pos_look; auto. rewrite LB. reflexivity.
  - (* an RMW *)
    destruct FI as (o' & LB & [SA _]). destruct ER as (<- & <-).
    assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
    assert (W : wr G e) by (split; [exact IE | rewrite LB; discriminate]).
    assert (U : is_update (lab G e) = true) by (rewrite LB; reflexivity).
    split; simpl.
    + intros x [<-|X]; [exact NEW|]. apply in_app_iff in X. destruct X as [X|X]; [|apply KN; exact X].
      eapply (ACQ o o' (last m) (newest m)); eauto; [apply message_at_newest | rewrite LB; reflexivity].
    + right. exists e, e. split; [|split; [auto | left; reflexivity]].
      destruct (wr_at G C _ W) as [j J]. destruct (rmw_chain G C e j R U J) as (i & -> & A).
      rewrite (at_inj G C _ _ _ RD A). apply pos_write. exact J.
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
  - split; [intros x [<-|X]; [exact NEW | apply KN; exact X] | exact OL].
Qed.

Lemma clock_after : forall eff m V, (match eff with Nothing | Learn _ => False | _ => True end) ->
  clock (memory_after eff m V) = S (clock m).
Proof. intros eff m V H. destruct eff, m; simpl in *; try contradiction; reflexivity. Qed.

Lemma mem_step : forall s phi L m V e eff0 eff m0,
  told G (e :: L) -> mem_ok s phi L m ->
  view_ok (phi ++ [e]) (e :: L) (View [e] 0) (view_after eff m V) ->
  labelled G e m0 eff0 -> eff_rel (view_ok phi L) m eff0 eff ->
  (match eff with ModifyWord _ _ => at_ G (last m) (src G e) | _ => True end) ->
  mem_ok s (phi ++ [e]) (e :: L) (memory_after eff m V).
Proof.
  intros s phi L m V e eff0 eff m0 TO MO VO FI ER RD.
  assert (IE : In e (events G)) by apply TO. destruct TO as (_ & NI & BEF & TO).
  assert (KIND : match eff with Nothing | Learn _ => False | _ => True end).
  { destruct eff0, eff; simpl in *; try contradiction; exact I. }
  assert (LE : forall eff1, (match eff1 with ModifyWord _ _ => last (memory_after eff1 m V) = S (last m)
                             | _ => last (memory_after eff1 m V) = last m end)).
  { intros eff1. destruct eff1, m; unfold last; simpl; auto. rewrite app_length. simpl. lia. }
  constructor.
  - rewrite app_length, clock_after by exact KIND. simpl. rewrite (m_clock _ _ _ _ MO). lia.
  - intros x y X. destruct (phi_app_inv _ _ _ _ X) as [Y| ->]; [right; eapply (m_phi _ _ _ _ MO); eassumption | left; reflexivity].
  - intros SZ y [<-|Y] N; [exists (clock m); apply phi_new; apply (m_clock _ _ _ _ MO)|].
    destruct (m_all _ _ _ _ MO SZ y Y N) as [x X]. exists x. apply phi_app. exact X.
  - intros i g MG. destruct (messages_after _ _ _ _ _ MG) as [M|(o & w & -> & -> & ->)].
    + destruct (m_msg _ _ _ _ MO i g M) as (w & A & B & D & R). exists w. split; [exact A|]. split; [right; exact B|].
      split; [exact D|]. intros x X. destruct (R x X) as (y & v & j & Y & Z). exists y, v, j. split; [apply phi_app; exact Y | exact Z].
    + destruct eff0; simpl in ER; try contradiction. destruct ER as [-> ->]. destruct FI as (o' & LB & [_ SR]).
      assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
      assert (W : wr G e) by (split; [exact IE | rewrite LB; discriminate]).
      assert (U : is_update (lab G e) = true) by (rewrite LB; reflexivity).
      destruct (wr_at G C _ W) as [j J]. destruct (rmw_chain G C e j R U J) as (i & -> & A).
      rewrite (at_inj G C _ _ _ A RD) in *. clear A i.
      exists e. split; [exact J|]. split; [left; reflexivity|]. split; [rewrite LB; reflexivity|].
      intros x X. simpl in X. apply in_app_iff in X. destruct X as [X|X].
      * destruct (releases o) eqn:RO; [|destruct X]. destruct VO as (_ & K & _). destruct (K x X) as (y & f & Y & [<-|[]] & Z).
        exists y, e, (S (last m)). split; [exact Y|]. split; [exact J|]. split; [lia|]. split; [rewrite LB; simpl; auto | exact Z].
      * destruct (m_msg _ _ _ _ MO (last m) (newest m) (message_at_newest m)) as (_ & _ & _ & _ & REL).
        destruct (REL x X) as (y & v & j & Y & A & B & Z). exists y, v, j. split; [apply phi_app; exact Y|]. split; [exact A|]. split; [lia | exact Z].
  - intros i w A [<-|Y].
    + destruct eff0, eff; simpl in ER; try contradiction; simpl in FI;
        try (exfalso; destruct (at_wr G C _ _ A) as [_ Q]; apply Q; first [rewrite FI | destruct FI as (? & -> & _)]; reflexivity).
      match goal with |- _ <= last (memory_after (ModifyWord ?a ?b) m V) => pose proof (LE (ModifyWord a b)) as E end. cbv beta iota in E. rewrite E.
      destruct FI as (o' & LB & _). assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
      destruct (rmw_chain G C e i R) as (k & -> & B); [rewrite LB; reflexivity | exact A |].
      rewrite (at_inj G C _ _ _ B RD). lia.
    + pose proof (m_wr _ _ _ _ MO i w A Y). specialize (LE eff). destruct eff; lia.
  - intros y w [<-|Y] LB; [|apply phi_app; eapply (m_init _ _ _ _ MO); eassumption].
    exfalso. destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
      destruct FI as (? & FI & _); congruence.
  - intros y t [<-|Y] LB OW.
    + exists (clock m). split; [apply phi_new; apply (m_clock _ _ _ _ MO)|].
      destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
        try (destruct FI as (? & FI & _); congruence); destruct m; simpl; auto.
      rewrite FI in LB. injection LB as <-. discriminate.
    + destruct (m_writes _ _ _ _ MO y t Y LB OW) as (x & X & W). exists x. split; [apply phi_app; exact X|].
      destruct eff, m; simpl in *; auto.
  - intros y [<-|Y] LB.
    + exists (clock m). split; [apply phi_new; apply (m_clock _ _ _ _ MO)|].
      destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
        try (destruct FI as (? & FI & _); congruence); destruct m; simpl; auto.
    + destruct (m_reads _ _ _ _ MO y Y LB) as (x & X & W). exists x. split; [apply phi_app; exact X|].
      destruct eff, m; simpl in *; auto.
  - intros y [<-|Y] LB.
    + destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
        try (destruct FI as (? & FI & _); congruence); destruct m; simpl; discriminate.
    + pose proof (m_free _ _ _ _ MO y Y LB). destruct eff, m; simpl in *; auto.
Qed.

(** ** The value is there when it is used *)

Lemma dropped : forall m l a r, reachable code (Ok (State m (l ++ a :: r))) -> drops m = 1 ->
  present m = false /\ strongs a = 0 /\ makers a = 0.
Proof.
  intros m l a r R D. destruct (reachable_front _ _ _ _ R) as [L|E].
  - pose proof (l_present _ _ L) as P. pose proof (l_drops _ _ L) as O. simpl in P, O. destruct (present m); simpl in P; [exfalso; lia|].
    repeat split; lia.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & V & [-> | ->] & _); (split; [apply (e_present _ _ E) | split; reflexivity]).
Qed.

Lemma finds_value : forall was s phi L m0 m l a r V V' o e eff0 eff bs, reachable code (Ok (State m (l ++ a :: r))) -> act code m V V' o a eff bs ->
  labelled G e m0 eff0 -> eff_rel (view_ok phi L) m eff0 eff -> (forall f, ~ wrong m V eff f) ->
  present m = there was L \/ s /\ drops m = 1 -> finds was e L.
Proof.
  intros was s phi L m0 m l a r V V' o e eff0 eff bs RE A FI ER FINE TH. pose proof (FINE NoValue) as NV. unfold finds. destruct TH as [TH|[_ D]].
  - rewrite <- TH. destruct eff0, eff; simpl in ER; try contradiction; simpl in FI, NV; try contradiction;
      try (destruct FI as (? & FI & _)); rewrite FI; auto; destruct (present m); congruence.
  - destruct (dropped _ _ _ _ RE D) as (P & S & M).
    destruct eff0, eff; simpl in ER; try contradiction; simpl in FI, NV; try contradiction;
      try (destruct FI as (? & FI & _)); rewrite FI; auto; try contradiction.
    exfalso. inversion A; subst; try (destruct h; discriminate); simpl in S, M; discriminate.
Qed.

Lemma safe_step : forall was s phi L m V0 V e eff0 eff m0,
  (lab G e = Free -> s = 0) -> mem_ok s phi L m -> view_ok phi L V0 V -> (forall f, In f (known V0) -> hb G f e) ->
  labelled G e m0 eff0 -> eff_rel (view_ok phi L) m eff0 eff -> (forall f, ~ wrong m V eff f) -> finds was e L ->
  safe_at was e L.
Proof.
  intros was s phi L m V0 V e eff0 eff m0 ST MO (_ & K & _) HB FI ER FINE FOUND. split; [exact FOUND|].
  intros NE x X.
  assert (KN : forall n, conflicts m eff n -> nth_error phi n = Some x -> hb G x e).
  { intros n CF PH. pose proof (FINE DataRace) as FD. simpl in FD.
    assert (IN : In n (known V)).
    { destruct (in_dec Nat.eq_dec n (known V)) as [I|I]; [exact I|]. exfalso. apply FD. exists n. auto. }
    destruct (K n IN) as (y & f & A & B & D). assert (y = x) by congruence. subst y. eapply le_lt; [exact D | apply HB; exact B]. }
  split; [|split; [|split; [|split]]].
  - intros t LB OW [b XB].
    assert (IN : exists n, nth_error phi n = Some x /\ (In n (writes m) \/ In n (reads m))).
    { destruct b; [destruct (m_reads _ _ _ _ MO x X XB) as (n & N & W) | ..]; try destruct (m_writes _ _ _ _ MO x _ X XB eq_refl) as (n & N & W); eauto. }
    destruct IN as (n & N & W).
    destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
      try (destruct FI as (? & FI & _); congruence); try (apply (KN n); [exact W | exact N]).
    rewrite FI in LB. injection LB as <-. discriminate.
  - intros t LB XB OW. destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
      try (destruct FI as (? & FI & _); congruence);
      destruct (m_writes _ _ _ _ MO x t X XB OW) as (n & N & W); (apply (KN n); [simpl; auto | exact N]).
  - intros LB XB. destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; try congruence;
      try (destruct FI as (? & FI & _); congruence);
      destruct (m_all _ _ _ _ MO (ST LB) x X XB) as (n & N); (apply (KN n); [simpl; rewrite <- (m_clock _ _ _ _ MO); apply nth_error_Some; congruence | exact N]).
  - intros [w XB] RW. pose proof (m_init _ _ _ _ MO x w X XB) as P0.
    destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction;
      try (exfalso; apply RW; rewrite FI; reflexivity); apply (KN 0); simpl; auto.
  - intros XB. pose proof (m_free _ _ _ _ MO x X XB) as FR. apply (FINE NoMemory).
    destruct eff0, eff; simpl in ER; try contradiction; simpl in FI; try contradiction; simpl; exact FR.
Qed.

(** ** The theorem *)

Lemma view_more : forall phi L e V0 V, view_ok phi L V0 V -> view_ok phi (e :: L) V0 V.
Proof. intros phi L e V0 V (F & K & O). split; [|split; assumption]. intros f I. right. auto. Qed.

Lemma init_at_0 : forall e w, In e (events G) -> lab G e = Init w -> at_ G 0 e.
Proof.
  intros e w I LB. assert (W : wr G e) by (split; [exact I | rewrite LB; discriminate]).
  destruct (wr_at G C _ W) as [[|i] A]; [exact A|]. pose proof (mo_rest G C _ _ A) as U. rewrite LB in U. discriminate U.
Qed.

(** A reading event reads what is already there, and an RMW reads the newest. *)
Lemma read_ready : forall s phi L m e, told G (e :: L) -> mem_ok s phi L m -> rd G e ->
  exists i g, at_ G i (src G e) /\ i <= last m /\ message_at m i = Some g /\ Some (content g) = reads_word (lab G e)
    /\ (is_update (lab G e) = true -> i = last m).
Proof.
  intros s phi L m e (IE & NI & BEF & TO) MO R.
  destruct (rd_src_at G C _ R) as [i A]. destruct (c_rf _ C _ R) as [WS EQ].
  assert (SL : In (src G e) L) by (apply BEF; [apply WS | right; left; auto]).
  pose proof (m_wr _ _ _ _ MO i _ A SL) as LE. destruct (message_at_some m i LE) as [g MG].
  destruct (m_msg _ _ _ _ MO i g MG) as (w & AW & _ & WW & _).
  exists i, g. split; [exact A|]. split; [exact LE|]. split; [exact MG|]. split.
  - rewrite (at_fun G _ _ _ AW A) in WW. rewrite <- WW. exact EQ.
  - intros U. destruct (Nat.eq_dec i (last m)) as [E|N]; [exact E|]. exfalso. apply NI.
    destruct (update_reads_writes G e IE U) as [_ W]. destruct (wr_at G C _ W) as [j J].
    destruct (rmw_chain G C e j R U J) as (i' & -> & A'). rewrite (at_inj G C _ _ _ A' A) in *.
    destruct (message_at_some m (S i)) as [g' MG']; [lia|].
    destruct (m_msg _ _ _ _ MO _ _ MG') as (w' & AW' & IW' & _). rewrite (at_fun G _ _ _ AW' J) in IW'. exact IW'.
Qed.

Lemma oldest_le : forall phi L V0 V e i, view_ok phi L V0 V -> (forall f, In f (known V0) -> hb G f e) -> rd G e ->
  at_ G i (src G e) -> oldest V <= i.
Proof.
  intros phi L V0 V e i (_ & _ & O) HB R A. destruct O as [->|(y & f & P & F & D)]; [lia|].
  eapply (reads_no_older G C _ _ y e); eauto. eapply le_lt; [exact D | apply HB; exact F].
Qed.

Lemma same_memory : forall s phi L m V eff, (eff = Nothing \/ exists U, eff = Learn U) -> mem_ok s phi L m -> mem_ok s phi L (memory_after eff m V).
Proof.
  intros s phi L m V eff H MO. destruct MO. destruct H as [->|[U ->]]; destruct m; constructor; simpl in *; assumption.
Qed.

(** A step of the machine that is no event of the execution: a load that is spared, or the last drop of a MaybeUninit.  [y] stands for it. *)
Lemma mem_unseen : forall s phi L m V y eff, (exists o i g, eff = LoadWord o i g) \/ eff = DropValue -> In y L -> mem_ok s phi L m ->
  mem_ok s (phi ++ [y]) L (memory_after eff m V).
Proof.
  intros s phi L m V y0 eff KIND YL [Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9].
  constructor; destruct KIND as [(o & j0 & g0 & ->)| ->]; destruct m; simpl in *; auto; try (rewrite app_length; simpl; lia);
    try (intros x y X; destruct (phi_app_inv _ _ _ _ X) as [Y| ->]; eauto; fail);
    try (intros SZ y Y N; destruct (Q3 SZ y Y N) as [x X]; exists x; apply phi_app; exact X);
    try (intros j h MH; destruct (Q4 j h MH) as (w & A & B & D & E); exists w; split; [exact A|]; split; [exact B|]; split; [exact D|];
         intros x X; destruct (E x X) as (y & v & j' & Y & Z); exists y, v, j'; split; [apply phi_app; exact Y | exact Z]);
    try (intros y w Y LB; exact (phi_app phi y0 0 y (Q6 y w Y LB)));
    try (intros y t Y LB OW; destruct (Q7 y t Y LB OW) as (x & X & W); exists x; split; [apply phi_app; exact X | simpl; auto]);
    try (intros y Y LB; destruct (Q8 y Y LB) as (x & X & W); exists x; split; [apply phi_app; exact X | exact W]).
Qed.

Lemma mem_weaken : forall s s' phi L m, (s' = 0 -> s = 0) -> mem_ok s phi L m -> mem_ok s' phi L m.
Proof. intros s s' phi L m H MO. destruct MO. constructor; auto. Qed.

Lemma drop_by_owner : forall T m V V' o a bs, act T m V V' o a DropValue bs -> exists h b, a = Busy (Owner h b) V.
Proof. intros T m V V' o a bs A. inversion A; subst; eauto. Qed.

Theorem graph_is_run : forall L ags0, own code G L ags0 -> told G L ->
  exists was, (exists phi m ags, sim was L ags0 phi m ags) /\ all_safe was L.
Proof.
  intros L ags0 H. induction H; intros TO.
  - (* Arc::new *)
    destruct TO as (IE & _). exists (present (mem start_new)). split; [|split; [split; [unfold finds; rewrite H; exact I | intros _ x []]|exact I]].
    exists [e], (mem start_new), (agents start_new). split; [apply run_new|]. split.
    + constructor; simpl.
      * reflexivity.
      * intros x y X. destruct x as [|[|x]]; simpl in X; inversion X. auto.
      * intros _ y [<-|[]] _. exists 0. reflexivity.
      * intros i g MG. destruct i as [|[|i]]; inversion MG; subst. exists e. split; [eapply init_at_0; eassumption|].
        split; [auto|]. split; [rewrite H; reflexivity | intros x []].
      * intros i w A [<-|[]]. rewrite (at_inj G C _ _ _ A (init_at_0 _ _ IE H)). apply Nat.le_refl.
      * intros y w [<-|[]] _. reflexivity.
      * intros y t [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
    + split; [|split; [left; simpl; rewrite H; reflexivity | simpl; congruence]].
      constructor; [|constructor]. constructor. constructor; [|constructor]. split; [reflexivity|]. simpl.
      split; [intros f [<-|[]]; simpl; auto|]. split; [|left; reflexivity].
      intros x [<-|[]]. exists e, e. split; [reflexivity|]. split; [simpl; auto | left; reflexivity].
  - (* a builder *)
    destruct TO as (IE & _). exists (present (mem start_building)). split; [|split; [split; [unfold finds; rewrite H; exact I | intros _ x []]|exact I]].
    exists [e], (mem start_building), (agents start_building). split; [apply run_building|]. split.
    + constructor; simpl.
      * reflexivity.
      * intros x y X. destruct x as [|[|x]]; simpl in X; inversion X. auto.
      * intros _ y [<-|[]] _. exists 0. reflexivity.
      * intros i g MG. destruct i as [|[|i]]; inversion MG; subst. exists e. split; [eapply init_at_0; eassumption|].
        split; [auto|]. split; [rewrite H; reflexivity | intros x []].
      * intros i w A [<-|[]]. rewrite (at_inj G C _ _ _ A (init_at_0 _ _ IE H)). apply Nat.le_refl.
      * intros y w [<-|[]] _. reflexivity.
      * intros y t [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
    + split; [|split; [left; simpl; rewrite H; reflexivity | simpl; congruence]].
      constructor; [|constructor]. constructor. constructor; [|constructor]. split; [reflexivity|]. simpl.
      split; [intros f [<-|[]]; simpl; auto|]. split; [|left; reflexivity].
      intros x [<-|[]]. exists e, e. split; [reflexivity|]. split; [simpl; auto | left; reflexivity].
  - (* a place without a value *)
    destruct TO as (IE & _). exists (present (mem start_empty)). split; [|split; [split; [unfold finds; rewrite H; exact I | intros _ x []]|exact I]].
    exists [e], (mem start_empty), (agents start_empty). split; [apply run_empty|]. split.
    + constructor; simpl.
      * reflexivity.
      * intros x y X. destruct x as [|[|x]]; simpl in X; inversion X. auto.
      * intros _ y [<-|[]] _. exists 0. reflexivity.
      * intros i g MG. destruct i as [|[|i]]; inversion MG; subst. exists e. split; [eapply init_at_0; eassumption|].
        split; [auto|]. split; [rewrite H; reflexivity | intros x []].
      * intros i w A [<-|[]]. rewrite (at_inj G C _ _ _ A (init_at_0 _ _ IE H)). apply Nat.le_refl.
      * intros y w [<-|[]] _. reflexivity.
      * intros y t [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
      * intros y [<-|[]] LB. congruence.
    + split; [|split; [left; simpl; rewrite H; reflexivity | simpl; congruence]].
      constructor; [|constructor]. constructor. constructor; [|constructor]. split; [reflexivity|]. simpl.
      split; [intros f [<-|[]]; simpl; auto|]. split; [|left; reflexivity].
      intros x [<-|[]]. exists e, e. split; [reflexivity|]. split; [simpl; auto | left; reflexivity].
  - (* an event *)
    pose proof TO as (IE & NI & BEF & TL).
    destruct (IHown_ TL) as (was & (phi & m & ags & RE & MO & FA & TH & FR) & SAFE). exists was.
    destruct (split2 _ _ _ _ _ FA) as (l1 & a1 & r1 & -> & F1 & RA & F2).
    assert (NL : o <> OLearn) by (intros ->; destruct (no_learn _ _ _ _ _ _ _ H0) as [U ->]; exact H1).
    destruct (transport _ _ _ _ _ _ _ _ H0 NL _ _ RA) as (V1 & PV & TR).
    assert (AG : agree m0 m V1 eff).
    { destruct eff; simpl; auto; simpl in H1.
      - destruct H1 as (o' & LB & _ & A). assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
        destruct (read_ready _ _ _ _ _ TO MO R) as (j & g' & B & LE & MG & EQ & _). rewrite (at_inj G C _ _ _ B A) in *.
        exists g'. split; [rewrite LB in EQ; simpl in EQ; congruence|]. split; [|exact MG]. eapply oldest_le; eassumption.
      - destruct H1 as (o' & LB & _). assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
        destruct (read_ready _ _ _ _ _ TO MO R) as (j & g' & B & LE & MG & EQ & NEW). rewrite NEW in * by (rewrite LB; reflexivity).
        rewrite message_at_newest in MG. injection MG as <-. rewrite LB in EQ. simpl in EQ. unfold now at 1. congruence. }
    destruct (TR m AG) as (eff1 & ER & ACT).
    assert (RD : match eff1 with ModifyWord _ _ => at_ G (last m) (src G e) | _ => True end).
    { destruct eff, eff1; simpl in ER; try contradiction; auto. simpl in H1.
      destruct H1 as (o' & LB & _). assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
      destruct (read_ready _ _ _ _ _ TO MO R) as (j & g' & B & LE & MG & EQ & NEW). rewrite NEW in * by (rewrite LB; reflexivity). exact B. }
    assert (VO : view_ok (phi ++ [e]) (e :: L) (View [e] 0) (view_after eff1 m V1)) by (eapply view_step; eauto).
    assert (MONO : forall x y, view_ok phi L x y -> view_ok (phi ++ [e]) (e :: L) x y)
      by (intros x y; apply view_mono; intros f I; right; exact I).
    destruct (ACT _ _ MONO VO) as (bs1 & A1 & FB).
    destruct (goes_on _ _ _ _ _ _ _ _ RE A1) as [FINE RE'].
    assert (ST : lab G e = Free -> sum stuck (l ++ a :: r) = 0).
    { intros LB. rewrite (proj1 (counts_rel _ _ _ FA)).
      destruct eff, eff1; simpl in ER, H1; try contradiction; try (destruct H1 as (? & H1 & _)); try congruence.
      clear - RE A1. inversion A1; subst; try (destruct h; discriminate).
      destruct (freeing_is_alone _ _ _ _ RE) as (-> & -> & _). reflexivity. }
    assert (FD : finds was e L) by (eapply finds_value; eauto).
    split; [|split; [eapply safe_step; eauto | exact SAFE]].
    exists (phi ++ [e]), (memory_after eff1 m V1), (l1 ++ bs1 ++ r1). split; [exact RE'|].
    split; [eapply mem_weaken; [exact (stuck_stays_all _ _ _ _ _ _ _ _ l r H0) | eapply mem_step; eauto]|]. split.
    { apply Forall2_app; [eapply agents_mono; eassumption|]. apply Forall2_app; [exact FB | eapply agents_mono; eassumption]. }
    split.
    { destruct TH as [TH|[UN D]]; [left|right; split; [exact UN|]].
      - simpl. destruct eff, eff1; simpl in ER; try contradiction; simpl in H1; try contradiction;
          try (destruct H1 as (? & H1 & _)); rewrite H1; destruct m; auto.
      - destruct (at_most_once _ _ RE') as (_ & ONE & _). clear - ONE D. destruct eff1, m; simpl in *; lia. }
    assert (OLD : frees m <> 0 -> exists f, In f (e :: L) /\ lab G f = Free).
    { intros N. destruct (FR N) as (f & J & LF). exists f. simpl. auto. }
    destruct eff, eff1; simpl in ER; try contradiction; simpl in H1; try contradiction; destruct m; simpl in *; auto.
    intros _. exists e. auto.
  - (* silent *)
    destruct (IHown_ TO) as (was & (phi & m & ags & RE & MO & FA & TH & FR) & SAFE). exists was. split; [|exact SAFE].
    destruct (split2 _ _ _ _ _ FA) as (l1 & a1 & r1 & -> & F1 & RA & F2).
    assert (NL : o <> OLearn) by (intros ->; destruct (no_learn _ _ _ _ _ _ _ H0) as [U E]; destruct H1 as [?|[_ ?]]; congruence).
    destruct (transport _ _ _ _ _ _ _ _ H0 NL _ _ RA) as (V1 & PV & TR).
    destruct H1 as [->|[UN ->]]; destruct (TR m I) as (eff1 & ER & ACT); destruct eff1; simpl in ER; try contradiction.
    + destruct (ACT (view_ok phi L) (view_after Nothing m V1) (fun _ _ X => X) PV) as (bs1 & A1 & FB).
      destruct (goes_on _ _ _ _ _ _ _ _ RE A1) as [_ RE'].
      exists phi, (memory_after Nothing m V1), (l1 ++ bs1 ++ r1). split; [exact RE'|]. split; [eapply mem_weaken; [exact (stuck_stays_all _ _ _ _ _ _ _ _ l r H0) | apply same_memory; auto]|].
      split; [apply Forall2_app; [exact F1|]; apply Forall2_app; [exact FB | exact F2] | destruct m; split; [exact TH | exact FR]].
    + (* the last drop of a MaybeUninit: an event of the machine only *)
      assert (K0 : In 0 (known V1)).
      { destruct (ACT (fun _ _ => True) V1 ltac:(auto) Logic.I) as (bs1 & A1 & _). destruct (drop_by_owner _ _ _ _ _ _ _ A1) as (h & b & ->).
        destruct (reachable_front _ _ _ _ RE) as [LV|EN]; [apply (task_facts _ _ _ _ LV)|].
        destruct (ending_agent _ _ _ _ EN) as (_ & _ & W & [Q|Q] & _); discriminate Q. }
      destruct PV as (PF & PK & PO). destruct (PK 0 K0) as (_ & y & _ & YK & _).
      assert (VO : view_ok (phi ++ [y]) L V (view_after DropValue m V1)).
      { split; [exact PF|]. split; [|exact PO]. intros x [<-|X].
        - exists y, y. split; [apply phi_new; apply (m_clock _ _ _ _ MO)|]. split; [exact YK | left; reflexivity].
        - destruct (PK x X) as (z & f & A & B & D). exists z, f. split; [apply phi_app; exact A | auto]. }
      assert (MONO : forall u v, view_ok phi L u v -> view_ok (phi ++ [y]) L u v) by (intros u v; apply view_mono; auto).
      destruct (ACT _ _ MONO VO) as (bs1 & A1 & FB). destruct (goes_on _ _ _ _ _ _ _ _ RE A1) as [_ RE'].
      exists (phi ++ [y]), (memory_after DropValue m V1), (l1 ++ bs1 ++ r1). split; [exact RE'|].
      split; [eapply mem_weaken; [exact (stuck_stays_all _ _ _ _ _ _ _ _ l r H0) | apply mem_unseen; auto]|].
      split; [apply Forall2_app; [eapply agents_mono; eassumption|]; apply Forall2_app; [exact FB | eapply agents_mono; eassumption]|].
      destruct (at_most_once _ _ RE') as (_ & ONE & _). split; [right; split; [exact UN|]|]; destruct m; simpl in *; [lia | exact FR].
  - (* merge *)
    destruct (IHown_ TO) as (was & (phi & m & ags & RE & MO & FA & TH & FR) & SAFE). exists was. split; [|exact SAFE].
    destruct (split2 _ _ _ _ _ FA) as (l1 & a1 & r1 & -> & F1 & RA & F2).
    destruct (transport _ _ _ _ _ _ _ _ H0 ltac:(discriminate) _ _ RA) as (V1 & PV & TR).
    destruct (TR m I) as (eff1 & ER & ACT). destruct eff1 as [|U1| | | | | | | |]; simpl in ER; try contradiction.
    assert (VO : view_ok phi L (View (known V ++ known U) 0) (view_after (Learn U1) m V1)).
    { destruct PV as (PF & PK & PO), ER as (QF & QK & QO). split; simpl.
      - intros f I0. apply in_app_iff in I0. destruct I0; auto.
      - split.
        + intros x X. apply in_app_iff in X.
          destruct X as [X|X]; [destruct (PK x X) as (y & f & A & B & D) | destruct (QK x X) as (y & f & A & B & D)];
            exists y, f; (split; [exact A|]); (split; [apply in_app_iff; auto | exact D]).
        + destruct (Nat.max_spec (oldest V1) (oldest U1)) as [[_ ->]|[_ ->]].
          * destruct QO as [QO|(y & f & A & B & D)]; [auto|]. right. exists y, f. split; [exact A|]. split; [apply in_app_iff; auto | exact D].
          * destruct PO as [PO|(y & f & A & B & D)]; [auto|]. right. exists y, f. split; [exact A|]. split; [apply in_app_iff; auto | exact D]. }
    destruct (ACT (view_ok phi L) (view_after (Learn U1) m V1) (fun _ _ X => X) VO) as (bs1 & A1 & FB).
    destruct (goes_on _ _ _ _ _ _ _ _ RE A1) as [_ RE'].
    exists phi, (memory_after (Learn U1) m V1), (l1 ++ bs1 ++ r1). split; [exact RE'|]. split; [eapply mem_weaken; [exact (stuck_stays_all _ _ _ _ _ _ _ _ l r H0) | apply same_memory; eauto]|].
    split; [apply Forall2_app; [exact F1|]; apply Forall2_app; [exact FB | exact F2] | destruct m; split; [exact TH | exact FR]].
  - (* the load that an acquiring RMW spares *)
    destruct (IHown_ TO) as (was & (phi & m & ags & RE & MO & FA & TH & FR) & SAFE). exists was. split; [|exact SAFE].
    destruct (split2 _ _ _ _ _ FA) as (l1 & a1 & r1 & -> & F1 & RA & F2).
    assert (NL : o <> OLearn) by (intros ->; destruct (no_learn _ _ _ _ _ _ _ H0) as [U E]; congruence).
    destruct (transport _ _ _ _ _ _ _ _ H0 NL _ _ RA) as (V1 & PV & TR). subst eff.
    pose proof PV as (PF & PK & PO). assert (EL : In e L) by (apply PF; simpl; auto).
    pose proof (m_wr _ _ _ _ MO _ _ H2 EL) as LE. destruct (message_at_some m i LE) as [g' MG].
    destruct (m_msg _ _ _ _ MO i g' MG) as (w & AW & _ & WW & REL). rewrite (at_fun G _ _ _ AW H2) in *. clear w AW.
    assert (WE : wr G e) by (eapply at_wr; eassumption).
    assert (PE : pos G i e) by (apply pos_write; exact H2).
    assert (OL : oldest V1 <= i).
    { destruct PO as [->|(y & f & P & [<-|[]] & [->|D])]; [lia | rewrite (pos_fun G C _ _ _ P PE); lia |].
      pose proof (pos_hb G C _ _ _ _ D P PE). lia. }
    destruct (TR m) as (eff1 & ER & ACT).
    { exists g'. split; [congruence|]. split; [exact OL | exact MG]. }
    destruct eff1 as [| |ord1 i1 g1| | | | | | |]; simpl in ER; try contradiction. destruct ER as (<- & <- & EC & MG1).
    assert (g1 = g') by congruence. subst g1.
    assert (UPD : is_update (lab G e) = true /\ rd G e).
    { destruct WE as [IE WE]. destruct (lab G e) eqn:LB; simpl in *; try congruence; try discriminate H3. split; [reflexivity|].
      split; [exact IE | rewrite LB; discriminate]. }
    destruct UPD as [UP R]. destruct (rmw_chain G C e i R UP H2) as (k & EI & SK).
    assert (VO : view_ok (phi ++ [e]) L (View [e] 0) (view_after (LoadWord ord i g') m V1)).
    { split; [exact PF|]. split; simpl.
      - intros x [<-|X].
        + exists e, e. split; [apply phi_new; apply (m_clock _ _ _ _ MO)|]. split; [auto | left; reflexivity].
        + apply in_app_iff in X. destruct X as [X|X].
          * unfold acquired in X. destruct (acquires ord); [|destruct X].
            destruct (REL x X) as (y & v & j & PY & AV & JI & RV & HV). exists y, e. split; [apply phi_app; exact PY|].
            split; [auto|]. destruct (Nat.eq_dec j i) as [->|NE].
            -- rewrite <- (at_fun G _ _ _ AV H2). exact HV.
            -- right. eapply le_lt; [exact HV|]. eapply (acquire_gets_all G C j k v e); eauto. lia.
          * destruct (PK x X) as (y & f & A & B & D). exists y, f. split; [apply phi_app; exact A | auto].
      - right. exists e, e. split; [exact PE|]. split; [auto | left; reflexivity]. }
    assert (MONO : forall x y, view_ok phi L x y -> view_ok (phi ++ [e]) L x y)
      by (intros x y; apply view_mono; auto).
    destruct (ACT _ _ MONO VO) as (bs1 & A1 & FB).
    destruct (goes_on _ _ _ _ _ _ _ _ RE A1) as [_ RE'].
    exists (phi ++ [e]), (memory_after (LoadWord ord i g') m V1), (l1 ++ bs1 ++ r1). split; [exact RE'|]. split.
    { eapply mem_weaken; [exact (stuck_stays_all _ _ _ _ _ _ _ _ l r H0) | apply mem_unseen; eauto]. }
    split; [|destruct m; split; [exact TH | exact FR]].
    apply Forall2_app; [eapply agents_mono; eassumption|]. apply Forall2_app; [exact FB | eapply agents_mono; eassumption].
  - (* a look past the limit *)
    pose proof TO as (IE & NI & BEF & TL).
    destruct (IHown_ TL) as (was & (phi & m & ags1 & RE & MO & FA & TH & FR) & SAFE). exists was.
    assert (NF : forall x, In x L -> lab G x <> Free).
    { intros x X LB. pose proof (m_free _ _ _ _ MO x X LB) as FN. destruct (at_most_once _ _ RE) as (_ & _ & F1 & F2).
      destruct (F2 ltac:(lia)) as [-> _]. rewrite (proj1 (counts_rel _ _ _ FA)) in H1. apply H1. reflexivity. }
    split.
    + exists phi, m, ags1. split; [exact RE|]. split.
      * destruct MO as [Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9]. constructor; auto; try congruence.
        -- intros x y X. right. eauto.
        -- intros i g MG. destruct (Q4 i g MG) as (w' & A & B & D'). exists w'. split; [exact A|]. split; [right; exact B | exact D'].
        -- intros i w' A [<-|Y]; [|eauto]. destruct (at_wr G C _ _ A) as [_ W]. rewrite H0 in W. simpl in W. congruence.
        -- intros y w' [<-|Y] LB; [congruence | eauto].
        -- intros y t [<-|Y] LB; [congruence | eauto].
        -- intros y [<-|Y] LB; [congruence | eauto].
        -- intros y [<-|Y] LB; [congruence | eauto].
      * split; [|split; [simpl; rewrite H0; exact TH | intros N; destruct (FR N) as (f & I & LF); exists f; simpl; auto]]. eapply agents_mono; [|exact FA]. intros x y. apply view_more.
    + split; [|exact SAFE]. split; [unfold finds; rewrite H0; exact I|]. intros _ x X. split; [congruence|]. split; [congruence|]. split; [congruence|].
      split; [|apply NF; exact X]. intros [v V] _. eapply H2; eassumption.
  - (* anything else *)
    pose proof TO as (IE & NI & BEF & TL).
    destruct (IHown_ TL) as (was & (phi & m & ags1 & RE & MO & FA & TH & FR) & SAFE). exists was.
    split; [|split; [split; [unfold finds; rewrite H0; exact I | intros NE; contradiction] | exact SAFE]].
    exists phi, m, ags1. split; [exact RE|]. split.
    + destruct MO as [Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9]. constructor; auto.
      * intros x y X. right. eauto.
      * intros SZ y [<-|Y] N; [contradiction | auto].
      * intros i g MG. destruct (Q4 i g MG) as (w & A & B & D). exists w. split; [exact A|]. split; [right; exact B | exact D].
      * intros i w A [<-|Y]; [|eauto]. destruct (at_wr G C _ _ A) as [_ W]. rewrite H0 in W. simpl in W. congruence.
      * intros y w [<-|Y] LB; [congruence | eauto].
      * intros y t [<-|Y] LB; [congruence | eauto].
      * intros y [<-|Y] LB; [congruence | eauto].
      * intros y [<-|Y] LB; [congruence | eauto].
    + split; [|split; [simpl; rewrite H0; exact TH | intros N; destruct (FR N) as (f & I' & LF); exists f; simpl; auto]]. eapply agents_mono; [|exact FA]. intros x y. apply view_more.
Qed.

(** ** The word counts, in terms of the told events and their agents *)

Theorem own_reaches : forall L ags, own code G L ags -> told G L ->
  exists m ags1 w, reachable code (Ok (State m ags1)) /\ Forall2 (agent_rel (fun _ _ => True)) ags ags1
    /\ at_ G (last m) w /\ In w L /\ writes_word (lab G w) = Some (now m)
    /\ forall i v, at_ G i v -> In v L -> i <= last m.
Proof.
  intros L ags O T. destruct (graph_is_run L ags O T) as (was & (phi & m & ags1 & RE & MO & FA & TH & FR) & _).
  destruct (m_msg _ _ _ _ MO (last m) (newest m) (message_at_newest m)) as (w & A & I & W & _).
  exists m, ags1, w. split; [exact RE|]. split; [eapply agents_mono; [|exact FA]; auto|].
  split; [exact A|]. split; [exact I|]. split; [exact W|]. intros i v B J. eapply m_wr; eassumption.
Qed.

(** When no agent is left, the memory is freed, and the value is gone if it is not a MaybeUninit's. *)
Theorem own_ends : forall L, own code G L [] -> told G L ->
  (uninit = false -> exists was, there was L = false) /\ exists f, In f L /\ lab G f = Free.
Proof.
  intros L O T. destruct (graph_is_run L [] O T) as (was & (phi & m & ags1 & RE & MO & FA & TH & FR) & _).
  inversion FA; subst. destruct (nothing_leaks _ RE) as (F & _ & P). split; [|apply FR; lia].
  intros U. exists was. destruct TH as [TH|[U1 _]]; congruence.
Qed.

(** [w] is the mo-last of the told writes, and [c] what it wrote: what the next RMW reads. *)
Definition last_write (L : list nat) (c : word) : Prop :=
  exists n w, at_ G n w /\ In w L /\ writes_word (lab G w) = Some c /\ forall i v, at_ G i v -> In v L -> i <= n.

Theorem own_counts : forall L ags, own code G L ags -> told G L ->
  exists c, last_write L c /\
    (ags = [] \/ (exists V, ags = [Busy LastWeak V] \/ ags = [Busy Freeing V]) \/
     (strong c = sum strongs ags /\ weak c = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
      /\ 1 <= weak c /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1)).
Proof.
  intros L ags O T. destruct (own_reaches L ags O T) as (m & ags1 & w & RE & FA & A & I & W & MAX).
  exists (now m). split; [exists (last m), w; auto|].
  destruct (counts_rel _ _ _ FA) as (_ & -> & -> & ->).
  destruct (reachable_invariant _ RE) as [LV|[E|D]]; simpl in *.
  - right. right. split; [exact (l_strong _ _ LV)|]. split; [exact (l_weak _ _ LV)|]. split; [exact (l_pos _ _ LV) | exact (l_one _ _ LV)].
  - right. left. destruct E as [(V & _ & [(-> & _)|(-> & _)]) _ _ _ _]; inversion FA as [|? ? ? ? R N]; subst; inversion N; subst; inversion R; subst; eauto.
  - left. destruct D as [-> _ _ _ _]. inversion FA. reflexivity.
Qed.

Theorem rmw_reads_last : forall L e o w w' c, told G (e :: L) -> lab G e = Update o w w' -> last_write L c -> w = c.
Proof.
  intros L e o w w' c (IE & NI & BEF & TO) LB (n & x & A & I & W & MAX).
  assert (R : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
  assert (U : is_update (lab G e) = true) by (rewrite LB; reflexivity).
  destruct (update_reads_writes G e IE U) as [_ WR]. destruct (wr_at G C _ WR) as [j J].
  destruct (rmw_chain G C e j R U J) as (i & -> & B).
  assert (SL : In (src G e) L) by (apply BEF; [apply (at_wr G C _ _ B) | right; left; auto]).
  pose proof (MAX _ _ B SL).
  assert (i = n) as ->.
  { destruct (Nat.eq_dec i n) as [E|E]; [exact E|]. exfalso.
    destruct (nth_error (mo G) (S i)) as [y|] eqn:Y.
    - assert (y = e) as -> by (eapply at_fun; eassumption). apply NI.
      assert (ML : mo_lt G e x \/ e = x).
      { destruct (Nat.eq_dec (S i) n) as [<-|N]; [right; eapply at_fun; eassumption|]. left. exists (S i), n. repeat split; auto. lia. }
      destruct ML as [ML| ->]; [|exact I]. destruct (in_split _ _ I) as (K1 & K2 & E2).
      clear - TO E2 ML IE. subst L. induction K1 as [|k K1 IH]; simpl in TO.
      + destruct TO as (_ & _ & Q & _). simpl. right. apply Q; [exact IE | right; right; exact ML].
      + simpl. right. apply IH. apply TO.
    - unfold at_ in J. congruence. }
  rewrite (at_fun G _ _ _ A B) in W. destruct (c_rf _ C _ R) as [_ EQ]. rewrite LB in EQ. simpl in EQ. congruence.
Qed.

End Run.


