(** * A client that runs the text keeps the discipline

    By induction over the events in the order told: every step of a client of Play.v is a step of agents of Model.v
    ([own]).  A call is the agents of the point that it has reached.  So the executions of such clients are runs of the
    machine. *)

From Coq Require Import List ZArith Bool String Lia Permutation.
From ProvenArc Require Import Accesses Syntax Lang Code Model Terms Invariant Frame Corollaries Word Graph Own Run Points Rules Tails Play Born Contracts Limits.
Import ListNotations.
Local Open Scope Z_scope.

Section Sim.
Variable R P uninit : bool.
Variable p : Z.
Hypothesis not_dangling : (p =? DANGLING) = false.

Notation own := (own_ uninit).
Notation follows := (follows_ uninit).
Notation reach := (reach_ uninit).
Notation reach_rmw := (reach_rmw uninit).

(** ** Steps of points are steps of agents *)

Variable G : graph.
Hypothesis C : consistent G.

(** The view of a call's agents knows at most what the call's frontier knows. *)
Definition behind (F : list nat) (V : view) : Prop :=
  oldest V = 0%nat /\ forall f, In f (known V) -> In f F \/ exists g, In g F /\ hb G f g.

Definition at_point (F : list nat) (pt : point) (a : agent) : Prop := exists V, behind F V /\ a = agent_of [] [] pt V.

Inductive blocks (ts us : list token) (F : list nat) : list point -> list agent -> Prop :=
| no_blocks : blocks ts us F [] []
| some_blocks : forall pt V pts ags, behind F V -> Forall2 (at_point F) pts ags ->
    blocks ts us F (pt :: pts) (agent_of ts us pt V :: ags).

Lemma behind_hb : forall F V e, behind F V -> follows_all G F e -> forall f, In f (known V) -> hb G f e.
Proof. intros F V e [_ B] A f I. destruct (B f I) as [J|(g & J & H)]; [auto | eapply (c_hb_trans _ C); eauto]. Qed.

Lemma behind_later : forall F V e, behind F V -> follows_all G F e -> behind [e] V.
Proof. intros F V e B A. split; [apply B|]. intros f I. right. exists e. split; [left; reflexivity | eapply behind_hb; eauto]. Qed.

Lemma behind_now : forall e, behind [e] (View [e] 0).
Proof. intros e. split; [reflexivity|]. simpl. auto. Qed.

Lemma points_later : forall F e pts ags, Forall2 (at_point F) pts ags -> follows_all G F e -> Forall2 (at_point [e]) pts ags.
Proof. intros F e pts ags H A. induction H as [|pt a pts ags (V & B & ->)]; constructor; auto. exists V. split; [eapply behind_later; eauto | reflexivity]. Qed.

(** The blocks of [l ++ pt :: r]: the agent of [pt], and what its step leaves. *)
Lemma blocks_split : forall ts us F l pt r ags, blocks ts us F (l ++ pt :: r) ags ->
  exists la V ra, ags = la ++ agent_of (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) pt V :: ra
    /\ behind F V /\ Forall2 (at_point F) r ra /\ blocks ts us F l la.
Proof.
  intros ts us F l pt r ags B. remember (l ++ pt :: r)%list as X eqn:E. destruct B as [|pt0 V pts ags0 BV FA]; [destruct l; discriminate|].
  destruct l as [|x l]; simpl in E; injection E as -> ->; simpl.
  - exists [], V, ags0. repeat split; auto; try apply BV. constructor.
  - apply Forall2_app_inv_l in FA. destruct FA as (la & q & FA & FB & ->). inversion FB as [|? a ? ra (V1 & B1 & ->) FR]; subst.
    exists (agent_of ts us x V :: la), V1, ra. repeat split; auto; try apply B1. constructor; auto.
Qed.

Lemma news : forall F new V, behind F V -> Forall2 (at_point F) new (map (fun pt => agent_of [] [] pt V) new).
Proof. intros F new V B. induction new; simpl; constructor; auto. exists V. auto. Qed.

Lemma blocks_join : forall ts us F l la new V r ra, blocks ts us F l la -> behind F V -> Forall2 (at_point F) r ra ->
  (l = [] -> new <> [] \/ (ts = [] /\ us = [])) ->
  blocks ts us F (l ++ new ++ r)
    (la ++ agents_of (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) new V ++ ra).
Proof.
  intros ts us F l la new V r ra B BV FR NE. destruct l as [|x l]; inversion B as [|? V0 ? ags0 B0 FA]; subst; simpl.
  - destruct new as [|y new]; simpl.
    + destruct (NE eq_refl) as [N|[-> ->]]; [congruence|]. inversion FR as [|? a ? ra' (V1 & B1 & ->) FR']; subst; constructor; auto.
    + constructor; auto. apply Forall2_app; auto. apply news, BV.
  - constructor; auto. apply Forall2_app; auto. apply Forall2_app; auto.
    destruct new as [|y new]; simpl; constructor; [exists V; auto|]. apply news, BV.
Qed.

Lemma blocks_later : forall ts us F e pts ags, blocks ts us F pts ags -> follows_all G F e -> blocks ts us [e] pts ags.
Proof. intros ts us F e pts ags B A. inversion B; constructor; [eapply behind_later; eauto | eapply points_later; eauto]. Qed.

(** ** One event *)

Lemma swap_in : forall (l r la ra rest N : list agent) a, Permutation (l ++ a :: r) ((la ++ a :: ra) ++ rest) ->
  Permutation (l ++ N ++ r) ((la ++ N ++ ra) ++ rest).
Proof.
  intros l r la ra rest N a H.
  assert (K : Permutation (l ++ r) (la ++ ra ++ rest)).
  { rewrite <- app_assoc in H. simpl in H. apply Permutation_app_inv in H. exact H. }
  rewrite Permutation_app_comm. rewrite <- app_assoc. rewrite (Permutation_app_comm r l), K.
  rewrite <- !app_assoc. rewrite (Permutation_app_swap_app N la). reflexivity.
Qed.

Lemma find_agent : forall (a : agent) la ra rest ags, Permutation ags ((la ++ a :: ra) ++ rest) ->
  exists l r, ags = l ++ a :: r.
Proof.
  intros a la ra rest ags H. apply in_split. eapply Permutation_in; [apply Permutation_sym, H|].
  rewrite !in_app_iff. simpl. auto.
Qed.

Definition any_memory : memory := Mem [] (Msg UNIQUE []) 0 [] [] true 0 0 0 0.
Definition memory_with (i : nat) (g : message) : memory := Mem (repeat g i) g 0 [] [] true 0 0 0 0.

Lemma reads_it : forall i g V, oldest V = 0%nat -> can_read (memory_with i g) V i g.
Proof.
  intros i g V O. split; [rewrite O; apply Nat.le_0_l|]. unfold message_at, memory_with. simpl.
  rewrite nth_error_app2; rewrite repeat_length; [rewrite Nat.sub_diag; reflexivity | apply le_n].
Qed.

Lemma pinned_in : forall T m V V' o a e bs l r, act T m V V' o a e bs -> (sum pinned (l ++ a :: r) <= sum pinned (l ++ bs ++ r))%nat.
Proof. intros T m V V' o a e bs l r A. rewrite !sum_app. simpl. pose proof (pinned_stays _ _ _ _ _ _ _ _ A). lia. Qed.

