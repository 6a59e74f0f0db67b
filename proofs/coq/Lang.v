(** * What the text means

    A run of a function is a _tree_.  It ends, or it offers an access, and the answer decides how it continues.
    [tree_of n f args] is the tree of the call [f(args)] in which no loop runs more than [n] times.  An execution is finite,
    so some [n] is enough for it.  The theorems hold for every [n]. *)

From Coq Require Import List ZArith Bool String.
From ProvenArc Require Import Accesses Word Syntax.
Import ListNotations.
Local Open Scope Z_scope.

(** ** Values *)

Inductive val :=
| VNum (z : Z)                                   (** 0 <= z < 2^64 *)
| VBool (b : bool)
| VCon (name : string) (fields : list (string * val))
| VMoved.                                        (** of a local that has been moved out *)

Definition env := list (string * val).

Fixpoint get (x : string) (r : env) : val :=
  match r with [] => VMoved | (y, v) :: r => if String.eqb x y then v else get x r end.
Fixpoint set (x : string) (v : val) (r : env) : env :=
  match r with [] => [] | (y, w) :: r => if String.eqb x y then (y, v) :: r else (y, w) :: set x v r end.

Definition num (v : val) : Z := match v with VNum z => z | _ => 0 end.
Definition truth (v : val) : bool := match v with VBool b => b | _ => false end.
Definition wrap (z : Z) : Z := z mod M.

Definition vsome (v : val) : val := VCon "Some" [("0"%string, v)].
Definition vnone : val := VCon "None" [].
Definition vok (v : val) : val := VCon "Ok" [("0"%string, v)].
Definition verr (v : val) : val := VCon "Err" [("0"%string, v)].
Definition vunit : val := VCon "()" [].

Definition apply (op : binary) (x y : Z) : val :=
  match op with
  | WrappingAdd => VNum (wrap (x + y))
  | WrappingSub => VNum (wrap (x - y))
  | Mul => VNum (wrap (x * y))
  | Div => VNum (x / y)
  | Rem => VNum (x mod y)
  | Shl => VNum (wrap (x * 2 ^ y))
  | BitOr => VNum (Z.lor x y)
  | SaturatingSub => VNum (Z.max 0 (x - y))
  | Min => VNum (Z.min x y)
  | Eq => VBool (x =? y)
  | Ne => VBool (negb (x =? y))
  | Lt => VBool (x <? y)
  | Le => VBool (x <=? y)
  | Gt => VBool (y <? x)
  | Ge => VBool (y <=? x)
  | SLt => VBool (signed x <? signed y)
  | SLe => VBool (signed x <=? signed y)
  | SGt => VBool (signed y <? signed x)
  | SGe => VBool (signed y <=? signed x)
  end.

Fixpoint eval (r : env) (e : exp) : val :=
  match e with
  | Num z => VNum z
  | Bool b => VBool b
  | Var x | Move x => get x r
  | Bin op a b => apply op (num (eval r a)) (num (eval r b))
  | Not a => VBool (negb (truth (eval r a)))
  | CheckedSub a b =>
      let x := num (eval r a) in let y := num (eval r b) in
      if x <? y then vnone else vsome (VNum (x - y))
  | Con name fields => VCon name (map (fun f => (fst f, eval r (snd f))) fields)
  | Dot a field => match eval r a with VCon _ fields => get field fields | _ => VMoved end
  end.

(** The locals after the evaluation of [e].  Those that it moves out are marked. *)
Fixpoint moved (e : exp) (r : env) : env :=
  match e with
  | Num _ | Bool _ | Var _ => r
  | Move x => set x VMoved r
  | Bin _ a b | CheckedSub a b => moved b (moved a r)
  | Not a | Dot a _ => moved a r
  | Con _ fields => fold_left (fun r f => moved (snd f) r) fields r
  end.
Definition moved_all (es : list exp) (r : env) : env := fold_left (fun r e => moved e r) es r.

