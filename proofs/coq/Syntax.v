(** * The syntax of the shipped text: the part of Rust in which [src/] is written

    Code.v has the functions of [src/word.rs] and of the handles in this syntax, as [cargo proofs translate] prints them: the
    same names, the same order, line by line.  Nothing is proved here.  Lang.v defines what the syntax means.

    An expression [exp] computes, and has no other effect.  A command [cmd] may access memory, call, loop or leave, and its
    value is a [val].  Ownership is explicit: [Drops x f] drops the local [x] at the end of its scope, however control leaves
    the scope, unless [Move x] has moved it out.  This is how rustc compiles a local with a destructor. *)

From Coq Require Import List ZArith Bool String.
From ProvenArc Require Import Accesses.
Import ListNotations.

(** ** Expressions on u64, bool, structs and enums *)

Inductive binary :=
| WrappingAdd | WrappingSub | Mul | Div | Rem | Shl | BitOr      (** of u64 and usize; [Mul] wraps, too *)
| SaturatingSub | Min
| Eq | Ne | Lt | Le | Gt | Ge                                    (** unsigned *)
| SLt | SLe | SGt | SGe.                                         (** [(a as i64) < (b as i64)] *)

Inductive exp :=
| Num (z : Z)                                     (** a u64, usize or pointer *)
| Bool (b : bool)
| Var (x : string)
| Move (x : string)                               (** [Var x], which owns nothing afterwards *)
| Bin (op : binary) (a b : exp)
| Not (a : exp)
| CheckedSub (a b : exp)                          (** an [Option] *)
| Con (name : string) (fields : list (string * exp))  (** a struct or a variant; a tuple's fields are "0", "1" *)
| Dot (a : exp) (field : string).                 (** [a.field] *)

Inductive pat :=
| PAny
| PVar (x : string)
| PCon (name : string) (fields : list (string * pat)).

(** ** Commands *)

(** Accesses to the value, and the free of the memory of value and word. *)
Inductive memop := MRead | MWrite | MInit | MDrop | MMove | MFree.

Inductive cmd :=
| Val (e : exp)
| Let (p : pat) (c k : cmd)                       (** [let p = c; k] *)
| Drops (x : string) (param : string) (drop : cmd) (k : cmd)   (** see [drops] below *)
| Assign (x : string) (e : exp)                   (** [x = e], of a local without a destructor *)
| AssignField (x field : string) (e : exp)        (** [x.field = e] *)
| If (c a b : cmd)
| Match (c : cmd) (arms : list arm)
| Loop (body : cmd)
| Break (e : exp)
| Return (e : exp)
| Call (params : list string) (body : cmd) (args : list exp)                 (** see [call] below *)
| CallMut (x : string) (params : list string) (body : cmd) (args : list exp) (** see [call_mut] below *)
| Panic
| Abort
| Load (a : access) (o : ordering) (word : exp)
| FetchAdd (a : access) (o : ordering) (word difference : exp)
| FetchSub (a : access) (o : ordering) (word difference : exp)
| CompareExchange (a : access) (spurious : bool) (success failure : ordering) (word expected new : exp)
                                                  (** a [Result]; [spurious]: compare_exchange_weak *)
| Allocate (word : exp)                           (** memory with an initialised word: returns the value's place, or unwinds *)
| Mem (o : memop) (value : exp)                   (** an access to the value of the handle, or the free *)
| User (what : string) (args : list exp)          (** code of the client, a clone or a closure: may unwind *)
with arm := Arm (p : pat) (guard : option exp) (c : cmd).

(** A function: its parameters and its body.  Code.v names it, and a call inlines it. *)
Record fn := Fn { parameters : list string; body : cmd }.

Definition call (f : fn) (args : list exp) : cmd := Call (parameters f) (body f) args.
(** [f(&mut x, args)]: the first parameter is [x], and its value at the end becomes the value of [x].  ([&mut] has no alias.) *)
Definition call_mut (x : string) (f : fn) (args : list exp) : cmd := CallMut x (parameters f) (body f) args.
(** From here to the end of [k], the local [x] owns something, and [f] is its [Drop::drop]. *)
Definition drops (x : string) (f : fn) (k : cmd) : cmd := Drops x (hd "self"%string (parameters f)) (body f) k.

(** ** Notations *)

Declare Scope rust_scope.
Delimit Scope rust_scope with rust.
Bind Scope rust_scope with exp cmd pat arm.

Coercion Num : Z >-> exp.
Coercion Var : string >-> exp.
Coercion Val : exp >-> cmd.

Definition unit : exp := Con "()" [].
Definition some (e : exp) : exp := Con "Some" [("0"%string, e)].
Definition none : exp := Con "None" [].
Definition ok (e : exp) : exp := Con "Ok" [("0"%string, e)].
Definition err (e : exp) : exp := Con "Err" [("0"%string, e)].
Definition Some_ (p : pat) : pat := PCon "Some" [("0"%string, p)].
Definition None_ : pat := PCon "None" [].
Definition Ok_ (p : pat) : pat := PCon "Ok" [("0"%string, p)].
Definition Err_ (p : pat) : pat := PCon "Err" [("0"%string, p)].

(** [let "x" := c ;; k], and [c ;; k] for a statement. *)
Notation "'let_' x ':=' c ';;' k" := (Let (PVar x) c k)
  (at level 100, x at level 0, c at level 99, k at level 100, right associativity,
   format "'let_'  x  ':='  c ';;' '//' k") : rust_scope.
Notation "c ';;' k" := (Let PAny c k) (at level 100, k at level 100, right associativity, format "c ';;' '//' k") : rust_scope.
Notation "'if_' c 'then_' a 'else_' b" := (If c a b) (at level 99, c at level 90, a at level 90, b at level 99) : rust_scope.
Notation "'match_' c 'with_' arms" := (Match c arms) (at level 99, c at level 90, arms at level 90) : rust_scope.
Notation "p '==>' c" := (Arm p None c) (at level 95, c at level 95) : rust_scope.
Notation "p 'if_' g '==>' c" := (Arm p (Some g) c) (at level 95, g at level 90, c at level 95) : rust_scope.

Notation "a +% b" := (Bin WrappingAdd a b) (at level 50, left associativity) : rust_scope.
Notation "a -% b" := (Bin WrappingSub a b) (at level 50, left associativity) : rust_scope.
Notation "a * b" := (Bin Mul a b) : rust_scope.
Notation "a / b" := (Bin Div a b) : rust_scope.
Notation "a 'mod' b" := (Bin Rem a b) : rust_scope.
Notation "a << b" := (Bin Shl a b) (at level 55, left associativity) : rust_scope.
Notation "a || b" := (Bin BitOr a b) : rust_scope.
Notation "a == b" := (Bin Eq a b) (at level 70) : rust_scope.
Notation "a != b" := (Bin Ne a b) (at level 70) : rust_scope.
Notation "a < b" := (Bin Lt a b) : rust_scope.
Notation "a <= b" := (Bin Le a b) : rust_scope.
Notation "a > b" := (Bin Gt a b) : rust_scope.
Notation "a >= b" := (Bin Ge a b) : rust_scope.
Notation "a <s b" := (Bin SLt a b) (at level 70) : rust_scope.
Notation "a <=s b" := (Bin SLe a b) (at level 70) : rust_scope.
Notation "a >s b" := (Bin SGt a b) (at level 70) : rust_scope.
Notation "a >=s b" := (Bin SGe a b) (at level 70) : rust_scope.
