(** * Clients of the shipped text, in C11

    A client of Client.v runs the text, in whatever order its events are told ([client_plays_the_text]).  So it keeps the discipline
    ([client_is_disciplined]), its counts stay within their fields, and what is proved of such executions holds of the client's. *)

From Coq Require Import List Arith ZArith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Terms Word Graph Own Run EndToEnd RC11 Play Limits Sim Shipped Client ClientPlay.
Import ListNotations.

Section Clients.
Variables (R P uninit : bool) (p : Z) (wide : bool) (X : execution) (a : nat) (touches : nat -> touch) (h : history).
Hypothesis real : p <> DANGLING.
Hypothesis C : rc11 wide X.
Hypothesis CL : client_of R P uninit p wide X a touches h.
Let G := project wide X a touches.

Theorem client_consistent : consistent G.
Proof. exact (project_consistent wide X a touches C (client_rmws_only R P uninit p wide X a touches h C CL)). Qed.

Theorem client_fields : in_fields G.
Proof.
  intros e w _ H. change (lab G e) with (lab_of X a touches e) in H. unfold lab_of in H.
  assert (Q : exists x, w = word_of x).
  { destruct (to_word X a e); [|destruct (to_value X a e), (act_of X e) as [| | |b|]; simpl in H; try (destruct H; discriminate);
      destruct (Nat.eqb a b); destruct H; discriminate].
    destruct (act_of X e) as [l o v|l o v| | |]; simpl in H; try (destruct H; discriminate);
      [|destruct (read_of X e)]; simpl in H; destruct H as [H|H]; try discriminate H; injection H as <-; eexists; reflexivity. }
  destruct Q as (x & ->). apply word_of_within.
Qed.

Section Running.
Hypothesis LIM : (Z.of_nat (pending_history 0 h) < 2 ^ 23)%Z.

Theorem client_plays_the_text : forall L, told G L -> (forall x, In x L <-> In x (events G)) -> plays_the_text R P uninit p G L.
Proof. intros L T COV. split; [exact T|]. split; [exact COV|]. exact (client_plays R P uninit p wide X a touches h C CL LIM L T COV). Qed.

Theorem client_runs_the_text : runs_the_text R P uninit p G.
Proof. destruct (linear_extension G client_consistent) as (L & T & COV). exists L. apply client_plays_the_text; assumption. Qed.

Theorem client_is_disciplined : disciplined G.
Proof. exact (text_is_disciplined R P uninit p G real client_consistent client_fields client_runs_the_text). Qed.

(** At any time of the telling the word counts the handles. *)
Theorem client_counts_handles : forall K L, told G (K ++ L) -> (forall x, In x (K ++ L) <-> In x (events G)) -> L <> [] ->
  exists ags c, own code G L ags /\ last_write G L c /\
    (ags = [] \/ (exists V, ags = [Busy LastWeak V] \/ ags = [Busy Freeing V]) \/
     (strong c = sum strongs ags /\ weak c = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
      /\ 1 <= weak c /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1)).
Proof.
  intros K L T COV NE. exact (text_counts R P uninit p G real client_consistent client_fields K L (client_plays_the_text _ T COV) NE).
Qed.

(** What the word's events read and write is far from going round. *)
Theorem client_counts : forall e, In e (evs X) -> to_word X a e = true ->
  (Z.of_nat (strong (counts_at X e)) <= 2 ^ 34 - 1024 /\ Z.of_nat (weak (counts_at X e)) < 2 ^ 29 + 2 ^ 23)%Z.
Proof.
  assert (ON : forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w ->
            (Z.of_nat (strong w) <= 2 ^ 34 - 1024 /\ Z.of_nat (weak w) < 2 ^ 29 + 2 ^ 23)%Z)
    by exact (text_within R P uninit p G real client_consistent client_fields client_runs_the_text).
  intros e I T. destruct (to_word_access X a e T) as [A|A].
  - (* a read: that of an RMW, or another one *)
    destruct (half X e) eqn:HF.
    + apply (half_spec wide X C) in HF. destruct HF as (w & Q). destruct (x_rmw _ _ C _ _ Q) as (_ & J & _ & SL & _ & AW).
      unfold an, atomic_W in AW. apply andb_true_iff in AW. destruct AW as [AW _].
      assert (TW : to_word X a w = true) by (rewrite <- (same_loc_word X a _ _ SL); exact T).
      apply (ON w).
      * apply events_P. split; [exact J|]. split; [exact (write_not_half wide X C w AW) | apply concerns_word; exact TW].
      * left. change (lab G w) with (lab_of X a touches w). unfold lab_of. rewrite TW. destruct (act_of X w); try discriminate AW.
        rewrite (read_of_rmw wide X C _ _ Q). reflexivity.
    + apply (ON e).
      * apply events_P. split; [exact I|]. split; [exact HF | apply concerns_word; exact T].
      * left. change (lab G e) with (lab_of X a touches e). unfold lab_of. rewrite T. unfold an in A. destruct (act_of X e); try discriminate A. reflexivity.
  - apply (ON e).
    + apply events_P. split; [exact I|]. split; [exact (write_not_half wide X C e A) | apply concerns_word; exact T].
    + right. change (lab G e) with (lab_of X a touches e). unfold lab_of. rewrite T. unfold an in A. destruct (act_of X e); try discriminate A.
      destruct (read_of X e); reflexivity.
Qed.
End Running.

(** When no handle and no call is left, no agent is. *)
Theorem client_leaves_nothing : pending_history 1 h = 0 -> exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ own_ uninit code G L [].
Proof.
  intros Z. destruct (linear_extension G client_consistent) as (L & T & COV). exists L. split; [exact T|]. split; [exact COV|].
  pose proof (finished_plays R P uninit p wide X a touches h C CL Z L T COV) as PL.
  assert (FEW : few (running [])) by (intros n A; inversion A; reflexivity).
  destruct (sim R P uninit p (proj2 (Z.eqb_neq _ _) real) G client_consistent client_fields L [] PL T FEW) as (ags & sts & O & S & PE & _).
  inversion S; subst. apply Permutation_sym, Permutation_nil in PE. subst ags. exact O.
Qed.
End Clients.
