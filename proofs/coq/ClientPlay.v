(** * A client of an execution of C11 is a client of Play.v

    In whatever order that keeps happens-before, reads-from and the modification order the events of a client (Client.v) are told, they
    are a [play] ([client_plays], [finished_plays]).  And the word is written by RMWs only after its initialisation
    ([client_rmws_only]).

    By induction over the told events.  With each item goes what is still to come of it ([awaits]).  The next event is one that nothing
    comes before, so it is the first of what is to come of some use, or of an end before which all uses are over. *)

From Coq Require Import List Arith ZArith Bool Permutation Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own EndToEnd RC11 Play Limits Client.
Import ListNotations.
Local Open Scope nat_scope.

Scheme lives_rect_ := Minimality for lives Sort Prop
with used_rect_ := Minimality for used Sort Prop
with fated_rect_ := Minimality for fated Sort Prop
with goes_rect_ := Minimality for goes Sort Prop
with all_live_rect_ := Minimality for all_live Sort Prop.
Combined Scheme client_ind from lives_rect_, used_rect_, fated_rect_, goes_rect_, all_live_rect_.

Section ClientPlay.
Variable RA PA uninit : bool.
Variable p : Z.
Variable wide : bool.
Variable X : execution.
Variable a : nat.
Variable touches : nat -> touch.
Hypothesis C : rc11 wide X.
Hypothesis U64 : forall e, In e (evs X) -> to_word X a e = true -> u64 (value_of (act_of X e)).

Let G := project wide X a touches.
Variable stay : nat.
Notation emits := (emits PA p X a touches).
Notation run := (performs PA p wide X a touches).
Notation runs := (runs RA PA p wide X a touches).
Notation lives := (lives RA PA uninit p wide X a touches).
Notation used := (used RA PA uninit p wide X a touches).
Notation fated := (fated RA PA uninit p wide X a touches).
Notation goes := (goes RA PA uninit p wide X a touches).
Notation all_live := (all_live RA PA uninit p wide X a touches).
Notation over := (over wide X).
Notation comes_before := (comes_before wide X).
Notation returned := (returned p).
Notation play := (play RA PA uninit p G).

(** ** Events *)

Lemma word_here : forall e m v, act_of X e = R (WordOf a) m v \/ act_of X e = W (WordOf a) m v -> to_word X a e = true.
Proof. intros e m v [H|H]; unfold to_word; rewrite H; simpl; apply Nat.eqb_refl. Qed.

Lemma here : forall e, In e (Graph.events G) <-> In e (evs X) /\ half X e = false /\ concerns X a e = true.
Proof. intros e. apply events_P. Qed.

Lemma before_hb : forall x y, comes_before x y <-> hb G x y.
Proof. intros x y. symmetry. apply hb_P. Qed.

Lemma value_label : forall e w, value_access X a touches e w -> lab G e = Value w.
Proof. intros e w (A & _ & <-). apply value_label. exact A. Qed.

