(** * The text that ships, in C11's executions

    A consistent execution of a client whose calls run the text of Code.v, and whose handles are used as Rust's types allow (Play.v),
    keeps the discipline ([text_is_disciplined]), and no count leaves its field ([text_within]). *)

From Coq Require Import List Arith ZArith Lia.
From ProvenArc Require Import Accesses Model Terms Word Graph Own Run EndToEnd Lang Play Limits Sim.
Import ListNotations.

(** Told in the order [L], the execution is that of a client of Play.v, and at its end fewer than 2^23 calls are aborting ([few]).
    [p] is the pointer of the handles. *)
Definition plays_the_text (RELEASE_ACQUIRES PANICS_ABORT uninit : bool) (p : Z) (G : graph) (L : list nat) : Prop :=
  told G L /\ (forall x, In x L <-> In x (events G))
  /\ exists items, play RELEASE_ACQUIRES PANICS_ABORT uninit p G L items /\ few (running items).

(** In some order that keeps happens-before, reads-from and the modification order.  (A client of Client.v does so in each.) *)
Definition runs_the_text (RELEASE_ACQUIRES PANICS_ABORT uninit : bool) (p : Z) (G : graph) : Prop :=
  exists L, plays_the_text RELEASE_ACQUIRES PANICS_ABORT uninit p G L.

(** The labels are the pairs of counts that 64 bits can say, whatever the handles are: [word_of] of a number. *)
Definition in_fields (G : graph) : Prop :=
  forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w -> within w.

Section Shipped.
Variables (R P uninit : bool) (p : Z) (G : graph).
Hypothesis real : p <> DANGLING.
Hypothesis C : consistent G.
Hypothesis fields : in_fields G.

Lemma text_is_told : forall L, plays_the_text R P uninit p G L -> exists items, play R P uninit p G L items /\ told_as P uninit p G L items /\ few (running items).
Proof.
  intros L (T & COV & items & PL & FEW). exists items. split; [exact PL|]. split; [|exact FEW].
  exact (sim R P uninit p (proj2 (Z.eqb_neq _ _) real) G C fields L items PL T FEW).
Qed.

Hypothesis text : runs_the_text R P uninit p G.

Lemma text_is_disciplined : disciplined G.
Proof.
  destruct text as (L & PT). destruct (text_is_told L PT) as (items & _ & (ags & sts & O & _) & _). destruct PT as (T & COV & _).
  exists L. split; [exact T|]. split; [exact COV|]. exists ags. exact (own_more _ _ _ _ _ O).
Qed.

(** What the events read and write is above its limit by what the calls have added that are aborting, and no more. *)
Theorem text_counts_fit : exists L items n,
  told G L /\ (forall x, In x L <-> In x (events G)) /\ abort n (running items) /\ (Z.of_nat n < 2 ^ 23)%Z
  /\ forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w ->
       (Z.of_nat (strong w) <= 2 ^ 33 + 1024 * Z.of_nat n /\ Z.of_nat (weak w) <= 2 ^ 29 + Z.of_nat n)%Z.
Proof.
  destruct text as (L & PT). destruct (text_is_told L PT) as (items & _ & (ags & sts & _ & _ & _ & LH) & FEW). destruct PT as (T & COV & _).
  destruct (l_fits _ _ _ _ LH) as (n & A & F). exists L, items, n. split; [exact T|]. split; [exact COV|]. split; [exact A|]. split; [apply FEW, A|].
  assert (W : forall e w, In e (events G) -> writes_word (lab G e) = Some w -> fits n w).
  { intros e w I LW. destruct (wr_at G C e) as [i AT]; [split; [exact I | congruence]|]. apply (F e i). split; [apply COV, I | auto]. }
  intros e w I [LR|LW]; [|exact (W e w I LW)].
  destruct (c_rf _ C e) as [WS EQ]; [split; [exact I | congruence]|]. apply (W (src G e)); [apply WS | congruence].
Qed.

(** So the counts are within their fields without having gone round, *)
Theorem text_within : forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w ->
  (Z.of_nat (strong w) <= 2 ^ 34 - 1024 /\ Z.of_nat (weak w) < 2 ^ 29 + 2 ^ 23)%Z.
Proof.
  intros e w I H. destruct text_counts_fit as (L & items & n & _ & _ & _ & LT & F). destruct (F e w I H) as [A B].
  change (2 ^ 34)%Z with 17179869184%Z. change (2 ^ 33)%Z with 8589934592%Z in *. change (2 ^ 29)%Z with 536870912%Z in *.
  change (2 ^ 23)%Z with 8388608%Z in *. lia.
Qed.

(** and at any time of the telling the word counts the handles. *)
Theorem text_counts : forall K L, plays_the_text R P uninit p G (K ++ L) -> L <> [] ->
  exists ags c, own code G L ags /\ last_write G L c /\
    (ags = [] \/ (exists V, ags = [Busy LastWeak V] \/ ags = [Busy Freeing V]) \/
     (strong c = sum strongs ags /\ weak c = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
      /\ 1 <= weak c /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1)).
Proof.
  intros K L PT NE. destruct (text_is_told (K ++ L) PT) as (items & _ & (ags & sts & O & _) & _). destruct PT as (T & _).
  destruct (own_before _ _ _ _ O NE) as (ags' & O').
  assert (T' : told G L) by (clear - T; induction K; simpl in T; [exact T | apply IHK, T]).
  destruct (own_counts G C L ags' O' T') as (c & LW & CS). exists ags', c. split; [exact (own_more _ _ _ _ _ O') | auto].
Qed.
End Shipped.
