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

(** Arc::leave_weaks: the value moves to a new allocation, whose word is UNIQUE, if the word is still as it was seen; if not, the
    allocation is freed. *)
Definition leaving_weaks (seen : Z) (yes : Z -> tree) (no unwinds : tree) : tree :=
  TAllocate 1 (fun q =>
    TCas Access.steal false Acquire Relaxed x seen (wrap (seen - 1073741824))
      (TMem MMove x (TMem MInit q
        (if negb (wrap (seen - 1073741824) =? Z.lor 18446744072635809792 1) then release (yes q) else TMem MFree x (yes q) Stuck) Stuck) Stuck)
      (fun _ => TMem MFree q no Stuck)) unwinds.

(** UniqueArc::from_only_handle: the release of a strong handle, which is the last one; otherwise a panic. *)
Definition giving_up (fin unwinds : tree) : tree :=
  TFetch Access.release_strong (if R then AcqRel else Release) x 18446744072635809792 (fun v =>
    if 1073741824 <=? signed v then unwinds else fin).

(** A clone of the value in a new allocation, in place of the handle, which is dropped. *)
Definition cloning (yes panics : Z -> tree) (unwinds : tree) : tree :=
  TAllocate 1 (fun q =>
    TUser "clone_to_uninit" [VNum x] (fun _ => TMem MInit q (dropping R P x (yes q) (panics q)) Stuck) (TMem MFree q unwinds Stuck)) unwinds.

