(** * There is a client, and its execution is one of C11's

    The program of Sanity.v is a client of the shipped text, on x86 and elsewhere: UniqueArc::new, into_arc, clone, drop and get_mut
    run the text of Code.v, and at the end no handle is left.  So the theorems about clients are about something ([sound_execution]). *)

From Coq Require Import List Arith Bool Lia ZArith.
From ProvenArc Require Import Accesses Syntax Lang Code Model Word Graph Own Tails RC11 Play Client ClientPlay Shipped Sanity.
Import ListNotations.
Local Open Scope nat_scope.

Section Inhabited.
Variables (wide x86 panics_abort uninit : bool) (p : Z).
Let X := program x86 Acq.
Notation emits := (emits panics_abort p X 0 does).
Notation lives := (lives x86 panics_abort uninit p wide X 0 does).
Notation run_of := (run_of x86 panics_abort 0).

(** Thread 2 reads by the clone and drops it; thread 1 gets the [&mut], writes, and drops the Arc. *)
Definition the_clone : life := Life [Reads 6] (Gives Arc_drop_ (Event 8 (Returns_ []))).
Definition taking_all : history := Event 14 (Event 15 (Returns_ [])).
Definition the_end : life := Life [] (Gives Arc_drop_ (Event 12 (if x86 then taking_all else Event 13 taking_all))).
Definition the_arc : life :=
  Life [Borrows (Call Arc_clone_ [] 0 [5] (Ends (VNum p))) [the_clone]]
    (Gives Arc_get_mut_ (Event 9 (Returns_ [Life [] (Touches 10 the_end)]))).
Definition the_builder : history := Event 1 (Returns_ [Life [] (Gives UniqueArc_into_arc_ (Event 3 (Returns_ [the_arc])))]).

(** *** The accesses of the text *)

Lemma new_text : begins panics_abort p (run_of UniqueArc_new_ [vunit]) (Word 0 1) (TMem MInit p (Ends (VNum p)) Stuck).
Proof.
  assert (E : run_of UniqueArc_new_ [vunit] = TAllocate (bits (Word 0 1)) (fun q => TMem MInit q (Ends (VNum q)) Stuck) Unwound) by (vm_compute; reflexivity).
  rewrite E. apply (begins_here panics_abort p (Word 0 1) (fun q => TMem MInit q (Ends (VNum q)) Stuck)). split; reflexivity.
Qed.

Lemma into_arc_emits : emits (run_of UniqueArc_into_arc_ [VNum p]) 3 (Ends (VNum p)).
Proof.
  assert (E : exists k, run_of UniqueArc_into_arc_ [VNum p] = TFetch Access.publish Release p STRONG k /\ k (bits (Word 0 1)) = Ends (VNum p))
    by (eexists; split; [same | vm_compute; reflexivity]).
  destruct E as (k & -> & <-). apply (emits_fetch _ _ _ _ _ _ _ _ _ 2 3 Rlx Rel); try reflexivity. split; auto.
Qed.

Lemma clone_emits : emits (tree_of 0 Arc_clone [VNum p]) 5 (Ends (VNum p)).
Proof.
  assert (E : exists k, tree_of 0 Arc_clone [VNum p] = TFetch Access.add_strong Relaxed p STRONG k /\ k (bits (Word 1 1)) = Ends (VNum p))
    by (eexists; split; [same | vm_compute; reflexivity]).
  destruct E as (k & -> & <-). apply (emits_fetch _ _ _ _ _ _ _ _ _ 4 5 Rlx Rlx); try reflexivity. split; auto.
Qed.

Lemma drop_emits : emits (run_of Arc_drop_ [VNum p]) 8 (Ends vunit).
Proof.
  assert (E : exists k, run_of Arc_drop_ [VNum p] = TFetch Access.release_strong (if x86 then AcqRel else Release) p (M - STRONG)%Z k
            /\ k (bits (Word 2 1)) = Ends vunit)
    by (eexists; split; [same | vm_compute; reflexivity]).
  destruct E as (k & -> & <-). apply (emits_fetch _ _ _ _ _ _ _ _ _ 7 8 (if x86 then Acq else Rlx) Rel); try reflexivity.
  destruct x86; split; auto.
