(** * The atomic accesses of the crate, as data

    One line per atomic access of [src/word.rs]: its name, the kind of instruction, its memory ordering.
    The proof checker compares these lines with the code; the machine of [Model.v] takes every ordering
    from such a table and from nowhere else. *)

Inductive ordering := Relaxed | Acquire | Release | AcqRel.

Inductive operation :=
| Load (o : ordering)
| FetchAdd (o : ordering)
| FetchSub (o : ordering)
| CompareExchange (success failure : ordering)
| CompareExchangeWeak (success failure : ordering).

Inductive access := A1 | A2 | A3 | A4 | A5 | A6 | A7 | A8 | A9 | A10 | A11 | A12 | A13 | A14.

Definition table := access -> operation.

Definition code : table := fun x =>
  match x with
    | A1  => FetchAdd Relaxed                       (* clone, clone_many: one or n strong handles more *)
    | A2  => FetchSub Release                       (* drop, into_inner: one or n strong handles fewer *)
    | A3  => Load Acquire                           (* after the last strong handle's release (drop_slow, into_inner, into_weak) *)
    | A4  => FetchAdd Relaxed                       (* downgrade, Weak::clone *)
    | A5  => FetchSub Release                       (* Weak::drop, release of the implicit weak *)
    | A6  => Load Acquire                           (* after the last weak: before the free *)
    | A7  => Load Relaxed                           (* upgrade, into_strong: the first look *)
    | A8  => CompareExchangeWeak Acquire Relaxed    (* upgrade (+S1), into_strong (+S1-W1) *)
    | A9  => Load Acquire                           (* get_mut, is_unique, into_unique *)
    | A10 => Load Acquire                           (* make_mut, try_unwrap: the first look *)
    | A11 => CompareExchange Acquire Relaxed        (* make_mut, try_unwrap: the steal, one strong + some weak -> no strong *)
    | A12 => FetchAdd Release                       (* new_cyclic, UniqueArc::into_arc: publish the value *)
    | A13 => FetchAdd Release                       (* into_weak: W1 - S1 *)
    | A14 => Load Acquire                           (* counts, strong_count, weak_count *)
  end.

(** ** What the machine reads off a line of the table *)

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

(** May it fail although it read the value that it expected? *)
Definition may_fail_spuriously (f : operation) : bool :=
  match f with CompareExchangeWeak _ _ => true | _ => false end.

(** The kind of instruction that the machine takes each access for. *)
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
  | A3 | A6 | A7 | A9 | A10 | A14 => ALoad
  | A1 | A4 | A12 | A13 => AFetchAdd
  | A2 | A5 => AFetchSub
  | A8 | A11 => ACompareExchange
  end.

Definition access_eqb (x y : access) : bool :=
  match x, y with
  | A1, A1 | A2, A2 | A3, A3 | A4, A4 | A5, A5 | A6, A6 | A7, A7 | A8, A8 | A9, A9
  | A10, A10 | A11, A11 | A12, A12 | A13, A13 | A14, A14 => true
  | _, _ => false
  end.

(** The table with one line changed: "the code with A9 Relaxed" is [code with_line A9 (Load Relaxed)]. *)
Definition with_line (T : table) (x : access) (f : operation) : table :=
  fun y => if access_eqb x y then f else T y.
