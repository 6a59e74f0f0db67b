(** * Clients of the shipped text, in C11

    A client of Client.v runs the text, in whatever order its events are told ([client_runs_the_text]); so it keeps the discipline
    ([client_is_disciplined]), and what is proved of executions that keep it holds of the client's. *)

From Coq Require Import List Arith ZArith.
From ProvenArc Require Import Accesses Model Graph Own EndToEnd RC11 Play Sim Shipped Client ClientPlay.
Import ListNotations.

Section Clients.
Variables (R P : bool) (p : Z) (wide : bool) (X : execution) (a : nat) (touches : nat -> touch) (h : history).
Hypothesis C : rc11 wide X.
Hypothesis CL : client_of R P p wide X a touches h.
Let G := project wide X a touches.

Theorem client_consistent : consistent G.
Proof. exact (project_consistent wide X a touches C (client_rmws_only R P p wide X a touches h C CL)). Qed.

Theorem client_runs_the_text : runs_the_text R P p G.
Proof.
  destruct (linear_extension G client_consistent) as (L & T & COV). exists L. split; [exact T|]. split; [exact COV|].
  exact (client_plays R P p wide X a touches h C CL L T COV).
Qed.

Hypothesis real : p <> DANGLING.
Hypothesis limits : under_the_limits G.

Theorem client_is_disciplined : disciplined G.
Proof. exact (text_is_disciplined R P p G real client_consistent client_runs_the_text limits). Qed.

(** When no handle and no call is left, no agent is. *)
Theorem client_leaves_nothing : pending_history 1 h = 0 -> exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ own code G L [].
Proof.
  intros Z. destruct (linear_extension G client_consistent) as (L & T & COV). exists L. split; [exact T|]. split; [exact COV|].
  pose proof (finished_plays R P p wide X a touches h C CL Z L T COV) as PL.
  destruct (sim R P p (proj2 (Z.eqb_neq _ _) real) G client_consistent limits L [] PL T) as (ags & sts & O & S & PE).
  inversion S; subst. apply Permutation.Permutation_sym, Permutation.Permutation_nil in PE. subst ags. exact O.
Qed.
End Clients.
