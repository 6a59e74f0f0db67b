(** * A client of an execution of C11 is a client of Play.v

    In whatever order that keeps happens-before, reads-from and the modification order the events of a client (Client.v) are told, they
    are a [play]; and since they are, the word is written by RMWs only after its initialisation ([client_rmws_only],
    [client_runs_the_text]).

    By induction over the told events.  What is still to come of a handle's life is kept beside its item; the next event is one that
    nothing comes before, so it is the first of what is to come of some use, or of an end before which all uses are over. *)

From Coq Require Import List Arith ZArith Bool Permutation Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own EndToEnd RC11 Play Client.
Import ListNotations.
Local Open Scope nat_scope.

Scheme lives_rect_ := Minimality for lives Sort Prop
with used_rect_ := Minimality for used Sort Prop
with fated_rect_ := Minimality for fated Sort Prop
with born_rect_ := Minimality for born Sort Prop.

Section ClientPlay.
Variable RA PA : bool.
Variable p : Z.
Variable wide : bool.
Variable X : execution.
Variable a : nat.
Variable exclusive : nat -> bool.
Hypothesis C : rc11 wide X.
Hypothesis U64 : forall e, In e (evs X) -> to_word X a e = true -> u64 (value_of (act_of X e)).

Let G := project wide X a exclusive.
Notation emits := (emits PA p X a exclusive).
Notation run := (run PA p wide X a exclusive).
Notation runs := (runs RA PA p wide X a exclusive).
Notation lives := (lives RA PA p wide X a exclusive).
Notation used := (used RA PA p wide X a exclusive).
Notation fated := (fated RA PA p wide X a exclusive).
Notation born := (born RA PA p wide X a exclusive).
Notation over := (over wide X).
Notation comes_before := (comes_before wide X).
Notation play := (play RA PA p G).

(** ** Events *)

Lemma word_here : forall e m v, act_of X e = R (WordOf a) m v \/ act_of X e = W (WordOf a) m v -> to_word X a e = true.
Proof. intros e m v [H|H]; unfold to_word; rewrite H; simpl; apply Nat.eqb_refl. Qed.

Lemma here : forall e, In e (Graph.events G) <-> In e (evs X) /\ half X e = false /\ concerns X a e = true.
Proof. intros e. apply events_P. Qed.

Lemma before_hb : forall x y, comes_before x y <-> hb G x y.
Proof. intros x y. symmetry. apply hb_P. Qed.

Lemma value_label : forall e w, value_access X a exclusive e w -> lab G e = Value w.
Proof. intros e w (A & _ & <-). apply value_label. exact A. Qed.

