(** * The shipped text: printed from [src/] by [cargo proofs translate].  Do not edit. *)

From Coq Require Import List ZArith String.
From ProvenArc Require Import Accesses Syntax.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope Z_scope.
Local Open Scope rust_scope.

Section Code.
Variable RELEASE_ACQUIRES : bool.

(** ** src/word.rs *)

Definition STRONG : exp := 1 << 30.
Definition WEAK : exp := 1.
Definition NO_HANDLE : exp := 0 -% STRONG.
Definition IMPLICIT_WEAK_ONLY : exp := NO_HANDLE || WEAK.
Definition UNIQUE : exp := WEAK.
Definition STRONG_FULL : exp := (1 << 63) -% STRONG.
Definition WEAK_LIMIT : exp := 1 << 29.
Definition STRONG_STEP : exp := 1 << 10.
Definition RELEASE : ordering := if RELEASE_ACQUIRES then AcqRel else Release.

Definition ImplicitWeak_of_unique : fn := Fn [] (
  Con "ImplicitWeak" [("alone", Bool true)]).

Definition strong (word : exp) : exp := (word +% STRONG) / STRONG.
Definition weak (word : exp) : exp := word mod STRONG.

Definition too_many_handles : fn := Fn [] Abort.
Definition wrong_count : fn := Fn [] Abort.

Definition Word_undo : fn := Fn ["self"; "added"] (
  FetchSub Access.undo Relaxed "self" "added";;
  call too_many_handles []).

Definition Word_publish : fn := Fn ["self"] (
  FetchAdd Access.publish Release "self" STRONG;;
  unit).

Definition Word_add_strong : fn := Fn ["self"; "n"] (
  let_ "left" := "n";;
  Loop (
    let_ "step" := if_ "left" < STRONG_STEP then_ "left" else_ STRONG_STEP;;
    let_ "added" := STRONG * "step";;
    let_ "before" := FetchAdd Access.add_strong Relaxed "self" "added";;
    (if_ ("before" +% "added") <s 0 then_ (
      call Word_undo [Var "self"; Var "added"];;
      unit)
    else_ unit);;
    Assign "left" ("left" -% "step");;
    (if_ "left" == 0 then_ (
      Return unit)
    else_ unit))).

Definition Word_add_strong_if_any : fn := Fn ["self"; "difference"] (
  let_ "current" := Load Access.upgrade_look Relaxed "self";;
  Loop (
    (if_ "current" >= STRONG_FULL then_ (
      (if_ strong "current" == 0 then_ (
        Return (Bool false))
      else_ unit);;
      call too_many_handles [];;
      unit)
    else_ unit);;
    let_ "new" := "current" +% "difference";;
    match_ CompareExchange Access.upgrade true Acquire Relaxed "self" "current" "new" with_ [
      Ok_ PAny ==> Return (Bool true);
      Err_ (PVar "actual") ==> Assign "current" "actual"])).

Definition Word_upgrade : fn := Fn ["self"] (
  call Word_add_strong_if_any [Var "self"; STRONG]).

Definition Word_weak_into_strong : fn := Fn ["self"] (
  call Word_add_strong_if_any [Var "self"; STRONG -% WEAK]).

Definition saturate : fn := Fn ["count"] (
  Bin Min "count" 18446744073709551615).

Definition Word_counts : fn := Fn ["self"] (
  let_ "seen" := Load Access.counts Acquire "self";;
  let_ "_1" := call saturate [strong "seen"];;
  let_ "_2" := call saturate [Bin SaturatingSub (weak "seen") 1];;
  Con "Counts" [("strong", Var "_1"); ("weak", Var "_2")]).

Definition Word_add_weak : fn := Fn ["self"] (
  let_ "before" := FetchAdd Access.add_weak Relaxed "self" WEAK;;
  if_ weak "before" >= WEAK_LIMIT then_ (
    call Word_undo [Var "self"; WEAK];;
    unit)
  else_ unit).

Definition Word_sole : fn := Fn ["self"] (
  let_ "seen" := Load Access.sole Acquire "self";;
  if_ "seen" == UNIQUE then_ Con "Sole::Unique" []
  else_ if_ strong "seen" == 1 then_ Con "Sole::BesideWeaks" [("0", Con "Seen" [("0", Var "seen")])]
  else_ Con "Sole::Shared" []).

