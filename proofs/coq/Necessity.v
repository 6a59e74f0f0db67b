(** * Necessity: each ordering that is not Relaxed is needed

    For each access with an Acquire or a Release: the machine with this one line of the table made Relaxed reaches a data
    race.  Each proof is a concrete run.  Each of its lines names the agent that moves (its place in the list) and the steps
    of the model that it takes. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model.
Import ListNotations.

(** ** Checking a concrete run by computation *)

Definition mem_b (x : nat) (l : list nat) : bool := existsb (Nat.eqb x) l.

Lemma mem_b_in : forall x l, mem_b x l = true <-> In x l.
Proof.
  intros. unfold mem_b. rewrite existsb_exists. split.
  - intros (y & H & E). apply Nat.eqb_eq in E. subst. exact H.
  - intros H. exists x. split; [exact H | apply Nat.eqb_refl].
Qed.

Definition conflict_list (m : memory) (e : effect) : list nat :=
  match e with
  | Nothing | Learn _ => []
  | LoadWord _ _ _ | ModifyWord _ _ => [0]
  | ReadValue => writes m
  | WriteValue | InitValue | DropValue | MoveValue => writes m ++ reads m
  | FreeMemory => seq 0 (clock m)
  end.

Lemma conflict_list_spec : forall m e x, conflicts m e x <-> In x (conflict_list m e).
Proof.
  intros m e x. destruct e; simpl; try tauto; try (rewrite in_app_iff; tauto);
    try (rewrite in_seq; lia); intuition.
Qed.

Definition fine_b (m : memory) (V : view) (e : effect) : bool :=
  forallb (fun x => mem_b x (known V)) (conflict_list m e)
  && match e with
     | ReadValue | WriteValue | DropValue | MoveValue => present m
     | InitValue => negb (present m)
     | _ => true
     end
  && match e with Nothing | Learn _ => true | _ => Nat.eqb (frees m) 0 end.

Lemma fine_b_sound : forall m V e, fine_b m V e = true -> forall f, ~ wrong m V e f.
Proof.
  intros m V e H f. unfold fine_b in H.
  apply andb_true_iff in H. destruct H as [H F]. apply andb_true_iff in H. destruct H as [R P].
  rewrite forallb_forall in R.
  destruct f; simpl.
  - intros (x & C & N). apply N. apply mem_b_in. apply R. apply conflict_list_spec. exact C.
  - destruct e; simpl in *; try tauto; try congruence. destruct (present m); simpl in *; congruence.
  - destruct e; simpl in *; try tauto; apply Nat.eqb_eq in F; congruence.
Qed.

Definition races_b (m : memory) (V : view) (e : effect) : bool :=
  negb (forallb (fun x => mem_b x (known V)) (conflict_list m e)).

Lemma races_b_sound : forall m V e, races_b m V e = true -> wrong m V e DataRace.
Proof.
  intros m V e H. simpl. unfold races_b in H. apply negb_true_iff in H.
  assert (G : forall l, forallb (fun x => mem_b x (known V)) l = false -> exists x, In x l /\ ~ In x (known V)).
  { induction l as [|y l IH]; simpl; intros E; [discriminate|].
    apply andb_false_iff in E. destruct E as [E|E].
    - exists y. split; [tauto|]. intros I. apply mem_b_in in I. congruence.
    - destruct (IH E) as (x & I & N). exists x. tauto. }
  destruct (G _ H) as (x & I & N). exists x. split; [apply conflict_list_spec; exact I | exact N].
Qed.

Lemma leads_reach : forall T s r, leads T s r -> reachable T (Ok s) -> reachable T r.
Proof.
  intros T s r H. induction H; intros R; auto.
  - eapply run_step; eauto.
  - apply IHleads. eapply run_step; eauto.
Qed.

Lemma nth_error_cut : forall (A : Type) n (l : list A) a,
  nth_error l n = Some a -> l = firstn n l ++ a :: skipn (S n) l.
Proof.
  intros A n l a H. destruct (nth_error_split _ _ H) as (p & q & E & L). subst n l.
  rewrite firstn_app, Nat.sub_diag, firstn_all, app_nil_r.
  replace (S (length p)) with (length (p ++ [a])) by (rewrite app_length; simpl; lia).
  replace (p ++ a :: q) with ((p ++ [a]) ++ q) by (rewrite <- app_assoc; reflexivity).
  rewrite skipn_app, skipn_all, Nat.sub_diag. rewrite <- app_assoc. reflexivity.
Qed.

Lemma goes : forall T n m ags a V o e bs r,
  nth_error ags n = Some a ->
  act T m V (view_after e m V) o a e bs ->
  fine_b m V e = true ->
  leads T (State (memory_after e m V) (firstn n ags ++ bs ++ skipn (S n) ags)) r ->
  leads T (State m ags) r.
Proof.
  intros. eapply leads_on; [|eassumption].
  rewrite (nth_error_cut _ _ _ _ H) at 1. eapply step_ok; [eassumption|]. apply fine_b_sound. assumption.
Qed.

Lemma goes_wrong : forall T n m ags a V o e bs,
  nth_error ags n = Some a ->
  act T m V (view_after e m V) o a e bs ->
  races_b m V e = true ->
  leads T (State m ags) (Error DataRace).
Proof.
  intros. eapply leads_error. rewrite (nth_error_cut _ _ _ _ H). eapply step_error; [eassumption|].
  apply races_b_sound. assumption.
Qed.

Ltac side := first [ split; [cbv; lia | reflexivity] | cbv; auto; try reflexivity; try lia; try (intros; congruence) ].
Ltac from_new := eapply leads_reach; [unfold start_new | apply run_new].
Ltac from_building := eapply leads_reach; [unfold start_building | apply run_building].
(** Agent number [n] takes step [c]. *)
Tactic Notation "agent" constr(n) ":" uconstr(c) :=
  eapply (goes _ n); [reflexivity | eapply c; side | reflexivity | cbv].
(** Agent number [n] takes step [c], which is a data race. *)
Tactic Notation "races" "at" constr(n) ":" uconstr(c) :=
  eapply (goes_wrong _ n); [reflexivity | eapply c; side | reflexivity].

(** ** The bug of 2018: get_mut's load (then of the standard library's strong count) Relaxed

    There are two Arcs.  One thread reads the value and drops its Arc.  The other sees that its Arc is the only one, but not
    what happened before. *)