Lemma more_pinned : forall (X : Type) (Q : X -> list agent -> list agent -> Prop) ags1 ags2, (sum pinned ags1 <= sum pinned ags2)%nat ->
  (exists x ags' blk', (sum pinned ags2 <= sum pinned ags')%nat /\ Q x ags' blk') ->
  exists x ags' blk', (sum pinned ags1 <= sum pinned ags')%nat /\ Q x ags' blk'.
Proof. intros X Q ags1 ags2 LE (x & ags' & blk' & LE' & H). exists x, ags', blk'. split; [lia | exact H]. Qed.

(** The event [e] of the graph is the step [x]. *)
Definition is_event (e : nat) (x : event) : Prop :=
  exists m0 eff, labelled G e m0 eff /\ forall V, oldest V = 0%nat -> happens m0 V x eff.

Lemma step_event : forall only pts x pts', reach only pts x pts' ->
  forall ts us F L rest ags blk e, (only = true -> ts = [] /\ us = []) -> own code G L ags ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> follows_all G F e -> is_event e x ->
    exists (_ : True) ags' blk', (sum pinned ags <= sum pinned ags')%nat
      /\ own code G (e :: L) ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us [e] pts' blk'.
Proof.
  intros only pts x pts' H. induction H as [l pt r x new A|l pt r e0 x new pts SI A RE IH];
    intros ts us F L rest ags blk e ONLY O PE B FA EV;
    destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL);
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->); destruct A as [TOK A];
    assert (ON : (match l with [] => only | _ => true end) = true ->
                 (match l with [] => ts | _ => [] end) = [] /\ (match l with [] => us | _ => [] end) = []) by (destruct l; auto);
    assert (NE : l = [] -> new <> [] \/ (ts = [] /\ us = [])) by
      (intros ->; destruct only; [right; auto | left; destruct (TOK eq_refl) as (? & ? & ? & ? & _ & ->); discriminate]).
  - destruct EV as (m0 & eff & LB & HAP). destruct (A _ _ m0 V (View [e] 0) eff ON (HAP V (proj1 BV))) as (o & ACT).
    exists Logic.I. eexists. exists (la ++ agents_of (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) new (View [e] 0) ++ ra)%list.
    split; [eapply pinned_in; exact ACT|]. split; [eapply own_event; [exact O | exact ACT | exact LB | eapply behind_hb; eauto]|].
    split; [eapply swap_in; exact PE|].
    apply blocks_join; auto using behind_now; [eapply blocks_later; eauto | eapply points_later; eauto].
  - destruct (A _ _ any_memory V V e0 ON eq_refl) as (o & ACT).
    eapply more_pinned; [eapply pinned_in; exact ACT|].
    eapply IH; [exact ONLY | eapply own_silent; [exact O | exact ACT | exact SI] | eapply swap_in; exact PE | eapply blocks_join; [exact BL | exact BV | exact FR | exact NE] | exact FA | exact EV].
Qed.

Lemma stays : forall only pts x pts', reach only pts x pts' -> only = false -> forall k l r, pts = At k l :: r ->
  exists l' r', pts' = At k l' :: r'.
Proof.
  intros only pts x pts' H F. subst only. induction H as [l pt r x new [TOK _]|l pt r e0 x new pts _ [TOK _] RE IH]; intros k l0 r0 E;
    destruct l as [|y l]; simpl in *.
  - destruct (TOK eq_refl) as (k1 & l1 & l2 & r1 & -> & ->). injection E as -> -> ->. simpl. eauto.
  - injection E as -> <-. eauto.
  - destruct (TOK eq_refl) as (k1 & l1 & l2 & r1 & -> & ->). injection E as -> -> ->. simpl in IH. eapply IH. reflexivity.
  - injection E as -> <-. eapply IH. reflexivity.
Qed.

Lemma stays_rmw : forall only o a w w' pts pts', reach_rmw only o a w w' pts pts' -> only = false -> forall k l r, pts = At k l :: r ->
  exists l' r', pts' = At k l' :: r'.
Proof.
  intros only o a w w' pts pts' H F. subst only. induction H as [pts pts' RE|l pt r e0 new pts' _ [TOK _] RR IH|]; intros k l0 r0 E; [eapply stays; eauto | |discriminate].
  destruct l as [|y l]; simpl in *.
  - destruct (TOK eq_refl) as (k1 & l1 & l2 & r1 & -> & ->). injection E as -> -> ->. simpl in IH. eapply IH. reflexivity.
  - injection E as -> <-. eapply IH. reflexivity.
Qed.

Lemma agents_alone : forall pts V, agents_of [] [] pts V = map (fun pt => agent_of [] [] pt V) pts.
Proof. destruct pts; reflexivity. Qed.

Lemma step_rmw : forall only o a w w' pts pts', reach_rmw only o a w w' pts pts' ->
  forall ts us F L rest ags blk e o', (only = true -> ts = [] /\ us = []) -> own code G L ags -> In e (events G) ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> follows_all G F e ->
    lab G e = Update o' w w' -> stronger (order (code a)) o' -> stronger o o' ->
    exists (_ : True) ags' blk', (sum pinned ags <= sum pinned ags')%nat /\ own code G (e :: L) ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us [e] pts' blk'.
Proof.
  intros only o a w w' pts pts' H ts us F L rest ags blk e o' ONLY O IE PE B FA LB ST ST'.
  set (mw := memory_with 0 (Msg w [])).
  assert (EV : is_event e (Changes a w w')).
  { exists mw, (rmw code a w'). split; [exists o'; split; [exact LB | exact ST] | intros V _; split; reflexivity]. }
  revert F L ags blk O PE B FA IE ONLY.
  induction H as [pts pts' RE|l pt r e0 new pts' SI A RR IH|l pt r new pt1 a' new' ON AC A1 A2]; intros F L ags blk O PE B FA IE ONLY.
  - eapply step_event; eauto.
  - destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL).
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->). destruct A as [TOK A].
    destruct (A (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) any_memory V V e0) as (o1 & ACT);
      [destruct l; auto | reflexivity|].
    eapply more_pinned; [eapply pinned_in; exact ACT|].
    eapply IH; [eapply own_silent; [exact O | exact ACT | exact SI] | eapply swap_in; exact PE | apply blocks_join; [exact BL | exact BV | exact FR |] | exact FA | exact IE | exact ONLY].
    intros ->; destruct only; [right; auto | left; destruct (TOK eq_refl) as (? & ? & ? & ? & _ & ->); discriminate].
  - destruct (ONLY ON) as [-> ->]. subst only.
    destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL).
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->). destruct A1 as [_ A1].
    assert (E0 : (match l with [] => @nil token | _ => [] end) = []) by (destruct l; reflexivity). rewrite !E0 in *.
    destruct EV as (m0 & eff & LB0 & HAP). 
    destruct (A1 [] [] m0 V (View [e] 0) eff ltac:(auto) (HAP V (proj1 BV))) as (o1 & ACT1).
    pose proof (own_event _ _ _ _ _ _ _ _ _ _ _ _ O ACT1 LB0 (behind_hb _ _ _ BV FA)) as O1.
    rewrite agents_alone, map_app in O1. simpl in O1.
    assert (W : wr G e) by (split; [exact IE | rewrite LB; discriminate]).
    destruct (wr_at G C _ W) as [i I].
    destruct (A2 i) as [_ A2i].
    destruct (A2i [] [] (memory_with i (Msg w' [])) (View [e] 0) (View [e] 0) (load code a' i (Msg w' [])) ltac:(auto)) as (o2 & ACT2).
    { exists (Msg w' []). split; [reflexivity|]. split; [apply reads_it; reflexivity | reflexivity]. }
    rewrite <- app_assoc in O1. simpl in O1. rewrite app_assoc in O1.
    pose proof (own_phantom code G (e :: L) _ _ _ _ _ e _ _ i _ (Msg w' []) O1 ACT2 eq_refl I) as O2.
    exists Logic.I. eexists. exists (la ++ (map (fun pt => agent_of [] [] pt (View [e] 0)) new ++ agents_of [] [] new' (View [e] 0)) ++ ra)%list.
    split; [|split; [apply O2; [rewrite LB; apply ST'; exact AC | rewrite LB; reflexivity]|split]].
    + pose proof (pinned_stays _ _ _ _ _ _ _ _ ACT1) as P1. pose proof (pinned_stays _ _ _ _ _ _ _ _ ACT2) as P2.
      rewrite agents_alone, map_app in P1. rewrite !sum_app in *. simpl in *. lia.
    + rewrite <- (app_assoc l1). rewrite (app_assoc (map _ new)). eapply swap_in. exact PE.
    + rewrite (agents_alone new'). rewrite <- map_app. rewrite <- (agents_alone (new ++ new')).
      pose proof (blocks_join [] [] [e] l la (new ++ new') (View [e] 0) r ra) as J. rewrite !E0 in J.
      apply J; auto using behind_now; [eapply blocks_later; eauto | eapply points_later; eauto].
Qed.

Lemma settle_steps : forall only (Q : list point -> Prop) pts, settles only Q pts ->
  forall ts us F L rest ags blk, (only = true -> ts = [] /\ us = []) -> own code G L ags ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk ->
    exists pts' ags' blk', (sum pinned ags <= sum pinned ags')%nat /\ Q pts' /\ own code G L ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us F pts' blk'.
Proof.
  intros only Q pts H. induction H as [pts QP|l pt r new A S IH]; intros ts us F L rest ags blk ONLY O PE B.
  - exists pts, ags, blk. auto.
  - destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL).
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->). destruct A as [TOK A].
    destruct (A (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) any_memory V V Nothing) as (o & ACT);
      [destruct l; auto | reflexivity|].
    eapply more_pinned; [eapply pinned_in; exact ACT|].
    eapply IH; [exact ONLY | eapply own_silent; [exact O | exact ACT | left; reflexivity] | eapply swap_in; exact PE | apply blocks_join; [exact BL | exact BV | exact FR |]].
    intros ->; destruct only; [right; auto | left; destruct (TOK eq_refl) as (? & ? & ? & ? & _ & ->); discriminate].
Qed.

(** ** What the word counts *)

Lemma alone_is_unique : forall m ags k ts l V, reachable code (Ok (State m ags)) -> In (Handle k ts) ags -> In (Tok l V) ts ->
  l = Exclusive \/ l = Empty -> now m = UNIQUE.
Proof.
  intros m ags k ts l V RE I T AL. destruct (in_split _ _ I) as (l1 & r1 & ->). destruct (reachable_front _ _ _ _ RE) as [LV|E].
  - pose proof (l_agents _ _ LV _ (or_introl eq_refl)) as (_ & _ & TT & _).
    destruct (TT _ T) as (_ & _ & _ & F & K). destruct AL as [-> | ->]; destruct k; try discriminate F; apply K; reflexivity.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

Lemma alone_word : forall L ags k l ts us V, own code G L ags -> told G L -> l = Exclusive \/ l = Empty ->
  In (Handle k (ts ++ Tok l V :: us)) ags -> forall c, last_write G L c -> c = UNIQUE.
Proof.
  intros L ags k l ts us V O T AL I c (n & w & A & IW & W & MAX).
  destruct (own_reaches G C L ags O T) as (m & ags1 & w1 & RE & FA & A1 & I1 & W1 & MAX1).
  assert (w1 = w) as ->.
  { pose proof (MAX _ _ A1 I1). pose proof (MAX1 _ _ A IW). assert (n = last m) as -> by lia. eapply at_fun; eassumption. }
  destruct (in_split _ _ I) as (l0 & r & ->). apply Forall2_app_inv_l in FA. destruct FA as (l1 & q & _ & FB & ->).
  inversion FB as [|? b ? r1 AR _]; subst. inversion AR as [k1 t0 ts1 FT| |]; subst.
  apply Forall2_app_inv_l in FT. destruct FT as (t1 & q & _ & FT & ->). inversion FT as [|? [l2 V2] ? us1 [E _] _]; subst. simpl in E. subst l2.
  assert (N : now m = UNIQUE) by (eapply alone_is_unique; [exact RE | apply in_app_iff; right; left; reflexivity | apply in_app_iff; right; left; reflexivity | exact AL]).
  rewrite W in W1. injection W1 as ->. exact N.
Qed.

Lemma counted_agent : forall L e o w w' ags ts us pt V, own code G L ags -> told G (e :: L) -> lab G e = Update o w w' ->
  In (agent_of ts us pt V) ags -> counted w pt.
Proof.
  intros L e o w w' ags ts us pt V O T LB I. assert (TL : told G L) by apply T.
  destruct (own_counts G C L ags O TL) as (c & LW & CASES).
  pose proof (rmw_reads_last G C L e o w w' c T LB LW). subst c.
  destruct CASES as [->|[(V0 & [-> | ->])|(SC & WC & POS & ONE)]].
  - destruct I.
  - destruct I as [E|[]]. destruct pt; simpl in E; try discriminate. injection E as <- _. exact Logic.I.
  - destruct I as [E|[]]. destruct pt; simpl in E; try discriminate. injection E as <- _. exact Logic.I.
  - pose proof (sum_in strongs _ _ I) as S1. pose proof (sum_in weaks _ _ I) as W1. pose proof (sum_in owners _ _ I) as O1.
    destruct pt as [k l|n|t]; simpl in *.
    + rewrite ?tally_app in *. simpl in *.
      destruct k; destruct l; simpl in *; rewrite ?tally_app in *; simpl in *; auto; try lia;
        try (eapply alone_word; [eassumption | eassumption | | eassumption | eassumption]; auto; fail).
    + split; lia.
    + destruct t; simpl in *; auto.
Qed.

Lemma counted_all : forall L e o w w' ags blk rest ts us F pts, own code G L ags -> told G (e :: L) -> lab G e = Update o w w' ->
  Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> all_counted w pts.
Proof.
  intros L e o w w' ags blk rest ts us F pts O T LB PE B. split.
  2:{ assert (LE : (list_sum (map strongs_at pts) <= sum strongs blk)%nat).
    { destruct B as [|pt V pts bs BV FA]; [apply le_n|]. simpl.
      assert (ONE : forall ts us pt V, (strongs_at pt <= strongs (agent_of ts us pt V))%nat) by (intros ? ? [[]| |] ?; simpl; lia).
      pose proof (ONE ts us pt V). enough (list_sum (map strongs_at pts) <= sum strongs bs)%nat by lia.
      clear - FA ONE. induction FA as [|q a qs bs (V1 & _ & ->) FA IH]; simpl; [lia|]. pose proof (ONE [] [] q V1). lia. }
    destruct (own_counts G C L ags O ltac:(apply T)) as (c & LW & CASES). rewrite <- (rmw_reads_last G C L e o w w' c T LB LW) in CASES.
    assert (PS : sum strongs ags = (sum strongs blk + sum strongs rest)%nat) by (rewrite (sum_perm strongs _ _ PE), sum_app; reflexivity).
    destruct CASES as [->|[(V & [-> | ->])|(-> & _)]]; simpl in PS; lia. }
  assert (IN : forall a, In a blk -> In a ags).
  { intros a I. eapply Permutation_in; [apply Permutation_sym, PE|]. apply in_app_iff. auto. }
  destruct B as [|pt V pts bs BV FA]; constructor.
  - eapply counted_agent; eauto. apply IN. left. reflexivity.
  - assert (IN2 : forall a, In a bs -> In a ags) by (intros; apply IN; right; assumption). clear IN PE BV.
    induction FA as [|q a qs bs (V1 & _ & ->) FA IH]; constructor.
    + eapply counted_agent; eauto. apply IN2. left. reflexivity.
    + apply IH. intros a I. apply IN2. right. exact I.
Qed.

(** ** One event of a call *)

(** The labels are what 64 bits can say. *)
Hypothesis fields : forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w -> within w.

Lemma stronger_trans : forall a b c, stronger a b -> stronger b c -> stronger a c.
Proof. intros a b c [A B] [D E]. split; auto. Qed.

Lemma pinned_blocks : forall ts us F pts blk s v, blocks ts us F pts blk -> In (At Strong (Past s v)) pts -> sum pinned blk <> 0%nat.
Proof.
  intros ts us F pts blk s v B I. destruct B as [|pt V pts ags BV FA]; [destruct I|]. simpl. destruct I as [->|I].
  - simpl. rewrite tally_app. simpl. lia.
  - enough (sum pinned ags <> 0%nat) by lia. clear - FA I. induction FA as [|pt a pts ags (V & _ & ->) FA IH]; [destruct I|].
    simpl. destruct I as [->|I]; [simpl; lia | specialize (IH I); lia].
Qed.

(** A call follows the machine, or it is a doomed release. *)
Definition stands (k : kind) (only : bool) (post : val -> list point -> Prop) (un : list point -> Prop) (F : list nat) (t : tree)
  (pts : list point) : Prop := follows p k P only post un t pts \/ doomed p t /\ sunk G F.

(** What a read-modify-write leaves is what the label says. *)
Lemma as_labelled : forall n a w w1 w' pts l r t t', fits n w -> limited a w w1 pts t' -> abort n (l ++ t :: r) ->
  (aborting t -> aborting t' /\ takes_back a = true) -> few (l ++ t' :: r) -> within w' -> bits w1 = bits w' -> w1 = w'.
Proof.
  intros n a w w1 w' pts l r t t' F LI A T FEW W E. destruct (limited_fits _ _ _ _ _ _ _ _ _ F LI A T) as (m & _ & AM & FM).
  apply bits_injective; auto. eapply sane_within, fits_sane; [exact FM | apply FEW, AM].
Qed.

Lemma one_offer : forall k only post un t t' e pts ts us F L rest ags blk l r,
  stands k only post un F t pts -> offers P p G t e t' ->
  (only = true -> ts = [] /\ us = []) -> own code G L ags -> told G (e :: L) ->
  Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> follows_all G F e ->
  limits_hold G L (l ++ t :: r) ags -> few (l ++ t' :: r) ->
  exists pts' ags' blk', stands k only post un [e] t' pts' /\ own code G (e :: L) ags' /\ Permutation ags' (blk' ++ rest)
    /\ blocks ts us [e] pts' blk'
    /\ (only = false -> forall k l r, pts = At k l :: r -> exists l' r', pts' = At k l' :: r')
    /\ limits_hold G (e :: L) (l ++ t' :: r) ags'.
Proof.
  intros k only post un t t' e pts ts us F L rest ags blk l r FO OF ONLY O T PE B FA LH FEW.
  assert (IE : In e (events G)) by apply T.
  assert (GR : grows (l ++ t :: r) (l ++ t' :: r)).
  { apply (grows_in l r [t] [t']), grows_next. eapply aborting_goes_on; eassumption. }
  pose proof (few_before _ _ GR FEW) as FEW0.
  destruct FO as [FO|[DO SU]].
  2:{ (* doomed: it looks, and aborts *)
    destruct OF as [a o kk e o' w LB ST| | | | |]; simpl in DO; try contradiction. destruct DO as [_ DO].
    assert (SW : sane w) by (eapply (limits_read G C); [exact LH | exact FEW0 | exact T | rewrite LB; reflexivity]).
    destruct (sunk_look G C L _ ags e o' w F O T LB LH SU FA) as (NZ & NP & IN).
    exists pts, ags, blk. split; [left; rewrite (DO w SW NZ); exact I|]. split; [eapply own_stray; eassumption|]. split; [exact PE|].
    split; [eapply blocks_later; eauto|]. split; [intros _ k1 l1 r1 ->; eauto|].
    eapply limits_quiet; [exact LH | rewrite LB; reflexivity | exact GR | lia]. }
  destruct OF as [a o kk e o' w LB ST|a o d kk e o' w w' LB ST EQ|a sp o f x n yes no e o' w w' LB ST EX EN|a sp o f x n yes no e o' w LB ST SP
                 |o kk u e LB|kk u e PA LB]; simpl in FO; rewrite Z.eqb_refl in FO.
  - destruct FO as [OR FO]. assert (RD : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
    destruct (rd_src_at G C e RD) as [i I].
    destruct (FO i w) as (pts' & RE & FO').
    { eapply (limits_read G C); [exact LH | exact FEW0 | exact T | rewrite LB; reflexivity]. }
    destruct (step_event _ _ _ _ RE ts us F L rest ags blk e ONLY O PE B FA) as (_ & ags' & blk' & LE & X & Y & Z).
    { exists (memory_with i (Msg w [])), (load code a i (Msg w [])). split.
      - exists o'. split; [exact LB|]. split; [eapply stronger_trans; eauto | exact I].
      - intros V OV. exists (Msg w []). split; [reflexivity|]. split; [apply reads_it; exact OV | reflexivity]. }
    exists pts', ags', blk'. split; [left; exact FO'|]; split; [exact X|]; split; [exact Y|]; split; [exact Z|]; split;
      [intros EO k1 l1 r1 EP; eapply stays; eassumption | eapply limits_quiet; [exact LH | rewrite LB; reflexivity | exact GR | exact LE]].
  - destruct FO as [OR FO].
    assert (SW : sane w) by (eapply (limits_read G C); [exact LH | exact FEW0 | exact T | rewrite LB; reflexivity]).
    assert (WW : within w') by (eapply fields; [exact IE | right; rewrite LB; reflexivity]).
    destruct (FO w SW) as (w1 & pts' & [_ BE] & RR & LI & FO').
    { eapply counted_all; eauto. }
    assert (AB : aborting (TFetch a o p d kk) -> aborting (kk (bits w)) /\ takes_back a = true) by (intros [A1 A2]; auto).
    destruct (read_wrote G C L e w T ltac:(rewrite LB; reflexivity)) as (i0 & W0). pose proof (l_fits _ _ _ _ LH) as (n & AN & FN).
    assert (w1 = w') as -> by (eapply as_labelled; [eapply FN; exact W0 | exact LI | exact AN | exact AB | exact FEW | exact WW | congruence]).
    destruct (step_rmw _ _ _ _ _ _ _ RR ts us F L rest ags blk e o' ONLY O IE PE B FA LB) as (_ & ags' & blk' & LE & X & Y & Z);
      [eapply stronger_trans; eauto | exact ST|].
    exists pts', ags', blk'. split; [|split; [exact X|split; [exact Y|split; [exact Z|split]]]].
    + destruct FO' as [FO'|[BIG DO]]; [left; exact FO'|]. right. split; [exact DO|]. exists e, o', w, w'. repeat split; simpl; auto.
    + intros EO k1 l1 r1 EP. eapply stays_rmw; eassumption.
    + eapply limits_write; [exact C | exact LH | exact T | exact X | exact LB | exact LI | exact AB | | exact LE].
      intros (s & v & I). rewrite (sum_perm pinned _ _ Y), sum_app. pose proof (pinned_blocks _ _ _ _ _ _ _ Z I). lia.
  - destruct FO as (OR & _ & _ & FO & _).
    assert (SW : sane w) by (eapply (limits_read G C); [exact LH | exact FEW0 | exact T | rewrite LB; reflexivity]).
    assert (WW : within w') by (eapply fields; [exact IE | right; rewrite LB; reflexivity]).
    destruct (FO w SW) as (w1 & pts' & [_ BE] & RR & LI & FO'); [eapply counted_all; eauto | exact EX|].
    assert (AB : aborting (TCas a sp o f p x n yes no) -> aborting yes /\ takes_back a = true) by (intros []).
    destruct (read_wrote G C L e w T ltac:(rewrite LB; reflexivity)) as (i0 & W0). pose proof (l_fits _ _ _ _ LH) as (m & AN & FN).
    assert (w1 = w') as -> by (eapply as_labelled; [eapply FN; exact W0 | exact LI | exact AN | exact AB | exact FEW | exact WW | congruence]).
    destruct (step_rmw _ _ _ _ _ _ _ RR ts us F L rest ags blk e o' ONLY O IE PE B FA LB) as (_ & ags' & blk' & LE & X & Y & Z);
      [eapply stronger_trans; eauto | exact ST|].
    exists pts', ags', blk'. split; [left; exact FO'|]. split; [exact X|]. split; [exact Y|]. split; [exact Z|]. split.
    + intros EO k1 l1 r1 EP. eapply stays_rmw; eassumption.
    + eapply limits_write; [exact C | exact LH | exact T | exact X | exact LB | exact LI | exact AB | | exact LE].
      intros (s & v & I). rewrite (sum_perm pinned _ _ Y), sum_app. pose proof (pinned_blocks _ _ _ _ _ _ _ Z I). lia.
  - destruct FO as (_ & OR & SPU & _ & FO). assert (RD : rd G e) by (split; [exact IE | rewrite LB; discriminate]).
    destruct (rd_src_at G C e RD) as [i I].
    assert (SW : sane w) by (eapply (limits_read G C); [exact LH | exact FEW0 | exact T | rewrite LB; reflexivity]).
    destruct (FO i w SW SP) as (c & pts' & SC & BC & RE & FO').
    destruct (step_event _ _ _ _ RE ts us F L rest ags blk e ONLY O PE B FA) as (_ & ags' & blk' & LE & X & Y & Z).
    { exists (memory_with i (Msg w [])), (miss code a i (Msg w [])). split.
      - exists o'. split; [exact LB|]. split; [eapply stronger_trans; eauto | exact I].
      - intros V OV. exists (Msg w []). split; [reflexivity|]. split; [apply reads_it; exact OV|]. split; [reflexivity|].
        intros ->. rewrite <- SPU. apply SP. exact BC. }
    exists pts', ags', blk'. split; [left; exact FO'|]; split; [exact X|]; split; [exact Y|]; split; [exact Z|]; split;
      [intros EO k1 l1 r1 EP; eapply stays; eassumption | eapply limits_quiet; [exact LH | rewrite LB; reflexivity | exact GR | exact LE]].
  - destruct FO as (pts' & RE & FO' & _).
    destruct (step_event _ _ _ _ RE ts us F L rest ags blk e ONLY O PE B FA) as (_ & ags' & blk' & LE & X & Y & Z).
    { exists any_memory, (effect_of o). split; [destruct o; exact LB | intros; reflexivity]. }
    exists pts', ags', blk'. split; [left; exact FO'|]; split; [exact X|]; split; [exact Y|]; split; [exact Z|]; split;
      [intros EO k1 l1 r1 EP; eapply stays; eassumption
      |eapply limits_quiet; [exact LH | rewrite LB; destruct o; reflexivity | exact GR | exact LE]].
  - destruct FO as (pts' & RE & _ & FO').
    destruct (step_event _ _ _ _ RE ts us F L rest ags blk e ONLY O PE B FA) as (_ & ags' & blk' & LE & X & Y & Z).
    { exists any_memory, (effect_of MDrop). split; [exact LB | intros; reflexivity]. }
    exists pts', ags', blk'. split; [left; exact (FO' eq_refl PA)|]; split; [exact X|]; split; [exact Y|]; split; [exact Z|]; split;
      [intros EO k1 l1 r1 EP; eapply stays; eassumption | eapply limits_quiet; [exact LH | rewrite LB; reflexivity | exact GR | exact LE]].
Qed.

(** ** The whole client *)

Inductive borrow_stands (k : kind) : borrow -> token -> list agent -> Prop :=
| here_stands : forall F V, behind F V -> borrow_stands k (Here F) (Tok Idle V) []
| mutably_stands : forall F V, k = Strong -> behind F V -> borrow_stands k (Mutably F) (Tok Exclusive V) []
| within_stands : forall o t F l V pts ags,
    stands k false (post_shared p o k) (fun _ => False) F t (At k l :: pts) -> behind F V -> Forall2 (at_point F) pts ags ->
    borrow_stands k (Within o t F) (Tok l V) ags.

Inductive borrows_stand (k : kind) : list borrow -> list token -> list agent -> Prop :=
| no_borrows : borrows_stand k [] [] []
| more_borrows : forall b t x bs ts xs, borrow_stands k b t x -> borrows_stand k bs ts xs ->
    borrows_stand k (b :: bs) (t :: ts) (x ++ xs).

(** How a call goes on that has lent its handle. *)
Definition kept (c : keeper) (k : kind) : Prop :=
  match c with
  | Client => True
  | Lender o what kk u =>
      (forall v, answers what v -> follows p (lent o) P true (post_owning p o) (fun pts => pts = []) (kk v) [At k Idle])
      /\ (P = false -> settles true (follows p (lent o) P true (post_owning p o) (fun pts => pts = []) u) [At k Idle])
  end.

Inductive item_stands : item -> list agent -> Prop :=
| owned_stands : forall c k bs ts xs, kept c k -> borrows_stand k bs ts xs -> item_stands (Owned c k bs) (Handle k ts :: xs)
| kept_stands : forall x F V, is_kept x -> sound x -> behind F V -> item_stands (Kept x F) [agent_of [] [] (point_of x) V]
| calling_stands : forall o t F pts ags, stands (lent o) true (post_owning p o) (fun pts => pts = []) F t pts ->
    blocks [] [] F pts ags -> item_stands (Calling o t F) ags.

Inductive items_stand : list item -> list agent -> Prop :=
| no_items : items_stand [] []
| more_items : forall i x is xs, item_stands i x -> items_stand is xs -> items_stand (i :: is) (x ++ xs).

Lemma borrows_split : forall k q b r ts xs, borrows_stand k (q ++ b :: r) ts xs ->
  exists tq t tr xq x xr, ts = (tq ++ t :: tr)%list /\ xs = (xq ++ x ++ xr)%list
    /\ borrows_stand k q tq xq /\ borrow_stands k b t x /\ borrows_stand k r tr xr.
Proof.
  intros k q. induction q as [|b0 q IH]; simpl; intros b r ts xs H; inversion H; subst.
  - exists [], t, ts0, [], x, xs0. repeat split; auto. constructor.
  - destruct (IH _ _ _ _ H5) as (tq & t1 & tr & xq & x1 & xr & -> & -> & A & B & D).
    exists (t :: tq), t1, tr, (x ++ xq)%list, x1, xr. rewrite <- app_assoc. repeat split; auto. constructor; auto.
Qed.

Lemma borrows_join : forall k q tq xq bs ts xs, borrows_stand k q tq xq -> borrows_stand k bs ts xs ->
  borrows_stand k (q ++ bs) (tq ++ ts) (xq ++ xs).
Proof. intros k q tq xq bs ts xs H K. induction H; simpl; auto. rewrite <- app_assoc. constructor; auto. Qed.

Lemma items_split : forall x i y xs, items_stand (x ++ i :: y) xs ->
  exists a b c, xs = (a ++ b ++ c)%list /\ items_stand x a /\ item_stands i b /\ items_stand y c.
Proof.
  induction x as [|i0 x IH]; simpl; intros i y xs H; inversion H; subst.
  - exists [], x, xs0. repeat split; auto. constructor.
  - destruct (IH _ _ _ H4) as (a & b & c & -> & A & B & D). exists (x0 ++ a)%list, b, c. rewrite <- app_assoc. repeat split; auto. constructor; auto.
Qed.

Lemma items_join : forall x a y c, items_stand x a -> items_stand y c -> items_stand (x ++ y) (a ++ c).
Proof. intros x a y c H K. induction H; simpl; auto. rewrite <- app_assoc. constructor; auto. Qed.

Ltac flat := rewrite <- ?app_assoc; simpl app; rewrite ?app_nil_r.
Ltac rotate :=
  lazymatch goal with
  | |- Permutation ?A (?b ++ ?Q) => apply (Permutation_trans (l' := Q ++ b)); [|apply Permutation_app_comm]
  | |- Permutation ?A (?b :: ?Q) => apply (Permutation_trans (l' := Q ++ [b])); [|apply Permutation_sym, Permutation_cons_append]
  end; flat.
Ltac permute := flat; repeat (first [apply Permutation_refl | apply Permutation_app_head | apply perm_skip | do 1 rotate; apply Permutation_app_head
  | do 1 rotate; apply perm_skip | do 2 rotate; first [apply Permutation_app_head | apply perm_skip] | do 3 rotate; first [apply Permutation_app_head | apply perm_skip]
  | do 4 rotate; first [apply Permutation_app_head | apply perm_skip] | do 5 rotate; first [apply Permutation_app_head | apply perm_skip]
  | do 6 rotate; first [apply Permutation_app_head | apply perm_skip]]; flat).

Definition told_as (L : list nat) (items : list item) : Prop :=
  exists ags sts, own code G L ags /\ items_stand items sts /\ Permutation ags sts /\ limits_hold G L (running items) ags.

(** An item in its place.  It remains to show what happens to its own agents. *)
Lemma in_place : forall L x i y, told_as L (x ++ i :: y) ->
  exists ags a b c, own code G L ags /\ items_stand x a /\ item_stands i b /\ items_stand y c /\ Permutation ags (b ++ (a ++ c))
    /\ limits_hold G L (running (x ++ i :: y)) ags.
Proof.
  intros L x i y (ags & sts & O & S & PE & LH). destruct (items_split _ _ _ _ S) as (a & b & c & -> & A & B & D).
  exists ags, a, b, c. split; [exact O|]. split; [exact A|]. split; [exact B|]. split; [exact D|]. split; [|exact LH].
  eapply Permutation_trans; [exact PE|]. permute.
Qed.

Lemma put_back : forall L x y ags a b c is, own code G L ags -> items_stand x a -> items_stand is b -> items_stand y c ->
  Permutation ags (b ++ (a ++ c)) -> limits_hold G L (running (x ++ is ++ y)) ags -> told_as L (x ++ is ++ y).
Proof.
  intros L x y ags a b c is O A B D PE LH. exists ags, (a ++ b ++ c)%list. split; [exact O|].
  split; [apply items_join; auto; apply items_join; auto|]. split; [|exact LH]. eapply Permutation_trans; [exact PE|]. permute.
Qed.

Lemma one_item : forall i b, item_stands i b -> items_stand [i] b.
Proof. intros i b H. rewrite <- (app_nil_r b). constructor; [exact H | constructor]. Qed.

(** A step of one token of a handle, outside of calls. *)
Lemma token_step : forall L L' ags k tq tr l V bs rest,
  own code G L ags -> Permutation ags (Handle k (tq ++ Tok l V :: tr) :: rest) ->
  (forall l1 r1, own code G L (l1 ++ Handle k (tq ++ Tok l V :: tr) :: r1) -> own code G L' (l1 ++ bs ++ r1)) ->
  exists ags', own code G L' ags' /\ Permutation ags' (bs ++ rest).
Proof.
  intros L L' ags k tq tr l V bs rest O PE ST.
  destruct (in_split (Handle k (tq ++ Tok l V :: tr)) ags) as (l1 & r1 & ->).
  { eapply Permutation_in; [apply Permutation_sym, PE | left; reflexivity]. }
  exists (l1 ++ bs ++ r1)%list. split; [apply ST, O|].
  assert (K : Permutation (l1 ++ r1) rest).
  { apply Permutation_sym. eapply Permutation_cons_app_inv. apply Permutation_sym. exact PE. }
  eapply Permutation_trans; [apply Permutation_app_swap_app|]. apply Permutation_app_head. exact K.
Qed.

Lemma blocks_points : forall F pts ags, blocks [] [] F pts ags -> Forall2 (at_point F) pts ags.
Proof. intros F pts ags B. destruct B as [|pt V pts ags BV FP]; constructor; auto. exists V. auto. Qed.

Lemma things_stand : forall F xs ags, Forall sound xs -> Forall2 (at_point F) (map point_of xs) ags -> items_stand (map (item_of F) xs) ags.
Proof.
  intros F xs. induction xs as [|x xs IH]; simpl; intros ags SO FA; inversion FA as [|? a ? ags1 (V & BV & ->) FA1]; subst; [constructor|].
  inversion SO as [|? ? S1 SO1]; subst. specialize (IH _ SO1 FA1).
  change (agent_of [] [] (point_of x) V :: ags1) with ([agent_of [] [] (point_of x) V] ++ ags1)%list. constructor; [|exact IH].
  destruct x as [k| |n|]; simpl.
  - change [Handle k [Tok Idle V]] with (Handle k ([Tok Idle V]) :: ([] ++ [])%list). constructor; [exact I|]. constructor; [constructor; exact BV | constructor].
  - change [Handle Strong [Tok Exclusive V]] with (Handle Strong ([Tok Exclusive V]) :: ([] ++ [])%list). constructor; [exact I|].
    constructor; [constructor; [reflexivity | exact BV] | constructor].
  - apply (kept_stands (AClones n)); auto; exact I.
  - apply (kept_stands AMemory); auto; exact I.
Qed.

(** The calls that abort are there still, one step later. *)
Ltac before gr :=
  match goal with IH : few (running ?is) -> told_as ?L ?is, FEW : few (running ?js) |- _ =>
    let GR := fresh "GR" in assert (GR : grows (running is) (running js)) by gr; specialize (IH (few_before _ _ GR FEW))
  end.
Ltac same := unfold running; repeat (rewrite flat_map_app; simpl); apply grows_refl.
(** Who is pinned stays so: the other agents are the same. *)
Ltac pins :=
  match goal with PE : Permutation ?ags _, PE' : Permutation ?ags' _ |- (sum pinned ?ags <= sum pinned ?ags')%nat =>
    rewrite (sum_perm pinned _ _ PE), (sum_perm pinned _ _ PE'); rewrite ?sum_app; simpl; rewrite ?sum_app; simpl;
    try match goal with k : kind |- _ => destruct k end; simpl; repeat (rewrite ?tally_app; simpl); lia
  end.
Ltac keeps := eapply limits_keep; [eassumption | assumption | first [apply Nat.le_refl | assumption | pins]].
Ltac quiet LB := eapply limits_quiet; [eassumption | rewrite LB; reflexivity | assumption | first [apply Nat.le_refl | assumption | pins]].

Lemma sim : forall L items, play R P uninit p G L items -> told G L -> few (running items) -> told_as L items.
Proof.
  intros L items H. induction H; intros T FEW;
    try (assert (T' : told G L) by (try exact T; apply T); specialize (IHplay T')).
  - (* the allocation, in a call *)
    destruct (born_begins _ _ _ _ _ _ _ _ H0 (allocating_born R P p o n args H)) as (pt & BE & FO). apply (follows_any uninit) in FO.
    exists [agent_of [] [] pt (View [e] 0)], [agent_of [] [] pt (View [e] 0)]. split; [|split; [|split; [apply Permutation_refl|]]].
    + destruct BE as [[-> [-> | ->]]|[-> ->]]; [apply own_new | apply own_empty | apply own_building]; assumption.
    + apply one_item. econstructor; [left; exact FO|]. constructor; [apply behind_now | constructor].
    + eapply limits_begin; [apply (init_at_0 G C e w); [apply T | exact H1] | rewrite H1; reflexivity |].
      destruct BE as [[-> _]|[-> _]]; auto.
  - (* call, &self *)
    before ltac:(apply grows_borrow, grows_more).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3). inversion B2; subst.
    eapply (put_back L x y ags a _ c0 [_]); [exact O | exact A | | exact D | exact PE | keeps].
    apply one_item. constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [|exact B3].
    econstructor; [left; apply follows_any, shared_follows; assumption | assumption | constructor].
  - (* call, self *)
    before ltac:(apply (grows_item x (item_of F z) [_]); destruct z; apply grows_more).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH).
    assert (Q : exists V, sound z /\ behind F V /\ b = [agent_of [] [] (point_of z) V]).
    { destruct z as [k| |m|]; simpl in B.
      - inversion B as [c1 k0 bs ts xs _ BS| |]; subst. inversion BS as [|b0 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [F0 V BV| |]; subst. inversion B3; subst.
        exists V. split; [exact I|]. split; [assumption | reflexivity].
      - exfalso. destruct o; simpl in H0; try discriminate H0; try contradiction; destruct H0 as [? H0]; try discriminate H0; destruct H0; discriminate.
      - inversion B as [|x1 F1 V IK SO BV|]; subst. exists V. auto.
      - inversion B as [|x1 F1 V IK SO BV|]; subst. exists V. auto. }
    destruct Q as (V & SO & BV & ->).
    eapply (put_back L x y ags a _ c [_]); [exact O | exact A | | exact D | exact PE | keeps].
    apply one_item. econstructor; [left; apply owning_follows_uninit; eassumption|].
    constructor; [exact BV | constructor].
  - (* event, &self *)
    before ltac:(apply grows_borrow, grows_next; eapply aborting_goes_on; eassumption).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t0 & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3).
    inversion B2 as [| |o0 t1 F0 l V pts bx FO BV FP]; subst.
    assert (PE1 : Permutation ags ((Handle k (tq ++ Tok l V :: tr) :: x0) ++ (xq ++ xr ++ a ++ c0))).
    { eapply Permutation_trans; [exact PE|]. permute. }
    rewrite running_within in LH. change (few (running (x ++ Owned c k (q ++ Within o t' [e] :: r) :: y))) in FEW. rewrite running_within in FEW.
    destruct (one_offer _ false _ _ _ _ _ _ tq tr _ _ _ _ _ _ _ FO H0 ltac:(discriminate) O T PE1
                (some_blocks tq tr F (At k l) V pts x0 BV FP) H1 LH FEW) as (pts' & ags' & blk' & FO' & O' & PE' & BL' & ST & LH').
    rewrite <- (running_within x c k q o t' [e]) in LH'.
    destruct (ST eq_refl _ _ _ eq_refl) as (l' & r' & ->). inversion BL' as [|pt V' ps bx' BV' FP']; subst.
    eapply (put_back (e :: L) x y ags' a (Handle k (tq ++ Tok l' V' :: tr) :: xq ++ bx' ++ xr) c0 [_]); [exact O' | exact A | | exact D | | exact LH'].
    + apply one_item. constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [|exact B3]. econstructor; eassumption.
    + eapply Permutation_trans; [exact PE'|]. simpl agent_of. permute.
  - (* event, self *)
    before ltac:(apply (grows_item x _ [_]), grows_next; eapply aborting_goes_on; eassumption).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [| |o0 t0 F0 pts ags0 FO BL]; subst.
    rewrite running_calling in LH, FEW.
    destruct (one_offer _ true _ _ _ _ _ _ [] [] _ _ _ _ _ _ _ FO H0 ltac:(auto) O T PE BL H1 LH FEW)
      as (pts' & ags' & blk' & FO' & O' & PE' & BL' & _ & LH').
    rewrite <- (running_calling x o t' [e]) in LH'.
    eapply (put_back (e :: L) x y ags' a blk' c [_]); [exact O' | exact A | | exact D | exact PE' | exact LH'].
    apply one_item. econstructor; eassumption.
  - (* what is no event here *)
    before ltac:(apply (grows_item x _ [_]), grows_next; eapply aborting_elsewhere; eassumption).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [| |o0 t0 F0 pts ags0 FO BL]; subst.
    destruct FO as [FO|[DO _]]; [|exfalso; destruct H0; simpl in DO; try contradiction; apply H0, DO].
    destruct (settle_steps _ _ _ (follows_elsewhere _ _ _ _ _ _ _ _ _ H0 FO) [] [] F L _ ags _ ltac:(auto) O PE BL)
      as (pts' & ags' & blk' & LE & FO' & O' & PE' & BL').
    eapply (put_back L x y ags' a blk' c [_]); [exact O' | exact A | | exact D | exact PE' | keeps].
    apply one_item. econstructor; [left; eassumption | eassumption].
  - (* end, &self *)
    before ltac:(apply (grows_item x _ (Owned _ _ _ :: map _ _)); simpl; rewrite running_things, app_nil_r, !flat_map_app; simpl; apply (grows_in _ _ [_] []), grows_one; intros []).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t0 & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3).
    inversion B2 as [| |o0 t1 F0 l V pts bx FO BV FP]; subst. destruct FO as [FO|[[] _]]. simpl in FO.
    assert (PE1 : Permutation ags ((Handle k (tq ++ Tok l V :: tr) :: x0) ++ (xq ++ xr ++ a ++ c0))).
    { eapply Permutation_trans; [exact PE|]. permute. }
    destruct (settle_steps _ _ _ FO tq tr F L _ ags _ ltac:(discriminate) O PE1 (some_blocks tq tr F (At k l) V pts x0 BV FP))
      as (pts' & ags' & blk' & LE & [Q SO] & O' & PE' & BL'). subst pts'. inversion BL' as [|pt V' ps bx' BV' FP']; subst.
    eapply (put_back L x y ags' a ((Handle k (tq ++ Tok Idle V' :: tr) :: xq ++ [] ++ xr) ++ bx') c0
              (Owned c k (q ++ Here F :: r) :: map (item_of F) (has p (returns o) v))); [exact O' | exact A | | exact D | | keeps].
    + constructor; [|apply things_stand; assumption].
      constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [constructor; exact BV' | exact B3].
    + eapply Permutation_trans; [exact PE'|]. simpl agent_of. permute.
  - (* end, self *)
    before ltac:(apply (grows_item x _ (map _ _)), grows_one; intros []).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [| |o0 t0 F0 pts ags0 FO BL]; subst. destruct FO as [FO|[[] _]]. simpl in FO.
    destruct (settle_steps _ _ _ FO [] [] F L _ ags _ ltac:(auto) O PE BL) as (pts' & ags' & blk' & LE & [Q SO] & O' & PE' & BL'). subst pts'.
    eapply (put_back L x y ags' a blk' c (map (item_of F) (has p (returns o) v))); [exact O' | exact A | | exact D | exact PE' | keeps].
    apply things_stand; [exact SO | apply blocks_points, BL'].
  - (* unwound *)
    before ltac:(apply (grows_item x _ []), grows_one; intros []).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [| |o0 t0 F0 pts ags0 FO BL]; subst. destruct FO as [FO|[[] _]]. simpl in FO.
    destruct (settle_steps _ _ _ FO [] [] F L _ ags _ ltac:(auto) O PE BL) as (pts' & ags' & blk' & LE & Q & O' & PE' & BL'). subst pts'.
    inversion BL'; subst. apply (put_back L x y ags' a [] c []); auto; [constructor | keeps].
  - (* the client's code gets the handle, *)
    before ltac:(apply (grows_item x _ [_]), grows_one; intros []).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [| |o0 t0 F0 pts ags0 FO BL]; subst.
    destruct FO as [FO|[[] _]]. cbn [follows] in FO. destruct FO as (BO & ANS & UN). rewrite (BO H0) in *. inversion BL as [|pt V ps bx BV FP]; subst. inversion FP; subst.
    eapply (put_back L x y ags a _ c [_]); [exact O | exact A | | exact D | exact PE | keeps].
    apply one_item. constructor; [split; assumption|].
    change (@nil agent) with (@nil agent ++ @nil agent)%list. constructor; [constructor; exact BV | constructor].
  - (* gives it back, *)
    before ltac:(apply (grows_item x _ [_]), grows_more).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst. destruct KC as [ANS _].
    inversion BS as [|b1 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [F0 V BV| |]; subst. inversion B3; subst.
    eapply (put_back L x y ags a _ c [_]); [exact O | exact A | | exact D | exact PE | keeps].
    apply one_item. econstructor; [left; apply ANS; assumption|].
    apply (some_blocks [] [] F (At (lent o) Idle) V [] []); [assumption | constructor].
  - (* or panics *)
    before ltac:(apply (grows_item x _ [_]), grows_more).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst. destruct KC as [_ UN].
    inversion BS as [|b1 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [F0 V BV| |]; subst. inversion B3; subst.
    destruct (settle_steps _ _ _ (UN H0) [] [] F L _ ags _ ltac:(auto) O PE
                (some_blocks [] [] F (At (lent o) Idle) V [] [] ltac:(assumption) ltac:(constructor))) as (pts' & ags' & blk' & LE & FO' & O' & PE' & BL').
    eapply (put_back L x y ags' a blk' c [_]); [exact O' | exact A | | exact D | exact PE' | keeps].
    apply one_item. econstructor; [left; eassumption | eassumption].
  - (* read *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t0 & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3). inversion B2 as [F0 V BV| |]; subst.
    destruct (token_step L (e :: L) ags k tq tr Idle V [Handle k (tq ++ Tok Idle (View [e] 0) :: tr)] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_event; [exact O1 | apply (read_value code any_memory V (View [e] 0) k tq tr); assumption | assumption | eapply behind_hb; eauto]. }
    eapply (put_back (e :: L) x y ags' a (Handle k (tq ++ Tok Idle (View [e] 0) :: tr) :: xq ++ [] ++ xr) c0 [_]); [exact O' | exact A | | exact D | exact PE' | quiet H1].
    apply one_item. constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [constructor; apply behind_now | exact B3].
  - (* use of a &mut *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b0 & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    inversion BS as [|b1 tk x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [|F0 V _ BV|]; subst. inversion B3; subst.
    destruct (token_step L (e :: L) ags Strong [] [] Exclusive V [Handle Strong [Tok Exclusive (View [e] 0)]] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. match goal with T : _ = VRead \/ _ = VWrite |- _ => destruct T as [-> | ->] end.
      - eapply own_event; [exact O1 | apply (exclusive_read code any_memory V (View [e] 0)) | assumption | eapply behind_hb; eauto].
      - eapply own_event; [exact O1 | apply (exclusive_write code any_memory V (View [e] 0)) | assumption | eapply behind_hb; eauto]. }
    eapply (put_back (e :: L) x y ags' a _ c0 [_]); [exact O' | exact A | | exact D | exact PE' | quiet H0].
    apply one_item. constructor; [exact KC|]. change (@nil agent) with (@nil agent ++ @nil agent)%list. constructor; [constructor; [reflexivity | apply behind_now] | constructor].
  - (* end of a &mut *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b0 & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    inversion BS as [|b1 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [|F0 V _ BV|]; subst. inversion B3; subst.
    destruct (token_step L L ags Strong [] [] Exclusive V [Handle Strong [Tok Idle V]] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_silent; [exact O1 | apply (end_exclusive code any_memory V V) | left; reflexivity]. }
    eapply (put_back L x y ags' a _ c0 [_]); [exact O' | exact A | | exact D | exact PE' | keeps].
    apply one_item. constructor; [exact KC|]. change (@nil agent) with (@nil agent ++ @nil agent)%list. constructor; [constructor; exact BV | constructor].
  - (* write through a UniqueArc *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b0 & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    inversion BS as [|b1 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [F0 V BV| |]; subst. inversion B3; subst.
    destruct (token_step L (e :: L) ags (Building true) [] [] Idle V [Handle (Building true) [Tok Idle (View [e] 0)]] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_event; [exact O1 | apply (builder_write code any_memory V (View [e] 0)) | assumption | eapply behind_hb; eauto]. }
    eapply (put_back (e :: L) x y ags' a _ c0 [_]); [exact O' | exact A | | exact D | exact PE' | quiet H0].
    apply one_item. constructor; [exact KC|]. change (@nil agent) with (@nil agent ++ @nil agent)%list. constructor; [constructor; apply behind_now | constructor].
  - (* the builder writes the value *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b0 & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    inversion BS as [|b1 t x0 bs ts0 xs0 B2 B3]; subst. inversion B2 as [F0 V BV| |]; subst. inversion B3; subst.
    destruct (token_step L (e :: L) ags (Building false) [] [] Idle V [Handle (Building true) [Tok Idle (View [e] 0)]] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_event; [exact O1 | apply (init_value code any_memory V (View [e] 0)) | assumption | eapply behind_hb; eauto]. }
    eapply (put_back (e :: L) x y ags' a _ c0 [_]); [exact O' | exact A | | exact D | exact PE' | quiet H0].
    apply one_item. constructor; [exact KC|]. change (@nil agent) with (@nil agent ++ @nil agent)%list. constructor; [constructor; apply behind_now | constructor].
  - (* split *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t0 & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3). inversion B2 as [F0 V BV| |]; subst.
    destruct (token_step L L ags k tq tr Idle V [Handle k (tq ++ Tok Idle V :: Tok Idle V :: tr)] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_silent; [exact O1 | apply (split code any_memory V V) | left; reflexivity]. }
    eapply (put_back L x y ags' a (Handle k (tq ++ Tok Idle V :: Tok Idle V :: tr) :: xq ++ [] ++ [] ++ xr) c0 [_]); [exact O' | exact A | | exact D | exact PE' | keeps].
    apply one_item. constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [constructor; exact BV|]. constructor; [constructor; exact BV | exact B3].
  - (* join *)
    before ltac:(same).
    destruct (in_place _ _ _ _ IHplay) as (ags & a & b & c0 & O & A & B & D & PE & LH). inversion B as [c1 k0 bs ts xs KC BS| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ BS) as (tq & t0 & tr & xq & x0 & xr & -> & -> & B1 & B2 & B3). inversion B2 as [F0 V BV| |]; subst.
    destruct (borrows_split _ _ _ _ _ _ B3) as (tq2 & t1 & ts & xq2 & x1 & xs & -> & -> & B4 & B5 & B6). inversion B5 as [F1 U BU| |]; subst.
    destruct (token_step L L ags k tq (tq2 ++ Tok Idle U :: ts) Idle V [Handle k (tq ++ Tok Idle (View (known V ++ known U) 0) :: tq2 ++ ts)] _ O PE) as (ags' & O' & PE').
    { intros l1 r1 O1. eapply own_merge; [exact O1 | apply (merge code any_memory V (View (known V ++ known U) 0))]. }
    eapply (put_back L x y ags' a (Handle k (tq ++ Tok Idle (View (known V ++ known U) 0) :: tq2 ++ ts) :: xq ++ [] ++ (xq2 ++ xs)) c0 [_]);
      [exact O' | exact A | | exact D | exact PE' | keeps].
    apply one_item. constructor; [exact KC|]. apply borrows_join; [exact B1|]. constructor; [|apply borrows_join; assumption].
    constructor. split; [reflexivity|]. simpl. intros f I. apply in_app_iff in I.
    destruct I as [I|I]; [destruct (proj2 BV f I) as [J|(g & J & K)] | destruct (proj2 BU f I) as [J|(g & J & K)]];
      first [left; apply in_app_iff; auto; fail | right; exists g; split; [apply in_app_iff; auto | exact K]].
  - (* anything else *)
    before ltac:(apply grows_refl). destruct IHplay as (ags & sts & O & S & PE & LH). exists ags, sts.
    split; [apply own_else; assumption|]. split; [exact S|]. split; [exact PE|]. quiet H0.
Qed.
End Sim.