(** What the text is offered in [emits] is what it is offered in the graph. *)
Lemma emits_offers : forall t e t', emits t e t' -> In e (evs X) -> offers PA p G t e t'.
Proof.
  assert (B : forall e m v, In e (evs X) -> act_of X e = R (WordOf a) m v \/ act_of X e = W (WordOf a) m v -> bits (counts_at X e) = v).
  { intros e m v I H. unfold counts_at. rewrite bits_word_of; [|apply U64; [exact I | eapply word_here; exact H]]. destruct H as [H|H]; rewrite H; reflexivity. }
  assert (RMW : forall r e m m' v v', rmw_of X r e -> act_of X r = R (WordOf a) m v -> act_of X e = W (WordOf a) m' v' ->
            lab G e = Update (order_of m m') (counts_at X r) (counts_at X e) /\ bits (counts_at X r) = v /\ bits (counts_at X e) = v').
  { intros r e m m' v v' Q A A'. destruct (x_rmw _ _ C _ _ Q) as (I & J & _). split; [|split; [eapply B; eauto | eapply B; eauto]].
    change (lab G e) with (lab_of X a touches e). unfold lab_of. rewrite (word_here e m' v') by auto. rewrite A', (read_of_rmw _ _ C _ _ Q), A. reflexivity. }
  assert (LOOK : forall e m v, act_of X e = R (WordOf a) m v -> lab G e = Look (order_of m Rlx) (counts_at X e)).
  { intros e m v A. change (lab G e) with (lab_of X a touches e). unfold lab_of. rewrite (word_here e m v) by auto. rewrite A. reflexivity. }
  intros t e t' H I. destruct H.
  - rewrite <- (B _ _ _ I (or_introl H)). eapply offers_load; [eapply LOOK; eassumption | assumption].
  - destruct (RMW _ _ _ _ _ _ H H0 H1) as (L & V & V'). rewrite <- V. eapply offers_fetch; [exact L | assumption | rewrite V', V; reflexivity].
  - destruct (RMW _ _ _ _ _ _ H H0 H1) as (L & V & V'). eapply offers_swap; [exact L | assumption | exact V | exact V'].
  - pose proof (B _ _ _ I (or_introl H)) as V. rewrite <- V. eapply offers_no_swap; [eapply LOOK; eassumption | assumption | rewrite V; assumption].
  - apply offers_mem. apply free_label. assumption.
  - apply offers_mem. rewrite H. apply value_label. assumption.
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

(** A life's events come after its birth, are the graph's, and write the word by RMWs only. *)
Definition inside (after : nat -> Prop) (e : nat) : Prop :=
  after e /\ In e (Graph.events G) /\ (to_word X a e = true -> an X is_W e = true -> read_of X e <> None).

Lemma before_in : forall x y, comes_before x y -> In x (evs X) /\ In y (evs X).
Proof. intros x y. apply hb_in. exact C. Qed.

Lemma before_trans : forall x y z, comes_before x y -> comes_before y z -> comes_before x z.
Proof. intros x y z. apply hb_trans. exact C. Qed.

Definition good (after : nat -> Prop) : Prop :=
  (forall x y, after x -> comes_before x y -> after y) /\ (forall x, after x -> In x (evs X)).

Lemma good_before : forall b, good (comes_before b).
Proof. intros b. split; [intros x y A B; eapply before_trans; eassumption | intros x H; apply (before_in _ _ H)]. Qed.

Lemma over_later : forall u x y, over u x -> comes_before x y -> over u y.
Proof. intros [e|c new] x y O B; simpl in *; [eapply before_trans; eassumption | destruct O; split; [assumption | eapply before_trans; eassumption]]. Qed.

Lemma good_over : forall after us, good after -> good (and_over wide X after us).
Proof.
  intros after us [UP IN]. split.
  - intros x y [A O] B. split; [eapply UP; eassumption | intros u I; eapply over_later; [apply O; exact I | exact B]].
  - intros x [A _]. apply IN. exact A.
Qed.

Lemma inside_weak : forall (A B : nat -> Prop) e, (forall x, A x -> B x) -> inside A e -> inside B e.
Proof. intros A B e H (I & J). split; [apply H; exact I | exact J]. Qed.

Lemma inside_later : forall (after : nat -> Prop) c e, good after -> after c -> inside (comes_before c) e -> inside after e.
Proof. intros after c e [UP _] A. apply inside_weak. intros x. apply UP. exact A. Qed.

Lemma run_inside : forall t es t', run t es t' -> forall after, good after -> (forall e, hd_error es = Some e -> after e) ->
  forall e, In e es -> inside after e.
Proof.
  intros t es t' H. induction H as [t|t e t1 es t' EM NX H IH]; intros after GD B x I; [destruct I|]. pose proof (B e eq_refl) as BE.
  destruct I as [<-|I].
  - split; [exact BE|]. split; [eapply emits_here; [exact EM | apply (proj2 GD); exact BE] | eapply emits_writes; exact EM].
  - eapply inside_later; [exact GD | exact BE|]. apply IH; [apply good_before | exact NX | exact I].
Qed.

Lemma final_after : forall es, es <> [] -> In (List.last es 0) es.
Proof.
  induction es as [|e es IH]; intros H; [congruence|]. destruct es as [|e' es]; [left; reflexivity|]. right. apply IH. discriminate.
Qed.

Lemma runs_final : forall c e, runs c e -> made_by c <> [] /\ In (final c) (made_by c).
Proof.
  intros c e (_ & H & _). assert (N : made_by c <> []) by (destruct (made_by c); discriminate). split; [exact N | apply final_after; exact N].
Qed.

Lemma runs_inside : forall c e after, good after -> runs c e -> after e -> forall x, In x (made_by c) -> inside after x.
Proof.
  intros c e after GD (_ & HD & RU) B. eapply run_inside; [exact RU | exact GD|]. intros e' H. rewrite HD in H. injection H as <-. exact B.
Qed.

Lemma value_inside : forall (after : nat -> Prop) e w, good after -> value_access X a touches e w -> after e -> inside after e.
Proof.
  intros after e w [_ IN] (A & B & _) H. split; [exact H|]. split.
  - apply here. split; [apply IN; exact H|]. split; [exact B | apply concerns_spec; auto].
  - intros T. exfalso. rewrite (word_or_value _ _ _ A) in T. discriminate.
Qed.

Lemma uses_inside : forall after us, (forall u, In u us -> forall e, In e (events_of_use u) -> inside after e) ->
  forall e, In e (flat_map events_of_use us) -> inside after e.
Proof. intros after us H e I. apply in_flat_map in I. destruct I as (u & J & I). eapply H; eassumption. Qed.

Lemma all_inside :
  (forall after x l, lives after x l -> good after -> forall e, In e (events_of l) -> inside after e)
  /\ (forall after k u, used after k u -> good after -> forall e, In e (events_of_use u) -> inside after e)
  /\ (forall after x f, fated after x f -> good after -> forall e, In e (events_of_fate f) -> inside after e)
  /\ (forall after o t h, goes after o t h -> good after -> forall e, In e (events_of_history h) -> inside after e)
  /\ (forall after xs ls, all_live after xs ls -> good after -> forall e, In e (flat_map events_of ls) -> inside after e).
Proof.
  apply (client_ind RA PA uninit p wide X a touches); simpl.
  - intros after k us f _ IU _ IF GD e I. apply in_app_iff in I. destruct I as [I|I].
    + eapply uses_inside; [|exact I]. intros z J. apply IU; assumption.
    + eapply inside_weak; [|apply IF; [apply good_over; exact GD | exact I]]. intros x [A _]. exact A.
  - auto.
  - intros after e l w V _ A _ IH GD x [<-|I]; [eapply value_inside; eassumption | eapply inside_later; [exact GD | exact A | apply IH; [apply good_before | exact I]]].
  - auto.
  - intros after k e _ V A GD x [<-|[]]. eapply value_inside; eassumption.
  - intros after k c e new _ R A _ IH GD x I. apply in_app_iff in I. destruct I as [I|I]; [eapply runs_inside; eassumption|].
    eapply inside_later; [exact GD | | apply IH; [apply good_before | exact I]]. apply (runs_inside _ _ _ GD R A). apply (runs_final _ _ R).
  - intros after x GD e [].
  - intros after built e l V A _ IH GD x [<-|I]; [eapply value_inside; eassumption | eapply inside_later; [exact GD | exact A | apply IH; [apply good_before | exact I]]].
  - auto.
  - intros after o t GD e [].
  - intros after o t e t' h EM A _ IH GD x [<-|I].
    + split; [exact A|]. split; [eapply emits_here; [exact EM | apply (proj2 GD); exact A] | eapply emits_writes; exact EM].
    + eapply inside_later; [exact GD | exact A | apply IH; [apply good_before | exact I]].
  - auto.
  - intros after o what bs k u us v h _ _ IU _ _ IH GD e I. apply in_app_iff in I. destruct I as [I|I].
    + eapply uses_inside; [|exact I]. intros z J. apply IU; assumption.
    + eapply inside_weak; [|apply IH; [apply good_over; exact GD | exact I]]. intros x [A _]. exact A.
  - intros after o what bs k u us h _ _ IU _ _ IH GD e I. apply in_app_iff in I. destruct I as [I|I].
    + eapply uses_inside; [|exact I]. intros z J. apply IU; assumption.
    + eapply inside_weak; [|apply IH; [apply good_over; exact GD | exact I]]. intros x [A _]. exact A.
  - auto.
  - intros after GD e [].
  - intros after x xs l ls _ IH _ IHs GD e I. apply in_app_iff in I. destruct I as [I|I]; auto.
Qed.

(** ** The rules of Play.v for one item, wherever it stands among the others *)

Definition plays (L : list nat) (items : list item) : Prop := exists items', Permutation items items' /\ play L items'.

Lemma plays_perm : forall L i j, plays L i -> Permutation i j -> plays L j.
Proof. intros L i j (k & P & H) Q. exists k. split; [rewrite <- Q; exact P | exact H]. Qed.

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

Lemma r_call_shared : forall L c k q F r o n args s, shared o k -> besides o args -> plays L (Owned c k (q ++ Here F :: r) :: s) ->
  plays L (Owned c k (q ++ Within o (tree_of n (text RA PA o) (VNum p :: args)) F :: r) :: s).
Proof. intros L c k q F r o n args s S B. by_rule [Owned c k (q ++ Within o (tree_of n (text RA PA o) (VNum p :: args)) F :: r)] play_call_shared. Qed.

Lemma r_call : forall L F o n args z s, owning uninit o z -> besides o args -> plays L (item_of F z :: s) ->
  plays L (Calling o (run_of RA PA n o (self_of p z :: args)) F :: s).
Proof. intros L F o n args z s S B. by_rule [Calling o (run_of RA PA n o (self_of p z :: args)) F] play_call. Qed.

Lemma r_event_shared : forall L c k q F r o t t' e s, offers PA p G t e t' -> follows_all G F e ->
  plays L (Owned c k (q ++ Within o t F :: r) :: s) -> plays (e :: L) (Owned c k (q ++ Within o t' [e] :: r) :: s).
Proof. intros L c k q F r o t t' e s O A. by_rule [Owned c k (q ++ Within o t' [e] :: r)] play_event_shared. Qed.

Lemma r_event : forall L F o t t' e s, offers PA p G t e t' -> follows_all G F e ->
  plays L (Calling o t F :: s) -> plays (e :: L) (Calling o t' [e] :: s).
Proof. intros L F o t t' e s O A. by_rule [Calling o t' [e]] play_event. Qed.

Lemma r_elsewhere : forall L F o t t' s, elsewhere PA p t t' -> plays L (Calling o t F :: s) -> plays L (Calling o t' F :: s).
Proof. intros L F o t t' s E. by_rule [Calling o t' F] play_elsewhere. Qed.

Lemma r_lend : forall L F o what bs k u s, In (VNum p) bs ->
  plays L (Calling o (TUser what bs k u) F :: s) -> plays L (Owned (Lender o what k u) (lent o) [Here F] :: s).
Proof. intros L F o what bs k u s I. by_rule [Owned (Lender o what k u) (lent o) [Here F]] play_lend. Qed.

Lemma r_lent : forall L F o what k u v s, answers what v ->
  plays L (Owned (Lender o what k u) (lent o) [Here F] :: s) -> plays L (Calling o (k v) F :: s).
Proof. intros L F o what k u v s A. by_rule [Calling o (k v) F] play_lent. Qed.

Lemma r_lent_unwinds : forall L F o what k u s, PA = false ->
  plays L (Owned (Lender o what k u) (lent o) [Here F] :: s) -> plays L (Calling o u F :: s).
Proof. intros L F o what k u s A. by_rule [Calling o u F] play_lent_unwinds. Qed.

Lemma r_end_shared : forall L c k q F r o v s, plays L (Owned c k (q ++ Within o (Ends v) F :: r) :: s) ->
  plays L (Owned c k (q ++ Here F :: r) :: map (item_of F) (has p (returns o) v) ++ s).
Proof.
  intros L c k q F r o v s. intros H. destruct (at_head _ _ _ H) as (x & y & Pl & P).
  apply (back_head _ x y (Owned c k (q ++ Here F :: r) :: map (item_of F) (has p (returns o) v))); [|exact P].
  simpl. eapply play_end_shared; eassumption.
Qed.

Lemma r_end : forall L F o v s, plays L (Calling o (Ends v) F :: s) -> plays L (map (item_of F) (has p (returns o) v) ++ s).
Proof. intros L F o v s. by_rule (map (item_of F) (has p (returns o) v)) play_end. Qed.

Lemma r_read : forall L c k q F r e s, reader k = true -> lab G e = Value VRead -> follows_all G F e ->
  plays L (Owned c k (q ++ Here F :: r) :: s) -> plays (e :: L) (Owned c k (q ++ Here [e] :: r) :: s).
Proof. intros L c k q F r e s A B D. by_rule [Owned c k (q ++ Here [e] :: r)] play_read. Qed.

Lemma r_use_mut : forall L F e t s, lab G e = Value t -> t = VRead \/ t = VWrite -> follows_all G F e ->
  plays L (item_of F AMutable :: s) -> plays (e :: L) (item_of [e] AMutable :: s).
Proof. intros L F e t s A T D. by_rule [item_of [e] AMutable] play_use_mut. Qed.

Lemma r_end_mut : forall L F s, plays L (item_of F AMutable :: s) -> plays L (item_of F (AHandle Strong) :: s).
Proof. intros L F s. by_rule [item_of F (AHandle Strong)] play_end_mut. Qed.

Lemma r_write : forall L F (built : bool) e s, lab G e = Value (if built then VWrite else VInit) -> follows_all G F e ->
  plays L (item_of F (AHandle (Building built)) :: s) -> plays (e :: L) (item_of [e] (AHandle (Building true)) :: s).
Proof.
  intros L F [|] e s A D; [by_rule [item_of [e] (AHandle (Building true))] play_write_unique | by_rule [item_of [e] (AHandle (Building true))] play_init].
Qed.

Lemma r_split : forall L c k q F r s, plays L (Owned c k (q ++ Here F :: r) :: s) -> plays L (Owned c k (q ++ Here F :: Here F :: r) :: s).
Proof. intros L c k q F r s. by_rule [Owned c k (q ++ Here F :: Here F :: r)] play_split. Qed.

Lemma r_join : forall L c k q F r F' u s, plays L (Owned c k (q ++ Here F :: r ++ Here F' :: u) :: s) ->
  plays L (Owned c k (q ++ Here (F ++ F') :: r ++ u) :: s).
Proof. intros L c k q F r F' u s. by_rule [Owned c k (q ++ Here (F ++ F') :: r ++ u)] play_join. Qed.

