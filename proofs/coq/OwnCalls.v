(** * The operations that consume a handle, or borrow it mutably, follow the machine

    For each function of Code.v through [self] or [&mut self]: every access of its text is a step of Model.v, and at the
    end the call has left what it has to leave, for both values of RELEASE_ACQUIRES. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.
(** ** Arc::drop, and how its caller goes on *)

Definition dropping (R P : bool) (p : Z) (fin unwinds : tree) : tree :=
  den 1 (body (Arc_drop R P)) [("self"%string, VNum p)] (fun fl _ => match fl with Unwinds => unwinds | Breaks _ => Stuck | _ => fin end).

Lemma dropping_follows : forall p R P post unwound fin un, (p =? DANGLING) = false ->
  follows p Strong P true post unwound fin [] -> (P = false -> follows p Strong P true post unwound un []) ->
  follows p Strong P true post unwound (dropping R P p fin un) [At Strong Idle].
Proof.
  intros p R P post unwound fin un D F U. unfold dropping, Arc_drop. destruct R, P; dangling D; try specialize (U eq_refl).
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (minus_strong w); destruct (Nat.eq_dec (strong w) 1);
    [| exists []; split; [adds|]; split; [plain; head to_drop_shared|split; [less|]]; not_the_last].
  1,2: exists ([] ++ [Task (Owner Destroy (wrap (wrap (bits w - 0) - 1073741824) =? Z.lor 18446744072635809792 1))])%list;
    (split; [adds|]); (split; [|split; [less|left]]);
    [ eapply (spare [] _ []); [reflexivity | apply (to_drop_last w Destroy); [discriminate | assumption] | reflexivity | intros i; apply to_look_last; intros B; arith]
    | branch; [exfalso; arith|]; branch; [exact I|]; take_it ].
  all: exists ([] ++ [Task (LastDrop Destroy)])%list; (split; [adds|]); (split; [plain; head to_drop_last|split; [less|left]]);
    branch; [exfalso; arith|]; look_at_value (@nil point) Destroy; take_it.
Qed.

(** A call that drops its handle, and does nothing else. *)
Lemma only_drops : forall n f p R P, (p =? DANGLING) = false -> tree_of n f [VNum p] = dropping R P p (Ends vunit) Unwound ->
  follows p Strong P true (fun _ pts => pts = []) (fun pts => pts = []) (tree_of n f [VNum p]) [At Strong Idle].
Proof. intros n f p R P D ->. apply dropping_follows; [exact D | done | intros _; here; apply settled; reflexivity]. Qed.

Theorem arc_drop : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true (fun _ pts => pts = []) (fun pts => pts = []) (tree_of n (Arc_drop R P) [VNum p]) [At Strong Idle].
Proof. intros n p R P D. apply (only_drops _ _ _ R P); [exact D | unfold dropping; destruct R, P; same]. Qed.

Theorem arc_decrement_strong_count : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true (fun _ pts => pts = []) (fun pts => pts = []) (tree_of n (Arc_decrement_strong_count R P) [VNum p]) [At Strong Idle].
Proof. intros n p R P D. apply (only_drops _ _ _ R P); [exact D | unfold dropping; destruct R, P; same]. Qed.

(** Weak::drop *)
Theorem weak_drop : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true (fun _ pts => pts = []) (fun _ => False) (tree_of n (Weak_drop R) [VNum p]) [At Weak Idle].
Proof. intros n p R P D. destruct R; dangling D; weak_dropping; done. Qed.

(** Weak::into_strong *)
Theorem weak_into_strong : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true
    (fun v pts => v = vok (VNum p) /\ pts = [At Strong Idle] \/ v = verr (VNum p) /\ pts = [At Weak Idle])
    (fun _ => False)
    (tree_of n (Weak_into_strong R) [VNum p]) [At Weak Idle].
Proof.
  intros n p R P D. compute_run. rewrite D. compute_run. constants.
  here. split; [strong_enough|]. intros i w S.
  exists [At Weak (if Nat.eq_dec (strong w) 0 then Idle else IntoStrong i w)]. split.
  { destruct (Nat.eq_dec (strong w) 0); [head to_into_strong_none | head to_into_strong_look]. }
  match goal with |- context [rounds ?o ?K _ _] => set (once := o); set (K0 := K) end.
  generalize n at 1. intros m. revert i w S. induction m as [|m IH]; intros i w S; [exact I|].
  cbn [rounds]. unfold once at 1. compute_run. constants.
  destruct (Nat.eq_dec (strong w) 0) as [Z0|NZ].
  - branch; [|exfalso; arith]. branch; [|exfalso; arith]. done.
  - branch.
    { branch; [exfalso; arith|]. exact I. }
    here. split; [strong_enough|]. split; [strong_enough|]. split; [reflexivity|]. split.
    + intros w1 S1 C1 E. assert (w1 = w) as -> by (apply bits_injective; auto using sane_within). counts C1.
      exists (minus_weak (plus_strong w)), [At Strong Idle]. split; [adds|]. split; [plain; head to_into_strong_done|].
      split; [right; right; split; [right; fields; arith | left; fields; lia]|]. done.
    + intros j w1 S1 E. exists w, [At Weak (if Nat.eq_dec (strong w1) 0 then Idle else IntoStrong j w1)].
      split; [exact S|]. split; [reflexivity|]. split.
      { destruct (Nat.eq_dec (strong w1) 0); [head to_into_strong_failed_none | head to_into_strong_again]. }
      apply IH. exact S1.
Qed.

Lemma reads_one : forall w, sane w -> bits w = 1 -> w = UNIQUE.
Proof. intros w S E. apply bits_injective; [apply sane_within, S | split; reflexivity | exact E]. Qed.

(** Arc::get_mut *)
Theorem arc_get_mut : forall n p P,
  follows p Strong P true
    (fun v pts => v = vsome (VNum p) /\ pts = [At Strong Exclusive] \/ v = vnone /\ pts = [At Strong Idle]) (fun _ => False)
    (tree_of n Arc_get_mut [VNum p]) [At Strong Idle].
Proof.
  intros n p P. compute_run. here. split; [strong_enough|]. intros i w S. inside.
  - exists [At Strong Exclusive]. split; [head to_read_unique; simpl; auto; apply reads_one; auto; apply Z.eqb_eq; assumption | done].
  - exists [At Strong Idle]. split; [head to_look; simpl; auto | done].
Qed.

(** UniqueArc::into_arc, drop *)
Theorem unique_into_arc : forall n p R P,
  follows p Strong P true (fun v pts => v = VNum p /\ pts = [At Strong Idle]) (fun _ => False)
    (tree_of n (UniqueArc_into_arc R P) [VNum p]) [At (Building true) Idle].
Proof.
  intros n p R P. compute_run. constants. here. split; [strong_enough|]. intros w S C. counts C.
  exists (plus_strong w), [At Strong Idle]. split; [adds|]. split; [plain; head to_publish|]. split; [|left; done].
  right. right. split; [|left; fields; lia]. fields. lia.
Qed.

(** UniqueArc::drop, and how its caller goes on *)
Definition unique_dropping (R P : bool) (p : Z) (fin unwinds : tree) : tree :=
  den 1 (body (UniqueArc_drop R P)) [("self"%string, VNum p)] (fun fl _ => match fl with Unwinds => unwinds | Breaks _ => Stuck | _ => fin end).

Lemma unique_dropping_follows : forall p R P post unwound fin un, (p =? DANGLING) = false ->
  follows p Strong P true post unwound fin [] -> (P = false -> follows p Strong P true post unwound un []) ->
  follows p Strong P true post unwound (unique_dropping R P p fin un) [At (Building true) Idle].
Proof.
  intros p R P post unwound fin un D F U. unfold unique_dropping, UniqueArc_drop. destruct R, P; dangling D; try specialize (U eq_refl).
  all: here; split; [strong_enough|]; intros i w S.
  all: exists ([] ++ [Task (Owner Destroy (bits w =? Z.lor 18446744072635809792 1))])%list; split;
    [ eapply (reach_silent true _ _ _ []); [apply (to_abandon_looking Destroy); discriminate|]; apply (reach_last []); apply to_look_last; intros A; arith
    | branch; [exact I|]; take_it ].
Qed.

Theorem unique_drop : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true (fun _ pts => pts = []) (fun pts => pts = [])
    (tree_of n (UniqueArc_drop R P) [VNum p]) [At (Building true) Idle].
Proof.
  intros n p R P D.
  assert (E : tree_of n (UniqueArc_drop R P) [VNum p] = unique_dropping R P p (Ends vunit) Unwound) by (unfold unique_dropping; destruct R, P; same).
  rewrite E. apply unique_dropping_follows; [exact D | done | intros _; here; apply settled; reflexivity].
Qed.

(** UniqueArc::into_inner, write, assume_init *)
Theorem unique_into_inner : forall n p R P,
  follows p Strong P true (fun _ pts => pts = []) (fun pts => pts = [])
    (tree_of n (UniqueArc_into_inner R P) [VNum p]) [At (Building true) Idle].
Proof.
  intros n p R P. destruct R, P; compute_run; constants.
  all: here; split; [strong_enough|]; intros i w S.
  all: exists ([] ++ [Task (Owner HandOut (bits w =? Z.lor 18446744072635809792 1))])%list; split;
    [ eapply (reach_silent true _ _ _ []); [apply (to_abandon_looking HandOut); discriminate|]; apply (reach_last []); apply to_look_last; intros A; arith
    | branch; [exact I|]; take_it ].
Qed.

Theorem unique_write : forall n p R P v,
  follows p Strong P true (fun r pts => r = VNum p /\ pts = [At (Building true) Idle]) (fun _ => False)
    (tree_of n (UniqueArc_write R P) [VNum p; v]) [At (Building false) Idle].
Proof. intros n p R P v. destruct R, P; compute_run; constants; (eapply mem; [head to_init_value | done | discriminate]). Qed.

(** Arc::into_inner *)
Theorem arc_into_inner : forall n p R P,
  follows p Strong P true (fun v pts => pts = []) (fun _ => False)
    (tree_of n (Arc_into_inner R P) [VNum p]) [At Strong Idle].
Proof.
  intros n p R P. destruct R, P; compute_run; constants.
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (minus_strong w); destruct (Nat.eq_dec (strong w) 1);
    [| exists []; split; [adds|]; split; [plain; head to_drop_shared|split; [less|]]; not_the_last].
  1,2: exists ([] ++ [Task (Owner HandOut (wrap (wrap (bits w - 0) - 1073741824) =? Z.lor 18446744072635809792 1))])%list;
    (split; [adds|]); (split; [|split; [less|left]]);
    [ eapply (spare [] _ []); [reflexivity | apply (to_drop_last w HandOut); [discriminate | assumption] | reflexivity | intros i; apply to_look_last; intros B; arith]
    | branch; [exfalso; arith|]; branch; [exact I|]; take_it ].
  all: exists ([] ++ [Task (LastDrop HandOut)])%list; (split; [adds|]); (split; [plain; head to_drop_last|split; [less|left]]);
    branch; [exfalso; arith|]; look_at_value (@nil point) HandOut; take_it.
Qed.

(** Arc::into_weak.  Its Weak is dropped if the value's destructor panics.  Past the limit of Weaks it is released, and the process ends. *)
Theorem arc_into_weak : forall n p R P, (p =? DANGLING) = false ->
  follows p Strong P true (fun v pts => v = VNum p /\ pts = [At Weak Idle]) (fun pts => pts = [])
    (tree_of n (Arc_into_weak R P) [VNum p]) [At Strong Idle].
Proof.
  intros n p R P D. destruct R, P; dangling D.
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (plus_weak (minus_strong w)); inside.
  (* past the limit: the Weak is released, and no more *)
  1,3,5,7:
    exists (if Nat.eq_dec (strong w) 1 then [At Weak Idle; Task (LastDrop Destroy)] else [At Weak Idle]);
    (split; [adds|]); (split; [plain; destruct (Nat.eq_dec (strong w) 1); [head to_into_weak_last | head to_into_weak_shared]|]);
    (split; [past|left]);
    (here; split; [strong_enough|]); intros w1 S1 C1; exists (minus_weak w1);
    assert (K1 : (1 <= weak w1)%nat) by (destruct (Nat.eq_dec (strong w) 1); counts C1; assumption);
    exists (if Nat.eq_dec (weak w1) 1 then Task LastWeak :: (if Nat.eq_dec (strong w) 1 then [Task (LastDrop Destroy)] else [])
            else (if Nat.eq_dec (strong w) 1 then [Task (LastDrop Destroy)] else []));
    (split; [adds|]);
    (split; [plain; destruct (Nat.eq_dec (strong w) 1), (Nat.eq_dec (weak w1) 1); first [head to_weak_drop_last | head to_weak_drop_shared]|split; [less|left]]);
    branch; exact I.
  all: destruct (Nat.eq_dec (strong w) 1);
    [| exists [At Weak Idle]; (split; [adds|]);
       (split; [plain; head to_into_weak_shared|split; [right; right; split; [left; fields; lia | right; fields; arith]|]]); not_the_last].
  1,2: exists ([At Weak Idle] ++ [Task (Owner Destroy (wrap (wrap (bits w + 1) - 1073741824) =? Z.lor 18446744072635809792 1))])%list;
    (split; [adds|]); (split; [|split; [right; right; split; [left; fields; lia | right; fields; arith]|left]]);
    [ eapply (spare [] _ [At Weak Idle]); [reflexivity | apply (to_into_weak_last w); assumption | reflexivity | intros i; apply to_look_last; intros B; exfalso; arith]
    | branch; [exfalso; arith|]; branch; [exact I|]; take_it ].
  all: exists ([At Weak Idle] ++ [Task (LastDrop Destroy)])%list; (split; [adds|]);
    (split; [plain; head to_into_weak_last|split; [right; right; split; [left; fields; lia | right; fields; arith]|left]]);
    branch; [exfalso; arith|]; look_at_value [At Weak Idle] Destroy; take_it.
Qed.