(** One round of the loop of make_unique and try_into_unique *)
Definition looking (unique : tree) (left : Z -> tree) (again unwinds shared : tree) : tree :=
  TLoad Access.sole Acquire x (fun v =>
    if v =? 1 then unique
    else if wrap (v + 1073741824) / 1073741824 =? 1 then leaving_weaks v left again unwinds
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

Lemma leaving_weaks_follows : forall yes no unwinds i w, sane w -> strong w = 1%nat -> weak w <> 1%nat ->
  (forall q, q <> p -> follows (yes q) []) -> follows no [At Strong Idle] -> (P = false -> follows unwinds [At Strong Idle]) ->
  follows (leaving_weaks R p (bits w) yes no unwinds) [At Strong (Stealing i w)].
Proof.
  intros yes no unwinds i w S O N Y NO U. unfold leaving_weaks. here. split.
  2:{ intros E. apply (settle_silent true _ [] (At Strong (Stealing i w)) [] [At Strong Idle]); [apply to_steal_given_up | apply settled; apply U, E]. }
  intros q Q. specialize (Y q Q). apply Z.eqb_neq in Q.
  here; split; [strong_enough|]; split; [strong_enough|]; split; [reflexivity|]; split.
  - intros w1 S1 C1 E. assert (w1 = w) as -> by (apply bits_injective; auto using sane_within). counts C1.
    exists (minus_strong w), [Task (Owner HandOut false)].
    split; [change (results (minus_strong w) (wrapping_add (bits w) (- 1073741824))); adds|]. split; [plain; head to_steal_done|]. split; [less|].
    here. exists [Task Releasing]. split; [head (to_take_shared HandOut)|split; [|discriminate]].
    here. rewrite Q. split; [|discriminate]. branch; [apply release_follows; exact Y | exfalso; arith].
  - intros j w1 S1 E. exists w, [At Strong Idle]. split; [exact S|]. split; [reflexivity|]. split; [head to_steal_failed |].
    here. rewrite Q. split; [exact NO | discriminate].
Qed.

Lemma cloning_follows : forall yes panics unwinds, (p =? 18446744073709551615) = false ->
  (forall q, q <> p -> follows (yes q) []) -> (P = false -> forall q, q <> p -> follows (panics q) []) ->
  (P = false -> follows unwinds [At Strong Idle]) -> follows (cloning R P p yes panics unwinds) [At Strong Idle].
Proof.
  intros yes panics unwinds D Y PA U. unfold cloning. here. split; [|intros E; apply settled; apply U, E].
  intros q Q. specialize (Y q Q). assert (N : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
  here. split; [intros _; reflexivity|]. split.
  - intros _ _. here. rewrite N. split; [apply dropping_follows; auto | discriminate].
  - intros E. apply settled. here. rewrite N. split; [apply U, E | discriminate].
Qed.

Lemma looking_follows : forall unique left again unwinds shared,
  follows unique [At Strong Exclusive] -> (forall q, q <> p -> follows (left q) []) -> follows again [At Strong Idle] ->
  (P = false -> follows unwinds [At Strong Idle]) -> follows shared [At Strong Idle] ->
  follows (looking R p unique left again unwinds shared) [At Strong Idle].
Proof.
  intros unique left again unwinds shared A B C D E. unfold looking. here. split; [strong_enough|]. intros i w S. inside.
  - exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption | exact A].
  - inside.
    + assert (O : strong w = 1%nat) by arith.
      assert (N : weak w <> 1%nat).
      { intros E1. assert (w = UNIQUE); [|subst w; match goal with H : (bits UNIQUE =? 1) = false |- _ => vm_compute in H; discriminate end].
        destruct w as [s v]; unfold UNIQUE; f_equal; [exact O | exact E1]. }
      exists [At Strong (Stealing i w)]. split; [head to_steal_look|]. apply leaving_weaks_follows; auto.
    + exists [At Strong Idle]. split; [head to_look; simpl; auto | exact E].
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
Lemma leaving_weaks_away : forall seen yes no unwinds pts, (forall q, q <> p -> follows (yes q) pts) -> follows no pts ->
  (P = false -> follows unwinds pts) -> follows (leaving_weaks R x seen yes no unwinds) pts.
Proof.
  intros seen yes no unwinds pts Y F U. unfold leaving_weaks. here. split; [|intros E; apply settled; apply U, E]. intros q Q.
  specialize (Y q Q). assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
  here. rewrite N. split; [here; rewrite N; split; [here; rewrite NQ; split; [|discriminate]|discriminate] | intros v; here; rewrite NQ; split; [exact F | discriminate]].
  inside; [apply release_away; exact Y | here; rewrite N; split; [exact Y | discriminate]].
Qed.
Lemma cloning_away : forall yes panics unwinds pts, (forall q, q <> p -> follows (yes q) pts) -> (P = false -> forall q, q <> p -> follows (panics q) pts) ->
  (P = false -> follows unwinds pts) -> follows (cloning R P x yes panics unwinds) pts.
Proof.
  intros yes panics unwinds pts Y PA U. unfold cloning. here. split; [|intros E; apply settled; apply U, E]. intros q Q.
  assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
  here. split; [intros [E|[]]; injection E as E; exfalso; apply Z.eqb_neq in N; apply N; exact E|]. split.
  - intros _ _. here. rewrite NQ. split; [apply dropping_away; auto | discriminate].
  - intros E. apply settled. here. rewrite NQ. split; [apply U, E | discriminate].
Qed.
Lemma looking_away : forall unique left again unwinds shared pts, follows unique pts -> (forall q, q <> p -> follows (left q) pts) -> follows again pts ->
  (P = false -> follows unwinds pts) -> follows shared pts -> follows (looking R x unique left again unwinds shared) pts.
Proof.
  intros unique left again unwinds shared pts A B C D E. unfold looking. here. rewrite N. intros v.
  inside; [exact A|]. inside; [apply leaving_weaks_away; auto | exact E].
Qed.

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

Lemma leaving_weaks_born : forall seen yes no unwinds,
  follows (yes p) [At Strong Exclusive] -> follows no [] -> (forall q, q <> p -> born (yes q)) -> born no -> (P = false -> born unwinds) ->
  born (leaving_weaks R x seen yes no unwinds).
Proof.
  intros seen yes no unwinds Y F BY BN U. unfold leaving_weaks. cbn [Born.born]. split; [apply begins_empty|split; [|exact U]].
  - here. rewrite N. split.
    + here. rewrite N. split; [|discriminate]. apply filling.
      inside; [apply release_away; exact Y | here; rewrite N; split; [exact Y | discriminate]].
    + intros v. apply discarding. exact F.
  - intros q Q. specialize (BY q Q). split.
    + split; [split; [|discriminate]|discriminate]. conditions; [apply release_born; exact BY | cbn [Born.born]; split; [exact BY | discriminate]].
    + intros v. split; [exact BN | discriminate].
Qed.
Lemma cloning_born : forall yes panics unwinds,
  follows (yes p) [At Strong Exclusive] -> (P = false -> follows (panics p) [At Strong Exclusive]) -> (P = false -> follows unwinds []) ->
  (forall q, q <> p -> born (yes q)) -> (P = false -> forall q, q <> p -> born (panics q)) -> (P = false -> born unwinds) ->
  born (cloning R P x yes panics unwinds).
Proof.
  intros yes panics unwinds Y PA U BY BP BU. unfold cloning. cbn [Born.born]. split; [apply begins_empty|split; [|exact BU]].
  - here. split; [intros [E|[]]; injection E as E; exfalso; apply Z.eqb_neq in N; apply N; exact E|]. split.
    + intros _ _. apply filling. apply dropping_away; auto.
    + intros E. apply settled. apply discarding. apply U, E.
  - intros q Q. split; [intros _ _; split; [apply dropping_born; auto | discriminate] | intros E; split; [apply BU, E | discriminate]].
Qed.
Lemma looking_born : forall unique left again unwinds shared,
  born unique -> follows (left p) [At Strong Exclusive] -> follows again [] -> (forall q, q <> p -> born (left q)) -> born again ->
  (P = false -> born unwinds) -> born shared -> born (looking R x unique left again unwinds shared).
Proof.
  intros unique left again unwinds shared A L F BL BA U S. unfold looking. cbn [Born.born]. intros v.
  conditions; [exact A|]. conditions; [apply leaving_weaks_born; auto | exact S].
Qed.
End Away.

(** ** The loop, however often it goes round *)

Section Rounds.
Variables (R P : bool) (x : Z).

Fixpoint unsharing (n : nat) (unique : tree) (left : Z -> tree) (unwinds shared : tree) : tree :=
  match n with
  | O => More
  | S n => looking R x unique left (unsharing n unique left unwinds shared) unwinds shared
  end.

(** The loop of try_unwrap *)
Definition one_try (taken again shared : tree) : tree :=
  TLoad Access.sole Acquire x (fun v =>
    if v =? 1 then TMem MMove x (TMem MFree x taken Stuck) Stuck
    else if wrap (v + 1073741824) / 1073741824 =? 1 then
      TCas Access.steal false Acquire Relaxed x v (wrap (v - 1073741824))
        (TMem MMove x (if negb (wrap (v - 1073741824) =? Z.lor 18446744072635809792 1) then release R x taken else TMem MFree x taken Stuck) Stuck)
        (fun _ => again)
    else shared).
Fixpoint trying (n : nat) (taken shared : tree) : tree :=
  match n with O => More | S n => one_try taken (trying n taken shared) shared end.

(** Arc::make_unique, make_mut, try_into_unique *)

Definition made_unique (n : nat) (result : Z -> val) : tree :=
  let fin r q := Ends (both r (VNum q)) in
  unsharing n (fin (result x) x) (fun q => fin (result q) q) (fin panicked x)
    (cloning R P x (fun q => fin (result q) q) (fin panicked) (fin panicked x)).

Definition made_mut (n : nat) : tree :=
  TLoad Access.is_unique Acquire x (fun v => if negb (v =? 1) then made_unique n VNum else Ends (both (VNum x) (VNum x))).

Definition tried_into_unique (n : nat) : tree :=
  unsharing n (giving_up R x (Ends (vok (VNum x))) Unwound) (fun q => giving_up R q (Ends (vok (VNum q))) Unwound)
    (dropping R P x Unwound Aborted) (Ends (verr (VNum x))).

End Rounds.

Ltac computed t :=
  eval cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb Z.pow rounds] in t.
