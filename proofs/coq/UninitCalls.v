(** * The drop of a handle of a MaybeUninit follows the machine

    A [MaybeUninit] has no destructor: its last drop does not touch the value.  In the machine the drop of the value is silent then
    ([silent]), and the memory goes as always.  [try_map] drops its handle in the same way, after it has moved the value out. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails UniqueCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** Arc::drop, and how its caller goes on *)
Definition uninit_dropping (R P : bool) (p : Z) (fin : tree) : tree :=
  den 1 (body (Arc_drop_uninit R P)) [("self"%string, VNum p)] (fun fl _ => match fl with Unwinds | Breaks _ => Stuck | _ => fin end).

(** After [take_value] has found [left]: the implicit weak is released, or the memory freed if no Weak is left. *)
Definition taking (R : bool) (p : Z) (fin : tree) (left : Z) : tree :=
  if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
  else if negb (left =? Z.lor 18446744072635809792 1) then release R p fin else TMem MFree p fin Stuck.

Lemma uninit_dropping_tree : forall R P p fin, (p =? DANGLING) = false -> uninit_dropping R P p fin =
  TFetch Access.release_strong (if R then AcqRel else Release) p 18446744072635809792 (fun v =>
    if 1073741824 <=? signed v then fin
    else if R then taking R p fin (wrap (wrap (v - 0) - 1073741824)) else TLoad Access.take_value Acquire p (taking R p fin)).
Proof. intros R P p fin D. unfold uninit_dropping, Arc_drop_uninit, taking, release. destruct R, P; same_but D. Qed.

Lemma unique_drop_uninit_tree : forall R P p n, (p =? DANGLING) = false ->
  tree_of n (UniqueArc_drop_uninit R P) [VNum p] = TLoad Access.take_value Acquire p (taking R p (Ends vunit)).
Proof. intros R P p n D. unfold UniqueArc_drop_uninit, taking, release. destruct R, P; same_but D. Qed.

Section Uninit.
Variables (uninit R P : bool) (p : Z) (post : val -> list point -> Prop) (un : list point -> Prop).
Hypothesis D : (p =? DANGLING) = false.
Notation follows := (follows_ uninit p Strong P true post un).

(** [h]: there is no value, or it goes silently. *)
Lemma taking_follows : forall h fin left, silent uninit (take h) -> follows fin [] ->
  follows (taking R p fin left) [Task (Owner h (left =? Z.lor 18446744072635809792 1))].
Proof.
  intros h fin left S F. unfold taking. branch; [exact I|]. destruct (left =? Z.lor 18446744072635809792 1); cbn [negb].
  - here. exists []. split; [|split; [exact F | discriminate]].
    apply (reach_after true [] (Task (Owner h true)) [] (take h) _ [Task Freeing]); [exact S | apply to_take_alone|].
    apply (reach_event true [] (Task Freeing) [] _ []). apply to_free.
  - assert (RE : follows (release R p fin) [Task Releasing]) by (unfold release; destruct R; releasing; exact F).
    unfold release in *. destruct R; (apply (silent_fetch _ _ _ _ _ _ (take h) (Task Releasing)); [exact S | apply to_take_shared | auto | apply le_n | exact RE]).
Qed.

