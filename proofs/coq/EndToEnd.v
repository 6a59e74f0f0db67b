(** * Every execution that keeps the discipline is free of races

    The theorems about C11's executions: no data race on the value, no race of an access to the word with its initialisation,
    nothing after the free ([race_free], [free_is_last]), and each value taken once ([once]). *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Terms Corollaries Graph Own Run.
Import ListNotations.

(** The discipline: told in some order that keeps happens-before, reads-from and the modification order, the events are steps of
    agents.  (A consistent execution has such orders, [linear_extension].) *)
Definition disciplined (G : graph) : Prop :=
  exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ exists ags, own code G L ags.

(** Two accesses that form a data race if neither happens before the other: two to the value, one of them a write; the free,
    and any other access to the word or to the value; the word's initialisation, and an access to it. *)
Definition conflict (G : graph) (x y : nat) : Prop :=
  (exists a b, lab G x = Value a /\ lab G y = Value b /\ (by_owner a = true \/ by_owner b = true))
  \/ (lab G x = Free /\ lab G y <> Else)
  \/ ((exists w, lab G x = Init w) /\ reads_word (lab G y) <> None).

Section EndToEnd.
Variable G : graph.
Hypothesis C : consistent G.
Hypothesis disciplined_G : disciplined G.

Lemma safe_in : forall was L1 y L2, all_safe G was (L1 ++ y :: L2) -> safe_at G was y L2.
Proof. induction L1; simpl; intros y L2 H; [apply H | apply IHL1; apply H]. Qed.

Lemma order : forall L, told G L -> forall x y, In x L -> In y L -> x <> y ->
  (exists L1 L2, L = L1 ++ y :: L2 /\ In x L2) \/ (exists L1 L2, L = L1 ++ x :: L2 /\ In y L2).
Proof.
  intros L T x y X Y N. destruct (in_split _ _ Y) as (L1 & L2 & ->). apply in_app_iff in X. destruct X as [X|[X|X]].
  - right. destruct (in_split _ _ X) as (K1 & K2 & ->). exists K1, (K2 ++ y :: L2). rewrite <- app_assoc. split; [reflexivity|].
    apply in_app_iff. simpl. auto.
  - congruence.
  - left. eauto.
Qed.

Theorem race_free : forall x y, In x (events G) -> In y (events G) -> x <> y -> conflict G x y -> hb G x y \/ hb G y x.
Proof.
  destruct disciplined_G as (L & T & COV & ags & O).
  destruct (graph_is_run G C L ags O T) as (was & _ & SAFE).
  assert (Q : forall x y L1 L2, L = L1 ++ y :: L2 -> In x L2 -> conflict G x y \/ conflict G y x -> hb G x y).
  { intros x y L1 L2 -> X CF. pose proof (proj2 (safe_in _ _ _ _ SAFE)) as S.
    destruct CF as [[(a & b & A & B & D)|[(A & B)|((w & A) & B)]]|[(a & b & A & B & D)|[(A & B)|((w & A) & B)]]].
    - assert (NE : lab G y <> Else) by (rewrite B; discriminate). destruct (S NE x X) as (S1 & S2 & _).
      destruct (by_owner b) eqn:OB; [eapply S1; eauto|]. destruct b; try discriminate. destruct D; [eapply S2; eauto | discriminate].
    - exfalso. destruct (S B x X) as (_ & _ & _ & _ & NF). exact (NF A).
    - assert (NE : lab G y <> Else) by (intros E; rewrite E in B; apply B; reflexivity).
      destruct (S NE x X) as (_ & _ & _ & S4 & _). apply S4; eauto.
    - assert (NE : lab G y <> Else) by (rewrite A; discriminate). destruct (S NE x X) as (S1 & S2 & _).
      destruct (by_owner a) eqn:OA; [eapply S1; eauto|]. destruct a; try discriminate. destruct D; [discriminate | eapply S2; eauto].
    - assert (NE : lab G y <> Else) by (rewrite A; discriminate). destruct (S NE x X) as (_ & _ & S3 & _). apply S3; auto.
    - (* y is the initialisation, told after x, which reads the word: impossible *)
      exfalso. 
      assert (RX : rd G x).
      { split; [apply COV; apply in_app_iff; simpl; auto | exact B]. }
      assert (IY : In y (events G)) by (apply COV; apply in_app_iff; simpl; auto).
      pose proof (init_at_0 G C y w IY A) as A0. destruct (rd_src_at G C _ RX) as [i I].
      assert (BEF : before G y x \/ y = src G x \/ True) by auto.
      clear BEF.
      assert (TY : ~ In y L2 /\ (forall z, In z (events G) -> forall K1 K2, L2 = K1 ++ z :: K2 -> forall u, In u (events G) -> before G u z -> In u K2)).
      { clear - T. induction L1 as [|e L1 IH]; simpl in T.
        - destruct T as (_ & N & _ & T). split; [exact N|]. intros z _ K1. revert T. generalize L2. clear.
          induction K1 as [|k K1 IH]; simpl; intros L2 T K2 -> u U B; simpl in T; destruct T as (_ & _ & Q & T); [auto | eapply IH; eauto].
        - apply IH. apply T. }
      destruct TY as [NY CL]. destruct (in_split _ _ X) as (K1 & K2 & E). apply NY. rewrite E. apply in_app_iff. right. right.
      assert (SX : In (src G x) K2).
      { apply (CL x (proj1 RX) K1 K2 E (src G x)); [apply (at_wr G C _ _ I) | right; left; auto]. }
      destruct (Nat.eq_dec (src G x) y) as [<-|NE]; [exact SX|].
      assert (MO : mo_lt G y (src G x)).
      { exists 0, i. split; [exact A0|]. split; [exact I|]. destruct i; [|lia]. exfalso. apply NE. eapply at_fun; eassumption. }
      destruct (in_split _ _ SX) as (J1 & J2 & E2).
      assert (In y J2); [|rewrite E2; apply in_app_iff; simpl; auto].
      apply (CL (src G x) (proj1 (at_wr G C _ _ I)) (K1 ++ x :: J1) J2); [rewrite E, E2, <- app_assoc; reflexivity | exact IY | right; right; exact MO]. }
  intros x y X Y N CF. apply COV in X. apply COV in Y.
  destruct (order L T x y X Y N) as [(L1 & L2 & E & I)|(L1 & L2 & E & I)].
  - left. eapply Q; eauto.
  - right. eapply Q; eauto.
Qed.

(** No access comes after the free, and there is only one free: every other access happens before it. *)
Theorem free_is_last : forall f x, In f (events G) -> lab G f = Free -> In x (events G) -> x <> f -> lab G x <> Else -> hb G x f.
Proof.
  destruct disciplined_G as (L & T & COV & ags & O).
  destruct (graph_is_run G C L ags O T) as (was & _ & SAFE).
  intros f x F LF X N NE. apply COV in F. apply COV in X.
  destruct (order L T x f X F N) as [(L1 & L2 & E & I)|(L1 & L2 & E & I)]; subst L.
  - destruct (proj2 (safe_in _ _ _ _ SAFE) ltac:(rewrite LF; discriminate) x I) as (_ & _ & S & _). auto.
  - destruct (proj2 (safe_in _ _ _ _ SAFE) NE f I) as (_ & _ & _ & _ & S). contradiction.
Qed.

(** Once the value is dropped or moved out, no access comes after, until another value is put in. *)
Definition takes (l : label) : Prop := l = Value VDrop \/ l = Value VMove.

Lemma there_since : forall was L d, In d L -> takes (lab G d) -> there G was L = true ->
  exists L1 i L2, L = L1 ++ i :: L2 /\ lab G i = Value VInit /\ In d L2.
Proof.
  intros was L. induction L as [|e L IH]; intros d I TK TH; [destruct I|]. simpl in TH.
  assert (D : d = e \/ In d L) by (destruct I; auto).
  assert (GO : there G was L = true -> d <> e -> exists L1 i L2, e :: L = L1 ++ i :: L2 /\ lab G i = Value VInit /\ In d L2).
  { intros TL N. destruct D as [->|J]; [congruence|]. destruct (IH d J TK TL) as (L1 & i & L2 & -> & LI & K).
    exists (e :: L1), i, L2. auto. }
  assert (SELF : d = e -> lab G e = Value VDrop \/ lab G e = Value VMove) by (intros ->; exact TK).
  destruct (lab G e) as [| | |[]| |] eqn:LE; try discriminate TH; try (apply GO; [exact TH | intros Q; destruct (SELF Q); discriminate]).
  exists [], e, L. split; [reflexivity|]. split; [exact LE|]. destruct D as [Q|J]; [destruct (SELF Q); discriminate | exact J].
Qed.

Theorem value_is_there : forall d x t, In d (events G) -> In x (events G) -> x <> d -> takes (lab G d) -> lab G x = Value t -> t <> VInit ->
  hb G x d \/ exists i, In i (events G) /\ lab G i = Value VInit /\ hb G d i /\ hb G i x.
Proof.
  destruct disciplined_G as (L & T & COV & ags & O). destruct (graph_is_run G C L ags O T) as (was & _ & SAFE).
  intros d x t D X N TK LX NI.
  assert (OD : exists td, lab G d = Value td /\ by_owner td = true) by (destruct TK as [-> | ->]; eauto).
  destruct OD as (td & LD & OD). apply COV in D. apply COV in X.
  destruct (order L T d x D X (fun E => N (eq_sym E))) as [(L1 & L2 & -> & I)|(L1 & L2 & -> & I)].
  - right. destruct (safe_in _ _ _ _ SAFE) as [FX SX].
    assert (TH : there G was L2 = true) by (unfold finds in FX; rewrite LX in FX; destruct t; congruence).
    destruct (there_since was L2 d I TK TH) as (K1 & i & K2 & -> & LI & K). exists i.
    assert (II : In i (K1 ++ i :: K2)) by (apply in_app_iff; simpl; auto).
    split; [apply COV; apply in_app_iff; simpl; auto|]. split; [exact LI|]. split.
    + assert (SI : safe_at G was i K2).
      { eapply (safe_in was (L1 ++ x :: K1)). rewrite <- app_assoc. exact SAFE. }
      destruct (proj2 SI ltac:(rewrite LI; discriminate) d K) as (S1 & _). eapply S1; eauto.
    + destruct (SX ltac:(rewrite LX; discriminate) i II) as (S1 & S2 & _).
      destruct (by_owner t) eqn:OT; [eapply S1; eauto | destruct t; try discriminate; eapply S2; eauto].
  - left. destruct (proj2 (safe_in _ _ _ _ SAFE) ltac:(rewrite LD; discriminate) x I) as (S1 & _). eapply S1; eauto.
Qed.

(** Exactly once: the machine's theorems hold of the run that matches the execution.  [m] is the memory at its end. *)
Theorem once : exists m ags0 ags,
  (exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ own code G L ags0)
  /\ reachable code (Ok (State m ags)) /\ Forall2 (agent_rel (fun _ _ => True)) ags0 ags
  /\ last m + 1 = length (mo G)
  /\ drops m + moves m + Nat.b2n (present m) = inits m /\ drops m <= 1 /\ frees m <= 1
  /\ (ags0 = [] -> frees m = 1 /\ present m = false).
Proof.
  destruct disciplined_G as (L & T & COV & ags0 & O).
  destruct (own_reaches G C L ags0 O T) as (m & ags1 & w & RE & FA & AW & IW & _ & MAX).
  exists m, ags0, ags1. split; [eauto|]. split; [exact RE|]. split; [exact FA|].
  destruct (at_most_once m ags1 RE) as (A & B & D & _).
  split; [|split; [exact A|split; [exact B|split; [exact D|]]]].
  - assert (LT : last m < length (mo G)) by (apply nth_error_Some; unfold at_ in AW; congruence).
    destruct (nth_error (mo G) (length (mo G) - 1)) as [z|] eqn:Z.
    + assert (In z L) by (apply COV; apply (at_wr G C _ _ Z)). pose proof (MAX _ _ Z H). lia.
    + apply nth_error_None in Z. lia.
  - intros ->. inversion FA. subst ags1. destruct (nothing_leaks _ RE) as (F & _ & P). auto.
Qed.

(** When no agent is left, the memory has been freed; and each value that was put in has been dropped or moved out, if there was no
    silent drop, of a MaybeUninit. *)
Lemma gone_since : forall was L i, In i L -> lab G i = Value VInit -> there G was L = false ->
  exists L1 d L2, L = L1 ++ d :: L2 /\ takes (lab G d) /\ In i L2.
Proof.
  intros was L. induction L as [|e L IH]; intros i I LI TH; [destruct I|]. simpl in TH.
  assert (GO : there G was L = false -> In i L -> exists L1 d L2, e :: L = L1 ++ d :: L2 /\ takes (lab G d) /\ In i L2).
  { intros TL J. destruct (IH i J LI TL) as (L1 & d & L2 & -> & TK & K). exists (e :: L1), d, L2. auto. }
  destruct I as [->|J]; [rewrite LI in TH; discriminate|].
  assert (TAKES : takes (lab G e) -> exists L1 d L2, e :: L = L1 ++ d :: L2 /\ takes (lab G d) /\ In i L2) by (intros TK; exists [], e, L; auto).
  destruct (lab G e) as [| | |[]| |]; try discriminate TH; try (apply GO; assumption); apply TAKES; [left | right]; reflexivity.
Qed.

Theorem nothing_left : forall uninit, (exists L, told G L /\ (forall x, In x L <-> In x (events G)) /\ own_ uninit code G L []) ->
  (exists f, In f (events G) /\ lab G f = Free)
  /\ (uninit = false -> forall i, In i (events G) -> lab G i = Value VInit -> exists d, In d (events G) /\ takes (lab G d) /\ hb G i d).
Proof.
  intros uninit (L & T & COV & O). destruct (own_ends G C L O T) as (GONE & f & F & LF). split; [exists f; split; [apply COV; exact F | exact LF]|].
  intros U i I LI. destruct (GONE U) as (was & TH). apply COV in I. destruct (gone_since was L i I LI TH) as (L1 & d & L2 & -> & TK & J).
  exists d. split; [apply COV; apply in_app_iff; simpl; auto|]. split; [exact TK|].
  destruct (graph_is_run G C _ _ O T) as (was' & _ & SAFE). destruct (safe_in _ _ _ _ SAFE) as [_ S].
  destruct TK as [TK|TK]; destruct (S ltac:(rewrite TK; discriminate) i J) as (S1 & _); eapply S1; eauto.
Qed.
End EndToEnd.
