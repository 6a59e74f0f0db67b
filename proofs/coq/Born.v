(** * An allocation begins in the middle of a call

    [born t]: wherever the tree [t] allocates, with the word [w], the rest of it follows the machine from one of Model.v's beginnings with
    that word, whatever the place is.  So a call that takes a handle of another allocation, and makes this one, is a beginning, too. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Model Word Graph Own Points Rules Tails Play.
Import ListNotations.
Local Open Scope Z_scope.

(** [start_new], [start_empty], [start_building] *)
Definition beginning (w : word) (pt : point) : Prop :=
  w = UNIQUE /\ (pt = At Strong Idle \/ pt = At Strong Empty) \/ w = Word 0 1 /\ pt = At (Building false) Idle.

Section Born.
Variables (p : Z) (k0 : kind) (P : bool) (post : val -> list point -> Prop) (unwound : list point -> Prop).

Fixpoint born (t : tree) : Prop :=
  match t with
  | Ends _ | Unwound | Aborted | Stuck | More => True
  | TLoad _ _ _ k | TFetch _ _ _ _ k => forall v, born (k v)
  | TCas _ _ _ _ _ _ _ yes no => born yes /\ forall v, born (no v)
  | TAllocate z k u =>
      (exists w pt, z = bits w /\ within w /\ beginning w pt /\ follows p k0 P true post unwound (k p) [pt])
      /\ (forall q, q <> p -> born (k q)) /\ (P = false -> born u)
  | TMem o _ k u => born k /\ (o = MDrop -> P = false -> born u)
  | TUser what _ k u => (forall v, answers what v -> born (k v)) /\ (P = false -> born u)
  end.

Lemma born_elsewhere : forall t t', elsewhere P p t t' -> born t -> born t'.
Proof. intros t t' E B. destruct E; simpl in B; repeat match goal with H : _ /\ _ |- _ => destruct H end; auto. Qed.

Lemma born_begins : forall t w rest, begins P p t w rest -> born t ->
  exists pt, beginning w pt /\ follows p k0 P true post unwound rest [pt].
Proof.
  intros t w rest H B. induction H as [w k u W|t t' w rest E H IH]; [|apply IH; eapply born_elsewhere; eauto].
  destruct B as ((w0 & pt & E & W0 & BE & F) & _). rewrite (bits_injective w w0 W W0 E). exists pt. auto.
Qed.

(** A call follows the machine through what is not of this allocation. *)
Lemma follows_elsewhere : forall u t t' pts, elsewhere P p t t' -> follows_ u p k0 P true post unwound t pts ->
  settles true (follows_ u p k0 P true post unwound t') pts.
Proof.
  assert (N : forall q, q <> p -> (q =? p) = false) by (intros; apply Z.eqb_neq; assumption).
  intros u t t' pts E F. destruct E; cbn [follows_] in F; rewrite ?N in F by assumption;
    repeat match goal with H : _ /\ _ |- _ => destruct H end; auto; apply settled; auto.
Qed.
End Born.

(** ** Tactics: a run with which this allocation has nothing to do, or no more

    [N]: the accesses are to another place. *)

Ltac conditions :=
  match goal with
  | |- context [if ?c then _ else _] =>
      lazymatch c with context [if _ then _ else _] => fail | _ => destruct c eqn:? end
  end.
Ltac one_away N :=
  lazymatch goal with
  | |- follows_ _ _ _ _ _ _ _ (Ends _) _ => cbn [follows_]; apply settled
  | |- follows_ _ _ _ _ _ _ _ Unwound _ => cbn [follows_]; apply settled; reflexivity
  | |- follows_ _ _ _ _ _ _ _ Aborted _ => exact I
  | |- follows_ _ _ _ _ _ _ _ (if ?c then _ else _) _ => destruct c eqn:?
  | |- follows_ _ _ _ _ _ _ _ (TLoad _ _ _ _) _ => here; rewrite N; let v := fresh "v" in intros v; cbn beta
  | |- follows_ _ _ _ _ _ _ _ (TFetch _ _ _ _ _) _ => here; rewrite N; let v := fresh "v" in intros v; cbn beta
  | |- follows_ _ _ _ _ _ _ _ (TCas _ _ _ _ _ _ _ _ _) _ => here; rewrite N; split; [|let v := fresh "v" in intros v; cbn beta]
  | |- follows_ _ _ _ _ _ _ _ (TMem MDrop _ _ _) _ => here; rewrite N; split; [|intros _ ?; try discriminate]
  | |- follows_ _ _ _ _ _ _ _ (TMem _ _ _ _) _ => here; rewrite N; split; [|let H := fresh in intros H; discriminate H]
  | |- born _ _ _ _ _ (Ends _) => exact I
  | |- born _ _ _ _ _ Unwound => exact I
  | |- born _ _ _ _ _ Aborted => exact I
  | |- born _ _ _ _ _ (if ?c then _ else _) => destruct c eqn:?
  | |- born _ _ _ _ _ (TLoad _ _ _ ?k) => let Y := fresh in set (Y := k); cbn [born]; subst Y; let v := fresh "v" in intros v; cbn beta
  | |- born _ _ _ _ _ (TFetch _ _ _ _ ?k) => let Y := fresh in set (Y := k); cbn [born]; subst Y; let v := fresh "v" in intros v; cbn beta
  | |- born _ _ _ _ _ (TCas _ _ _ _ _ _ _ ?yes ?no) =>
      let Y := fresh in let Z := fresh in set (Y := yes); set (Z := no); cbn [born]; subst Y Z; split; [|let v := fresh "v" in intros v; cbn beta]
  | |- born _ _ _ _ _ (TMem MDrop _ ?k ?u) =>
      let Y := fresh in let Z := fresh in set (Y := k); set (Z := u); cbn [born]; subst Y Z; split; [|intros _ ?; try discriminate]
  | |- born _ _ _ _ _ (TMem _ _ ?k ?u) =>
      let Y := fresh in let Z := fresh in set (Y := k); set (Z := u); cbn [born]; subst Y Z; split; [|let H := fresh in intros H; discriminate H]
  end.
Ltac compute_born :=
  match goal with |- born ?p ?k ?b ?q ?u ?t =>
    let t' := computed t in
    change (born p k b q u t')
  end.