Definition Word_steal : fn := Fn ["self"; "seen"] (
  let_ "new" := Dot "seen" "0" -% STRONG;;
  match_ CompareExchange Access.steal false Acquire Relaxed "self" (Dot "seen" "0") "new" with_ [
    Ok_ PAny ==> some (Con "ImplicitWeak" [("alone", Bool false)]);
    Err_ PAny ==> none]).

Definition Word_is_unique : fn := Fn ["self"] (
  let_ "_1" := Load Access.is_unique Acquire "self";;
  "_1" == UNIQUE).

Definition Word_release_strong : fn := Fn ["self"; "n"] (
  let_ "released" := STRONG * "n";;
  let_ "before" := FetchSub Access.release_strong RELEASE "self" "released";;
  (if_ "before" >=s "released" then_ (
    Return none)
  else_ unit);;
  some (Con "LastStrong" [("left", "before" -% "released")])).

Definition Word_take_value : fn := Fn ["self"; "last"] (
  let_ "left" := match_ "last" with_ [
    Some_ (PVar "last") if_ Bool RELEASE_ACQUIRES ==> Dot "last" "left";
    PAny ==> Load Access.take_value Acquire "self"];;
  (if_ strong "left" != 0 then_ (
    call wrong_count [];;
    unit)
  else_ unit);;
  Con "ImplicitWeak" [("alone", "left" == IMPLICIT_WEAK_ONLY)]).

Definition Word_release_weak : fn := Fn ["self"] (
  let_ "before" := FetchSub Access.release_weak RELEASE "self" WEAK;;
  (if_ weak "before" > 1 then_ (
    Return (Con "Released::Shared" []))
  else_ unit);;
  let_ "left" := if_ Bool RELEASE_ACQUIRES then_
    "before" -% WEAK
  else_
    Load Access.release_weak_last Acquire "self";;
  (if_ "left" != NO_HANDLE then_ (
    call wrong_count [];;
    unit)
  else_ unit);;
  Con "Released::Last" []).

Definition Word_release_implicit_weak : fn := Fn ["self"; "implicit_weak"] (
  if_ Dot "implicit_weak" "alone" then_ Con "Released::Last" [] else_ call Word_release_weak [Var "self"]).

Definition Word_release_weak_past_limit : fn := Fn ["self"] (
  let_ "_" := call Word_release_weak [Var "self"];;
  call too_many_handles []).

Definition Word_strong_into_weak : fn := Fn ["self"] (
  let_ "difference" := WEAK -% STRONG;;
  let_ "before" := FetchAdd Access.strong_into_weak RELEASE "self" "difference";;
  (if_ weak "before" >= WEAK_LIMIT then_ (
    call Word_release_weak_past_limit [Var "self"];;
    unit)
  else_ unit);;
  (if_ "before" >=s STRONG then_ (
    Return none)
  else_ unit);;
  some (Con "LastStrong" [("left", "before" +% "difference")])).

(** ** src/inner.rs *)

Definition deallocate : fn := Fn ["value"] (
  Mem MFree "value").

Definition Taken_drop : fn := Fn ["self"] (
  let_ "implicit_weak" := Dot "self" "implicit_weak";;
  let_ "word" := Dot "self" "value";;
  match_ call Word_release_implicit_weak [Var "word"; Var "implicit_weak"] with_ [
    PCon "Released::Last" [] ==> call deallocate [Dot "self" "value"];
    PAny ==> unit]).

Definition Taken_new : fn := Fn ["value"; "implicit_weak"] (
  Con "Taken" [("value", Var "value"); ("implicit_weak", Var "implicit_weak")]).

Definition Taken_claim : fn := Fn ["value"; "last"] (
  let_ "word" := "value";;
  let_ "_1" := call Word_take_value [Var "word"; Var "last"];;
  call Taken_new [Var "value"; Var "_1"]).

Definition Taken_drop_value : fn := Fn ["self"] (
  drops "self" Taken_drop (
  Mem MDrop (Dot "self" "value"))).

Definition Taken_into_value : fn := Fn ["self"] (
  drops "self" Taken_drop (
  Mem MMove (Dot "self" "value"))).

(** Here "self" owns memory without a value, which no handle has reached. *)
Definition Uninit_drop : fn := Fn ["self"] (
  Mem MFree (Dot "self" "value")).

Definition Uninit_like : fn := Fn ["value"] (
  let_ "place" := Allocate UNIQUE;;
  Con "Uninit" [("value", Var "place")]).

