(** * The text that ships, in C11's executions

    In every consistent execution of a client whose calls run the text of Code.v, and whose handles are used as Rust's types allow
    (Play.v), nothing races, nothing is touched after the free, and the value goes once. *)

From Coq Require Import List Arith ZArith.
From ProvenArc Require Import Accesses Model Terms Graph Own Run EndToEnd Play Sim.
Import ListNotations.

(** Told in some order that keeps happens-before, reads-from and the modification order, the execution is that of a client of Play.v.
    [p] is the pointer of the handles. *)
Definition runs_the_text (RELEASE_ACQUIRES PANICS_ABORT : bool) (p : Z) (G : graph) : Prop :=
  exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ exists items, play RELEASE_ACQUIRES PANICS_ABORT p G L items.

(** No count passes its limit: 2^33 strong, 2^29 weak (the implicit one included). *)
Definition under_the_limits (G : graph) : Prop :=
  forall e w, In e (events G) -> reads_word (lab G e) = Some w \/ writes_word (lab G e) = Some w ->
    (Z.of_nat (strong w) <= 2 ^ 33)%Z /\ (Z.of_nat (weak w) <= 2 ^ 29)%Z.

(** The address that only a Weak without an allocation has. *)
Definition DANGLING : Z := 18446744073709551615.

Section Shipped.
Variables (R P : bool) (p : Z) (G : graph).
Hypothesis real : p <> DANGLING.
Hypothesis C : consistent G.
Hypothesis text : runs_the_text R P p G.
Hypothesis limits : under_the_limits G.

Lemma text_is_disciplined : disciplined G.
Proof.
  destruct text as (L & T & COV & items & PL). exists L. split; [exact T|]. split; [exact COV|].
  destruct (sim R P p (proj2 (Z.eqb_neq _ _) real) G C limits L items PL T) as (ags & sts & O & _). exists ags. exact O.
Qed.

Theorem text_race_free : forall x y, In x (events G) -> In y (events G) -> x <> y -> conflict G x y -> hb G x y \/ hb G y x.
Proof. exact (race_free G C text_is_disciplined). Qed.

Theorem text_free_is_last : forall f x, In f (events G) -> lab G f = Free -> In x (events G) -> x <> f -> lab G x <> Else -> hb G x f.
Proof. exact (free_is_last G C text_is_disciplined). Qed.

Theorem text_once : exists m ags,
  reachable code (Ok (State m ags)) /\ last m + 1 = length (mo G)
  /\ drops m + moves m + Nat.b2n (present m) = inits m /\ drops m <= 1 /\ frees m <= 1.
Proof.
  destruct (once G C text_is_disciplined) as (m & ags0 & ags & _ & A & _ & B & D & E & F & _). exists m, ags. auto.
Qed.
End Shipped.
