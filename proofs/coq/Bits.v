(** * On the 64 bits, every RMW of the machine is the wrapping add of the crate

    In a reachable state no count goes below zero, so this needs no limit.  (The limits are needed to read the counts back
    from the bits: [within].) *)

From Coq Require Import List ZArith Lia.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety Corollaries Word.
Import ListNotations.

Ltac adds n k d :=
  exists n, k, d; split; [simpl; auto 8|]; unfold bits; rewrite add_bits; f_equal;
  unfold STRONG, plus_strong, minus_strong, plus_weak, minus_weak, more_strong, less_strong; simpl strong; simpl weak; lia.

Theorem rmws_add : forall m l a r V V' o od w bs,
  reachable code (Ok (State m (l ++ a :: r))) ->
  act code m V V' o a (ModifyWord od w) bs ->
  exists n k d, In d [STRONG * Z.of_nat n; - (STRONG * Z.of_nat n) - Z.of_nat k; 1; 1 - STRONG; STRONG - 1]%Z
    /\ bits w = wrapping_add (bits (now m)) d.
Proof.
  intros m l a r V V' o od w bs R A. destruct (reachable_front _ _ _ _ R) as [L|E].
  2:{ exfalso. destruct (ending_agent _ _ _ _ E) as (-> & -> & W & [->| ->] & _); inversion A. }
  pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. pose proof (l_one _ _ L) as O.
  assert (U : forall k p q s x V0, a = Handle k (p ++ Tok (Past s x) V0 :: q) -> (s <= strong (now m) /\ x <= weak (now m))%nat).
  { intros k p q s x V0 ->. pose proof (token_here _ _ _ _ _ (l_agents _ _ L _ (or_introl eq_refl))) as (_ & _ & _ & F & _).
    simpl in F. destruct k; simpl in S, W; rewrite tally_app in *; simpl in S, W; try rewrite tally_app in *; simpl in S, W;
      destruct s; try discriminate F; lia. }
  inversion A; subst; clear A; try (specialize (U _ _ _ _ _ _ eq_refl)); simpl in S, W, O; try discriminate; try (destruct h; discriminate).
  all: match goal with |- exists n k d, _ /\ bits ?w = _ => lazymatch w with
    | plus_weak (minus_strong _) => adds 0%nat 0%nat (1 - STRONG)%Z
    | minus_weak (plus_strong _) => adds 0%nat 0%nat (STRONG - 1)%Z
    | plus_strong _ => adds 1%nat 0%nat (STRONG * Z.of_nat 1)%Z
    | more_strong ?n _ => adds n 0%nat (STRONG * Z.of_nat n)%Z
    | minus_strong _ => adds 1%nat 0%nat (- (STRONG * Z.of_nat 1) - Z.of_nat 0)%Z
    | less_strong ?n _ => adds n 0%nat (- (STRONG * Z.of_nat n) - Z.of_nat 0)%Z
    | plus_weak _ => adds 0%nat 0%nat 1%Z
    | minus_weak _ => adds 0%nat 1%nat (- (STRONG * Z.of_nat 0) - Z.of_nat 1)%Z
    | Word (_ - ?s) (_ - ?k) => adds s k (- (STRONG * Z.of_nat s) - Z.of_nat k)%Z
    end end.
Qed.