Definition Uninit_assume_init : fn := Fn ["self"] (
  drops "self" Uninit_drop (
  let_ "this" := Move "self";;
  Dot "this" "value")).

Definition Uninit_move_from : fn := Fn ["self"; "source"] (
  drops "self" Uninit_drop (
  let_ "place" := Dot "self" "value";;
  Mem MMove "source";;
  Mem MInit "place";;
  call Uninit_assume_init [Move "self"])).

Definition Uninit_clone_of : fn := Fn ["value"] (
  let_ "place" := call Uninit_like [Var "value"];;
  drops "place" Uninit_drop (
  User "clone_to_uninit" [Var "value"];;
  Mem MInit (Dot "place" "value");;
  call Uninit_assume_init [Move "place"])).

(** ** src/arc.rs *)

Definition Arc_drop_slow : fn := Fn ["value"; "last"] (
  let_ "_1" := call Taken_claim [Var "value"; some "last"];;
  call Taken_drop_value [Var "_1"];;
  unit).

Definition Arc_drop : fn := Fn ["self"] (
  match_ call Word_release_strong [Var "self"; Num 1] with_ [
    Some_ (PVar "last") ==> call Arc_drop_slow [Var "self"; Var "last"];
    PAny ==> unit]).

Definition Arc_try_unwrap : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "implicit_weak" := Loop (
    match_ call Word_sole [Var "this"] with_ [
      PCon "Sole::Unique" [] ==> (let_ "_1" := call ImplicitWeak_of_unique [];; Break "_1");
      PCon "Sole::BesideWeaks" [("0", PVar "seen")] ==>
        match_ call Word_steal [Var "this"; Var "seen"] with_ [
          Some_ (PVar "implicit_weak") ==> Break "implicit_weak";
          PAny ==> unit];
      PCon "Sole::Shared" [] ==> Return (err (Move "this"))]);;
  let_ "this" := Move "this";;
  let_ "_1" := call Taken_new [Var "this"; Var "implicit_weak"];;
  let_ "_2" := call Taken_into_value [Var "_1"];;
  ok "_2")).

Definition Arc_make_unique : fn := Fn ["this"] (
  Loop (
    match_ call Word_sole [Var "this"] with_ [
      PCon "Sole::Unique" [] ==> Return unit;
      PCon "Sole::BesideWeaks" [("0", PVar "seen")] ==> (
        let_ "place" := call Uninit_like [Var "this"];;
        drops "place" Uninit_drop (
        match_ call Word_steal [Var "this"; Var "seen"] with_ [
          Some_ (PVar "implicit_weak") ==> (
            let_ "stolen" := "this";;
            let_ "taken" := call Taken_new [Var "stolen"; Var "implicit_weak"];;
            drops "taken" Taken_drop (
            let_ "moved" := call Uninit_move_from [Move "place"; Var "stolen"];;
            drops "moved" Arc_drop (
            Assign "this" (Move "moved");;
            call Taken_drop [Move "taken"];;
            Return unit)));
          PAny ==> unit]));
      PCon "Sole::Shared" [] ==> (
        let_ "_1" := call Uninit_clone_of [Var "this"];;
        let_ "_2" := "this";;
        Assign "this" "_1";;
        call Arc_drop [Var "_2"];;
        Return unit)])).

Definition Arc_make_mut : fn := Fn ["this"] (
  (if_ (let_ "_1" := call Word_is_unique [Var "this"];; Not "_1") then_ (
    call_mut "this" Arc_make_unique [];;
    unit)
  else_ unit);;
  "this").

Definition Arc_clone : fn := Fn ["self"] (
  call Word_add_strong [Var "self"; Num 1];;
  "self").

Definition Arc_downgrade : fn := Fn ["this"] (
  call Word_add_weak [Var "this"];;
  "this").

Definition Arc_counts : fn := Fn ["this"] (
  call Word_counts [Var "this"]).

Definition Arc_is_unique : fn := Fn ["this"] (
  call Word_is_unique [Var "this"]).

Definition Arc_get_mut_unchecked : fn := Fn ["this"] (
  "this").

Definition Arc_get_mut : fn := Fn ["this"] (
  if_ call Arc_is_unique [Var "this"] then_ (
    let_ "_1" := call Arc_get_mut_unchecked [Var "this"];;
    some "_1")
  else_ none).

(** ** src/weak.rs *)

