(** * The atomic accesses of the crate, as data

    One line for each atomic access of [src/word.rs]: its name, the kind of instruction, and its memory ordering.  The proof
    checker compares these lines with the code.  The machine of [Model.v] takes every ordering from such a table, and from
    nowhere else. *)

Inductive ordering := Relaxed | Acquire | Release | AcqRel.

Inductive operation :=
| Load (o : ordering)
| FetchAdd (o : ordering)
| FetchSub (o : ordering)
| CompareExchange (success failure : ordering)
| CompareExchangeWeak (success failure : ordering).

(** Each access has the name that it has in [src/word.rs]: [Access.steal] is [[steal]] there. *)
Module Access.
  Inductive t :=
  | publish
  | add_strong
  | upgrade_look
  | upgrade
  | counts
  | is_unique
  | sole
  | steal
  | strong_into_weak
  | release_strong
  | take_value
  | add_weak
  | release_weak
  | release_weak_last
  | undo.

  Definition eq_dec : forall x y : t, {x = y} + {x <> y}.
  Proof. decide equality. Defined.
End Access.
Notation access := Access.t.

Definition table := access -> operation.

Definition code : table := fun x =>
  match x with
  | Access.publish            => FetchAdd Release                    (* new_cyclic, UniqueArc::into_arc: publish the value *)
  | Access.add_strong         => FetchAdd Relaxed                    (* clone, clone_many: adds one or n strong handles *)
  | Access.upgrade_look       => Load Relaxed                        (* upgrade, into_strong: the first look *)
  | Access.upgrade            => CompareExchangeWeak Acquire Relaxed (* upgrade (+S1), into_strong (+S1-W1) *)
  | Access.counts             => Load Acquire                        (* counts, strong_count, weak_count *)
  | Access.is_unique          => Load Acquire                        (* get_mut, is_unique, into_unique *)
  | Access.sole               => Load Acquire                        (* make_mut, try_unwrap: the first look *)
  | Access.steal              => CompareExchange Acquire Relaxed     (* make_mut, try_unwrap: the steal, one strong + some weak -> no strong *)
  | Access.strong_into_weak   => FetchAdd Release                    (* into_weak: W1 - S1 *)
  | Access.release_strong     => FetchSub Release                    (* drop, into_inner: removes one or n strong handles *)
  | Access.take_value         => Load Acquire                        (* after the last strong handle's release (drop_slow, into_inner, into_weak) *)
  | Access.add_weak           => FetchAdd Relaxed                    (* downgrade, Weak::clone *)
  | Access.release_weak       => FetchSub Release                    (* Weak::drop, release of the implicit weak *)
  | Access.release_weak_last  => Load Acquire                        (* after the last weak: before the free *)
  | Access.undo               => FetchSub Relaxed                    (* an addition past a limit, before the process ends *)
  end.

(** ** What the machine reads from a line of the table *)

Definition acquires (o : ordering) : bool := match o with Acquire | AcqRel => true | _ => false end.
Definition releases (o : ordering) : bool := match o with Release | AcqRel => true | _ => false end.

(** The ordering of a load, of a read-modify-write, or of a compare-exchange that succeeds. *)
Definition order (f : operation) : ordering :=
  match f with
  | Load o | FetchAdd o | FetchSub o => o
  | CompareExchange s _ | CompareExchangeWeak s _ => s
  end.

(** The ordering of a compare-exchange that fails: it is then only a load. *)
Definition failure_order (f : operation) : ordering :=
  match f with
  | CompareExchange _ o | CompareExchangeWeak _ o => o
  | _ => Relaxed
  end.

(** Whether it may fail although it read the expected value. *)
Definition may_fail_spuriously (f : operation) : bool :=
  match f with CompareExchangeWeak _ _ => true | _ => false end.

(** The kind of instruction that the machine requires of each access. *)
Inductive kind_of_access := ALoad | AFetchAdd | AFetchSub | ACompareExchange.

Definition kind_in_table (f : operation) : kind_of_access :=
  match f with
  | Load _ => ALoad
  | FetchAdd _ => AFetchAdd
  | FetchSub _ => AFetchSub
  | CompareExchange _ _ | CompareExchangeWeak _ _ => ACompareExchange
  end.

Definition kind_in_machine (x : access) : kind_of_access :=
  match x with
  | Access.take_value | Access.release_weak_last | Access.upgrade_look | Access.is_unique | Access.sole | Access.counts => ALoad
  | Access.add_strong | Access.add_weak | Access.publish | Access.strong_into_weak => AFetchAdd
  | Access.release_strong | Access.release_weak | Access.undo => AFetchSub
  | Access.upgrade | Access.steal => ACompareExchange
  end.

(** The table with one changed line.  [with_line code Access.is_unique (Load Relaxed)] is the code with [is_unique] Relaxed. *)
Definition with_line (T : table) (x : access) (f : operation) : table :=
  fun y => if Access.eq_dec x y then f else T y.
