(** * try_map: the value in place, or in a new allocation

    In place, the value is moved out while the handle stays; then another is written, or the handle goes without one. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails OwnCalls Play Born UniqueCalls UninitCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** ** The text, answer by answer *)

#[local] Opaque Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb rounds bits Z.pow.
Ltac head_of :=
  match goal with
  | |- follows_ ?f ?p ?k ?b ?o ?q ?u ?t ?pts => let t' := eval hnf in t in change_no_check (follows_ f p k b o q u t' pts)
  | |- born ?p ?k ?b ?q ?u ?t => let t' := eval hnf in t in change_no_check (born p k b q u t')
  end.
(** The text's condition is [c], whose value [E] says. *)
Ltac decided c E :=
  head_of;
  match goal with
  | |- follows_ _ _ _ _ _ _ _ (if ?b then _ else _) _ => change b with c; rewrite E
  | |- born _ _ _ _ _ (if ?b then _ else _) => change b with c; rewrite E
  end.
Ltac is_dropping R P f :=
  match goal with
  | |- follows_ _ _ _ _ _ _ _ ?t _ => replace t with f by (unfold dropping, uninit_dropping; destruct R, P; same)
  | |- born _ _ _ _ _ ?t => replace t with f by (unfold dropping, uninit_dropping; destruct R, P; same)
  end.
Ltac answered := let b := fresh "b" in let y := fresh "y" in
  first [intros ? [b ->]; destruct b | intros ? [y [-> | ->]] | intros ? _].

Lemma den_let : forall n q c k r K, den n (Let q c k) r K = den n c r (fun fl r1 =>
  match fl with
  | Lang.Value v =>
      match bind q v with
      | Some bs => den n k (bs ++ r1) (fun fl r2 => K fl (skipn (List.length bs) r2))
      | None => Stuck
      end
  | _ => K fl r1
  end).
Proof. reflexivity. Qed.
Lemma den_user : forall n what args r K, den n (User what args) r K
  = TUser what (map (eval r) args) (fun v => K (Lang.Value v) (moved_all args r)) (K Unwinds (moved_all args r)).
Proof. reflexivity. Qed.

(** The text asks first whether the layouts are the same. *)
Ltac asks_first :=
  unfold tree_of, Arc_try_map; simpl combine; unfold body at 1; unfold Syntax.drops at 1; rewrite den_drops, den_let, den_user.

Section Map.
Variables (R P : bool) (p : Z).
Hypothesis D : (p =? DANGLING) = false.
Definition mapped (v : val) (pts : list point) : Prop :=
  (exists q, v = vok (VNum q) /\ pts = if q =? p then [At Strong Idle] else []) \/ (exists y, v = verr y /\ pts = []).
Notation follows := (follows p Strong P true mapped none_left).
Notation born := (born p Strong P mapped none_left).

(** The new allocation of the other path *)
Definition made : tree := TAllocate 1 (fun q => TMem MInit q (Ends (vok (VNum q))) Stuck) Unwound.
Lemma made_away : follows made [].
Proof.
  unfold made. here. split; [|intros _; apply settled; here; apply settled; reflexivity]. intros q Q. apply Z.eqb_neq in Q. here. rewrite Q.
  split; [|discriminate]. here. apply settled. left. exists q. rewrite Q. auto.
Qed.
Lemma ok_here : follows (Ends (vok (VNum p))) [At Strong Exclusive].
Proof.
  here. apply (settle_silent true _ [] (At Strong Exclusive) [] [At Strong Idle]); [apply to_end_exclusive | apply settled]. left. exists p. rewrite Z.eqb_refl. auto.
Qed.
Lemma made_born : born made.
Proof.
  unfold made. cbn [Born.born]. split; [apply begins_empty, filling, ok_here|]. split; [|intros; exact I].
  intros q Q. split; [exact I | discriminate].
Qed.
Lemma err_none : forall y, follows (Ends (verr y)) [].
Proof. intros y. here. apply settled. right. eauto. Qed.
Lemma unwound : follows Unwound [].
Proof. here. apply settled. reflexivity. Qed.


Lemma asks : forall what bs k u pts, (In (VNum p) bs -> pts = [At Strong Idle]) -> (forall v, answers what v -> follows (k v) pts) ->
  (P = false -> follows u pts) -> follows (TUser what bs k u) pts.
Proof. intros what bs k u pts A B C. split; [exact A|]. split; [exact B|]. intros E. apply settled. exact (C E). Qed.

(** The Arc is dropped after [f] has seen the value. *)
Ltac apart :=
  head_of; apply asks;
  [ reflexivity
  | answered; [is_dropping R P (dropping R P p made Unwound) | match goal with y : val |- _ => is_dropping R P (dropping R P p (Ends (verr y)) Unwound) end];
    (apply dropping_follows; [exact D | first [apply made_away | apply err_none] | intros _; apply unwound])
  | intros _; is_dropping R P (dropping R P p Unwound Aborted); apply dropping_follows; [exact D | apply unwound | intros _; exact I] ].
Ltac nothing_borrowed := let Q := fresh in intros Q; simpl in Q; repeat (destruct Q as [Q|Q]; [discriminate Q|]); destruct Q.
Ltac goes_empty := intros _; is_dropping R P (uninit_dropping R P p Unwound); apply uninit_dropping_follows; [exact D | apply unwound].

Theorem arc_try_map : forall n f, follows (tree_of n (Arc_try_map R P) [VNum p; f]) [At Strong Idle].
Proof.
  intros n f. asks_first. apply asks; [nothing_borrowed| |].
  2:{ intros _. is_dropping R P (dropping R P p Unwound Aborted). apply dropping_follows; [exact D | apply unwound | intros _; exact I]. }
  answered; [|apart].
  head_of. here. split; [strong_enough|]. intros i w S. destruct (negb (bits w =? 1)) eqn:E.
  { exists [At Strong Idle]. split; [head to_look; simpl; auto | decided (negb (bits w =? 1)) E; apart]. }
  exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq, negb_false_iff, E|].
  decided (negb (bits w =? 1)) E. head_of. eapply mem; [head to_move_out | | discriminate].
  head_of. apply asks; [nothing_borrowed| |goes_empty]. answered.
  - is_dropping R P (TUser "drop" [vunit] (fun _ => TMem MInit p (Ends (vok (VNum p))) Stuck) (uninit_dropping R P p Unwound)).
    apply asks; [nothing_borrowed | intros _ _; apply filling, ok_here | intros _; apply uninit_dropping_follows; [exact D | apply unwound]].
  - is_dropping R P (TUser "drop" [vunit] (fun _ => uninit_dropping R P p (Ends (verr y))) (uninit_dropping R P p Unwound)).
    apply asks; [nothing_borrowed | intros _ _ | intros _]; (apply uninit_dropping_follows; [exact D | first [apply err_none | apply unwound]]).