Qed.

(** The last drop: what is left of it after the release, and after the load *)
Lemma last_drop_text : exists k k' u u', run_of Arc_drop_ [VNum p] = TFetch Access.release_strong (if x86 then AcqRel else Release) p (M - STRONG)%Z k
  /\ let rest := TMem MDrop p (TMem MFree p (Ends vunit) u) u' in
     if x86 then k (bits (Word 1 1)) = rest
     else k (bits (Word 1 1)) = TLoad Access.take_value Acquire p k' /\ k' (bits (Word 0 1)) = rest.
Proof.
  destruct x86, panics_abort; eexists; [exists (fun _ => More) | exists (fun _ => More) | eexists | eexists];
    do 2 eexists; (split; [same | cbv zeta; repeat split; lazy; reflexivity]).
Qed.

Lemma get_mut_emits : emits (run_of Arc_get_mut_ [VNum p]) 9 (Ends (both (vsome (VNum p)) (VNum p))).
Proof.
  assert (E : exists k, run_of Arc_get_mut_ [VNum p] = TLoad Access.is_unique Acquire p k /\ k (bits (Word 1 1)) = Ends (both (vsome (VNum p)) (VNum p)))
    by (eexists; split; [same | vm_compute; reflexivity]).
  destruct E as (k & -> & <-). apply (emits_load _ _ _ _ _ _ _ _ 9 Acq); try reflexivity. split; auto.
Qed.

(** *** The client *)

Lemma new_returns : has p (returns UniqueArc_new_) (VNum p) = [AHandle (Building true)].
Proof. simpl. rewrite Z.eqb_refl. reflexivity. Qed.

Lemma into_arc_returns : has p (returns UniqueArc_into_arc_) (VNum p) = [AHandle Strong].
Proof. simpl. rewrite Z.eqb_refl. reflexivity. Qed.

Lemma clone_returns : returned p (Call Arc_clone_ [] 0 [5] (Ends (VNum p))) = [AHandle Strong].
Proof. unfold returned. simpl. rewrite Z.eqb_refl. reflexivity. Qed.

Lemma get_mut_returns : has p (returns Arc_get_mut_) (both (vsome (VNum p)) (VNum p)) = [AMutable].
Proof. simpl. rewrite Z.eqb_refl. reflexivity. Qed.

Ltac later := apply all_ordered; lia.

Lemma value_accesses : value_access X 0 does 1 VInit /\ value_access X 0 does 6 VRead /\ value_access X 0 does 10 VWrite /\ value_access X 0 does 14 VDrop.
Proof. repeat split. Qed.

Lemma clone_lives : lives (comes_before wide X 5) (AHandle Strong) the_clone.
Proof.
  apply lives_handle.
  - intros u [<-|[]]. apply used_read; [reflexivity | apply value_accesses | later].
  - apply (fated_call _ _ _ _ _ _ _ _ _ _ _ [] 0); [reflexivity | reflexivity|]. eapply goes_event; [apply drop_emits | |].
    + split; [later|]. intros u [<-|[]]. simpl. later.
    + apply goes_returns. apply none_live.
Qed.