(** What the text is offered in [emits] is what it is offered in the graph. *)
Lemma emits_offers : forall t e t', emits t e t' -> In e (evs X) -> offers PA p G t e t'.
Proof.
  assert (B : forall e m v, In e (evs X) -> act_of X e = R (WordOf a) m v \/ act_of X e = W (WordOf a) m v -> bits (counts_at X e) = v).
  { intros e m v I H. unfold counts_at. rewrite bits_word_of; [|apply U64; [exact I | eapply word_here; exact H]]. destruct H as [H|H]; rewrite H; reflexivity. }
  assert (RMW : forall r e m m' v v', rmw_of X r e -> act_of X r = R (WordOf a) m v -> act_of X e = W (WordOf a) m' v' ->
            lab G e = Update (order_of m m') (counts_at X r) (counts_at X e) /\ bits (counts_at X r) = v /\ bits (counts_at X e) = v').
  { intros r e m m' v v' Q A A'. destruct (x_rmw _ _ C _ _ Q) as (I & J & _). split; [|split; [eapply B; eauto | eapply B; eauto]].
    change (lab G e) with (lab_of X a exclusive e). unfold lab_of. rewrite (word_here e m' v') by auto. rewrite A', (read_of_rmw _ _ C _ _ Q), A. reflexivity. }
  assert (LOOK : forall e m v, act_of X e = R (WordOf a) m v -> lab G e = Look (order_of m Rlx) (counts_at X e)).
  { intros e m v A. change (lab G e) with (lab_of X a exclusive e). unfold lab_of. rewrite (word_here e m v) by auto. rewrite A. reflexivity. }
  intros t e t' H I. destruct H.
  - rewrite <- (B _ _ _ I (or_introl H)). eapply offers_load; [eapply LOOK; eassumption | assumption].
  - destruct (RMW _ _ _ _ _ _ H H0 H1) as (L & V & V'). rewrite <- V. eapply offers_fetch; [exact L | assumption | rewrite V', V; reflexivity].
  - destruct (RMW _ _ _ _ _ _ H H0 H1) as (L & V & V'). eapply offers_swap; [exact L | assumption | exact V | exact V'].
  - pose proof (B _ _ _ I (or_introl H)) as V. rewrite <- V. eapply offers_no_swap; [eapply LOOK; eassumption | assumption | rewrite V; assumption].
  - apply offers_mem. apply free_label. assumption.
  - apply offers_mem. rewrite (value_label _ _ H0). destruct o; congruence.
  - apply offers_unwinding; [assumption | apply value_label; assumption].
Qed.

Lemma emits_here : forall t e t', emits t e t' -> In e (evs X) -> In e (Graph.events G).
Proof.
  intros t e t' H I. apply here. split; [exact I|]. destruct H.
  - split; [assumption | apply concerns_word; eapply word_here; eauto].
  - destruct (x_rmw _ _ C _ _ H) as (_ & _ & _ & _ & _ & A). unfold an, atomic_W in A. apply andb_true_iff in A.
    split; [apply (write_not_half _ _ C); apply A | apply concerns_word; eapply word_here; eauto].
  - destruct (x_rmw _ _ C _ _ H) as (_ & _ & _ & _ & _ & A). unfold an, atomic_W in A. apply andb_true_iff in A.
    split; [apply (write_not_half _ _ C); apply A | apply concerns_word; eapply word_here; eauto].
  - split; [assumption | apply concerns_word; eapply word_here; eauto].
  - split; [|apply concerns_spec; auto]. destruct (half X e) eqn:Q; [|reflexivity]. apply (half_spec _ _ C) in Q. destruct Q as (w & Q).
    destruct (x_rmw _ _ C _ _ Q) as (_ & _ & _ & _ & B & _). unfold an, atomic_R in B. rewrite H in B. discriminate.
  - destruct H0 as (A & B & _). split; [exact B | apply concerns_spec; auto].
  - destruct H0 as (A & B & _). split; [exact B | apply concerns_spec; auto].
Qed.

Lemma emits_writes : forall t e t', emits t e t' -> to_word X a e = true -> an X is_W e = true -> read_of X e <> None.
Proof.
  intros t e t' H T A. destruct H; try (rewrite (read_of_rmw _ _ C _ _ H); discriminate);
    exfalso; unfold an, to_word in *; try (rewrite H in *; discriminate).
  - destruct H0 as (B & _). unfold to_value in B. destruct (loc_of (act_of X e)) as [[]|]; discriminate.
  - destruct H0 as (B & _). unfold to_value in B. destruct (loc_of (act_of X e)) as [[]|]; discriminate.
Qed.

(** Each event of a life comes after its birth, is one of the graph's, and writes the word by an RMW only. *)
Definition inside (b e : nat) : Prop :=
  comes_before b e /\ In e (Graph.events G) /\ (to_word X a e = true -> an X is_W e = true -> read_of X e <> None).

Lemma before_in : forall x y, comes_before x y -> In x (evs X) /\ In y (evs X).
Proof. intros x y. apply hb_in. exact C. Qed.

Lemma before_trans : forall x y z, comes_before x y -> comes_before y z -> comes_before x z.
Proof. intros x y z. apply hb_trans. exact C. Qed.

Lemma run_inside : forall t es t', run t es t' -> forall b, (forall e, hd_error es = Some e -> comes_before b e) ->
  forall e, In e es -> inside b e.
Proof.
  intros t es t' H. induction H as [t|t e t1 es t' EM NX H IH]; intros b B x I; [destruct I|]. pose proof (B e eq_refl) as BE.
  destruct I as [<-|I].
  - split; [exact BE|]. split; [eapply emits_here; [exact EM | apply (before_in _ _ BE)] | eapply emits_writes; exact EM].
  - destruct (IH e NX x I) as (A & D & F). split; [eapply before_trans; eassumption | auto].
Qed.

Lemma final_after : forall es, es <> [] -> In (List.last es 0) es.
Proof.
  induction es as [|e es IH]; intros H; [congruence|]. destruct es as [|e' es]; [left; reflexivity|]. right. apply IH. discriminate.
Qed.

Lemma runs_final : forall c e, runs c e -> made_by c <> [] /\ In (final c) (made_by c).
Proof.
  intros c e [H _]. assert (N : made_by c <> []) by (destruct (made_by c); discriminate). split; [exact N | apply final_after; exact N].
Qed.

Lemma inside_trans : forall b c e, comes_before b c -> inside c e -> inside b e.
Proof. intros b c e A (B & D). split; [eapply before_trans; eassumption | exact D]. Qed.

Lemma runs_inside : forall c e b, runs c e -> comes_before b e -> forall x, In x (made_by c) -> inside b x.
Proof.
  intros c e b [HD RU] B. eapply run_inside; [exact RU|]. intros e' H. rewrite HD in H. injection H as <-. exact B.
Qed.

Lemma value_inside : forall b e w, value_access X a exclusive e w -> comes_before b e -> inside b e.
Proof.
  intros b e w (A & B & _) H. split; [exact H|]. split.
  - apply here. split; [apply (before_in _ _ H)|]. split; [exact B | apply concerns_spec; auto].
  - intros T. exfalso. rewrite (word_or_value _ _ _ A) in T. discriminate.
Qed.

Lemma lives_inside : forall b k m l, lives b k m l -> forall e, In e (events_of l) -> inside b e.
Proof.
  apply (lives_rect_ RA PA p wide X a exclusive
    (fun b k m l => forall e, In e (events_of l) -> inside b e)
    (fun b k u => forall e, In e (events_of_use u) -> inside b e)
    (fun allowed k f => forall b, (forall e, allowed e -> comes_before b e) -> forall e, In e (events_of_fate f) -> inside b e)
    (fun b ks ls => forall e, In e (flat_map events_of ls) -> inside b e)); simpl.
  - intros b k m us f _ IU _ IF e I. apply in_app_iff in I. destruct I as [I|I].
    + apply in_flat_map in I. destruct I as (u & J & I). eapply IU; eassumption.
    + apply (IF b); [intros x [H _]; exact H | exact I].
  - intros b e l w V H _ IH x [<-|I]; [eapply value_inside; eassumption | eapply inside_trans; [exact H | apply IH; exact I]].
  - intros b k e _ V H x [<-|[]]. eapply value_inside; eassumption.
  - intros b k c e new _ R H _ IH x I. apply in_app_iff in I. destruct I as [I|I].
    + eapply runs_inside; eassumption.
    + eapply inside_trans; [|apply IH; exact I]. apply (runs_inside _ _ _ R H). apply (runs_final _ _ R).
  - intros _ _ _ _ e [].
  - intros al built e l A V _ IH b B x [<-|I]; [eapply value_inside; eauto | eapply inside_trans; [apply B; exact A | apply IH; exact I]].
  - intros al k c e A _ R _ b B x I. rewrite app_nil_r in I. eapply runs_inside; eauto.
  - intros al k c e k' m l A _ R _ _ IH b B x I. apply in_app_iff in I. destruct I as [I|I].
    + eapply runs_inside; eauto.
    + eapply inside_trans; [|apply IH; exact I]. apply (runs_inside _ _ _ R (B _ A)). apply (runs_final _ _ R).
  - intros _ e [].
  - intros b k ks l ls _ IH _ IHs e I. apply in_app_iff in I. destruct I as [I|I]; auto.
Qed.

(** ** The rules of Play.v for one item, wherever it stands among the others *)

Definition plays (L : list nat) (items : list item) : Prop := exists items', Permutation items items' /\ play L items'.

Lemma at_head : forall L it r, plays L (it :: r) -> exists x y, play L (x ++ it :: y) /\ Permutation r (x ++ y).
Proof.
  intros L it r (items & P & H). destruct (in_split it items) as (x & y & ->); [eapply Permutation_in; [exact P | left; reflexivity]|].
  exists x, y. split; [exact H | eapply Permutation_cons_app_inv; exact P].
Qed.

Lemma back_head : forall L x y new r, play L (x ++ new ++ y) -> Permutation r (x ++ y) -> plays L (new ++ r).
Proof.
  intros L x y new r H P. exists (x ++ new ++ y). split; [|exact H].
  rewrite P. apply Permutation_app_swap_app.
Qed.

Ltac by_rule new rule :=
  let H := fresh in let x := fresh "x" in let y := fresh "y" in let Pl := fresh in let P := fresh in
  intros H; destruct (at_head _ _ _ H) as (x & y & Pl & P);
  apply (back_head _ x y new); [eapply rule; eassumption | exact P].

Lemma r_call_shared : forall L k q F r o n s, shared o k -> plays L (Owned k (q ++ Here F :: r) :: s) ->
  plays L (Owned k (q ++ Within o (tree_of n (text RA PA o) [VNum p]) F :: r) :: s).
Proof. intros L k q F r o n s S. by_rule [Owned k (q ++ Within o (tree_of n (text RA PA o) [VNum p]) F :: r)] play_call_shared. Qed.

Lemma r_call : forall L k F o n s, owning o = Some k -> plays L (Owned k [Here F] :: s) ->
  plays L (Calling o (tree_of n (text RA PA o) [VNum p]) F :: s).
Proof. intros L k F o n s S. by_rule [Calling o (tree_of n (text RA PA o) [VNum p]) F] play_call. Qed.

Lemma r_event_shared : forall L k q F r o t t' e s, offers PA p G t e t' -> follows_all G F e ->
  plays L (Owned k (q ++ Within o t F :: r) :: s) -> plays (e :: L) (Owned k (q ++ Within o t' [e] :: r) :: s).
Proof. intros L k q F r o t t' e s O A. by_rule [Owned k (q ++ Within o t' [e] :: r)] play_event_shared. Qed.

Lemma r_event : forall L F o t t' e s, offers PA p G t e t' -> follows_all G F e ->
  plays L (Calling o t F :: s) -> plays (e :: L) (Calling o t' [e] :: s).
Proof. intros L F o t t' e s O A. by_rule [Calling o t' [e]] play_event. Qed.

Lemma r_end_shared : forall L k q F r o v s, plays L (Owned k (q ++ Within o (Ends v) F :: r) :: s) ->
  plays L (Owned k (q ++ Here F :: r) :: map (fun k => Owned k [Here F]) (makes o v) ++ s).
Proof.
  intros L k q F r o v s. intros H. destruct (at_head _ _ _ H) as (x & y & Pl & P).
  apply (back_head _ x y (Owned k (q ++ Here F :: r) :: map (fun k => Owned k [Here F]) (makes o v))); [|exact P].
  simpl. eapply play_end_shared; eassumption.
Qed.

Lemma r_end : forall L F o v s, plays L (Calling o (Ends v) F :: s) -> plays L (back o v F ++ s).
Proof. intros L F o v s. by_rule (back o v F) play_end. Qed.

Lemma r_unwound : forall L F o s, plays L (Calling o Unwound F :: s) -> plays L s.
Proof.
  intros L F o s H. destruct (at_head _ _ _ H) as (x & y & Pl & P). exists (x ++ y). split; [exact P | eapply play_unwound; exact Pl].
Qed.

Lemma r_read : forall L k q F r e s, reader k = true -> lab G e = Value false -> follows_all G F e ->
  plays L (Owned k (q ++ Here F :: r) :: s) -> plays (e :: L) (Owned k (q ++ Here [e] :: r) :: s).
Proof. intros L k q F r e s A B D. by_rule [Owned k (q ++ Here [e] :: r)] play_read. Qed.

Lemma r_use_mut : forall L F e b s, lab G e = Value b -> follows_all G F e ->
  plays L (Owned Strong [Mutably F] :: s) -> plays (e :: L) (Owned Strong [Mutably [e]] :: s).
Proof. intros L F e b s A D. by_rule [Owned Strong [Mutably [e]]] play_use_mut. Qed.

Lemma r_end_mut : forall L F s, plays L (Owned Strong [Mutably F] :: s) -> plays L (Owned Strong [Here F] :: s).
Proof. intros L F s. by_rule [Owned Strong [Here F]] play_end_mut. Qed.

Lemma r_write : forall L F built e s, lab G e = Value true -> follows_all G F e ->
  plays L (Owned (Building built) [Here F] :: s) -> plays (e :: L) (Owned (Building true) [Here [e]] :: s).
Proof.
  intros L F [|] e s A D; [by_rule [Owned (Building true) [Here [e]]] play_write_unique | by_rule [Owned (Building true) [Here [e]]] play_init].
Qed.

Lemma r_split : forall L k q F r s, plays L (Owned k (q ++ Here F :: r) :: s) -> plays L (Owned k (q ++ Here F :: Here F :: r) :: s).
Proof. intros L k q F r s. by_rule [Owned k (q ++ Here F :: Here F :: r)] play_split. Qed.

Lemma r_join : forall L k q F r F' u s, plays L (Owned k (q ++ Here F :: r ++ Here F' :: u) :: s) ->
  plays L (Owned k (q ++ Here (F ++ F') :: r ++ u) :: s).
Proof. intros L k q F r F' u s. by_rule [Owned k (q ++ Here (F ++ F') :: r ++ u)] play_join. Qed.

(** ** What is still to come *)

Inductive future := Over | Use (u : use) | Running (c : call) (es : list nat) (new : list life).

Inductive outlook :=
| Owns (fs : list future) (f : fate)        (** of each borrow, and the end *)
| OwnsMut (e : nat) (l : life)
| Calls (c : call) (es : list nat) (rest : option life)
| Gone.

Definition ev_future (f : future) : list nat :=
  match f with Over => [] | Use u => events_of_use u | Running c es new => es ++ flat_map events_of new end.
Definition ev_outlook (o : outlook) : list nat :=
  match o with
  | Owns fs f => flat_map ev_future fs ++ events_of_fate f
  | OwnsMut e l => e :: events_of l
  | Calls c es rest => es ++ match rest with Some l => events_of l | None => [] end
  | Gone => []
  end.

(** The call [c] stands at [t], and has the events [es] before it, which come after [F]. *)
Record goes_on (c : call) (o : called) (t : tree) (F es : list nat) : Prop := {
  g_some : es <> [];
  g_op : op c = o;
  g_run : run t es (stands c);
  g_final : List.last es 0 = final c;
  g_in : forall e, hd_error es = Some e -> In e (evs X);
  g_after : forall e, hd_error es = Some e -> follows_all G F e
}.

Inductive expects (allowed : nat -> Prop) (k : kind) : borrow -> future -> Prop :=
| expects_over : forall F, (forall e, allowed e -> follows_all G F e) -> expects allowed k (Here F) Over
| expects_never : forall o t F, (forall e, ~ allowed e) -> expects allowed k (Within o t F) Over
| expects_use : forall b u, used b k u -> (forall e, allowed e -> over u e) -> expects allowed k (Here [b]) (Use u)
| expects_running : forall o t F c es new, goes_on c o t F es -> born (final c) (returned c) new ->
    (forall e, allowed e -> over (Borrows c new) e) -> expects allowed k (Within o t F) (Running c es new).

Definition expected_left (c : call) (left : option life) : Prop :=
  match left_by c with
  | None => left = None
  | Some (k, m) => exists l, left = Some l /\ lives (final c) k m l
  end.

Inductive awaits : item -> outlook -> Prop :=
| awaits_owned : forall (allowed : nat -> Prop) k bs fs f, (forall e, allowed e -> In e (evs X)) ->
    Forall2 (expects allowed k) bs fs -> bs <> [] -> fated allowed k f -> awaits (Owned k bs) (Owns fs f)
| awaits_mut : forall b e l w, value_access X a exclusive e w -> comes_before b e -> lives e Strong true l ->
    awaits (Owned Strong [Mutably [b]]) (OwnsMut e l)
| awaits_calling : forall o t F c es left, goes_on c o t F es -> expected_left c left -> awaits (Calling o t F) (Calls c es left)
| awaits_nothing : forall it, awaits it Gone.

(** ** Births *)

Lemma splits : forall L k F r n s, plays L (Owned k (Here F :: r) :: s) -> plays L (Owned k (Here F :: repeat (Here F) n ++ r) :: s).
Proof.
  intros L k F r n s H. induction n as [|n IH]; [exact H|]. simpl. apply (r_split L k [] F (repeat (Here F) n ++ r)). exact IH.
Qed.

Lemma birth : forall L b k (m : bool) l r, (m = true -> k = Strong) -> lives b k m l ->
  plays L (Owned k [if m then Mutably [b] else Here [b]] :: r) ->
  exists it o, awaits it o /\ ev_outlook o = events_of l /\ plays L (it :: r).
Proof.
  intros L b k m l r MK H Pl. inversion H as [b0 k0 m0 us f US FA|b0 e l0 w V B LI]; subst.
  - assert (PH : plays L (Owned k [Here [b]] :: r)).
    { destruct m; [|exact Pl]. rewrite (MK eq_refl) in *. apply r_end_mut. exact Pl. }
    apply (splits L k [b] [] (length us)) in PH. rewrite app_nil_r in PH.
    exists (Owned k (Here [b] :: repeat (Here [b]) (length us))), (Owns (Over :: map Use us) f). split; [|split; [|exact PH]].
    + apply (awaits_owned (fun e => comes_before b e /\ forall u, In u us -> over u e)); [intros e [B _]; apply (before_in _ _ B) | | discriminate | exact FA].
      constructor; [constructor; intros e [B _] x [<-|[]]; apply before_hb; exact B|].
      assert (Q : forall vs, incl vs us -> Forall2 (expects (fun e => comes_before b e /\ forall u, In u us -> over u e) k) (repeat (Here [b]) (length vs)) (map Use vs)).
      { induction vs as [|v vs IH]; intros I; simpl; constructor.
        - constructor; [apply US; apply I; left; reflexivity | intros e [_ A]; apply A; apply I; left; reflexivity].
        - apply IH. intros z J. apply I. right. exact J. }
      apply Q. apply incl_refl.
    + simpl. f_equal. clear. induction us; simpl; [reflexivity | rewrite IHus; reflexivity].
  - exists (Owned Strong [Mutably [b]]), (OwnsMut e l0). split; [econstructor; eassumption | split; [reflexivity | exact Pl]].
Qed.

Lemma births : forall L b ks ls, born b ks ls -> forall r, plays L (map (fun k => Owned k [Here [b]]) ks ++ r) ->
  exists its os, Forall2 awaits its os /\ flat_map ev_outlook os = flat_map events_of ls /\ plays L (its ++ r).
Proof.
  intros L b ks. induction ks as [|k ks IH]; intros ls H r Pl; inversion H as [|b0 k0 ks0 l ls0 LI BO]; subst.
  - exists [], []. repeat split; auto.
  - simpl in Pl. destruct (birth L b k false l (map (fun k => Owned k [Here [b]]) ks ++ r) ltac:(discriminate) LI Pl) as (it & o & A & E & Pl').
    destruct (IH ls0 BO (it :: r)) as (its & os & B & E' & Pl'').
    { destruct Pl' as (i & P & Q). exists i. split; [|exact Q]. rewrite <- P. symmetry. apply Permutation_middle. }
    exists (it :: its), (o :: os). split; [constructor; assumption|]. split; [simpl; rewrite E, E'; reflexivity|].
    destruct Pl'' as (i & P & Q). exists i. split; [|exact Q]. rewrite <- P. apply Permutation_middle.
Qed.

Lemma mutably_strong : forall o v k, leaves o v = Some (k, true) -> k = Strong.
Proof.
  intros o v k H. destruct o; simpl in H; repeat match type of H with context [if ?x then _ else _] => destruct x end; try congruence.
Qed.

(** ** One event *)

Lemma plays_perm : forall L i j, plays L i -> Permutation i j -> plays L j.
Proof. intros L i j (k & P & H) Q. exists k. split; [rewrite <- Q; exact P | exact H]. Qed.

Ltac perm :=
  repeat rewrite flat_map_app; apply (Permutation_count_occ Nat.eq_dec); let z := fresh "z" in intros z; simpl;
  repeat (rewrite ?flat_map_app, ?count_occ_app; simpl); repeat match goal with |- context [Nat.eq_dec ?x ?y] => destruct (Nat.eq_dec x y) end; lia.

(** The first event of what is to come of a call comes before the rest. *)
Lemma goes_first : forall c o t F es sub, goes_on c o t F es -> (forall x, In x sub -> comes_before (final c) x) ->
  exists e es' t1, es = e :: es' /\ emits t e t1 /\ run t1 es' (stands c)
    /\ (forall e', hd_error es' = Some e' -> comes_before e e') /\ forall x, In x (es' ++ sub) -> comes_before e x.
Proof.
  intros c o t F es sub [N _ RU FI _ _] S. destruct es as [|e es]; [congruence|]. inversion RU as [|t0 e0 t1 es0 t' EM NX RU']; subst.
  exists e, es, t1. split; [reflexivity|]. split; [exact EM|]. split; [exact RU'|]. split; [exact NX|].
  assert (Q : forall x, In x es -> comes_before e x) by (intros x I; apply (run_inside _ _ _ RU' e NX x I)).
  intros x I. apply in_app_iff in I. destruct I as [I|I]; [apply Q; exact I|]. specialize (S x I). rewrite <- FI in S.
  destruct es as [|e' es]; [exact S|]. eapply before_trans; [|exact S].
  apply Q. change (List.last (e :: e' :: es) 0) with (List.last (e' :: es) 0). apply final_after. discriminate.
Qed.

Lemma begins : forall c e F, runs c e -> In e (evs X) -> follows_all G F e ->
  goes_on c (op c) (tree_of (loops c) (text RA PA (op c)) [VNum p]) F (made_by c).
Proof.
  intros c e F R I A. pose proof (runs_final _ _ R) as [N _]. destruct R as [HD RU].
  constructor; auto; intros e' H; rewrite HD in H; injection H as <-; assumption.
Qed.

Lemma next_goes_on : forall c o t1 F e es', goes_on c o t1 F (e :: es') -> es' <> [] -> forall t2, run t2 es' (stands c) ->
  (forall e', hd_error es' = Some e' -> comes_before e e') -> goes_on c o t2 [e] es'.
Proof.
  intros c o t1 F e es' [_ O _ FI _ _] N t2 RU NX. constructor; auto.
  - rewrite <- FI. destruct es'; [congruence | reflexivity].
  - intros e' H. apply (before_in _ _ (NX e' H)).
  - intros e' H f [<-|[]]. apply before_hb. apply NX. exact H.
Qed.

Lemma born_after : forall c new, born (final c) (returned c) new -> forall x, In x (flat_map events_of new) -> comes_before (final c) x.
Proof.
  intros c new B. remember (final c) as b. remember (returned c) as ks. clear Heqb Heqks. revert B. revert new. induction ks as [|k ks IH]; intros new B; inversion B; subst; intros x I.
  - destruct I.
  - simpl in I. apply in_app_iff in I. destruct I as [I|I]; [apply (lives_inside _ _ _ _ ltac:(eassumption) x I) | eapply IH; eassumption].
Qed.

Definition steps (L : list nat) (e : nat) (r : list item) (evs : list nat) : Prop :=
  exists its os, plays (e :: L) (its ++ r) /\ Forall2 awaits its os /\ Permutation evs (e :: flat_map ev_outlook os).

Lemma step_running : forall L e k bq o t F br r (allowed : nat -> Prop) fq c es new fr f, (forall e, allowed e -> In e (evs X)) ->
  plays L (Owned k (bq ++ Within o t F :: br) :: r) ->
  Forall2 (expects allowed k) bq fq -> Forall2 (expects allowed k) br fr -> fated allowed k f ->
  goes_on c o t F es -> born (final c) (returned c) new -> (forall e, allowed e -> over (Borrows c new) e) ->
  In e (es ++ flat_map events_of new) -> (forall x, In x (es ++ flat_map events_of new) -> ~ comes_before x e) ->
  steps L e r (flat_map ev_future (fq ++ Running c es new :: fr) ++ events_of_fate f).
Proof.
  intros L e k bq o t F br r allowed fq c es new fr f AE Pl BQ BR FA GO BO OV I MIN.
  destruct (goes_first _ _ _ _ _ _ GO (born_after _ _ BO)) as (e1 & es' & t1 & -> & EM & RU & NX & FIRST).
  assert (e1 = e) as ->.
  { destruct I as [I|I]; [exact I|]. exfalso. apply (MIN e1); [left; reflexivity | apply FIRST; exact I]. }
  pose proof (g_after _ _ _ _ _ GO e eq_refl) as FO. pose proof (g_op _ _ _ _ _ GO) as OP.
  pose proof (emits_offers _ _ _ EM (g_in _ _ _ _ _ GO e eq_refl)) as OF.
  apply (r_event_shared L k bq F br o t t1 e r OF FO) in Pl.
  destruct es' as [|e' es'].
  2:{ exists [Owned k (bq ++ Within o t1 [e] :: br)], [Owns (fq ++ Running c (e' :: es') new :: fr) f]. split; [exact Pl|]. split.
      - constructor; [|constructor]. apply (awaits_owned allowed); [exact AE | | destruct bq; discriminate | exact FA].
        apply Forall2_app; [exact BQ|]. constructor; [|exact BR]. constructor; auto.
        eapply next_goes_on; [exact GO | discriminate | exact RU | exact NX].
      - perm. }
  assert (E0 : t1 = stands c) by (inversion RU; reflexivity). pose proof (g_final _ _ _ _ _ GO) as FI. simpl in FI.
  assert (CASES : (exists v, stands c = Ends v) \/ ((forall v, stands c <> Ends v) /\ returned c = [])).
  { unfold returned. destruct (stands c); eauto; right; split; [discriminate | reflexivity | discriminate | reflexivity | discriminate | reflexivity
      | discriminate | reflexivity | discriminate | reflexivity | discriminate | reflexivity | discriminate | reflexivity | discriminate | reflexivity
      | discriminate | reflexivity | discriminate | reflexivity]. }
  destruct CASES as [(v & EV)|[NV RE]].
  - rewrite E0, EV in Pl. apply r_end_shared in Pl.
    assert (RT : returned c = makes o v) by (unfold returned; rewrite EV, OP; reflexivity). rewrite RT, <- FI in BO.
    destruct (births (e :: L) e (makes o v) new BO (Owned k (bq ++ Here [e] :: br) :: r)) as (its & os & A & E & Pl').
    { eapply plays_perm; [exact Pl|]. apply Permutation_middle. }
    exists (Owned k (bq ++ Here [e] :: br) :: its), (Owns (fq ++ Over :: fr) f :: os). split; [|split].
    + eapply plays_perm; [exact Pl'|]. simpl. symmetry. apply Permutation_middle.
    + constructor; [|exact A]. apply (awaits_owned allowed); [exact AE | | destruct bq; discriminate | exact FA].
      apply Forall2_app; [exact BQ|]. constructor; [|exact BR]. constructor. intros x AX f' [<-|[]]. apply before_hb. rewrite FI. apply (OV x AX).
    + simpl. rewrite E. perm.
  - rewrite RE in BO. inversion BO; subst new.
    exists [Owned k (bq ++ Within o t1 [e] :: br)], [Owns (fq ++ Over :: fr) f]. split; [exact Pl|]. split.
    + constructor; [|constructor]. apply (awaits_owned allowed); [exact AE | | destruct bq; discriminate | exact FA].
      apply Forall2_app; [exact BQ|]. constructor; [|exact BR]. apply expects_never. intros x AX. destruct (OV x AX) as [(v & V) _]. exact (NV v V).
    + perm.
Qed.

Lemma step_calling : forall L e o t F r c es left,
  plays L (Calling o t F :: r) -> goes_on c o t F es -> expected_left c left ->
  In e (ev_outlook (Calls c es left)) -> (forall x, In x (ev_outlook (Calls c es left)) -> ~ comes_before x e) ->
  steps L e r (ev_outlook (Calls c es left)).
Proof.
  intros L e o t F r c es left Pl GO EX I MIN. simpl in I, MIN.
  assert (SUB : forall x, In x (match left with Some l => events_of l | None => [] end) -> comes_before (final c) x).
  { intros x J. unfold expected_left in EX. destruct (left_by c) as [[k m]|]; [|subst left; destruct J].
    destruct EX as (l & -> & LI). apply (lives_inside _ _ _ _ LI x J). }
  destruct (goes_first _ _ _ _ _ _ GO SUB) as (e1 & es' & t1 & -> & EM & RU & NX & FIRST).
  assert (e1 = e) as ->.
  { destruct I as [I|I]; [exact I|]. exfalso. apply (MIN e1); [left; reflexivity | apply FIRST; exact I]. }
  pose proof (g_after _ _ _ _ _ GO e eq_refl) as FO. pose proof (g_op _ _ _ _ _ GO) as OP.
  pose proof (emits_offers _ _ _ EM (g_in _ _ _ _ _ GO e eq_refl)) as OF.
  apply (r_event L F o t t1 e r OF FO) in Pl.
  destruct es' as [|e' es'].
  2:{ exists [Calling o t1 [e]], [Calls c (e' :: es') left]. split; [exact Pl|]. split; [|simpl; rewrite app_nil_r; apply Permutation_refl].
      constructor; [|constructor]. constructor; [|exact EX]. eapply next_goes_on; [exact GO | discriminate | exact RU | exact NX]. }
  assert (E0 : t1 = stands c) by (inversion RU; reflexivity). pose proof (g_final _ _ _ _ _ GO) as FI. simpl in FI. simpl.
  assert (STOP : left_by c = None -> steps L e r (e :: match left with Some l => events_of l | None => [] end)).
  { intros LB. unfold expected_left in EX. rewrite LB in EX. subst left.
    exists [Calling o t1 [e]], [Gone]. split; [exact Pl|]. split; [constructor; [constructor | constructor] | apply Permutation_refl]. }
  destruct (stands c) as [v| | | | | | | | | |] eqn:ST; try (apply STOP; unfold left_by; rewrite ST; reflexivity).
  rewrite E0, ?ST in Pl. apply r_end in Pl. unfold back in Pl. unfold expected_left, left_by in EX. rewrite ST, OP in EX.
  destruct (leaves o v) as [[k m]|] eqn:LV.
  - destruct EX as (l & -> & LI). rewrite <- FI in LI.
    destruct (birth (e :: L) e k m l r) as (it & ou & A & E & Pl').
    + intros ->. eapply mutably_strong. exact LV.
    + exact LI.
    + destruct m; exact Pl.
    + exists [it], [ou]. split; [exact Pl'|]. split; [constructor; [exact A | constructor]|]. simpl. rewrite app_nil_r, E. apply Permutation_refl.
  - subst left. exists [], []. split; [exact Pl|]. split; [constructor | apply Permutation_refl].
Qed.

(** Before an allowed end all uses are over. *)
Lemma all_over : forall allowed k bs fs e, Forall2 (expects allowed k) bs fs -> allowed e ->
  (forall x, In x (flat_map ev_future fs) -> ~ comes_before x e) ->
  flat_map ev_future fs = [] /\ exists Fs, bs = map Here Fs /\ forall F, In F Fs -> follows_all G F e.
Proof.
  intros allowed k bs fs e H A. induction H as [|b f bs fs H HS IH]; intros MIN; [split; [reflexivity|]; exists []; split; [reflexivity | intros F []]|].
  simpl in MIN. destruct IH as (E & Fs & -> & FO); [intros x I; apply MIN; apply in_app_iff; auto|].
  destruct H as [F AF|o t F NA|b u US OV|o t F c es new GO BO OV].
  - split; [exact E|]. exists (F :: Fs). split; [reflexivity|]. intros F' [<-|I]; [apply AF; exact A | apply FO; exact I].
  - exfalso. exact (NA e A).
  - exfalso. specialize (OV e A). destruct u as [e'|c new]; simpl in OV.
    + apply (MIN e'); [left; reflexivity | exact OV].
    + inversion US as [|b0 k0 c0 e0 new0 SH RN B BO]; subst. apply (MIN (final c)); [|apply OV].
      simpl. apply in_app_iff. left. apply in_app_iff. left. apply (runs_final _ _ RN).
  - exfalso. apply (MIN (final c)); [|apply (OV e A)]. simpl. apply in_app_iff. left. apply in_app_iff. left.
    rewrite <- (g_final _ _ _ _ _ GO). apply final_after. apply (g_some _ _ _ _ _ GO).
Qed.

Lemma joins : forall L k Fs F s, plays L (Owned k (map Here (F :: Fs)) :: s) -> plays L (Owned k [Here (concat (F :: Fs))] :: s).
Proof.
  intros L k Fs. induction Fs as [|F' Fs IH]; intros F s H; simpl in *; [rewrite app_nil_r; exact H|].
  rewrite app_assoc. apply (IH (F ++ F')). simpl. apply (r_join L k [] F [] F' (map Here Fs) s). exact H.
Qed.

Lemma step_owned : forall L e k bs r (allowed : nat -> Prop) fs f, (forall e, allowed e -> In e (evs X)) ->
  plays L (Owned k bs :: r) -> bs <> [] -> Forall2 (expects allowed k) bs fs -> fated allowed k f ->
  In e (ev_outlook (Owns fs f)) -> (forall x, In x (ev_outlook (Owns fs f)) -> ~ comes_before x e) ->
  steps L e r (ev_outlook (Owns fs f)).
Proof.
  intros L e k bs r allowed fs f AE Pl NE BS FA I MIN. simpl in *. apply in_app_iff in I. destruct I as [I|I].
  - (* a use *)
    apply in_flat_map in I. destruct I as (fu & J & I). destruct (in_split _ _ J) as (fq & fr & ->).
    apply Forall2_app_inv_r in BS. destruct BS as (bq & bs' & BQ & BS & ->). inversion BS as [|b0 f0 br fr0 EX BR]; subst.
    assert (MIN' : forall x, In x (ev_future fu) -> ~ comes_before x e).
    { intros x K. apply MIN. apply in_app_iff. left. rewrite flat_map_app. apply in_app_iff. right. simpl. apply in_app_iff. left. exact K. }
    destruct EX as [F AF|o t F NA|b u US OV|o t F c es new GO BO OV]; simpl in I, MIN'; [destruct I | destruct I | |].
    + inversion US as [b0 k0 e0 RK V B|b0 k0 c e0 new SH RN B BO]; subst; simpl in I, MIN'.
      * destruct I as [<-|[]].
        exists [Owned k (bq ++ Here [e0] :: br)], [Owns (fq ++ Over :: fr) f]. split; [|split].
        -- eapply r_read; [exact RK | apply value_label; exact V | | exact Pl]. intros z [<-|[]]. apply before_hb. exact B.
        -- constructor; [|constructor]. apply (awaits_owned allowed); [exact AE | | destruct bq; discriminate | exact FA].
           apply Forall2_app; [exact BQ|]. constructor; [|exact BR]. constructor. intros x AX z [<-|[]]. apply before_hb. exact (OV x AX).
        -- perm.
      * apply (r_call_shared L k bq [b] br (op c) (loops c) r SH) in Pl.
        assert (Q : steps L e r (flat_map ev_future (fq ++ Running c (made_by c) new :: fr) ++ events_of_fate f)).
        { eapply step_running; [exact AE | exact Pl | exact BQ | exact BR | exact FA | | exact BO | exact OV | exact I | exact MIN'].
          apply (begins c e0); [exact RN | apply (before_in _ _ B)|]. intros z [<-|[]]. apply before_hb. exact B. }
        rewrite flat_map_app in *. simpl in *. exact Q.
    + eapply step_running; eassumption.
  - (* the end *)
    assert (FIRST : forall e0, allowed e0 -> e = e0 \/ comes_before e0 e -> In e0 (events_of_fate f) -> e = e0).
    { intros e0 _ [H|H] K; [exact H|]. exfalso. apply (MIN e0); [apply in_app_iff; right; exact K | exact H]. }
    assert (OVER : forall e0, allowed e0 -> e = e0 ->
      flat_map ev_future fs = [] /\ exists F, follows_all G F e /\ plays L (Owned k [Here F] :: r)).
    { intros e0 A ->. destruct (all_over _ _ _ _ _ BS A) as (E & Fs & -> & FO); [intros x K; apply MIN; apply in_app_iff; auto|].
      split; [exact E|]. destruct Fs as [|F Fs]; [exfalso; apply NE; reflexivity|]. exists (concat (F :: Fs)). split.
      - intros z K. apply in_concat in K. destruct K as (F' & K & K'). exact (FO F' K z K').
      - apply joins. exact Pl. }
    inversion FA as [al k0|al built e0 l A V LI|al k0 c e0 A OW RN LB|al k0 c e0 k' m l A OW RN LB LI]; subst; simpl in I.
    + destruct I.
    + assert (e = e0) as <-.
      { apply (FIRST e0 A); [|left; reflexivity]. destruct I as [<-|I]; [left; reflexivity | right; apply (lives_inside _ _ _ _ LI e I)]. }
      destruct (OVER e A eq_refl) as (E & F & FO & PH). rewrite E.
      apply (r_write L F built e r (value_label _ _ V) FO) in PH.
      destruct (birth (e :: L) e (Building true) false l r ltac:(discriminate) LI PH) as (it & o & AW & EO & PH').
      exists [it], [o]. split; [exact PH'|]. split; [constructor; [exact AW | constructor]|]. simpl. rewrite app_nil_r, EO. apply Permutation_refl.
    + assert (e = e0) as ->.
      { apply (FIRST e0 A).
        - rewrite app_nil_r in I. destruct RN as [HD RU]. destruct (made_by c) as [|e1 es]; [discriminate|]. injection HD as ->.
          destruct I as [I|I]; [left; auto | right]. inversion RU; subst. apply (run_inside _ _ _ ltac:(eassumption) e0 ltac:(assumption) e I).
        - simpl. apply in_app_iff. left. destruct RN as [HD _]. destruct (made_by c); [discriminate|]. injection HD as ->. left. reflexivity. }
      destruct (OVER e0 A eq_refl) as (E & F & FO & PH). rewrite E.
      apply (r_call L k F (op c) (loops c) r OW) in PH. eapply (step_calling L e0 _ _ F r c (made_by c) None);
        [exact PH | apply (begins c e0); auto | unfold expected_left; rewrite LB; reflexivity | exact I|].
      intros x K. apply MIN. apply in_app_iff. right. exact K.
    + assert (e = e0) as ->.
      { apply (FIRST e0 A).
        - destruct (goes_first _ _ _ [] _ (events_of l) (begins c e0 [] RN (AE _ A) ltac:(intros z [])) ltac:(intros x K; apply (lives_inside _ _ _ _ LI x K)))
            as (e1 & es' & t1 & E & _ & _ & _ & AF). destruct RN as [HD _]. rewrite E in HD, I. injection HD as ->.
          simpl in I. destruct I as [I|I]; [left; auto | right; apply AF; exact I].
        - simpl. apply in_app_iff. left. destruct RN as [HD _]. destruct (made_by c); [discriminate|]. injection HD as ->. left. reflexivity. }
      destruct (OVER e0 A eq_refl) as (E & F & FO & PH). rewrite E.
      apply (r_call L k F (op c) (loops c) r OW) in PH. eapply (step_calling L e0 _ _ F r c (made_by c) (Some l));
        [exact PH | apply (begins c e0); auto | unfold expected_left; rewrite LB; eauto | exact I|].
      intros x K. apply MIN. apply in_app_iff. right. exact K.
Qed.

Lemma step : forall L e it o r, plays L (it :: r) -> awaits it o -> In e (ev_outlook o) ->
  (forall x, In x (ev_outlook o) -> ~ comes_before x e) -> steps L e r (ev_outlook o).
Proof.
  intros L e it o r Pl AW I MIN. destruct AW as [allowed k bs fs f AE BS NE FA|b e0 l w V B LI|o t F c es left GO EX|it].
  - eapply step_owned; eassumption.
  - simpl in *. assert (e = e0) as ->.
    { destruct I as [<-|I]; [reflexivity|]. exfalso. apply (MIN e0); [left; reflexivity | apply (lives_inside _ _ _ _ LI e I)]. }
    apply (r_use_mut L [b] e0 w r (value_label _ _ V)) in Pl; [|intros z [<-|[]]; apply before_hb; exact B].
    destruct (birth (e0 :: L) e0 Strong true l r ltac:(reflexivity) LI Pl) as (it & o & AW & EO & Pl').
    exists [it], [o]. split; [exact Pl'|]. split; [constructor; [exact AW | constructor]|]. simpl. rewrite app_nil_r, EO. apply Permutation_refl.
  - eapply step_calling; eassumption.
  - destruct I.
Qed.

(** ** All of them *)

Section Told.
Variables (b : nat) (k : kind) (l : life).
Hypothesis IB : In b (evs X).
Hypothesis AL : allocated X a b k.
Hypothesis LI : lives b k false l.
Hypothesis ND : NoDup (b :: events_of l).
Hypothesis ALL : forall e, In e (evs X) -> half X e = false -> concerns X a e = true -> In e (b :: events_of l).

Lemma allocation : read_of X b = None /\ exists m v, act_of X b = W (WordOf a) m v
  /\ (k = Strong /\ v = bits UNIQUE \/ k = Building false /\ v = bits (Word 0 1)).
Proof.
  destruct AL as [N [(-> & m & A)|(-> & m & A)]]; split; auto; exists m; eexists; (split; [exact A|]); [left | right]; split; reflexivity.
Qed.

Lemma birth_here : In b (Graph.events G).
Proof.
  destruct allocation as (_ & m & v & A & _). apply here. split; [exact IB|]. split.
  - apply (write_not_half _ _ C). unfold an. rewrite A. reflexivity.
  - apply concerns_word. eapply word_here. eauto.
Qed.

Lemma rmws : rmws_only X a.
Proof.
  assert (Q : forall x, In x (evs X) -> to_word X a x = true -> an X is_W x = true -> read_of X x = None -> x = b).
  { intros x I T A N. destruct (ALL x I (write_not_half _ _ C x A) (concerns_word _ _ _ T)) as [H|H]; [auto|].
    exfalso. destruct (lives_inside _ _ _ _ LI x H) as (_ & _ & Z). exact (Z T A N). }
  intros x y I J T T' A A' N N'. rewrite (Q x I T A N), (Q y J T' A' N'). reflexivity.
Qed.

Lemma starts : plays [b] [Owned k [Here [b]]].
Proof.
  destruct allocation as (N & m & v & A & Q). exists [Owned k [Here [b]]]. split; [apply Permutation_refl|].
  assert (LB : lab G b = Init (word_of v)).
  { change (lab G b) with (lab_of X a exclusive b). unfold lab_of, counts_at. rewrite (word_here b m v) by auto. rewrite A, N. reflexivity. }
  destruct Q as [[-> ->]|[-> ->]].
  - apply play_new. rewrite LB. reflexivity.
  - apply play_building. rewrite LB. reflexivity.
Qed.

Lemma tells : forall L, told G L -> L <> [] -> exists its os, plays L its /\ Forall2 awaits its os /\ NoDup (flat_map ev_outlook os)
  /\ (forall x, In x (flat_map ev_outlook os) -> ~ In x L /\ In x (Graph.events G))
  /\ (forall x, In x (Graph.events G) -> In x L \/ In x (flat_map ev_outlook os)).
Proof.
  induction L as [|e L IH]; intros T NE; [congruence|]. simpl in T. destruct T as (IE & NI & BEF & T).
  assert (COV : forall x, In x (Graph.events G) -> In x (b :: events_of l)) by (intros x H; apply here in H; apply ALL; apply H).
  destruct L as [|e' L].
  - assert (e = b) as ->.
    { destruct (COV e IE) as [H|H]; [auto|]. exfalso. destruct (lives_inside _ _ _ _ LI e H) as (B & _).
      destruct (BEF b birth_here). left. apply before_hb. exact B. }
    destruct (birth [b] b k false l [] ltac:(discriminate) LI starts) as (it & o & AW & EO & Pl).
    exists [it], [o]. inversion ND as [|b0 l0 N1 N2]; subst. simpl. rewrite app_nil_r, EO.
    split; [exact Pl|]. split; [constructor; [exact AW | constructor]|]. split; [exact N2|]. split.
    + intros x H. split; [intros [<-|[]]; contradiction | apply (lives_inside _ _ _ _ LI x H)].
    + intros x H. destruct (COV x H); auto.
  - destruct (IH T ltac:(discriminate)) as (its & os & Pl & AW & N & A & B). clear IH.
    destruct (B e IE) as [H|H]; [contradiction|]. apply in_flat_map in H. destruct H as (o & J & H).
    destruct (in_split _ _ J) as (o1 & o2 & ->). apply Forall2_app_inv_r in AW. destruct AW as (i1 & i' & A1 & A2 & ->).
    inversion A2 as [|it o0 i2 o20 AI A3]; subst.
    assert (SUB : forall x, In x (ev_outlook o) -> In x (flat_map ev_outlook (o1 ++ o :: o2))).
    { intros x K. apply in_flat_map. exists o. auto. }
    destruct (step (e' :: L) e it o (i1 ++ i2)) as (new & os & Pl' & AW' & P).
    + eapply plays_perm; [exact Pl | symmetry; apply Permutation_middle].
    + exact AI.
    + exact H.
    + intros x K BX. destruct (A x (SUB x K)) as [A' A'']. apply A'. apply BEF; [exact A'' | left; apply before_hb; exact BX].
    + assert (Q : Permutation (flat_map ev_outlook (o1 ++ o :: o2)) (e :: flat_map ev_outlook (os ++ o1 ++ o2))).
      { rewrite !flat_map_app. simpl. rewrite P. perm. }
      pose proof (Permutation_NoDup Q N) as N'. inversion N' as [|e0 r0 NE' N'']; subst.
      exists (new ++ i1 ++ i2), (os ++ o1 ++ o2). split; [exact Pl'|]. split; [repeat apply Forall2_app; assumption|].
      split; [exact N''|]. split.
      * intros x K. destruct (A x) as [A' A'']; [eapply Permutation_in; [symmetry; exact Q | right; exact K]|].
        split; [|exact A'']. intros [<-|K']; contradiction.
      * intros x K. destruct (B x K) as [B'|B']; [left; right; exact B'|].
        eapply Permutation_in in B'; [|exact Q]. destruct B' as [<-|B']; [left; left; reflexivity | right; exact B'].
Qed.
End Told.
End ClientPlay.

(** After the initialisation the word is written by RMWs only. *)
Theorem client_rmws_only : forall R P p wide X a exclusive, rc11 wide X -> client R P p wide X a exclusive -> rmws_only X a.
Proof.
  intros R P p wide X a ex C (_ & b & k & l & _ & _ & LI & _ & ALL). eapply rmws; eassumption.
Qed.

(** In every order of telling the events are a play. *)
Theorem client_plays : forall R P p wide X a exclusive, rc11 wide X -> client R P p wide X a exclusive ->
  forall L, told (project wide X a exclusive) L -> (forall x, In x L <-> In x (Graph.events (project wide X a exclusive))) ->
  exists items, play R P p (project wide X a exclusive) L items.
Proof.
  intros R P p wide X a ex C (U & b & k & l & IB & AL & LI & ND & ALL) L T COV.
  destruct (tells R P p wide X a ex C U b k l IB AL LI ND ALL L T) as (its & os & (items & _ & PL) & _); [|eauto].
  intros ->. apply (COV b). eapply birth_here; eassumption.
Qed.
