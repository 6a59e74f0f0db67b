(** * The counts stay within their fields

    A count is above its limit by no more than what the calls that are aborting have added, each once: 1,024 strong handles or one weak.
    With fewer than 2^23 of them no field wraps, and while a count is above its limit, the handle of such a call is there. *)

From Coq Require Import List ZArith Bool Lia Permutation.
From ProvenArc Require Import Accesses Syntax Lang Model Terms Invariant Frame Corollaries Word Graph Own Run Points Play.
Import ListNotations.
Local Open Scope Z_scope.

(** ** How many calls are aborting *)

Lemma abort_app : forall n m ts us, abort n ts -> abort m us -> abort (n + m) (ts ++ us).
Proof. intros n m ts us A B. induction A; simpl; try constructor; auto. Qed.

Lemma abort_split : forall ts us n, abort n (ts ++ us) -> exists i j, n = (i + j)%nat /\ abort i ts /\ abort j us.
Proof.
  induction ts as [|t ts IH]; simpl; intros us n A.
  - exists 0%nat, n. repeat split; [constructor | exact A].
  - inversion A as [|m ? ? T B|m ? ? B]; subst; destruct (IH _ _ B) as (i & j & -> & I & J).
    + exists (S i), j. repeat split; [constructor; assumption | assumption].
    + exists i, j. repeat split; [constructor; assumption | assumption].
Qed.


(** At least as many as before *)
Definition grows (ts us : list tree) : Prop := forall n, abort n ts -> abort n us.

Lemma grows_refl : forall ts, grows ts ts.
Proof. intros ts n A. exact A. Qed.

Lemma grows_in : forall l r ts us, grows ts us -> grows (l ++ ts ++ r) (l ++ us ++ r).
Proof.
  intros l r ts us G n A. apply abort_split in A. destruct A as (i & j & -> & I & J).
  apply abort_split in J. destruct J as (j1 & j2 & -> & J1 & J2). auto using abort_app.
Qed.

Lemma grows_more : forall us, grows [] us.
Proof. intros us n A. inversion A. clear. induction us; constructor; auto. Qed.

Lemma grows_one : forall t us, (aborting t -> abort 1 us) -> grows [t] us.
Proof.
  intros t us T n A. inversion A as [|m ? ? T1 B|m ? ? B]; subst; inversion B; subst; [auto | apply grows_more; constructor].
Qed.