Qed.

(** Of another allocation: this one is the new one, if any. *)
Section Other.
Variable x : Z.
Hypothesis N : (x =? p) = false.
Lemma uninit_dropping_born : forall fin, born fin -> born (uninit_dropping R P x fin).
Proof. intros fin F. unfold uninit_dropping. destruct R, P; compute_born; repeat one_away N; exact F. Qed.
Lemma asks_born : forall what bs k u, (forall v, answers what v -> born (k v)) -> (P = false -> born u) -> born (TUser what bs k u).
Proof. intros what bs k u A B. split; assumption. Qed.
Lemma loads_born : forall a o q k, (forall v, born (k v)) -> born (TLoad a o q k).
Proof. intros a o q k A. exact A. Qed.
Lemma mem_born : forall o q k u, o <> MDrop -> born k -> born (TMem o q k u).
Proof. intros o q k u NE A. split; [exact A | congruence]. Qed.
Ltac apart_born :=
  head_of; apply asks_born;
  [ answered; [is_dropping R P (dropping R P x made Unwound) | match goal with y : val |- _ => is_dropping R P (dropping R P x (Ends (verr y)) Unwound) end];
    (apply dropping_born; [first [exact I | apply made_born] | intros _; exact I])
  | intros _; is_dropping R P (dropping R P x Unwound Aborted); apply dropping_born; [exact I | intros _; exact I] ].
Ltac empty_born := intros _; is_dropping R P (uninit_dropping R P x Unwound); apply uninit_dropping_born; exact I.

Lemma try_map_other : forall n f, born (tree_of n (Arc_try_map R P) [VNum x; f]).
Proof.
  intros n f. asks_first. apply asks_born.
  2:{ intros _. is_dropping R P (dropping R P x Unwound Aborted). apply dropping_born; [exact I | intros _; exact I]. }
  answered; [|apart_born].
  head_of. apply loads_born. intros v.
  destruct (negb (v =? 1)) eqn:E.
  { decided (negb (v =? 1)) E. apart_born. }
  decided (negb (v =? 1)) E. head_of. apply mem_born; [discriminate|].
  head_of. apply asks_born; [|empty_born]. answered.
  - is_dropping R P (TUser "drop" [vunit] (fun _ => TMem MInit x (Ends (vok (VNum x))) Stuck) (uninit_dropping R P x Unwound)).
    apply asks_born; [intros _ _; apply mem_born; [discriminate | exact I] | intros _; apply uninit_dropping_born; exact I].
  - is_dropping R P (TUser "drop" [vunit] (fun _ => uninit_dropping R P x (Ends (verr y))) (uninit_dropping R P x Unwound)).
    apply asks_born; [intros _ _ | intros _]; apply uninit_dropping_born; exact I.
Qed.
End Other.
End Map.

Theorem try_map_born : forall R P p n q f, q <> p -> born p Strong P (mapped p) none_left (tree_of n (Arc_try_map R P) [VNum q; f]).
Proof. intros R P p n q f Q. apply try_map_other. Qed.
