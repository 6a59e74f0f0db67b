(** * The operations of Play.v follow the machine

    For each of them: its text, called as its signature says, is steps of Model.v, and at the end there are the handles that are in
    the value returned; if it makes the allocation, from there on.  These are the theorems of the other files, put together. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails Play Born SharedCalls OwnCalls CloneCalls CountCalls
  UniqueCalls NewCalls BuilderCalls UninitCalls MapCalls.
Import ListNotations.
Local Open Scope Z_scope.

(** ** What a client has, in the machine *)

Definition point_of (x : thing) : point :=
  match x with
  | AHandle k => At k Idle
  | AMutable => At Strong Exclusive
  | AClones n => Held (Z.to_nat n)
  | AMemory => Task Freeing
  end.
Definition is_kept (x : thing) : Prop := match x with AClones _ | AMemory => True | _ => False end.
Definition sound (x : thing) : Prop := match x with AClones n => 1 <= n < 2 ^ 33 | _ => True end.

Section Contracts.
Variable R P : bool.
Variable p : Z.
Hypothesis not_dangling : (p =? DANGLING) = false.

Definition post_owning (o : called) (v : val) (pts : list point) : Prop :=
  pts = map point_of (has p (returns o) v) /\ Forall sound (has p (returns o) v).
Definition post_shared (o : called) (k : kind) (v : val) (pts : list point) : Prop :=
  pts = At k Idle :: map point_of (has p (returns o) v) /\ Forall sound (has p (returns o) v).

(** ** The value returned says which handles there are *)

Lemma clones_are_held : forall n, map point_of (in_clones p (clones p n)) = held n.
Proof. intros n. unfold in_clones, held. simpl. rewrite Z.eqb_refl. destruct (n =? 0); reflexivity. Qed.
Lemma clones_are_sound : forall n, 0 <= n < 2 ^ 33 -> Forall sound (in_clones p (clones p n)).
Proof.
  intros n B. unfold in_clones. simpl. rewrite Z.eqb_refl. destruct (Z.eqb_spec n 0); constructor; [simpl; lia | constructor].
Qed.

Ltac cases :=
  repeat match goal with
  | H : _ /\ _ |- _ => destruct H
  | H : _ \/ _ |- _ => destruct H
  | H : exists _, _ |- _ => destruct H
  end; subst.
Ltac as_posted :=
  unfold post_owning, post_shared, an_arc, a_builder, arc_left, arc_at, tried, a_unique, mapped, none_left;
  intros; cases; cbn [has returns says part vsome vnone vok verr vunit both get String.eqb Ascii.eqb Bool.eqb]; unfold pointer;
  rewrite ?Z.eqb_refl;
  repeat match goal with |- context [if ?c then _ else _] => destruct c end; cbn [map app point_of];
  first [contradiction | reflexivity | split; [reflexivity | repeat constructor]].
Ltac by_theorem t := eapply follows_mono; [| |apply t]; [as_posted | as_posted | ..]; auto.

(** ** Through [&self] *)

Lemma through_pointer : forall k (f : fn) n (q : val -> list point -> Prop) t pts, tree_of n f [VNum p] = Ends (VNum p) -> q (VNum p) pts ->
  follows p k P t q (fun _ => False) (tree_of n f [VNum p]) pts.
Proof. intros k f n q t pts -> Q. cbn [follows_]. apply settled, Q. Qed.

(** It only passes its pointer on, at the point [pt]. *)
Ltac by_pointer pt :=
  eapply follows_mono; [| |apply through_pointer with (q := fun v pts => v = VNum p /\ pts = [pt]); [destruct R, P; reflexivity | auto]]; as_posted.

Lemma arc_strong_count : forall n k,
  follows p k P false (fun _ pts => pts = [At k Idle]) (fun _ => False) (tree_of n Arc_strong_count [VNum p]) [At k Idle].
Proof. intros n k. looks_once k. Qed.
Lemma arc_weak_count : forall n k,
  follows p k P false (fun _ pts => pts = [At k Idle]) (fun _ => False) (tree_of n Arc_weak_count [VNum p]) [At k Idle].
Proof. intros n k. looks_once k. Qed.

Lemma shared_follows : forall o k n args, shared o k -> besides o args ->
  follows p k P false (post_shared o k) (fun _ => False) (tree_of n (text R P o) (VNum p :: args)) [At k Idle].
Proof.
  intros o k n args S B. destruct o; simpl in S; try contradiction; simpl in B; unfold text; try subst k; try subst args.
  - by_theorem arc_clone.
  - destruct B as (c & -> & B). eapply follows_mono; [| |apply arc_clone_many, B].
    + intros v pts (-> & -> & LIM). unfold post_shared. cbn [has returns]. rewrite clones_are_held. split; [reflexivity | apply clones_are_sound; lia].
    + as_posted.
  - by_theorem arc_downgrade.
  - by_theorem arc_is_unique.
  - by_theorem arc_counts.
  - by_theorem arc_strong_count.
  - by_theorem arc_weak_count.
  - by_theorem arc_increment_strong_count.
  - apply through_pointer; [reflexivity | as_posted].
  - apply through_pointer; [reflexivity | as_posted].
  - by_theorem unique_downgrade.
  - apply through_pointer; [reflexivity | as_posted].
  - destruct S as [-> | ->]; by_theorem weak_clone.
  - destruct S as [-> | ->]; by_theorem weak_upgrade.
  - rewrite weak_strong_count by assumption. destruct S as [-> | ->]; by_theorem arc_strong_count.
  - destruct S as [-> | ->]; by_theorem weak_weak_count.
  - destruct S as [-> | ->]; (apply through_pointer; [reflexivity | as_posted]).
Qed.

(** ** Through [self] and [&mut self] *)

Ltac no_uninit O := match type of O with false = true /\ _ => destruct O as [O _]; discriminate O end.

Lemma arc_get_mut_mut : forall n, follows p Strong P true (arc_left p) none_left (tree_of_mut n Arc_get_mut [VNum p]) [At Strong Idle].
Proof.
  intros n. compute_run. here. split; [strong_enough|]. intros i w S. inside.
  - exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption|].
    apply (left_here P p (vsome (VNum p))); auto.
  - exists [At Strong Idle]. split; [head to_look; simpl; auto|]. apply (left_here P p vnone); auto. discriminate.
