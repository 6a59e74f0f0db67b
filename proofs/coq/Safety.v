(** * Safety: the invariant holds of every reachable state, and no step from it is an error

    A step from a live state is Steps.v's; here are the steps from the last two states, about to free and after the free.  By induction
    over the run follow [reachable_invariant] and [no_error]. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps.
Import ListNotations.

(** ** Steps on the way to the free *)

Lemma one_agent : forall (l : list agent) a r b, l ++ a :: r = [b] -> l = [] /\ r = [] /\ a = b.
Proof. intros l a r b E. destruct l as [|c l]; simpl in E; [injection E; auto|]. injection E as _ E. destruct l; discriminate E. Qed.

Lemma ending_act : forall m l a r V o e bs, ending m (l ++ a :: r) -> act code m V (view_after e m V) o a e bs ->
  (forall f, ~ wrong m V e f)
  /\ (ending (memory_after e m V) (l ++ bs ++ r) \/ ended (memory_after e m V) (l ++ bs ++ r)).
Proof.
  intros m l a r V o e bs [(U & Z & S) F P O I] A.
  destruct S as [(E & OL & NW & K)|(E & OL & K)]; apply one_agent in E; destruct E as (-> & -> & ->);
    inversion A; subst; clear A; simpl app;
    try match goal with R : can_read _ _ _ _ |- _ => rename R into RD end;
    try match goal with |- context [Learn ?W] => match goal with R : oldest W <= last _ |- _ => rename R into HU end end.
  - (* [release_weak_last] *)
    destruct (last_weak_reads_newest _ _ _ _ OL RD) as [-> ->].
    split; [apply fine_light; [exact Logic.I | exact F | exact Z]|]. left.
    constructor; try (destruct m; assumption).
    + exists (view_after (load code Access.release_weak_last (last m) (newest m)) m U). split; [apply kept_load; exact Z|]. right.
      split; [reflexivity|]. split; [destruct m; simpl; auto|]. intros x X.
      assert (Q : x < clock m \/ x = clock m) by (destruct m; simpl in *; lia).
      destruct Q as [Q| ->]; [apply last_weak_sees_everything; auto | left; reflexivity].
  - (* synchronisation before [release_weak_last] *)
    split; [apply fine_light; [exact Logic.I | exact F | exact Z]|]. left.
    constructor; try (destruct m; assumption).
    + match goal with |- context [Learn ?W] => exists (join U W) end. split; [apply in_app_iff; auto|]. left. split; [reflexivity|].
      split; [destruct m; unfold last in *; simpl in *; lia|]. split; [destruct m; exact NW|].
      intros x X. assert (X' : x < clock m) by (destruct m; exact X). specialize (K x X').
      match goal with |- context [memory_after ?E m U] => replace (newest (memory_after E m U)) with (newest m) by (destruct m; reflexivity) end.
      simpl. rewrite !in_app_iff in *. tauto.
  - (* the free *)
    split; [apply fine_free; [exact F | exact K]|]. right.
    constructor; destruct m; simpl in *; auto.
  - (* synchronisation before the free *)
    split; [apply fine_light; [exact Logic.I | exact F | exact Z]|]. left.
    constructor; try (destruct m; assumption).
    + match goal with |- context [Learn ?W] => exists (join U W) end. split; [apply in_app_iff; auto|]. right. split; [reflexivity|].
      split; [destruct m; unfold last in *; simpl in *; lia|].
      intros x X. assert (X' : x < clock m) by (destruct m; exact X). simpl. apply in_app_iff. left. auto.
Qed.

Lemma ending_perm : forall m l r, Permutation l r -> ending m l -> ending m r.
Proof.
  intros m l r P [(U & Z & S) F PR O I]. constructor; auto. exists U. split; [exact Z|].
  destruct S as [(E & S)|(E & S)]; [left | right]; (split; [|exact S]); subst l; apply Permutation_length_1_inv; exact P.
Qed.

Lemma step_keeps : forall s o r, invariant s -> step code s o r -> exists s', r = Ok s' /\ invariant s'.
Proof.
  intros s o r I S.
  assert (C : forall m l a q V e bs, s = State m (l ++ a :: q) -> act code m V (view_after e m V) o a e bs ->
            (forall f, ~ wrong m V e f) /\ invariant (State (memory_after e m V) (l ++ bs ++ q))).
  { intros m l a q V e bs -> A. destruct I as [L|[E|D]]; simpl in *.
    - assert (L' : live m (a :: (l ++ q)))
        by (eapply live_perm; [apply Permutation_sym, Permutation_middle | exact L]).
      destruct (live_act _ _ _ _ _ _ _ A eq_refl _ L') as [F G]. split; [exact F|].
      assert (P : Permutation (bs ++ l ++ q) (l ++ bs ++ q)) by (rewrite !app_assoc; apply Permutation_app_tail, Permutation_app_comm).
      destruct G as [G|G]; [left; eapply live_perm; eassumption | right; left; eapply ending_perm; eassumption].
    - destruct (ending_act _ _ _ _ _ _ _ _ E A) as [F [G|G]]; (split; [exact F|]); right; [left | right]; exact G.
    - destruct D as [D _ _ _ _]. destruct l; discriminate D. }
  destruct S.
  - eexists. split; [reflexivity|]. eapply C; [reflexivity | eassumption].
  - exfalso. destruct (C _ _ _ _ _ _ _ eq_refl H) as [F _]. exact (F f H0).
Qed.

Lemma start_new_invariant : invariant start_new.
Proof.
  left. simpl. constructor; simpl; auto; try lia.
  - intros _ x [[<-|[]]|[]]. simpl. auto.
  - intros a [<-|[]]. split; [discriminate|split; [left; reflexivity|split; [|split]]]; auto.
    + intros t [<-|[]]. repeat split; simpl; auto; try discriminate; try (intros x X; exact X). 
    + intros i g LT. unfold last in LT. simpl in LT. lia.
    + intros t i g [<-|[]] [_ R]. destruct i as [|[|i]]; simpl in R; inversion R. simpl. lia.
  - intros x [[<-|[]]|[]]. lia.
Qed.

Lemma start_empty_invariant : invariant start_empty.
Proof.
  left. simpl. constructor; simpl; auto; try lia; try discriminate.
  - intros a [<-|[]]. split; [discriminate|split; [left; reflexivity|split; [|split]]]; auto.
    + intros t [<-|[]]. unfold token_ok. simpl.
      split; [lia|split; [auto|split; [exact I|split; [reflexivity|split; [intros x []|]]]]].
      intros _. split; [reflexivity|]. intros x X. left. lia.
    + intros i g LT. unfold last in LT. simpl in LT. lia.
    + intros t i g [<-|[]] [_ R]. destruct i as [|[|i]]; simpl in R; inversion R. simpl. lia.
  - intros x [[]|[]].
Qed.

Lemma start_building_invariant : invariant start_building.
Proof.
  left. simpl. constructor; simpl; auto; try lia.
  - intros a [<-|[]]. split; [discriminate|split; [left; reflexivity|split; [|split]]]; auto.
    + intros t [<-|[]]. unfold token_ok. simpl.
      split; [lia|split; [auto|split; [exact I|split; [reflexivity|split; [intros x []|]]]]].
      intros i g [_ R]. destruct i as [|[|i]]; simpl in R; inversion R. reflexivity.
    + intros i g LT. unfold last in LT. simpl in LT. lia.
    + simpl. intros x [].
  - intros x [[]|[]].
Qed.

Theorem run_keeps : forall P r, run code P r -> exists s, r = Ok s /\ invariant s.
Proof.
  intros P r R. induction R.
  - eexists. split; [reflexivity | exact start_new_invariant].
  - eexists. split; [reflexivity | exact start_empty_invariant].
  - eexists. split; [reflexivity | exact start_building_invariant].
  - destruct IHR as (s' & E & I). injection E as <-. eapply step_keeps; eassumption.
Qed.

Corollary reachable_invariant : forall s, reachable code (Ok s) -> invariant s.
Proof. intros s R. destruct (run_keeps _ _ R) as (s' & E & I). injection E as <-. exact I. Qed.

Theorem no_error : forall f, ~ reachable code (Error f).
Proof. intros f R. destruct (run_keeps _ _ R) as (s & E & _). discriminate E. Qed.
