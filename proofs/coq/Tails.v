(** * Tactics for the runs, and the last part that many of them share

    [compute_run] computes a function's tree from its text; [arith] decides the text's conditions on the bits of the machine's words.
    The lemmas are about what comes after the last strong handle: the value, the implicit weak, the free. *)
From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Model Word Graph Own Points Rules.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** The text of [t] as a tree.  The arithmetic on the word, and the loops, stay as they are. *)
Ltac computed t :=
  eval cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb wrapping_add bits rounds Z.pow] in t.
Ltac compute_run :=
  match goal with |- follows_ ?f ?p ?k ?b ?o ?q ?u ?t ?pts => let t' := computed t in change (follows_ f p k b o q u t' pts) end.
Ltac compute_goal := match goal with |- ?g => let g' := computed g in change_no_check g' end.

(** Two trees are the same; and where the text asks first whether the pointer dangles ([D]: it does not) *)
Ltac same := compute_goal; reflexivity.
Ltac same_but D := compute_goal; rewrite ?D; reflexivity.

Ltac ground z :=
  lazymatch z with
  | Z0 => idtac | Zpos ?q => ground q | Zneg ?q => ground q | xH => idtac | xO ?q => ground q | xI ?q => ground q
  | ?a + ?b => ground a; ground b | ?a - ?b => ground a; ground b | ?a * ?b => ground a; ground b | ?a ^ ?b => ground a; ground b
  | wrap ?a => ground a | signed ?a => ground a
  end.
Ltac constants :=
  repeat match goal with
  | |- context [wrap ?e] => ground e; let v := eval vm_compute in (wrap e) in change (wrap e) with v
  | |- context [signed ?e] => ground e; let v := eval vm_compute in (signed e) in change (signed e) with v
  | |- context [?a <? ?b] => ground a; ground b; let v := eval vm_compute in (a <? b) in change (a <? b) with v
  | |- context [?a <=? ?b] => ground a; ground b; let v := eval vm_compute in (a <=? b) in change (a <=? b) with v
  | |- context [?a =? ?b] => ground a; ground b; let v := eval vm_compute in (a =? b) in change (a =? b) with v
  | |- context [if true then ?a else ?b] => change (if true then a else b) with a
  | |- context [if false then ?a else ?b] => change (if false then a else b) with b
  end.

Lemma bits_none : forall w, sane w -> strong w = 0%nat -> bits w = 18446744072635809792 + Z.of_nat (weak w).
Proof.
  intros [s v] [A B] E. simpl in E. subst s. unfold bits, STRONG, M. simpl strong in *. simpl weak in *.
  change (2 ^ 30) with 1073741824 in B.
  replace ((Z.of_nat 0 - 1) * 1073741824 + Z.of_nat v) with (18446744072635809792 + Z.of_nat v + (-1) * 18446744073709551616) by lia.
  rewrite Z_mod_plus_full, Z.mod_small; lia.
Qed.
Lemma bits_some : forall w, sane w -> strong w <> 0%nat -> bits w = (Z.of_nat (strong w) - 1) * 1073741824 + Z.of_nat (weak w).
Proof.
  intros [s v] [A B] E. simpl in E. unfold bits, STRONG, M. simpl strong in *. simpl weak in *.
  change (2 ^ 30) with 1073741824 in B. change (2 ^ 34) with 17179869184 in A.
  rewrite Z.mod_small; lia.
Qed.


Lemma reach_head : forall {u} only pt x new r pts, acts only pt x new -> pts = (new ++ r)%list -> reach_ u only (pt :: r) x pts.
Proof. intros. subst. exact (reach_event only [] pt r x new H). Qed.
Lemma reach_second : forall {u} only a pt x new r pts, acts true pt x new -> pts = (a :: new ++ r)%list -> reach_ u only (a :: pt :: r) x pts.
Proof. intros. subst. exact (reach_event only [a] pt r x new H). Qed.
(** After a step that changes nothing *)
Lemma reach_silent : forall {u} only pt x new r pts, acts only pt (Touches Nothing) new -> reach_ u only (new ++ r) x pts -> reach_ u only (pt :: r) x pts.
Proof. intros u only pt x new r pts A. apply (reach_after only [] pt r Nothing x new pts); [left; reflexivity | exact A]. Qed.
Lemma acts_any : forall only pt x new, acts false pt x new -> acts only pt x new.
Proof. unfold acts. intros only pt x new [A B]. split; [auto|]. intros. eapply B; eauto. discriminate. Qed.

