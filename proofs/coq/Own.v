(** * The discipline of handles

    [own T G L ags]: the events [L] of the graph (in some order, the latest first) are steps of Model.v, taken by agents.  Of
    each token only its _frontier_ is kept, the events that its next event has to happen after (in the field [known] of a
    view): no memory, no message, no coherence.  What is proved: such a step is a step of the machine, whatever view its
    agent has there ([transport]).

    The graph says which message a load reads, and what an RMW reads.  The memory [m0] in each step is any one with just that
    content.  The text of the crate, used as Rust's types allow, has to obey this. *)

From Coq Require Import List Arith Bool Lia.
From ProvenArc Require Import Accesses Model Terms Graph.
Import ListNotations.

(** The graph may have a stronger ordering than the table (x86: AcqRel for Release). *)
Definition stronger (o o' : ordering) : Prop :=
  (acquires o = true -> acquires o' = true) /\ (releases o = true -> releases o' = true).

Definition labelled (G : graph) (e : nat) (m0 : memory) (eff : effect) : Prop :=
  match eff with
  | LoadWord o i g => exists o', lab G e = Look o' (content g) /\ stronger o o' /\ at_ G i (src G e)
  | ModifyWord o w => exists o', lab G e = Update o' (now m0) w /\ stronger o o'
  | ReadValue => lab G e = Value VRead
  | WriteValue => lab G e = Value VWrite
  | InitValue => lab G e = Value VInit
  | DropValue => lab G e = Value VDrop
  | MoveValue => lab G e = Value VMove
  | FreeMemory => lab G e = Free
  | Nothing | Learn _ => False
  end.

(** A silent step is no event of the execution: it leaves the memory unchanged.  The last drop of a MaybeUninit does not touch the
    value.  So where there are such drops ([uninit]), the machine's drop of the value may be silent. *)
Definition silent (uninit : bool) (e : effect) : Prop := e = Nothing \/ uninit = true /\ e = DropValue.

Inductive own_ {uninit : bool} (T : table) (G : graph) : list nat -> list agent -> Prop :=
| own_new : forall e, lab G e = Init UNIQUE -> own_ T G [e] [Handle Strong [Tok Idle (View [e] 0)]]
| own_building : forall e, lab G e = Init (Word 0 1) -> own_ T G [e] [Handle (Building false) [Tok Idle (View [e] 0)]]
| own_empty : forall e, lab G e = Init UNIQUE -> own_ T G [e] [Handle Strong [Tok Empty (View [e] 0)]]
| own_event : forall L l a r m0 V o e eff bs,
    own_ T G L (l ++ a :: r) ->
    act T m0 V (View [e] 0) o a eff bs ->
    labelled G e m0 eff ->
    (forall f, In f (known V) -> hb G f e) ->
    own_ T G (e :: L) (l ++ bs ++ r)
| own_silent : forall L l a r m0 V o e bs,      (** end of an exclusive borrow, split, abandon; and the last drop of a MaybeUninit *)
    own_ T G L (l ++ a :: r) -> act T m0 V V o a e bs -> silent uninit e -> own_ T G L (l ++ bs ++ r)
| own_merge : forall L l a r m0 V U bs,         (** the end of a borrow: both happen before the next event *)
    own_ T G L (l ++ a :: r) -> act T m0 V (View (known V ++ known U) 0) OMerge a (Learn U) bs ->
    own_ T G L (l ++ bs ++ r)
| own_phantom : forall L l a r m0 o e eff bs i ord g,   (** x86: the load that an acquiring RMW makes unnecessary; it reads the RMW's own write *)
    own_ T G L (l ++ a :: r) ->
    act T m0 (View [e] 0) (View [e] 0) o a eff bs ->
    eff = LoadWord ord i g -> at_ G i e -> is_acquire (lab G e) = true -> writes_word (lab G e) = Some (content g) ->
    own_ T G L (l ++ bs ++ r)
| own_stray : forall L e ags o w,        (** past the limit: a release that seemed to be the last looks at the word again, and aborts.  The
                                              handle whose addition was past the limit is still there. *)
    own_ T G L ags -> lab G e = Look o w -> sum stuck ags <> 0 -> (forall i v, In i L -> lab G i = Init v -> hb G i e) ->
    own_ T G (e :: L) ags
| own_else : forall L e ags, own_ T G L ags -> lab G e = Else -> own_ T G (e :: L) ags.
Arguments own_ : clear implicits.

(** Whether there are such drops or not *)
Notation own := (own_ true).

Lemma silent_more : forall u u' e, (u = true -> u' = true) -> silent u e -> silent u' e.
Proof. intros u u' e U [->|[E ->]]; [left; reflexivity | right; auto]. Qed.
Lemma own_more : forall u T G L ags, own_ u T G L ags -> own T G L ags.
Proof.
  intros u T G L ags O.
  induction O; [constructor; assumption .. | eapply own_event | eapply own_silent | eapply own_merge | eapply own_phantom | eapply own_stray | apply own_else];
    eauto using silent_more.
Qed.

(** ** Agents, up to their views *)

Definition tok_rel (P : view -> view -> Prop) (t0 t : token) : Prop := at_place t0 = at_place t /\ P (sight t0) (sight t).

Inductive agent_rel (P : view -> view -> Prop) : agent -> agent -> Prop :=
| rel_handle : forall k ts0 ts, Forall2 (tok_rel P) ts0 ts -> agent_rel P (Handle k ts0) (Handle k ts)
| rel_clones : forall n V0 V, P V0 V -> agent_rel P (Clones n V0) (Clones n V)
| rel_busy : forall t V0 V, P V0 V -> agent_rel P (Busy t V0) (Busy t V).

Definition agree (m0 m : memory) (V : view) (e0 : effect) : Prop :=
  match e0 with
  | LoadWord _ i g => exists g', content g' = content g /\ can_read m V i g'
  | ModifyWord _ _ => now m = now m0
  | _ => True
  end.

Definition eff_rel (P : view -> view -> Prop) (m : memory) (e0 e : effect) : Prop :=
  match e0, e with
  | LoadWord o i g, LoadWord o' i' g' => o = o' /\ i = i' /\ content g = content g' /\ message_at m i = Some g'
  | ModifyWord o w, ModifyWord o' w' => o = o' /\ w = w'
  | Learn U0, Learn U => P U0 U
  | Nothing, Nothing | ReadValue, ReadValue | WriteValue, WriteValue | InitValue, InitValue
  | DropValue, DropValue | MoveValue, MoveValue | FreeMemory, FreeMemory => True
  | _, _ => False
  end.

Lemma tok_mono : forall (P Q : view -> view -> Prop), (forall x y, P x y -> Q x y) ->
  forall ts0 ts, Forall2 (tok_rel P) ts0 ts -> Forall2 (tok_rel Q) ts0 ts.
Proof. intros P Q M ts0 ts F. induction F; constructor; auto. destruct H. split; auto. Qed.

Ltac open_tokens :=
  repeat match goal with
  | H : agent_rel _ (Handle _ _) _ |- _ => inversion H; subst; clear H
  | H : agent_rel _ (Clones _ _) _ |- _ => inversion H; subst; clear H
  | H : agent_rel _ (Busy _ _) _ |- _ => inversion H; subst; clear H
  | H : Forall2 _ (_ ++ _) _ |- _ =>
      apply Forall2_app_inv_l in H; let p := fresh "p" in let q := fresh "q" in let A := fresh in let B := fresh in
      destruct H as (p & q & A & B & ->)
  | H : Forall2 _ [] _ |- _ => inversion H; subst; clear H
  | H : Forall2 _ (_ :: _) _ |- _ => inversion H; subst; clear H
  | H : tok_rel _ (Tok _ _) ?t |- _ =>
      let l := fresh "l" in let V := fresh "W" in let E := fresh in let R := fresh in
      destruct t as [l V]; destruct H as [E R]; simpl in E, R; subst l
  end.

Ltac side :=
  try match goal with
  | H : can_fail _ _ _ _ |- can_fail _ _ _ _ => exact H
  | H : can_read ?m _ _ _ |- can_read ?m _ _ _ => exact H
  end; try eassumption; try reflexivity; auto.

Lemma tok_built : forall (Q : view -> view -> Prop) l V0 V, Q V0 V -> tok_rel Q (Tok l V0) (Tok l V).
Proof. intros. split; auto. Qed.

(** The agents after a step, with the machine's views instead of the frontiers. *)
Ltac rebuild M QV :=
  repeat match goal with
  | |- Forall2 _ [] _ => constructor
  | |- Forall2 _ (_ :: _) _ => constructor
  | |- agent_rel _ (Handle _ _) _ => constructor
  | |- agent_rel _ (Clones _ _) _ => constructor; exact QV
  | |- agent_rel _ (Busy _ _) _ => constructor; exact QV
  | |- Forall2 _ (_ ++ _) _ => apply Forall2_app
  | |- tok_rel _ (Tok _ _) _ => first [apply tok_built; exact QV | apply tok_built; apply M; eassumption]
  | |- Forall2 (tok_rel _) _ _ => eapply tok_mono; [exact M | eassumption]
  end.

Ltac any_act :=
  first
  [ solve [eapply read_value; side] | solve [eapply clone; side] | solve [eapply downgrade; side]
  | solve [eapply clone_many; side] | solve [eapply past_strong; side] | solve [eapply past_weak; side] | solve [eapply undo; side]
  | solve [eapply clone_more; side] | solve [eapply next; side] | solve [eapply next_last; side]
  | solve [eapply give_back_some; side] | solve [eapply give_back_shared; side] | solve [eapply give_back_last; side]
  | solve [eapply fill; side] | solve [eapply move_out; side] | solve [eapply discard; side] | solve [eapply drop_empty; side]
  | solve [eapply steal_given_up; side]
  | solve [eapply drop_shared; side] | solve [eapply drop_last; side]
  | solve [eapply into_weak_shared; side] | solve [eapply into_weak_last; side]
  | solve [eapply exclusive_read; side] | solve [eapply exclusive_write; side] | solve [eapply end_exclusive; side]
  | solve [eapply try_unwrap_take; side] | solve [eapply into_unique; side]
  | solve [eapply steal_done; side]
  | solve [eapply upgrade_done; side] | solve [eapply into_strong_done; side]
  | solve [eapply weak_drop_shared; side] | solve [eapply weak_drop_last; side]
  | solve [eapply init_value; side] | solve [eapply builder_write; side] | solve [eapply publish; side]
  | solve [eapply abandon; side] | solve [eapply abandon_empty; side]
  | solve [eapply take_alone; side] | solve [eapply take_shared; side]
  | solve [eapply release_shared; side] | solve [eapply release_last; side]
  | solve [eapply free; side] | solve [eapply split; side] | solve [eapply merge; side] ].

Ltac any_load :=
  first
  [ solve [eapply look; side] | solve [eapply read_unique; side]
  | solve [eapply steal_look; side] | solve [eapply steal_failed; side]
  | solve [eapply upgrade_none; side] | solve [eapply upgrade_look; side]
  | solve [eapply upgrade_failed_none; side] | solve [eapply upgrade_again; side]
  | solve [eapply into_strong_none; side] | solve [eapply into_strong_look; side]
  | solve [eapply into_strong_failed_none; side] | solve [eapply into_strong_again; side]
  | solve [eapply last_drop_alone; side] | solve [eapply last_drop; side] | solve [eapply claim; side] | solve [eapply last_weak; side] ].

Lemma transport : forall T m0 V0 V0' o a0 e0 bs0, act T m0 V0 V0' o a0 e0 bs0 -> o <> OLearn ->
  forall (P : view -> view -> Prop) a, agent_rel P a0 a ->
  exists V, P V0 V /\ forall m, agree m0 m V e0 ->
    exists e, eff_rel P m e0 e /\
      forall (Q : view -> view -> Prop) V', (forall x y, P x y -> Q x y) -> Q V0' V' ->
        exists bs, act T m V V' o a e bs /\ Forall2 (agent_rel Q) bs0 bs.
Proof.
  intros T m0 V0 V0' o a0 e0 bs0 H NL P a R.
  destruct H; try congruence; open_tokens;
    (eexists; split; [eassumption|]; intros m AG; simpl in AG;
     try match goal with A : exists g', _ |- _ =>
           let g' := fresh "g" in let EQ := fresh "EQ" in let CR := fresh "CR" in
           destruct A as (g' & EQ & CR) end).
  all: try (rewrite <- AG in * ).
  all: try match goal with EQ : content ?h = content ?g |- _ =>
         repeat match goal with
         | H : can_fail ?T ?x ?c g |- _ =>
             assert (can_fail T x c h) by (unfold can_fail in *; rewrite EQ; exact H); clear H
         | H : context [content g] |- _ => lazymatch H with EQ => fail | _ => rewrite <- EQ in H end
         end; try rewrite <- EQ
       end.
  all: try match goal with h : how |- context [take ?k] => destruct h end; simpl take; unfold rmw, load, miss.
  all: lazymatch goal with
       | CR : can_read _ _ ?i ?h |- exists e, eff_rel _ _ (LoadWord ?o ?i _) e /\ _ => exists (LoadWord o i h)
       | |- exists e, eff_rel _ _ (Learn _) e /\ _ => eexists
       | |- exists e, eff_rel _ _ ?e0 e /\ _ => exists e0
       end.
  all: split; [|intros Q V' M QV; eexists; split; [|solve [rebuild M QV]]; first [any_act | any_load]].
  all: try (repeat split; auto; fail).
  all: match goal with CR : can_read ?m _ ?i ?g |- _ => repeat split; auto; exact (proj2 CR) end.
Qed.
