(** * A strong count of 1 is not enough if a Weak was upgraded once

    "The strong count is 1, mine is the only handle, and no [Weak] will upgrade any more" is not enough: a [Weak] may have
    upgraded before, used the value, and dropped its [Arc] again.  This file proves a run in which [counts] reads a strong
    count of 1 and that use is not known.  So [strong_count_one] of Theorems.v requires that no [Weak] has ever been
    upgraded. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Necessity.
Import ListNotations.

(** The Arc has one token, with view [V]; the Weak is idle and is not upgraded again; [x] is the read of the upgraded handle.  The
    count is read from the message of [downgrade], which is older than that read. *)
Theorem count_one_is_stale : exists m V W i g x,
  reachable code (Ok (State m [Handle Strong [Tok Idle V]; Handle Weak [Tok Idle W]]))
  /\ can_read m V i g /\ strong (content g) = 1
  /\ In x (reads m) /\ ~ In x (known (view_after (load code Access.counts i g) m V)).
Proof.
  eexists _, _, _, 1, _, 4. split; [|split; [|split; [|split]]].
  - from_new.
    agent 0: (downgrade _ _ _ _ Strong [] []).
    agent 1: (upgrade_look _ _ _ _ Weak [] [] 1).
    agent 1: (upgrade_done _ _ _ _ Weak [] [] 1).
    agent 2: (read_value _ _ _ _ Strong [] []).
    agent 2: (drop_shared _ _ _ _ Destroy).
    apply leads_here.
  - split; [cbv; lia | reflexivity].
  - reflexivity.
  - cbv. auto.
  - cbv. intuition discriminate.
Qed.
