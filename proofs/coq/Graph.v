(** * Executions of one word, as C11 allows them, and an order of their events

    [consistent]: what C11 says of the word, as an execution graph: the modification order, reads-from, coherence, atomicity
    of RMWs, and synchronises-with through release sequences.  What is proved of it: happens-before, reads-from and the
    modification order have a common linear extension, although a cycle of program order and reads-from ("load buffering")
    elsewhere is allowed.

    Happens-before is ANY strict partial order that contains the word's own synchronises-with; it may contain program order,
    spawn, join, locks, fences, other atomics, SC.  RC11.v derives [consistent] from the axioms of the textbook. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model.
Import ListNotations.

(** ** Graphs *)

(** What an access does to the value. *)
Inductive touch := VRead | VWrite | VInit | VDrop | VMove.

(** All but reading is its owner's. *)
Definition by_owner (t : touch) : bool := match t with VRead => false | _ => true end.

Inductive label :=
| Init (w : word)                              (** the word's (non-atomic) initialisation *)
| Look (o : ordering) (w : word)               (** an atomic load, or a compare-exchange that fails: read [w] *)
| Update (o : ordering) (w w' : word)          (** a read-modify-write: read [w], wrote [w'] *)
| Value (t : touch)                            (** a non-atomic access to the value *)
| Free                                         (** the deallocation *)
| Else.                                        (** anything else *)

Definition reads_word (l : label) : option word := match l with Look _ w | Update _ w _ => Some w | _ => None end.
Definition writes_word (l : label) : option word := match l with Init w | Update _ _ w => Some w | _ => None end.
Definition is_update (l : label) : bool := match l with Update _ _ _ => true | _ => false end.
Definition is_release (l : label) : bool := match l with Update o _ _ => releases o | _ => false end.
Definition is_acquire (l : label) : bool := match l with Update o _ _ | Look o _ => acquires o | _ => false end.

Record graph := Graph {
  events : list nat;
  lab : nat -> label;
  hbb : nat -> nat -> bool;   (** happens-before; a boolean, so that everything is decidable without an axiom *)
  src : nat -> nat;        (** reads-from: where a reading event reads from *)
  mo : list nat            (** the word's modification order *)
}.

Definition hb (G : graph) (x y : nat) : Prop := hbb G x y = true.

Definition wr (G : graph) (x : nat) : Prop := In x (events G) /\ writes_word (lab G x) <> None.
Definition rd (G : graph) (x : nat) : Prop := In x (events G) /\ reads_word (lab G x) <> None.
Definition at_ (G : graph) (i x : nat) : Prop := nth_error (mo G) i = Some x.
Definition mo_lt (G : graph) (x y : nat) : Prop := exists i j, at_ G i x /\ at_ G j y /\ i < j.

(** Release sequence, by the narrower definition of C++20: the head, and the RMWs that read from it or from each other. *)
Inductive rs (G : graph) (w : nat) : nat -> Prop :=
| rs_head : rs G w w
| rs_rmw : forall x u, rs G w x -> In u (events G) -> is_update (lab G u) = true -> src G u = x -> rs G w u.

(** Synchronises-with through the word, without fences.  Fences, if there are any, are in [hb]. *)
Definition sw (G : graph) (w r : nat) : Prop :=
  wr G w /\ is_release (lab G w) = true /\ rd G r /\ is_acquire (lab G r) = true /\ rs G w (src G r).

Record consistent (G : graph) : Prop := {
  c_nodup : NoDup (events G);
  c_hb_irr : forall x, ~ hb G x x;
  c_hb_trans : forall x y z, hb G x y -> hb G y z -> hb G x z;
  c_sw : forall w r, sw G w r -> hb G w r;
  (** mo: a total order of the writes (as a list) *)
  c_mo : forall x, In x (mo G) <-> wr G x;
  c_mo_nodup : NoDup (mo G);
  (** one initialisation: all other writes of the word are RMWs (a fact of the code) *)
  c_init : forall x y, wr G x -> wr G y -> is_update (lab G x) = false -> is_update (lab G y) = false -> x = y;
  (** rf *)
  c_rf : forall r, rd G r -> wr G (src G r) /\ writes_word (lab G (src G r)) = reads_word (lab G r);
  (** atomicity *)
  c_atomic : forall r, rd G r -> is_update (lab G r) = true ->
    mo_lt G (src G r) r /\ (forall x, mo_lt G (src G r) x -> mo_lt G x r -> False);
  (** coherence: [irreflexive (hb; eco?)] *)
  c_coWW : forall x y, hb G x y -> wr G x -> wr G y -> mo_lt G x y;
  c_coRW : forall r y, hb G r y -> rd G r -> wr G y -> mo_lt G (src G r) y;
  c_coWR : forall x r, hb G x r -> wr G x -> rd G r -> x = src G r \/ mo_lt G x (src G r);
  c_coRR : forall r s, hb G r s -> rd G r -> rd G s -> src G r = src G s \/ mo_lt G (src G r) (src G s)
}.

Section Consistent.
Variable G : graph.

Definition hb_dec (x y : nat) : {hb G x y} + {~ hb G x y} := Bool.bool_dec (hbb G x y) true.

Hypothesis C : consistent G.

(** ** mo *)

Lemma at_inj : forall i j x, at_ G i x -> at_ G j x -> i = j.
Proof.
  unfold at_. intros i j x A B. pose proof (c_mo_nodup _ C) as N. rewrite NoDup_nth_error in N. apply N.
  - apply nth_error_Some. congruence.
  - congruence.
Qed.

Lemma at_fun : forall i x y, at_ G i x -> at_ G i y -> x = y.
Proof. unfold at_. congruence. Qed.

Lemma at_wr : forall i x, at_ G i x -> wr G x.
Proof. intros i x A. apply (c_mo _ C). eapply nth_error_In. exact A. Qed.

Lemma wr_at : forall x, wr G x -> exists i, at_ G i x.
Proof. intros x W. apply In_nth_error. apply (c_mo _ C). exact W. Qed.

Lemma mo_lt_at : forall x y i j, mo_lt G x y -> at_ G i x -> at_ G j y -> i < j.
Proof.
  intros x y i j (i' & j' & A & B & L) I J. rewrite (at_inj _ _ _ I A), (at_inj _ _ _ J B). exact L.
Qed.

(** An RMW comes directly after the write that it reads: *)
Lemma rmw_chain : forall r j, rd G r -> is_update (lab G r) = true -> at_ G j r ->
  exists i, j = S i /\ at_ G i (src G r).
Proof.
  intros r j R U J. destruct (c_atomic _ C r R U) as [(i & j' & A & B & L) N].
  rewrite (at_inj _ _ _ B J) in *. clear B. exists i. split; [|exact A].
  destruct (Nat.eq_dec j (S i)) as [E|E]; [exact E|]. exfalso.
  destruct (nth_error (mo G) (S i)) as [x|] eqn:X.
  - apply (N x).
    + exists i, (S i). repeat split; auto.
    + exists (S i), j. repeat split; auto. lia.
  - apply nth_error_None in X. assert (j < length (mo G)) by (apply nth_error_Some; unfold at_ in J; congruence). lia.
Qed.

Lemma update_reads_writes : forall x, In x (events G) -> is_update (lab G x) = true -> rd G x /\ wr G x.
Proof. intros x I U. unfold rd, wr. destruct (lab G x); try discriminate U; simpl; repeat split; auto; discriminate. Qed.

(** the first write is the initialisation, all others are RMWs: "mo is the rf-chain". *)
Lemma mo_first : forall x, at_ G 0 x -> is_update (lab G x) = false.
Proof.
  intros x A. destruct (is_update (lab G x)) eqn:U; [|reflexivity]. exfalso.
  destruct (at_wr _ _ A) as [I _]. destruct (update_reads_writes x I U) as [R _].
  destruct (rmw_chain x 0 R U A) as (i & E & _). discriminate E.
Qed.

Lemma mo_rest : forall i x, at_ G (S i) x -> is_update (lab G x) = true.
Proof.
  intros i x A. destruct (is_update (lab G x)) eqn:U; [reflexivity|]. exfalso.
  destruct (nth_error (mo G) 0) as [y|] eqn:Y.
  - pose proof (mo_first y Y) as V.
    assert (x = y) by (apply (c_init _ C); auto; eapply at_wr; eassumption). subst y.
    pose proof (at_inj _ _ _ A Y). discriminate.
  - apply nth_error_None in Y. assert (S i < length (mo G)) by (apply nth_error_Some; unfold at_ in A; congruence). lia.
Qed.

Lemma mo_chain : forall i x y, at_ G i x -> at_ G (S i) y -> src G y = x.
Proof.
  intros i x y A B. pose proof (mo_rest _ _ B) as U. destruct (at_wr _ _ B) as [I _].
  destruct (update_reads_writes y I U) as [R _]. destruct (rmw_chain y _ R U B) as (i' & E & S).
  injection E as <-. eapply at_fun; eassumption.
Qed.

(** A release sequence runs to the end of mo (and so it does by the wider definition of C++11/RC11, with later writes of the
    same thread: those are mo-later.) *)
Theorem rs_to_the_end : forall i j w x, at_ G i w -> at_ G j x -> i <= j -> rs G w x.
Proof.
  intros i j w x W X L. revert x X. induction L as [|j L IH]; intros x X.
  - rewrite (at_fun _ _ _ X W). constructor.
  - destruct (nth_error (mo G) j) as [y|] eqn:Y.
    + apply (rs_rmw G w y x).
      * apply IH. exact Y.
      * apply (at_wr _ _ X).
      * eapply mo_rest. exact X.
      * eapply mo_chain; eassumption.
    + apply nth_error_None in Y. assert (S j < length (mo G)) by (apply nth_error_Some; unfold at_ in X; congruence). lia.
Qed.

(** ** Positions: the index in mo of a write, or of the write that a load reads *)

Inductive pos : nat -> nat -> Prop :=
| pos_write : forall i x, at_ G i x -> pos i x
| pos_look : forall i r, rd G r -> is_update (lab G r) = false -> at_ G i (src G r) -> pos i r.

Lemma look_not_write : forall r, rd G r -> is_update (lab G r) = false -> ~ wr G r.
Proof. unfold rd, wr. intros r [_ R] U [_ W]. destruct (lab G r); simpl in *; congruence. Qed.

Lemma pos_fun : forall i j x, pos i x -> pos j x -> i = j.
Proof.
  intros i j x P Q. inversion P; inversion Q; subst.
  - eapply at_inj; eassumption.
  - exfalso. eapply look_not_write; eauto. eapply at_wr; eassumption.
  - exfalso. eapply look_not_write; eauto. eapply at_wr; eassumption.
  - eapply at_inj; eassumption.
Qed.

Lemma rd_src_at : forall r, rd G r -> exists i, at_ G i (src G r).
Proof. intros r R. apply wr_at. apply (c_rf _ C r R). Qed.

(** Coherence in terms of positions: *)
Theorem pos_hb : forall i j x y, hb G x y -> pos i x -> pos j y -> i <= j /\ (wr G y -> i < j).
Proof.
  intros i j x y H P Q. inversion P as [i' x' A|i' x' R U A]; inversion Q as [j' y' B|j' y' S V B]; subst.
  - pose proof (mo_lt_at _ _ _ _ (c_coWW _ C _ _ H (at_wr _ _ A) (at_wr _ _ B)) A B). lia.
  - split.
    + destruct (c_coWR _ C _ _ H (at_wr _ _ A) S) as [E|E].
      * rewrite <- E in B. rewrite (at_inj _ _ _ A B). lia.
      * pose proof (mo_lt_at _ _ _ _ E A B). lia.
    + intros W. exfalso. eapply look_not_write; eassumption.
  - pose proof (mo_lt_at _ _ _ _ (c_coRW _ C _ _ H R (at_wr _ _ B)) A B). lia.
  - split.
    + destruct (c_coRR _ C _ _ H R S) as [E|E].
      * rewrite E in A. rewrite (at_inj _ _ _ A B). lia.
      * pose proof (mo_lt_at _ _ _ _ E A B). lia.
    + intros W. exfalso. eapply look_not_write; eassumption.
Qed.

(** Reading message [i] implies: [i] is not older than any write or read that happens-before. *)
Corollary reads_no_older : forall i j x r, hb G x r -> pos i x -> rd G r -> at_ G j (src G r) -> i <= j.
Proof.
  intros i j x r H P R A. destruct (is_update (lab G r)) eqn:U.
  - destruct (update_reads_writes r (proj1 R) U) as [_ W]. destruct (wr_at _ W) as [k K].
    destruct (rmw_chain r k R U K) as (k' & -> & K'). rewrite (at_inj _ _ _ A K').
    pose proof (proj2 (pos_hb _ _ _ _ H P (pos_write _ _ K)) W). lia.
  - apply (pos_hb _ _ _ _ H P (pos_look _ _ R U A)).
Qed.

(** Which releases a read of message [i] with Acquire synchronises with: all up to [i]. *)
Theorem acquire_gets_all : forall i j w r, at_ G i w -> is_release (lab G w) = true -> i <= j ->
  rd G r -> is_acquire (lab G r) = true -> at_ G j (src G r) -> hb G w r.
Proof.
  intros i j w r W R L D A S. apply (c_sw _ C). split; [eapply at_wr; exact W|].
  split; [exact R|]. split; [exact D|]. split; [exact A|]. eapply rs_to_the_end; eassumption.
Qed.

(** ** The order of the run: hb, rf and mo together have no cycle.  No (sb U rf) axiom is used. *)

Definition before (x y : nat) : Prop := hb G x y \/ (rd G y /\ src G y = x) \/ mo_lt G x y.

Definition rank (x n : nat) : Prop :=
  (exists i, at_ G i x /\ n = 2 * i) \/ (exists i, rd G x /\ is_update (lab G x) = false /\ at_ G i (src G x) /\ n = 2 * i + 1).

Lemma rank_pos : forall x n, rank x n -> exists i, pos i x /\ (n = 2 * i \/ n = 2 * i + 1) /\ (n = 2 * i -> wr G x) /\ (n = 2 * i + 1 -> ~ wr G x).
Proof.
  intros x n [(i & A & ->)|(i & R & U & A & ->)]; exists i.
  - split; [constructor; exact A|]. split; [auto|]. split; [|lia]. intros _. eapply at_wr; exact A.
  - split; [constructor 2; assumption|]. split; [auto|]. split; [lia|]. intros _. apply look_not_write; assumption.
Qed.

Lemma rank_hb : forall x y n k, hb G x y -> rank x n -> rank y k -> n < k \/ (n = k /\ ~ wr G x /\ ~ wr G y).
Proof.
  intros x y n k H X Y. destruct (rank_pos _ _ X) as (i & P & E & A & A'). destruct (rank_pos _ _ Y) as (j & Q & F & B & B').
  destruct (pos_hb _ _ _ _ H P Q) as [L S].
  destruct E as [E|E], F as [F|F].
  - specialize (S (B F)). lia.
  - lia.
  - specialize (S (B F)). lia.
  - destruct (Nat.eq_dec i j) as [->|N]; [right; repeat split; auto; lia | left; lia].
Qed.

Lemma rank_src : forall y n k, rd G y -> rank (src G y) n -> rank y k -> n < k.
Proof.
  intros y n k R X Y. destruct (rd_src_at _ R) as [i A].
  assert (n = 2 * i) as ->.
  { destruct X as [(j & B & ->)|(j & S & U & _)]; [rewrite (at_inj _ _ _ A B); reflexivity|].
    exfalso. eapply look_not_write; eauto. eapply at_wr; exact A. }
  destruct Y as [(j & B & ->)|(j & _ & U & B & ->)].
  - destruct (at_wr _ _ B) as [I W]. destruct (is_update (lab G y)) eqn:U.
    + destruct (rmw_chain y j R U B) as (j' & -> & B'). rewrite (at_inj _ _ _ A B'). lia.
    + exfalso. destruct R as [_ R]. destruct (lab G y); simpl in *; congruence.
  - rewrite (at_inj _ _ _ A B). lia.
Qed.

Lemma rank_mo : forall x y n k, mo_lt G x y -> rank x n -> rank y k -> n < k.
Proof.
  intros x y n k (i & j & A & B & L) X Y.
  destruct X as [(i' & A' & ->)|(? & R & U & _)]; [|exfalso; eapply look_not_write; eauto; eapply at_wr; exact A].
  destruct Y as [(j' & B' & ->)|(? & R & U & _)]; [|exfalso; eapply look_not_write; eauto; eapply at_wr; exact B].
  rewrite (at_inj _ _ _ A' A), (at_inj _ _ _ B' B). lia.
Qed.

(** Below each event there is an hb-minimal one. *)
Lemma hb_minimal : forall S e, In e S -> exists x, In x S /\ (x = e \/ hb G x e) /\ forall y, In y S -> ~ hb G y x.
Proof.
  induction S as [|s S IH]; intros e I; [destruct I|].
  (* minimal in S, then compare with s *)
  assert (Q : forall e, In e S -> exists x, In x (s :: S) /\ (x = e \/ hb G x e) /\ forall y, In y (s :: S) -> ~ hb G y x).
  { intros f J. destruct (IH f J) as (x & X & B & M).
    destruct (hb_dec s x) as [H|H].
    - exists s. split; [simpl; auto|]. split; [right; destruct B as [->|B]; [exact H | eapply c_hb_trans; eassumption]|].
      intros y [<-|Y]; [apply (c_hb_irr _ C)|]. intros H'. apply (M y Y). eapply c_hb_trans; eassumption.
    - exists x. split; [simpl; auto|]. split; [exact B|]. intros y [<-|Y]; auto. }
  destruct I as [->|I]; [|apply Q; exact I].
  destruct (existsb (fun y => if hb_dec y e then true else false) S) eqn:X.
  - apply existsb_exists in X. destruct X as (f & J & X). destruct (hb_dec f e) as [H|]; [|discriminate X].
    destruct (Q f J) as (x & K & B & M). exists x. split; [exact K|]. split; [|exact M].
    right. destruct B as [->|B]; [exact H | eapply c_hb_trans; eassumption].
  - exists e. split; [simpl; auto|]. split; [auto|]. intros y [<-|Y]; [apply (c_hb_irr _ C)|]. intros H.
    assert (existsb (fun y => if hb_dec y e then true else false) S = true); [|congruence].
    apply existsb_exists. exists y. split; [exact Y|]. destruct (hb_dec y e); [reflexivity | contradiction].
Qed.

Lemma rank_dec : forall x, {n | rank x n} + {forall n, ~ rank x n}.
Proof.
  intros x.
  assert (IDX : forall z, {i | at_ G i z} + {forall i, ~ at_ G i z}).
  { intros z. unfold at_. induction (mo G) as [|m ms IH].
    - right. intros [|i]; discriminate.
    - destruct (Nat.eq_dec m z) as [->|N]; [left; exists 0; reflexivity|].
      destruct IH as [[i I]|IH]; [left; exists (S i); exact I|].
      right. intros [|i] E; simpl in E; [congruence | exact (IH i E)]. }
  destruct (IDX x) as [[i A]|A]; [left; exists (2 * i); left; eauto|].
  destruct (IDX (src G x)) as [[i B]|B].
  - destruct (in_dec Nat.eq_dec x (events G)) as [I|I].
    + destruct (is_update (lab G x)) eqn:U.
      { right. intros n [(j & J & _)|(j & _ & V & _)]; [exact (A j J) | congruence]. }
      destruct (reads_word (lab G x)) eqn:R.
      * left. exists (2 * i + 1). right. exists i. split; [split; [exact I | congruence]|]. auto.
      * right. intros n [(j & J & _)|(j & [_ V] & _)]; [exact (A j J) | congruence].
    + right. intros n [(j & J & _)|(j & [V _] & _)]; [exact (A j J) | contradiction].
  - right. intros n [(j & J & _)|(j & _ & _ & J & _)]; [exact (A j J) | exact (B j J)].
Defined.

Lemma rank_fun : forall x n k, rank x n -> rank x k -> n = k.
Proof.
  intros x n k [(i & A & ->)|(i & R & U & A & ->)] [(j & B & ->)|(j & S & V & B & ->)];
    try (rewrite (at_inj _ _ _ A B); reflexivity);
    exfalso; eapply look_not_write; eauto; eapply at_wr; eassumption.
Qed.

(** A word event of least rank that is hb-minimal among those. *)
Lemma least_word : forall S, (exists e n, In e S /\ rank e n) ->
  exists e n, In e S /\ rank e n /\ (forall x k, In x S -> rank x k -> n <= k)
    /\ (forall x, In x S -> rank x n -> ~ hb G x e).
Proof.
  intros S EX.
  assert (LEAST : exists n, (exists e, In e S /\ rank e n) /\ forall x k, In x S -> rank x k -> n <= k).
  { induction S as [|s S IH]; [destruct EX as (e & n & [] & _)|].
    destruct (rank_dec s) as [[k K]|K].
    - destruct (existsb (fun x => if rank_dec x then true else false) S) eqn:X.
      + destruct IH as (n & (e & I & R) & M).
        { apply existsb_exists in X. destruct X as (f & J & X). destruct (rank_dec f) as [[r R]|]; [|discriminate X]. eauto. }
        destruct (le_lt_dec n k).
        * exists n. split; [exists e; simpl; auto|]. intros x k' [<-|J] R'; [rewrite (rank_fun _ _ _ R' K); exact l | eapply M; eassumption].
        * exists k. split; [exists s; simpl; auto|]. intros x k' [<-|J] R'; [rewrite (rank_fun _ _ _ R' K); lia | specialize (M _ _ J R'); lia].
      + exists k. split; [exists s; simpl; auto|]. intros x k' [<-|J] R'; [rewrite (rank_fun _ _ _ R' K); lia|].
        exfalso. assert (existsb (fun x => if rank_dec x then true else false) S = true); [|congruence].
        apply existsb_exists. exists x. split; [exact J|]. destruct (rank_dec x) as [|N]; [reflexivity | exfalso; exact (N _ R')].
    - destruct IH as (n & (e & I & R) & M).
      { destruct EX as (e & n & [<-|I] & R); [exfalso; exact (K _ R) | eauto]. }
      exists n. split; [exists e; simpl; auto|]. intros x k' [<-|J] R'; [exfalso; exact (K _ R') | eapply M; eassumption]. }
  destruct LEAST as (n & (e & I & R) & M).
  pose (S' := filter (fun x => match rank_dec x with inleft (exist _ k _) => Nat.eqb k n | _ => false end) S).
  assert (IN : forall x, In x S' <-> In x S /\ rank x n).
  { intros x. unfold S'. rewrite filter_In. destruct (rank_dec x) as [[k K]|K].
    - rewrite Nat.eqb_eq. split; intros [A B]; split; auto; [subst; exact K | eapply rank_fun; eassumption].
    - split; intros [A B]; [discriminate B | exfalso; exact (K _ B)]. }
  destruct (hb_minimal S' e) as (x & X & _ & MIN); [apply IN; auto|].
  apply IN in X. destruct X as [X RX]. exists x, n. repeat split; auto.
  intros y Y RY. apply MIN. apply IN. auto.
Qed.

(** Any set of events has one that can come first. *)
Theorem minimal : forall S, S <> [] -> incl S (events G) -> exists x, In x S /\ forall y, In y S -> ~ before y x.
Proof.
  intros S NE SUB.
  assert (NW : forall x y, (forall n, ~ rank x n) -> In x (events G) -> before y x -> hb G y x).
  { intros x y N I [H|[[R <-]|(i & j & A & B & L)]]; [exact H | |].
    - exfalso. destruct (is_update (lab G x)) eqn:U.
      + destruct (update_reads_writes x I U) as [_ W]. destruct (wr_at _ W) as [i A]. apply (N (2 * i)). left. eauto.
      + destruct (rd_src_at _ R) as [i A]. apply (N (2 * i + 1)). right. eauto 6.
    - exfalso. apply (N (2 * j)). left. eauto. }
  destruct (existsb (fun x => if rank_dec x then true else false) S) eqn:X.
  - destruct (least_word S) as (e & n & I & R & LE & MIN).
    { apply existsb_exists in X. destruct X as (f & J & X). destruct (rank_dec f) as [[r R]|]; [|discriminate X]. eauto. }
    destruct (hb_minimal S e I) as (x & J & B & M).
    exists x. split; [exact J|]. intros y K Y.
    destruct (rank_dec x) as [[k RX]|RX].
    + assert (k = n /\ (x = e \/ hb G x e)) as [-> B'].
      { split; [|exact B]. destruct B as [->|B]; [eapply rank_fun; eassumption|].
        specialize (LE _ _ J RX). destruct (rank_hb _ _ _ _ B RX R) as [L|[E _]]; lia. }
      destruct Y as [H|[[D <-]|L]].
      * exact (M _ K H).
      * destruct (rd_src_at _ D) as [i A]. assert (RS : rank (src G x) (2 * i)) by (left; eauto).
        pose proof (rank_src _ _ _ D RS RX). specialize (LE _ _ K RS). lia.
      * destruct L as (i & j & A & L). assert (RY : rank y (2 * i)) by (left; eauto).
        pose proof (rank_mo y x _ _ (ex_intro _ i (ex_intro _ j (conj A L))) RY RX). specialize (LE _ _ K RY). lia.
    + apply (M y K). apply NW; auto.
  - destruct S as [|s S]; [congruence|]. destruct (hb_minimal (s :: S) s (or_introl eq_refl)) as (x & J & _ & M).
    exists x. split; [exact J|]. intros y K Y. apply (M y K). apply NW; auto.
    intros n R. assert (existsb (fun x => if rank_dec x then true else false) (s :: S) = true); [|congruence].
    apply existsb_exists. exists x. split; [exact J|]. destruct (rank_dec x) as [|N]; [reflexivity | exfalso; exact (N _ R)].
Qed.

(** A linear extension: [told L], with the latest event first. *)
Fixpoint told (L : list nat) : Prop :=
  match L with
  | [] => True
  | e :: L' => In e (events G) /\ ~ In e L' /\ (forall x, In x (events G) -> before x e -> In x L') /\ told L'
  end.

Theorem linear_extension : exists L, told L /\ forall x, In x L <-> In x (events G).
Proof.
  assert (Q : forall n S, length S = n -> NoDup S -> incl S (events G) ->
            (forall x y, In x S -> In y (events G) -> before y x -> ~ In y S -> True) ->
            forall L, told L -> (forall x, In x (events G) <-> In x S \/ In x L) -> (forall x, In x S -> ~ In x L) ->
            (forall x y, In x L -> In y (events G) -> before y x -> In y L) ->
            exists L', told L' /\ forall x, In x L' <-> In x (events G)).
  { induction n as [|n IH]; intros S LEN ND SUB _ L T COV DIS CL.
    - destruct S; [|discriminate LEN]. exists L. split; [exact T|]. intros x. rewrite COV. simpl. tauto.
    - assert (NE : S <> []) by (intros ->; discriminate LEN).
      destruct (minimal S NE SUB) as (x & I & M).
      destruct (in_split _ _ I) as (p & q & ->). rewrite app_length in LEN. simpl in LEN.
      apply (IH (p ++ q)) with (L := x :: L).
      + rewrite app_length. lia.
      + apply NoDup_remove_1 in ND. exact ND.
      + intros y Y. apply SUB. apply in_app_iff in Y. apply in_app_iff. simpl. tauto.
      + auto.
      + simpl. split; [apply SUB; exact I|]. split; [apply DIS; exact I|]. split; [|exact T].
        intros y Y B. destruct (proj1 (COV y) Y) as [Z|Z]; [|exact Z]. exfalso. exact (M y Z B).
      + intros y. rewrite COV, !in_app_iff. simpl. tauto.
      + intros y Y [<-|Z].
        * apply NoDup_remove_2 in ND. contradiction.
        * apply (DIS y); auto. apply in_app_iff in Y. apply in_app_iff. simpl. tauto.
      + intros y z [<-|Y] Z B.
        * right. destruct (proj1 (COV z) Z) as [W|W]; [|exact W]. exfalso. exact (M z W B).
        * right. eapply CL; eassumption. }
  apply (Q (length (events G)) (events G) eq_refl (c_nodup _ C) (fun x H => H) (fun _ _ _ _ _ _ => I) []); simpl; try tauto.
Qed.

End Consistent.
