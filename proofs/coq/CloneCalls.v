(** * The operations that add or release many strong handles follow the machine: clone_many and Clones

    As in SharedCalls.v and OwnCalls.v: every access of the text of each function is a step of Model.v, on 64 bits, and at
    the end there are the handles of the returned value. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails Play.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** The machine's agent for the [Clones] with [n] strong handles. *)
Definition held (n : Z) : list point := if n =? 0 then [] else [Held (Z.to_nat n)].

Lemma held_some : forall n, n <> 0 -> held n = [Held (Z.to_nat n)].
Proof. intros n N. unfold held. apply Z.eqb_neq in N. rewrite N. reflexivity. Qed.

(** One step of [Word::add_many_strong]: past the limit, it aborts. *)
Lemma adding_strong : forall p P d k post unwound fin, 0 <= d -> 1 <= k <= 1024 ->
  (d + k < 2 ^ 33 -> follows p Strong P false post unwound fin (At Strong Idle :: held (d + k))) ->
  follows p Strong P false post unwound
    (TFetch Access.add_strong Relaxed p (wrap (k * 1073741824)) (fun v =>
      if signed (wrap (v + wrap (k * 1073741824))) <? 0
      then TFetch Access.undo Relaxed p (wrap (0 - wrap (k * 1073741824))) (fun _ => Aborted)
      else fin)) (At Strong Idle :: held d).
Proof.
  intros p P d k post unwound fin D K F.
  assert (E1 : wrap (k * 1073741824) = k * 1073741824) by (unfold wrap, M; apply Z.mod_small; lia). rewrite E1.
  assert (E2 : wrap (0 - k * 1073741824) = 18446744073709551616 - k * 1073741824) by (unfold wrap, M; lia). rewrite E2.
  rewrite (held_some (d + k)) in F by lia.
  here. split; [strong_enough|]. intros w S [C T].
  assert (C1 : (1 <= strong w /\ 1 <= weak w)%nat) by (inversion C as [|? ? C1 C']; exact C1).
  assert (T1 : d + 1 <= Z.of_nat (strong w)) by (unfold held in T; destruct (Z.eqb_spec d 0); simpl in T; lia). clear T.
  inside.
  - exists (more_strong (Z.to_nat k) w), (At Strong (Past (Z.to_nat k) 0) :: held d). split; [adds|].
    split; [plain; head to_past_strong|].
    split; [past|left].
    here. split; [strong_enough|]. intros w1 S1 [C2 _]. inversion C2 as [|? ? C3 C']; subst. cbn [counted] in C3.
    eexists; eexists. split; [|split; [plain; head to_undo|split; [less | left; exact I]]]. adds.
  - exists (more_strong (Z.to_nat k) w), [At Strong Idle; Held (Z.to_nat (d + k))]. split; [adds|].
    split; [plain|split; [right; right; split; [right | left; fields; lia]|left; apply F; arith]].
    + destruct (Z.eq_dec d 0) as [->|N]; unfold held; [cbn [Z.eqb]; head to_clone_many; lia|].
      apply Z.eqb_neq in N. rewrite N. replace (Z.to_nat (d + k)) with (Z.to_nat d + Z.to_nat k)%nat by lia. second to_clone_more.
    + fields. arith.
Qed.

(** Arc::clone_many, Clones::new, Word::add_many_strong.  A call that returns has not passed the limit. *)
Theorem arc_clone_many : forall n p P c, 0 <= c < M ->
  follows p Strong P false (fun v pts => v = clones p c /\ pts = At Strong Idle :: held c /\ c < 2 ^ 33) (fun _ => False)
    (tree_of n Arc_clone_many [VNum p; VNum c]) [At Strong Idle].
Proof.
  intros n p P c B. compute_run. constants. branch; [|assert (c = 0) as -> by lia; here; apply settled; repeat split].
  match goal with |- context [rounds ?o ?K _ _] => set (once := o); set (K0 := K) end.
  assert (L : forall m d left, 0 <= d -> 1 <= left -> d + left = c ->
    follows p Strong P false (fun v pts => v = clones p c /\ pts = At Strong Idle :: held c /\ c < 2 ^ 33) (fun _ => False)
      (rounds once K0 m [("left"%string, VNum left); ("self"%string, VNum p); ("n"%string, VNum c)]) (At Strong Idle :: held d)).
  { induction m as [|m IH]; intros d left D1 L1 E; [exact I|]. cbn [rounds]. unfold once at 1. compute_run. constants. branch.
    - apply (adding_strong p P d 1024); try lia. replace (wrap (left - 1024)) with (left - 1024) by (unfold wrap, M in *; rewrite Z.mod_small; lia).
      intros _. apply IH; lia.
    - apply (adding_strong p P d left); try lia. rewrite E. intros L2. here. apply settled. auto. }
  apply (L n 0 c); lia.
Qed.

(** Clones::release: it releases some handles, or all, and they may be the last.  [K] is the rest of its caller. *)
Lemma clones_release : forall n p R P h k post unwound K, (p =? DANGLING) = false -> 1 <= h < 2 ^ 33 -> 0 <= k <= h ->
  (forall fl, fl = Lang.Value vunit \/ fl = Returns vunit ->
    follows p Strong P true post unwound (K fl [("self"%string, clones p (h - k)); ("n"%string, VNum k)]) (held (h - k))) ->
  (k = h -> P = false -> follows p Strong P true post unwound (K Unwinds [("self"%string, clones p 0); ("n"%string, VNum k)]) []) ->
  follows p Strong P true post unwound
    (den n (body (Clones_release R P)) [("self"%string, clones p h); ("n"%string, VNum k)] K) [Held (Z.to_nat h)].
Proof.
  intros n p R P h k post unwound K D H B F U.
  assert (E1 : wrap (k * 1073741824) = k * 1073741824) by (unfold wrap, M; change (2 ^ 33) with 8589934592 in *; apply Z.mod_small; lia).
  assert (E2 : k <> 0 -> wrap (0 - k * 1073741824) = 18446744073709551616 - k * 1073741824)
    by (change (2 ^ 33) with 8589934592 in *; unfold wrap, M; lia).
  assert (E3 : signed (k * 1073741824) = k * 1073741824)
    by (change (2 ^ 33) with 8589934592 in *; unfold signed; change (2 ^ 63) with 9223372036854775808;
        destruct (Z.ltb_spec (k * 1073741824) 9223372036854775808); lia).
  assert (E5 : k <> 0 -> wrap (wrap (k - 1) * 1073741824) = (k - 1) * 1073741824)
    by (change (2 ^ 33) with 8589934592 in *; unfold wrap, M; intros; rewrite (Z.mod_small (k - 1)) by lia; apply Z.mod_small; lia).
  assert (E4 : wrap (h - k) = h - k) by (change (2 ^ 33) with 8589934592 in *; unfold wrap, M; apply Z.mod_small; lia).
  pose proof (F _ (or_introl eq_refl)) as FV. pose proof (F _ (or_intror eq_refl)) as FR. clear F. unfold clones, vunit in *.
  destruct R, P; dangling D; rewrite E1, ?E3, E4.
  all: branch; [assert (k = 0) as -> by lia; rewrite Z.sub_0_r, held_some in FR by lia; exact FR|]; clear FR.
  all: rewrite E2, ?E5 by lia; clear E1 E2 E3 E4 E5.
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (less_strong (Z.to_nat k) w).
  (* some are kept *)
  all: destruct (Z.eq_dec k h) as [->|NK];
    [| exists [Held (Z.to_nat (h - k))]; split; [adds|]; replace (Z.to_nat (h - k)) with (Z.to_nat h - Z.to_nat k)%nat by lia;
       split; [plain; head to_give_back_some; lia|split; [less|]];
       replace (Z.to_nat h - Z.to_nat k)%nat with (Z.to_nat (h - k)) by lia; rewrite <- held_some by lia; not_the_last ].
  all: rewrite Z.sub_diag in *; change (held 0) with (@nil point) in *; try specialize (U eq_refl eq_refl).
  (* all, and there are others *)
  all: destruct (Nat.eq_dec (strong w) (Z.to_nat h));
    [| exists []; split; [adds|]; split; [plain; head to_give_back_shared|split; [less|]]; not_the_last ].
  (* all, and they were the last *)
  1,2: exists ([] ++ [Task (Owner Destroy (wrap (wrap (bits w - (h - 1) * 1073741824) - 1073741824) =? Z.lor 18446744072635809792 1))])%list;
    (split; [adds|]); (split; [|split; [less|left]]);
    [ eapply (spare [] _ []); [reflexivity | apply (to_give_back_last w (Z.to_nat h)); assumption | reflexivity | intros i; apply to_look_last; intros B1; fields; arith]
    | branch; [exfalso; arith|]; branch; [exact I|]; take_it ].
  all: exists ([] ++ [Task (LastDrop Destroy)])%list; (split; [adds|]); (split; [plain; head to_give_back_last|split; [less|left]]);
    branch; [exfalso; arith|]; look_at_value (@nil point) Destroy; take_it.
Qed.

(** All are released, and the call ends. *)
Ltac releases_all :=
  apply clones_release; try assumption; try lia; rewrite ?Z.sub_diag; change (held 0) with (@nil point);
  [intros fl [-> | ->] | intros _ _]; compute_run; done.

(** Clones::drop, which ends its life; next, nth, next_back, of [&mut self]; count, which drops it. *)
Theorem clones_drop : forall n p R P h, (p =? DANGLING) = false -> 1 <= h < 2 ^ 33 ->
  follows p Strong P true (fun v pts => pts = []) (fun pts => pts = [])
    (tree_of n (Clones_drop R P) [clones p h]) [Held (Z.to_nat h)].
Proof. intros n p R P h D H. releases_all. Qed.

Theorem clones_count : forall n p R P h, (p =? DANGLING) = false -> 1 <= h < 2 ^ 33 ->
  follows p Strong P true (fun v pts => v = VNum h /\ pts = []) (fun pts => pts = [])
    (tree_of n (Clones_count R P) [clones p h]) [Held (Z.to_nat h)].
Proof. intros n p R P h D H. releases_all. Qed.

(** One is taken out: no access, and one more handle. *)
Lemma took_one : forall p P h (post : val -> list point -> Prop) unwound v, 1 <= h -> post v ((held (h - 1) ++ [At Strong Idle])%list) ->
  follows p Strong P true post unwound (Ends v) (held h).
Proof.
  intros p P h post unwound v H Q. rewrite held_some by lia. here. destruct (Z.eq_dec h 1) as [->|N].
  - apply (settle_silent true _ [] (Held 1) [] [At Strong Idle]); [apply to_next_last | apply settled, Q].
  - replace (Z.to_nat h) with (S (Z.to_nat (h - 1))) by lia. rewrite held_some in Q by lia.
    apply (settle_silent true _ [] (Held (S (Z.to_nat (h - 1)))) [] [Held (Z.to_nat (h - 1)); At Strong Idle]); [apply to_next; lia | apply settled, Q].
Qed.

Theorem clones_next : forall n p P h, 1 <= h < M ->
  follows p Strong P true (fun v pts => v = both (vsome (VNum p)) (clones p (h - 1)) /\ pts = (held (h - 1) ++ [At Strong Idle])%list)
    (fun pts => pts = []) (tree_of_mut n Clones_next [clones p h]) (held h).
Proof.
  intros n p P h H. compute_run. destruct (Z.ltb_spec h 1); [lia|]. compute_run. apply took_one; [lia | split; reflexivity].
Qed.

Theorem clones_next_back : forall n p h, tree_of_mut n Clones_next_back [clones p h] = tree_of_mut n Clones_next [clones p h].
Proof. intros n p h. compute_goal. destruct (h <? 1); reflexivity. Qed.

(** Of the [k] next ones, as far as there are as many, the handles are released first, then one is taken out, if any is left. *)
Theorem clones_nth : forall n p R P h k, (p =? DANGLING) = false -> 1 <= h < 2 ^ 33 -> 0 <= k < M ->
  follows p Strong P true
    (fun v pts => if k <? h then v = both (vsome (VNum p)) (clones p (h - k - 1)) /\ pts = (held (h - k - 1) ++ [At Strong Idle])%list
      else exists r, v = both r (clones p 0) /\ (r = vnone \/ r = panicked) /\ pts = [])
    (fun pts => pts = []) (tree_of_mut n (Clones_nth R P) [clones p h; VNum k]) [Held (Z.to_nat h)].
Proof.
  intros n p R P h k D H K. unfold tree_of_mut.
  change (body (Clones_nth R P)) with (Let PAny (call_mut "self" (Clones_release R P) [Bin Min "n" (Dot "self" "left")]) (call_mut "self" Clones_next []))%string.
  change (combine (parameters (Clones_nth R P)) [clones p h; VNum k]) with [("self"%string, clones p h); ("n"%string, VNum k)].
  set (m := Z.min k h).
  match goal with |- follows ?p ?k0 ?b ?o ?q ?u (den ?n (Let PAny (call_mut ?s ?f ?a) ?next) ?r ?K0) ?pts =>
    change (follows p k0 b o q u (den n (body f) [("self"%string, clones p h); ("n"%string, VNum m)] (fun fl r1 =>
      let r2 := set "self"%string (left_in r1) [("self"%string, clones p h); ("n"%string, VNum k)] in
      match fl with
      | Lang.Value _ | Returns _ => den n next r2 K0
      | Unwinds => K0 Unwinds r2
      | Breaks _ => Stuck
      end)) pts) end.
  apply clones_release; try assumption; subst m; try lia.
  - intros fl E. destruct (Z.ltb_spec k h) as [L|L].
    + replace (Z.min k h) with k by lia.
      destruct E as [-> | ->]; compute_run; (destruct (Z.ltb_spec (h - k) 1); [lia|]); compute_run; (apply took_one; [lia | split; reflexivity]).
    + replace (Z.min k h) with h by lia. rewrite Z.sub_diag. change (held 0) with (@nil point).
      destruct E as [-> | ->]; compute_run; here; apply settled; exists vnone; auto.
  - intros E _. destruct (Z.ltb_spec k h); [lia|]. compute_run. here. apply settled. exists panicked. auto.
Qed.