(** What a pattern binds if it matches. *)
Fixpoint bind (p : pat) (v : val) : option env :=
  match p with
  | PAny => Some []
  | PVar x => Some [(x, v)]
  | PCon name fields =>
      match v with
      | VCon name' vs =>
          if String.eqb name name' then
            (fix each (ps : list (string * pat)) : option env :=
              match ps with
              | [] => Some []
              | (f, p) :: ps =>
                  match bind p (get f vs), each ps with Some r, Some r' => Some (r ++ r')%list | _, _ => None end
              end) fields
          else None
      | _ => None
      end
  end.

(** ** Runs *)

Inductive tree :=
| Ends (v : val)
| Unwound                                         (** by a panic *)
| Aborted
| Stuck                                           (** the text has no meaning here, which never happens in the crate's text *)
| More                                            (** a loop has gone round [n] times *)
| TLoad (a : access) (o : ordering) (p : Z) (k : Z -> tree)
| TFetch (a : access) (o : ordering) (p difference : Z) (k : Z -> tree)     (** reads the word, and adds *)
| TCas (a : access) (spurious : bool) (success failure : ordering) (p expected new : Z) (yes : tree) (no : Z -> tree)
| TAllocate (word : Z) (k : Z -> tree) (unwinds : tree)                     (** memory, its word initialised *)
| TMem (o : memop) (p : Z) (k : tree) (unwinds : tree)                      (** only a drop (MDrop) can unwind *)
| TUser (what : string) (borrows : list val) (k : val -> tree) (unwinds : tree).   (** the client's code *)

(** What the client's code may answer: [same_layout] is a [bool], and [try_map]'s [f] returns a [Result]. *)
Definition answers (what : string) (v : val) : Prop :=
  if String.eqb what "same_layout" then exists b, v = VBool b
  else if String.eqb what "f" then exists x, v = vok x \/ v = verr x
  else True.

(** How a command ends. *)
Inductive flow := Value (v : val) | Breaks (v : val) | Returns (v : val) | Unwinds.

(** At most [m] rounds of a loop, whose body is [once]. *)
Fixpoint rounds (once : env -> (flow -> env -> tree) -> tree) (K : flow -> env -> tree) (m : nat) (r : env) : tree :=
  match m with
  | O => More
  | S m => once r (fun fl r1 => match fl with Value _ => rounds once K m r1 | Breaks v => K (Value v) r1 | _ => K fl r1 end)
  end.

(** The first arm that matches [v]. *)
Definition choose (once : cmd -> env -> (flow -> env -> tree) -> tree) (v : val) (r : env) (K : flow -> env -> tree) : list arm -> tree :=
  fix choose (arms : list arm) : tree :=
    match arms with
    | [] => Stuck
    | Arm p g c :: arms =>
        match bind p v with
        | None => choose arms
        | Some bs =>
            let go := once c (bs ++ r) (fun fl r1 => K fl (skipn (List.length bs) r1)) in
            match g with
            | None => go
            | Some g => if truth (eval (bs ++ r) g) then go else choose arms
            end
        end
    end.

Section Meaning.
Variable n : nat.

Fixpoint den (c : cmd) (r : env) (K : flow -> env -> tree) {struct c} : tree :=
  match c with
  | Val e => K (Value (eval r e)) (moved e r)
  | Let p c k => den c r (fun fl r1 =>
      match fl with
      | Value v =>
          match bind p v with
          | Some bs => den k (bs ++ r1) (fun fl r2 => K fl (skipn (List.length bs) r2))
          | None => Stuck
          end
      | _ => K fl r1
      end)
  | Drops x param drop k => den k r (fun fl r1 =>
      match get x r1 with
      | VMoved => K fl r1
      | v => den drop [(param, v)] (fun fl' _ =>
          match fl' with
          | Value _ | Returns _ => K fl r1
          | Unwinds => match fl with Unwinds => Aborted | _ => K Unwinds r1 end     (** a panic while panicking aborts *)
          | Breaks _ => Stuck
          end)
      end)
  | Assign x e => K (Value vunit) (set x (eval r e) (moved e r))
  | AssignField x f e =>
      match get x r with
      | VCon name fields => K (Value vunit) (set x (VCon name (set f (eval r e) fields)) (moved e r))
      | _ => Stuck
      end
  | If c a b => den c r (fun fl r1 =>
      match fl with
      | Value (VBool t) => if t then den a r1 K else den b r1 K
      | Value _ => Stuck
      | _ => K fl r1
      end)
  | Match c arms => den c r (fun fl r1 =>
      match fl with
      | Value v => choose den v r1 K arms
      | _ => K fl r1
      end)
  | Loop body => rounds (den body) K n r
  | Break e => K (Breaks (eval r e)) (moved e r)
  | Return e => K (Returns (eval r e)) (moved e r)
  | Call params body args =>
      den body (combine params (map (eval r) args)) (fun fl _ =>
        match fl with
        | Value v | Returns v => K (Value v) (moved_all args r)
        | Unwinds => K Unwinds (moved_all args r)
        | Breaks _ => Stuck
        end)
  | CallMut x params body args =>
      den body (combine params (get x r :: map (eval r) args)) (fun fl r1 =>
        let r2 := set x (match r1 with (_, v) :: _ => v | [] => VMoved end) (moved_all args r) in
        match fl with
        | Value v | Returns v => K (Value v) r2
        | Unwinds => K Unwinds r2
        | Breaks _ => Stuck
        end)
  | Panic => K Unwinds r
  | Abort => Aborted
  | Load a o w => TLoad a o (num (eval r w)) (fun v => K (Value (VNum v)) r)
  | FetchAdd a o w d => TFetch a o (num (eval r w)) (num (eval r d)) (fun v => K (Value (VNum v)) r)
  | FetchSub a o w d => TFetch a o (num (eval r w)) (wrap (0 - num (eval r d))) (fun v => K (Value (VNum v)) r)
  | CompareExchange a weak s f w e n =>
      TCas a weak s f (num (eval r w)) (num (eval r e)) (num (eval r n))
        (K (Value (vok (eval r e))) r) (fun v => K (Value (verr (VNum v))) r)
  | Allocate w => TAllocate (num (eval r w)) (fun p => K (Value (VNum p)) r) (K Unwinds r)
  | Mem o p => TMem o (num (eval r p)) (K (Value vunit) r) (match o with MDrop => K Unwinds r | _ => Stuck end)
  | User what args => TUser what (map (eval r) args) (fun v => K (Value v) (moved_all args r)) (K Unwinds (moved_all args r))
  end.

Definition tree_of (f : fn) (args : list val) : tree :=
  den (body f) (combine (parameters f) args) (fun fl _ =>
    match fl with Value v | Returns v => Ends v | Unwinds => Unwound | Breaks _ => Stuck end).

(** The call of a method of [&mut self]: with its result, what it leaves in [self]; also after a panic, which its caller may catch. *)
Definition both (result self : val) : val := VCon "both" [("0"%string, result); ("1"%string, self)].
Definition panicked : val := VCon "panicked" [].
Definition left_in (r : env) : val := match r with (_, v) :: _ => v | [] => VMoved end.

Definition tree_of_mut (f : fn) (args : list val) : tree :=
  den (body f) (combine (parameters f) args) (fun fl r =>
    match fl with
    | Value v | Returns v => Ends (both v (left_in r))
    | Unwinds => Ends (both panicked (left_in r))
    | Breaks _ => Stuck
    end).

End Meaning.

(** A call that has passed a limit: it takes back what it has added, may look at the word, and aborts.  It adds nothing more, and
    never returns. *)
Definition takes_back (a : access) : bool := match a with Access.undo | Access.release_weak => true | _ => false end.

Fixpoint aborting (t : tree) : Prop :=
  match t with
  | Aborted => True
  | TLoad _ _ _ k => forall v, aborting (k v)
  | TFetch a _ _ _ k => takes_back a = true /\ forall v, aborting (k v)
  | _ => False
  end.
