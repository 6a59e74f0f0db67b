(** * Every RMW of the machine is, on the 64 bits, the wrapping add that the crate makes

    In no reachable state does a count go below zero; so this needs no limit.  (The limits are for reading the counts back from the
    bits: [within].) *)

From Coq Require Import List ZArith Lia.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety Corollaries Word.
Import ListNotations.

Theorem rmws_add : forall m l a r V V' o od w bs,
  reachable code (Ok (State m (l ++ a :: r))) ->
  act code m V V' o a (ModifyWord od w) bs ->
  exists d, In d [STRONG; - STRONG; 1; - 1; 1 - STRONG; STRONG - 1]%Z /\ bits w = wrapping_add (bits (now m)) d.
Proof.
  intros m l a r V V' o od w bs R A. destruct (reachable_front _ _ _ _ R) as [L|E].
  2:{ exfalso. destruct (ending_agent _ _ _ _ E) as (-> & -> & W & [->| ->] & _); inversion A. }
  pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. pose proof (l_one _ _ L) as O.
  inversion A; subst; clear A; simpl in S, W, O; try discriminate; try (destruct h; discriminate).
  - exists STRONG. split; [simpl; auto | symmetry; apply add_strong].
  - exists 1%Z. split; [simpl; auto | symmetry; apply add_weak].
  - exists (- STRONG)%Z. split; [simpl; auto | symmetry; apply release_strong; lia].
  - exists (- STRONG)%Z. split; [simpl; auto | symmetry; apply release_strong; lia].
  - exists (1 - STRONG)%Z. split; [simpl; auto 6 | symmetry; apply strong_into_weak; lia].
  - exists (1 - STRONG)%Z. split; [simpl; auto 6 | symmetry; apply strong_into_weak; lia].
  - exists (- STRONG)%Z. split; [simpl; auto | symmetry; apply release_strong; lia].
  - exists (- STRONG)%Z. split; [simpl; auto | symmetry; apply release_strong; lia].
  - exists STRONG. split; [simpl; auto | symmetry; apply add_strong].
  - exists (STRONG - 1)%Z. split; [simpl; auto 7 | symmetry; apply weak_into_strong; lia].
  - exists (- 1)%Z. split; [simpl; auto 6 | symmetry; apply release_weak; lia].
  - exists (- 1)%Z. split; [simpl; auto 6 | symmetry; apply release_weak; lia].
  - exists STRONG. split; [simpl; auto | symmetry; apply add_strong].
  - exists (- 1)%Z. split; [simpl; auto 6 | symmetry; apply release_weak; lia].
  - exists (- 1)%Z. split; [simpl; auto 6 | symmetry; apply release_weak; lia].
Qed.
