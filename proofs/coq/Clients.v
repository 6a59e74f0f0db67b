(** * Clients of the shipped text, in C11

    A client of Client.v runs the text, in whatever order its events are told ([client_runs_the_text]); so it keeps the discipline
    ([client_is_disciplined]), and what is proved of executions that keep it holds of the client's. *)

From Coq Require Import List Arith ZArith.
From ProvenArc Require Import Accesses Model Graph Own EndToEnd RC11 Play Shipped Client ClientPlay.
Import ListNotations.

Section Clients.
Variables (R P : bool) (p : Z) (wide : bool) (X : execution) (a : nat) (touches : nat -> touch).
Hypothesis C : rc11 wide X.
Hypothesis CL : client R P p wide X a touches.
Let G := project wide X a touches.

Theorem client_consistent : consistent G.
Proof. exact (project_consistent wide X a touches C (client_rmws_only R P p wide X a touches C CL)). Qed.

Theorem client_runs_the_text : runs_the_text R P p G.
Proof.
  destruct (linear_extension G client_consistent) as (L & T & COV). exists L. split; [exact T|]. split; [exact COV|].
  exact (client_plays R P p wide X a touches C CL L T COV).
Qed.

Hypothesis real : p <> DANGLING.
Hypothesis limits : under_the_limits G.

Theorem client_is_disciplined : disciplined G.
Proof. exact (text_is_disciplined R P p G real client_consistent client_runs_the_text limits). Qed.

Theorem client_race_free : forall x y, In x (evs X) -> In y (evs X) -> half X x = false -> half X y = false -> x <> y ->
  races X a touches x y -> happens_before wide X x y \/ happens_before wide X y x.
Proof. exact (c11_race_free wide X a touches C (client_rmws_only R P p wide X a touches C CL) client_is_disciplined). Qed.

Theorem client_free_is_last : forall f x, In f (evs X) -> In x (evs X) -> half X x = false -> x <> f -> act_of X f = D a ->
  to_word X a x = true \/ to_value X a x = true \/ act_of X x = D a -> happens_before wide X x f.
Proof. exact (c11_free_is_last wide X a touches C (client_rmws_only R P p wide X a touches C CL) client_is_disciplined). Qed.

Theorem client_value_is_there : forall d x, In d (evs X) -> In x (evs X) -> half X d = false -> half X x = false -> x <> d ->
  to_value X a d = true -> to_value X a x = true -> touches d = VDrop \/ touches d = VMove -> touches x <> VInit ->
  happens_before wide X x d \/
  exists i, In i (evs X) /\ to_value X a i = true /\ touches i = VInit /\ happens_before wide X d i /\ happens_before wide X i x.
Proof. exact (c11_value_is_there wide X a touches C (client_rmws_only R P p wide X a touches C CL) client_is_disciplined). Qed.
End Clients.