Lemma spare : forall {u} pre pt new pt1 new' a' a w w' pts pts', pts = (pre ++ [pt])%list ->
  acts true pt (Changes a w w') (new ++ [pt1]) -> pts' = (pre ++ new ++ new')%list -> (forall i, acts true pt1 (Reads a' i w') new') ->
  reach_rmw u true AcqRel a w w' pts pts'.
Proof.
  intros. subst. replace (pre ++ new ++ new')%list with (pre ++ (new ++ new') ++ [])%list by (rewrite app_nil_r; reflexivity).
  eapply reach_spared; eauto.
Qed.
Ltac plain := apply reach_plain.

Ltac to L := first [ apply L | apply acts_any; apply L ].
Ltac head L := eapply reach_head; [to L | reflexivity]; auto; try discriminate.
Ltac second L := eapply reach_second; [to L | reflexivity]; auto; try discriminate.

(** Linear arithmetic on the words' bits. *)
Ltac numbers :=
  repeat match goal with S : sane ?w |- _ =>
    let E := fresh "E" in let B := fresh "B" in
    destruct (Nat.eq_dec (strong w) 0) as [E|E];
    [pose proof (bits_none w S E) as B | pose proof (bits_some w S E) as B];
    destruct S as [? ?]; rewrite B in *; clear B end;
  unfold signed, wrap, wrapping_add, M in *;
  change (2 ^ 63) with 9223372036854775808 in *; change (2 ^ 34) with 17179869184 in *;
  change (2 ^ 33) with 8589934592 in *; change (2 ^ 30) with 1073741824 in *; change (2 ^ 29) with 536870912 in *;
  change (Z.lor 18446744072635809792 1) with 18446744072635809793 in *;
  cbn [strong weak plus_strong minus_strong plus_weak minus_weak more_strong less_strong] in *;
  repeat match goal with
  | H : negb _ = true |- _ => apply negb_true_iff in H
  | H : negb _ = false |- _ => apply negb_false_iff in H
  | H : (_ <=? _) = true |- _ => apply Z.leb_le in H
  | H : (_ <=? _) = false |- _ => apply Z.leb_gt in H
  | H : (_ <? _) = true |- _ => apply Z.ltb_lt in H
  | H : (_ <? _) = false |- _ => apply Z.ltb_ge in H
  | H : (_ =? _) = true |- _ => apply Z.eqb_eq in H
  | H : (_ =? _) = false |- _ => apply Z.eqb_neq in H
  | H : context [if ?a <? ?b then _ else _] |- _ => destruct (Z.ltb_spec a b)
  end.
Ltac arith := numbers; lia.

Ltac here :=      (** one step only *)
  lazymatch goal with
  | |- follows_ _ _ _ _ _ _ _ (TCas _ _ _ _ _ _ _ ?yes ?no) _ =>
      let Y := fresh "Y" in let N := fresh "N" in set (Y := yes); set (N := no); cbn [follows_]; subst Y N
  | |- follows_ _ _ _ _ _ _ _ (TMem _ _ ?k ?u) _ =>
      let Y := fresh "Y" in let N := fresh "N" in set (Y := k); set (N := u); cbn [follows_]; subst Y N
  | |- follows_ _ _ _ _ _ _ _ (TAllocate _ ?k ?u) _ =>
      let Y := fresh "Y" in let N := fresh "N" in set (Y := k); set (N := u); cbn [follows_]; subst Y N
  | |- follows_ _ _ _ _ _ _ _ (TUser _ _ ?k ?u) _ =>
      let Y := fresh "Y" in let N := fresh "N" in set (Y := k); set (N := u); cbn [follows_]; subst Y N
  | |- _ => cbn [follows_]
  end; cbn beta; rewrite ?Z.eqb_refl.
Ltac inside := match goal with |- context [follows_ _ _ _ _ _ _ _ (if ?c then _ else _) _] => destruct c eqn:? end.
Ltac branch := match goal with |- follows_ _ _ _ _ _ _ _ (if ?c then _ else _) _ => destruct c eqn:? end.
Ltac strong_enough := split; intros; assumption || reflexivity || discriminate.


Lemma bits_add : forall w w' d k,
  (Z.of_nat (strong w') - Z.of_nat (strong w)) * 1073741824 + (Z.of_nat (weak w') - Z.of_nat (weak w)) = d + k * 18446744073709551616 ->
  bits w' = wrapping_add (bits w) d.
Proof.
  intros w w' d k E. unfold bits, wrapping_add. rewrite Zplus_mod_idemp_l. unfold STRONG, M.
  replace ((Z.of_nat (strong w') - 1) * 1073741824 + Z.of_nat (weak w'))
    with ((Z.of_nat (strong w) - 1) * 1073741824 + Z.of_nat (weak w) + d + k * 18446744073709551616) by lia.
  apply Z_mod_plus_full.
Qed.
Ltac fields := cbn [strong weak plus_strong minus_strong plus_weak minus_weak more_strong less_strong].
Ltac in_fields := repeat match goal with S : sane _ |- _ => destruct S end; unfold within; fields;
  change (2 ^ 34) with 17179869184 in *; change (2 ^ 30) with 1073741824 in *; lia.
Ltac adds := split; [in_fields | first [apply (bits_add _ _ _ 0); fields; lia | apply (bits_add _ _ _ (-1)); fields; lia]].

Lemma limited_less : forall a w w' pts t, (strong w' <= strong w)%nat -> (weak w' <= weak w)%nat -> limited a w w' pts t.
Proof. intros. right. right. auto. Qed.
Ltac less := apply limited_less; fields; lia.
(** Past the limit: the rest aborts, whatever it reads. *)
Ltac aborts := repeat (cbn [aborting takes_back]; first
  [ exact I | split; [reflexivity|] | intros ? | match goal with |- aborting (if ?c then _ else _) => destruct c end ]).
Ltac past :=
  (left; split; [reflexivity|]; split; [aborts|]; split; [fields; lia|]; do 2 eexists; left; reflexivity)
  || (right; left; split; [reflexivity|]; split; [aborts|]; fields; lia).

Ltac counts C := destruct C as [C _]; repeat match type of C with Forall _ (_ :: _) =>
   let C1 := fresh "C" in inversion C as [|? ? C1 C']; subst; clear C; rename C' into C; cbn [counted] in C1 end; clear C.

Ltac leaves := first [reflexivity | split; reflexivity | left; split; reflexivity | right; split; reflexivity | solve [auto]].
Ltac done := first [assumption | here; apply settled; leaves].


Lemma reach_last : forall {u} pre pt x new, acts true pt x new -> reach_ u true (pre ++ [pt]) x (pre ++ new).
Proof.
  intros u pre pt x new A. replace (pre ++ new)%list with (pre ++ new ++ [])%list by (rewrite app_nil_r; reflexivity).
  apply reach_event. destruct pre; exact A.
Qed.

(** ** A run that leaves one thing leaves whatever follows from it; and may have silent drops that it does not need *)

Lemma settles_mono : forall only (P Q : list point -> Prop), (forall x, P x -> Q x) -> forall pts, settles only P pts -> settles only Q pts.
Proof. intros only P Q M pts S. induction S; [apply settled; auto | eapply settle_silent; eauto]. Qed.

Lemma reach_more : forall u u' only, (u = true -> u' = true) -> forall pts x pts', reach_ u only pts x pts' -> reach_ u' only pts x pts'.
Proof. intros u u' only U pts x pts' H. induction H; [constructor; assumption | eapply reach_after; eauto using silent_more]. Qed.
Lemma reach_rmw_more : forall u u' only o a w w', (u = true -> u' = true) -> forall pts pts', reach_rmw u only o a w w' pts pts' -> reach_rmw u' only o a w w' pts pts'.
Proof.
  intros u u' only o a w w' U pts pts' H.
  induction H; [apply reach_plain; eauto using reach_more | eapply reach_rmw_after; eauto using silent_more | eapply reach_spared; eauto].
Qed.

Lemma follows_more : forall u u' p k b only (post post' : val -> list point -> Prop) (un un' : list point -> Prop),
  (u = true -> u' = true) -> (forall v x, post v x -> post' v x) -> (forall x, un x -> un' x) ->
  forall t pts, follows_ u p k b only post un t pts -> follows_ u' p k b only post' un' t pts.
Proof.
  intros u u' p k b only post post' un un' U M N.
  pose proof (reach_more u u' only U) as RM. pose proof (fun o a w w' => reach_rmw_more u u' only o a w w' U) as RR.
  induction t; intros pts F; simpl in *; auto.
  - eapply settles_mono; [intros x; apply M | exact F].
  - eapply settles_mono; [apply N | exact F].
  - destruct (p0 =? p); [|intros; auto]. destruct F as [A F]. split; [exact A|]. intros i w S. destruct (F i w S) as (x & B & C). eauto.
  - destruct (p0 =? p); [|intros; auto]. destruct F as [A F]. split; [exact A|]. intros w S D. destruct (F w S D) as (w' & x & B & C & E & J).
    exists w', x. split; [exact B|]. split; [auto|]. split; [exact E|]. destruct J as [J|J]; [left; auto | right; exact J].
  - destruct (p0 =? p).
    + destruct F as (A & B & C & F & J). split; [exact A|]. split; [exact B|]. split; [exact C|]. split.
      * intros w S D E. destruct (F w S D E) as (w' & x & X & Y & Z & W). exists w', x. auto.
      * intros i w S E. destruct (J i w S E) as (c & x & X & Y & Z & W). exists c, x. auto.
    + destruct F as [A B]. split; auto.
  - destruct F as [A B]. split; [auto|]. intros E. eapply settles_mono; [intros x; apply IHt | exact (B E)].
  - destruct (p0 =? p).
    + destruct F as (x & A & B & C). exists x. auto.
    + destruct F. split; auto.
  - destruct F as (A & B & C). split; [exact A|]. split; [auto|]. intros E. eapply settles_mono; [intros x; apply IHt | exact (C E)].
Qed.
Lemma follows_mono : forall p k b only (post post' : val -> list point -> Prop) (un un' : list point -> Prop), (forall v x, post v x -> post' v x) -> (forall x, un x -> un' x) ->
  forall t pts, follows p k b only post un t pts -> follows p k b only post' un' t pts.
Proof. intros p k b only post post' un un'. apply follows_more. auto. Qed.
Lemma follows_any : forall u p k b only post un t pts, follows p k b only post un t pts -> follows_ u p k b only post un t pts.
Proof. intros u p k b only post un. apply follows_more; auto. discriminate. Qed.

(** A silent step comes before a read-modify-write. *)
Lemma silent_fetch : forall {u} p k P post un pt e pt2 a o d f, silent u e -> acts true pt (Touches e) [pt2] ->
  (forall w, counted w pt -> counted w pt2) -> (strongs_at pt2 <= strongs_at pt)%nat ->
  follows_ u p k P true post un (TFetch a o p d f) [pt2] -> follows_ u p k P true post un (TFetch a o p d f) [pt].
Proof.
  intros u p k P post un pt e pt2 a o d f SI A C K F. cbn [follows_] in *. rewrite Z.eqb_refl in *. destruct F as [B F]. split; [exact B|].
  intros w S [L T]. destruct (F w S) as (w' & pts' & X & Y & Z).
  { split; [constructor; [|constructor]; apply C; inversion L; assumption | simpl in *; lia]. }
  exists w', pts'. split; [exact X|]. split; [|exact Z]. apply (reach_rmw_after _ _ _ _ _ _ [] pt [] e [pt2]); assumption.
Qed.

(** ** The last part of the operations: the value, the implicit weak, the free *)

Section Last.
Context {uninit : bool}.
Variables (p : Z) (k0 : kind) (P : bool) (post : val -> list point -> Prop) (unwound : list point -> Prop).
Notation follows := (follows_ uninit p k0 P true post unwound).

Lemma mem : forall o t u pts pts', reach_ uninit true pts (Touches (effect_of o)) pts' ->
  follows t pts' -> (o = MDrop -> P = false -> follows u pts') -> follows (TMem o p t u) pts.
Proof. intros o t u pts pts' A B D. here. eauto. Qed.

Lemma freeing : forall pre fin, follows fin pre -> follows (TMem MFree p fin Stuck) (pre ++ [Task Freeing]).
Proof.
  intros pre fin F. here. exists pre. split; [|split; [exact F | discriminate]].
  rewrite <- (app_nil_r pre) at 2. apply reach_last, to_free.
Qed.

Lemma last_of : forall (pre : list point) (pt : point), In pt (pre ++ [pt]). Proof. intros. apply in_app_iff. simpl. auto. Qed.

(** The implicit weak, if there may be Weaks *)
Lemma releasing_acq : forall pre fin, follows fin pre ->
  follows (TFetch Access.release_weak AcqRel p 18446744073709551615 (fun v =>
    if 1 <? v mod 1073741824 then fin
    else if negb (wrap (v - 1) =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck)) (pre ++ [Task Releasing]).
Proof.
  intros pre fin F. here. split; [strong_enough|]. intros w S C. destruct C as [C _]. rewrite Forall_forall in C. specialize (C _ (last_of _ _)). cbn in C.
  exists (minus_weak w). destruct (Nat.eq_dec (weak w) 1) as [O|O].
  - exists (pre ++ [Task Freeing])%list. split; [adds|]. split; [|split; [less|left]].
    + eapply (spare pre _ []); [reflexivity | apply (to_release_last w O) | reflexivity | intros i; apply to_last_weak].
    + branch; [exfalso; arith|]. branch; [exact I|]. apply freeing, F.
  - exists pre. split; [adds|]. split; [|split; [less|left]].
    + plain. rewrite <- (app_nil_r pre) at 2. apply reach_last, to_release_shared, O.
    + branch; [exact F | exfalso; arith].
Qed.

Lemma releasing_rel : forall pre fin, follows fin pre ->
  follows (TFetch Access.release_weak Release p 18446744073709551615 (fun v =>
    if 1 <? v mod 1073741824 then fin
    else TLoad Access.release_weak_last Acquire p (fun v =>
      if negb (v =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck))) (pre ++ [Task Releasing]).
Proof.
  intros pre fin F. here. split; [strong_enough|]. intros w S C. destruct C as [C _]. rewrite Forall_forall in C. specialize (C _ (last_of _ _)). cbn in C.
  exists (minus_weak w). destruct (Nat.eq_dec (weak w) 1) as [O|O].
  - exists (pre ++ [Task LastWeak])%list. split; [adds|]. split; [|split; [less|left]].
    + plain. apply reach_last, to_release_last, O.
    + branch; [exfalso; arith|]. here. split; [strong_enough|]. intros i w1 S1.
      exists (pre ++ [Task Freeing])%list. split; [apply reach_last, to_last_weak|].
      branch; [exact I|]. apply freeing, F.
  - exists pre. split; [adds|]. split; [|split; [less|left]].
    + plain. rewrite <- (app_nil_r pre) at 2. apply reach_last, to_release_shared, O.
    + branch; [exact F | exfalso; arith].
Qed.

(** [release_weak] of a Weak, and the free *)
Lemma weak_dropping_acq : forall fin, follows fin [] ->
  follows (TFetch Access.release_weak AcqRel p 18446744073709551615 (fun v =>
    if 1 <? v mod 1073741824 then fin
    else if negb (wrap (v - 1) =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck)) [At Weak Idle].
Proof.
  intros fin F. here. split; [strong_enough|]. intros w S C. counts C. exists (minus_weak w). destruct (Nat.eq_dec (weak w) 1) as [O|O].
  - exists ([] ++ [Task Freeing])%list. split; [adds|]. split; [|split; [less|left]].
    + eapply (spare [] _ []); [reflexivity | apply (to_weak_drop_last w O) | reflexivity | intros i; apply to_last_weak].
    + branch; [exfalso; arith|]. branch; [exact I|]. apply freeing. exact F.
  - exists []. split; [adds|]. split; [plain; head to_weak_drop_shared|split; [less|left]]. branch; [exact F | exfalso; arith].
Qed.

Lemma weak_dropping_rel : forall fin, follows fin [] ->
  follows (TFetch Access.release_weak Release p 18446744073709551615 (fun v =>
    if 1 <? v mod 1073741824 then fin
    else TLoad Access.release_weak_last Acquire p (fun v =>
      if negb (v =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck))) [At Weak Idle].
Proof.
  intros fin F. here. split; [strong_enough|]. intros w S C. counts C. exists (minus_weak w). destruct (Nat.eq_dec (weak w) 1) as [O|O].
  - exists [Task LastWeak]. split; [adds|]. split; [plain; head to_weak_drop_last|split; [less|left]].
    branch; [exfalso; arith|]. here. split; [strong_enough|]. intros i w1 S1.
    exists ([] ++ [Task Freeing])%list. split; [head to_last_weak|]. branch; [exact I|]. apply freeing. exact F.
  - exists []. split; [adds|]. split; [plain; head to_weak_drop_shared|split; [less|left]]. branch; [exact F | exfalso; arith].
Qed.

Lemma to_look_last : forall h b i w, (b = true -> weak w = 1%nat) ->
  acts true (Task (LastDrop h)) (Reads Access.take_value i w) [Task (Owner h b)].
Proof. intros h [|] i w E; [apply to_last_drop_alone; auto | apply to_last_drop]. Qed.

End Last.

(** A [Weak] that is not dangling: its pointer [p] is not [DANGLING]. *)
Ltac dangling D := compute_run; rewrite ?D; compute_run; constants.

(** A release of a strong handle that is not the last one: it is done, or past the limit ([doomed]). *)
Ltac not_the_last :=
  match goal with |- follows_ _ _ _ _ _ _ _ (if ?c then _ else _) _ \/ _ => destruct c eqn:? end;
  [ left; done
  | right; split; [arith|];
    match goal with
    | |- doomed _ (if ?c then _ else _) => destruct c eqn:?; [exact I | exfalso; arith]
    | |- _ => cbn [doomed]; split; [reflexivity|]; intros; match goal with |- (if ?c then _ else _) = _ => destruct c eqn:?; [reflexivity | exfalso; arith] end
    end ].

Ltac weak_dropping := first [apply weak_dropping_acq | apply weak_dropping_rel].
Ltac releasing := first [eapply (releasing_acq _ _ _ _ _ []) | eapply (releasing_rel _ _ _ _ _ []) | eapply (releasing_acq _ _ _ _ _ [_]) | eapply (releasing_rel _ _ _ _ _ [_])].


(** [take_value], if it loads. *)
Ltac look_at_value pre h :=
  here; split; [strong_enough|]; let i := fresh "i" in let w := fresh "w" in let S := fresh "S" in intros i w S;
  exists (pre ++ [Task (Owner h (bits w =? Z.lor 18446744072635809792 1))])%list;
  split; [apply reach_last, to_look_last; intros; arith | branch; [exact I|]].

(** The fate of the value, and then of the memory. *)
Ltac free_it := first [apply (freeing _ _ _ _ _ []) | apply (freeing _ _ _ _ _ [_])].
Ltac take_it :=
  match goal with |- context [Owner _ ?b] => destruct b eqn:? end; cbn [negb];
  (eapply mem;
    [ apply reach_last; first [apply (to_take_alone Destroy) | apply (to_take_shared Destroy) | apply (to_take_alone HandOut) | apply (to_take_shared HandOut)]
    | try free_it; try releasing; try weak_dropping; done
    | intros; try discriminate; try free_it; try releasing; try weak_dropping; done ]).
