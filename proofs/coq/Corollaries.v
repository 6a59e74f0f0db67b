(** * Exclusivity, exactly once, into_inner

    What the invariant says of the agent that holds the value exclusively, takes it, or frees the memory; how often that happens; and of
    the calls of into_inner, that exactly one gets the value. *)

From Coq Require Import List Arith Bool Lia Permutation.
From ProvenArc Require Import Accesses Model Invariant Frame Reasons Preservation Steps Safety.
Import ListNotations.

(** A reachable state, with one of its agents in front. *)
Lemma reachable_front : forall m l a r, reachable code (Ok (State m (l ++ a :: r))) ->
  live m (a :: (l ++ r)) \/ ending m (l ++ a :: r).
Proof.
  intros m l a r R. destruct (reachable_invariant _ R) as [L|[E|D]]; simpl in *.
  - left. eapply live_perm; [apply Permutation_sym, Permutation_middle | exact L].
  - right. exact E.
  - destruct D as [D _ _ _ _]. destruct l; discriminate D.
Qed.

Lemma app_nil : forall (l r : list agent), l ++ r = [] -> l = [] /\ r = [].
Proof. intros l r E. apply app_eq_nil in E. exact E. Qed.

(** While the memory is about to be freed there is only one agent, and it is not a handle. *)
Lemma ending_agent : forall m l a r, ending m (l ++ a :: r) ->
  l = [] /\ r = [] /\ exists V, (a = Busy LastWeak V \/ a = Busy Freeing V) /\ (a = Busy Freeing V -> forall x, x < clock m -> In x (known V)).
Proof.
  intros m l a r [(V & Z & [(E & S)|(E & S)]) _ _ _ _]; apply one_agent in E; destruct E as (-> & -> & ->);
    (split; [reflexivity|split; [reflexivity|exists V; split; [auto|]]]).
  - intros E. discriminate E.
  - intros _. apply S.
Qed.

(** ** Exclusivity *)

Theorem unique_is_newest_and_alone : forall m l V r i g,
  reachable code (Ok (State m (l ++ Handle Strong [Tok Idle V] :: r))) ->
  can_read m V i g -> content g = UNIQUE ->
  i = last m /\ g = newest m /\ l = [] /\ r = [].
Proof.
  intros m l V r i g R C U. destruct (reachable_front _ _ _ _ R) as [L|E].
  - destruct (unique_reads_newest m V i g Idle) as [-> ->]; auto.
    { exact (l_agents _ _ L _ (or_introl eq_refl)). }
    split; [reflexivity|split; [reflexivity|]]. apply app_nil. eapply unique_is_alone; [exact L | exact U | simpl; lia].
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

Theorem exclusive_is_exclusive : forall m l k ts r V,
  reachable code (Ok (State m (l ++ Handle k ts :: r))) -> In (Tok Exclusive V) ts ->
  l = [] /\ r = [] /\ k = Strong /\ ts = [Tok Exclusive V] /\ now m = UNIQUE
  /\ forall x, x < clock m -> In x (known V).
Proof.
  intros m l k ts r V R T. destruct (reachable_front _ _ _ _ R) as [L|E].
  - pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (N & LN & TT & _).
    destruct (TT _ T) as (_ & _ & _ & F & K). destruct k; try discriminate F.
    destruct K as [_ K]. destruct (K eq_refl) as [U E].
    assert (Q : l ++ r = []) by (eapply unique_is_alone; [exact L | exact U | simpl; lia]).
    apply app_nil in Q. destruct Q as [-> ->].
    split; [reflexivity|split; [reflexivity|split; [reflexivity|split; [|split; [exact U | exact E]]]]].
    destruct LN as [LN|LN]; [|specialize (LN _ T); discriminate LN].
    destruct ts as [|t [|]]; try discriminate LN. destruct T as [->|[]]. reflexivity.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

Theorem owner_is_exclusive : forall m l h alone V r,
  reachable code (Ok (State m (l ++ Busy (Owner h alone) V :: r))) ->
  (forall x, value_event m x -> In x (known V))
  /\ strong (now m) = 0
  /\ (forall b, In b (l ++ r) -> exists ts, b = Handle Weak ts)
  /\ (alone = true -> l = [] /\ r = [] /\ forall x, x < clock m -> In x (known V)).
