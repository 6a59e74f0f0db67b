(** * A client that runs the text keeps the discipline

    By induction over the told events: whatever a client of Play.v does, agents of Model.v do ([own]), each call being the agents of
    the point that it has come to.  So the executions of such clients are runs of the machine. *)

From Coq Require Import List ZArith Bool String Lia Permutation.
From ProvenArc Require Import Accesses Syntax Lang Code Model Terms Invariant Frame Corollaries Word Graph Own Run EndToEnd Points Rules Tails SharedCalls OwnCalls Play.
Import ListNotations.
Local Open Scope Z_scope.

(** ** A tree that leaves one thing leaves whatever follows from it *)

Lemma settles_mono : forall only (P Q : list point -> Prop), (forall x, P x -> Q x) -> forall pts, settles only P pts -> settles only Q pts.
Proof. intros only P Q M pts S. induction S; [apply settled; auto | eapply settle_silent; eauto]. Qed.

Lemma follows_mono : forall p k b only (post post' : val -> list point -> Prop) (un un' : list point -> Prop), (forall v x, post v x -> post' v x) -> (forall x, un x -> un' x) ->
  forall t pts, follows p k b only post un t pts -> follows p k b only post' un' t pts.
Proof.
  intros p k b only post post' un un' M N. induction t; intros pts F; simpl in *; auto.
  - eapply settles_mono; [intros x; apply M | exact F].
  - eapply settles_mono; [apply N | exact F].
  - destruct (p0 =? p); [|intros; auto]. destruct F as [A F]. split; [exact A|]. intros i w S. destruct (F i w S) as (x & B & C). eauto.
  - destruct (p0 =? p); [|intros; auto]. destruct F as [A F]. split; [exact A|]. intros w S D. destruct (F w S D) as (w' & x & B & C & E & J).
    exists w', x. repeat split; try tauto; try apply B. destruct J as [J|J]; [left; auto | right; exact J].
  - destruct (p0 =? p).
    + destruct F as (A & B & C & F & J). split; [exact A|]. split; [exact B|]. split; [exact C|]. split.
      * intros w S D E. destruct (F w S D E) as (w' & x & X & Y & Z & W). exists w', x. auto.
      * intros i w S E. destruct (J i w S E) as (c & x & X & Y & Z & W). exists c, x. auto.
    + destruct F as [A B]. split; auto.
  - destruct F as [A B]. split; auto.
  - destruct (p0 =? p).
    + destruct F as (x & A & B & C). exists x. auto.
    + destruct F. split; auto.
  - destruct F as (A & B & C). auto.
Qed.

(** ** The functions, once more, with what Play.v lets them leave *)

Section Sim.
Variable R P : bool.
Variable p : Z.
Hypothesis not_dangling : (p =? 18446744073709551615) = false.

Definition post_shared (o : called) (k : kind) (v : val) (pts : list point) : Prop :=
  pts = At k Idle :: map (fun k => At k Idle) (makes o v).
Definition post_owning (o : called) (v : val) (pts : list point) : Prop :=
  pts = match leaves o v with None => [] | Some (k, m) => [At k (if m : bool then Exclusive else Idle)] end.

#[local] Opaque tree_of.
Ltac as_posted :=
  simpl; auto;
  try (intros ? ? [-> ->]; reflexivity); try (intros ? ? ->; reflexivity); try (intros ? ? [[-> ->]|[-> ->]]; reflexivity);
  try (intros ? []); try match goal with S : _ \/ _ |- _ => destruct S as [-> | ->]; reflexivity end.

Lemma shared_follows : forall o k n, shared o k ->
  follows p k P false (post_shared o k) (fun _ => False) (tree_of n (text R P o) [VNum p]) [At k Idle].
Proof.
  intros o k n S. destruct o; simpl in S; try contradiction; unfold text; try subst k.
  - eapply follows_mono; [| |apply arc_clone]; as_posted.
  - eapply follows_mono; [| |apply arc_downgrade]; as_posted.
  - eapply follows_mono; [| |apply unique_downgrade]; as_posted.
  - eapply follows_mono; [| |apply weak_clone]; as_posted.
  - eapply follows_mono; [| |apply weak_upgrade]; as_posted.
  - eapply follows_mono; [| |apply arc_counts]; as_posted.
  - eapply follows_mono; [| |apply arc_is_unique]; as_posted.
Qed.

Lemma owning_follows : forall o k n, owning o = Some k ->
  follows p k P true (post_owning o) (fun pts => pts = []) (tree_of n (text R P o) [VNum p]) [At k Idle].
Proof.
  intros o k n S. destruct o; simpl in S; try discriminate S; injection S as <-; unfold text.
  - eapply follows_mono; [| |apply arc_drop]; as_posted.
  - eapply follows_mono; [| |apply weak_drop]; as_posted.
  - eapply follows_mono; [| |apply unique_drop]; as_posted.
  - eapply follows_mono; [| |apply arc_into_inner]; as_posted.
  - eapply follows_mono; [| |apply arc_into_weak]; as_posted.
  - eapply follows_mono; [| |apply arc_try_unwrap]; as_posted.
  - eapply follows_mono; [| |apply arc_into_unique]; as_posted.
  - eapply follows_mono; [| |apply unique_into_arc]; as_posted.
  - eapply follows_mono; [| |apply weak_into_strong]; as_posted.
  - eapply follows_mono; [| |apply arc_get_mut]; as_posted.
Qed.

(** ** Steps of points are steps of agents *)

Variable G : graph.
Hypothesis C : consistent G.

(** The view of a call's agents: what the call's frontier knows, or less. *)
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
  intros ts us F l pt r ags B. inversion B as [E|pt0 V pts ags0 BV FA E]; [destruct l; discriminate|].
  destruct l as [|x l]; simpl in E; injection E as <- <-; simpl.
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

(** How the event [e] of the graph is [x]. *)
Definition is_event (e : nat) (x : event) : Prop :=
  exists m0 eff, labelled G e m0 eff /\ forall V, oldest V = 0%nat -> happens m0 V x eff.

Lemma step_event : forall only pts x pts', reach only pts x pts' ->
  forall ts us F L rest ags blk e, (only = true -> ts = [] /\ us = []) -> own code G L ags ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> follows_all G F e -> is_event e x ->
    exists ags' blk', own code G (e :: L) ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us [e] pts' blk'.
Proof.
  intros only pts x pts' H. induction H as [l pt r x new A|l pt r x new pts A RE IH];
    intros ts us F L rest ags blk e ONLY O PE B FA EV;
    destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL);
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->); destruct A as [TOK A];
    assert (ON : (match l with [] => only | _ => true end) = true ->
                 (match l with [] => ts | _ => [] end) = [] /\ (match l with [] => us | _ => [] end) = []) by (destruct l; auto);
    assert (NE : l = [] -> new <> [] \/ (ts = [] /\ us = [])) by
      (intros ->; destruct only; [right; auto | left; destruct (TOK eq_refl) as (? & ? & ? & ? & _ & ->); discriminate]).
  - destruct EV as (m0 & eff & LB & HAP). destruct (A _ _ m0 V (View [e] 0) eff ON (HAP V (proj1 BV))) as (o & ACT).
    eexists. exists (la ++ agents_of (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) new (View [e] 0) ++ ra)%list.
    split; [eapply own_event; [exact O | exact ACT | exact LB | eapply behind_hb; eauto]|].
    split; [eapply swap_in; exact PE|].
    apply blocks_join; auto using behind_now; [eapply blocks_later; eauto | eapply points_later; eauto].
  - destruct (A _ _ any_memory V V Nothing ON eq_refl) as (o & ACT).
    eapply IH; [exact ONLY | eapply own_silent; [exact O | exact ACT] | eapply swap_in; exact PE | apply blocks_join; auto | exact FA | exact EV].
