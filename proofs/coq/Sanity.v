(** * C11 allows the bug of 2018

    One program: thread 1 builds an Arc, publishes and clones it; thread 2 reads the value through the clone and drops it; thread 1
    sees that it is alone, writes, and drops the Arc.  Its execution satisfies the textbook's axioms ([is_allowed]) and is a client's
    of the shipped text (Inhabited.v).  With [is_unique] Relaxed, as in 2018, it satisfies the axioms and has a race ([racy_execution]). *)

From Coq Require Import List Arith Bool Lia ZArith.
From ProvenArc Require Import Accesses Model Word Graph RC11.
Import ListNotations.
Local Open Scope nat_scope.

(** Thread 1: 0 initialises the word, 1 the value; 2 and 3 are into_arc's RMW, 4 and 5 clone's; 9 is get_mut's load, in mode [o];
    10 the write; 11 and 12 are the last drop's RMW, 13 its load (not on x86); 14 drops the value, 15 frees the
    memory.  Thread 2, spawned after 5: 6 reads the value; 7 and 8 are drop's RMW, on x86 acquiring. *)
Definition program (x86 : bool) (o : mode) : execution := Execution
  [0; 1; 2; 3; 4; 5; 6; 7; 8; 9; 10; 11; 12; 13; 14; 15]
  (fun e => match e with
    | 0 => W (WordOf 0) Na (bits (Word 0 1))
    | 1 => W (ValueOf 0) Na 0
    | 2 => R (WordOf 0) Rlx (bits (Word 0 1)) | 3 => W (WordOf 0) Rel (bits (Word 1 1))
    | 4 => R (WordOf 0) Rlx (bits (Word 1 1)) | 5 => W (WordOf 0) Rlx (bits (Word 2 1))
    | 6 => R (ValueOf 0) Na 0
    | 7 => R (WordOf 0) (if x86 then Acq else Rlx) (bits (Word 2 1)) | 8 => W (WordOf 0) Rel (bits (Word 1 1))
    | 9 => R (WordOf 0) o (bits (Word 1 1))
    | 10 => W (ValueOf 0) Na 1
    | 11 => R (WordOf 0) (if x86 then Acq else Rlx) (bits (Word 1 1)) | 12 => W (WordOf 0) Rel (bits (Word 0 1))
    | 13 => if x86 then Nop else R (WordOf 0) Acq (bits (Word 0 1))
    | 14 => W (ValueOf 0) Na 2
    | 15 => D 0
    | _ => Nop
    end)
  (fun x y => (x <? y) && (y <? 16) && negb ((6 <=? x) && (x <=? 8) && (9 <=? y)))
  (fun x y => match x, y with 0, 2 | 3, 4 | 5, 7 | 8, 9 | 8, 11 | 1, 6 => true | 12, 13 => negb x86 | _, _ => false end)
  (fun x y => match x, y with 
    0, 3 | 0, 5 | 0, 8 | 0, 12 | 3, 5 | 3, 8 | 3, 12 | 5, 8 | 5, 12 | 8, 12 | 1, 10 | 1, 14 | 10, 14 => true | _, _ => false end)
  (fun x y => match x, y with 2, 3 | 4, 5 | 7, 8 | 11, 12 => true | _, _ => false end).

Definition does (e : nat) : touch := match e with 1 => VInit | 10 => VWrite | 14 => VDrop | _ => VRead end.

(** ** The axioms *)

Section Allowed.
Variable x86 : bool.
Variable o : mode.
Hypothesis A : RC11.atomic o = true.
Let X := program x86 o.

Ltac cases_of H :=
  repeat match type of H with
  | match ?x with _ => _ end = true => destruct x; try discriminate H
  end.

Lemma sb_lt : forall x y, sb X x y -> x < y /\ y < 16.
Proof.
  intros x y H. unfold sb in H. simpl in H. apply andb_true_iff in H. destruct H as [H _]. apply andb_true_iff in H.
  destruct H as [H K]. apply Nat.ltb_lt in H. apply Nat.ltb_lt in K. auto.
Qed.

Lemma rf_cases : forall x y, rf X x y -> (x, y) = (0, 2) \/ (x, y) = (3, 4) \/ (x, y) = (5, 7) \/ (x, y) = (8, 9)
  \/ (x, y) = (8, 11) \/ (x, y) = (1, 6) \/ (negb x86 = true /\ (x, y) = (12, 13)).
Proof. intros x y H. unfold rf in H. simpl in H. cases_of H; auto 10. Qed.

Lemma co_cases : forall x y, co X x y -> In (x, y) [(0, 3); (0, 5); (0, 8); (0, 12); (3, 5); (3, 8); (3, 12); (5, 8); (5, 12); (8, 12);
  (1, 10); (1, 14); (10, 14)].
Proof. intros x y H. unfold co in H. simpl in H. cases_of H; simpl; auto 15. Qed.

Lemma rmw_cases : forall x y, rmw_of X x y -> (x, y) = (2, 3) \/ (x, y) = (4, 5) \/ (x, y) = (7, 8) \/ (x, y) = (11, 12).
Proof. intros x y H. unfold rmw_of in H. simpl in H. cases_of H; auto 10. Qed.

Ltac each H := first [apply rf_cases in H | apply co_cases in H | apply rmw_cases in H];
  simpl In in H; repeat match type of H with _ \/ _ => destruct H as [H|H] | False => destruct H end;
  try match type of H with _ /\ _ => let B := fresh "B" in destruct H as [B H] end; inversion H; subst; clear H.

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

Lemma in_evs : forall x, In x (evs X) -> x < 16.
Proof. intros x H. simpl in H. intuition lia. Qed.

Lemma lt_in : forall x, x < 16 -> In x (evs X).
Proof. intros x H. do 16 (destruct x; [simpl; auto 20|]). lia. Qed.

Lemma is_allowed : forall wide, rc11 wide X.
Proof.
  intros wide. constructor.
  - repeat constructor; simpl; intuition discriminate.
  - intros x y H. apply sb_lt in H. split; apply lt_in; lia.
  - intros r w H. each H; repeat split; simpl; auto 20; try discriminate; destruct x86; reflexivity.
  - intros r r' w H K. each H; each K; congruence.
  - intros r w w' H K. each H; each K; congruence.
  - intros w r H. each H; repeat split; try (apply lt_in; lia); try reflexivity; try discriminate; destruct x86; try discriminate B; try reflexivity; discriminate.
  - intros w w' r H K. each H; each K; congruence.
  - intros r I H. apply in_evs in I.
    assert (C : r = 2 \/ r = 4 \/ r = 6 \/ r = 7 \/ r = 9 \/ r = 11 \/ r = 13) by (do 16 (destruct r as [|r]; [solve [discriminate H | auto 10]|]); lia).
    destruct C as [->|[->|[->|[->|[->|[->| ->]]]]]]; [exists 0 | exists 3 | exists 1 | exists 5 | exists 8 | exists 8 | exists 12]; try reflexivity.
    unfold an in H. unfold rf. simpl in *. destruct x86; [discriminate H | reflexivity].
  - intros x y H. each H; repeat split; simpl; auto 20; try discriminate.
  - intros x H. each H; discriminate.
  - intros x y z H K. each H; each K; try discriminate; reflexivity.
  - intros x y I J V V' [S _]. apply in_evs in I. apply in_evs in J.
    assert (L : forall e, an X is_W e = true -> e <> 13) by (intros e WE ->; unfold an in WE; simpl in WE; destruct x86; discriminate WE).
    pose proof (L x V) as NX. pose proof (L y V') as NY. clear L.
    do 16 (destruct x as [|x]; [first [discriminate V | case (NX eq_refl) | clear NX;
      do 16 (destruct y as [|y]; [first [discriminate V' | case (NY eq_refl) | discriminate S | auto | right; auto]|]); lia]|]). lia.
  - intros x y H [<-|K]; [apply hb_lt in H; lia|]. apply hb_lt in H. apply eco_lt in K. lia.
  - intros r w H (z & _ & (y & _ & RF & CO) & CO'). unfold inverse in RF. each H; each RF; each CO; each CO'; discriminate.
Qed.

Lemma once_initialised : rmws_only X 0.
Proof.
  assert (L : forall e, e < 16 -> to_word X 0 e = true -> an X is_W e = true -> read_of X e = None -> e = 0).
  { intros e I T V N. destruct (Nat.eq_dec e 13) as [->|NE]; [unfold an in V; simpl in V; destruct x86; discriminate V|].
    do 16 (destruct e as [|e]; [first [reflexivity | discriminate V | discriminate T | discriminate N | case (NE eq_refl)]|]). lia. }
  intros x y I J T U V V' N N'. apply in_evs in I. apply in_evs in J. rewrite (L x), (L y); auto.
Qed.
End Allowed.

(** ** Acquire: the drop happens before the write *)

Section Sound.
Variable wide x86 : bool.
Let X := program x86 Acq.

Lemma drop_before_look : happens_before wide X 8 9.
Proof.
  apply plus_one. right. exists 8. split; [apply lt_in; lia|]. split; [split; reflexivity|].
  exists 8. split; [apply lt_in; lia|]. split; [left; reflexivity|]. exists 8. split; [apply lt_in; lia|]. split.
  { exists 8. split; [apply lt_in; lia|]. split; [split; reflexivity|]. exists 8. split; [apply lt_in; lia|].
    split; [destruct wide; [left; reflexivity | split; reflexivity]|]. exists 8. split; [apply lt_in; lia|].
    split; [split; reflexivity | left; reflexivity]. }
  exists 9. split; [apply lt_in; lia|]. split; [reflexivity|]. exists 9. split; [apply lt_in; lia|]. split; [split; reflexivity|].
  exists 9. split; [apply lt_in; lia|]. split; [left; reflexivity | split; reflexivity].
Qed.

Lemma all_ordered : forall x y, x < y -> y < 16 -> happens_before wide X x y.
Proof.
  intros x y L M.
  assert (SB : forall u v, u < v -> v < 16 -> ~ (6 <= u <= 8 /\ 9 <= v) -> happens_before wide X u v).
  { intros u v A B N. apply plus_one. left.
    change (((u <? v) && (v <? 16) && negb ((6 <=? u) && (u <=? 8) && (9 <=? v))) = true).
    apply Nat.ltb_lt in A. apply Nat.ltb_lt in B. rewrite A, B. apply negb_true_iff.
    destruct (6 <=? u) eqn:E1; [|reflexivity]. destruct (u <=? 8) eqn:E2; [|reflexivity]. destruct (9 <=? v) eqn:E3; [|reflexivity].
    exfalso. apply N. apply Nat.leb_le in E1. apply Nat.leb_le in E2. apply Nat.leb_le in E3. lia. }
  assert (C : rc11 wide X) by (apply is_allowed; reflexivity).
  destruct (le_lt_dec 6 x), (le_lt_dec x 8), (le_lt_dec 9 y); try (apply SB; lia).
  assert (H9 : happens_before wide X x 9).
  { destruct (Nat.eq_dec x 8) as [->|]; [apply drop_before_look|]. eapply (hb_trans wide X C); [apply (SB x 8); lia | apply drop_before_look]. }
  destruct (Nat.eq_dec y 9) as [->|]; [exact H9 | eapply (hb_trans wide X C); [exact H9 | apply SB; lia]].
Qed.
End Sound.

(** ** Relaxed: a race *)

(** Only the load of the last drop acquires, so nothing of thread 2 happens before anything of thread 1 until then. *)
Lemma thread_2_stays : forall x y, happens_before true (program false Rlx) x y -> 6 <= x <= 8 \/ 13 <= x -> 6 <= y <= 8 \/ 13 <= y.
Proof.
  assert (S : forall x y, union (sb (program false Rlx)) (synchronises true (program false Rlx)) x y -> 6 <= x <= 8 \/ 13 <= x -> 6 <= y <= 8 \/ 13 <= y).
  { intros x y [H|H] B.
    - pose proof (sb_lt false Rlx _ _ H) as [L _]. change (((x <? y) && (y <? 16) && negb ((6 <=? x) && (x <=? 8) && (9 <=? y))) = true) in H.
      apply andb_true_iff in H. destruct H as [_ H]. apply negb_true_iff in H. rewrite !andb_false_iff, !Nat.leb_gt in H. lia.
    - right. destruct H as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & z & _ & _ & w & _ & _ & -> & Q). clear - Q.
      unfold an in Q. do 13 (destruct y as [|y]; [discriminate Q|]). lia. }
  intros x y H. induction H as [x y H|x z y H _ _ IH]; intros B; [eapply S; eassumption | apply IH; eapply S; eassumption].
Qed.

Theorem racy_execution :
  rc11 true (program false Rlx) /\ rmws_only (program false Rlx) 0 /\ races (program false Rlx) 0 does 6 10
  /\ ~ happens_before true (program false Rlx) 6 10 /\ ~ happens_before true (program false Rlx) 10 6.
Proof.
  split; [apply is_allowed; reflexivity|]. split; [apply once_initialised|]. split; [left; repeat split; auto|].
  split; intros H; [apply thread_2_stays in H; lia | apply hb_lt in H; lia].
Qed.
