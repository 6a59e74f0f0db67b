(** * The operations that allocate follow the machine, from the start of a run

    [begins w0 pts t]: the tree [t] first allocates, with the word [w0] of one of Model.v's starts.  At the points [pts]
    of that start the rest follows the machine, whatever the place.  If the allocation panics, nothing has happened. *)

From Coq Require Import List ZArith Bool String Lia.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Points Rules Tails.
Import ListNotations.
Local Open Scope Z_scope.
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** The words with which allocations start. *)
Theorem word_unique : eval [] Word_unique = VNum (bits Model.UNIQUE).
Proof. vm_compute. reflexivity. Qed.
Theorem word_building : eval [] Word_building = VNum (bits (Word 0 1)).
Proof. vm_compute. reflexivity. Qed.

Definition begins (k : kind) (w0 : word) (pts : list point) (P : bool) (post : Z -> val -> list point -> Prop) (t : tree) : Prop :=
  exists rest, t = TAllocate (bits w0) rest Unwound /\
    forall p, (p =? 18446744073709551615) = false -> follows p k P true (post p) (fun _ => False) (rest p) pts.

Ltac allocates := eexists; split; [vm_compute; reflexivity | intros p D].

(** Arc::new: [start_empty] *)
Theorem arc_new : forall n P v, begins Strong Model.UNIQUE [At Strong Empty] P
  (fun p r pts => r = VNum p /\ pts = [At Strong Idle]) (tree_of n Arc_new [v]).
Proof.
  intros n P v. allocates. eapply mem; [head to_fill | | discriminate].
  here. apply (settle_silent true _ [] (At Strong Exclusive) [] [At Strong Idle]); [apply to_end_exclusive | apply settled; leaves].
Qed.

(** Arc::new_uninit, new_zeroed: [start_new] *)
Theorem arc_new_uninit : forall n P, begins Strong Model.UNIQUE [At Strong Idle] P
  (fun p r pts => r = VNum p /\ pts = [At Strong Idle]) (tree_of n Arc_new_uninit []).
Proof. intros n P. allocates. done. Qed.
Theorem arc_new_zeroed : forall n P, begins Strong Model.UNIQUE [At Strong Idle] P
  (fun p r pts => r = VNum p /\ pts = [At Strong Idle]) (tree_of n Arc_new_zeroed []).
Proof. intros n P. allocates. done. Qed.

(** UniqueArc::new: [start_building] *)
Theorem unique_new : forall n P v, begins (Building false) (Word 0 1) [At (Building false) Idle] P
  (fun p r pts => r = VNum p /\ pts = [At (Building true) Idle]) (tree_of n UniqueArc_new [v]).
Proof.
  intros n P v. allocates. eapply mem; [head to_init_value | done | discriminate].
Qed.
Theorem unique_new_uninit : forall n P, begins (Building false) (Word 0 1) [At (Building false) Idle] P
  (fun p r pts => r = VNum p /\ pts = [At (Building false) Idle]) (tree_of n UniqueArc_new_uninit []).
Proof. intros n P. allocates. done. Qed.

(** Arc::new_cyclic: the client's function borrows the Weak; then the value is written, and published.  If the function panics, [Lent]
    releases the implicit weak: the machine has abandoned the builder ([abandon_empty]). *)
Theorem arc_new_cyclic : forall n R P f, exists yes no,
  tree_of n (Arc_new_cyclic R P) [f] = TAllocate (bits (Word 0 1)) (fun p => TUser [VNum p] (yes p) (no p)) Unwound
  /\ forall p, (p =? 18446744073709551615) = false ->
    (forall v, follows p (Building false) P true (fun r pts => r = VNum p /\ pts = [At Strong Idle]) (fun _ => False)
      (yes p v) [At (Building false) Idle])
    /\ acts true (At (Building false) Idle) (Touches Nothing) [Task Releasing]
    /\ follows p (Building false) P true (fun _ _ => False) (fun pts => pts = []) (no p) [Task Releasing].
Proof.
  intros n R P f. destruct R.
  all: eexists (fun p v => _), (fun p => _); split; [cbv -[wrap Z.add Z.sub Z.mul Z.div Z.modulo Z.ltb Z.eqb negb Z.lor Z.pow]; reflexivity |].
  all: intros p D; split; [intros _; compute_run; constants | split; [to to_abandon_empty | compute_run; constants; releasing; done]].
  all: here; exists [At (Building true) Idle]; (split; [head to_init_value|split; [|discriminate]]).
  all: here; split; [strong_enough|]; intros w S C; counts C; exists (plus_strong w), [At Strong Idle];
    (split; [adds|]); (split; [plain; head to_publish|]); (split; [right; right; split; [|left; fields; lia]; fields; lia|left; done]).
Qed.