Lemma grows_next : forall (t t' : tree), (aborting t -> aborting t') -> grows [t] [t'].
Proof. intros t t' T. apply grows_one. intros A. repeat constructor. auto. Qed.

Lemma few_before : forall ts us, grows ts us -> few us -> few ts.
Proof. intros ts us G F n A. apply F, G, A. Qed.

Lemma abort_one_more : forall l r t t' n, ~ aborting t -> aborting t' -> abort n (l ++ t :: r) -> abort (S n) (l ++ t' :: r).
Proof.
  intros l r t t' n N T A. apply abort_split in A. destruct A as (i & j & -> & I & J).
  inversion J as [|m ? ? T1 B|m ? ? B]; subst; [contradiction|].
  rewrite plus_n_Sm. apply abort_app; [exact I | constructor; assumption].
Qed.

Lemma aborting_goes_on : forall P p G t e t', offers P p G t e t' -> aborting t -> aborting t'.
Proof. intros P p G t e t' O A. destruct O; simpl in A; try contradiction; try apply A. Qed.

Lemma aborting_elsewhere : forall P p t t', elsewhere P p t t' -> aborting t -> aborting t'.
Proof. intros P p t t' E A. destruct E; simpl in A; try contradiction; try apply A. Qed.

Lemma running_app : forall x y, running (x ++ y) = (running x ++ running y)%list.
Proof. intros x y. apply flat_map_app. Qed.

Lemma running_within : forall x c k q o t F r y,
  running (x ++ Owned c k (q ++ Within o t F :: r) :: y) = ((running x ++ flat_map in_call q) ++ t :: (flat_map in_call r ++ running y))%list.
Proof. intros. rewrite running_app. simpl. rewrite flat_map_app. simpl. rewrite <- !app_assoc. reflexivity. Qed.

Lemma running_calling : forall x o t F y, running (x ++ Calling o t F :: y) = (running x ++ t :: running y)%list.
Proof. intros. rewrite running_app. reflexivity. Qed.

Lemma running_things : forall F xs, running (map (item_of F) xs) = [].
Proof. intros F xs. induction xs as [|[k| |n|] xs IH]; simpl; auto. Qed.

Lemma grows_item : forall x i is y, grows (in_calls i) (running is) -> grows (running (x ++ i :: y)) (running (x ++ is ++ y)).
Proof. intros x i is y G. rewrite !running_app. apply (grows_in (running x) (running y) (in_calls i) (running is)), G. Qed.

Lemma grows_borrow : forall x c k q b b' r y, grows (in_call b) (in_call b') ->
  grows (running (x ++ Owned c k (q ++ b :: r) :: y)) (running (x ++ Owned c k (q ++ b' :: r) :: y)).
Proof.
  intros x c k q b b' r y G. apply (grows_item x _ [Owned c k (q ++ b' :: r)]). simpl. rewrite app_nil_r, !flat_map_app. simpl.
  apply grows_in, G.
Qed.

(** ** What the word counts then *)

Definition fits (n : nat) (w : word) : Prop :=
  Z.of_nat (strong w) <= 2 ^ 33 + 1024 * Z.of_nat n /\ Z.of_nat (weak w) <= 2 ^ 29 + Z.of_nat n.

Ltac powers := change (2 ^ 34) with 17179869184 in *; change (2 ^ 33) with 8589934592 in *; change (2 ^ 30) with 1073741824 in *;
  change (2 ^ 29) with 536870912 in *; change (2 ^ 23) with 8388608 in *.

Lemma fits_sane : forall n w, fits n w -> Z.of_nat n < 2 ^ 23 -> sane w.
Proof. unfold fits, sane. intros n w F L. powers. lia. Qed.

Lemma limited_fits : forall n a w w' pts l r t t', fits n w -> limited a w w' pts t' -> abort n (l ++ t :: r) ->
  (aborting t -> aborting t' /\ takes_back a = true) ->
  exists m, (n <= m)%nat /\ abort m (l ++ t' :: r) /\ fits m w'.
Proof.
  intros n a w w' pts l r t t' F LI A T. unfold fits in *.
  assert (ON : abort n (l ++ t' :: r)).
  { apply (grows_in l r [t] [t']); [|exact A]. apply grows_next. intros B. apply T, B. }
  destruct LI as [(TB & AB & LE & _)|[(TB & AB & LE)|LE]].
  - exists (S n). split; [lia|]. split; [|lia]. apply abort_one_more with t; auto. intros B. destruct (T B). congruence.
  - exists (S n). split; [lia|]. split; [|lia]. apply abort_one_more with t; auto. intros B. destruct (T B). congruence.
  - exists n. split; [lia|]. split; [exact ON|]. lia.
Qed.

(** Tokens of strong handles that have passed a limit: they stay. *)
Definition pinned (a : agent) : nat := match a with Handle Strong ts => tally is_past ts | _ => 0 end.

Lemma pinned_stays : forall T m V V' o a e bs, act T m V V' o a e bs -> (pinned a <= sum pinned bs)%nat.
Proof.
  intros T m V V' o a e bs A. destruct A; simpl; try (destruct k); simpl; rewrite ?tally_app; simpl; rewrite ?tally_app; simpl; lia.
Qed.

Lemma pinned_stuck : forall ags, (sum pinned ags <= sum stuck ags)%nat.
Proof. intros ags. apply sum_le. intros [k ts|n V|t V]; [destruct k|..]; simpl; lia. Qed.

Lemma pinned_strong : forall ags, sum pinned ags <> 0%nat -> sum strongs ags <> 0%nat.
Proof.
  induction ags as [|[k ts|n V|t V] ags IH]; simpl; intros P; try (destruct k; simpl in *; lia); try lia.
Qed.

Section Limits.
Variable G : graph.
Hypothesis C : consistent G.
Context {uninit : bool}.
Notation own := (own_ uninit).

Definition wrote (L : list nat) (x i : nat) (w : word) : Prop := In x L /\ at_ G i x /\ writes_word (lab G x) = Some w.
Definition above (w : word) : Prop := 2 ^ 33 < Z.of_nat (strong w).

(** [ts]: the calls that have not returned.  The counts told so far are no further above their limits than the calls allow that are
    aborting; once the strong count has been above, a handle is pinned, and the count is never zero again. *)
Record limits_hold (L : list nat) (ts : list tree) (ags : list agent) : Prop := {
  l_fits : exists n, abort n ts /\ forall x i w, wrote L x i w -> fits n w;
  l_pinned : forall x i w, wrote L x i w -> above w -> sum pinned ags <> 0%nat;
  l_stays : forall x i w y j v, wrote L x i w -> above w -> wrote L y j v -> (i <= j)%nat -> strong v <> 0%nat }.

Lemma limits_keep : forall L ts us ags ags', limits_hold L ts ags -> grows ts us -> (sum pinned ags <= sum pinned ags')%nat ->
  limits_hold L us ags'.
Proof.
  intros L ts us ags ags' [(n & A & F) P S] GR LE. constructor.
  - exists n. auto.
  - intros x i w W AB. specialize (P x i w W AB). lia.
  - exact S.
Qed.

Lemma wrote_before : forall L e x i w, writes_word (lab G e) = None -> wrote (e :: L) x i w -> wrote L x i w.
Proof. intros L e x i w N ([<-|I] & A & W); [congruence | split; auto]. Qed.

Lemma limits_quiet : forall L e ts us ags ags', limits_hold L ts ags -> writes_word (lab G e) = None -> grows ts us ->
  (sum pinned ags <= sum pinned ags')%nat -> limits_hold (e :: L) us ags'.
Proof.
  intros L e ts us ags ags' H N GR LE. apply limits_keep with (us := us) (ags' := ags') in H; auto. destruct H as [(n & A & F) P S].
  constructor; eauto 6 using wrote_before.
Qed.

Lemma limits_begin : forall e i w ts ags, at_ G i e -> writes_word (lab G e) = Some w -> w = UNIQUE \/ w = Word 0 1 -> limits_hold [e] ts ags.
Proof.
  intros e i w ts ags A W B.
  assert (ONE : forall x j v, wrote [e] x j v -> fits 0 v).
  { intros x j v ([<-|[]] & _ & W1). assert (v = w) as -> by congruence. destruct B as [-> | ->]; unfold fits; simpl; powers; lia. }
  constructor.
  - exists 0%nat. split; [apply grows_more; constructor | exact ONE].
  - intros x j v W1 AB. apply ONE in W1. unfold fits, above in *. lia.
  - intros x j v y i' u W1 AB. apply ONE in W1. unfold fits, above in *. lia.
Qed.

(** What is read has been told. *)
Lemma read_wrote : forall L e w, told G (e :: L) -> reads_word (lab G e) = Some w -> exists i, wrote L (src G e) i w.
Proof.
  intros L e w (IE & NI & BE & T) RW. assert (RD : rd G e) by (split; [exact IE | congruence]).
  destruct (c_rf _ C e RD) as [WS EQ]. destruct (wr_at G C _ WS) as [i I]. exists i. split; [|split; [exact I | congruence]].
  apply BE; [apply WS|]. right. left. auto.
Qed.

(** A write is told after all that come before it in the modification order. *)
Lemma told_last : forall L e i x j, told G (e :: L) -> at_ G i e -> In x L -> at_ G j x -> (j < i)%nat.
Proof.
  intros L e i x j (IE & NI & BE & T) I X J. destruct (Nat.lt_trichotomy j i) as [LT|[->|LT]]; [exact LT | |]; exfalso; apply NI.
  - rewrite (at_fun G _ _ _ I J). exact X.
  - destruct (in_split _ _ X) as (L1 & L2 & ->). clear BE X NI. induction L1 as [|y L1 IH]; simpl in T.
    + simpl. right. apply T; [exact IE|]. right. right. exists i, j. auto.
    + simpl. right. apply IH; apply T.
Qed.

Lemma limits_read : forall L ts ags e w, limits_hold L ts ags -> few ts -> told G (e :: L) -> reads_word (lab G e) = Some w -> sane w.
Proof.
  intros L ts ags e w [(n & A & F) _ _] FEW T RW. destruct (read_wrote L e w T RW) as (i & W).
  eapply fits_sane; [eapply F; exact W | apply FEW, A].
Qed.

(** A read-modify-write of a call *)
Lemma limits_write : forall L e o a w w' pts l r t t' ags ags', limits_hold L (l ++ t :: r) ags ->
  told G (e :: L) -> own code G (e :: L) ags' -> lab G e = Update o w w' ->
  limited a w w' pts t' -> (aborting t -> aborting t' /\ takes_back a = true) ->
  ((exists s v, In (At Strong (Past s v)) pts) -> sum pinned ags' <> 0%nat) -> (sum pinned ags <= sum pinned ags')%nat ->
  limits_hold (e :: L) (l ++ t' :: r) ags'.
Proof.
  intros L e o a w w' pts l r t t' ags ags' [(n & A & F) P S] T O LB LI TT PP LE.
  destruct (read_wrote L e w T ltac:(rewrite LB; reflexivity)) as (i0 & W0).
  assert (IE : In e (events G)) by apply T.
  assert (NEW : forall x i v, wrote (e :: L) x i v -> (x = e /\ v = w') \/ wrote L x i v).
  { intros x i v ([<-|I] & AT & W); [left | right; split; auto]. rewrite LB in W. simpl in W. injection W as <-. auto. }
  assert (PIN : forall x i v, wrote (e :: L) x i v -> above v -> sum pinned ags' <> 0%nat).
  { intros x i v W AB. destruct (NEW _ _ _ W) as [[-> ->]|W1]; [|pose proof (P _ _ _ W1 AB); lia].
    destruct LI as [(_ & _ & _ & PA)|LI]; [auto|].
    assert (AW : above w) by (unfold above in *; destruct LI as [(_ & _ & LI)|[LI _]]; lia).
    pose proof (P _ _ _ W0 AW). lia. }
  constructor.
  - destruct (limited_fits n a w w' pts l r t t' (F _ _ _ W0) LI A TT) as (m & NM & AM & FM). exists m. split; [exact AM|].
    intros x i v W. destruct (NEW _ _ _ W) as [[-> ->]|W1]; [exact FM|]. apply F in W1. unfold fits in *. lia.
  - exact PIN.
  - intros x i v y j u W AB W2 IJ. destruct (NEW _ _ _ W2) as [[-> ->]|W3].
    + pose proof (PIN _ _ _ W AB) as PN. apply pinned_strong in PN.
      destruct (own_counts G C (e :: L) ags' O T) as (c & (k & z & AZ & IZ & WZ & MAX) & CASES).
      assert (z = e) as ->.
      { destruct W2 as (_ & AJ & _). destruct IZ as [->|IZ]; [reflexivity|]. exfalso.
        pose proof (told_last L e j z k T AJ IZ AZ). pose proof (MAX j e AJ (or_introl eq_refl)). lia. }
      rewrite LB in WZ. simpl in WZ. injection WZ as <-.
      destruct CASES as [->|[(V & [-> | ->])|(SC & _)]]; try (exfalso; apply PN; reflexivity). lia.
    + destruct (NEW _ _ _ W) as [[-> ->]|W1]; [|eapply S; eassumption].
      exfalso. destruct W as (_ & AI & _), W3 as (IY & AJ & _). pose proof (told_last L e i y j T AI IY AJ). lia.
Qed.

(** ** The doomed release

    A release that was taken for the last, of a count above its limit, has no handle left, but may look once more: it finds that
    handles are left, and aborts. *)
Definition sunk (F : list nat) : Prop :=
  exists f o w w', In f F /\ In f (events G) /\ lab G f = Update o w w' /\ above w.


Lemma own_before : forall K L ags, own code G (K ++ L) ags -> L <> [] -> exists ags', own code G L ags'.
Proof.
  intros K L ags O NE. remember (K ++ L)%list as X eqn:E. revert K E. induction O; intros K E; eauto.
  all: destruct K as [|k K]; simpl in E; [subst L; eexists; first [exact (own_new _ _ _ H) | exact (own_building _ _ _ H) | exact (own_empty _ _ _ H) | econstructor; eassumption]|].
  all: injection E as -> E; first [destruct K, L; discriminate || (exfalso; apply NE; reflexivity) | eapply IHO; eassumption].
Qed.

Lemma told_closed : forall L x y, told G L -> In x L -> In y (events G) -> before G y x -> In y L.
Proof.
  induction L as [|e L IH]; simpl; intros x y T X Y B; [destruct X|]. destruct T as (IE & NI & BE & T).
  destruct X as [<-|X]; right; [apply BE; assumption | eapply IH; eassumption].
Qed.

Lemma init_first : forall L ags f o w w' i v, own code G L ags -> told G L -> In f L -> lab G f = Update o w w' ->
  In i L -> lab G i = Init v -> hb G i f.
Proof.
  intros L ags f o w w' i v O T FI LF II LI. destruct (graph_is_run G C L ags O T) as (was & _ & SAFE).
  destruct (in_split _ _ FI) as (L1 & L2 & ->).
  assert (SF : safe_at G was f L2) by (clear - SAFE; induction L1; simpl in SAFE; [apply SAFE | apply IHL1; apply SAFE]).
  assert (TF : told G (f :: L2)) by (clear - T; induction L1; simpl in T; [exact T | apply IHL1; apply T]).
  assert (IE : In i (events G)).
  { clear - T II. induction (L1 ++ f :: L2)%list as [|x X IH]; simpl in T; [destruct II|]. destruct II as [<-|II]; [apply T | apply IH; [apply T | exact II]]. }
  assert (IL : In i L2).
  { assert (J : In i (f :: L2)).
    { apply (told_closed (f :: L2) f i TF (or_introl eq_refl) IE). right. right. pose proof (init_at_0 G C i v IE LI) as A0. assert (WF : wr G f) by (split; [apply TF | rewrite LF; discriminate]).
      destruct (wr_at G C _ WF) as [j J]. exists 0%nat, j. split; [exact A0|]. split; [exact J|].
      destruct j; [|lia]. rewrite (at_fun G _ _ _ J A0) in LF. congruence. }
    destruct J as [<-|J]; [congruence | exact J]. }
  destruct (proj2 SF ltac:(rewrite LF; discriminate) i IL) as (_ & _ & _ & S4 & _). apply S4; [eauto | rewrite LF; discriminate].
Qed.

Lemma sunk_look : forall L ts ags e o w F, own code G L ags -> told G (e :: L) -> lab G e = Look o w -> limits_hold L ts ags ->
  sunk F -> follows_all G F e ->
  strong w <> 0%nat /\ sum stuck ags <> 0%nat /\ forall i v, In i L -> lab G i = Init v -> hb G i e.
Proof.
  intros L ts ags e o w F O T LB [_ P S] (f & o1 & u & u' & IF & IE & LF & AB) FA.
  assert (HB : hb G f e) by (apply FA, IF). assert (TL : told G L) by apply T.
  assert (FL : In f L) by (apply T; [exact IE | left; exact HB]).
  assert (RF : rd G f) by (split; [exact IE | rewrite LF; discriminate]).
  assert (WF : wr G f) by (split; [exact IE | rewrite LF; discriminate]).
  assert (RE : rd G e) by (split; [apply T | rewrite LB; discriminate]).
  destruct (wr_at G C _ WF) as [j J]. destruct (rmw_chain G C f j RF ltac:(rewrite LF; reflexivity) J) as (i & -> & SI).
  destruct (c_rf _ C f RF) as [WS EQ]. rewrite LF in EQ. simpl in EQ.
  assert (W0 : wrote L (src G f) i u).
  { split; [|split; [exact SI | exact EQ]]. eapply told_closed; [exact TL | exact FL | apply WS | right; left; auto]. }
  destruct (read_wrote L e w T ltac:(rewrite LB; reflexivity)) as (n & W1).
  assert (IN : (i <= n)%nat).
  { destruct W1 as (_ & AN & _). destruct (c_coWR _ C f e HB WF RE) as [->|ML].
    - rewrite (at_inj G C _ _ _ AN J). lia.
    - pose proof (mo_lt_at G C _ _ _ _ ML J AN). lia. }
  split; [exact (S _ _ _ _ _ _ W0 AB W1 IN)|]. split.
  - pose proof (P _ _ _ W0 AB). pose proof (pinned_stuck ags). lia.
  - intros x v X LX. eapply (c_hb_trans _ C); [|exact HB]. eapply init_first; eassumption.
Qed.
End Limits.
