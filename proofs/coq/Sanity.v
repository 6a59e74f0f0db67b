(** * The hypotheses can be satisfied, and a weakened ordering races in C11 itself

    One program: thread 1 makes an Arc and clones it.  Thread 2 reads the value through the clone and drops it.  Thread 1
    sees that its handle is the only one, and writes.  The execution satisfies the textbook's axioms and keeps the discipline
    ([sound_execution]).  With [is_unique] Relaxed, as in 2018, it satisfies the axioms and has a race ([racy_execution]). *)

From Coq Require Import List Arith Bool Lia ZArith.
From ProvenArc Require Import Accesses Model Word Graph Own EndToEnd RC11.
Import ListNotations.
Local Open Scope nat_scope.

(** Thread 1: 0 initialises the word, 1 the value; 2 and 3 are clone's RMW; 7 is get_mut's load, in mode [o]; 8 is the write.
    Thread 2, spawned after 3: 4 reads the value; 5 and 6 are drop's RMW. *)
Definition program (o : mode) : execution := Execution
  [0; 1; 2; 3; 4; 5; 6; 7; 8]
  (fun e => match e with
    | 0 => W (WordOf 0) Na (bits (Word 1 1))
    | 1 => W (ValueOf 0) Na 0
    | 2 => R (WordOf 0) Rlx (bits (Word 1 1)) | 3 => W (WordOf 0) Rlx (bits (Word 2 1))
    | 4 => R (ValueOf 0) Na 0
    | 5 => R (WordOf 0) Rlx (bits (Word 2 1)) | 6 => W (WordOf 0) Rel (bits (Word 1 1))
    | 7 => R (WordOf 0) o (bits (Word 1 1))
    | 8 => W (ValueOf 0) Na 1
    | _ => Nop
    end)
  (fun x y => (x <? y) && (y <? 9) && negb ((4 <=? x) && (x <=? 6) && (7 <=? y)))
  (fun x y => match x, y with 0, 2 | 3, 5 | 6, 7 | 1, 4 => true | _, _ => false end)
  (fun x y => match x, y with 0, 3 | 0, 6 | 3, 6 | 1, 8 => true | _, _ => false end)
  (fun x y => match x, y with 2, 3 | 5, 6 => true | _, _ => false end).

Definition words (e : nat) : word := match e with 3 => Word 2 1 | _ => Word 1 1 end.
Definition writes_value (e : nat) : bool := match e with 1 | 8 => true | _ => false end.

(** ** The axioms *)

Section Allowed.
Variable o : mode.
Hypothesis A : RC11.atomic o = true.
Let X := program o.

Ltac cases_of H :=
  repeat match type of H with
  | match ?x with _ => _ end = true => destruct x; try discriminate H
  end.

Lemma sb_lt : forall x y, sb X x y -> x < y /\ y < 9.
Proof.
  intros x y H. unfold sb in H. simpl in H. apply andb_true_iff in H. destruct H as [H _]. apply andb_true_iff in H.
  destruct H as [H K]. apply Nat.ltb_lt in H. apply Nat.ltb_lt in K. auto.
Qed.

Lemma rf_cases : forall x y, rf X x y -> (x, y) = (0, 2) \/ (x, y) = (3, 5) \/ (x, y) = (6, 7) \/ (x, y) = (1, 4).
Proof. intros x y H. unfold rf in H. simpl in H. cases_of H; auto. Qed.

Lemma co_cases : forall x y, co X x y -> (x, y) = (0, 3) \/ (x, y) = (0, 6) \/ (x, y) = (3, 6) \/ (x, y) = (1, 8).
Proof. intros x y H. unfold co in H. simpl in H. cases_of H; auto. Qed.

Lemma rmw_cases : forall x y, rmw_of X x y -> (x, y) = (2, 3) \/ (x, y) = (5, 6).
Proof. intros x y H. unfold rmw_of in H. simpl in H. cases_of H; auto. Qed.

Ltac each H := first [apply rf_cases in H | apply co_cases in H | apply rmw_cases in H];
  repeat match type of H with _ \/ _ => destruct H as [H|H] end; inversion H; subst; clear H.

Lemma rf_lt : forall x y, rf X x y -> x < y.
Proof. intros x y H. each H; lia. Qed.

Lemma plus_lt : forall (Q : rel), (forall x y, Q x y -> x < y) -> forall x y, plus (evs X) Q x y -> x < y.
Proof. intros Q H x y P. induction P as [x y P|x z y P _ _ IH]; [auto|]. specialize (H _ _ P). lia. Qed.

Lemma sw_lt : forall wide x y, synchronises wide X x y -> x < y.
Proof.
  intros wide x y (z0 & _ & (-> & _) & z1 & _ & S1 & z2 & _ & RS & z3 & _ & RF & z4 & _ & (-> & _) & z5 & _ & S2 & -> & _).
  apply rf_lt in RF.
  assert (L1 : z0 <= z1) by (destruct S1 as [->|(f & _ & (-> & _) & S)]; [lia | apply sb_lt in S; lia]).
  assert (L2 : z4 <= y) by (destruct S2 as [->|(f & _ & S & -> & _)]; [lia | apply sb_lt in S; lia]).
  assert (L3 : z1 <= z2).
  { destruct RS as (a & _ & (-> & _) & b & _ & S & c & _ & (-> & _) & T).
    assert (a <= c) by (destruct wide; [destruct S as [->|[S _]]; [lia | apply sb_lt in S; lia] | destruct S as [-> _]; lia]).
    assert (c <= z2); [|lia]. destruct T as [->|T]; [lia|]. apply plus_lt in T; [lia|].
    intros u v (r & _ & U & V). apply rf_lt in U. each V; lia. }
  lia.
Qed.

Lemma hb_lt : forall wide x y, happens_before wide X x y -> x < y.
Proof. intros wide. apply plus_lt. intros x y [H|H]; [apply sb_lt in H; lia | eapply sw_lt; exact H]. Qed.

Lemma eco_lt : forall x y, eco X x y -> x < y.
Proof.
  apply plus_lt. intros x y [H|[H|(w & _ & H & K)]]; [each H; lia | each H; lia|].
  unfold inverse in H. each H; each K; try discriminate; lia.
Qed.

Lemma in_evs : forall x, In x (evs X) -> x < 9.
Proof. intros x H. simpl in H. intuition lia. Qed.

Lemma lt_in : forall x, x < 9 -> In x (evs X).
Proof. intros x H. do 9 (destruct x; [simpl; auto 10|]). lia. Qed.

Lemma is_allowed : forall wide, rc11 wide X.
Proof.
  intros wide. constructor.
  - repeat constructor; simpl; intuition discriminate.
  - intros x y H. apply sb_lt in H. split; apply lt_in; lia.
  - intros r w H. each H; repeat split; simpl; auto 12; try discriminate.
  - intros r r' w H K. each H; each K; congruence.
  - intros r w w' H K. each H; each K; congruence.
  - intros w r H. each H; repeat split; simpl; auto 12; try discriminate.
  - intros w w' r H K. each H; each K; congruence.
  - intros r I H. apply in_evs in I.
    assert (C : r = 2 \/ r = 4 \/ r = 5 \/ r = 7) by (do 9 (destruct r as [|r]; [solve [discriminate H | auto]|]); lia).
    destruct C as [->|[->|[->| ->]]]; [exists 0 | exists 1 | exists 3 | exists 6]; reflexivity.
  - intros x y H. each H; repeat split; simpl; auto 12; try discriminate.
  - intros x H. each H; discriminate.
  - intros x y z H K. each H; each K; try discriminate; reflexivity.
  - intros x y I J V V' [S _]. apply in_evs in I. apply in_evs in J.
    do 9 (destruct x as [|x]; [try discriminate V; do 9 (destruct y as [|y]; [try discriminate V'; try discriminate S; auto; right; auto|]); lia|]). lia.
  - intros x y H [<-|K]; [apply hb_lt in H; lia|]. apply hb_lt in H. apply eco_lt in K. lia.
  - intros r w H (z & _ & (y & _ & RF & CO) & CO'). unfold inverse in RF. each H; each RF; each CO; each CO'; discriminate.
Qed.

Lemma once_initialised : rmws_only X 0.
Proof.
  intros x y I J T U V V' N N'. apply in_evs in I. apply in_evs in J.
  do 9 (destruct x as [|x]; [try discriminate V; try discriminate T; try discriminate N; do 9 (destruct y as [|y]; [try discriminate V'; try discriminate U; try discriminate N'; reflexivity|]); lia|]). lia.
Qed.
End Allowed.

(** ** Acquire: the execution keeps the discipline *)

Section Sound.
Variable wide : bool.
Let X := program Acq.
Let G := project wide X 0 words writes_value.

Lemma drop_before_look : happens_before wide X 6 7.
Proof.
  apply plus_one. right. exists 6. split; [apply lt_in; lia|]. split; [split; reflexivity|].
  exists 6. split; [apply lt_in; lia|]. split; [left; reflexivity|]. exists 6. split; [apply lt_in; lia|]. split.
  { exists 6. split; [apply lt_in; lia|]. split; [split; reflexivity|]. exists 6. split; [apply lt_in; lia|].
    split; [destruct wide; [left; reflexivity | split; reflexivity]|]. exists 6. split; [apply lt_in; lia|].
    split; [split; reflexivity | left; reflexivity]. }
  exists 7. split; [apply lt_in; lia|]. split; [reflexivity|]. exists 7. split; [apply lt_in; lia|]. split; [split; reflexivity|].
  exists 7. split; [apply lt_in; lia|]. split; [left; reflexivity | split; reflexivity].
Qed.

Lemma all_ordered : forall x y, x < y -> y < 9 -> hb G x y.
Proof.
  intros x y L M. apply hb_P.
  assert (SB : forall u v, u < v -> v < 9 -> ~ (4 <= u <= 6 /\ 7 <= v) -> happens_before wide X u v).
  { intros u v A B N. apply plus_one. left.
    change (((u <? v) && (v <? 9) && negb ((4 <=? u) && (u <=? 6) && (7 <=? v))) = true).
    apply Nat.ltb_lt in A. apply Nat.ltb_lt in B. rewrite A, B. apply negb_true_iff.
    destruct (4 <=? u) eqn:E1; [|reflexivity]. destruct (u <=? 6) eqn:E2; [|reflexivity]. destruct (7 <=? v) eqn:E3; [|reflexivity].
    exfalso. apply N. apply Nat.leb_le in E1. apply Nat.leb_le in E2. apply Nat.leb_le in E3. lia. }
  assert (C : rc11 wide X) by (apply is_allowed; reflexivity).
  destruct (le_lt_dec 4 x), (le_lt_dec x 6), (le_lt_dec 7 y); try (apply SB; lia).
  assert (H7 : happens_before wide X x 7).
  { destruct (Nat.eq_dec x 6) as [->|]; [apply drop_before_look|]. eapply (hb_trans wide X C); [apply (SB x 6); lia | apply drop_before_look]. }
  destruct (Nat.eq_dec y 7) as [->|]; [exact H7 | eapply (hb_trans wide X C); [exact H7 | apply SB; lia]].
Qed.

(** So the events have only one order. *)
Lemma told_descends : forall L, told G L -> forall p x q y, L = p ++ x :: q -> In y q -> y < x.
Proof.
  intros L T p. revert L T. induction p as [|e p IH]; intros L T x q y -> I; simpl in T; destruct T as (IE & N & B & T).
  - destruct (lt_eq_lt_dec y x) as [[Q|Q]|Q]; [exact Q | subst; contradiction | exfalso].
    destruct (in_split _ _ I) as (q1 & q2 & ->).
    assert (CL : forall r z s, told G (r ++ z :: s) -> (forall u, In u (Graph.events G) -> before G u z -> In u s)).
    { induction r; intros z s Q1; simpl in Q1; [apply Q1 | apply (IHr z s); apply Q1]. }
    assert (Y : y < 9).
    { assert (K : forall l, told G l -> forall u, In u l -> u < 9).
      { induction l as [|w l IHl]; intros Q1 u J; [destruct J|]. simpl in Q1. destruct Q1 as (Q1 & _ & _ & Q2). destruct J as [<-|J].
        - clear - Q1. intuition lia.
        - apply IHl; assumption. }
      apply (K _ T). apply in_app_iff. right. left. reflexivity. }
    apply N. apply in_app_iff. right. right. apply (CL _ _ _ T x IE). left. apply all_ordered; assumption.
  - eapply IH; [exact T | reflexivity | exact I].
Qed.

Lemma events_are : Graph.events G = [0; 1; 3; 4; 6; 7; 8].
Proof. reflexivity. Qed.

Lemma told_once : forall L, told G L -> (forall x, In x L <-> In x (Graph.events G)) -> L = [8; 7; 6; 4; 3; 1; 0].
Proof.
  intros L T COV. rewrite events_are in COV.
  assert (Q : forall S p L0, L = p ++ L0 -> (forall x, In x L0 <-> In x S) -> forall m S', S = m :: S' -> (forall y, In y S' -> y < m) ->
            exists L1, L0 = m :: L1 /\ forall x, In x L1 <-> In x S').
  { intros S p L0 -> C m S' -> MAX. destruct L0 as [|x L1]; [exfalso; apply (C m); left; reflexivity|].
    assert (D : forall y, In y L1 -> y < x) by (intros y J; eapply told_descends; [exact T | reflexivity | exact J]).
    assert (x = m) as ->.
    { destruct (proj1 (C x) (or_introl eq_refl)) as [E|E]; [auto|]. exfalso. specialize (MAX _ E).
      destruct (proj2 (C m) (or_introl eq_refl)) as [F|F]; [lia | specialize (D _ F); lia]. }
    exists L1. split; [reflexivity|]. intros y. split; intros J.
    - destruct (proj1 (C y) (or_intror J)) as [<-|K]; [specialize (D _ J); lia | exact K].
    - destruct (proj2 (C y) (or_intror J)) as [<-|K]; [specialize (MAX _ J); lia | exact K]. }
  assert (C0 : forall x, In x L <-> In x [8; 7; 6; 4; 3; 1; 0]) by (intros x; rewrite COV; simpl; tauto).
  destruct (Q _ [] L eq_refl C0 8 _ eq_refl ltac:(simpl; intuition lia)) as (L1 & -> & C1).
  destruct (Q _ [8] L1 eq_refl C1 7 _ eq_refl ltac:(simpl; intuition lia)) as (L2 & -> & C2).
  destruct (Q _ [8; 7] L2 eq_refl C2 6 _ eq_refl ltac:(simpl; intuition lia)) as (L3 & -> & C3).
  destruct (Q _ [8; 7; 6] L3 eq_refl C3 4 _ eq_refl ltac:(simpl; intuition lia)) as (L4 & -> & C4).
  destruct (Q _ [8; 7; 6; 4] L4 eq_refl C4 3 _ eq_refl ltac:(simpl; intuition lia)) as (L5 & -> & C5).
  destruct (Q _ [8; 7; 6; 4; 3] L5 eq_refl C5 1 _ eq_refl ltac:(simpl; intuition lia)) as (L6 & -> & C6).
  destruct (Q _ [8; 7; 6; 4; 3; 1] L6 eq_refl C6 0 _ eq_refl ltac:(simpl; intuition lia)) as (L7 & -> & C7).
  destruct L7 as [|x L7]; [reflexivity|]. exfalso. apply (C7 x). left. reflexivity.
Qed.

(** Any memory with that word is possible. *)
Definition some (w : word) : memory := Mem [Msg (Word 0 0) []; Msg (Word 0 0) []] (Msg w []) 0 [] [] true 0 0 0 0.

Lemma kept : own code G [8; 7; 6; 4; 3; 1; 0] [Handle Strong [Tok Exclusive (View [8] 0)]].
Proof.
  assert (O : forall o, stronger o o) by (intros o; split; auto).
  assert (BEF : forall x e, x < e -> e < 9 -> forall f, In f (known (View [x] 0)) -> hb G f e) by (intros x e A B f [<-|[]]; apply all_ordered; assumption).
  eapply (own_event code G [7; 6; 4; 3; 1; 0] [] (Handle Strong [Tok Exclusive (View [7] 0)]) [] (some UNIQUE) (View [7] 0) OWrite 8 WriteValue [Handle Strong [Tok Exclusive (View [8] 0)]]);
    [| apply exclusive_write | reflexivity | apply BEF; lia].
  eapply (own_event code G [6; 4; 3; 1; 0] [] (Handle Strong [Tok Idle (View [3] 0)]) [] (some UNIQUE) (View [3] 0) OUnique 7 (load code Access.is_unique 2 (Msg UNIQUE [])) [Handle Strong [Tok Exclusive (View [7] 0)]]);
    [| apply read_unique; [simpl; auto | split; [simpl; lia | reflexivity] | reflexivity] | exists Acquire; repeat split; auto | apply BEF; lia].
  eapply (own_event code G [4; 3; 1; 0] [Handle Strong [Tok Idle (View [3] 0)]] (Handle Strong [Tok Idle (View [4] 0)]) [] (some (Word 2 1)) (View [4] 0) (ODrop Destroy) 6 (rmw code Access.release_strong (Word 1 1)) []);
    [| apply (drop_shared code (some (Word 2 1)) (View [4] 0) (View [6] 0) Destroy); simpl; discriminate | exists Release; repeat split; auto | apply BEF; lia].
  eapply (own_event code G [3; 1; 0] [Handle Strong [Tok Idle (View [3] 0)]] (Handle Strong [Tok Idle (View [3] 0)]) [] (some UNIQUE) (View [3] 0) ORead 4 ReadValue [Handle Strong [Tok Idle (View [4] 0)]]);
    [| apply (read_value _ _ _ _ Strong [] []); reflexivity | reflexivity | apply BEF; lia].
  eapply (own_event code G [1; 0] [] (Handle Strong [Tok Idle (View [1] 0)]) [] (some UNIQUE) (View [1] 0) OClone 3 (rmw code Access.add_strong (Word 2 1))
    [Handle Strong [Tok Idle (View [3] 0)]; Handle Strong [Tok Idle (View [3] 0)]]);
    [| apply (clone code (some UNIQUE) (View [1] 0) (View [3] 0) [] []) | exists Relaxed; repeat split; auto | apply BEF; lia].
  eapply (own_silent code G [1; 0] [] (Handle Strong [Tok Exclusive (View [1] 0)]) [] (some UNIQUE) (View [1] 0) OEndMut [Handle Strong [Tok Idle (View [1] 0)]]); [|apply end_exclusive].
  eapply (own_event code G [0] [] (Handle Strong [Tok Empty (View [0] 0)]) [] (some UNIQUE) (View [0] 0) OFill 1 InitValue [Handle Strong [Tok Exclusive (View [1] 0)]]);
    [| apply fill | reflexivity | apply BEF; lia].
  apply own_empty. reflexivity.
Qed.

Theorem sound_execution : rc11 wide X /\ rmws_only X 0 /\ disciplined G.
Proof.
  split; [apply is_allowed; reflexivity|]. split; [apply once_initialised|].
  intros L T COV. rewrite (told_once L T COV). eexists. exact kept.
Qed.
End Sound.

(** ** Relaxed: a race *)

(** No event acquires, so nothing synchronises, and no event of thread 2 happens before one of thread 1. *)
Lemma thread_2_stays : forall x y, happens_before true (program Rlx) x y -> 4 <= x <= 6 -> 4 <= y <= 6.
Proof.
  assert (S : forall x y, union (sb (program Rlx)) (synchronises true (program Rlx)) x y -> 4 <= x <= 6 -> 4 <= y <= 6).
  { intros x y [H|H] B.
    - pose proof (sb_lt Rlx _ _ H) as [L _]. change (((x <? y) && (y <? 9) && negb ((4 <=? x) && (x <=? 6) && (7 <=? y))) = true) in H.
      apply andb_true_iff in H. destruct H as [_ H]. apply negb_true_iff in H. rewrite !andb_false_iff, !Nat.leb_gt in H. lia.
    - exfalso. destruct H as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & z & _ & _ & w & _ & _ & _ & Q). clear - Q.
      unfold an in Q. do 9 (destruct w as [|w]; [discriminate Q|]). discriminate Q. }
  intros x y H. induction H as [x y H|x z y H _ _ IH]; intros B; [eapply S; eassumption | apply IH; eapply S; eassumption].
Qed.

Theorem racy_execution :
  rc11 true (program Rlx) /\ rmws_only (program Rlx) 0 /\ races (program Rlx) 0 writes_value 4 8
  /\ ~ happens_before true (program Rlx) 4 8 /\ ~ happens_before true (program Rlx) 8 4.
Proof.
  split; [apply is_allowed; reflexivity|]. split; [apply once_initialised|]. split; [left; repeat split; auto|].
  split; intros H; [apply thread_2_stays in H; lia | apply hb_lt in H; lia].
Qed.