Lemma end_lives : lives (comes_before wide X 10) (AHandle Strong) the_end.
Proof.
  destruct last_drop_text as (k & k' & u & u' & T & K). cbv zeta in K.
  assert (G : forall after : nat -> Prop, (forall e, 13 < e -> e < 16 -> after e) ->
            goes x86 panics_abort uninit p wide X 0 does after Arc_drop_ (TMem MDrop p (TMem MFree p (Ends vunit) u) u') taking_all).
  { intros after AF. eapply goes_event; [eapply emits_mem; [reflexivity | apply value_accesses] | apply AF; lia|].
    eapply goes_event; [apply emits_free; reflexivity | later|]. apply goes_returns. apply none_live. }
  apply lives_handle; [intros e []|]. apply (fated_call _ _ _ _ _ _ _ _ _ _ _ [] 0); [reflexivity | reflexivity|].
  change (Inhabited.run_of Arc_drop_ [self_of p (AHandle Strong)]) with (run_of Arc_drop_ [VNum p]).
  rewrite T. eapply goes_event with (t' := k (bits (Word 1 1))).
  - apply (emits_fetch _ _ _ _ _ _ _ _ _ 11 12 (if x86 then Acq else Rlx) Rel); try reflexivity. destruct x86; split; auto.
  - split; [later | intros e []].
  - clear T. revert K G. subst X. destruct x86; intros K G.
    + rewrite K. apply G. intros e A B. later.
    + destruct K as [-> K]. eapply goes_event with (t' := k' (bits (Word 0 1))); [|later|rewrite K; apply G; intros ? ? ?; later].
      apply (emits_load _ _ _ _ _ _ _ _ 13 Acq); try reflexivity. split; auto.
Qed.

Lemma arc_lives : lives (comes_before wide X 3) (AHandle Strong) the_arc.
Proof.
  apply lives_handle.
  - intros u [<-|[]]. apply (used_call _ _ _ _ _ _ _ _ _ _ _ 5); [reflexivity | | later |].
    + split; [reflexivity|]. split; [reflexivity|]. eapply run_event; [apply clone_emits | discriminate | apply run_end].
    + rewrite clone_returns. apply one_lives; [apply clone_lives | apply none_live].
  - apply (fated_call _ _ _ _ _ _ _ _ _ _ _ [] 0); [reflexivity | reflexivity|]. eapply goes_event; [apply get_mut_emits | |].
    + split; [later|]. intros u [<-|[]]. simpl. split; [eexists; reflexivity | change (comes_before wide X 5 9); later].
    + apply goes_returns. rewrite get_mut_returns. apply one_lives; [|apply none_live]. eapply lives_mutable; [apply value_accesses | right; reflexivity | later|].
      apply lives_mutable_ends, end_lives.
Qed.

Theorem it_is_a_client : client_of x86 panics_abort uninit p wide X 0 does the_builder.
Proof.
  split.
  - intros e I T. apply in_evs in I. unfold to_word in T. simpl in *.
    do 16 (destruct e as [|e]; [first [discriminate T | apply bits_u64 | destruct x86; [discriminate T | apply bits_u64]]|]). lia.
  - exists 0, UniqueArc_new_, [vunit], 0, (Word 0 1), Na, (TMem MInit p (Ends (VNum p)) Stuck).
    split; [exists vunit; reflexivity|]. split; [apply new_text|]. split; [apply lt_in; lia|]. split; [reflexivity|]. split; [reflexivity|].
    split; [split; reflexivity|]. split; [|split; [unfold the_builder, the_arc, the_end; destruct x86; repeat constructor; simpl; intuition discriminate|]].
    + eapply goes_event; [eapply emits_mem; [reflexivity | apply value_accesses] | later|]. apply goes_returns. rewrite new_returns. apply one_lives; [|apply none_live]. apply lives_handle; [intros u []|].
      apply (fated_call _ _ _ _ _ _ _ _ _ _ _ [] 0); [reflexivity | reflexivity|]. eapply goes_event; [apply into_arc_emits | |].
      * split; [later | intros u []].
      * apply goes_returns. rewrite into_arc_returns. apply one_lives; [apply arc_lives | apply none_live].
    + intros e I H A. apply in_evs in I. unfold the_builder, the_arc, the_end. destruct x86;
        (do 16 (destruct e as [|e]; [try discriminate H; try discriminate A; simpl; auto 20|]); lia).
Qed.

Lemma none_left : pending_history 0 the_builder = 0 /\ pending_history 1 the_builder = 0.
Proof. unfold the_builder, the_arc, the_end. destruct x86; split; reflexivity. Qed.
End Inhabited.

Theorem sound_execution : forall wide x86 panics_abort p, rc11 wide (program x86 Acq)
  /\ client x86 panics_abort p wide (program x86 Acq) 0 does /\ finished_client x86 panics_abort false p wide (program x86 Acq) 0 does.
Proof.
  intros wide x86 panics_abort p. destruct (none_left x86 p) as [N0 N1]. split; [apply is_allowed; reflexivity|].
  split; eexists; (split; [apply it_is_a_client|]); [rewrite N0; reflexivity | exact N1].
Qed.
