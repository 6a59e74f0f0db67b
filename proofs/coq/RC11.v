(** * From the textbook's C11 to the executions of one word

    C11 as in the textbook: RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing sequential consistency in C/C++11, PLDI
    2017), over any number of locations, with fences, and without its axiom NO-THIN-AIR, so that load buffering is allowed.
    SC is not needed either.  What is proved: each such execution, as one allocation sees it, is [consistent] (Graph.v).

    Release sequences are those of C++20, or, with [wide], the longer ones of C++11, which include later writes of the same thread.
    Relations.v has the operators on relations. *)

From Coq Require Import List Arith Bool Lia ZArith.
From ProvenArc Require Import Accesses Model Word Graph Own EndToEnd.
From ProvenArc Require Export Relations.
Import ListNotations.

(** ** Executions *)

Inductive loc :=
| WordOf (a : nat)      (** the word of allocation [a] (memory that is used again is another allocation) *)
| ValueOf (a : nat)     (** its value *)
| Elsewhere (n : nat).

Inductive mode := Na | Rlx | Acq | Rel | Acqrel | Sc.

Inductive action :=
| R (l : loc) (o : mode) (v : Z)
| W (l : loc) (o : mode) (v : Z)
| F (o : mode)
| D (a : nat)           (** allocation [a] is freed *)
| Nop.

(** An RMW is a read and a write, [rmw]. *)
Record execution := Execution {
  evs : list nat;
  act_of : nat -> action;
  sbb : nat -> nat -> bool;    (** sequenced-before; spawn and join may be in it *)
  rfb : nat -> nat -> bool;    (** reads-from: from the write to the read *)
  mob : nat -> nat -> bool;    (** the modification order of each location *)
  rmwb : nat -> nat -> bool
}.

Definition loc_of (x : action) : option loc := match x with R l _ _ | W l _ _ => Some l | _ => None end.
Definition value_of (x : action) : Z := match x with R _ _ v | W _ _ v => v | _ => 0%Z end.
Definition mode_of (x : action) : mode := match x with R _ o _ | W _ o _ | F o => o | _ => Na end.
Definition is_R (x : action) : bool := match x with R _ _ _ => true | _ => false end.
Definition is_W (x : action) : bool := match x with W _ _ _ => true | _ => false end.
Definition is_F (x : action) : bool := match x with F _ => true | _ => false end.
Definition atomic (o : mode) : bool := match o with Na => false | _ => true end.
Definition acq (o : mode) : bool := match o with Acq | Acqrel | Sc => true | _ => false end.
Definition rls (o : mode) : bool := match o with Rel | Acqrel | Sc => true | _ => false end.

Section C11.
Variable wide : bool.
Variable X : execution.
Let E := evs X.

Definition sb : rel := fun x y => sbb X x y = true.
Definition rf : rel := fun x y => rfb X x y = true.
Definition co : rel := fun x y => mob X x y = true.
Definition rmw_of : rel := fun x y => rmwb X x y = true.
Definition rb : rel := seq E (inverse rf) co.
Definition same_loc (x y : nat) : Prop := loc_of (act_of X x) = loc_of (act_of X y) /\ loc_of (act_of X x) <> None.

