(** * The rules of Model.v, as steps from points to points

    One lemma for each rule that a function's text uses, and only for the rule. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Model Word Graph Own Points.
Import ListNotations.

Ltac by_rule r :=
  intros; split; [first [discriminate | intros _; do 4 eexists; split; reflexivity]|]; intros ts us m V V' e ONLY HAP;
  try (destruct (ONLY eq_refl) as [-> ->]);
  simpl in HAP;
  try (match type of HAP with _ /\ _ => destruct HAP as [<- ->] end);
  try (destruct HAP as (g & <- & CR & ->));
  try (destruct HAP as (g & <- & CR & -> & MAY));
  try subst e;
  eexists; simpl; eapply r; try eassumption; try reflexivity; auto.

Lemma to_look : forall i w k x, In x [Access.is_unique; Access.sole; Access.counts] -> acts false (At k Idle) (Reads x i w) [At k Idle].
Proof. by_rule look. Qed.
Lemma to_read_unique : forall i w x, In x [Access.is_unique; Access.sole; Access.counts] -> w = UNIQUE ->
  acts true (At Strong Idle) (Reads x i w) [At Strong Exclusive].
Proof. by_rule read_unique. Qed.
Lemma to_steal_look : forall i w, strong w = 1 -> weak w <> 1 -> acts true (At Strong Idle) (Reads Access.sole i w) [At Strong (Stealing i w)].
Proof. by_rule steal_look. Qed.
Lemma to_steal_failed : forall i w j c, acts true (At Strong (Stealing j c)) (Misses Access.steal i c w) [At Strong Idle].
Proof. by_rule steal_failed. Qed.
Lemma to_upgrade_none : forall i w k, weakly k = true -> strong w = 0 -> acts false (At k Idle) (Reads Access.upgrade_look i w) [At k Idle].
Proof. by_rule upgrade_none. Qed.
Lemma to_upgrade_look : forall i w k, weakly k = true -> strong w <> 0 ->
  acts false (At k Idle) (Reads Access.upgrade_look i w) [At k (Upgrading i w)].
Proof. by_rule upgrade_look. Qed.
Lemma to_upgrade_failed_none : forall i w k j c, strong w = 0 ->
  acts false (At k (Upgrading j c)) (Misses Access.upgrade i c w) [At k Idle].
Proof. by_rule upgrade_failed_none. Qed.
Lemma to_upgrade_again : forall i w k j c, strong w <> 0 ->
  acts false (At k (Upgrading j c)) (Misses Access.upgrade i c w) [At k (Upgrading i w)].
Proof. by_rule upgrade_again. Qed.
Lemma to_into_strong_none : forall i w, strong w = 0 -> acts true (At Weak Idle) (Reads Access.upgrade_look i w) [At Weak Idle].
Proof. by_rule into_strong_none. Qed.
Lemma to_into_strong_look : forall i w, strong w <> 0 -> acts true (At Weak Idle) (Reads Access.upgrade_look i w) [At Weak (IntoStrong i w)].
Proof. by_rule into_strong_look. Qed.
Lemma to_into_strong_failed_none : forall i w j c, strong w = 0 ->
  acts true (At Weak (IntoStrong j c)) (Misses Access.upgrade i c w) [At Weak Idle].
Proof. by_rule into_strong_failed_none. Qed.
Lemma to_into_strong_again : forall i w j c, strong w <> 0 ->
  acts true (At Weak (IntoStrong j c)) (Misses Access.upgrade i c w) [At Weak (IntoStrong i w)].
Proof. by_rule into_strong_again. Qed.
Lemma to_last_drop_alone : forall i w h, weak w = 1 -> acts true (Task (LastDrop h)) (Reads Access.take_value i w) [Task (Owner h true)].
Proof. by_rule last_drop_alone. Qed.
Lemma to_last_drop : forall i w h, acts true (Task (LastDrop h)) (Reads Access.take_value i w) [Task (Owner h false)].
Proof. by_rule last_drop. Qed.
Lemma to_claim : forall i w h, h <> Vacant -> acts true (Task (LastDrop h)) (Reads Access.take_value i w) [At (Building true) Idle].
Proof. by_rule claim. Qed.
Lemma to_last_weak : forall i w, acts true (Task LastWeak) (Reads Access.release_weak_last i w) [Task Freeing].
Proof. by_rule last_weak. Qed.


Lemma to_clone : forall w, acts false (At Strong Idle) (Changes Access.add_strong w (plus_strong w)) [At Strong Idle; At Strong Idle].
Proof. by_rule clone. Qed.
Lemma to_clone_many : forall w n, 1 <= n ->
  acts false (At Strong Idle) (Changes Access.add_strong w (more_strong n w)) [At Strong Idle; Held n].
Proof. by_rule clone_many. Qed.
Lemma to_clone_more : forall w n k, acts true (Held n) (Changes Access.add_strong w (more_strong k w)) [Held (n + k)].
Proof. by_rule clone_more. Qed.
Lemma to_downgrade : forall w k, acts false (At k Idle) (Changes Access.add_weak w (plus_weak w)) [At k Idle; At Weak Idle].
Proof. by_rule downgrade. Qed.
Lemma to_past_strong : forall w n, acts false (At Strong Idle) (Changes Access.add_strong w (more_strong n w)) [At Strong (Past n 0)].
Proof. by_rule past_strong. Qed.
Lemma to_past_weak : forall w k, acts false (At k Idle) (Changes Access.add_weak w (plus_weak w)) [At k (Past 0 1)].
Proof. by_rule past_weak. Qed.
Lemma to_undo : forall w k s v,
  acts false (At k (Past s v)) (Changes Access.undo w (Word (strong w - s) (weak w - v))) [At k (Past 0 0)].
Proof. by_rule undo. Qed.
Lemma to_drop_shared : forall w, strong w <> 1 -> acts true (At Strong Idle) (Changes Access.release_strong w (minus_strong w)) [].
Proof. by_rule (fun T m V V' => drop_shared T m V V' Destroy). Qed.
Lemma to_drop_last : forall w h, h <> Vacant -> strong w = 1 ->
  acts true (At Strong Idle) (Changes Access.release_strong w (minus_strong w)) [Task (LastDrop h)].
Proof. by_rule drop_last. Qed.
Lemma to_into_weak_shared : forall w, strong w <> 1 ->
  acts true (At Strong Idle) (Changes Access.strong_into_weak w (plus_weak (minus_strong w))) [At Weak Idle].
Proof. by_rule into_weak_shared. Qed.
Lemma to_into_weak_last : forall w, strong w = 1 ->
  acts true (At Strong Idle) (Changes Access.strong_into_weak w (plus_weak (minus_strong w))) [At Weak Idle; Task (LastDrop Destroy)].
Proof. by_rule into_weak_last. Qed.
Lemma to_into_unique : forall w, acts true (At Strong Exclusive) (Changes Access.release_strong w (minus_strong w)) [At (Building true) Idle].
Proof. by_rule into_unique. Qed.
Lemma to_drop_empty : forall w, acts true (At Strong Empty) (Changes Access.release_strong w (minus_strong w)) [Task (LastDrop Vacant)].
Proof. by_rule drop_empty. Qed.
Lemma to_steal_done : forall w i, acts true (At Strong (Stealing i w)) (Changes Access.steal w (minus_strong w)) [Task (Owner HandOut false)].
Proof. by_rule steal_done. Qed.
Lemma to_give_back_some : forall w n k, k < n ->
  acts true (Held n) (Changes Access.release_strong w (less_strong k w)) [Held (n - k)].
Proof. by_rule give_back_some. Qed.
Lemma to_give_back_shared : forall w n, strong w <> n -> acts true (Held n) (Changes Access.release_strong w (less_strong n w)) [].
Proof. by_rule give_back_shared. Qed.
Lemma to_give_back_last : forall w n, strong w = n ->
  acts true (Held n) (Changes Access.release_strong w (less_strong n w)) [Task (LastDrop Destroy)].
Proof. by_rule give_back_last. Qed.
Lemma to_upgrade_done : forall w k i, acts false (At k (Upgrading i w)) (Changes Access.upgrade w (plus_strong w)) [At k Idle; At Strong Idle].
Proof. by_rule upgrade_done. Qed.
Lemma to_into_strong_done : forall w i,
  acts true (At Weak (IntoStrong i w)) (Changes Access.upgrade w (minus_weak (plus_strong w))) [At Strong Idle].
Proof. by_rule into_strong_done. Qed.
Lemma to_weak_drop_shared : forall w, weak w <> 1 -> acts true (At Weak Idle) (Changes Access.release_weak w (minus_weak w)) [].
Proof. by_rule weak_drop_shared. Qed.
Lemma to_weak_drop_last : forall w, weak w = 1 -> acts true (At Weak Idle) (Changes Access.release_weak w (minus_weak w)) [Task LastWeak].
Proof. by_rule weak_drop_last. Qed.
Lemma to_publish : forall w, acts true (At (Building true) Idle) (Changes Access.publish w (plus_strong w)) [At Strong Idle].
Proof. by_rule publish. Qed.
Lemma to_release_shared : forall w, weak w <> 1 -> acts true (Task Releasing) (Changes Access.release_weak w (minus_weak w)) [].
Proof. by_rule release_shared. Qed.
Lemma to_release_last : forall w, weak w = 1 -> acts true (Task Releasing) (Changes Access.release_weak w (minus_weak w)) [Task LastWeak].
Proof. by_rule release_last. Qed.


Lemma to_end_exclusive : acts true (At Strong Exclusive) (Touches Nothing) [At Strong Idle].
Proof. by_rule end_exclusive. Qed.
Lemma to_fill : acts true (At Strong Empty) (Touches InitValue) [At Strong Exclusive].
Proof. by_rule fill. Qed.
Lemma to_move_out : acts true (At Strong Exclusive) (Touches MoveValue) [At Strong Empty].
Proof. by_rule move_out. Qed.
Lemma to_discard : acts true (At Strong Empty) (Touches Nothing) [Task Freeing].
Proof. by_rule discard. Qed.
Lemma to_try_unwrap_take : acts true (At Strong Exclusive) (Touches MoveValue) [Task Freeing].
Proof. by_rule try_unwrap_take. Qed.
Lemma to_steal_given_up : forall i c, acts true (At Strong (Stealing i c)) (Touches Nothing) [At Strong Idle].
Proof. by_rule steal_given_up. Qed.
Lemma to_next : forall n, 1 <= n -> acts true (Held (S n)) (Touches Nothing) [Held n; At Strong Idle].
Proof. by_rule next. Qed.
Lemma to_next_last : acts true (Held 1) (Touches Nothing) [At Strong Idle].
Proof. by_rule next_last. Qed.
Lemma to_init_value : acts true (At (Building false) Idle) (Touches InitValue) [At (Building true) Idle].
Proof. by_rule init_value. Qed.
Lemma to_abandon_looking : forall h, h <> Vacant -> acts true (At (Building true) Idle) (Touches Nothing) [Task (LastDrop h)].
Proof. by_rule abandon. Qed.
Lemma to_abandon_empty : acts true (At (Building false) Idle) (Touches Nothing) [Task Releasing].
Proof. by_rule (fun T m V V' => abandon_empty T m V V' Destroy Releasing). Qed.
Lemma to_abandon_empty_looking : acts true (At (Building false) Idle) (Touches Nothing) [Task (LastDrop Vacant)].
Proof. by_rule (fun T m V V' => abandon_empty T m V V' Destroy (LastDrop Vacant)). Qed.
Lemma to_take_alone : forall h, acts true (Task (Owner h true)) (Touches (take h)) [Task Freeing].
Proof. by_rule take_alone. Qed.
Lemma to_take_shared : forall h, acts true (Task (Owner h false)) (Touches (take h)) [Task Releasing].
Proof. by_rule take_shared. Qed.
Lemma to_free : acts true (Task Freeing) (Touches FreeMemory) [].
Proof. by_rule free. Qed.