Ltac same_rounds :=
  match goal with |- ?l = ?t => let l' := computed l in change (l' = t) end; constants;
  let once := fresh "once" in let K0 := fresh "K0" in let m := fresh "m" in let IH := fresh "IH" in
  match goal with |- rounds ?o ?K ?n ?e = _ => set (once := o); set (K0 := K); induction n as [|m IH]; [reflexivity|] end;
  cbn [rounds unsharing trying]; rewrite <- IH; unfold once at 1; clear IH; clearbody once; subst K0;
  unfold looking, leaving_weaks, release, cloning, giving_up, dropping, one_try;
  match goal with |- ?l = ?t => let l' := computed l in let t' := computed t in change (l' = t') end; constants; reflexivity.

Theorem make_unique_tree : forall R P x n, tree_of_mut n (Arc_make_unique R P) [VNum x] = made_unique R P x n (fun _ => vunit).
Proof. intros R P x n. unfold made_unique. destruct R, P; same_rounds. Qed.

Theorem make_mut_tree : forall R P x n, exists k, tree_of_mut n (Arc_make_mut R P) [VNum x] = TLoad Access.is_unique Acquire x k
  /\ forall v, k v = if negb (v =? 1) then made_unique R P x n VNum else Ends (both (VNum x) (VNum x)).
