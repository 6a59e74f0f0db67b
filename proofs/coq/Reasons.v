(** * The reason for each ordering

    One lemma for each access, where its ordering is used.  The rest of the proof uses these lemmas, and not the table. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Invariant Frame.
Import ListNotations.

Lemma in_acquired : forall x i g m V o, acquires o = true ->
  In x (released g ++ known V) -> In x (known (view_after (LoadWord o i g) m V)).
Proof. intros x i g m V o A. simpl. unfold acquired. rewrite A. auto. Qed.

Lemma in_acquired_rmw : forall x w m V o, acquires o = true ->
  In x (released (newest m) ++ known V) -> In x (known (view_after (ModifyWord o w) m V)).
Proof. intros x w m V o A. simpl. unfold acquired. rewrite A. auto. Qed.

Lemma kept_rmw : forall x w m V o, In x (known V) -> In x (known (view_after (ModifyWord o w) m V)).
Proof. intros. simpl. rewrite in_app_iff. auto. Qed.

Lemma kept_load : forall x i g m V o, In x (known V) -> In x (known (view_after (LoadWord o i g) m V)).
Proof. intros. simpl. rewrite in_app_iff. auto. Qed.

Lemma passed_on : forall m V o w, one_more m (memory_after (ModifyWord o w) m V) w.
Proof. intros. destruct m. repeat split. simpl. apply incl_appr, incl_refl. Qed.

Lemma released_rmw : forall m V o w, releases o = true ->
  incl (clock m :: known V) (released (newest (memory_after (ModifyWord o w) m V))).
Proof.
  intros m V o w R x I. destruct m. simpl in *. rewrite R. simpl. rewrite !in_app_iff. tauto.
Qed.

(** ** [add_strong], [add_weak]: Relaxed is enough.  The new handle starts with its maker's view, and nothing has to be
    learnt or released. *)

Lemma clone_passes_on : forall m V w, incl (clock m :: known V) (known (view_after (rmw code Access.add_strong w) m V)).
Proof. intros m V w x [<-|I]; [left; reflexivity | apply kept_rmw; exact I]. Qed.

Lemma downgrade_passes_on : forall m V w, incl (clock m :: known V) (known (view_after (rmw code Access.add_weak w) m V)).
Proof. intros m V w x [<-|I]; [left; reflexivity | apply kept_rmw; exact I]. Qed.

(** ** [undo]: Relaxed is enough.  Its thread keeps the handle from which it added, and what it knows, and never gives it up. *)

Lemma undo_keeps : forall m V w, incl (clock m :: known V) (known (view_after (rmw code Access.undo w) m V)).
Proof. intros m V w x [<-|I]; [left; reflexivity | apply kept_rmw; exact I]. Qed.

(** ** [release_strong], [release_weak], [strong_into_weak], Release: the newest message carries everything that the handle
    knew, and so do all later ones. *)

Lemma drop_releases_everything : forall m V w,
  incl (clock m :: known V) (released (newest (memory_after (rmw code Access.release_strong w) m V))).
Proof. intros. apply released_rmw. reflexivity. Qed.

Lemma weak_drop_releases_everything : forall m V w,
  incl (clock m :: known V) (released (newest (memory_after (rmw code Access.release_weak w) m V))).
Proof. intros. apply released_rmw. reflexivity. Qed.

Lemma into_weak_releases_everything : forall m V w,
  incl (clock m :: known V) (released (newest (memory_after (rmw code Access.strong_into_weak w) m V))).
Proof. intros. apply released_rmw. reflexivity. Qed.

(** AcqRel in their place is a Release, and at once an Acquire load that reads the word just written. *)

Lemma release_and_look : forall m V w,
  let m' := memory_after (ModifyWord Release w) m V in
  let V' := view_after (ModifyWord Release w) m V in
  let look := LoadWord Acquire (last m') (newest m') in
  let both := ModifyWord AcqRel w in
  can_read m' V' (last m') (newest m')
  /\ (forall x, In x (released (newest (memory_after both m V))) <-> In x (released (newest m')))
  /\ oldest (view_after both m V) = oldest (view_after look m' V')
  /\ (forall x, In x (known (view_after look m' V')) <-> x = clock m' \/ In x (known (view_after both m V))).
Proof.
  intros m V w. destruct m as [old new c ws rs hs p f i d x0].
  assert (L : length (old ++ [new]) = S (length old)) by (rewrite app_length; simpl; lia).
  cbv zeta. unfold can_read, message_at. simpl. unfold last. simpl. rewrite L.
  change (acquired AcqRel new) with (released new). split; [|split; [|split]].
  - split; [lia|]. rewrite nth_error_app2; rewrite L; [|lia]. rewrite Nat.sub_diag. reflexivity.
  - intro x. rewrite !in_app_iff. tauto.
  - reflexivity.
  - intro x. rewrite !in_app_iff. simpl. intuition.
Qed.

(** ** [publish], Release: the value's writes are released before the first upgrade can succeed. *)

Lemma publish_releases_the_value : forall m V w,
  incl (clock m :: known V) (released (newest (memory_after (rmw code Access.publish w) m V))).
Proof. intros. apply released_rmw. reflexivity. Qed.

(** ** [take_value], Acquire: after the last strong handle every access to the value is known, whichever message was read. *)

Lemma last_drop_sees_everything : forall m h V i g x,
  task_ok m (LastDrop h) V -> can_read m V i g -> value_event m x ->
  In x (known (view_after (load code Access.take_value i g) m V)).
Proof.
  intros m h V i g x (_ & _ & K) R E. apply in_acquired; [reflexivity|]. destruct (K i g R) as (_ & _ & K3). auto.
Qed.

(** And it reads "no strong handle": the crate's check never fails. *)
Lemma last_drop_reads_none : forall m h V i g,
  task_ok m (LastDrop h) V -> can_read m V i g -> strong (content g) = 0.
Proof. intros m h V i g (_ & _ & K) R. destruct (K i g R) as (K1 & _). exact K1. Qed.

(** If it reads that no Weak is left, it has read the newest message, *)
Lemma last_drop_alone_reads_newest : forall m h V i g,
  task_ok m (LastDrop h) V -> can_read m V i g -> weak (content g) = 1 -> i = last m /\ g = newest m.
Proof.
  intros m h V i g (_ & _ & K) [L R] W. assert (Q : i = last m).
  { destruct (K i g (conj L R)) as (_ & K2 & _). pose proof (message_at_le _ _ _ R).
    destruct (Nat.eq_dec i (last m)); [assumption|]. exfalso. apply K2; [lia | exact W]. }
  split; [exact Q|]. subst i. apply message_at_newest. exact R.
Qed.

(** and every event is known. *)
Lemma last_drop_alone_sees_everything : forall m V x,
  In x (released (newest m) ++ known V) -> In x (known (view_after (load code Access.take_value (last m) (newest m)) m V)).
Proof. intros. apply in_acquired; [reflexivity | assumption]. Qed.

(** ** [release_weak_last], Acquire: the thread that frees knows every event. *)

Lemma last_weak_reads_newest : forall m V i g,
  oldest V = last m -> can_read m V i g -> i = last m /\ g = newest m.
Proof.
  intros m V i g O [L R]. pose proof (message_at_le _ _ _ R). assert (i = last m) by lia. subst i.
  split; [reflexivity | apply message_at_newest; exact R].
Qed.

Lemma last_weak_sees_everything : forall m V x,
  In x (released (newest m) ++ known V) -> In x (known (view_after (load code Access.release_weak_last (last m) (newest m)) m V)).
Proof. intros. apply in_acquired; [reflexivity | assumption]. Qed.

(** ** [upgrade_look], and [upgrade] and [steal] when they fail: Relaxed is enough.  Nothing follows from what they read: the
    compare-exchange finds out whether the expected word is the newest one, and "no strong handle" grants nothing. *)

Lemma upgrade_look_grants_nothing : forall m V i g, incl (known V) (known (view_after (load code Access.upgrade_look i g) m V)).
Proof. intros m V i g x I. apply kept_load. exact I. Qed.

(** ** [upgrade], Acquire: the new strong handle knows every write of the value. *)

Lemma upgrade_sees_the_value : forall m V w l,
  token_ok m Weak (Tok l V) -> 1 <= strong (now m) -> incl (writes m) (known (view_after (rmw code Access.upgrade w) m V)).
Proof.
  intros m V w l (_ & _ & _ & _ & K) S x I. apply in_acquired_rmw; [reflexivity|]. exact (K S x I).
Qed.

(** ** [is_unique], [sole], [counts], Acquire: if a handle's only token reads UNIQUE, it reads the newest message, *)

Lemma unique_reads_newest : forall m V i g l,
  handle_ok m Strong [Tok l V] -> can_read m V i g -> content g = UNIQUE -> i = last m /\ g = newest m.
Proof.
  intros m V i g l (_ & _ & _ & Y & _) [L R] U. pose proof (message_at_le _ _ _ R).
  assert (Q : i = last m).
  { destruct (Nat.eq_dec i (last m)); [assumption|]. destruct (Y i g) as (t & [<-|[]] & O); auto; [lia|].
    simpl in O. lia. }
  split; [exact Q|]. subst i. apply message_at_newest. exact R.
Qed.

(** there is no other agent, *)
Lemma unique_is_alone : forall m a rest, live m (a :: rest) -> now m = UNIQUE -> 1 <= strongs a -> rest = [].
Proof.
  intros m a rest L U A. pose proof (every_agent_counts m (a :: rest) (l_agents _ _ L)) as E.
  pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. rewrite U in S, W. simpl in *.
  destruct rest; [reflexivity|]. simpl in *. lia.
Qed.

(** and everything is known. *)
Lemma sole_sees_everything : forall m a V rest o i g x,
  acquires o = true ->
  live m (Handle Strong [Tok a V] :: rest) -> can_read m V i g -> content g = UNIQUE ->
  x < S (clock m) -> In x (known (view_after (LoadWord o i g) m V)).
Proof.
  intros m a V rest o i g x A L R U X.
  destruct (unique_reads_newest m V i g a) as [-> ->]; auto.
  { exact (l_agents _ _ L _ (or_introl eq_refl)). }
  assert (rest = []) by (eapply unique_is_alone; [exact L | exact U | simpl; lia]). subst rest.
  destruct (Nat.eq_dec x (clock m)) as [->|N]; [left; reflexivity|].
  apply in_acquired; [exact A|]. pose proof (l_known _ _ L x) as K. simpl in K. rewrite app_nil_r in K. rewrite app_nil_r in K.
  apply K. lia.
Qed.

Lemma get_mut_sees_everything : forall m a V rest i g x,
  live m (Handle Strong [Tok a V] :: rest) -> can_read m V i g -> content g = UNIQUE ->
  x < S (clock m) -> In x (known (view_after (load code Access.is_unique i g) m V)).
Proof. intros. eapply sole_sees_everything; [reflexivity | eassumption ..]. Qed.

Lemma make_mut_sees_everything : forall m a V rest i g x,
  live m (Handle Strong [Tok a V] :: rest) -> can_read m V i g -> content g = UNIQUE ->
  x < S (clock m) -> In x (known (view_after (load code Access.sole i g) m V)).
Proof. intros. eapply sole_sees_everything; [reflexivity | eassumption ..]. Qed.

Lemma counts_sees_everything : forall m a V rest i g x,
  live m (Handle Strong [Tok a V] :: rest) -> can_read m V i g -> content g = UNIQUE ->
  x < S (clock m) -> In x (known (view_after (load code Access.counts i g) m V)).
Proof. intros. eapply sole_sees_everything; [reflexivity | eassumption ..]. Qed.

(** ** [steal], Acquire: after a steal every access to the value is known, even if the word has come back to what was seen. *)

Lemma sum_holder_events : forall m rest x, (forall a, In a rest -> agent_ok m a) ->
  sum strongs rest = 0 -> sum owners rest = 0 -> ~ In x (flat_map holder_events rest).
Proof.
  intros m rest x OK S O I. apply in_flat_map in I. destruct I as (a & I & J).
  pose proof (sum_in strongs _ _ I). pose proof (sum_in owners _ _ I). specialize (OK a I).
  destruct a as [[]|n V|[] V]; simpl in *; try lia; try exact J; destruct OK as [? OK]; try lia; destruct OK as [_ []].
Qed.

Lemma steal_sees_every_use : forall m l V rest w x,
  live m (Handle Strong [Tok l V] :: rest) -> strong (now m) = 1 -> present m = true -> value_event m x ->
  In x (known (view_after (rmw code Access.steal w) m V)).
Proof.
  intros m l V rest w x L S P E. apply in_acquired_rmw; [reflexivity|].
  pose proof (l_strong _ _ L) as C. pose proof (l_one _ _ L) as O. simpl in C, O. rewrite S in C.
  pose proof (l_value_known _ _ L P x E) as K. simpl in K.
  apply in_app_iff in K. apply in_app_iff. destruct K as [K|K]; [auto|].
  rewrite app_nil_r in K. apply in_app_iff in K. destruct K as [K|K]; [auto|].
  exfalso. eapply (sum_holder_events m rest x); [|lia|lia|exact K].
  intros a I. apply (l_agents _ _ L). right. exact I.
Qed.