Qed.

Lemma weak_release : forall n, follows p Strong P true
  (fun v pts => v = VBool true /\ pts = [Task Freeing] \/ v = VBool false /\ pts = []) (fun _ => False)
  (tree_of n (Weak_release R) [VNum p]) [At Weak Idle].
Proof.
  intros n. destruct R; dangling not_dangling.
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (minus_weak w); destruct (Nat.eq_dec (weak w) 1) as [O|O];
    [| exists []; split; [adds|]; split; [plain; head to_weak_drop_shared|split; [less|left]]; branch; [done | exfalso; arith]].
  - exists [Task Freeing]. split; [adds|]. split; [|split; [less|left]].
    + eapply (spare [] _ []); [reflexivity | apply (to_weak_drop_last w O) | reflexivity | intros i; apply to_last_weak].
    + branch; [exfalso; arith|]. branch; [exact I|]. done.
  - exists [Task LastWeak]. split; [adds|]. split; [plain; head to_weak_drop_last|split; [less|left]].
    branch; [exfalso; arith|]. here. split; [strong_enough|]. intros i w1 S1.
    exists [Task Freeing]. split; [head to_last_weak|]. branch; [exact I|]. done.
Qed.

Lemma clones_all : forall o n k args, 1 <= k < 2 ^ 33 -> owning false o (AClones k) -> besides o args ->
  follows p Strong P true (post_owning o) (fun pts => pts = []) (run_of R P n o (clones p k :: args)) [Held (Z.to_nat k)].
Proof.
  intros o n k args K O B.
  assert (NEXT : follows p Strong P true (post_owning Clones_next_) (fun pts => pts = []) (tree_of_mut n Clones_next [clones p k]) [Held (Z.to_nat k)]).
  { rewrite <- held_some by lia. eapply follows_mono; [| |apply clones_next; unfold M; change (2 ^ 33) with 8589934592 in K; lia]; [|auto].
    intros v pts [-> ->]. unfold post_owning. cbn [has returns part both get String.eqb Ascii.eqb Bool.eqb says vsome]. unfold pointer. rewrite Z.eqb_refl.
    rewrite map_app, clones_are_held. split; [reflexivity|]. apply Forall_app. split; [apply clones_are_sound; lia | repeat constructor]. }
  destruct o; simpl in O; try discriminate O; try contradiction; try no_uninit O; simpl in B; unfold run_of, text, mut_self; try subst args.
  - exact NEXT.
  - destruct B as (c & -> & B). eapply follows_mono; [| |apply clones_nth; assumption]; [|auto].
    intros v pts Q. unfold post_owning. destruct (Z.ltb_spec c k).
    + destruct Q as [-> ->]. cbn [has returns part both get String.eqb Ascii.eqb Bool.eqb says vsome]. unfold pointer. rewrite Z.eqb_refl.
      rewrite map_app, clones_are_held. split; [reflexivity|]. apply Forall_app. split; [apply clones_are_sound; lia | repeat constructor].
    + destruct Q as (r & -> & [-> | ->] & ->); cbn [has returns part both get String.eqb Ascii.eqb Bool.eqb says vsome vnone panicked]; rewrite !app_nil_r, clones_are_held;
        (split; [reflexivity | apply clones_are_sound; lia]).
  - rewrite clones_next_back. exact NEXT.
  - eapply follows_mono; [| |apply clones_count; assumption]; [as_posted | auto].
  - eapply follows_mono; [| |apply clones_drop; assumption]; [as_posted | auto].