Proof.
  intros R P x n. unfold made_unique. destruct R, P; eexists; (split; [match goal with |- ?l = _ => let l' := computed l in change l with l' end; constants; reflexivity|]).
  all: intros v; cbn beta; destruct (negb (v =? 1)); [|reflexivity]; same_rounds.
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
Proof. intros R P x n k. destruct R, P; same_rounds. Qed.

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

Lemma made_unique_follows : forall n result, follows arc_left none_left (made_unique R P p n result) [At Strong Idle].
Proof.
  intros n result. unfold made_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_follows.
  - apply left_here; auto.
  - intros q Q. apply left_away, Q.
  - exact IH.
  - intros _. apply left_here; auto. apply panicked_idle.
  - apply cloning_follows; [exact D | | |]; intros; try (apply left_away; assumption). apply left_here; auto. apply panicked_idle.
Qed.

Lemma made_unique_away : forall x n result, x <> p -> follows arc_left none_left (made_unique R P x n result) [].
Proof.
  intros x n result X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  unfold made_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing].
  apply looking_away; auto; intros; try (apply left_away; assumption). apply cloning_away; auto; intros; apply left_away; assumption.
Qed.

Lemma made_unique_born : forall x n result, x <> p -> born p Strong P arc_left none_left (made_unique R P x n result).
Proof.
  intros x n result X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  pose proof (made_unique_away x) as AW. unfold made_unique in *. induction n as [|n IH]; [exact I|]. cbn [unsharing].
  apply looking_born; auto; intros; try exact I; try (apply left_here; auto; fail); try (apply left_away; assumption).
  apply cloning_born; auto; intros; try exact I; try (apply left_here; auto; fail); try (apply left_away; assumption).
Qed.

Theorem arc_make_unique : forall n, follows arc_left none_left (tree_of_mut n (Arc_make_unique R P) [VNum p]) [At Strong Idle].
Proof. intros n. rewrite make_unique_tree. apply made_unique_follows. Qed.
Theorem make_unique_born : forall n x, x <> p -> born p Strong P arc_left none_left (tree_of_mut n (Arc_make_unique R P) [VNum x]).
Proof. intros n x X. rewrite make_unique_tree. apply made_unique_born, X. Qed.

Theorem arc_make_mut : forall n, follows arc_left none_left (tree_of_mut n (Arc_make_mut R P) [VNum p]) [At Strong Idle].
Proof.
  intros n. destruct (make_mut_tree R P p n) as (k & -> & K). here. split; [strong_enough|]. intros i w S. rewrite K. destruct (bits w =? 1) eqn:E; cbn [negb].
  - exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption | apply left_here; auto].
  - exists [At Strong Idle]. split; [head to_look; simpl; auto | apply made_unique_follows].
