(** * The word's 64 bits

    The machine's words are pairs of unbounded numbers.  The crate's word is 64 bits: above bit 30 the number of strong
    handles minus one, below it the number in the weak field.  This file proves that while the two numbers are within the
    fields, the crate's arithmetic and its tests on the bits say what the machine's words say.

    That they are within the fields is proved in Limits.v and Sim.v.  The crate aborts when a field passes its limit
    (2^33 strong, 2^29 weak).  Only threads that have added and not aborted yet can be above the limit, and for them there is
    as much room again. *)

From Coq Require Import ZArith Lia Bool.
From ProvenArc Require Import Accesses Model.
Local Open Scope Z_scope.

Definition M : Z := 18446744073709551616.      (** 2^64 *)
Definition STRONG : Z := 1073741824.           (** 2^30, [const STRONG] *)

(** The pointer that only a Weak without an allocation has.  (It is the literal itself, which the text of the functions computes to.) *)
Notation DANGLING := 18446744073709551615 (only parsing).

Lemma constants : M = 2 ^ 64 /\ STRONG = 2 ^ 30.
Proof. split; reflexivity. Qed.

Definition within (w : word) : Prop := Z.of_nat (strong w) < 2 ^ 34 /\ Z.of_nat (weak w) < 2 ^ 30.
Definition under_limit (w : word) : Prop := Z.of_nat (strong w) <= 2 ^ 33.

(** The bits of a word. *)
Definition bits (w : word) : Z := ((Z.of_nat (strong w) - 1) * STRONG + Z.of_nat (weak w)) mod M.

