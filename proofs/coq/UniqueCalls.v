(** * make_mut, into_unique, try_into_unique, the raw counts: what their texts do

    Most of these texts are pinned here: the tree of the text is written out, access by access, with what follows each answer.  They
    make a second allocation, which is a second run of the machine; and [into_unique] releases first, for which Model.v has no rule.
    [leave_weaks_follows] and [from_only_handle_follows] say of two parts that they follow the machine. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails SharedCalls OwnCalls CloneCalls.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** ** Arc::increment_strong_count, decrement_strong_count *)

Theorem arc_increment_strong_count : forall n p P,
  follows p Strong P false (fun v pts => v = vunit /\ pts = [At Strong Idle; At Strong Idle]) (fun _ => False)
    (tree_of n Arc_increment_strong_count [VNum p]) [At Strong Idle].
Proof.
  intros n p P. compute_run. constants. apply (adding_strong p P 0 1); [lia | lia |].
  here. apply (settle_silent false _ [At Strong Idle] (Held 1) [] [At Strong Idle]); [apply to_next_last | apply settled; leaves].
Qed.

Theorem arc_decrement_strong_count : forall n p R P,
  tree_of n (Arc_decrement_strong_count R P) [VNum p] = tree_of n (Fn ["self"%string] (Let PAny (call (Arc_drop R P) [Var "self"]) unit)) [VNum p].
Proof. intros n p [|] [|]; reflexivity. Qed.

(** ** Weak::strong_count, weak_count *)

Theorem weak_strong_count : forall n p, (p =? 18446744073709551615) = false ->
  tree_of n Weak_strong_count [VNum p] = tree_of n Arc_strong_count [VNum p].
Proof. intros n p D. cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.eqb Z.max wrap Z.pow]. rewrite D. reflexivity. Qed.
Theorem weak_weak_count : forall n p P k, (p =? 18446744073709551615) = false ->
  follows p k P false (fun _ pts => pts = [At k Idle]) (fun _ => False) (tree_of n Weak_weak_count [VNum p]) [At k Idle].
Proof.
  intros n p P k D. dangling D. here. split; [strong_enough|]. intros i w S. exists [At k Idle].
  split; [head to_look; simpl; auto |].
  repeat branch; compute_run; done.
Qed.

(** What the counts are: those of the word, of which [weak_count] says 0 where there is no strong handle. *)
Theorem weak_count_counts : forall n p, (p =? 18446744073709551615) = false -> exists k,
  tree_of n Weak_weak_count [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w) = Ends (VNum (if Nat.eqb (strong w) 0 then 0 else Z.max 0 (Z.of_nat (weak w) - 1))).
Proof.
  intros n p D. eexists. split.
  - cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.max wrap Z.pow]. rewrite D.
    cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.max wrap Z.pow]. constants. reflexivity.
  - intros w S. cbn beta.
    repeat match goal with |- context [if ?c then _ else _] => destruct c eqn:? end;
    repeat match goal with H : (_ =? _)%nat = true |- _ => apply Nat.eqb_eq in H | H : (_ =? _)%nat = false |- _ => apply Nat.eqb_neq in H end;
    first [do 2 f_equal; arith | exfalso; arith].
Qed.
Theorem arc_counts_counts : forall n p, exists k,
  tree_of n Arc_counts [VNum p] = TLoad Access.counts Acquire p k
  /\ forall w, sane w -> k (bits w)
      = Ends (VCon "Counts" [("strong"%string, VNum (Z.of_nat (strong w))); ("weak"%string, VNum (Z.max 0 (Z.of_nat (weak w) - 1)))]).
Proof.
  intros n p. eexists. split.
  - cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.max wrap Z.pow]. constants. reflexivity.
  - intros w S. cbn beta. destruct (counts_counts w S) as (A & B & E & F). rewrite A, E, B, F. reflexivity.
Qed.

(** ** Arc::leave_weaks: the part of make_mut and try_into_unique for the case of other Weaks

    [release]: the implicit weak is released, and if it was the last, the memory freed. *)
(** The function [f] of [this: &mut Self], and with its result what it leaves in [this]. *)
Definition with_this (f : fn) : fn :=
  Fn ["this"%string] (Let (PVar "result") (call_mut "this" f [])
    (Con "both" [("0"%string, Var "result"); ("1"%string, Var "this")])).

Ltac same :=
  cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.leb Z.eqb Z.lor Z.max Z.min signed wrap negb Z.pow]; constants; reflexivity.