Proof.
  intros m l h alone V r R. destruct (reachable_front _ _ _ _ R) as [L|E].
  - destruct (task_facts _ _ _ _ L) as ((_ & _ & VE & AL) & _).
    destruct (live_owner _ _ _ L eq_refl) as (S & SR & OR & _).
    split; [exact VE|split; [exact S|split]].
    + intros b I. pose proof (sum_in strongs _ _ I). pose proof (sum_in owners _ _ I).
      pose proof (l_agents _ _ L b (or_intror I)) as OK.
      destruct b as [[| |]|n W|[] W]; simpl in *; try lia; try (destruct OK; lia); try (destruct OK as (_ & _ & [])). eexists; reflexivity.
    + intros E. destruct (AL E) as [W K].
      assert (Q : l ++ r = []) by (eapply owner_is_alone; [exact L | reflexivity | exact W]).
      apply app_nil in Q. destruct Q as [-> ->]. auto.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

(** Every step that writes the value, drops it or moves it out: *)
Theorem takers_are_exclusive : forall m l a r V V' o e bs,
  reachable code (Ok (State m (l ++ a :: r))) ->
  act code m V V' o a e bs -> heavy e ->
  (forall b, In b (l ++ r) -> strongs b = 0) /\ (forall x, value_event m x -> In x (known V)).
Proof.
  intros m l a r V V' o e bs R A H. destruct (reachable_front _ _ _ _ R) as [L|E].
  - assert (X : forall p W, a = Handle Strong [Tok p W] -> alone_at p = true ->
                (forall b, In b (l ++ r) -> strongs b = 0) /\ (forall x, value_event m x -> In x (known W))).
    { intros p W -> AL. destruct (alone_facts _ _ _ _ L AL) as (Q & _ & E & _). rewrite Q.
      split; [intros b [] | intros x I; apply E; apply (l_clock _ _ L); exact I]. }
    assert (B : forall v W, a = Handle (Building v) [Tok Idle W] ->
                (forall b, In b (l ++ r) -> strongs b = 0) /\ (forall x, value_event m x -> In x (known W))).
    { intros v W ->. destruct (builder_facts _ _ _ _ L) as (_ & VE & _ & _ & S & _).
      split; [intros b I; pose proof (sum_in strongs _ _ I); lia | exact VE]. }
    assert (O : forall h q W, a = Busy (Owner h q) W ->
                (forall b, In b (l ++ r) -> strongs b = 0) /\ (forall x, value_event m x -> In x (known W))).
    { intros h q W ->. destruct (live_owner _ _ _ L eq_refl) as (_ & S & _). destruct (task_facts _ _ _ _ L) as ((_ & _ & VE & _) & _).
      split; [intros b I; pose proof (sum_in strongs _ _ I); lia | exact VE]. }
    destruct A; simpl in H; try contradiction; eauto.
  - exfalso. destruct (ending_agent _ _ _ _ E) as (-> & -> & W & [->| ->] & _); inversion A; subst; contradiction.
Qed.

(** The agent that is about to free is the last one, and every access happens before the free. *)
Theorem freeing_is_alone : forall m l V r,
  reachable code (Ok (State m (l ++ Busy Freeing V :: r))) ->
  l = [] /\ r = [] /\ frees m = 0 /\ forall x, x < clock m -> In x (known V).
Proof.
  intros m l V r R. destruct (reachable_front _ _ _ _ R) as [L|E].
  - destruct (task_facts _ _ _ _ L) as ((_ & _ & []) & _).
  - destruct (ending_agent _ _ _ _ E) as (-> & -> & W & [Q|Q] & K); [discriminate Q|]. injection Q as <-.
    split; [reflexivity|split; [reflexivity|split; [exact (e_frees _ _ E) | apply K; reflexivity]]].
Qed.