(** [wrapping_add] of a number, or of the two's complement of one. *)
Definition wrapping_add (x y : Z) : Z := (x + y) mod M.

(** [Seen::strong], [Seen::weak], [Seen::is_negative] *)
Definition seen_strong (x : Z) : Z := wrapping_add x STRONG / STRONG.
Definition seen_weak (x : Z) : Z := x mod STRONG.
Definition is_negative (x : Z) : Prop := 2 ^ 63 <= x.

Ltac words :=
  repeat match goal with w : word |- _ => destruct w end;
  unfold within, under_limit, bits, wrapping_add, seen_strong, seen_weak, is_negative, M, STRONG in *;
  simpl strong in *; simpl weak in *;
  change (2 ^ 34) with 17179869184 in *; change (2 ^ 33) with 8589934592 in *; change (2 ^ 30) with 1073741824 in *;
  change (2 ^ 63) with 9223372036854775808 in *.

Theorem bits_in_range : forall w, 0 <= bits w < 2 ^ 64.
Proof. intros. apply Z.mod_pos_bound. reflexivity. Qed.

Theorem bits_strong : forall w, within w -> seen_strong (bits w) = Z.of_nat (strong w).
Proof.
  intros w H. unfold seen_strong, bits, wrapping_add. rewrite Zplus_mod_idemp_l.
  replace ((Z.of_nat (strong w) - 1) * STRONG + Z.of_nat (weak w) + STRONG)
    with (Z.of_nat (strong w) * STRONG + Z.of_nat (weak w)) by lia.
  words. rewrite Z.mod_small by lia. symmetry. apply (Z.div_unique_pos _ _ _ (Z.of_nat weak)); lia.
Qed.

Theorem bits_weak : forall w, within w -> seen_weak (bits w) = Z.of_nat (weak w).
Proof.
  intros w H. unfold seen_weak, bits. rewrite <- Znumtheory.Zmod_div_mod; [|reflexivity|reflexivity|exists (2 ^ 34); reflexivity].
  rewrite Z.add_comm, Z_mod_plus_full. words. apply Z.mod_small. lia.
Qed.

(** Two words with the same bits are the same, so an [==] or a compare-exchange on the bits is one on the words. *)
Theorem bits_injective : forall w w', within w -> within w' -> bits w = bits w' -> w = w'.
Proof.
  intros w w' H H' E. pose proof (bits_strong w H) as A. pose proof (bits_weak w H) as B.
  rewrite E, (bits_strong w' H') in A. rewrite E, (bits_weak w' H') in B.
  destruct w, w'; simpl in *. f_equal; lia.
Qed.

(** The word that the bits say; every 64 bits say one, and just one that is within the fields. *)
Definition word_of (x : Z) : word := Word (Z.to_nat (seen_strong x)) (Z.to_nat (seen_weak x)).
Definition u64 (x : Z) : Prop := 0 <= x < M.

Theorem word_of_bits : forall w, within w -> word_of (bits w) = w.
Proof.
  intros w H. unfold word_of. rewrite (bits_strong w H), (bits_weak w H), !Nat2Z.id. destruct w; reflexivity.
Qed.

Lemma seen_bounds : forall x, 0 <= seen_strong x < 2 ^ 34 /\ 0 <= seen_weak x < 2 ^ 30.
Proof.
  intros x. unfold seen_strong, seen_weak, wrapping_add. pose proof (Z.mod_pos_bound (x + STRONG) M ltac:(reflexivity)).
  pose proof (Z.mod_pos_bound x STRONG ltac:(reflexivity)). split; [|assumption].
  split; [apply Z.div_pos; [lia | reflexivity]|]. apply Z.div_lt_upper_bound; [reflexivity|].
  change (STRONG * 2 ^ 34) with M. lia.
Qed.

Theorem word_of_within : forall x, within (word_of x).
Proof.
  intros x. pose proof (seen_bounds x) as [A B]. unfold within, word_of. simpl strong. simpl weak. rewrite !Z2Nat.id by lia. lia.
Qed.

Theorem bits_word_of : forall x, u64 x -> bits (word_of x) = x.
Proof.
  intros x H. pose proof (seen_bounds x) as [A B]. unfold bits, word_of. simpl strong. simpl weak. rewrite !Z2Nat.id by lia.
  assert (E : seen_strong x * STRONG + seen_weak x = wrapping_add x STRONG).
  { unfold seen_strong, seen_weak, wrapping_add.
    assert (W : x mod STRONG = ((x + STRONG) mod M) mod STRONG).
    { rewrite <- Znumtheory.Zmod_div_mod; [|reflexivity|reflexivity|exists (2 ^ 34); reflexivity].
      rewrite <- (Z_mod_plus_full x 1 STRONG). reflexivity. }
    rewrite W. pose proof (Z_div_mod_eq_full ((x + STRONG) mod M) STRONG). lia. }
  replace ((seen_strong x - 1) * STRONG + seen_weak x) with (wrapping_add x STRONG - STRONG) by lia.
  unfold wrapping_add. rewrite Zminus_mod_idemp_l. replace (x + STRONG - STRONG) with x by lia. apply Z.mod_small. exact H.
Qed.

Theorem bits_u64 : forall w, u64 (bits w).
Proof. intros w. apply Z.mod_pos_bound. reflexivity. Qed.

(** The sign bit says whether there is no strong handle, up to the limit. *)
Theorem negative_is_none : forall w, within w -> under_limit w -> (is_negative (bits w) <-> strong w = 0%nat).
Proof.
  intros w H L. words. destruct strong as [|s].
  - replace ((Z.of_nat 0 - 1) * 1073741824 + Z.of_nat weak) with (18446744072635809792 + Z.of_nat weak + (-1) * 18446744073709551616) by lia.
    rewrite Z_mod_plus_full, Z.mod_small by lia. split; lia.
  - rewrite Z.mod_small by lia. split; lia.
Qed.

(** [Seen::is_last_strong], of the word before the release of [n] strong handles: a signed comparison. *)
Definition signed (x : Z) : Z := if x <? 2 ^ 63 then x else x - M.
Definition is_last_strong (x : Z) (n : nat) : Prop := signed x < signed (STRONG * Z.of_nat n).

(** It says that no strong handle is left, up to the limit ([clone_many] makes fewer than 2^33 at once). *)
Theorem last_is_last : forall w n, within w -> under_limit w -> (1 <= n <= strong w)%nat -> Z.of_nat n < 2 ^ 33 ->
  (is_last_strong (bits w) n <-> strong w = n).
Proof.
  intros w n H L N B. unfold is_last_strong, signed. words.
  rewrite (Z.mod_small ((Z.of_nat strong - 1) * 1073741824 + Z.of_nat weak)) by lia.
  destruct (Z.ltb_spec ((Z.of_nat strong - 1) * 1073741824 + Z.of_nat weak) 9223372036854775808); [|lia].
  destruct (Z.ltb_spec (1073741824 * Z.of_nat n) 9223372036854775808); lia.
Qed.

(** Past the limit it says so in any case, and [take_value] then looks again, and aborts. *)
Theorem past_the_limit_is_last : forall w n, within w -> ~ under_limit w -> Z.of_nat n < 2 ^ 33 ->
  is_last_strong (bits w) n.
Proof.
  intros w n H L B. unfold is_last_strong, signed. words.
  rewrite (Z.mod_small ((Z.of_nat strong - 1) * 1073741824 + Z.of_nat weak)) by lia.
  destruct (Z.ltb_spec ((Z.of_nat strong - 1) * 1073741824 + Z.of_nat weak) 9223372036854775808); [lia|].
  destruct (Z.ltb_spec (1073741824 * Z.of_nat n) 9223372036854775808); lia.
Qed.

(** The constants, and the arithmetic of the accesses. *)
Theorem bits_unique : bits UNIQUE = 1.
Proof. reflexivity. Qed.

Theorem bits_building : bits (Word 0 1) = M - STRONG + 1.
Proof. reflexivity. Qed.

Theorem bits_none : bits (Word 0 0) = M - STRONG.
Proof. reflexivity. Qed.

Lemma add_bits : forall s w d,
  wrapping_add (((Z.of_nat s - 1) * STRONG + Z.of_nat w) mod M) d = ((Z.of_nat s - 1) * STRONG + Z.of_nat w + d) mod M.
Proof. intros. unfold wrapping_add. rewrite Zplus_mod_idemp_l. reflexivity. Qed.

Ltac arithmetic :=
  intros; repeat match goal with w : word |- _ => destruct w end; unfold bits; rewrite add_bits;
  f_equal; unfold STRONG, plus_strong, minus_strong, plus_weak, minus_weak; simpl strong in *; simpl weak in *; lia.

(** [add_strong] (also of many at once), [upgrade], [publish] *)
Theorem add_strong : forall w, wrapping_add (bits w) STRONG = bits (plus_strong w).
Proof. arithmetic. Qed.

Theorem add_many : forall w n,
  wrapping_add (bits w) (STRONG * Z.of_nat n) = bits (Word (strong w + n) (weak w)).
Proof. arithmetic. Qed.

(** [release_strong] (also of many at once), [steal] *)
Theorem release_strong : forall w, (1 <= strong w)%nat -> wrapping_add (bits w) (- STRONG) = bits (minus_strong w).
Proof. arithmetic. Qed.

Theorem release_many : forall w n, (n <= strong w)%nat ->
  wrapping_add (bits w) (- (STRONG * Z.of_nat n)) = bits (Word (strong w - n) (weak w)).
Proof. arithmetic. Qed.

(** [add_weak] *)
Theorem add_weak : forall w, wrapping_add (bits w) 1 = bits (plus_weak w).
Proof. arithmetic. Qed.

(** [release_weak] *)
Theorem release_weak : forall w, (1 <= weak w)%nat -> wrapping_add (bits w) (- 1) = bits (minus_weak w).
Proof. arithmetic. Qed.

(** [strong_into_weak] *)
Theorem strong_into_weak : forall w, (1 <= strong w)%nat ->
  wrapping_add (bits w) (1 - STRONG) = bits (plus_weak (minus_strong w)).
Proof. arithmetic. Qed.

(** [upgrade] in into_strong *)
Theorem weak_into_strong : forall w, (1 <= weak w)%nat ->
  wrapping_add (bits w) (STRONG - 1) = bits (minus_weak (plus_strong w)).
Proof. arithmetic. Qed.