Theorem get_mut_relaxed_races : reachable (with_line code Access.is_unique (Load Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (drop_shared _ _ _ _ Destroy).
  agent 0: (read_unique _ _ _ _ Access.is_unique 2).
  races at 0: (exclusive_write _ _ _ _).
Qed.

(** The same for the look of make_mut and try_unwrap. *)
Theorem make_mut_relaxed_races : reachable (with_line code Access.sole (Load Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (drop_shared _ _ _ _ Destroy).
  agent 0: (read_unique _ _ _ _ Access.sole 2).
  races at 0: (exclusive_write _ _ _ _).
Qed.

(** The same for strong_count and weak_count, if the caller concludes that it alone uses the value. *)
Theorem counts_relaxed_races : reachable (with_line code Access.counts (Load Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (drop_shared _ _ _ _ Destroy).
  agent 0: (read_unique _ _ _ _ Access.counts 2).
  races at 0: (exclusive_write _ _ _ _).
Qed.

(** The release of a strong handle: the same run, from the other side. *)
Theorem drop_relaxed_races : reachable (with_line code Access.release_strong (FetchSub Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (drop_shared _ _ _ _ Destroy).
  agent 0: (read_unique _ _ _ _ Access.is_unique 2).
  races at 0: (exclusive_write _ _ _ _).
Qed.

(** The load after the last release: the thread that drops the value does not know of another handle's read. *)
Theorem last_drop_relaxed_races : reachable (with_line code Access.take_value (Load Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (drop_shared _ _ _ _ Destroy).
  agent 0: (drop_last _ _ _ _ Destroy ltac:(discriminate)).
  agent 0: (last_drop _ _ _ _ Destroy 3).
  races at 0: (take_shared _ _ _ _ Destroy).
Qed.

(** The release of a Weak: its own access to the word races with the free. *)
Theorem weak_drop_relaxed_races : reachable (with_line code Access.release_weak (FetchSub Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (downgrade _ _ _ _ Strong [] []).
  agent 1: (weak_drop_shared _ _ _ _).
  agent 0: (drop_last _ _ _ _ Destroy ltac:(discriminate)).
  agent 0: (last_drop_alone _ _ _ _ Destroy 3).
  agent 0: (take_alone _ _ _ _ Destroy).
  races at 0: (free _ _ _ _).
Qed.

(** The load after the last weak: the free races with the access of a Weak that was dropped before. *)
Theorem last_weak_relaxed_races : reachable (with_line code Access.release_weak_last (Load Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (downgrade _ _ _ _ Strong [] []).
  agent 0: (drop_last _ _ _ _ Destroy ltac:(discriminate)).
  agent 0: (last_drop _ _ _ _ Destroy 2).
  agent 0: (take_shared _ _ _ _ Destroy).
  agent 1: (weak_drop_shared _ _ _ _).
  agent 0: (release_last _ _ _ _).
  agent 0: (last_weak _ _ _ _ 4).
  races at 0: (free _ _ _ _).
Qed.

(** upgrade: a Weak from new_cyclic's closure is upgraded after the publication, and reads the value. *)
Theorem upgrade_relaxed_races : reachable (with_line code Access.upgrade (CompareExchangeWeak Relaxed Relaxed)) (Error DataRace).
Proof.
  from_building.
  agent 0: (downgrade _ _ _ _ (Building false) [] []).
  agent 0: (init_value _ _ _ _).
  agent 0: (publish _ _ _ _).
  agent 1: (upgrade_look _ _ _ _ Weak [] [] 2).
  agent 1: (upgrade_done _ _ _ _ Weak [] [] 2).
  races at 2: (read_value _ _ _ _ Strong [] []).
Qed.

(** The publication: the same run, from the other side. *)
Theorem publish_relaxed_races : reachable (with_line code Access.publish (FetchAdd Relaxed)) (Error DataRace).
Proof.
  from_building.
  agent 0: (downgrade _ _ _ _ (Building false) [] []).
  agent 0: (init_value _ _ _ _).
  agent 0: (publish _ _ _ _).
  agent 1: (upgrade_look _ _ _ _ Weak [] [] 2).
  agent 1: (upgrade_done _ _ _ _ Weak [] [] 2).
  races at 2: (read_value _ _ _ _ Strong [] []).
Qed.

(** The steal: its look reads (1, 2).  Then the other thread upgrades its Weak, uses the value, and drops the Arc, so that
    the word comes back to (1, 2).  The compare-exchange succeeds, and only its Acquire would make that use known. *)
Theorem steal_relaxed_races : reachable (with_line code Access.steal (CompareExchange Relaxed Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (downgrade _ _ _ _ Strong [] []).
  agent 0: (steal_look _ _ _ _ 1).
  agent 1: (upgrade_look _ _ _ _ Weak [] [] 1).
  agent 1: (upgrade_done _ _ _ _ Weak [] [] 1).
  agent 2: (read_value _ _ _ _ Strong [] []).
  agent 2: (drop_shared _ _ _ _ Destroy).
  agent 0: (steal_done _ _ _ _ 1).
  races at 0: (take_shared _ _ _ _ HandOut).
Qed.

(** into_weak: the Arc's read of the value is not released, and the Weak that it becomes lives on. *)
Theorem into_weak_relaxed_races : reachable (with_line code Access.strong_into_weak (FetchAdd Relaxed)) (Error DataRace).
Proof.
  from_new.
  agent 0: (clone _ _ _ _ [] []).
  agent 1: (read_value _ _ _ _ Strong [] []).
  agent 1: (into_weak_shared _ _ _ _).
  agent 0: (drop_last _ _ _ _ Destroy ltac:(discriminate)).
  agent 0: (last_drop _ _ _ _ Destroy 3).
  races at 0: (take_shared _ _ _ _ Destroy).
Qed.