(** ** What the crate's checks rely on *)

(** While a handle is left, the word counts the handles. *)
Theorem the_word_counts : forall m l k ts r,
  reachable code (Ok (State m (l ++ Handle k ts :: r))) ->
  let ags := l ++ Handle k ts :: r in
  strong (now m) = sum strongs ags
  /\ weak (now m) = sum weaks ags + sum owners ags + Nat.min 1 (sum strongs ags)
  /\ sum owners ags + Nat.min 1 (sum strongs ags) <= 1.
Proof.
  intros m l k ts r R ags. destruct (reachable_invariant _ R) as [L|[E|D]]; simpl in *.
  - split; [exact (l_strong _ _ L)|split; [exact (l_weak _ _ L) | exact (l_one _ _ L)]].
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
  - destruct D as [D _ _ _ _]. destruct l; discriminate D.
Qed.

Theorem last_drop_reads_no_strong : forall m l h V r i g,
  reachable code (Ok (State m (l ++ Busy (LastDrop h) V :: r))) -> can_read m V i g -> strong (content g) = 0.
Proof.
  intros m l h V r i g R C. destruct (reachable_front _ _ _ _ R) as [L|E].
  - destruct (task_facts _ _ _ _ L) as (T & _). eapply last_drop_reads_none; eassumption.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

Theorem last_weak_reads_none : forall m l V r i g,
  reachable code (Ok (State m (l ++ Busy LastWeak V :: r))) -> can_read m V i g -> content g = Word 0 0.
Proof.
  intros m l V r i g R C. destruct (reachable_front _ _ _ _ R) as [L|E].
  - destruct (task_facts _ _ _ _ L) as ((_ & _ & []) & _).
  - destruct E as [(U & Z & [(E & O & N & _)|(E & _)]) _ _ _ _]; apply one_agent in E; destruct E as (-> & -> & E).
    + injection E as ->. destruct (last_weak_reads_newest _ _ _ _ O C) as [_ ->]. exact N.
    + discriminate E.
Qed.

(** ** What the operations read *)

Theorem upgrade_finds_a_value_that_is_there : forall m ags ts t V i g,
  reachable code (Ok (State m ags)) -> In (Handle Strong ts) ags -> In t ts ->
  oldest (sight t) <= oldest V -> can_read m V i g -> strong (content g) <> 0.
Proof.
  intros m ags ts t V i g R A T O [C1 C2]. destruct (in_split _ _ A) as (l & r & ->).
  destruct (reachable_front _ _ _ _ R) as [L|E].
  - pose proof (l_agents _ _ L _ (or_introl eq_refl)) as (_ & _ & _ & _ & B).
    specialize (B t i g T). assert (1 <= strong (content g)) by (apply B; split; [lia | exact C2]). lia.
  - destruct (ending_agent _ _ _ _ E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

Theorem alone_finds_unique : forall m V,
  reachable code (Ok (State m [Handle Strong [Tok Idle V]])) ->
  now m = UNIQUE /\ (oldest V = last m -> forall i g, can_read m V i g -> content g = UNIQUE).
Proof.
  intros m V R. destruct (reachable_front m [] _ [] R) as [L|E].
  - assert (U : now m = UNIQUE).
    { pose proof (l_strong _ _ L) as S. pose proof (l_weak _ _ L) as W. simpl in S, W. change (Nat.min 1 1) with 1 in W.
      destruct (now m) as [s w]. simpl in *. subst. reflexivity. }
    split; [exact U|]. intros O i g [C1 C2]. pose proof (message_at_le _ _ _ C2). assert (i = last m) by lia. subst i.
    apply message_at_newest in C2. subst g. exact U.
  - destruct (ending_agent m [] _ [] E) as (_ & _ & W & [Q|Q] & _); discriminate Q.
Qed.

(** ** Exactly once *)

Theorem at_most_once : forall m ags, reachable code (Ok (State m ags)) ->
  drops m + moves m + Nat.b2n (present m) = inits m /\ drops m <= 1 /\ frees m <= 1
  /\ (frees m = 1 -> ags = [] /\ present m = false).
Proof.
  intros m ags R. destruct (reachable_invariant _ R) as [L|[E|D]]; simpl in *.
  - pose proof (l_once _ _ L) as LO. pose proof (l_drops _ _ L) as LI. rewrite (l_frees _ _ L).
    repeat split; try lia.
  - destruct E. rewrite e_frees, e_present. simpl. repeat split; try lia.
  - destruct D. rewrite f_frees, f_present. simpl. repeat split; auto; lia.
Qed.

(** Without [try_map] in place, there is at most one value. *)
Lemma one_value_step : forall T m V V' o a e bs, act T m V V' o a e bs -> no_map o -> holes a + makers a <= 1 ->
  inits (memory_after e m V) + (sum holes bs + sum makers bs) <= inits m + (holes a + makers a).
Proof.
  intros T m V V' o a e bs A N H.
  destruct A; simpl in N; try contradiction;
    repeat match goal with x : how |- _ => destruct x | k : kind |- _ => destruct k as [| |[|]] end; try congruence;
    destruct m; unfold rmw, load, miss; simpl in *; rewrite ?tally_app in *; simpl in *; rewrite ?tally_app in *; simpl in *; try lia.
  all: match goal with Q : _ \/ _ |- _ => destruct Q; subst; simpl in *; lia end.
Qed.

Theorem one_value : forall r, run code no_map r -> forall m ags, r = Ok (State m ags) ->
  inits m + (sum holes ags + sum makers ags) <= 1.
Proof.
  intros r R. induction R as [| | |s0 o r R IH PO S]; intros m' ags E.
  - injection E as <- <-. simpl. lia.
  - injection E as <- <-. simpl. lia.
  - injection E as <- <-. simpl. lia.
  - subst r. inversion S as [m l a q V o' e bs A F|]; subst; clear S. specialize (IH _ _ eq_refl).
    rewrite !sum_app in *. simpl in *. rewrite ?sum_app in *. pose proof (one_value_step _ _ _ _ _ _ _ _ A PO). lia.
Qed.

Theorem nothing_leaks : forall m, reachable code (Ok (State m [])) ->
  frees m = 1 /\ drops m + moves m = inits m /\ present m = false.
Proof.
  intros m R. destruct (reachable_invariant _ R) as [L|[E|D]]; simpl in *.
  - pose proof (l_weak _ _ L) as W. pose proof (l_pos _ _ L). simpl in W. lia.
  - destruct E as [(V & _ & [(E & _)|(E & _)]) _ _ _ _]; discriminate E.
  - destruct D. auto.
Qed.

(** ** into_inner *)

Definition handing (a : agent) : Prop :=
  match a with Busy (LastDrop Destroy) _ | Busy (Owner Destroy _) _ => False | _ => True end.

Lemma handing_step : forall T m V V' o a e bs, act T m V V' o a e bs -> hands_out o -> handing a ->
  (forall b, In b bs -> handing b) /\ e <> DropValue.
Proof.
  intros T m V V' o a e bs A H G.
  destruct A; simpl in H, G; try contradiction;
    try (match goal with x : how |- _ => destruct x; try contradiction; try congruence end);
    try (match goal with Q : _ = LastDrop _ \/ _ |- _ => destruct Q; subst end);
    (split; [intros b J; simpl in J; intuition; subst; first [exact I | exact G] | discriminate]).
Qed.

Lemma handing_run : forall (P : op -> Prop) r, (forall o, P o -> hands_out o) -> run code P r ->
  forall s, r = Ok s -> drops (mem s) = 0 /\ forall a, In a (agents s) -> handing a.
Proof.
  intros P r PH R. induction R as [| | |s0 o r R IH PO S]; intros s E.
  - injection E as <-. split; [reflexivity|]. intros a [<-|[]]. exact I.
  - injection E as <-. split; [reflexivity|]. intros a [<-|[]]. exact I.
  - injection E as <-. split; [reflexivity|]. intros a [<-|[]]. exact I.
  - subst r. destruct (IH _ eq_refl) as [D G]. inversion S; subst; clear S; simpl in *.
    destruct (handing_step _ _ _ _ _ _ _ _ H0 (PH _ PO)) as [GB NE].
    { apply G. apply in_app_iff. simpl. auto. }
    split; [destruct m, e; simpl in *; congruence|].
    intros b I. rewrite !in_app_iff in I. destruct I as [I|[I|I]]; [|auto|]; apply G; apply in_app_iff; simpl; auto.
Qed.

Lemma run_weaker : forall T P r, run T P r -> reachable T r.
Proof. intros T P r R. induction R; [apply run_new | apply run_empty | apply run_building | eapply run_step; eauto; exact I]. Qed.

(** If every Arc was given to into_inner (or to a steal or a try_unwrap that succeeded), and these calls are over, exactly
    one of them has got the value. *)
Theorem exactly_one_gets_the_value : forall m ags,
  run code hands_out (Ok (State m ags)) ->
  sum strongs ags = 0 -> sum takers ags = 0 -> inits m = 1 ->
  moves m = 1 /\ drops m = 0.
Proof.
  intros m ags R S T I.
  destruct (handing_run hands_out _ (fun o p => p) R _ eq_refl) as [D _]. simpl in D. split; [|exact D].
  destruct (reachable_invariant _ (run_weaker _ _ _ R)) as [L|[E|E]]; simpl in *.
  - pose proof (l_once _ _ L) as LO. pose proof (l_present _ _ L) as LP. rewrite S, T in LP.
    destruct (present m); simpl in LP, LO; [discriminate LP | lia].
  - destruct E. lia.
  - destruct E. lia.
Qed.

(** In runs with drops, exactly one call got or dropped the value. *)
Theorem exactly_one_takes_the_value : forall m ags,
  reachable code (Ok (State m ags)) ->
  sum strongs ags = 0 -> sum takers ags = 0 -> inits m = 1 ->
  moves m + drops m = 1.
Proof.
  intros m ags R S T I.
  destruct (reachable_invariant _ R) as [L|[E|E]]; simpl in *.
  - pose proof (l_once _ _ L) as LO. pose proof (l_present _ _ L) as LP. rewrite S, T in LP.
    destruct (present m); simpl in LP, LO; [discriminate LP | lia].
  - destruct E. lia.
  - destruct E. lia.
Qed.