Definition Weak_word : fn := Fn ["self"] (
  if_ "self" == 18446744073709551615 then_ none else_ some "self").

Definition Weak_drop : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      match_ call Word_release_weak [Var "word"] with_ [
        PCon "Released::Last" [] ==> call deallocate [Var "self"];
        PAny ==> unit]);
    PAny ==> unit]).

Definition Weak_into_strong : fn := Fn ["self"] (
  drops "self" Weak_drop (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      if_ call Word_weak_into_strong [Var "word"] then_ (
        let_ "this" := Move "self";;
        ok "this")
      else_ err (Move "self"));
    PAny ==> err (Move "self")])).

Definition Weak_clone : fn := Fn ["self"] (
  (match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> call Word_add_weak [Var "word"];
    PAny ==> unit]);;
  "self").


Definition Weak_upgrade : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "_1") ==> (if_ call Word_upgrade [Var "_1"] then_ some "self" else_ none);
    PAny ==> Return none]).

Definition Arc_into_weak : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "this" := Move "this";;
  let_ "last" := call Word_strong_into_weak [Var "this"];;
  let_ "weak" := "this";;
  drops "weak" Weak_drop (
  (match_ "last" with_ [
    Some_ (PVar "last") ==> (call Arc_drop_slow [Var "weak"; Var "last"];; unit);
    PAny ==> unit]);;
  Move "weak"))).

Definition Arc_into_inner : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "this" := Move "this";;
  match_ call Word_release_strong [Var "this"; Num 1] with_ [
    Some_ (PVar "last") ==> (
      let_ "_1" := call Taken_claim [Var "this"; some "last"];;
      let_ "_2" := call Taken_into_value [Var "_1"];;
      some "_2");
    PAny ==> Return none])).

(** ** src/unique.rs *)

Definition UniqueArc_into_arc : fn := Fn ["this"] (
  let_ "this" := Move "this";;
  call Word_publish [Var "this"];;
  "this").

Definition UniqueArc_downgrade : fn := Fn ["this"] (
  call Word_add_weak [Var "this"];;
  "this").

Definition UniqueArc_drop : fn := Fn ["self"] (
  let_ "_1" := call Taken_claim [Var "self"; none];;
  call Taken_drop_value [Var "_1"]).

Definition Arc_into_unique : fn := Fn ["this"] (
  drops "this" Arc_drop (
  (if_ (let_ "_1" := call Arc_is_unique [Var "this"];; Not "_1") then_ (
    Return (err (Move "this")))
  else_ unit);;
  let_ "this" := Move "this";;
  let_ "_1" := call Word_release_strong [Var "this"; Num 1];;
  let_ "_last" := match_ "_1" with_ [Some_ (PVar "_2") ==> Val "_2"; PAny ==> Panic];;
  ok "this")).

Definition UniqueArc_new : fn := Fn ["value"] (
  let_ "place" := Allocate IMPLICIT_WEAK_ONLY;;
  Mem MInit "place";;
  "place").

Definition Uninit_new : fn := Fn [] (
  let_ "_1" := Allocate UNIQUE;;
  Con "Uninit" [("value", Var "_1")]).

Definition Uninit_write : fn := Fn ["self"; "value"] (
  drops "self" Uninit_drop (
  Mem MInit (Dot "self" "value");;
  call Uninit_assume_init [Move "self"])).

Definition Arc_new : fn := Fn ["value"] (
  let_ "_1" := call Uninit_new [];;
  call Uninit_write [Var "_1"; Var "value"]).

(** ** src/clones.rs *)

Definition Clones_new : fn := Fn ["arc"; "n"] (
  (if_ "n" > 0 then_ (
    call Word_add_strong [Var "arc"; Var "n"];;
    unit)
  else_ unit);;
  Con "Clones" [("value", Var "arc"); ("left", Var "n")]).

Definition Clones_release : fn := Fn ["self"; "n"] (
  (if_ "n" == 0 then_ (
    Return unit)
  else_ unit);;
  AssignField "self" "left" (Dot "self" "left" -% "n");;
  let_ "word" := Dot "self" "value";;
  match_ call Word_release_strong [Var "word"; Var "n"] with_ [
    Some_ (PVar "last") ==> call Arc_drop_slow [Dot "self" "value"; Var "last"];
    PAny ==> unit]).

Definition Clones_drop : fn := Fn ["self"] (
  call_mut "self" Clones_release [Dot "self" "left"]).


End Code.
