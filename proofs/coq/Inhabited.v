(** * There is a client, and its execution is one of C11's

    The program of Sanity.v is a client of the shipped text: into_arc, clone, drop and get_mut run the text of Code.v, on x86 and
    elsewhere; so the theorems about clients are about something ([sound_execution]). *)

From Coq Require Import List Arith Bool Lia ZArith.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own RC11 Play Client ClientPlay Shipped Sanity.
Import ListNotations.
Local Open Scope nat_scope.

Section Inhabited.
Variables (wide x86 panics_abort : bool) (p : Z).
Let X := program x86 Acq.
Notation runs := (runs x86 panics_abort p wide X 0 writes_value).
Notation lives := (lives x86 panics_abort p wide X 0 writes_value).

(** How the text goes on when its access has read [v]. *)
Definition reads (t : tree) (v : Z) : tree :=
  match t with TLoad _ _ _ k | TFetch _ _ _ _ k => k v | _ => Stuck end.

(** A call of one access, which reads [w]. *)
Definition one (o : called) (e : nat) (w : word) : call :=
  Call o 0 [e] (reads (tree_of 0 (text x86 panics_abort o) [VNum p]) (bits w)).

(** Thread 2 reads by the clone and drops it; thread 1 gets the [&mut] and writes. *)
Definition the_clone : life := Life [Reads 6] (Gives (one Arc_drop_ 8 (Word 2 1)) None).
Definition the_arc : life :=
  Life [Borrows (one Arc_clone_ 5 (Word 1 1)) [the_clone]]
    (Gives (one Arc_get_mut_ 9 (Word 1 1)) (Some (Life [] (Touches 10 (Life [] Stays))))).
Definition the_builder : life :=
  Life [] (Touches 1 (Life [] (Gives (one UniqueArc_into_arc_ 3 (Word 0 1)) (Some the_arc)))).

Lemma ordered : forall x y, x < y -> y < 11 -> comes_before wide X x y.
Proof. apply all_ordered. Qed.

Ltac begins := split; [reflexivity|]; eapply run_event; [| discriminate | apply run_end].
Ltac later := apply ordered; lia.

Lemma runs_into_arc : runs (one UniqueArc_into_arc_ 3 (Word 0 1)) 3.
Proof. begins. apply (emits_fetch _ _ _ _ _ _ _ _ _ 2 3 Rlx Rel); try reflexivity. split; auto. Qed.

Lemma runs_clone : runs (one Arc_clone_ 5 (Word 1 1)) 5.
Proof. begins. apply (emits_fetch _ _ _ _ _ _ _ _ _ 4 5 Rlx Rlx); try reflexivity. split; auto. Qed.

Lemma runs_drop : runs (one Arc_drop_ 8 (Word 2 1)) 8.
Proof. begins. apply (emits_fetch _ _ _ _ _ _ _ _ _ 7 8 (if x86 then Acq else Rlx) Rel); try reflexivity. destruct x86; split; auto. Qed.

Lemma runs_get_mut : runs (one Arc_get_mut_ 9 (Word 1 1)) 9.
Proof. begins. apply (emits_load _ _ _ _ _ _ _ _ 9 Acq); try reflexivity. split; auto. Qed.

Lemma it_lives : lives 0 (Building false) false the_builder.
Proof.
  assert (V : value_access X 0 writes_value 1 true /\ value_access X 0 writes_value 10 true /\ value_access X 0 writes_value 6 false) by (repeat split).
  destruct V as (V1 & V10 & V6).
  apply lives_shared; [intros u []|]. eapply fated_write; [split; [later | intros u []] | exact V1|].
  apply lives_shared; [intros u []|].
  eapply fated_call_left; [split; [later | intros u []] | reflexivity | apply runs_into_arc | reflexivity|].
  apply lives_shared.
  - intros u [<-|[]]. eapply used_call; [reflexivity | apply runs_clone | later|].
    apply born_one; [|apply born_none]. apply lives_shared.
    + intros u [<-|[]]. apply used_read; [reflexivity | exact V6 | later].
    + eapply fated_call; [| reflexivity | apply runs_drop | destruct x86, panics_abort; reflexivity].
      split; [later|]. intros u [<-|[]]. simpl. later.
  - eapply fated_call_left; [| reflexivity | apply runs_get_mut | reflexivity|].
    + split; [later|]. intros u [<-|[]]. simpl. split; [eexists; reflexivity | later].
    + eapply lives_mutably; [exact V10 | later|]. apply lives_shared; [intros u [] | apply fated_stays].
Qed.

Theorem it_is_a_client : client x86 panics_abort p wide X 0 writes_value.
Proof.
  split.
  - intros e I T. apply in_evs in I. do 11 (destruct e as [|e]; [try discriminate T; apply bits_u64|]). lia.
  - exists 0, (Building false), the_builder. split; [apply lt_in; lia|]. split.
    { split; [reflexivity|]. right. split; [reflexivity|]. exists Na. reflexivity. }
    split; [apply it_lives|]. split; [repeat constructor; simpl; intuition discriminate|].
    intros e I H A. apply in_evs in I. do 11 (destruct e as [|e]; [try discriminate H; simpl; auto 12|]). lia.
Qed.

Theorem sound_execution : rc11 wide X /\ client x86 panics_abort p wide X 0 writes_value
  /\ under_the_limits (project wide X 0 writes_value).
Proof.
  split; [apply is_allowed; reflexivity|]. split; [apply it_is_a_client|].
  intros e w I H. apply (proj1 (events_P _ _ _ _ _)) in I. destruct I as (I & _). apply in_evs in I.
  do 11 (destruct e as [|e]; [destruct H as [H|H]; try discriminate H; injection H as <-; vm_compute; split; discriminate|]). lia.
Qed.
End Inhabited.