Lemma splits : forall L c k F n s, plays L (Owned c k [Here F] :: s) -> plays L (Owned c k (Here F :: repeat (Here F) n) :: s).
Proof.
  intros L c k F n s H. induction n as [|n IH]; [exact H|]. simpl. apply (r_split L c k [] F (repeat (Here F) n)). exact IH.
Qed.

Lemma joins : forall L c k Fs F s, plays L (Owned c k (map Here (F :: Fs)) :: s) -> plays L (Owned c k [Here (concat (F :: Fs))] :: s).
Proof.
  intros L c k Fs. induction Fs as [|F' Fs IH]; intros F s H; simpl in *; [rewrite app_nil_r; exact H|].
  rewrite app_assoc. apply (IH (F ++ F')). simpl. apply (r_join L c k [] F [] F' (map Here Fs) s). exact H.
Qed.

(** ** What is still to come *)

(** The call [c] stands at [t], and has the events [es] before it, which come after [F]. *)
Record goes_on (c : call) (o : called) (t : tree) (F es : list nat) : Prop := {
  g_some : es <> [];
  g_op : op c = o;
  g_run : run t es (stands c);
  g_final : List.last es 0 = final c;
  g_in : forall e, hd_error es = Some e -> In e (evs X);
  g_after : forall e, hd_error es = Some e -> follows_all G F e
}.

Definition behind (after : nat -> Prop) (F : list nat) : Prop := forall e, after e -> follows_all G F e.

Lemma behind_now : forall e, behind (comes_before e) [e].
Proof. intros e x H f [<-|[]]. apply before_hb. exact H. Qed.

(** What is still to come: events, and calls that do not return *)
Notation work := (list nat * nat)%type.
Definition evs_of (ws : list work) : list nat := flat_map fst ws.
Definition open_of (ws : list work) : nat := list_sum (map snd ws).
Definition of_use (u : use) : work := (events_of_use u, pending_use stay u).
Definition of_life (l : life) : work := (events_of l, pending stay l).
Definition of_history (h : history) : work := (events_of_history h, pending_history stay h).

(** A borrow, before the end that comes [after] all of them *)
Inductive expects (after : nat -> Prop) (k : kind) : borrow -> work -> Prop :=
| expects_over : forall F, behind after F -> expects after k (Here F) ([], 0)
| expects_never : forall o t F, (forall e, ~ after e) -> expects after k (Within o t F) ([], 1)
| expects_use : forall from F u, good from -> behind from F -> used from k u -> (forall e, after e -> over u e) ->
    expects after k (Here F) (of_use u)
| expects_running : forall o t F c es new, goes_on c o t F es -> all_live (comes_before (final c)) (returned c) new ->
    (forall e, after e -> over (Borrows c new) e) ->
    expects after k (Within o t F) (es ++ flat_map events_of new, unreturned c + list_sum (map (pending stay) new)).

(** What comes after the borrows of a handle *)
Inductive ending (after : nat -> Prop) : keeper -> kind -> work -> Prop :=
| ending_fate : forall k f, fated after (AHandle k) f -> ending after Client k (events_of_fate f, pending_fate stay f)
| ending_lent : forall o what k u v h, answers what v -> goes after o (k v) h -> ending after (Lender o what k u) (lent o) (of_history h)
| ending_unwinds : forall o what k u h, PA = false -> goes after o u h -> ending after (Lender o what k u) (lent o) (of_history h).

Inductive awaits : item -> work -> Prop :=
| awaits_owned : forall after c k bs ws fin, good after -> Forall2 (expects after k) bs ws -> bs <> [] -> ending after c k fin ->
    awaits (Owned c k bs) (evs_of ws ++ fst fin, open_of ws + snd fin)
| awaits_fresh : forall after F x l, good after -> behind after F -> lives after x l -> awaits (item_of F x) (of_life l)
| awaits_calling : forall after o t F h, good after -> behind after F -> goes after o t h -> awaits (Calling o t F) (of_history h).

Definition first (e : nat) (evs : list nat) : Prop := In e evs /\ forall x, In x evs -> ~ comes_before x e.

(** The event [e] of the work that the item before [r] awaits is told. *)
Definition steps (L : list nat) (e : nat) (r : list item) (w : work) : Prop :=
  exists its ws, plays (e :: L) (its ++ r) /\ Forall2 awaits its ws /\ Permutation (fst w) (e :: evs_of ws) /\ open_of ws <= snd w.

Ltac perm :=
  unfold evs_of, of_life, of_history, of_use in *; repeat rewrite flat_map_app; apply (Permutation_count_occ Nat.eq_dec); let z := fresh "z" in intros z; simpl;
  repeat (rewrite ?flat_map_app, ?count_occ_app; simpl); repeat match goal with |- context [Nat.eq_dec ?x ?y] => destruct (Nat.eq_dec x y) end; lia.
Lemma list_sum_cons : forall x l, list_sum (x :: l) = x + list_sum l.
Proof. reflexivity. Qed.

Ltac opens := unfold open_of, of_life, of_history, of_use in *; simpl; repeat (rewrite ?map_app, ?list_sum_app, ?list_sum_cons; simpl); lia.

Lemma first_app : forall e l r, first e (l ++ r) -> (In e l -> first e l) /\ (In e r -> first e r).
Proof. intros e l r [_ M]. split; intros I; (split; [exact I|]); intros x J; apply M; apply in_app_iff; auto. Qed.

Lemma first_head : forall e e0 l, first e (e0 :: l) -> (forall x, In x l -> comes_before e0 x) -> e = e0.
Proof. intros e e0 l [[H|I] M] B; [auto|]. exfalso. apply (M e0); [left; reflexivity | apply B; exact I]. Qed.

(** The first event of what is to come of a call comes before the rest. *)
Lemma goes_first : forall c o t F es sub, goes_on c o t F es -> (forall x, In x sub -> comes_before (final c) x) ->
  exists e es' t1, es = e :: es' /\ emits t e t1 /\ run t1 es' (stands c)
    /\ (forall e', hd_error es' = Some e' -> comes_before e e') /\ forall x, In x (es' ++ sub) -> comes_before e x.
Proof.
  intros c o t F es sub [N _ RU FI _ _] S. destruct es as [|e es]; [congruence|]. inversion RU as [|t0 e0 t1 es0 t' EM NX RU']; subst.
  exists e, es, t1. split; [reflexivity|]. split; [exact EM|]. split; [exact RU'|]. split; [exact NX|].
  assert (Q : forall x, In x es -> comes_before e x) by (intros x I; apply (run_inside _ _ _ RU' _ (good_before e) NX x I)).
  intros x I. apply in_app_iff in I. destruct I as [I|I]; [apply Q; exact I|]. specialize (S x I). rewrite <- FI in S.
  destruct es as [|e' es]; [exact S|]. eapply before_trans; [|exact S].
  apply Q. change (List.last (e :: e' :: es) 0) with (List.last (e' :: es) 0). apply final_after. discriminate.
Qed.

Lemma call_begins : forall c e F, runs c e -> In e (evs X) -> follows_all G F e ->
  goes_on c (op c) (tree_of (loops c) (text RA PA (op c)) (VNum p :: arguments c)) F (made_by c).
Proof.
  intros c e F R I A. pose proof (runs_final _ _ R) as [N _]. destruct R as (_ & HD & RU).
  constructor; auto; intros e' H; rewrite HD in H; injection H as <-; assumption.
Qed.

Lemma next_goes_on : forall c o t1 F e es', goes_on c o t1 F (e :: es') -> es' <> [] -> forall t2, run t2 es' (stands c) ->
  (forall e', hd_error es' = Some e' -> comes_before e e') -> goes_on c o t2 [e] es'.
Proof.
  intros c o t1 F e es' [_ O _ FI _ _] N t2 RU NX. constructor; auto.
  - rewrite <- FI. destruct es'; [congruence | reflexivity].
  - intros e' H. apply (before_in _ _ (NX e' H)).
  - intros e' H. apply behind_now. apply NX. exact H.
Qed.

Lemma fresh : forall F after xs ls, good after -> behind after F -> all_live after xs ls ->
  Forall2 awaits (map (item_of F) xs) (map of_life ls).
Proof.
  intros F after xs. induction xs as [|x xs IH]; intros ls GD B H; inversion H; subst; simpl; constructor.
  - eapply awaits_fresh; eassumption.
  - apply IH; assumption.
Qed.

(** ** One event *)

Section Use.
Variables (L : list nat) (e : nat) (c : keeper) (k : kind) (bq br : list borrow) (r : list item).
Variables (after : nat -> Prop) (evq evr : list work) (fin : work).
Hypothesis GD : good after.
Hypothesis BQ : Forall2 (expects after k) bq evq.
Hypothesis BR : Forall2 (expects after k) br evr.
Hypothesis EN : ending after c k fin.

Notation whole w := (evs_of (evq ++ w :: evr) ++ fst fin, open_of (evq ++ w :: evr) + snd fin).

Lemma again : forall b w, expects after k b w -> awaits (Owned c k (bq ++ b :: br)) (whole w).
Proof.
  intros b w EX. apply (awaits_owned after); [exact GD | | destruct bq; discriminate | exact EN].
  apply Forall2_app; [exact BQ|]. constructor; [exact EX | exact BR].
Qed.

Lemma step_running : forall o t F ca es new, plays L (Owned c k (bq ++ Within o t F :: br) :: r) ->
  goes_on ca o t F es -> all_live (comes_before (final ca)) (returned ca) new -> (forall e, after e -> over (Borrows ca new) e) ->
  first e (es ++ flat_map events_of new) ->
  steps L e r (whole (es ++ flat_map events_of new, unreturned ca + list_sum (map (pending stay) new))).
Proof.
  intros o t F ca es new Pl GO AL OV FI.
  destruct (goes_first _ _ _ _ _ _ GO (fun x I => proj1 (proj2 (proj2 (proj2 (proj2 all_inside))) _ _ _ AL (good_before _) x I)))
    as (e1 & es' & t1 & -> & EM & RU & NX & FIRST).
  assert (e = e1) as <- by (eapply first_head; [exact FI | exact FIRST]).
  pose proof (g_after _ _ _ _ _ GO e eq_refl) as FO. pose proof (g_op _ _ _ _ _ GO) as OP.
  pose proof (emits_offers _ _ _ EM (g_in _ _ _ _ _ GO e eq_refl)) as OF.
  apply (r_event_shared L c k bq F br o t t1 e r OF FO) in Pl.
  destruct es' as [|e' es'].
  2:{ exists [Owned c k (bq ++ Within o t1 [e] :: br)], [whole ((e' :: es') ++ flat_map events_of new, unreturned ca + list_sum (map (pending stay) new))].
      split; [exact Pl|]. split; [constructor; [|constructor] | split; [perm | opens]]. apply again.
      apply (expects_running after k o t1 [e] ca); auto. eapply next_goes_on; [exact GO | discriminate | exact RU | exact NX]. }
  assert (E0 : t1 = stands ca) by (inversion RU; reflexivity). pose proof (g_final _ _ _ _ _ GO) as FE. simpl in FE.
  assert (CASES : (exists v, stands ca = Ends v) \/ ((forall v, stands ca <> Ends v) /\ returned ca = [])).
  { unfold returned. destruct (stands ca); [left; eauto | ..]; right; (split; [discriminate | reflexivity]). }
  destruct CASES as [(v & EV)|[NV RE]].
  - rewrite E0, EV in Pl. apply r_end_shared in Pl.
    assert (RT : returned ca = has p (returns o) v) by (unfold returned; rewrite EV, OP; reflexivity). rewrite RT, <- FE in AL.
    exists (Owned c k (bq ++ Here [e] :: br) :: map (item_of [e]) (has p (returns o) v)), (whole ([], 0) :: map of_life new).
    split; [exact Pl|]. split; [|split].
    + constructor; [|eapply fresh; [apply good_before | apply behind_now | exact AL]]. apply again. apply expects_over.
      intros x AX. apply behind_now. rewrite FE. apply (OV x AX).
    + unfold evs_of. simpl. replace (flat_map fst (map of_life new)) with (flat_map events_of new); [perm|].
      clear. induction new as [|l ls IH]; simpl; [reflexivity | rewrite IH; reflexivity].
    + unfold open_of. simpl. replace (map snd (map of_life new)) with (map (pending stay) new) by (symmetry; apply map_map). opens.
  - rewrite RE in AL. inversion AL; subst new.
    assert (UN : unreturned ca = 1) by (unfold unreturned; destruct (stands ca); try reflexivity; exfalso; eapply NV; reflexivity).
    exists [Owned c k (bq ++ Within o t1 [e] :: br)], [whole ([], 1)]. split; [exact Pl|].
    split; [constructor; [|constructor] | split; [perm | rewrite UN; opens]]. apply again. apply expects_never. intros x AX. destruct (OV x AX) as [(v & V) _]. exact (NV v V).
Qed.

Lemma step_use : forall b w, plays L (Owned c k (bq ++ b :: br) :: r) -> expects after k b w -> first e (fst w) -> steps L e r (whole w).
Proof.
  intros b w Pl EX FI. destruct EX as [F AF|o t F NA|from F u GF BF US OV|o t F ca es new GO AL OV];
    [destruct FI as [[] _] | destruct FI as [[] _] | | eapply step_running; eassumption].
  inversion US as [after0 k0 e0 RK V A|after0 k0 ca e0 new SH RN A AL]; subst; simpl in *.
  - assert (e = e0) as <- by (eapply first_head; [exact FI | intros x []]).
    exists [Owned c k (bq ++ Here [e] :: br)], [whole ([], 0)]. split; [|split; [constructor; [|constructor] | split; [perm | opens]]].
    + eapply r_read; [exact RK | apply value_label; exact V | apply BF; exact A | exact Pl].
    + apply again. apply expects_over. intros x AX. apply behind_now. exact (OV x AX).
  - apply (r_call_shared L c k bq F br (op ca) (loops ca) (arguments ca) r SH (proj1 RN)) in Pl.
    eapply step_running; [exact Pl | apply (call_begins ca e0); [exact RN | apply (proj2 GF); exact A | apply BF; exact A] | exact AL | exact OV | exact FI].
Qed.
End Use.

(** Before an end all uses are over. *)
Lemma all_over : forall after k bs ws e, Forall2 (expects after k) bs ws -> after e -> (forall x, In x (evs_of ws) -> ~ comes_before x e) ->
  evs_of ws = [] /\ exists Fs, bs = map Here Fs /\ forall F, In F Fs -> behind after F.
Proof.
  intros after k bs ws e H A. unfold evs_of. induction H as [|b w bs ws H HS IH]; intros MIN; [split; [reflexivity|]; exists []; split; [reflexivity | intros F []]|].
  simpl in MIN. destruct IH as (E & Fs & -> & FO); [intros x I; apply MIN; apply in_app_iff; auto|].
  destruct H as [F AF|o t F NA|from F u GF BF US OV|o t F c es new GO AL OV].
  - split; [exact E|]. exists (F :: Fs). split; [reflexivity|]. intros F' [<-|I]; [exact AF | apply FO; exact I].
  - exfalso. exact (NA e A).
  - exfalso. specialize (OV e A). destruct u as [e'|c new]; simpl in OV.
    + apply (MIN e'); [left; reflexivity | exact OV].
    + inversion US as [|after0 k0 c0 e0 new0 SH RN B AL]; subst. apply (MIN (final c)); [|apply OV].
      simpl. apply in_app_iff. left. apply in_app_iff. left. apply (runs_final _ _ RN).
  - exfalso. apply (MIN (final c)); [|apply (OV e A)]. simpl. apply in_app_iff. left. apply in_app_iff. left.
    rewrite <- (g_final _ _ _ _ _ GO). apply final_after. apply (g_some _ _ _ _ _ GO).
Qed.

Lemma ending_inside : forall after c k fin, ending after c k fin -> good after -> forall e, In e (fst fin) -> after e.
Proof.
  intros after c k fin H GD e I. destruct all_inside as (_ & _ & IF & IG & _).
  destruct H as [k f FA|o what kk u v h A GO|o what kk u h A GO]; [apply (IF _ _ _ FA GD e I) | apply (IG _ _ _ _ GO GD e I) | apply (IG _ _ _ _ GO GD e I)].
Qed.

Lemma step_owned : forall L e c k bs r after ws fin, good after -> plays L (Owned c k bs :: r) -> bs <> [] ->
  Forall2 (expects after k) bs ws -> ending after c k fin ->
  (forall F, plays L (Owned c k [Here F] :: r) -> behind after F -> first e (fst fin) -> steps L e r fin) ->
  first e (evs_of ws ++ fst fin) -> steps L e r (evs_of ws ++ fst fin, open_of ws + snd fin).
Proof.
  intros L e c k bs r after ws fin GD Pl NE BS EN END FI. destruct (first_app _ _ _ FI) as [F1 F2].
  destruct FI as [I MIN]. apply in_app_iff in I. destruct I as [I|I].
  - specialize (F1 I). apply in_flat_map in I. destruct I as (w & J & I). destruct (in_split _ _ J) as (evq & evr & ->).
    apply Forall2_app_inv_r in BS. destruct BS as (bq & bs' & BQ & BS & ->). inversion BS as [|b w0 br evr0 EX BR]; subst.
    eapply step_use; try eassumption. split; [exact I|]. intros x K. apply F1. apply in_flat_map. exists w. split; [|exact K].
    apply in_app_iff. right. left. reflexivity.
  - destruct (all_over _ _ _ _ e BS (ending_inside _ _ _ _ EN GD e I)) as (E & Fs & -> & FO); [intros x K; apply MIN; apply in_app_iff; auto|].
    rewrite E. destruct Fs as [|F Fs]; [exfalso; apply NE; reflexivity|].
    destruct (END (concat (F :: Fs))) as (its & nws & Pl' & AW & P & O); [apply joins; exact Pl | | apply F2; exact I|].
    + intros x A z K. apply in_concat in K. destruct K as (F' & K & K'). exact (FO F' K x A z K').
    + exists its, nws. split; [exact Pl'|]. split; [exact AW|]. split; [exact P | simpl; lia].
Qed.

(** A handle with its uses, none of which has begun *)
Lemma step_uses : forall L e c k F us r after (fin : work), good after -> behind after F -> plays L (Owned c k [Here F] :: r) ->
  (forall u, In u us -> used after k u) -> ending (and_over wide X after us) c k fin ->
  (forall F, plays L (Owned c k [Here F] :: r) -> behind (and_over wide X after us) F -> first e (fst fin) -> steps L e r fin) ->
  first e (flat_map events_of_use us ++ fst fin) -> steps L e r (flat_map events_of_use us ++ fst fin, list_sum (map (pending_use stay) us) + snd fin).
Proof.
  intros L e c k F us r after fin GD BF Pl US EN END FI. apply (splits L c k F (length us)) in Pl.
  assert (EQ : flat_map events_of_use us = evs_of (([], 0) :: map of_use us)).
  { unfold evs_of. simpl. clear. induction us as [|u us IH]; simpl; [reflexivity | rewrite IH; reflexivity]. }
  assert (EO : list_sum (map (pending_use stay) us) = open_of (([], 0) :: map of_use us)).
  { unfold open_of. simpl. f_equal. symmetry. apply map_map. }
  rewrite EQ, EO in *. eapply step_owned; [apply good_over; exact GD | exact Pl | discriminate | | exact EN | exact END | exact FI].
  constructor; [apply expects_over; intros x [A _]; apply BF; exact A|].
  assert (Q : forall vs, incl vs us -> Forall2 (expects (and_over wide X after us) k) (repeat (Here F) (length vs)) (map of_use vs)).
  { induction vs as [|v vs IH]; intros I; simpl; constructor.
    - apply (expects_use _ _ after); [exact GD | exact BF | apply US; apply I; left; reflexivity|].
      intros x [_ A]. apply A. apply I. left. reflexivity.
    - apply IH. intros z J. apply I. right. exact J. }
  apply Q. apply incl_refl.
Qed.

Lemma lives_events : forall ls, flat_map fst (map of_life ls) = flat_map events_of ls.
Proof. induction ls as [|l ls IH]; simpl; [reflexivity | rewrite IH; reflexivity]. Qed.

Lemma all_step :
  (forall after x l, lives after x l -> good after -> forall L e F r, behind after F -> plays L (item_of F x :: r) ->
     first e (events_of l) -> steps L e r (of_life l))
  /\ (forall after k u, used after k u -> True)
  /\ (forall after x f, fated after x f -> good after -> forall L e F r, behind after F -> plays L (item_of F x :: r) ->
     first e (events_of_fate f) -> steps L e r (events_of_fate f, pending_fate stay f))
  /\ (forall after o t h, goes after o t h -> good after -> forall L e F r, behind after F -> plays L (Calling o t F :: r) ->
     first e (events_of_history h) -> steps L e r (of_history h))
  /\ (forall after xs ls, all_live after xs ls -> good after -> forall L e F r, behind after F -> plays L (map (item_of F) xs ++ r) ->
     first e (flat_map events_of ls) -> steps L e r (flat_map events_of ls, list_sum (map (pending stay) ls))).
Proof.
  apply (client_ind RA PA uninit p wide X a touches); simpl; try (intros; exact I).
  - intros after k us f US _ FA IF GD L e F r BF Pl FI.
    apply (step_uses L e Client k F us r after (events_of_fate f, pending_fate stay f)); [exact GD | exact BF | exact Pl | exact US | apply ending_fate; exact FA | | exact FI].
    intros F' Pl' BF' FI'. apply (IF (good_over _ _ GD) L e F'); assumption.
  - intros after x f _ _ IF GD L e F r BF Pl FI. eapply IF; eassumption.
  - intros after e0 l w V T A LI _ GD L e F r BF Pl FI.
    assert (e = e0) as ->.
    { eapply first_head; [exact FI|]. intros x I. apply (proj1 all_inside _ _ _ LI (good_before e0) x I). }
    apply (r_use_mut L F e0 w r (value_label _ _ V) T (BF _ A)) in Pl.
    exists [item_of [e0] AMutable], [of_life l]. split; [exact Pl|]. split; [|split; [perm | opens]].
    constructor; [|constructor]. eapply awaits_fresh; [apply good_before | apply behind_now | exact LI].
  - intros after l _ IH GD L e F r BF Pl FI. apply r_end_mut in Pl. eapply IH; eassumption.
  - intros after x GD L e F r _ _ [[] _].
  - intros after built e0 l V A LI _ GD L e F r BF Pl FI.
    assert (e = e0) as ->.
    { eapply first_head; [exact FI|]. intros x I. apply (proj1 all_inside _ _ _ LI (good_before e0) x I). }
    apply (r_write L F built e0 r (value_label _ _ V) (BF _ A)) in Pl.
    exists [item_of [e0] (AHandle (Building true))], [of_life l]. split; [exact Pl|]. split; [|split; [perm | opens]].
    constructor; [|constructor]. eapply awaits_fresh; [apply good_before | apply behind_now | exact LI].
  - intros after x o args n h OW BE _ IG GD L e F r BF Pl FI. apply (r_call L F o n args x r OW BE) in Pl. eapply IG; eassumption.
  - intros after o t GD L e F r _ _ [[] _].
  - intros after o t e0 t' h EM A GO _ GD L e F r BF Pl FI.
    assert (e = e0) as ->.
    { eapply first_head; [exact FI|]. intros x I. apply (proj1 (proj2 (proj2 (proj2 all_inside))) _ _ _ _ GO (good_before e0) x I). }
    apply (r_event L F o t t' e0 r (emits_offers _ _ _ EM (proj2 GD _ A)) (BF _ A)) in Pl.
    exists [Calling o t' [e0]], [of_history h]. split; [exact Pl|]. split; [|split; [perm | opens]].
    constructor; [|constructor]. eapply awaits_calling; [apply good_before | apply behind_now | exact GO].
  - intros after o t t' h EL _ IG GD L e F r BF Pl FI. apply (r_elsewhere L F o t t' r EL) in Pl. eapply IG; eassumption.
  - intros after o what bs k u us v h IB US _ AN GO IG GD L e F r BF Pl FI. apply (r_lend L F o what bs k u r IB) in Pl.
    apply (step_uses L e (Lender o what k u) (lent o) F us r after (of_history h)); [exact GD | exact BF | exact Pl | exact US | eapply ending_lent; [exact AN | exact GO] | | exact FI].
    intros F' Pl' BF' FI'. apply (r_lent L F' o what k u v r AN) in Pl'. apply (IG (good_over _ _ GD) L e F'); assumption.
  - intros after o what bs k u us h IB US _ PF GO IG GD L e F r BF Pl FI. apply (r_lend L F o what bs k u r IB) in Pl.
    apply (step_uses L e (Lender o what k u) (lent o) F us r after (of_history h)); [exact GD | exact BF | exact Pl | exact US | apply ending_unwinds; [exact PF | exact GO] | | exact FI].
    intros F' Pl' BF' FI'. apply (r_lent_unwinds L F' o what k u r PF) in Pl'. apply (IG (good_over _ _ GD) L e F'); assumption.
  - intros after o v new AL IA GD L e F r BF Pl FI. apply r_end in Pl. eapply IA; eassumption.
  - intros after GD L e F r _ _ [[] _].
  - intros after x xs l ls LI IH AL IHs GD L e F r BF Pl FI. destruct (first_app _ _ _ FI) as [F1 F2].
    destruct FI as [I _]. apply in_app_iff in I. destruct I as [I|I].
    + destruct (IH GD L e F (map (item_of F) xs ++ r) BF Pl (F1 I)) as (its & ws & Pl' & AW & P & O).
      exists (its ++ map (item_of F) xs), (ws ++ map of_life ls). rewrite <- app_assoc. split; [exact Pl'|]. split; [|split].
      * apply Forall2_app; [exact AW | eapply fresh; eassumption].
      * simpl in *. rewrite P. unfold evs_of. rewrite flat_map_app. simpl. rewrite lives_events. reflexivity.
      * simpl in *. unfold open_of in *. rewrite map_app, list_sum_app, map_map. simpl. apply Nat.add_le_mono_r. exact O.
    + destruct (IHs GD L e F (item_of F x :: r) BF) as (its & ws & Pl' & AW & P & O).
      * eapply plays_perm; [exact Pl | apply Permutation_middle].
      * apply F2. exact I.
      * exists (item_of F x :: its), (of_life l :: ws). split; [|split; [|split]].
        -- eapply plays_perm; [exact Pl' | symmetry; apply Permutation_middle].
        -- constructor; [eapply awaits_fresh; eassumption | exact AW].
        -- simpl in *. rewrite P. perm.
        -- unfold open_of in *. simpl in *. lia.
Qed.

Lemma step : forall L e it w r, plays L (it :: r) -> awaits it w -> first e (fst w) -> steps L e r w.
Proof.
  intros L e it w r Pl AW FI. destruct all_step as (SL & _ & SF & SG & _).
  destruct AW as [after c k bs ws fin GD BS NE EN|after F x l GD BF LI|after o t F h GD BF GO].
  - eapply step_owned; [exact GD | exact Pl | exact NE | exact BS | exact EN | | exact FI].
    intros F Pl' BF FI'. destruct EN as [k f FA|o what kk u v h AN GO|o what kk u h PF GO].
    + eapply SF; eassumption.
    + apply (r_lent L F o what kk u v r AN) in Pl'. eapply SG; eassumption.
    + apply (r_lent_unwinds L F o what kk u r PF) in Pl'. eapply SG; eassumption.
  - eapply SL; eassumption.
  - eapply SG; eassumption.
Qed.

(** ** A call that is aborting has not returned *)

Lemma emits_aborting : forall t e t', emits t e t' -> aborting t -> aborting t'.
Proof. intros t e t' H A. destruct H; simpl in A; try contradiction; apply A. Qed.

Lemma run_aborting : forall t es t', run t es t' -> aborting t -> aborting t'.
Proof. intros t es t' H. induction H; intros A; [exact A | eauto using emits_aborting]. Qed.

Lemma goes_aborting : forall after o t h, goes after o t h -> aborting t -> 1 <= pending_history stay h.
Proof.
  intros after o t h H. induction H; intros A; simpl in *; try contradiction; try lia.
  - eauto using emits_aborting.
  - eauto using aborting_elsewhere.
Qed.

Lemma abort_one : forall (t : tree) n m, (aborting t -> 1 <= m) -> abort n [t] -> n <= m.
Proof.
  intros t n m T A. inversion A as [|k t0 ts AT B|k t0 ts B]; subst; inversion B; subst; [auto | lia].
Qed.

Lemma abort_none_there : forall n, abort n [] -> n = 0.
Proof. intros n A. inversion A. reflexivity. Qed.

Lemma expects_open : forall after k b w, expects after k b w -> forall n, abort n (in_call b) -> n <= snd w.
Proof.
  intros after k b w H n A. destruct H as [F AF|o t F NA|from F u GF BF US OV|o t F c es new GO AL OV]; simpl in *;
    try (apply abort_none_there in A; lia).
  - apply (abort_one t); [auto | exact A].
  - apply (abort_one t); [|exact A]. intros AB. pose proof (run_aborting _ _ _ (g_run _ _ _ _ _ GO) AB) as Q.
    unfold unreturned. destruct (stands c); simpl in Q; try contradiction; lia.
Qed.

Lemma awaits_open : forall it w, awaits it w -> forall n, abort n (in_calls it) -> n <= snd w.
Proof.
  intros it w H. destruct H as [after c k bs ws fin GD BS NE EN|after F x l GD BF LI|after o t F h GD BF GO]; intros n A; simpl in *.
  - apply Nat.le_trans with (open_of ws); [|lia]. clear - BS A. revert n A. induction BS as [|b w bs ws H BS IH]; intros n A; simpl in A.
    + apply abort_none_there in A. lia.
    + apply abort_split in A. destruct A as (i & j & -> & I & J). unfold open_of in *. simpl.
      apply Nat.add_le_mono; [eapply expects_open; eassumption | apply IH; exact J].
  - destruct x; simpl in A; apply abort_none_there in A; lia.
  - apply (abort_one t); [|exact A]. intros AB. eapply goes_aborting; eassumption.
Qed.

Lemma all_open : forall its ws, Forall2 awaits its ws -> forall n, abort n (running its) -> n <= open_of ws.
Proof.
  intros its ws H. induction H as [|it w its ws H HS IH]; intros n A; simpl in A.
  - apply abort_none_there in A. lia.
  - apply abort_split in A. destruct A as (i & j & -> & I & J). unfold open_of in *. simpl.
    apply Nat.add_le_mono; [eapply awaits_open; eassumption | apply IH; exact J].
Qed.

Lemma abort_perm : forall ts us, Permutation ts us -> forall n, abort n ts -> abort n us.
Proof.
  intros ts us P. induction P as [|t ts us P IH|t u ts|ts us vs P IH Q JH]; intros n A; auto.
  - inversion A; subst; [apply abort_this | apply abort_other]; auto.
  - inversion A as [|k t0 ts0 T B|k t0 ts0 B]; subst; inversion B; subst; repeat (first [apply abort_this; [assumption|] | apply abort_other]; auto).
Qed.

(** ** Nothing is left

    What has no event to come, and nothing pending, can be brought to its end. *)


Lemma all_finish : stay = 1 ->
  (forall after x l, lives after x l -> forall L F r, plays L (item_of F x :: r) -> events_of l = [] -> pending stay l = 0 -> plays L r)
  /\ (forall after k u, used after k u -> True)
  /\ (forall after x f, fated after x f -> forall L F r, plays L (item_of F x :: r) -> events_of_fate f = [] -> pending_fate stay f = 0 -> plays L r)
  /\ (forall after o t h, goes after o t h -> forall L F r, plays L (Calling o t F :: r) -> events_of_history h = [] -> pending_history stay h = 0 -> plays L r)
  /\ (forall after xs ls, all_live after xs ls -> forall L F r, plays L (map (item_of F) xs ++ r) -> flat_map events_of ls = [] ->
       list_sum (map (pending stay) ls) = 0 -> plays L r).
Proof.
  intros ->. apply (client_ind RA PA uninit p wide X a touches); simpl; try (intros; exact I); try (intros; discriminate).
  - intros after k us f US _ _ IF L F r Pl E N. apply app_eq_nil in E. apply Nat.eq_add_0 in N. eapply IF; [exact Pl | apply E | apply N].
  - intros after x f _ _ IF L F r Pl E N. eapply IF; eassumption.
  - intros after l _ IH L F r Pl E N. apply r_end_mut in Pl. eapply IH; eassumption.
  - intros after x o args n h OW BE _ IG L F r Pl E N. apply (r_call L F o n args x r OW BE) in Pl. eapply IG; eassumption.
  - intros after o t t' h EL _ IG L F r Pl E N. apply (r_elsewhere L F o t t' r EL) in Pl. eapply IG; eassumption.
  - intros after o what bs k u us v h IB US _ AN _ IG L F r Pl E N. apply app_eq_nil in E. apply Nat.eq_add_0 in N.
    apply (r_lend L F o what bs k u r IB) in Pl. apply (r_lent L F o what k u v r AN) in Pl. eapply IG; [exact Pl | apply E | apply N].
  - intros after o what bs k u us h IB US _ PF _ IG L F r Pl E N. apply app_eq_nil in E. apply Nat.eq_add_0 in N.
    apply (r_lend L F o what bs k u r IB) in Pl. apply (r_lent_unwinds L F o what k u r PF) in Pl. eapply IG; [exact Pl | apply E | apply N].
  - intros after o v new _ IA L F r Pl E N. apply r_end in Pl. eapply IA; eassumption.
  - intros after L F r Pl _ _. exact Pl.
  - intros after x xs l ls _ IH _ IHs L F r Pl E N. apply app_eq_nil in E. apply Nat.eq_add_0 in N.
    eapply IHs; [eapply IH; [exact Pl | apply E | apply N] | apply E | apply N].
Qed.

Lemma all_here : forall after k bs ws, Forall2 (expects after k) bs ws -> evs_of ws = [] -> open_of ws = 0 -> exists Fs, bs = map Here Fs.
Proof.
  intros after k bs ws BS. induction BS as [|b w bs ws H BS IH]; intros E N; [exists []; reflexivity|].
  unfold evs_of, open_of in *. simpl in E, N. apply app_eq_nil in E. apply Nat.eq_add_0 in N. destruct E as [E1 E2], N as [N1 N2].
  destruct (IH E2 N2) as (Fs & EQ). rewrite EQ.
  destruct H as [F AF|o t F NA|from F u GF BF US OV|o t F ca es new GO AL OV]; simpl in E1, N1.
  - exists (F :: Fs). reflexivity.
  - discriminate N1.
  - exists (F :: Fs). reflexivity.
  - exfalso. apply (g_some _ _ _ _ _ GO). apply app_eq_nil in E1. apply E1.
Qed.

Lemma finish : stay = 1 -> forall L it r, awaits it ([], 0) -> plays L (it :: r) -> plays L r.
Proof.
  intros SE L it r AW Pl. destruct (all_finish SE) as (FL & _ & FF & FG & _). remember ([] : list nat, 0) as w eqn:W.
  destruct AW as [after c k bs ws fin GD BS NE EN|after F x l GD BF LI|after o t F h GD BF GO]; injection W as E N.
  - apply app_eq_nil in E. apply Nat.eq_add_0 in N. destruct E as [E EF], N as [N NF].
    pose proof (all_here _ _ _ _ BS E N) as BH.
    destruct BH as (Fs & ->). destruct Fs as [|F Fs]; [exfalso; apply NE; reflexivity|]. apply joins in Pl.
    destruct EN as [k f FA|o what kk u v h AN GO|o what kk u h PF GO]; simpl in EF, NF.
    + eapply FF; eassumption.
    + apply (r_lent L (concat (F :: Fs)) o what kk u v r AN) in Pl. eapply FG; eassumption.
    + apply (r_lent_unwinds L (concat (F :: Fs)) o what kk u r PF) in Pl. eapply FG; eassumption.
  - eapply FL; eassumption.
  - eapply FG; eassumption.
Qed.

Lemma finish_all : stay = 1 -> forall L its ws, Forall2 awaits its ws -> evs_of ws = [] -> open_of ws = 0 -> plays L its -> plays L [].
Proof.
  intros SE L its ws AW. induction AW as [|it w its ws H AW IH]; intros E N Pl; [exact Pl|]. unfold evs_of, open_of in *. simpl in E, N.
  apply app_eq_nil in E. apply Nat.eq_add_0 in N. apply IH; [apply E | apply N|].
  destruct w as [evs n]. simpl in E, N. destruct E as [-> _], N as [-> _]. eapply finish; [exact SE | exact H | exact Pl].
Qed.

(** ** All of them *)

Section Told.
Variables (b : nat) (o : called) (args : list val) (n : nat) (w : word) (m : mode) (rest : tree) (h : history).
Hypothesis AL : allocating p o args.
Hypothesis BE : begins PA p (run_of RA PA n o args) w rest.
Hypothesis IB : In b (evs X).
Hypothesis NR : read_of X b = None.
Hypothesis AB : act_of X b = W (WordOf a) m (bits w).
Hypothesis WW : within w.
Hypothesis GO : goes (comes_before b) o rest h.
Hypothesis ND : NoDup (b :: events_of_history h).
Hypothesis ALL : forall e, In e (evs X) -> half X e = false -> concerns X a e = true -> In e (b :: events_of_history h).

Lemma birth_here : In b (Graph.events G).
Proof.
  apply here. split; [exact IB|]. split.
  - apply (write_not_half _ _ C). unfold an. rewrite AB. reflexivity.
  - apply concerns_word. eapply word_here. eauto.
Qed.

Lemma inside_history : forall e, In e (events_of_history h) -> inside (comes_before b) e.
Proof. destruct all_inside as (_ & _ & _ & IG & _). apply (IG _ _ _ _ GO). apply good_before. Qed.

Lemma rmws : rmws_only X a.
Proof.
  assert (Q : forall x, In x (evs X) -> to_word X a x = true -> an X is_W x = true -> read_of X x = None -> x = b).
  { intros x I T A N. destruct (ALL x I (write_not_half _ _ C x A) (concerns_word _ _ _ T)) as [H|H]; [auto|].
    exfalso. destruct (inside_history x H) as (_ & _ & Z). exact (Z T A N). }
  intros x y I J T T' A A' N N'. rewrite (Q x I T A N), (Q y J T' A' N'). reflexivity.
Qed.

Lemma starts : plays [b] [Calling o rest [b]].
Proof.
  exists [Calling o rest [b]]. split; [apply Permutation_refl|]. eapply play_begins; [exact AL | exact BE|].
  change (lab G b) with (lab_of X a touches b). unfold lab_of, counts_at. rewrite (word_here b m (bits w)) by auto. rewrite AB, NR.
  simpl. rewrite word_of_bits by exact WW. reflexivity.
Qed.

Lemma tells : forall L, told G L -> L <> [] -> exists its ws, plays L its /\ Forall2 awaits its ws /\ NoDup (evs_of ws)
  /\ (forall x, In x (evs_of ws) -> ~ In x L /\ In x (Graph.events G))
  /\ (forall x, In x (Graph.events G) -> In x L \/ In x (evs_of ws)) /\ open_of ws <= pending_history stay h.
Proof.
  induction L as [|e L IH]; intros T NE; [congruence|]. simpl in T. destruct T as (IE & NI & BEF & T).
  assert (COV : forall x, In x (Graph.events G) -> In x (b :: events_of_history h)) by (intros x H; apply here in H; apply ALL; apply H).
  destruct L as [|e' L].
  - assert (e = b) as ->.
    { destruct (COV e IE) as [H|H]; [auto|]. exfalso. destruct (inside_history e H) as (B & _).
      destruct (BEF b birth_here). left. apply before_hb. exact B. }
    exists [Calling o rest [b]], [of_history h]. inversion ND as [|b0 l0 N1 N2]; subst.
    assert (EQ : evs_of [of_history h] = events_of_history h) by (unfold evs_of; simpl; apply app_nil_r). rewrite EQ.
    split; [apply starts|]. split.
    { constructor; [|constructor]. eapply awaits_calling; [apply good_before | apply behind_now | exact GO]. }
    split; [exact N2|]. split; [|split; [|opens]].
    + intros x H. split; [intros [<-|[]]; contradiction | apply (inside_history x H)].
    + intros x H. simpl. destruct (COV x H); auto.
  - destruct (IH T ltac:(discriminate)) as (its & ws & Pl & AW & N & A & B & O). clear IH.
    destruct (B e IE) as [H|H]; [contradiction|]. apply in_flat_map in H. destruct H as (w0 & J & H).
    destruct (in_split _ _ J) as (o1 & o2 & ->). apply Forall2_app_inv_r in AW. destruct AW as (i1 & i' & A1 & A2 & ->).
    inversion A2 as [|it w1 i2 o20 AI A3]; subst.
    assert (SUB : forall x, In x (fst w0) -> In x (evs_of (o1 ++ w0 :: o2))) by (intros x K; apply in_flat_map; exists w0; auto).
    destruct (step (e' :: L) e it w0 (i1 ++ i2)) as (new & nws & Pl' & AW' & P & O').
    + eapply plays_perm; [exact Pl | symmetry; apply Permutation_middle].
    + exact AI.
    + split; [exact H|]. intros x K BX. destruct (A x (SUB x K)) as [A' A'']. apply A'. apply BEF; [exact A'' | left; apply before_hb; exact BX].
    + assert (Q : Permutation (evs_of (o1 ++ w0 :: o2)) (e :: evs_of (nws ++ o1 ++ o2))).
      { unfold evs_of in *. rewrite !flat_map_app. simpl. rewrite P. perm. }
      pose proof (Permutation_NoDup Q N) as N'. inversion N' as [|e0 r0 NE' N'']; subst.
      exists (new ++ i1 ++ i2), (nws ++ o1 ++ o2). split; [exact Pl'|]. split; [repeat apply Forall2_app; assumption|].
      split; [exact N''|]. split; [|split].
      * intros x K. destruct (A x) as [A' A'']; [eapply Permutation_in; [symmetry; exact Q | right; exact K]|].
        split; [|exact A'']. intros [<-|K']; contradiction.
      * intros x K. destruct (B x K) as [B'|B']; [left; right; exact B'|].
        eapply Permutation_in in B'; [|exact Q]. destruct B' as [<-|B']; [left; left; reflexivity | right; exact B'].
      * unfold open_of in *. rewrite !map_app, !list_sum_app in *. simpl in O. lia.
Qed.
End Told.
End ClientPlay.

(** After the initialisation the word is written by RMWs only. *)
Theorem client_rmws_only : forall R P uninit p wide X a touches h, rc11 wide X -> client_of R P uninit p wide X a touches h -> rmws_only X a.
Proof.
  intros R P uninit p wide X a ex h C (_ & b & o & args & n & w & m & rest & _ & _ & _ & _ & _ & _ & GO & _ & ALL). eapply rmws; eassumption.
Qed.

Section Plays.
Variables (R P uninit : bool) (p : Z) (wide : bool) (X : execution) (a : nat) (touches : nat -> touch) (h : history).
Hypothesis C : rc11 wide X.
Hypothesis CL : client_of R P uninit p wide X a touches h.
Let G := project wide X a touches.

(** In every order of telling the events are a play; and if nothing is left, one that is over. *)
Lemma told_all : forall stay L, told G L -> (forall x, In x L <-> In x (Graph.events G)) ->
  exists its ws, plays R P uninit p wide X a touches L its /\ Forall2 (awaits R P uninit p wide X a touches stay) its ws /\ evs_of ws = []
    /\ open_of ws <= pending_history stay h.
Proof.
  intros stay L T COV. destruct CL as (U & b & o & args & n & w & m & rest & AL & BE & IB & NR & AB & WW & GO & ND & ALL).
  destruct (tells R P uninit p wide X a touches C U stay b o args n w m rest h AL BE IB NR AB WW GO ND ALL L T) as (its & ws & Pl & AW & _ & A & _ & O).
  - intros ->. apply (COV b). eapply birth_here; eassumption.
  - exists its, ws. split; [exact Pl|]. split; [exact AW|]. split; [|exact O].
    destruct (evs_of ws) as [|x evs]; [reflexivity|]. exfalso. destruct (A x (or_introl eq_refl)) as [N I]. apply N. apply COV. exact I.
Qed.

Theorem client_plays : (Z.of_nat (pending_history 0 h) < 2 ^ 23)%Z -> forall L, told G L -> (forall x, In x L <-> In x (Graph.events G)) ->
  exists items, play R P uninit p G L items /\ few (running items).
Proof.
  intros LIM L T COV. destruct (told_all 0 L T COV) as (its & ws & (items & PE & PL) & AW & _ & O). exists items. split; [exact PL|].
  intros n A. apply (abort_perm _ (running its)) in A; [|apply Permutation_flat_map; symmetry; exact PE].
  pose proof (all_open _ _ _ _ _ _ _ _ _ _ _ AW n A). lia.
Qed.

Theorem finished_plays : pending_history 1 h = 0 -> forall L, told G L -> (forall x, In x L <-> In x (Graph.events G)) -> play R P uninit p G L [].
Proof.
  intros Z L T COV. destruct (told_all 1 L T COV) as (its & ws & Pl & AW & E & O).
  destruct (finish_all R P uninit p wide X a touches 1 eq_refl L its ws AW E ltac:(lia) Pl) as (items & PE & PL).
  apply Permutation_nil in PE. subst items. exact PL.
Qed.
End Plays.