Qed.
Theorem make_mut_born : forall n x, x <> p -> born p Strong P arc_left none_left (tree_of_mut n (Arc_make_mut R P) [VNum x]).
Proof.
  intros n x X. destruct (make_mut_tree R P x n) as (k & -> & K). cbn [Born.born]. intros v. rewrite K.
  destruct (negb (v =? 1)); [apply made_unique_born, X | exact I].
Qed.

(** try_unwrap, unwrap_or_clone *)
Lemma trying_follows : forall post un n taken shared, Points.follows p Strong P true post un taken [] -> Points.follows p Strong P true post un shared [At Strong Idle] ->
  Points.follows p Strong P true post un (trying R p n taken shared) [At Strong Idle].
Proof.
  intros post un n taken shared A B. induction n as [|n IH]; [exact I|]. cbn [trying]. unfold one_try.
  here; split; [strong_enough|]; intros i w S; inside.
  - exists [At Strong Exclusive]; split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption |].
    eapply mem; [head to_try_unwrap_take | apply (freeing _ _ _ _ _ []); exact A | discriminate].
  - inside; [|exists [At Strong Idle]; split; [head to_look; simpl; auto | exact B]].
    exists [At Strong (Stealing i w)]; split; [head to_steal_look; [arith | intros E1; assert (w = UNIQUE); [|subst w; match goal with H : (bits UNIQUE =? 1) = false |- _ => vm_compute in H; discriminate end]; destruct w as [s v]; unfold UNIQUE; f_equal; [arith | exact E1]]|].
    here; split; [strong_enough|]; split; [strong_enough|]; split; [reflexivity|]; split.
    + intros w1 S1 C1 E; assert (w1 = w) as -> by (apply bits_injective; auto using sane_within); counts C1;
      exists (minus_strong w), [Task (Owner HandOut false)]; split; [change (results (minus_strong w) (wrapping_add (bits w) (- 1073741824))); adds|]; split; [plain; head to_steal_done|]; split; [less|];
      eapply mem; [head (to_take_shared HandOut) | branch; [apply release_follows; exact A | exfalso; arith] | discriminate].
    + intros j w1 S1 E; exists w, [At Strong Idle]; split; [exact S|]; split; [reflexivity|]; split; [head to_steal_failed | exact IH].
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
  - intros q Q. assert (N : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
    apply giving_up_away; [exact N | apply tried_away; exact Q | here; apply settled; reflexivity].
  - exact IH.
  - intros _. apply dropping_follows; [exact D | here; apply settled; reflexivity | intros _; exact I].
  - here. apply settled. right. exists p. rewrite Z.eqb_refl. auto.
Qed.
Lemma try_into_unique_away : forall n x, x <> p -> follows tried none_left (tried_into_unique R P x n) [].
Proof.
  intros n x X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X).
  unfold tried_into_unique. induction n as [|n IH]; [exact I|]. cbn [unsharing]. apply looking_away; auto.
  - apply giving_up_away; [exact N | apply tried_away; exact X | here; apply settled; reflexivity].
  - intros q Q. assert (NQ : (q =? p) = false) by (apply Z.eqb_neq; exact Q).
    apply giving_up_away; [exact NQ | apply tried_away; exact Q | here; apply settled; reflexivity].
  - intros _. apply dropping_away; [exact N | here; apply settled; reflexivity | intros _; exact I].
  - here. apply settled. right. exists x. rewrite N. auto.
Qed.
Theorem try_into_unique_born : forall n x, x <> p -> born p Strong P tried none_left (tree_of n (Arc_try_into_unique R P) [VNum x]).
Proof.
  intros n x X. assert (N : (x =? p) = false) by (apply Z.eqb_neq; exact X). rewrite try_into_unique_tree.
  pose proof (fun n => try_into_unique_away n x X) as AW. unfold tried_into_unique in *. induction n as [|n IH]; [exact I|]. cbn [unsharing].
  apply looking_born; auto; try exact I.
  - apply giving_up_born; exact I.
  - apply giving_up_follows. apply tried_here.
  - intros q Q. apply giving_up_born; exact I.
  - intros _. apply dropping_born; [exact I | intros _; exact I].
Qed.
End Whole.