(** A place that [try_map] has emptied *)
Lemma uninit_dropping_follows : forall fin, follows fin [] -> follows (uninit_dropping R P p fin) [At Strong Empty].
Proof.
  intros fin F. rewrite uninit_dropping_tree by exact D. pose proof (taking_follows Vacant fin) as T.
  assert (ADDS : results (minus_strong UNIQUE) (wrapping_add (bits UNIQUE) 18446744072635809792))
    by (split; [split; vm_compute; first [reflexivity | discriminate] | vm_compute; reflexivity]).
  destruct R; (here; split; [strong_enough|]; intros w S [C _]; assert (w = UNIQUE) by (inversion C as [|? ? C1 C']; exact C1); subst w; exists (minus_strong UNIQUE)).
  - exists [Task (Owner Vacant (wrap (wrap (bits UNIQUE - 0) - 1073741824) =? Z.lor 18446744072635809792 1))]. split; [exact ADDS|].
    split; [|split; [less|left; branch; [discriminate|]; apply T; [left; reflexivity | exact F]]].
    eapply (spare [] _ []); [reflexivity | apply to_drop_empty | reflexivity | intros i; apply to_look_last; reflexivity].
  - exists [Task (LastDrop Vacant)]. split; [exact ADDS|]. split; [plain; head to_drop_empty|split; [less|left]]. branch; [discriminate|].
    here. split; [strong_enough|]. intros i w S1. exists ([] ++ [Task (Owner Vacant (bits w =? Z.lor 18446744072635809792 1))])%list.
    split; [apply (reach_last []), to_look_last; intros; arith | apply T; [left; reflexivity | exact F]].
Qed.

Hypothesis U : uninit = true.

(** An Arc *)
Lemma arc_dropping_uninit : forall fin, follows fin [] -> follows (uninit_dropping R P p fin) [At Strong Idle].
Proof.
  intros fin F. assert (SI : silent uninit (take Destroy)) by (right; auto). pose proof (taking_follows Destroy fin) as T.
  rewrite uninit_dropping_tree by exact D. unfold taking in *.
  destruct R; (here; split; [strong_enough|]; intros w S C; counts C; exists (minus_strong w); destruct (Nat.eq_dec (strong w) 1) as [O|O];
    [| exists []; split; [adds|]; split; [plain; head to_drop_shared|split; [less|]]; not_the_last]).
  - exists [Task (Owner Destroy (wrap (wrap (bits w - 0) - 1073741824) =? Z.lor 18446744072635809792 1))]. split; [adds|].
    split; [|split; [less|left; branch; [exfalso; arith | apply T; assumption]]].
    eapply (spare [] _ []); [reflexivity | apply (to_drop_last w Destroy); [discriminate | assumption] | reflexivity | intros i; apply to_look_last; intros B; arith].
  - exists [Task (LastDrop Destroy)]. split; [adds|]. split; [plain; head to_drop_last|split; [less|left]]. branch; [exfalso; arith|].
    here. split; [strong_enough|]. intros i w1 S1. exists ([] ++ [Task (Owner Destroy (bits w1 =? Z.lor 18446744072635809792 1))])%list.
    split; [apply (reach_last []), to_look_last; intros; arith | apply T; assumption].
Qed.

(** A UniqueArc, written or not *)
Lemma unique_dropping_uninit : forall written fin, follows fin [] ->
  follows (TLoad Access.take_value Acquire p (taking R p fin)) [At (Building written) Idle].
Proof.
  intros written fin F. here. split; [strong_enough|]. intros i w S.
  exists ([] ++ [Task (Owner (if written then Destroy else Vacant) (bits w =? Z.lor 18446744072635809792 1))])%list. split.
  - destruct written; (eapply (reach_silent true _ _ _ []); [first [apply (to_abandon_looking Destroy); discriminate | apply to_abandon_empty_looking]|]);
      apply (reach_last []), to_look_last; intros A; arith.
  - apply taking_follows; [destruct written; [right; auto | left; reflexivity] | exact F].
Qed.
End Uninit.

Theorem arc_drop_uninit : forall n p R P, (p =? DANGLING) = false ->
  follows_ true p Strong P true (fun _ pts => pts = []) (fun pts => pts = []) (tree_of n (Arc_drop_uninit R P) [VNum p]) [At Strong Idle].
Proof.
  intros n p R P D. replace (tree_of n (Arc_drop_uninit R P) [VNum p]) with (uninit_dropping R P p (Ends vunit)) by (unfold uninit_dropping; destruct R, P; same).
  apply arc_dropping_uninit; [exact D | reflexivity | done].
Qed.

Theorem unique_drop_uninit : forall n p R P written, (p =? DANGLING) = false ->
  follows_ true p Strong P true (fun _ pts => pts = []) (fun pts => pts = []) (tree_of n (UniqueArc_drop_uninit R P) [VNum p]) [At (Building written) Idle].
Proof. intros n p R P written D. rewrite unique_drop_uninit_tree by exact D. apply unique_dropping_uninit; [exact D | reflexivity | here; apply settled; reflexivity]. Qed.
