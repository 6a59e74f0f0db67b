(** * make_mut, make_unique, try_into_unique: the handle is to be the only one

    Their texts, written as trees of a few parts: each part follows the machine for the allocation whose handle the call has
    ([..._follows]); has nothing to do with any other one ([..._away]); and, where it allocates, begins with the new one ([..._born]). *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails OwnCalls Play Born.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** ** The parts.  [x] is the handle's pointer. *)

Section Parts.
Variables (R P : bool) (x : Z).

(** The implicit weak is released, and if it was the last, the memory freed. *)
Definition release (fin : tree) : tree :=
  if R then
    TFetch Access.release_weak AcqRel x 18446744073709551615 (fun v =>
      if 1 <? v mod 1073741824 then fin
      else if negb (wrap (v - 1) =? 18446744072635809792) then Aborted else TMem MFree x fin Stuck)
  else
    TFetch Access.release_weak Release x 18446744073709551615 (fun v =>
      if 1 <? v mod 1073741824 then fin
      else TLoad Access.release_weak_last Acquire x (fun v =>
        if negb (v =? 18446744072635809792) then Aborted else TMem MFree x fin Stuck)).

(** The implicit weak is released, or the memory freed, by what was left of the word. *)
Definition freeing_old (left : Z) (fin : tree) : tree :=
  if negb (left =? Z.lor 18446744072635809792 1) then release fin else TMem MFree x fin Stuck.

(** Word::steal, and Arc::leave_weaks: the value moves to the new allocation [q], if the word is still as it was seen. *)
Definition stealing (seen q : Z) (yes no : tree) : tree :=
  TCas Access.steal false Acquire Relaxed x seen (wrap (seen - 1073741824))
    (TMem MMove x (TMem MInit q (freeing_old (wrap (seen - 1073741824)) yes) Stuck) Stuck) (fun _ => no).

(** The same in a new allocation, whose word is UNIQUE, and which is freed if the word has changed. *)
Definition leaving_weaks (yes : Z -> tree) (no unwinds : tree) (seen : Z) : tree :=
  TAllocate 1 (fun q => stealing seen q (yes q) (TMem MFree q no Stuck)) unwinds.

(** UniqueArc::from_only_handle: the release of a strong handle, which is the last one; otherwise a panic. *)
Definition giving_up (fin unwinds : tree) : tree :=
  TFetch Access.release_strong (if R then AcqRel else Release) x 18446744072635809792 (fun v =>
    if 1073741824 <=? signed v then unwinds else fin).

(** A clone of the value in the new allocation [q], in place of the handle, which is dropped. *)
Definition cloning (q : Z) (yes panics unwinds : tree) : tree :=
  TUser "clone_to_uninit" [VNum x] (fun _ => TMem MInit q (dropping R P x yes panics) Stuck) (TMem MFree q unwinds Stuck).

(** One round of the loop of make_unique, try_into_unique and try_unwrap *)
Definition looking (unique : tree) (with_weaks : Z -> tree) (shared : tree) : tree :=
  TLoad Access.sole Acquire x (fun v =>
    if v =? 1 then unique
    else if wrap (v + 1073741824) / 1073741824 =? 1 then with_weaks v
    else shared).
End Parts.

(** ** The handle's own allocation *)

Section Follow.
Variables (R P : bool) (p : Z) (k0 : kind) (post : val -> list point -> Prop) (un : list point -> Prop).
Notation follows := (follows p Strong P true post un).

Lemma release_follows : forall fin, follows fin [] -> follows (release R p fin) [Task Releasing].
Proof. intros fin F. unfold release. destruct R; releasing; exact F. Qed.

Lemma giving_up_follows : forall fin unwinds, follows fin [At (Building true) Idle] -> follows (giving_up R p fin unwinds) [At Strong Exclusive].
Proof.
  intros fin unwinds F. unfold giving_up. here. split; [destruct R; strong_enough|]. intros w S C.
  assert (w = Model.UNIQUE) by (destruct C as [C _]; inversion C as [|? ? C1 C']; exact C1). subst w.
  exists (minus_strong Model.UNIQUE), [At (Building true) Idle]. split; [split; [split; vm_compute; first [reflexivity | discriminate] | vm_compute; reflexivity]|].
  split; [plain; head to_into_unique|]. split; [less|left]. branch; [discriminate | exact F].
Qed.

(** A part that steals, and goes on with [taken] *)
Lemma stealing_step : forall taken no i w, sane w -> strong w = 1%nat -> weak w <> 1%nat ->
  (wrap (bits w - 1073741824) =? Z.lor 18446744072635809792 1 = false -> follows taken [Task (Owner HandOut false)]) -> follows no [At Strong Idle] ->
  follows (TCas Access.steal false Acquire Relaxed p (bits w) (wrap (bits w - 1073741824)) taken (fun _ => no)) [At Strong (Stealing i w)].
Proof.
  intros taken no i w S O N Y NO. here; split; [strong_enough|]; split; [strong_enough|]; split; [reflexivity|]; split.
  - intros w1 S1 C1 E. assert (w1 = w) as -> by (apply bits_injective; auto using sane_within). counts C1.
    exists (minus_strong w), [Task (Owner HandOut false)].
    split; [change (results (minus_strong w) (wrapping_add (bits w) (- 1073741824))); adds|]. split; [plain; head to_steal_done|]. split; [less|].
    apply Y. destruct (wrap (bits w - 1073741824) =? Z.lor 18446744072635809792 1) eqn:A; [exfalso; arith | reflexivity].
  - intros j w1 S1 E. exists w, [At Strong Idle]. split; [exact S|]. split; [reflexivity|]. split; [head to_steal_failed | exact NO].
Qed.

Lemma stealing_follows : forall q yes no i w, q <> p -> sane w -> strong w = 1%nat -> weak w <> 1%nat ->
  follows yes [] -> follows no [At Strong Idle] -> follows (stealing R p (bits w) q yes no) [At Strong (Stealing i w)].
Proof.
  intros q yes no i w Q S O N Y NO. apply Z.eqb_neq in Q. unfold stealing. apply stealing_step; auto. intros A.
  here. exists [Task Releasing]. split; [head (to_take_shared HandOut)|split; [|discriminate]].
  here. rewrite Q. split; [|discriminate]. unfold freeing_old. rewrite A. apply release_follows. exact Y.
Qed.

Lemma leaving_weaks_follows : forall yes no unwinds i w, sane w -> strong w = 1%nat -> weak w <> 1%nat ->
  (forall q, q <> p -> follows (yes q) []) -> follows no [At Strong Idle] -> (P = false -> follows unwinds [At Strong Idle]) ->
  follows (leaving_weaks R p yes no unwinds (bits w)) [At Strong (Stealing i w)].
Proof.
  intros yes no unwinds i w S O N Y NO U. unfold leaving_weaks. here. split.
  2:{ intros E. apply (settle_silent true _ [] (At Strong (Stealing i w)) [] [At Strong Idle]); [apply to_steal_given_up | apply settled; apply U, E]. }
  intros q Q. apply stealing_follows; auto. here. apply Z.eqb_neq in Q. rewrite Q. split; [exact NO | discriminate].
Qed.

Lemma cloning_follows : forall q yes panics unwinds, (p =? 18446744073709551615) = false -> q <> p ->
  follows yes [] -> (P = false -> follows panics []) -> (P = false -> follows unwinds [At Strong Idle]) -> follows (cloning R P p q yes panics unwinds) [At Strong Idle].
Proof.
  intros q yes panics unwinds D Q Y PA U. apply Z.eqb_neq in Q. unfold cloning. here. split; [intros _; reflexivity|]. split.
  - intros _ _. here. rewrite Q. split; [apply dropping_follows; auto | discriminate].
  - intros E. apply settled. here. rewrite Q. split; [apply U, E | discriminate].
Qed.

Lemma looking_follows : forall unique with_weaks shared,
  follows unique [At Strong Exclusive] ->
  (forall i w, sane w -> strong w = 1%nat -> weak w <> 1%nat -> follows (with_weaks (bits w)) [At Strong (Stealing i w)]) ->
  follows shared [At Strong Idle] -> follows (looking p unique with_weaks shared) [At Strong Idle].
Proof.
  intros unique with_weaks shared A B C. unfold looking. here. split; [strong_enough|]. intros i w S. inside.
  - exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption | exact A].
  - inside.
    + assert (O : strong w = 1%nat) by arith.
      assert (N : weak w <> 1%nat).
      { intros E1. assert (w = UNIQUE); [|subst w; match goal with H : (bits UNIQUE =? 1) = false |- _ => vm_compute in H; discriminate end].
        destruct w as [s v]; unfold UNIQUE; f_equal; [exact O | exact E1]. }
      exists [At Strong (Stealing i w)]. split; [head to_steal_look | apply B; auto].
    + exists [At Strong Idle]. split; [head to_look; simpl; auto | exact C].
Qed.
End Follow.

(** ** Another allocation *)

Section Away.
Variables (R P : bool) (p x : Z) (k0 : kind) (post : val -> list point -> Prop) (un : list point -> Prop).
Hypothesis N : (x =? p) = false.
Notation follows := (follows p k0 P true post un).

Lemma dropping_away : forall fin unwinds pts, follows fin pts -> (P = false -> follows unwinds pts) -> follows (dropping R P x fin unwinds) pts.
Proof.
  intros fin unwinds pts F U. unfold dropping. destruct R, P; try specialize (U eq_refl); compute_run; repeat one_away N; assumption.
Qed.
Lemma release_away : forall fin pts, follows fin pts -> follows (release R x fin) pts.
Proof. intros fin pts F. unfold release. destruct R; repeat one_away N; assumption. Qed.
Lemma giving_up_away : forall fin unwinds pts, follows fin pts -> follows unwinds pts -> follows (giving_up R x fin unwinds) pts.
Proof. intros fin unwinds pts F U. unfold giving_up. repeat one_away N; assumption. Qed.
Lemma freeing_old_away : forall left fin pts, follows fin pts -> follows (freeing_old R x left fin) pts.
Proof. intros left fin pts F. unfold freeing_old. branch; [apply release_away; exact F | repeat one_away N; assumption]. Qed.
Lemma stealing_away : forall seen q yes no pts, (q =? p) = false -> follows yes pts -> follows no pts -> follows (stealing R x seen q yes no) pts.
Proof.
  intros seen q yes no pts NQ Y F. unfold stealing. here. rewrite N. split; [|intros v; exact F].
  here. rewrite N. split; [|discriminate]. here. rewrite NQ. split; [apply freeing_old_away; exact Y | discriminate].
Qed.
Lemma leaving_weaks_away : forall seen yes no unwinds pts, (forall q, q <> p -> follows (yes q) pts) -> follows no pts ->
  (P = false -> follows unwinds pts) -> follows (leaving_weaks R x yes no unwinds seen) pts.
Proof.
  intros seen yes no unwinds pts Y F U. unfold leaving_weaks. here. split; [|intros E; apply settled; apply U, E]. intros q Q.
  assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
  apply stealing_away; auto. here. rewrite NQ. split; [exact F | discriminate].
Qed.
Lemma cloning_away : forall q yes panics unwinds pts, (q =? p) = false -> follows yes pts -> (P = false -> follows panics pts) ->
  (P = false -> follows unwinds pts) -> follows (cloning R P x q yes panics unwinds) pts.
Proof.
  intros q yes panics unwinds pts NQ Y PA U. unfold cloning.
  here. split; [intros [E|[]]; injection E as E; exfalso; apply Z.eqb_neq in N; apply N; exact E|]. split.
  - intros _ _. here. rewrite NQ. split; [apply dropping_away; auto | discriminate].
  - intros E. apply settled. here. rewrite NQ. split; [apply U, E | discriminate].
Qed.
Lemma looking_away : forall unique with_weaks shared pts, follows unique pts -> (forall v, follows (with_weaks v) pts) -> follows shared pts ->
  follows (looking x unique with_weaks shared) pts.
Proof. intros unique with_weaks shared pts A B C. unfold looking. here. rewrite N. intros v. inside; [exact A|]. inside; auto. Qed.

(** *** which may allocate this one *)

Notation born := (born p k0 P post un).

Lemma begins_empty : forall t, follows t [At Strong Empty] ->
  exists w pt, 1 = bits w /\ within w /\ beginning w pt /\ follows t [pt].
Proof.
  intros t F. exists UNIQUE, (At Strong Empty). split; [reflexivity|]. split; [split; reflexivity|]. split; [left; auto | exact F].
Qed.
(** The allocation is filled, *)
Lemma filling : forall t u, follows t [At Strong Exclusive] -> follows (TMem MInit p t u) [At Strong Empty].
Proof. intros t u F. here. exists [At Strong Exclusive]. split; [head to_fill|]. split; [exact F | discriminate]. Qed.
(** or freed. *)
Lemma discarding : forall t u, follows t [] -> follows (TMem MFree p t u) [At Strong Empty].
Proof.
  intros t u F. here. exists []. split; [|split; [exact F | discriminate]].
  apply (reach_silent true (At Strong Empty) _ [Task Freeing] []); [apply to_discard|]. apply (reach_event true [] (Task Freeing) [] _ []). apply to_free.
Qed.

Lemma dropping_born : forall fin unwinds, born fin -> (P = false -> born unwinds) -> born (dropping R P x fin unwinds).
Proof. intros fin unwinds F U. unfold dropping. destruct R, P; try specialize (U eq_refl); compute_born; repeat one_away N; assumption. Qed.
Lemma release_born : forall fin, born fin -> born (release R x fin).
Proof. intros fin F. unfold release. destruct R; repeat one_away N; assumption. Qed.
Lemma giving_up_born : forall fin unwinds, born fin -> born unwinds -> born (giving_up R x fin unwinds).
Proof. intros fin unwinds F U. unfold giving_up. repeat one_away N; assumption. Qed.

Lemma freeing_old_born : forall left fin, born fin -> born (freeing_old R x left fin).
Proof. intros left fin F. unfold freeing_old. conditions; [apply release_born; exact F | split; [exact F | discriminate]]. Qed.
(** The value moves to this allocation, which is not filled yet. *)
Lemma stealing_fills : forall seen yes no, follows yes [At Strong Exclusive] -> follows no [At Strong Empty] ->
  follows (stealing R x seen p yes no) [At Strong Empty].
Proof.
  intros seen yes no Y F. unfold stealing. here. rewrite N. split; [|intros v; exact F].
  here. rewrite N. split; [|discriminate]. apply filling, freeing_old_away, Y.
Qed.
Lemma stealing_born : forall seen q yes no, born yes -> born no -> born (stealing R x seen q yes no).
Proof.
  intros seen q yes no Y F. unfold stealing. cbn [Born.born]. split; [|intros v; exact F].
  split; [split; [apply freeing_old_born; exact Y | discriminate] | discriminate].
Qed.
Lemma leaving_weaks_born : forall seen yes no unwinds,
  follows (yes p) [At Strong Exclusive] -> follows no [] -> (forall q, q <> p -> born (yes q)) -> born no -> (P = false -> born unwinds) ->
  born (leaving_weaks R x yes no unwinds seen).
Proof.
  intros seen yes no unwinds Y F BY BN U. unfold leaving_weaks. cbn [Born.born]. split; [apply begins_empty|split; [|exact U]].
  - apply stealing_fills; [exact Y | apply discarding; exact F].
  - intros q Q. apply stealing_born; [apply BY, Q | split; [exact BN | discriminate]].
Qed.
(** The value is cloned to this allocation. *)
Lemma cloning_fills : forall yes panics unwinds,
  follows yes [At Strong Exclusive] -> (P = false -> follows panics [At Strong Exclusive]) -> (P = false -> follows unwinds []) ->
  follows (cloning R P x p yes panics unwinds) [At Strong Empty].
Proof.
  intros yes panics unwinds Y PA U. unfold cloning.
  here. split; [intros [E|[]]; injection E as E; exfalso; apply Z.eqb_neq in N; apply N; exact E|]. split.
  - intros _ _. apply filling. apply dropping_away; auto.
  - intros E. apply settled. apply discarding. apply U, E.
Qed.
Lemma cloning_born : forall q yes panics unwinds, born yes -> (P = false -> born panics) -> (P = false -> born unwinds) ->
  born (cloning R P x q yes panics unwinds).
Proof.
  intros q yes panics unwinds BY BP BU. unfold cloning. cbn [Born.born].
  split; [intros _ _; split; [apply dropping_born; auto | discriminate] | intros E; split; [apply BU, E | discriminate]].
Qed.
Lemma looking_born : forall unique with_weaks shared, born unique -> (forall v, born (with_weaks v)) -> born shared ->
  born (looking x unique with_weaks shared).
Proof. intros unique with_weaks shared A B C. unfold looking. cbn [Born.born]. intros v. conditions; [exact A|]. conditions; auto. Qed.
End Away.

(** ** The loop, however often it goes round *)

Section Rounds.
Variables (R P : bool) (x : Z).

Fixpoint unsharing (n : nat) (unique : tree) (with_weaks : tree -> Z -> tree) (shared : tree) : tree :=
  match n with
  | O => More
  | S n => looking x unique (with_weaks (unsharing n unique with_weaks shared)) shared
  end.

(** The loop of try_unwrap *)
Definition trying (n : nat) (taken shared : tree) : tree :=
  unsharing n (TMem MMove x (TMem MFree x taken Stuck) Stuck)
    (fun again v => TCas Access.steal false Acquire Relaxed x v (wrap (v - 1073741824))
      (TMem MMove x (freeing_old R x (wrap (v - 1073741824)) taken) Stuck) (fun _ => again)) shared.

(** Arc::make_unique: the new allocation, and the loop *)
Definition made_unique (n : nat) (result : Z -> val) (q : Z) : tree :=
  let fin r q := Ends (both r (VNum q)) in
  unsharing n (TMem MFree q (fin (result x) x) Stuck) (fun again v => stealing R x v q (fin (result q) q) again)
    (cloning R P x q (fin (result q) q) (fin panicked q) (fin panicked x)).
Definition makes_unique (n : nat) (result : Z -> val) (t : tree) : Prop :=
  exists k, t = TAllocate 1 k (Ends (both panicked (VNum x))) /\ forall q, k q = made_unique n result q.

(** Arc::try_into_unique *)
Definition tried_into_unique (n : nat) : tree :=
  unsharing n (giving_up R x (Ends (vok (VNum x))) Unwound)
    (fun again => leaving_weaks R x (fun q => giving_up R q (Ends (vok (VNum q))) Unwound) again (dropping R P x Unwound Aborted)) (Ends (verr (VNum x))).

End Rounds.

Ltac computed t :=
  eval cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb Z.pow rounds] in t.
Ltac same_rounds :=
  match goal with |- ?l = ?t => let l' := computed l in change (l' = t) end; constants;
  let once := fresh "once" in let K0 := fresh "K0" in let m := fresh "m" in let IH := fresh "IH" in
  match goal with |- rounds ?o ?K ?n ?e = _ => set (once := o); set (K0 := K); induction n as [|m IH]; [reflexivity|] end;
  cbn [rounds unsharing]; rewrite <- IH; unfold once at 1; clear IH; clearbody once; subst K0;
  unfold looking, leaving_weaks, stealing, freeing_old, release, cloning, giving_up, dropping;
  match goal with |- ?l = ?t => let l' := computed l in let t' := computed t in change (l' = t') end; constants; reflexivity.

Ltac computed_left := match goal with |- ?l = _ => let l' := computed l in change l with l' end.
Theorem make_unique_tree : forall R P x n, makes_unique R P x n (fun _ => vunit) (tree_of_mut n (Arc_make_unique R P) [VNum x]).
Proof.
  intros R P x n. unfold makes_unique, made_unique. destruct R, P; eexists; (split; [computed_left; constants; reflexivity|]).
  all: intros q; cbn beta; same_rounds.
Qed.

Theorem make_mut_tree : forall R P x n, exists k, tree_of_mut n (Arc_make_mut R P) [VNum x] = TLoad Access.is_unique Acquire x k
  /\ forall v, if negb (v =? 1) then makes_unique R P x n VNum (k v) else k v = Ends (both (VNum x) (VNum x)).
Proof.
  intros R P x n. unfold makes_unique, made_unique. destruct R, P; eexists; (split; [computed_left; constants; reflexivity|]).
  all: intros v; cbn beta; destruct (negb (v =? 1)); [|reflexivity]; eexists; (split; [reflexivity|]); intros q; cbn beta; same_rounds.
Qed.

Theorem try_into_unique_tree : forall R P x n, tree_of n (Arc_try_into_unique R P) [VNum x] = tried_into_unique R P x n.
Proof. intros R P x n. unfold tried_into_unique. destruct R, P; same_rounds. Qed.

(** One step of the meaning, without computing what comes after it *)
Lemma den_drops : forall n x param drop k r K, den n (Drops x param drop k) r K = den n k r (fun fl r1 =>
  match get x r1 with
  | VMoved => K fl r1
  | v => den n drop [(param, v)] (fun fl' _ =>
      match fl' with
      | Lang.Value _ | Returns _ => K fl r1
      | Unwinds => match fl with Unwinds => Aborted | _ => K Unwinds r1 end
      | Breaks _ => Stuck
      end)
  end).
Proof. reflexivity. Qed.
Lemma den_match : forall n c arms r K, den n (Match c arms) r K = den n c r (fun fl r1 =>
  match fl with
  | Lang.Value v => choose (den n) v r1 K arms
  | _ => K fl r1
  end).
Proof. reflexivity. Qed.
Lemma den_call : forall n params c args r K, den n (Call params c args) r K = den n c (combine params (map (eval r) args)) (fun fl _ =>
  match fl with
  | Lang.Value v | Returns v => K (Lang.Value v) (moved_all args r)
  | Unwinds => K Unwinds (moved_all args r)
  | Breaks _ => Stuck
  end).
Proof. reflexivity. Qed.

(** As part of a caller, which goes on with [k] *)
Lemma try_unwrap_within : forall R P x n k, den n (body (Arc_try_unwrap R P)) [("this"%string, VNum x)] (fun fl _ => k fl)
  = trying R x n (k (Lang.Value (vok vunit))) (k (Returns (verr (VNum x)))).
Proof. intros R P x n k. unfold trying. destruct R, P; same_rounds. Qed.

(** ** What follows from the parts *)

(** An Arc that a call has in its hands: borrowed mutably by the value returned, or not. *)
Definition arc_at (p q : Z) (r : val) : list point := if q =? p then [At Strong (if borrows_self r then Exclusive else Idle)] else [].

Section Whole.
Variables (R P : bool) (p : Z).
Hypothesis D : (p =? 18446744073709551615) = false.
Definition arc_left (v : val) (pts : list point) : Prop := exists r q, v = both r (VNum q) /\ pts = arc_at p q r.
Definition none_left (pts : list point) : Prop := pts = [].
Notation follows := (follows p Strong P true).

Lemma left_away : forall r q, q <> p -> follows arc_left none_left (Ends (both r (VNum q))) [].
Proof. intros r q Q. here. apply settled. exists r, q. split; [reflexivity|]. unfold arc_at. apply Z.eqb_neq in Q. rewrite Q. reflexivity. Qed.
Lemma left_here : forall r l, l = Exclusive \/ l = Idle -> (borrows_self r = true -> l = Exclusive) -> follows arc_left none_left (Ends (both r (VNum p))) [At Strong l].
Proof.
  intros r l L B. here. assert (Q : forall l, l = (if borrows_self r then Exclusive else Idle) -> arc_left (both r (VNum p)) [At Strong l]).
  { intros l1 ->. exists r, p. split; [reflexivity|]. unfold arc_at. rewrite Z.eqb_refl. reflexivity. }
  destruct (borrows_self r) eqn:E; [rewrite (B eq_refl); apply settled, Q; reflexivity|].
  destruct L as [-> | ->]; [|apply settled, Q; reflexivity].
  apply (settle_silent true _ [] (At Strong Exclusive) [] [At Strong Idle]); [apply to_end_exclusive | apply settled, Q; reflexivity].
Qed.
Lemma panicked_idle : borrows_self panicked = true -> Idle = Exclusive. Proof. discriminate. Qed.

Lemma made_unique_follows : forall n result t, makes_unique R P p n result t -> follows arc_left none_left t [At Strong Idle].
Proof.
  intros n result t (k & -> & K). here. split; [|intros _; apply settled, left_here; auto; apply panicked_idle].
  intros q Q. rewrite K; clear k K. unfold made_unique. assert (N : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
  induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_follows.
  - here. rewrite N. split; [apply left_here; auto | discriminate].
  - intros i w S O W. apply stealing_follows; auto. apply left_away, Q.
  - apply cloning_follows; auto; intros; try (apply left_away; assumption). apply left_here; auto. apply panicked_idle.
Qed.

Lemma made_unique_away : forall x n result t, x <> p -> makes_unique R P x n result t -> follows arc_left none_left t [].
Proof.
  intros x n result t X (k & -> & K). assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  here. split; [|intros _; apply settled, left_away, X]. intros q Q. rewrite K; clear k K. unfold made_unique.
  assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q). induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_away; auto.
  - here. rewrite NQ. split; [apply left_away, X | discriminate].
  - intros v. apply stealing_away; auto. apply left_away, Q.
  - apply cloning_away; auto; intros; apply left_away; assumption.
Qed.

Lemma made_unique_born : forall x n result t, x <> p -> makes_unique R P x n result t -> born p Strong P arc_left none_left t.
Proof.
  intros x n result t X (k & -> & K). assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  cbn [Born.born]. split; [apply begins_empty|split; [|intros _; exact I]].
  - rewrite K; clear k K. unfold made_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_away; auto.
    + apply discarding, left_away, X.
    + intros v. apply stealing_fills; auto. apply left_here; auto.
    + apply cloning_fills; auto; intros; try (apply left_away; assumption); apply left_here; auto; intros E; discriminate E.
  - intros q Q. rewrite K; clear k K. unfold made_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_born; auto.
    + split; [exact I | discriminate].
    + intros v. apply stealing_born; [exact I | exact IH].
    + apply cloning_born; intros; exact I.
Qed.

Theorem arc_make_unique : forall n, follows arc_left none_left (tree_of_mut n (Arc_make_unique R P) [VNum p]) [At Strong Idle].
Proof. intros n. eapply made_unique_follows, make_unique_tree. Qed.
Theorem make_unique_born : forall n x, x <> p -> born p Strong P arc_left none_left (tree_of_mut n (Arc_make_unique R P) [VNum x]).
Proof. intros n x X. eapply made_unique_born; [exact X | apply make_unique_tree]. Qed.

Theorem arc_make_mut : forall n, follows arc_left none_left (tree_of_mut n (Arc_make_mut R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. destruct (make_mut_tree R P p n) as (k & -> & K). here. split; [strong_enough|]. intros i w S. specialize (K (bits w)).
  destruct (bits w =? 1) eqn:E; cbn [negb] in K.
  - rewrite K. exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption | apply left_here; auto].
  - exists [At Strong Idle]. split; [head to_look; simpl; auto | eapply made_unique_follows, K].
Qed.
Theorem make_mut_born : forall n x, x <> p -> born p Strong P arc_left none_left (tree_of_mut n (Arc_make_mut R P) [VNum x]).
Proof.
  intros n x X. destruct (make_mut_tree R P x n) as (k & -> & K). cbn [Born.born]. intros v. specialize (K v).
  destruct (negb (v =? 1)); [eapply made_unique_born; [exact X | exact K] | rewrite K; exact I].
Qed.

(** try_unwrap, unwrap_or_clone *)
Lemma trying_follows : forall post un n taken shared, Points.follows p Strong P true post un taken [] -> Points.follows p Strong P true post un shared [At Strong Idle] ->
  Points.follows p Strong P true post un (trying R p n taken shared) [At Strong Idle].
Proof.
  intros post un n taken shared A B. unfold trying. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_follows; [| |exact B].
  - eapply mem; [head to_try_unwrap_take | apply (freeing _ _ _ _ _ []); exact A | discriminate].
  - intros i w S O N. apply stealing_step; auto. intros E.
    eapply mem; [head (to_take_shared HandOut) | unfold freeing_old; rewrite E; apply release_follows; exact A | discriminate].
Qed.

Theorem arc_try_unwrap : forall n,
  Points.follows p Strong P true (fun v pts => v = vok vunit /\ pts = [] \/ v = verr (VNum p) /\ pts = [At Strong Idle]) (fun _ => False)
    (tree_of n (Arc_try_unwrap R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. unfold tree_of. change (combine (parameters (Arc_try_unwrap R P)) [VNum p]) with [("this"%string, VNum p)].
  rewrite (try_unwrap_within R P p n (fun fl => match fl with Lang.Value v | Returns v => Ends v | Unwinds => Unwound | Breaks _ => Stuck end)).
  apply trying_follows; done.
Qed.

Theorem arc_unwrap_or_clone : forall n,
  Points.follows p Strong P true (fun v pts => pts = []) none_left (tree_of n (Arc_unwrap_or_clone R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. unfold tree_of, Arc_unwrap_or_clone. simpl combine. unfold body at 1. unfold Syntax.drops, call. rewrite den_drops, den_match, den_call.
  change (combine (parameters (Arc_try_unwrap R P)) (map (eval [("this"%string, VNum p)]) [Move "this"])) with [("this"%string, VNum p)].
  match goal with |- follows_ _ _ _ _ _ _ _ (den n (body (Arc_try_unwrap R P)) _ (fun fl _ => @?f fl)) _ => rewrite (try_unwrap_within R P p n f) end.
  apply trying_follows.
  - match goal with |- follows_ _ _ _ _ _ _ _ ?t _ => replace t with (Ends vunit) by (destruct R, P; same) end. done.
  - match goal with |- follows_ _ _ _ _ _ _ _ ?t _ =>
      replace t with (TUser "clone" [VNum p] (fun v => dropping R P p (Ends v) Unwound) (dropping R P p Unwound Aborted)) by (unfold dropping; destruct R, P; same) end.
    here. split; [reflexivity|]. split.
    + intros v _. apply dropping_follows; [exact D | done | intros _; here; apply settled; reflexivity].
    + intros _. apply settled. apply dropping_follows; [exact D | here; apply settled; reflexivity | intros _; exact I].
Qed.

(** try_into_unique *)
Definition tried (v : val) (pts : list point) : Prop :=
  (exists q, v = vok (VNum q) /\ pts = if q =? p then [At (Building true) Idle] else [])
  \/ (exists q, v = verr (VNum q) /\ pts = if q =? p then [At Strong Idle] else []).
Lemma tried_here : follows tried none_left (Ends (vok (VNum p))) [At (Building true) Idle].
Proof. here. apply settled. left. exists p. rewrite Z.eqb_refl. auto. Qed.
Lemma tried_away : forall q, q <> p -> follows tried none_left (Ends (vok (VNum q))) [].
Proof. intros q Q. apply Z.eqb_neq in Q. here. apply settled. left. exists q. rewrite Q. auto. Qed.

Theorem arc_try_into_unique : forall n, follows tried none_left (tree_of n (Arc_try_into_unique R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. rewrite try_into_unique_tree. unfold tried_into_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_follows.
  - apply giving_up_follows. apply tried_here.
  - intros i w S O W. apply leaving_weaks_follows; auto.
    + intros q Q. assert (N : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
      apply giving_up_away; [exact N | apply tried_away; exact Q | here; apply settled; reflexivity].
    + intros _. apply dropping_follows; [exact D | here; apply settled; reflexivity | intros _; exact I].
  - here. apply settled. right. exists p. rewrite Z.eqb_refl. auto.
Qed.
Lemma try_into_unique_away : forall n x, x <> p -> follows tried none_left (tried_into_unique R P x n) [].
Proof.
  intros n x X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  unfold tried_into_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_away; auto.
  - apply giving_up_away; [exact N | apply tried_away; exact X | here; apply settled; reflexivity].
  - intros v. apply leaving_weaks_away; auto.
    + intros q Q. assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
      apply giving_up_away; [exact NQ | apply tried_away; exact Q | here; apply settled; reflexivity].
    + intros _. apply dropping_away; [exact N | here; apply settled; reflexivity | intros _; exact I].
  - here. apply settled. right. exists x. rewrite N. auto.
Qed.
Theorem try_into_unique_born : forall n x, x <> p -> born p Strong P tried none_left (tree_of n (Arc_try_into_unique R P) [VNum x]).
Proof.
  intros n x X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X). rewrite try_into_unique_tree.
  pose proof (fun n => try_into_unique_away n x X) as AW. unfold tried_into_unique in *. induction n as [|n IH]; [exact I|]. cbn [unsharing].
  apply looking_born; try exact I.
  - apply giving_up_born; exact I.
  - intros v. apply leaving_weaks_born; auto.
    + apply giving_up_follows. apply tried_here.
    + intros q Q. apply giving_up_born; exact I.
    + intros _. apply dropping_born; [exact I | intros _; exact I].
Qed.
End Whole.
