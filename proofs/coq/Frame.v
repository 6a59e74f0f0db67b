(** * What one effect leaves unchanged for the other agents

    A step changes the memory, and the view of one agent.  These lemmas carry what the invariant says of the others over to the new
    memory: their tokens, what they know, and what they count. *)

From Coq Require Import List Arith Bool Lia.
From Coq Require Import Permutation.
From ProvenArc Require Import Accesses Model Invariant.
Import ListNotations.

(** ** Messages *)

Lemma message_at_le : forall m i g, message_at m i = Some g -> i <= last m.
Proof.
  intros m i g H. unfold message_at, last in *.
  assert (N : nth_error (earlier m ++ [newest m]) i <> None) by congruence.
  apply nth_error_Some in N. rewrite app_length in N. simpl in N. lia.
Qed.

Lemma message_at_last : forall m, message_at m (last m) = Some (newest m).
Proof. intros. unfold message_at, last. rewrite nth_error_app2 by lia. rewrite Nat.sub_diag. reflexivity. Qed.

Lemma message_at_newest : forall m g, message_at m (last m) = Some g -> g = newest m.
Proof. intros m g H. rewrite message_at_last in H. congruence. Qed.

Definition same_word (m m' : memory) : Prop := earlier m' = earlier m /\ newest m' = newest m.

Lemma same_message_at : forall m m' i, same_word m m' -> message_at m' i = message_at m i.
Proof. intros m m' i [E N]. unfold message_at. rewrite E, N. reflexivity. Qed.

Lemma same_last : forall m m', same_word m m' -> last m' = last m.
Proof. intros m m' [E N]. unfold last. rewrite E. reflexivity. Qed.

Lemma same_now : forall m m', same_word m m' -> now m' = now m.
Proof. intros m m' [E N]. unfold now. rewrite N. reflexivity. Qed.

Lemma same_can_read : forall m m' V i g, same_word m m' -> (can_read m' V i g <-> can_read m V i g).
Proof. intros. unfold can_read. erewrite same_message_at by eassumption. tauto. Qed.

(** [m'] has one more message, with word [w]. *)
Definition one_more (m m' : memory) (w : word) : Prop :=
  earlier m' = earlier m ++ [newest m] /\ now m' = w /\ incl (released (newest m)) (released (newest m')).

Lemma more_last : forall m m' w, one_more m m' w -> last m' = S (last m).
Proof. intros m m' w (E & _). unfold last. rewrite E, app_length. simpl. lia. Qed.

Lemma more_old : forall m m' w i g, one_more m m' w -> message_at m i = Some g -> message_at m' i = Some g.
Proof.
  intros m m' w i g (E & _) H. pose proof (message_at_le _ _ _ H) as L. unfold message_at, last in *. rewrite E.
  rewrite nth_error_app1 by (rewrite app_length; simpl; lia). exact H.
Qed.

Lemma more_at : forall m m' w i g, one_more m m' w -> message_at m' i = Some g ->
  (i = S (last m) /\ g = newest m') \/ (i <= last m /\ message_at m i = Some g).
Proof.
  intros m m' w i g M H. pose proof (message_at_le _ _ _ H) as L. rewrite (more_last _ _ _ M) in L.
  destruct (Nat.eq_dec i (S (last m))) as [->|N].
  - left. split; [reflexivity|]. rewrite <- (more_last _ _ _ M) in H. apply message_at_newest. exact H.
  - right. split; [lia|]. destruct M as (E & _). unfold message_at, last in *. rewrite E in H.
    rewrite nth_error_app1 in H by (rewrite app_length; simpl; lia). exact H.
Qed.

(** ** Places *)

Lemma place_same : forall m m' V l, same_word m m' -> place_ok m V l -> place_ok m' V l.
Proof. intros m m' V l S. destruct l; simpl; auto; rewrite (same_message_at _ _ _ S); auto. Qed.

Lemma place_more : forall m m' w V l, one_more m m' w -> place_ok m V l -> place_ok m' V l.
Proof.
  intros m m' w V l M. destruct l; simpl; auto; intros (A & B & g & C & D); (split; [exact A|split; [exact B|]]);
    exists g; (split; [eapply more_old; eassumption | exact D]).
Qed.

Lemma place_view : forall m V V' l, oldest V <= oldest V' -> place_ok m V l -> place_ok m V' l.
Proof. intros m V V' l L. destruct l; simpl; auto; intros (A & B); (split; [lia | exact B]). Qed.

(** ** Tokens and agents while another agent acts *)

(** An access that changes neither the word nor the value's writes: any access except RMWs and writes. *)
Definition unwritten (m m' : memory) : Prop :=
  same_word m m' /\ writes m' = writes m.

Lemma token_unwritten : forall m m' k t, unwritten m m' ->
  (alone_at (at_place t) = true -> clock m' = clock m) -> token_ok m k t -> token_ok m' k t.
Proof.
  intros m m' k t (S & W) C (A & B & P & F & K).
  unfold token_ok. rewrite (same_last _ _ S), W, (same_now _ _ S). destruct S as [S1 S2].
  repeat split; auto.
  - eapply place_same; [split; eassumption | exact P].
  - destruct k.
    + destruct K as [K1 K2]. split; [exact K1|]. intros E. rewrite (C E). auto.
    + rewrite S2. exact K.
    + destruct K as [K1 K2]. split; [exact K1|]. intros i g R. apply (K2 i g). apply (same_can_read m m'); [split; assumption | exact R].
Qed.

(** An RMW. *)
Lemma token_more : forall m m' w k t, one_more m m' w -> writes m' = writes m ->
  alone_at (at_place t) = false ->
  (k = Weak -> 1 <= strong w -> 1 <= strong (now m) \/ incl (writes m) (released (newest m'))) ->
  (forall v, k = Building v -> strong w = 0) ->
  token_ok m k t -> token_ok m' k t.
Proof.
  intros m m' w k t M W X HW HB (A & B & P & F & K).
  unfold token_ok. rewrite (more_last _ _ _ M), W. repeat split; auto.
  - eapply place_more; eassumption.
  - destruct k.
    + destruct K as [K1 K2]. split; [exact K1|]. intros E. congruence.
    + intros S x I. destruct M as (_ & N & R). rewrite N in S. apply in_app_iff.
      destruct (HW eq_refl S) as [Y|Y]; [|left; apply Y; exact I].
      specialize (K Y x I). apply in_app_iff in K. destruct K as [K|K]; [left; apply R; exact K | right; exact K].
    + destruct K as [K1 K2]. split; [exact K1|]. intros i g (R1 & R2).
      destruct (more_at _ _ _ _ _ M R2) as [[E G]|[L R]].
      * subst g. destruct M as (_ & N & _). unfold now in N. rewrite N. eapply HB. reflexivity.
      * apply (K2 i g). split; assumption.
Qed.

Definition quiet (a : agent) : Prop :=
  match a with
  | Handle _ ts => exists t, In t ts /\ alone_at (at_place t) = true
  | Busy (Owner _ true) _ => True
  | _ => False
  end.

Lemma handle_unwritten : forall m m' k ts, unwritten m m' ->
  (forall x, In x (reads m') -> In x (reads m)) \/ owners (Handle k ts) = 0 ->
  (quiet (Handle k ts) -> clock m' = clock m) -> handle_ok m k ts -> handle_ok m' k ts.
Proof.
  intros m m' k ts U RD C (N & L & T & Y & B). split; [exact N|split; [exact L|split; [|split]]].
    + intros t I. apply token_unwritten with m; auto. intros E. apply C. exists t. auto.
    + destruct U as [S _]. intros i g. rewrite (same_last _ _ S), (same_message_at _ _ _ S). apply Y.
    + destruct k; auto.
      * destruct U as [S _]. intros t i g I R. apply (same_can_read _ _ _ _ _ S) in R. eapply B; eassumption.
      * intros x I. apply B. destruct RD as [RD|RD]; [auto | discriminate RD].
Qed.

Lemma agent_unwritten : forall m m' a, unwritten m m' ->
  (forall x, In x (reads m') -> In x (reads m)) \/ owners a = 0 ->
  (quiet a -> clock m' = clock m) -> agent_ok m a -> agent_ok m' a.
Proof.
  intros m m' a U RD C OK. destruct a as [k ts|n V|tk V].
  - apply handle_unwritten with m; assumption.
  - destruct OK as [N OK]. split; [exact N|]. apply handle_unwritten with m; auto. intros (t & [<-|[]] & E). discriminate E.
  - destruct OK as (A & B & K). destruct U as [S W]. unfold agent_ok, task_ok. rewrite (same_last _ _ S).
    split; [exact A|split; [exact B|]].
    assert (RD' : owners (Busy tk V) = 1 -> forall x, value_event m' x -> value_event m x).
    { unfold value_event. rewrite W. intros O x [I|I]; [auto|]. destruct RD as [RD|RD]; [auto | congruence]. }
    destruct tk; simpl in *; auto.
    + intros i g R. apply (same_can_read _ _ _ _ _ S) in R. destruct (K i g R) as (K1 & K2 & K3).
      split; [exact K1|split; [exact K2|]]. intros x I. apply K3. apply RD'; auto.
    + destruct K as [K1 K2]. split.
      * intros x I. apply K1. apply RD'; auto.
      * intros E. destruct (K2 E) as [K3 K4]. rewrite (same_now _ _ S). split; [exact K3|]. subst alone. rewrite C by exact I. exact K4.
Qed.

Lemma handle_stays : forall m m' w k ts, one_more m m' w -> writes m' = writes m -> reads m' = reads m ->
  ~ quiet (Handle k ts) ->
  (k = Strong -> now m <> UNIQUE) ->
  (owners (Handle k ts) = 1 -> weak (now m) <> 1) ->
  (k = Weak -> 1 <= strong w -> 1 <= strong (now m) \/ incl (writes m) (released (newest m'))) ->
  (owners (Handle k ts) = 1 -> strong w = 0) ->
  (k = Strong -> 1 <= strong w) ->
  handle_ok m k ts -> handle_ok m' k ts.
Proof.
  intros m m' w k ts M W R Q HU HO HW HB HS (N & L & T & Y & B). split; [exact N|split; [exact L|split; [|split]]].
    + intros t I. eapply token_more; eauto.
      * destruct (alone_at (at_place t)) eqn:E; [|reflexivity]. exfalso. apply Q. exists t. auto.
      * intros v ->. exact (HB eq_refl).
    + intros i g LT H TA. destruct (more_at _ _ _ _ _ M H) as [[E G]|[LE H']]; [rewrite (more_last _ _ _ M) in LT; lia|].
      apply (Y i g); auto. destruct (Nat.eq_dec i (last m)) as [->|]; [|lia].
      apply message_at_newest in H'. subst g. exfalso. destruct k; simpl in *; [exact (HU eq_refl TA) | exact TA | exact (HO eq_refl TA)].
    + destruct k; auto; [|rewrite R; exact B]. intros t i g I (R1 & R2).
      destruct (more_at _ _ _ _ _ M R2) as [[_ G]|[_ H]].
      * subst g. destruct M as (_ & N2 & _). unfold now in N2. rewrite N2. apply HS. reflexivity.
      * apply (B t i g); [exact I | split; assumption].
Qed.

Lemma agent_more : forall m m' w a, one_more m m' w -> writes m' = writes m -> reads m' = reads m ->
  ~ quiet a ->
  (1 <= strongs a -> now m <> UNIQUE) ->
  (owners a = 1 -> weak (now m) <> 1) ->
  (1 <= weaks a -> 1 <= strong w -> 1 <= strong (now m) \/ incl (writes m) (released (newest m'))) ->
  (owners a = 1 -> strong w = 0) ->
  (1 <= strongs a -> 1 <= strong w) ->
  agent_ok m a -> agent_ok m' a.
Proof.
  intros m m' w a M W R Q HU HO HW HB HS OK. destruct a as [k ts|n V|tk V].
  - apply handle_stays with m w; auto; intros ->; first [apply HU | apply HW | apply HS]; simpl; lia.
  - destruct OK as [N OK]. split; [exact N|]. simpl in *.
    apply handle_stays with m w; auto; try discriminate. intros (t & [<-|[]] & E). discriminate E.
  - destruct OK as (A & B & K). unfold agent_ok, task_ok. rewrite (more_last _ _ _ M). split; [lia|split; [exact B|]].
    assert (VE : forall x, value_event m' x -> value_event m x) by (unfold value_event; rewrite W, R; auto).
    destruct tk; simpl in *; auto.
    + intros i g (R1 & R2). destruct (more_at _ _ _ _ _ M R2) as [[E G]|[LE H']].
      * subst i g. split; [|split; [lia|]].
        -- destruct M as (_ & N & _). unfold now in N. rewrite N. auto.
        -- destruct (K (last m) (newest m)) as (_ & _ & K3); [split; [exact A | apply message_at_last]|].
           intros x I. specialize (K3 x (VE x I)). destruct M as (_ & _ & M).
           apply in_app_iff in K3. apply in_app_iff. destruct K3 as [K3|K3]; [left; apply M; exact K3 | right; exact K3].
      * destruct (K i g) as (K1 & K2 & K3); [split; assumption|]. split; [exact K1|split; [|auto]].
        intros _. destruct (Nat.eq_dec i (last m)) as [->|]; [|apply K2; lia].
        apply message_at_newest in H'. subst g. apply HO. reflexivity.
    + destruct K as [K1 K2]. split; [auto|]. intros ->. exfalso. apply Q. exact I.
Qed.

(** A write of the value.  The agents that remain are Weaks that cannot be upgraded, and tasks that are done with the value. *)
Lemma agent_written : forall m m' a, same_word m m' ->
  strongs a = 0 -> owners a = 0 -> strong (now m) = 0 ->
  agent_ok m a -> agent_ok m' a.
Proof.
  intros m m' a S HS HT HW OK. destruct a as [k ts|n V|tk V].
  - destruct k as [| |v]; simpl in *; try discriminate. destruct OK as (N & L & T & Y & B). split; [exact N|split; [exact L|split; [|split]]].
    + intros t I. destruct (T t I) as (T1 & T2 & T3 & T4 & T5). unfold token_ok. rewrite (same_last _ _ S), (same_now _ _ S).
      repeat split; auto; [eapply place_same; eassumption | rewrite HW; lia].
    + intros i g. rewrite (same_last _ _ S), (same_message_at _ _ _ S). apply Y.
    + exact B.
  - destruct OK as [N _]. simpl in HS. lia.
  - destruct OK as (A & B & K). unfold agent_ok, task_ok. rewrite (same_last _ _ S).
    destruct tk; simpl in *; try discriminate; auto.
Qed.

(** ** One token of a handle changes *)

Lemma handle_update : forall m m' k p t q t',
  handle_ok m k (p ++ t :: q) ->
  (forall u, In u (p ++ q) -> lone (at_place u) = false -> token_ok m k u -> token_ok m' k u) ->
  token_ok m' k t' ->
  (lone (at_place t') = true -> p ++ q = []) ->
  oldest (sight t) <= oldest (sight t') -> incl (known (sight t)) (known (sight t')) ->
  (forall i g, i < last m' -> message_at m' i = Some g -> tells_alone k (content g) ->
     i < oldest (sight t') \/ (i < last m /\ message_at m i = Some g)) ->
  (forall x, In x (reads m') -> In x (reads m) \/ In x (known (sight t'))) ->
  (k = Strong -> forall i g, message_at m' i = Some g -> message_at m i = Some g \/ 1 <= strong (content g)) ->
  handle_ok m' k (p ++ t' :: q).
Proof.
  intros m m' k p t q t' (N & L & T & Y & B) HT HT' HL HO HI HY HR HS.
  assert (SUB : forall u, In u (p ++ q) -> In u (p ++ t :: q))
    by (intros u; rewrite !in_app_iff; simpl; tauto).
  assert (ONE : length (p ++ t :: q) = 1 -> p ++ q = []).
  { rewrite app_length. simpl. intros E. destruct p, q; simpl in *; try lia. reflexivity. }
  split; [|split; [|split; [|split]]].
  - intros E. destruct p; discriminate E.
  - destruct L as [L|L].
    + left. rewrite app_length in *. simpl in *. exact L.
    + destruct (lone (at_place t')) eqn:E.
      * left. specialize (HL eq_refl). rewrite app_length. destruct p, q; try discriminate HL. reflexivity.
      * right. intros u I. apply in_app_iff in I. destruct I as [I|[<-|I]]; auto;
          apply L; apply SUB; apply in_app_iff; auto.
  - intros u I. apply in_app_iff in I.
    destruct I as [J|[J|J]].
    all: try (subst u; exact HT').
    all: assert (J' : In u (p ++ q)) by (apply in_app_iff; auto).
    all: apply HT; [exact J' | | apply T; apply SUB; exact J'].
    all: destruct L as [L|L]; [rewrite (ONE L) in J'; destruct J' | apply L; apply SUB; exact J'].
  - intros i g LT H TA. destruct (HY i g LT H TA) as [Z|[Z1 Z2]].
    + exists t'. split; [apply in_app_iff; simpl; auto | exact Z].
    + destruct (Y i g Z1 Z2 TA) as (u & I & O). apply in_app_iff in I. destruct I as [I|[<-|I]].
      * exists u. split; [apply in_app_iff; auto | exact O].
      * exists t'. split; [apply in_app_iff; simpl; auto | lia].
      * exists u. split; [apply in_app_iff; simpl; auto | exact O].
  - destruct k; auto.
    { intros u i g I [R1 R2]. destruct (HS eq_refl i g R2) as [R3|R3]; [|exact R3].
      apply in_app_iff in I. destruct I as [I|[<-|I]].
      - apply (B u i g); [apply in_app_iff; auto | split; assumption].
      - apply (B t i g); [apply in_app_iff; simpl; auto | split; [lia | assumption]].
      - apply (B u i g); [apply in_app_iff; simpl; auto | split; assumption]. }
    intros x I. destruct (HR x I) as [J|J].
    + destruct (B x J) as (u & K & O). apply in_app_iff in K. destruct K as [K|[<-|K]].
      * exists u. split; [apply in_app_iff; auto | exact O].
      * exists t'. split; [apply in_app_iff; simpl; auto | auto].
      * exists u. split; [apply in_app_iff; simpl; auto | exact O].
    + exists t'. split; [apply in_app_iff; simpl; auto | exact J].
Qed.

(** ** Sums over tokens *)

Lemma tally_app : forall f p q, tally f (p ++ q) = tally f p + tally f q.
Proof. induction p; simpl; intros; auto. rewrite IHp. lia. Qed.

(** ** The order of the agents does not matter *)

Lemma sum_app : forall f l r, sum f (l ++ r) = sum f l + sum f r.
Proof. induction l; simpl; intros; auto. rewrite IHl. lia. Qed.

Lemma sum_perm : forall f l r, Permutation l r -> sum f l = sum f r.
Proof. induction 1; simpl; lia. Qed.

Lemma flat_map_perm : forall (f : agent -> list nat) l r x, Permutation l r -> In x (flat_map f l) -> In x (flat_map f r).
Proof.
  intros f l r x P. rewrite !in_flat_map. intros (a & I & J). exists a. split; [eapply Permutation_in; eassumption | exact J].
Qed.

Lemma live_perm : forall m l r, Permutation l r -> live m l -> live m r.
Proof.
  intros m l r P H. destruct H.
  constructor; rewrite <- ?(sum_perm _ _ _ P); auto.
  - intros x I. specialize (l_known x I). rewrite in_app_iff in *. destruct l_known; eauto using flat_map_perm.
  - intros E x I. specialize (l_value_known E x I). rewrite in_app_iff in *. destruct l_value_known; eauto using flat_map_perm.
  - intros a I. apply l_agents. eapply Permutation_in; [apply Permutation_sym; eassumption | exact I].
Qed.

Lemma sum_le : forall (f g : agent -> nat) l, (forall a, f a <= g a) -> sum f l <= sum g l.
Proof. intros f g l H. induction l as [|a l IH]; simpl; [lia|]. specialize (H a). lia. Qed.

Lemma sum_in : forall f l a, In a l -> f a <= sum f l.
Proof. induction l as [|b l IH]; simpl; intros a I; [destruct I|]. destruct I as [->|I]; [lia|]. specialize (IH a I). lia. Qed.

Lemma takers_le : forall l, sum takers l + sum makers l <= sum owners l.
Proof.
  induction l as [|a l IH]; simpl; [lia|]. destruct a as [[| |[|]] ts|n V|[[| |]|[| |] b| | |] V]; simpl; lia.
Qed.

(** Every agent is counted. *)
Lemma every_agent_counts : forall m l, (forall a, In a l -> agent_ok m a) ->
  length l <= sum strongs l + sum weaks l + sum owners l.
Proof.
  induction l as [|a l IH]; simpl; intros H; [lia|]. specialize (IH (fun b I => H b (or_intror I))).
  specialize (H a (or_introl eq_refl)). destruct a as [[]|n V|[] V]; simpl in *; try lia; try (destruct H; lia); destruct H as (_ & _ & []).
Qed.