Qed.

Lemma agents_alone : forall pts V, agents_of [] [] pts V = map (fun pt => agent_of [] [] pt V) pts.
Proof. destruct pts; reflexivity. Qed.

Lemma step_rmw : forall only o a w w' pts pts', reach_rmw only o a w w' pts pts' ->
  forall ts us F L rest ags blk e o', (only = true -> ts = [] /\ us = []) -> own code G L ags -> In e (events G) ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk -> follows_all G F e ->
    lab G e = Update o' w w' -> stronger (order (code a)) o' -> stronger o o' ->
    exists ags' blk', own code G (e :: L) ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us [e] pts' blk'.
Proof.
  intros only o a w w' pts pts' H ts us F L rest ags blk e o' ONLY O IE PE B FA LB ST ST'.
  set (mw := memory_with 0 (Msg w [])).
  assert (EV : is_event e (Changes a w w')).
  { exists mw, (rmw code a w'). split; [exists o'; split; [exact LB | exact ST] | intros V _; split; reflexivity]. }
  destruct H as [pts pts' RE|l pt r new pt1 a' new' ON AC A1 A2].
  - eapply step_event; eauto.
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
    eexists. exists (la ++ (map (fun pt => agent_of [] [] pt (View [e] 0)) new ++ agents_of [] [] new' (View [e] 0)) ++ ra)%list.
    split; [apply O2; [rewrite LB; apply ST'; exact AC | rewrite LB; reflexivity]|]. split.
    + rewrite <- (app_assoc l1). rewrite (app_assoc (map _ new)). eapply swap_in. exact PE.
    + rewrite (agents_alone new'). rewrite <- map_app. rewrite <- (agents_alone (new ++ new')).
      pose proof (blocks_join [] [] [e] l la (new ++ new') (View [e] 0) r ra) as J. rewrite !E0 in J.
      apply J; auto using behind_now; [eapply blocks_later; eauto | eapply points_later; eauto].
Qed.

Lemma settle_steps : forall only (Q : list point -> Prop) pts, settles only Q pts ->
  forall ts us F L rest ags blk, (only = true -> ts = [] /\ us = []) -> own code G L ags ->
    Permutation ags (blk ++ rest) -> blocks ts us F pts blk ->
    exists pts' ags' blk', Q pts' /\ own code G L ags' /\ Permutation ags' (blk' ++ rest) /\ blocks ts us F pts' blk'.
Proof.
  intros only Q pts H. induction H as [pts QP|l pt r new A S IH]; intros ts us F L rest ags blk ONLY O PE B.
  - exists pts, ags, blk. auto.
  - destruct (blocks_split _ _ _ _ _ _ _ B) as (la & V & ra & -> & BV & FR & BL).
    destruct (find_agent _ _ _ _ _ PE) as (l1 & r1 & ->). destruct A as [TOK A].
    destruct (A (match l with [] => ts | _ => [] end) (match l with [] => us | _ => [] end) any_memory V V Nothing) as (o & ACT);
      [destruct l; auto | reflexivity|].
    eapply IH; [exact ONLY | eapply own_silent; [exact O | exact ACT] | eapply swap_in; exact PE | apply blocks_join; auto].
    intros ->; destruct only; [right; auto | left; destruct (TOK eq_refl) as (? & ? & ? & ? & _ & ->); discriminate].
Qed.
End Sim.