Section Trees.
Variables (R P : bool) (p : Z).

Definition release (fin : tree) : tree :=
  if R then
    TFetch Access.release_weak AcqRel p 18446744073709551615 (fun v =>
      if 1 <? v mod 1073741824 then fin
      else if negb (wrap (v - 1) =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck)
  else
    TFetch Access.release_weak Release p 18446744073709551615 (fun v =>
      if 1 <? v mod 1073741824 then fin
      else TLoad Access.release_weak_last Acquire p (fun v =>
        if negb (v =? 18446744072635809792) then Aborted else TMem MFree p fin Stuck)).

(** The value moves to a new allocation, whose word is UNIQUE, if the word is still as it was seen; if not, the allocation is freed. *)
Definition leaving_weaks (seen : Z) (yes : Z -> tree) (no unwinds : tree) : tree :=
  TAllocate 1 (fun q =>
    TCas Access.steal false Acquire Relaxed p seen (wrap (seen - 1073741824))
      (TMem MMove p (TMem MInit q
        (if negb (wrap (seen - 1073741824) =? Z.lor 18446744072635809792 1) then release (yes q) else TMem MFree p (yes q) Stuck) Stuck) Stuck)
      (fun _ => TMem MFree q no Stuck)) unwinds.

Theorem leave_weaks_tree : forall n seen,
  tree_of n (Arc_leave_weaks R P) [VNum p; VCon "Seen" [("0"%string, VNum seen)]] = leaving_weaks seen (fun _ => Ends (VBool true)) (Ends (VBool false)) Unwound.
Proof. intros n seen. unfold leaving_weaks, release. destruct R, P; reflexivity. Qed.
(** The release of the strong handle [q], which is the last one; otherwise a panic. *)
Definition giving_up (q : Z) (fin unwinds : tree) : tree :=
  TFetch Access.release_strong (if R then AcqRel else Release) q 18446744072635809792 (fun v =>
    if 1073741824 <=? signed v then unwinds else fin).

(** [Arc_drop], of which OwnCalls.v treats, and how its caller goes on. *)
Definition dropping (fin unwinds : tree) : tree :=
  den 1 (body (Arc_drop R P)) [("self"%string, VNum p)] (fun fl _ => match fl with Unwinds => unwinds | Breaks _ => Stuck | _ => fin end).

(** ** Arc::make_mut, one round of its loop ([More]: it goes round again) *)

Definition cloning (yes : Z -> tree) : tree :=
  TAllocate 1 (fun q =>
    TUser [VNum p] (fun _ => TMem MInit q (dropping (yes q) Unwound) Stuck) (TMem MFree q Unwound Stuck)) Unwound.

Definition looking (unique : tree) (left : Z -> tree) (unwinds shared : tree) : tree :=
  TLoad Access.sole Acquire p (fun v =>
    if v =? 1 then unique
    else if wrap (v + 1073741824) / 1073741824 =? 1 then leaving_weaks v left More unwinds
    else shared).

Theorem make_unique_tree : tree_of 1 (with_this (Arc_make_unique R P)) [VNum p]
  = looking (Ends (both vunit (VNum p))) (fun q => Ends (both vunit (VNum q))) Unwound (cloning (fun q => Ends (both vunit (VNum q)))).
Proof. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.

Theorem make_mut_tree : tree_of 1 (with_this (Arc_make_mut R P)) [VNum p]
  = TLoad Access.is_unique Acquire p (fun v =>
      if negb (v =? 1) then
        looking (Ends (both (VNum p) (VNum p))) (fun q => Ends (both (VNum q) (VNum q))) Unwound
          (cloning (fun q => Ends (both (VNum q) (VNum q))))
      else Ends (both (VNum p) (VNum p))).
Proof. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.

(** ** UniqueArc::from_only_handle, Arc::try_into_unique *)

Theorem from_only_handle_tree : forall n, tree_of n (UniqueArc_from_only_handle R P) [VNum p] = giving_up p (Ends (VNum p)) Unwound.
Proof. intros n. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.

Theorem try_into_unique_tree : tree_of 1 (Arc_try_into_unique R P) [VNum p]
  = looking (giving_up p (Ends (vok (VNum p))) Unwound) (fun q => giving_up q (Ends (vok (VNum q))) Unwound)
      (dropping Unwound Aborted) (Ends (verr (VNum p))).
Proof. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.

(** ** UniqueArc::leave_weaks, Arc::into_unique *)

Theorem unique_leave_weaks_tree : forall n, tree_of n (UniqueArc_leave_weaks R P) [VNum p]
  = TAllocate 1 (fun q =>
      TLoad Access.take_value Acquire p (fun left =>
        if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
        else
          let free fin := if negb (left =? Z.lor 18446744072635809792 1) then release fin else TMem MFree p fin Stuck in
          TMem MMove p (TMem MInit q (giving_up q (free (Ends (VNum q))) (free Unwound)) Stuck) Stuck))
      (den 1 (body (UniqueArc_drop R P)) [("self"%string, VNum p)]
        (fun fl _ => match fl with Unwinds => Aborted | Breaks _ => Stuck | _ => Unwound end)).
Proof. intros n. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.

Theorem into_unique_tree : forall n, tree_of n (Arc_into_unique R P) [VNum p]
  = TFetch Access.release_strong (if R then AcqRel else Release) p 18446744072635809792 (fun v =>
      if 1073741824 <=? signed v then Ends vnone
      else
        let taken left :=
          if negb (wrap (left + 1073741824) / 1073741824 =? 0) then Aborted
          else if left =? Z.lor 18446744072635809792 1 then Ends (vsome (VNum p))
          else den 1 (body (UniqueArc_leave_weaks R P)) [("self"%string, VNum p)]
            (fun fl _ => match fl with Lang.Value u | Returns u => Ends (vsome u) | Unwinds => Unwound | Breaks _ => Stuck end) in
        if R then taken (wrap (wrap (v - 0) - 1073741824)) else TLoad Access.take_value Acquire p taken).
Proof. intros n. unfold looking, leaving_weaks, cloning, giving_up, dropping, release. destruct R, P; same. Qed.
End Trees.

(** The only handle becomes a UniqueArc: of an Arc that has read UNIQUE. *)
Theorem from_only_handle_follows : forall n R P p,
  follows p Strong P true (fun v pts => v = VNum p /\ pts = [At (Building true) Idle]) (fun _ => False)
    (tree_of n (UniqueArc_from_only_handle R P) [VNum p]) [At Strong Exclusive].
Proof.
  intros n R P p. rewrite from_only_handle_tree. unfold giving_up. destruct R.
  all: here; split; [strong_enough|]; intros w S C; assert (w = Model.UNIQUE) by (inversion C as [|? ? C1 C']; exact C1); subst w;
    exists (minus_strong Model.UNIQUE), [At (Building true) Idle]; (split; [split; [split; vm_compute; reflexivity | vm_compute; reflexivity]|]);
    (split; [plain; head to_into_unique|]); (split; [less|left]); (branch; [discriminate | done]).
Qed.

(** It follows the machine, for the allocation that it leaves. *)
Theorem leave_weaks_follows : forall R P p i w, sane w -> strong w = 1%nat -> weak w <> 1%nat ->
  follows p Strong P true
    (fun v pts => v = VBool true /\ pts = [] \/ v = VBool false /\ pts = [At Strong Idle]) (fun pts => pts = [At Strong (Stealing i w)])
    (leaving_weaks R p (bits w) (fun _ => Ends (VBool true)) (Ends (VBool false)) Unwound) [At Strong (Stealing i w)].
Proof.
  intros R P p i w S O N. unfold leaving_weaks, release. here. split; [|intros _; apply settled; reflexivity].
  intros q Q. apply Z.eqb_neq in Q. destruct R.
  all: here; split; [strong_enough|]; split; [strong_enough|]; split; [reflexivity|]; split;
   [ intros w1 S1 C1 E; assert (w1 = w) as -> by (apply bits_injective; auto using sane_within); counts C1;
     exists (minus_strong w), [Task (Owner HandOut false)]; split; [split; [in_fields | unfold wrap; unfold bits; fields; unfold STRONG, M; rewrite Zminus_mod_idemp_l; f_equal; lia]|]; split; [plain; head to_steal_done|]; split; [less|];
     here; exists [Task Releasing]; split; [head (to_take_shared HandOut)|split; [|discriminate]];
     here; rewrite Q; split; [|discriminate]; branch; [releasing; done | exfalso; arith]
   | intros j w1 S1 E; exists w, [At Strong Idle]; split; [exact S|]; split; [reflexivity|]; split; [head to_steal_failed |];
     here; rewrite Q; split; [done | discriminate]].
Qed.
