(** * One effect at a time: how the invariant is preserved

    For each kind of effect (a load, a read-modify-write, an access to the value) one lemma says what has to be shown of the new agents,
    so that the new state is live.  The files of steps use them. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons.
Import ListNotations.

Lemma others_are_quiet_not : forall m a rest b, live m (a :: rest) -> In b rest ->
  ~ quiet b /\ (1 <= strongs b -> now m <> UNIQUE) /\ (owners b = 1 -> weak (now m) <> 1).
Proof.
  intros m a rest b L I.
  pose proof (every_agent_counts m (a :: rest) (l_agents _ _ L)) as E.
  pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. pose proof (l_one _ _ L) as O.
  assert (N : 1 <= length rest) by (destruct rest; [destruct I | simpl; lia]).
  pose proof (sum_in strongs _ _ I) as IS. pose proof (sum_in owners _ _ I) as IO.
  simpl in *.
  assert (HU : 1 <= strongs b -> now m <> UNIQUE).
  { intros B U. rewrite U in *. simpl in *. lia. }
  assert (HO : owners b = 1 -> weak (now m) <> 1) by lia.
  split; [|split; assumption].
  pose proof (l_agents _ _ L b (or_intror I)) as OK. intros Q. destruct b as [k ts|n V|[] V]; simpl in Q; try contradiction.
  - destruct Q as (t & J & X). destruct OK as (_ & _ & T & _). destruct (T t J) as (_ & _ & _ & F & K).
    destruct k; try (destruct (at_place t) as [| | | | | |[]]; simpl in F, X; discriminate). destruct K as [_ K]. destruct (K X) as [U _].
    apply HU; [simpl; lia | exact U].
  - destruct alone; [|contradiction]. destruct OK as (_ & _ & _ & K). destruct (K eq_refl) as [U _]. exact (HO eq_refl U).
Qed.

(** If an agent is alone without a value, there is no other agent. *)
Lemma no_other_hole : forall m a rest, live m (a :: rest) -> sum holes rest = 0.
Proof.
  intros m a rest L. assert (Q : forall b, In b rest -> holes b = 0).
  { intros b I. destruct (others_are_quiet_not m a rest b L I) as (NQ & _). destruct b as [[]|n V|t V]; try reflexivity.
    simpl in *. clear I. induction ts as [|t ts IH]; [reflexivity|]. simpl. rewrite IH.
    - destruct (at_place t) eqn:E; try reflexivity. exfalso. apply NQ. exists t. rewrite E. simpl. auto.
    - intros (u & J & X). apply NQ. exists u. simpl. auto. }
  clear L. induction rest as [|b rest IH]; [reflexivity|]. simpl. rewrite Q by (left; reflexivity). apply IH. intros c I. apply Q. right. exact I.
Qed.

Lemma no_own_hole : forall m k p l V q, handle_ok m k (p ++ Tok l V :: q) -> l <> Empty -> tally is_empty (p ++ Tok l V :: q) = 0.
Proof.
  intros m k p l V q (_ & LN & _) NE. destruct LN as [LN|LN].
  - rewrite app_length in LN. simpl in LN. destruct p, q; simpl in *; try lia. destruct l; simpl; congruence.
  - revert LN. generalize (p ++ Tok l V :: q). intros ts LN. induction ts as [|t ts IH]; [reflexivity|]. simpl. rewrite IH.
    + specialize (LN t (or_introl eq_refl)). destruct (at_place t); simpl in *; congruence.
    + intros u I. apply LN. right. exact I.
Qed.

Ltac members :=
  repeat match goal with
         | |- context [flat_map _ (_ ++ _)] => rewrite flat_map_app
         | H : context [flat_map _ (_ ++ _)] |- _ => rewrite flat_map_app in H
         end;
  repeat rewrite in_app_iff in *.

(** ** Loads, synchronisation, and steps with no effect *)

Definition light (e : effect) : Prop :=
  match e with Nothing | Learn _ | LoadWord _ _ _ => True | _ => False end.

Lemma light_unwritten : forall m V e, light e -> unwritten m (memory_after e m V).
Proof. intros m V e H. destruct m, e; simpl in H; try contradiction; repeat split. Qed.

Lemma live_light : forall m a rest V e bs, live m (a :: rest) -> light e ->
  let m' := memory_after e m V in
  oldest (view_after e m V) <= last m ->
  sum strongs bs = strongs a -> sum weaks bs = weaks a -> sum owners bs = owners a -> sum takers bs = takers a ->
  sum makers bs = makers a -> sum holes bs = holes a ->
  incl (events a) (flat_map events bs) -> incl (holder_events a) (flat_map holder_events bs) ->
  (clock m' <> clock m -> In (clock m) (flat_map events bs)) ->
  (forall b, In b bs -> agent_ok m' b) ->
  live m' (bs ++ rest).
Proof.
  intros m a rest V e bs L E m' HV S W O T M Ho HE HH HC HB.
  assert (U : unwritten m m') by (apply light_unwritten; exact E).
  assert (REST : forall b, In b rest -> agent_ok m' b).
  { intros b I. apply agent_unwritten with m; auto.
    - left. subst m'. destruct m, e; simpl in *; try contradiction; auto.
    - intros Q. destruct (others_are_quiet_not m a rest b L I) as (NQ & _). contradiction.
    - apply (l_agents _ _ L). right. exact I. }
  assert (CK : clock m' = clock m \/ clock m' = Datatypes.S (clock m))
    by (subst m'; destruct m, e; simpl in *; try contradiction; auto).
  assert (SAME : newest m' = newest m /\ last m' = last m /\ writes m' = writes m /\ reads m' = reads m
    /\ present m' = present m /\ frees m' = frees m /\ inits m' = inits m /\ drops m' = drops m /\ moves m' = moves m)
    by (subst m'; destruct m, e; simpl in *; try contradiction; repeat split; auto).
  destruct SAME as (E1 & E2 & E3 & E4 & E5 & E6 & E7 & E8 & E9).
  destruct L. simpl in *.
  constructor; unfold now, value_event in *; rewrite ?sum_app, ?S, ?W, ?O, ?T, ?M, ?Ho, ?E1, ?E2, ?E3, ?E4, ?E5, ?E6, ?E7, ?E8, ?E9; auto.
  - intros x X. assert (D : x < clock m \/ (clock m' <> clock m /\ x = clock m)) by lia.
    members. destruct D as [D|[D ->]].
    + specialize (l_known x D). specialize (HE x). members. tauto.
    + specialize (HC D). tauto.
  - intros P x X. specialize (l_value_known P x X). specialize (HH x). members. tauto.
  - intros b I. apply in_app_iff in I. destruct I; auto.
  - intros x X. specialize (l_clock x X). lia.
Qed.

(** ** RMWs *)

Lemma live_modify : forall m a rest V o w bs, live m (a :: rest) ->
  let m' := memory_after (ModifyWord o w) m V in
  strong w = sum strongs bs + sum strongs rest ->
  weak w = sum weaks bs + sum weaks rest + (sum owners bs + sum owners rest)
           + Nat.min 1 (sum strongs bs + sum strongs rest) ->
  sum owners bs + sum owners rest + Nat.min 1 (sum strongs bs + sum strongs rest) <= 1 ->
  1 <= weak w ->
  Nat.b2n (present m) + (sum holes bs + sum holes rest)
    = Nat.min 1 (sum strongs bs + sum strongs rest + (sum takers bs + sum takers rest)) ->
  drops m + Nat.min 1 (sum strongs bs + sum strongs rest + (sum takers bs + sum takers rest) + (sum makers bs + sum makers rest)) <= 1 ->
  incl (clock m :: events a) (released (newest m') ++ flat_map events bs) ->
  (present m = true -> incl (holder_events a) (released (newest m') ++ flat_map holder_events bs)) ->
  (1 <= strong w -> 1 <= strong (now m) \/ incl (writes m) (released (newest m'))) ->
  strong w = 0 \/ sum owners rest = 0 ->
  (forall b, In b bs -> agent_ok m' b) ->
  live m' (bs ++ rest).
Proof.
  intros m a rest V o w bs L m' S W O P T M HE HH HW HO HB.
  assert (MORE : one_more m m' w) by apply passed_on.
  assert (SAME : writes m' = writes m /\ reads m' = reads m /\ clock m' = Datatypes.S (clock m)
    /\ present m' = present m /\ frees m' = frees m /\ inits m' = inits m /\ drops m' = drops m /\ moves m' = moves m)
    by (subst m'; destruct m; simpl in *; repeat split; auto).
  destruct SAME as (E1 & E2 & E3 & E4 & E5 & E6 & E7 & E8).
  assert (REST : forall b, In b rest -> agent_ok m' b).
  { intros b I. destruct (others_are_quiet_not m a rest b L I) as (NQ & NU & NO).
    apply agent_more with m w; auto.
    - intros B. pose proof (sum_in owners _ _ I). lia.
    - intros B. pose proof (sum_in strongs _ _ I). lia.
    - apply (l_agents _ _ L). right. exact I. }
  pose proof (more_last _ _ _ MORE) as LAST. destruct MORE as (_ & NOW & REL).
  destruct L. simpl in *.
  constructor; unfold value_event in *; rewrite ?sum_app, ?NOW, ?E1, ?E2, ?E3, ?E4, ?E5, ?E6, ?E7, ?E8; auto; try lia.
  - intros x X. members. assert (D : x < clock m \/ x = clock m) by lia. destruct D as [D| ->].
    + specialize (l_known x D). specialize (HE x). specialize (REL x). simpl in HE. members. tauto.
    + specialize (HE (clock m)). simpl in HE. members. tauto.
  - intros E x X. specialize (l_value_known E x X). specialize (HH E x). specialize (REL x). members. tauto.
  - intros b I. apply in_app_iff in I. destruct I; auto.
  - intros x X. specialize (l_clock x X). lia.
Qed.

(** ** Reading the value *)

Lemma live_read : forall m a rest V b, live m (a :: rest) ->
  let m' := memory_after ReadValue m V in
  oldest V <= last m ->
  1 <= strongs a \/ owners a = 1 ->
  strongs b = strongs a -> weaks b = weaks a -> owners b = owners a -> takers b = takers a -> makers b = makers a ->
  holes b = holes a ->
  incl (clock m :: events a) (events b) -> incl (clock m :: holder_events a) (holder_events b) ->
  agent_ok m' b ->
  live m' (b :: rest).
Proof.
  intros m a rest V b L m' HV A S W O T M Ho HE HH HB.
  assert (U : unwritten m m') by (subst m'; destruct m; repeat split).
  assert (SAME : newest m' = newest m /\ last m' = last m /\ writes m' = writes m /\ reads m' = clock m :: reads m
    /\ clock m' = Datatypes.S (clock m)
    /\ present m' = present m /\ frees m' = frees m /\ inits m' = inits m /\ drops m' = drops m /\ moves m' = moves m)
    by (subst m'; destruct m; simpl in *; repeat split; auto).
  destruct SAME as (E1 & E2 & E3 & E4 & E5 & E6 & E7 & E8 & E9 & E10).
  assert (REST : forall c, In c rest -> agent_ok m' c).
  { intros c I. apply agent_unwritten with m; auto.
    - right. pose proof (l_one _ _ L). simpl in *. pose proof (sum_in owners _ _ I). lia.
    - intros Q. destruct (others_are_quiet_not m a rest c L I) as (NQ & _). contradiction.
    - apply (l_agents _ _ L). right. exact I. }
  destruct L. simpl in *.
  constructor; unfold now, value_event in *; simpl; rewrite ?S, ?W, ?O, ?T, ?M, ?Ho, ?E1, ?E2, ?E3, ?E4, ?E5, ?E6, ?E7, ?E8, ?E9, ?E10; auto.
  - intros x X. members. assert (D : x < clock m \/ x = clock m) by lia. destruct D as [D| ->].
    + specialize (l_known x D). specialize (HE x). simpl in HE. members. tauto.
    + specialize (HE (clock m)). simpl in HE. tauto.
  - intros P x X. specialize (HH x). simpl in *. specialize (l_value_known P x). members. tauto.
  - intros c [<-|I]; auto.
  - intros x [X|[<-|X]]; try lia; pose proof (l_clock x); intuition lia.
Qed.

(** ** Writing it: initialise, write, drop, move out *)

Definition heavy (e : effect) : Prop :=
  match e with WriteValue | InitValue | DropValue | MoveValue => True | _ => False end.

Lemma live_write : forall m a rest V e b, live m (a :: rest) -> heavy e ->
  let m' := memory_after e m V in
  oldest V <= last m ->
  rest = [] \/ owners a = 1 ->
  strongs b = strongs a -> weaks b = weaks a -> owners b = owners a ->
  Nat.b2n (present m') + (holes b + sum holes rest) = Nat.min 1 (strongs a + sum strongs rest + (takers b + sum takers rest)) ->
  drops m' + Nat.min 1 (strongs a + sum strongs rest + (takers b + sum takers rest) + (makers b + sum makers rest)) <= 1 ->
  drops m' + moves m' + Nat.b2n (present m') = inits m' ->
  incl (clock m :: events a) (events b) ->
  (present m' = true -> forall x, x = clock m \/ value_event m x -> In x (holder_events b)) ->
  agent_ok m' b ->
  live m' (b :: rest).
Proof.
  intros m a rest V e b L E m' HV A S W O P I1 I2 HE HH HB.
  assert (U : same_word m m') by (subst m'; destruct m, e; simpl in E; try contradiction; repeat split).
  assert (SAME : newest m' = newest m /\ last m' = last m /\ writes m' = clock m :: writes m /\ reads m' = reads m
    /\ clock m' = Datatypes.S (clock m) /\ frees m' = frees m)
    by (subst m'; destruct m, e; simpl in *; try contradiction; repeat split; auto).
  destruct SAME as (E1 & E2 & E3 & E4 & E5 & E6).
  assert (REST : forall c, In c rest -> agent_ok m' c).
  { intros c I. destruct A as [->|A]; [destruct I|].
    pose proof (l_one _ _ L) as ONE. pose proof (l_strong _ _ L) as ST. simpl in *.
    pose proof (sum_in strongs _ _ I). pose proof (sum_in owners _ _ I).
    apply agent_written with m; auto; try lia.
    apply (l_agents _ _ L). right. exact I. }
  destruct L. simpl in *.
  constructor; unfold now, value_event in *; simpl; rewrite ?S, ?W, ?O, ?E1, ?E2, ?E3, ?E4, ?E5, ?E6; auto.
  - intros x X. members. assert (D : x < clock m \/ x = clock m) by lia. destruct D as [D| ->].
    + specialize (l_known x D). specialize (HE x). simpl in HE. members. tauto.
    + specialize (HE (clock m)). simpl in HE. tauto.
  - intros Q x X. specialize (HH Q x). simpl in *. members. intuition.
  - intros c [<-|I]; auto.
  - intros x [[<-|X]|X]; try lia; pose proof (l_clock x); intuition lia.
Qed.