Qed.

Lemma owning_follows : forall o z n args, owning false o z -> sound z -> besides o args ->
  follows p (lent o) P true (post_owning o) (fun pts => pts = []) (run_of R P n o (self_of p z :: args)) [point_of z].
Proof.
  intros o z n args O SO B.
  assert (CL : forall k, z = AClones k -> follows p (lent o) P true (post_owning o) (fun pts => pts = []) (run_of R P n o (self_of p z :: args)) [point_of z]).
  { intros k ->. replace (lent o) with Strong by (destruct o; simpl in O; try discriminate O; try contradiction; try no_uninit O; reflexivity).
    apply clones_all; assumption. }
  destruct o; simpl in O; try contradiction; try no_uninit O; try (destruct O; eapply CL; eassumption); clear CL; subst z;
    simpl in B; unfold run_of, mut_self, text; cbn [self_of point_of lent]; try subst args.
  - by_theorem arc_drop.
  - by_theorem arc_into_inner.
  - by_theorem arc_into_weak.
  - by_theorem arc_try_unwrap.
  - by_theorem arc_unwrap_or_clone.
  - by_theorem arc_try_into_unique.
  - by_theorem arc_into_unique.
  - destruct B as (f & ->). by_theorem arc_try_map.
  - by_pointer (At Strong Idle).
  - by_pointer (At Strong Idle).
  - by_theorem arc_decrement_strong_count.
  - by_pointer (At Strong Idle).
  - by_theorem weak_drop.
  - by_theorem weak_into_strong.
  - by_pointer (At Weak Idle).
  - by_pointer (At Weak Idle).
  - by_theorem weak_release.
  - by_theorem unique_drop.
  - by_theorem unique_into_arc.
  - by_theorem unique_into_inner.
  - destruct B as (v & ->). by_theorem unique_write.
  - by_pointer (At (Building true) Idle).
  - by_theorem arc_get_mut_mut.
  - by_theorem arc_make_mut.
  - by_theorem arc_make_unique.
  - by_pointer (At (Building true) Idle).
  - compute_run. apply (freeing p Strong P _ _ []). here. apply settled. as_posted.
Qed.

(** also of a MaybeUninit, if the client drops its handles *)
Lemma owning_follows_uninit : forall uninit o z n args, owning uninit o z -> sound z -> besides o args ->
  follows_ uninit p (lent o) P true (post_owning o) (fun pts => pts = []) (run_of R P n o (self_of p z :: args)) [point_of z].
Proof.
  intros uninit o z n args O SO B.
  destruct o; try (apply follows_any, owning_follows; assumption); simpl in O; destruct O as [-> O]; simpl in B; subst args; unfold run_of, mut_self, text.
  - subst z. eapply follows_more; [| | |apply arc_drop_uninit; assumption]; [auto | as_posted | auto].
  - destruct O as (written & ->). eapply follows_more; [| | |apply unique_drop_uninit; assumption]; [auto | as_posted | auto].
Qed.

(** ** The allocation *)

Lemma born_mono : forall k0 b (post post' : val -> list point -> Prop) (un un' : list point -> Prop), (forall v x, post v x -> post' v x) -> (forall x, un x -> un' x) ->
  forall t, born p k0 b post un t -> born p k0 b post' un' t.
Proof.
  intros k0 b post post' un un' A C. induction t; simpl; intros B; auto.
  - destruct B as [B1 B2]. split; auto.
  - destruct B as ((w0 & pt & X & Y & Z & F) & B1 & B2). split; [|split; auto].
    exists w0, pt. split; [exact X|]. split; [exact Y|]. split; [exact Z|]. eapply follows_mono; eauto.
  - destruct B as [B1 B2]. split; auto.
  - destruct B as [B1 B2]. split; auto.
Qed.
Ltac by_born t := eapply born_mono; [| |apply t]; [as_posted | as_posted | ..]; auto.

Lemma allocating_born : forall o n args, allocating p o args ->
  born p (lent o) P (post_owning o) (fun pts => pts = []) (run_of R P n o args).
Proof.
  intros o n args A. destruct o; simpl in A; try contradiction; unfold run_of, mut_self, text; cbn [lent];
    try (destruct A as (q & more & -> & Q & B)); try (destruct A as (v & ->)); try subst args; try subst more.
  - by_born try_into_unique_born.
  - by_born into_unique_born.
  - destruct B as (f & ->). by_born try_map_born.
  - by_born make_mut_born.
  - by_born make_unique_born.
  - by_born arc_new.
  - by_born arc_new_uninit.
  - by_born arc_new_zeroed.
  - by_born arc_new_cyclic.
  - by_born arc_clone_from_ref.
  - by_born unique_new.
  - by_born unique_new_uninit.
Qed.
End Contracts.