Definition loc_eq_dec : forall l l' : option loc, {l = l'} + {l <> l'}.
Proof. repeat decide equality. Defined.

(** [sb] between two accesses to the same location *)
Definition sb_loc : rel := fun x y => sb x y /\ same_loc x y.

Definition an (p : action -> bool) : nat -> bool := fun x => p (act_of X x).
Definition atomic_W (x : action) : bool := is_W x && atomic (mode_of x).
Definition atomic_R (x : action) : bool := is_R x && atomic (mode_of x).

(** rs = [W]; (sb|loc)?; [W rlx]; (rf; rmw)* *)
Definition release_sequence : rel :=
  seq E (on (an is_W)) (seq E (if wide then opt sb_loc else on (fun _ => true))
    (seq E (on (an atomic_W)) (star E (seq E rf rmw_of)))).

(** sw = [rel]; ([F]; sb)?; rs; rf; [R rlx]; (sb; [F])?; [acq] *)
Definition synchronises : rel :=
  seq E (on (an (fun x => rls (mode_of x)))) (seq E (opt (seq E (on (an is_F)) sb))
    (seq E release_sequence (seq E rf (seq E (on (an atomic_R))
      (seq E (opt (seq E sb (on (an is_F)))) (on (an (fun x => acq (mode_of x))))))))).

Definition happens_before : rel := plus E (union sb synchronises).

(** eco = (rf + mo + rb)+ *)
Definition eco : rel := plus E (union rf (union co rb)).

Record rc11 : Prop := {
  x_nodup : NoDup E;
  x_sb : forall x y, sb x y -> In x E /\ In y E;
  (** an RMW: an atomic read, and after it (in the textbook: right after it) an atomic write of the same location *)
  x_rmw : forall r w, rmw_of r w -> In r E /\ In w E /\ sb r w /\ same_loc r w
    /\ an atomic_R r = true /\ an atomic_W w = true;
  x_rmw_r : forall r r' w, rmw_of r w -> rmw_of r' w -> r = r';
  x_rmw_w : forall r w w', rmw_of r w -> rmw_of r w' -> w = w';
  (** each read reads one write of its location, and the value that is there *)
  x_rf : forall w r, rf w r -> In w E /\ In r E /\ an is_W w = true /\ an is_R r = true /\ same_loc w r
    /\ value_of (act_of X w) = value_of (act_of X r);
  x_rf_one : forall w w' r, rf w r -> rf w' r -> w = w';
  x_rf_some : forall r, In r E -> an is_R r = true -> exists w, rf w r;
  (** the modification order: strict, and total on the writes of each location *)
  x_mo : forall x y, co x y -> In x E /\ In y E /\ an is_W x = true /\ an is_W y = true /\ same_loc x y;
  x_mo_irr : forall x, ~ co x x;
  x_mo_trans : forall x y z, co x y -> co y z -> co x z;
  x_mo_total : forall x y, In x E -> In y E -> an is_W x = true -> an is_W y = true -> same_loc x y -> x = y \/ co x y \/ co y x;
  (** COHERENCE *)
  x_coherence : forall x y, happens_before x y -> ~ opt eco y x;
  (** ATOMICITY *)
  x_atomicity : forall r w, rmw_of r w -> ~ seq E rb co r w
  (* SC and NO-THIN-AIR, [acyclic (sb + rf)], are not needed. *)
}.

Lemma sb_loc_dec : dec sb_loc.
Proof.
  intros x y. unfold sb_loc, same_loc, sb. destruct (Bool.bool_dec (sbb X x y) true); [|right; tauto].
  destruct (loc_eq_dec (loc_of (act_of X x)) (loc_of (act_of X y))); [|right; tauto].
  destruct (loc_eq_dec (loc_of (act_of X x)) None); [right | left]; tauto.
Defined.

Lemma begin_dec : dec (if wide then opt sb_loc else on (fun _ => true)).
Proof. destruct wide; [apply opt_dec, sb_loc_dec | apply on_dec]. Defined.

Lemma release_sequence_dec : dec release_sequence.
Proof.
  apply seq_dec; [apply on_dec|]. apply seq_dec; [apply begin_dec|]. apply seq_dec; [apply on_dec|].
  apply star_dec, seq_dec; apply bool_dec.
Defined.

Lemma synchronises_dec : dec synchronises.
Proof.
  apply seq_dec; [apply on_dec|]. apply seq_dec; [apply opt_dec, seq_dec; [apply on_dec | apply bool_dec]|].
  apply seq_dec; [apply release_sequence_dec|]. apply seq_dec; [apply bool_dec|]. apply seq_dec; [apply on_dec|].
  apply seq_dec; [apply opt_dec, seq_dec; [apply bool_dec | apply on_dec] | apply on_dec].
Defined.

Definition hb_decided : dec happens_before := plus_dec _ _ (union_dec _ _ (bool_dec _) synchronises_dec).

(** ** The execution, as one allocation sees it

    Its events are the accesses to the word and to the value, and the free.  An RMW is one event, its write.  Happens-before is
    that of the whole execution.  The word's values are numbers of 64 bits.  A label has the pair of counts that they say,
    [word_of] (Word.v), from which the bits can be read off again ([labels_are_values] in Theorems.v). *)

Variable a : nat.

(** What the accesses to the value do: read it, or what its owner may do, write by [&mut], initialise, drop or move it.  What a value
    with interior mutability does to itself while it is shared is reading here: its own affair (Rust's [Sync]). *)
Variable touches : nat -> touch.

Definition half (r : nat) : bool := existsb (fun w => rmwb X r w) E.                     (** the read of an RMW *)
Definition read_of (w : nat) : option nat := find (fun r => rmwb X r w) E.               (** of this RMW *)
Definition source (r : nat) : nat := match find (fun w => rfb X w r) E with Some w => w | None => r end.
Definition to_word (x : nat) : bool :=
  match loc_of (act_of X x) with Some (WordOf b) => Nat.eqb a b | _ => false end.
Definition to_value (x : nat) : bool :=
  match loc_of (act_of X x) with Some (ValueOf b) => Nat.eqb a b | _ => false end.

Definition order_of (o o' : mode) : ordering :=
  match acq o, rls o' with true, true => AcqRel | true, false => Acquire | false, true => Release | false, false => Relaxed end.

(** The word that the action has read or written. *)
Definition counts_at (e : nat) : word := word_of (value_of (act_of X e)).

Definition seen_from (e : nat) : nat := match read_of e with Some r => source r | None => source e end.

Definition lab_of (e : nat) : label :=
  if to_word e then
    match act_of X e with
    | R _ o _ => Look (order_of o Rlx) (counts_at e)
    | W _ o _ => match read_of e with
                 | Some r => Update (order_of (mode_of (act_of X r)) o) (counts_at r) (counts_at e)
                 | None => Init (counts_at e)
                 end
    | _ => Else
    end
  else if to_value e then Value (touches e)
  else match act_of X e with D b => if Nat.eqb a b then Free else Else | _ => Else end.

Fixpoint insert (x : nat) (l : list nat) : list nat :=
  match l with [] => [x] | y :: l' => if mob X x y then x :: l else y :: insert x l' end.

Definition word_writes : list nat := filter (fun x => to_word x && is_W (act_of X x)) E.

(** An access to the word or to the value, or the free *)
Definition concerns (x : nat) : bool :=
  to_word x || to_value x || match act_of X x with D b => Nat.eqb a b | _ => false end.

Definition project : graph := Graph
  (filter (fun e => negb (half e) && concerns e) E)
  lab_of
  (fun x y => if hb_decided x y then true else false)
  seen_from
  (fold_right insert [] word_writes).

(** The word is initialised once, and every other write of it is an RMW. This is a fact of the code. *)
Definition rmws_only : Prop :=
  forall x y, In x E -> In y E -> to_word x = true -> to_word y = true -> an is_W x = true -> an is_W y = true ->
    read_of x = None -> read_of y = None -> x = y.

Hypothesis C : rc11.
Hypothesis ONE : rmws_only.

(** *** Coherence, case by case *)

Lemma in_rf : forall w r, rf w r -> In w E /\ In r E.
Proof. intros w r H. destruct (x_rf C w r H) as (A & B & _). auto. Qed.

Lemma rf_eco : forall w r, rf w r -> eco w r.
Proof. intros w r H. apply plus_one. left. exact H. Qed.

Lemma co_eco : forall x y, co x y -> eco x y.
Proof. intros x y H. apply plus_one. right. left. exact H. Qed.

Lemma rb_eco : forall r w y, rf w r -> co w y -> eco r y.
Proof. intros r w y A B. apply plus_one. right. right. exists w. split; [apply (in_rf _ _ A)|]. split; assumption. Qed.

Lemma eco_trans : forall x y z, eco x y -> In y E -> eco y z -> eco x z.
Proof. intros x y z A I B. eapply plus_trans; eassumption. Qed.

Lemma hb_irr : forall x, ~ happens_before x x.
Proof. intros x H. apply (x_coherence C x x H). left. reflexivity. Qed.

Lemma hb_in : forall x y, happens_before x y -> In x E /\ In y E.
Proof.
  assert (S : forall x y, union sb synchronises x y -> In x E /\ In y E).
  { intros x y [H|(z & I & (-> & _) & H)]; [apply (x_sb C _ _ H)|]. split; [exact I|].
    destruct H as (z1 & I1 & _ & z2 & I2 & _ & z3 & I3 & _ & z4 & I4 & _ & z5 & I5 & _ & -> & _). exact I5. }
  intros x y H. induction H as [x y H|x z y H I P [_ IH]]; [apply S; exact H|]. split; [apply (S _ _ H) | exact IH].
Qed.

Lemma hb_trans : forall x y z, happens_before x y -> happens_before y z -> happens_before x z.
Proof. intros x y z A B. eapply plus_trans; [exact A | apply (hb_in _ _ B) | exact B]. Qed.

Lemma coherent : forall x y, happens_before x y -> eco y x -> False.
Proof. intros x y A B. apply (x_coherence C x y A). right. exact B. Qed.

Lemma sb_hb : forall x y, sb x y -> happens_before x y.
Proof. intros x y H. apply plus_one. left. exact H. Qed.

Lemma rmw_hb : forall r w, rmw_of r w -> happens_before r w.
Proof. intros r w H. apply sb_hb. apply (x_rmw C r w H). Qed.

(** *** The halves of an RMW *)

Lemma read_of_some : forall w r, read_of w = Some r -> rmw_of r w.
Proof. intros w r H. apply find_some in H. apply H. Qed.

Lemma read_of_rmw : forall w r, rmw_of r w -> read_of w = Some r.
Proof.
  intros w r H. unfold read_of. destruct (find (fun r => rmwb X r w) E) as [r'|] eqn:F.
  - apply find_some in F. f_equal. exact (x_rmw_r C _ _ _ (proj2 F) H).
  - exfalso. pose proof (find_none _ _ F r (proj1 (x_rmw C r w H))) as N. unfold rmw_of in H. congruence.
Qed.

Lemma half_spec : forall r, half r = true <-> exists w, rmw_of r w.
Proof.
  intros r. unfold half. rewrite existsb_exists. split.
  - intros (w & _ & H). exists w. exact H.
  - intros (w & H). exists w. split; [apply (x_rmw C r w H) | exact H].
Qed.

Lemma source_spec : forall r, In r E -> an is_R r = true -> rf (source r) r.
Proof.
  intros r I A. unfold source. destruct (find (fun w => rfb X w r) E) as [w|] eqn:Q.
  - apply find_some in Q. apply Q.
  - exfalso. destruct (x_rf_some C r I A) as (w & H). pose proof (find_none _ _ Q w (proj1 (in_rf _ _ H))) as N. unfold rf in H. congruence.
Qed.


(** *** The events that read the word, and those that write it *)

Lemma same_loc_word : forall x y, same_loc x y -> to_word x = to_word y.
Proof. intros x y [H _]. unfold to_word. rewrite H. reflexivity. Qed.

Lemma same_word_loc : forall x y, to_word x = true -> to_word y = true -> same_loc x y.
Proof.
  unfold to_word, same_loc. intros x y A B. destruct (loc_of (act_of X x)) as [[]|]; try discriminate. destruct (loc_of (act_of X y)) as [[]|]; try discriminate.
  apply Nat.eqb_eq in A. apply Nat.eqb_eq in B. subst. split; [reflexivity | discriminate].
Qed.

Lemma concerns_spec : forall x, concerns x = true <-> to_word x = true \/ to_value x = true \/ act_of X x = D a.
Proof using X a.
  intros x. unfold concerns. rewrite !orb_true_iff, or_assoc.
  assert (Q : match act_of X x with D b => Nat.eqb a b | _ => false end = true <-> act_of X x = D a); [|rewrite Q; reflexivity].
  destruct (act_of X x) as [| | |b|]; split; intros H; try discriminate H.
  - apply Nat.eqb_eq in H. rewrite H. reflexivity.
  - injection H as ->. apply Nat.eqb_refl.
Qed.

Lemma events_P : forall x, In x (Graph.events project) <-> In x E /\ half x = false /\ concerns x = true.
Proof. intros x. simpl. rewrite filter_In, andb_true_iff, negb_true_iff. tauto. Qed.

Lemma concerns_word : forall x, to_word x = true -> concerns x = true.
Proof using X a. intros x H. apply concerns_spec. auto. Qed.

Lemma hb_P : forall x y, hb project x y <-> happens_before x y.
Proof. intros x y. unfold hb. simpl. destruct (hb_decided x y); split; auto; discriminate. Qed.

Lemma write_not_half : forall x, an is_W x = true -> half x = false.
Proof.
  intros x H. destruct (half x) eqn:Q; [|reflexivity]. exfalso. apply half_spec in Q. destruct Q as (w & Q).
  destruct (x_rmw C _ _ Q) as (_ & _ & _ & _ & A & _). unfold an, atomic_R in *. destruct (act_of X x); discriminate.
Qed.

Lemma wr_P : forall x, wr project x <-> In x E /\ to_word x = true /\ an is_W x = true.
Proof.
  intros x. unfold wr. rewrite events_P. change (lab project x) with (lab_of x). unfold lab_of, an. split.
  - intros ((I & H & _) & L). split; [exact I|]. destruct (to_word x); [|exfalso; apply L; destruct (to_value x), (act_of X x); try reflexivity; destruct (Nat.eqb a a0); reflexivity].
    split; [reflexivity|]. destruct (act_of X x); simpl in *; congruence.
  - intros (I & T & A). split; [split; [exact I | split; [apply write_not_half; exact A | apply concerns_word; exact T]]|]. rewrite T.
    destruct (act_of X x); try discriminate. destruct (read_of x); discriminate.
Qed.

(** The event that reads for [e]: itself, or the read of the RMW. *)
Lemma rd_P : forall e, rd project e -> exists r, In r E /\ In e E /\ to_word r = true /\ to_word e = true /\ an is_R r = true
  /\ (r = e /\ an is_W e = false \/ rmw_of r e)
  /\ seen_from e = source r /\ rf (source r) r
  /\ reads_word (lab_of e) = Some (counts_at r)
  /\ (is_acquire (lab_of e) = true -> acq (mode_of (act_of X r)) = true).
Proof.
  intros e [I L]. apply events_P in I. destruct I as (I & H & _). change (lab project e) with (lab_of e) in L. unfold lab_of in *.
  destruct (to_word e) eqn:T.
  2:{ exfalso. apply L. destruct (to_value e), (act_of X e); try reflexivity; destruct (Nat.eqb a a0); reflexivity. }
  destruct (act_of X e) eqn:A; try (exfalso; apply L; reflexivity).
  - assert (AR : an is_R e = true) by (unfold an; rewrite A; reflexivity).
    assert (NR : read_of e = None).
    { destruct (read_of e) eqn:Q; [|reflexivity]. apply read_of_some in Q. destruct (x_rmw C _ _ Q) as (_ & _ & _ & _ & _ & B).
      unfold an, atomic_W in B. rewrite A in B. discriminate. }
    exists e. repeat split; auto.
    + left. split; [reflexivity|]. unfold an. rewrite A. reflexivity.
    + unfold seen_from. rewrite NR. reflexivity.
    + apply source_spec; assumption.
    + rewrite A. simpl. unfold order_of. simpl. destruct (acq o); auto.
  - destruct (read_of e) as [r|] eqn:Q; [|exfalso; apply L; reflexivity].
    pose proof (read_of_some _ _ Q) as M. destruct (x_rmw C _ _ M) as (IR & _ & _ & SL & AR & _).
    assert (AR' : an is_R r = true) by (unfold an, atomic_R in *; destruct (act_of X r); auto; discriminate).
    exists r. repeat split; auto.
    + rewrite (same_loc_word _ _ SL). exact T.
    + unfold seen_from. rewrite Q. reflexivity.
    + apply source_spec; assumption.
    + simpl. unfold order_of. destruct (acq (mode_of (act_of X r))), (rls o); auto.
Qed.

Lemma reader_before : forall e r, r = e /\ an is_W e = false \/ rmw_of r e -> r = e \/ happens_before r e.
Proof. intros e r [[-> _]|H]; [left; reflexivity | right; apply rmw_hb; exact H]. Qed.

Lemma source_wr : forall r, In r E -> to_word r = true -> rf (source r) r -> wr project (source r).
Proof.
  intros r I T H. destruct (x_rf C _ _ H) as (IW & _ & AW & _ & SL & _). apply wr_P. split; [exact IW|]. split; [|exact AW].
  rewrite (same_loc_word _ _ SL). exact T.
Qed.

(** *** The modification order, as a list *)

Lemma insert_in : forall x l y, In y (insert x l) <-> y = x \/ In y l.
Proof.
  induction l as [|z l IH]; simpl; intros y; [intuition|]. destruct (mob X x z); simpl; [intuition|]. rewrite IH. intuition.
Qed.

Lemma sorted_in : forall l y, In y (fold_right insert [] l) <-> In y l.
Proof. induction l as [|x l IH]; simpl; intros y; [tauto|]. rewrite insert_in, IH. intuition. Qed.

Fixpoint ordered (l : list nat) : Prop :=
  match l with [] => True | x :: l => (forall y, In y l -> co x y) /\ ordered l end.

Lemma insert_ordered : forall x l, (forall y, In y l -> co x y \/ co y x) -> ordered l -> ordered (insert x l).
Proof.
  induction l as [|z l IH]; simpl; intros T O; [split; [intros y [] | exact I]|]. destruct O as [O1 O2].
  destruct (mob X x z) eqn:M; simpl.
  - split; [|split; assumption]. intros y [<-|Y]; [exact M | eapply (x_mo_trans C); [exact M | apply O1; exact Y]].
  - split; [|apply IH; auto]. intros y Y. apply insert_in in Y. destruct Y as [->|Y]; [|apply O1; exact Y].
    destruct (T z (or_introl eq_refl)) as [Q|Q]; [unfold co in Q; congruence | exact Q].
Qed.

Lemma sorted_ordered : forall l, NoDup l -> (forall x y, In x l -> In y l -> x = y \/ co x y \/ co y x) -> ordered (fold_right insert [] l).
Proof.
  induction l as [|x l IH]; simpl; intros N T; [exact I|]. inversion N; subst. apply insert_ordered.
  - intros y Y. apply (proj1 (sorted_in _ _)) in Y. destruct (T x y (or_introl eq_refl) (or_intror Y)) as [->|Q]; [contradiction | exact Q].
  - apply IH; auto.
Qed.

Lemma ordered_nth : forall l, ordered l -> forall i j x y, nth_error l i = Some x -> nth_error l j = Some y -> i < j -> co x y.
Proof.
  induction l as [|z l IH]; intros O i j x y A B L; [destruct i; discriminate|]. destruct O as [O1 O2].
  destruct j; [lia|]. destruct i; simpl in *.
  - injection A as <-. apply O1. eapply nth_error_In. exact B.
  - eapply IH; [exact O2 | exact A | exact B | lia].
Qed.

Lemma ordered_nodup : forall l, ordered l -> NoDup l.
Proof.
  induction l as [|z l IH]; intros O; constructor; destruct O as [O1 O2]; auto. intros I. exact (x_mo_irr C z (O1 z I)).
Qed.

Lemma mo_in : forall x, In x (mo project) <-> wr project x.
Proof.
  intros x. simpl. rewrite sorted_in, wr_P. unfold word_writes. rewrite filter_In, andb_true_iff. unfold an. tauto.
Qed.

Lemma mo_ordered : ordered (mo project).
Proof.
  simpl. apply sorted_ordered.
  - apply NoDup_filter. exact (x_nodup C).
  - intros x y A B. unfold word_writes in *. rewrite filter_In, andb_true_iff in *. destruct A as (I & T & A), B as (J & U & B).
    apply (x_mo_total C); auto. apply same_word_loc; assumption.
Qed.

Lemma mo_lt_P : forall x y, wr project x -> wr project y -> (mo_lt project x y <-> co x y).
Proof.
  intros x y A B. split.
  - intros (i & j & I & J & L). eapply ordered_nth; [apply mo_ordered | exact I | exact J | exact L].
  - intros H. apply mo_in in A. apply mo_in in B. apply In_nth_error in A. apply In_nth_error in B. destruct A as [i I], B as [j J].
    exists i, j. split; [exact I|]. split; [exact J|]. destruct (lt_eq_lt_dec i j) as [[L|L]|L]; [exact L | |].
    + exfalso. subst j. assert (x = y) by congruence. subst y. exact (x_mo_irr C x H).
    + exfalso. apply (x_mo_irr C x). eapply (x_mo_trans C); [exact H|]. eapply ordered_nth; [apply mo_ordered | exact J | exact I | exact L].
Qed.

Lemma mo_lt_wr : forall x y, mo_lt project x y -> wr project x /\ wr project y.
Proof. intros x y (i & j & I & J & _). split; apply mo_in; eapply nth_error_In; eassumption. Qed.

Lemma total_P : forall x y, wr project x -> wr project y -> x = y \/ co x y \/ co y x.
Proof.
  intros x y A B. apply wr_P in A. apply wr_P in B. destruct A as (I & T & A), B as (J & U & B).
  apply (x_mo_total C); auto. apply same_word_loc; assumption.
Qed.

(** *** Release sequences and synchronises-with *)

Lemma is_update_P : forall e, is_update (lab_of e) = true -> exists r, read_of e = Some r /\ to_word e = true.
Proof.
  intros e U. unfold lab_of in U. destruct (to_word e); [|destruct (to_value e), (act_of X e); try discriminate; destruct (Nat.eqb a a0); discriminate].
  destruct (act_of X e); try discriminate. destruct (read_of e); [eauto | discriminate].
Qed.

Lemma rs_P : forall w x, rs project w x -> star E (seq E rf rmw_of) w x.
Proof.
  intros w x H. induction H as [|x u H IH I U <-]; [left; reflexivity|]. right.
  change (lab project u) with (lab_of u) in U. destruct (is_update_P _ U) as (r & Q & T).
  pose proof (read_of_some _ _ Q) as M. destruct (x_rmw C _ _ M) as (IR & _ & _ & _ & AR & _).
  assert (AR' : an is_R r = true) by (unfold an, atomic_R in *; destruct (act_of X r); auto; discriminate).
  pose proof (source_spec r IR AR') as RF.
  assert (S1 : seq E rf rmw_of (source r) u) by (exists r; auto).
  assert (EQ : src project u = source r) by (simpl; unfold seen_from; rewrite Q; reflexivity). rewrite EQ in IH.
  destruct IH as [->|IH]; [apply plus_one; exact S1 | eapply plus_trans; [exact IH | apply (in_rf _ _ RF) | apply plus_one; exact S1]].
Qed.

Lemma sw_P : forall w e, sw project w e -> happens_before w e.
Proof.
  intros w e (Ww & RL & RD & AQ & RS). change (lab project w) with (lab_of w) in RL. change (lab project e) with (lab_of e) in AQ.
  destruct (rd_P e RD) as (r & IR & IE & TR & TE & AR & RE & SF & RF & _ & ACQ). specialize (ACQ AQ).
  pose proof Ww as Ww'. apply wr_P in Ww'. destruct Ww' as (IW & TW & AW).
  assert (RELW : rls (mode_of (act_of X w)) = true).
  { unfold is_release, lab_of in RL. rewrite TW in RL. destruct (act_of X w) eqn:A; try discriminate.
    destruct (read_of w); [|discriminate]. unfold order_of in RL. simpl. destruct (acq (mode_of (act_of X n))), (rls o); auto. }
  assert (ATW : an atomic_W w = true).
  { unfold an, atomic_W, is_W in *. destruct (act_of X w); try discriminate. simpl in *. destruct o; auto. }
  assert (ATR : an atomic_R r = true).
  { unfold an, atomic_R, is_R in *. destruct (act_of X r); try discriminate. simpl in *. destruct o; auto. }
  apply rs_P in RS. change (src project e) with (seen_from e) in RS. rewrite SF in RS.
  assert (ISW : In (source r) E) by apply (in_rf _ _ RF).
  assert (S1 : release_sequence w (source r)).
  { exists w. split; [exact IW|]. split; [split; [reflexivity | exact AW]|]. exists w. split; [exact IW|].
    split; [destruct wide; [left; reflexivity | split; reflexivity]|]. exists w. split; [exact IW|]. split; [split; [reflexivity | exact ATW] | exact RS]. }
  assert (S2 : synchronises w r).
  { exists w. split; [exact IW|]. split; [split; [reflexivity | exact RELW]|]. exists w. split; [exact IW|]. split; [left; reflexivity|].
    exists (source r). split; [exact ISW|]. split; [exact S1|]. exists r. split; [exact IR|]. split; [exact RF|].
    exists r. split; [exact IR|]. split; [split; [reflexivity | exact ATR]|]. exists r. split; [exact IR|]. split; [left; reflexivity|].
    split; [reflexivity | exact ACQ]. }
  assert (H : happens_before w r) by (apply plus_one; right; exact S2).
  destruct (reader_before _ _ RE) as [<-|B]; [exact H | eapply hb_trans; eassumption].
Qed.

(** ** The theorem *)

Theorem project_consistent : consistent project.
Proof.
  constructor.
  - simpl. apply NoDup_filter. exact (x_nodup C).
  - intros x H. apply hb_P in H. exact (hb_irr _ H).
  - intros x y z A B. apply hb_P in A. apply hb_P in B. apply hb_P. eapply hb_trans; eassumption.
  - intros w r H. apply hb_P. apply sw_P. exact H.
  - exact mo_in.
  - apply ordered_nodup, mo_ordered.
  - intros x y A B U V. apply wr_P in A. apply wr_P in B. destruct A as (I & T & A), B as (J & T' & B).
    change (lab project x) with (lab_of x) in U. change (lab project y) with (lab_of y) in V.
    apply ONE; auto.
    + unfold lab_of in U. rewrite T in U. unfold an in A. destruct (act_of X x); try discriminate. destruct (read_of x); [discriminate | reflexivity].
    + unfold lab_of in V. rewrite T' in V. unfold an in B. destruct (act_of X y); try discriminate. destruct (read_of y); [discriminate | reflexivity].
  - intros e H. destruct (rd_P e H) as (r & IR & IE & TR & TE & AR & RE & SF & RF & RW & _).
    change (src project e) with (seen_from e). rewrite SF. pose proof (source_wr r IR TR RF) as WS. split; [exact WS|].
    change (lab project e) with (lab_of e). rewrite RW. change (lab project (source r)) with (lab_of (source r)).
    apply wr_P in WS. destruct WS as (_ & T & A). destruct (x_rf C _ _ RF) as (_ & _ & _ & _ & _ & EQ).
    assert (CA : counts_at (source r) = counts_at r) by (unfold counts_at; rewrite EQ; reflexivity). rewrite <- CA.
    unfold lab_of. rewrite T. unfold an in A. destruct (act_of X (source r)); try discriminate. destruct (read_of (source r)); reflexivity.
  - intros e H U. destruct (rd_P e H) as (r & IR & IE & TR & TE & AR & RE & SF & RF & RW & _).
    change (lab project e) with (lab_of e) in U. destruct (is_update_P _ U) as (r' & Q & _). pose proof (read_of_some _ _ Q) as M.
    assert (r = r') as <-.
    { destruct RE as [[-> NW]|RE]; [|exact (x_rmw_r C _ _ _ RE M)]. destruct (x_rmw C _ _ M) as (_ & _ & _ & _ & _ & B).
      unfold an, atomic_W, is_W in *. destruct (act_of X e); discriminate. }
    change (src project e) with (seen_from e). rewrite SF.
    pose proof (source_wr r IR TR RF) as WS.
    assert (WE : wr project e).
    { apply wr_P. split; [exact IE|]. split; [exact TE|]. destruct (x_rmw C _ _ M) as (_ & _ & _ & _ & _ & B).
      unfold an, atomic_W in *. apply andb_true_iff in B. apply B. }
    pose proof (rmw_hb _ _ M) as HB.
    split.
    + apply mo_lt_P; auto. destruct (total_P _ _ WS WE) as [EQ|[Q1|Q1]]; [exfalso | exact Q1 | exfalso].
      * apply (coherent _ _ HB). apply rf_eco. rewrite <- EQ. exact RF.
      * apply (coherent _ _ HB). eapply eco_trans; [apply co_eco; exact Q1 | apply (in_rf _ _ RF) | apply rf_eco; exact RF].
    + intros x A B. destruct (mo_lt_wr _ _ A) as [_ WX]. apply mo_lt_P in A; auto. apply mo_lt_P in B; auto.
      apply (x_atomicity C r e M). exists x. split; [apply wr_P in WX; apply WX|]. split; [|exact B].
      exists (source r). split; [apply (in_rf _ _ RF)|]. split; [exact RF | exact A].
  - intros x y H A B. apply hb_P in H. apply mo_lt_P; auto. destruct (total_P _ _ A B) as [->|[Q|Q]]; [exfalso; exact (hb_irr _ H) | exact Q|].
    exfalso. apply (coherent _ _ H). apply co_eco. exact Q.
  - intros e y H A B. apply hb_P in H. destruct (rd_P e A) as (r & IR & IE & TR & TE & AR & RE & SF & RF & _).
    change (src project e) with (seen_from e). rewrite SF. pose proof (source_wr r IR TR RF) as WS. apply mo_lt_P; auto.
    assert (H' : happens_before r y) by (destruct (reader_before _ _ RE) as [->|Q]; [exact H | eapply hb_trans; eassumption]).
    destruct (total_P _ _ WS B) as [EQ|[Q|Q]]; [exfalso | exact Q | exfalso].
    + apply (coherent _ _ H'). apply rf_eco. rewrite <- EQ. exact RF.
    + apply (coherent _ _ H'). eapply eco_trans; [apply co_eco; exact Q | apply (in_rf _ _ RF) | apply rf_eco; exact RF].
  - intros x e H A B. apply hb_P in H. destruct (rd_P e B) as (r & IR & IE & TR & TE & AR & RE & SF & RF & _).
    change (src project e) with (seen_from e). rewrite SF. pose proof (source_wr r IR TR RF) as WS.
    destruct (total_P _ _ A WS) as [EQ|[Q|Q]]; [left; exact EQ | right; apply mo_lt_P; auto|]. exfalso.
    destruct RE as [[-> _]|M]; [apply (coherent _ _ H); eapply rb_eco; eassumption|].
    (* an RMW: nothing comes between what it reads and what it writes *)
    assert (WE : wr project e).
    { apply wr_P. split; [exact IE|]. split; [exact TE|]. destruct (x_rmw C _ _ M) as (_ & _ & _ & _ & _ & W').
      unfold an, atomic_W in *. apply andb_true_iff in W'. apply W'. }
    destruct (total_P _ _ A WE) as [EQ|[Q'|Q']].
    + subst x. exact (hb_irr _ H).
    + apply (x_atomicity C r e M). exists x. split; [apply (hb_in _ _ H)|]. split; [|exact Q'].
      exists (source r). split; [apply (in_rf _ _ RF)|]. split; [exact RF | exact Q].
    + apply (coherent _ _ H). apply co_eco. exact Q'.
  - intros e f H A B. apply hb_P in H. destruct (rd_P e A) as (r & IR & IE & TR & TE & AR & RE & SF & RF & _).
    destruct (rd_P f B) as (s & IS & IF & TS & TF & AS & SE & SF' & RF' & _).
    change (src project e) with (seen_from e). change (src project f) with (seen_from f). rewrite SF, SF'.
    pose proof (source_wr r IR TR RF) as WR. pose proof (source_wr s IS TS RF') as WS.
    assert (H' : happens_before r f) by (destruct (reader_before _ _ RE) as [->|Q]; [exact H | eapply hb_trans; eassumption]).
    destruct (total_P _ _ WR WS) as [EQ|[Q|Q]]; [left; exact EQ | right; apply mo_lt_P; auto|]. exfalso.
    destruct SE as [[-> _]|M].
    + apply (coherent _ _ H'). eapply eco_trans; [eapply rb_eco; [exact RF' | exact Q] | apply (in_rf _ _ RF) | apply rf_eco; exact RF].
    + assert (WF : wr project f).
      { apply wr_P. split; [exact IF|]. split; [exact TF|]. destruct (x_rmw C _ _ M) as (_ & _ & _ & _ & _ & W').
        unfold an, atomic_W in *. apply andb_true_iff in W'. apply W'. }
      destruct (total_P _ _ WF WR) as [EQ|[Q'|Q']].
      * apply (coherent _ _ H'). rewrite EQ. apply rf_eco. exact RF.
      * apply (coherent _ _ H'). eapply eco_trans; [apply co_eco; exact Q' | apply (in_rf _ _ RF) | apply rf_eco; exact RF].
      * apply (x_atomicity C s f M). exists (source r). split; [apply (in_rf _ _ RF)|]. split; [|exact Q'].
        exists (source s). split; [apply (in_rf _ _ RF')|]. split; [exact RF' | exact Q].
Qed.

(** ** Races, in the textbook's terms

    Two accesses to the value, one of them exclusive; the free, and any access to the word or to the value; the word's
    initialisation, and any access to it. *)
Definition races (x y : nat) : Prop :=
  (to_value x = true /\ to_value y = true /\ (by_owner (touches x) = true \/ by_owner (touches y) = true))
  \/ (act_of X x = D a /\ (to_word y = true \/ to_value y = true \/ act_of X y = D a))
  \/ (to_word x = true /\ an is_W x = true /\ read_of x = None /\ to_word y = true).

Lemma to_word_access : forall x, to_word x = true -> an is_R x = true \/ an is_W x = true.
Proof. intros x H. unfold to_word, an in *. destruct (act_of X x); simpl in *; auto; discriminate. Qed.

Lemma word_or_value : forall x, to_value x = true -> to_word x = false.
Proof. intros x H. unfold to_value, to_word in *. destruct (loc_of (act_of X x)) as [[]|]; auto; discriminate. Qed.

Lemma free_label : forall x, act_of X x = D a -> lab_of x = Free.
Proof. intros x H. unfold lab_of, to_word, to_value. rewrite H. simpl. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma value_label : forall x, to_value x = true -> lab_of x = Value (touches x).
Proof. intros x H. unfold lab_of. rewrite (word_or_value _ H), H. reflexivity. Qed.

Lemma word_label : forall x, to_word x = true -> lab_of x <> Else.
Proof.
  intros x H. unfold lab_of. rewrite H. destruct (to_word_access x H) as [A|A]; unfold an in A; destruct (act_of X x); try discriminate.
  destruct (read_of x); discriminate.
Qed.

Lemma races_conflict : forall x y, In x E -> In y E -> x <> y -> races x y -> EndToEnd.conflict project x y.
Proof.
  intros x y IX IY N [(A & B & Q)|[(A & Q)|(T & A & NR & U)]]; unfold EndToEnd.conflict;
    change (lab project x) with (lab_of x); change (lab project y) with (lab_of y).
  - left. exists (touches x), (touches y). rewrite (value_label _ A), (value_label _ B). auto.
  - right. left. split; [apply free_label; exact A|]. destruct Q as [Q|[Q|Q]].
    + apply word_label. exact Q.
    + rewrite (value_label _ Q). discriminate.
    + rewrite (free_label _ Q). discriminate.
  - right. right. split.
    + exists (counts_at x). unfold lab_of. rewrite T. unfold an in A. destruct (act_of X x); try discriminate. rewrite NR. reflexivity.
    + unfold lab_of. rewrite U. destruct (to_word_access y U) as [B|B]; unfold an in B; destruct (act_of X y) eqn:AY; try discriminate.
      destruct (read_of y) eqn:RY; [discriminate|]. exfalso. apply N. apply ONE; auto. unfold an. rewrite AY. reflexivity.
Qed.

Lemma races_concern : forall x y z, z = x \/ z = y -> races x y -> concerns z = true.
Proof.
  intros x y z Z RC. apply concerns_spec. unfold races in RC.
  destruct Z as [-> | ->]; destruct RC as [(A & B & _)|[(A & B)|(A & _ & _ & B)]]; tauto.
Qed.

(** (An RMW is one event here, its write: [half y = false].) *)
Theorem c11_race_free : EndToEnd.disciplined project ->
  forall x y, In x E -> In y E -> half x = false -> half y = false -> x <> y -> races x y ->
  happens_before x y \/ happens_before y x.
Proof.
  intros DI x y IX IY HX HY N RC.
  destruct (EndToEnd.race_free project project_consistent DI x y) as [H|H].
  - apply events_P. repeat split; auto. eapply races_concern; [left; reflexivity | exact RC].
  - apply events_P. repeat split; auto. eapply races_concern; [right; reflexivity | exact RC].
  - exact N.
  - apply races_conflict; assumption.
  - left. apply hb_P. exact H.
  - right. apply hb_P. exact H.
Qed.

Theorem c11_free_is_last : EndToEnd.disciplined project ->
  forall f x, In f E -> In x E -> half x = false -> x <> f -> act_of X f = D a ->
  to_word x = true \/ to_value x = true \/ act_of X x = D a -> happens_before x f.
Proof.
  intros DI f x IF IX HX N F T. apply hb_P. apply (EndToEnd.free_is_last project project_consistent DI f x).
  - apply events_P. split; [exact IF|]. split; [|apply concerns_spec; auto]. destruct (half f) eqn:Q; [|reflexivity]. apply half_spec in Q. destruct Q as (w & Q).
    destruct (x_rmw C _ _ Q) as (_ & _ & _ & _ & B & _). unfold an, atomic_R in B. rewrite F in B. discriminate.
  - apply free_label. exact F.
  - apply events_P. split; [exact IX|]. split; [exact HX | apply concerns_spec; exact T].
  - exact N.
  - change (lab project x) with (lab_of x). destruct T as [T|[T|T]].
    + apply word_label. exact T.
    + rewrite (value_label _ T). discriminate.
    + rewrite (free_label _ T). discriminate.
Qed.

Lemma value_of_label : forall e t, lab_of e = Value t -> to_value e = true /\ touches e = t.
Proof.
  intros e t H. unfold lab_of in H. destruct (to_word e); [exfalso; destruct (act_of X e); try discriminate H; destruct (read_of e); discriminate H|].
  destruct (to_value e); [split; congruence|]. destruct (act_of X e); try discriminate H. destruct (Nat.eqb a a0); discriminate H.
Qed.

Lemma value_of_label_takes : forall e, EndToEnd.takes (lab_of e) -> to_value e = true /\ (touches e = VDrop \/ touches e = VMove).
Proof. intros e [H|H]; apply value_of_label in H; destruct H; auto. Qed.

(** After the value is dropped or moved out, no access to it, but to one that was put in meanwhile. *)
Theorem c11_value_is_there : EndToEnd.disciplined project ->
  forall d x, In d E -> In x E -> half d = false -> half x = false -> x <> d -> to_value d = true -> to_value x = true ->
  touches d = VDrop \/ touches d = VMove -> touches x <> VInit ->
  happens_before x d \/ exists i, In i E /\ to_value i = true /\ touches i = VInit /\ happens_before d i /\ happens_before i x.
Proof.
  intros DI d x ID IX HD HX N VD VX TK NI.
  assert (EV : forall e, In e E -> half e = false -> to_value e = true -> In e (Graph.events project)).
  { intros e I H V. apply events_P. repeat split; auto. apply concerns_spec. auto. }
  destruct (EndToEnd.value_is_there project project_consistent DI d x (touches x)) as [H|(i & I & LI & A & B)]; auto.
  - change (lab project d) with (lab_of d). unfold EndToEnd.takes. rewrite (value_label _ VD). destruct TK as [-> | ->]; auto.
  - apply value_label. exact VX.
  - left. apply hb_P. exact H.
  - right. exists i. apply events_P in I. destruct I as (I & _ & _). change (lab project i) with (lab_of i) in LI.
    apply value_of_label in LI.
    split; [exact I|]. split; [apply LI|]. split; [apply LI|]. split; apply hb_P; assumption.
Qed.

(** When no agent is left, the memory has been freed; and each value that was put in has been dropped or moved out, if there was no
    silent drop, of a MaybeUninit. *)
Theorem c11_nothing_left : forall uninit,
  (exists L, told project L /\ (forall x, In x L <-> In x (Graph.events project)) /\ Own.own_ uninit code project L []) ->
  (exists f, In f E /\ act_of X f = D a)
  /\ (uninit = false -> forall i, In i E -> half i = false -> to_value i = true -> touches i = VInit ->
       exists d, In d E /\ to_value d = true /\ (touches d = VDrop \/ touches d = VMove) /\ happens_before i d).
Proof.
  intros uninit DI. destruct (EndToEnd.nothing_left project project_consistent uninit DI) as [(f & F & LF) GONE]. split.
  - apply events_P in F. exists f. split; [apply F|]. change (lab project f) with (lab_of f) in LF. unfold lab_of in LF.
    destruct (to_word f); [destruct (act_of X f); try discriminate LF; destruct (read_of f); discriminate LF|].
    destruct (to_value f); [discriminate LF|]. destruct (act_of X f); try discriminate LF.
    destruct (Nat.eqb a a0) eqn:Q; [|discriminate LF]. apply Nat.eqb_eq in Q. rewrite Q. reflexivity.
  - intros U i I HI V TI. destruct (GONE U i) as (d & J & TK & B).
    + apply events_P. repeat split; auto. apply concerns_spec. auto.
    + change (lab project i) with (lab_of i). rewrite (value_label _ V), TI. reflexivity.
    + apply events_P in J. exists d. split; [apply J|]. change (lab project d) with (lab_of d) in TK. apply value_of_label_takes in TK.
      split; [apply TK|]. split; [apply TK | apply hb_P; exact B].
Qed.

End C11.
