(** * The shipped text: printed from [src/] by [cargo proofs translate].  Do not edit.

    Syntax.v says what stands here, Lang.v what it means. *)

From Coq Require Import List ZArith String.
From ProvenArc Require Import Accesses Syntax.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope Z_scope.
Local Open Scope rust_scope.

Section Code.

(** ** src/word.rs *)

Definition STRONG : exp := 1 << 30.
Definition WEAK : exp := 1.
Definition NO_HANDLE : exp := 0 -% STRONG.
Definition IMPLICIT_WEAK_ONLY : exp := NO_HANDLE || WEAK.
Definition UNIQUE : exp := WEAK.
Definition STRONG_FULL : exp := (1 << 63) -% STRONG.
Definition WEAK_LIMIT : exp := 1 << 29.
Definition STRONG_STEP : exp := 1 << 10.
Variable RELEASE_ACQUIRES : bool.
Definition RELEASE : ordering := if RELEASE_ACQUIRES then AcqRel else Release.

(** [fn of_unique() -> Self] *)
Definition ImplicitWeak_of_unique : fn := Fn [] (
  Con "ImplicitWeak" [("left", IMPLICIT_WEAK_ONLY)]).

(** [fn is_alone(&self) -> bool] *)
Definition ImplicitWeak_is_alone : fn := Fn ["self"] (
  Dot "self" "left" == IMPLICIT_WEAK_ONLY).

(** [const fn strong(word: u64) -> u64] *)
Definition strong (word : exp) : exp := (word +% STRONG) / STRONG.

(** [const fn weak(word: u64) -> u64] *)
Definition weak (word : exp) : exp := word mod STRONG.

(** [fn unique() -> Self] *)
Definition Word_unique : exp := UNIQUE.

(** [fn building() -> Self] *)
Definition Word_building : exp := IMPLICIT_WEAK_ONLY.

(** [fn publish(&self)] *)
Definition Word_publish : fn := Fn ["self"] (
  FetchAdd Access.publish Release "self" STRONG;;
  unit).

(** [fn too_many_handles() -> !] *)
Definition too_many_handles : fn := Fn [] (
  Abort).

(** [fn undo(&self, added: u64) -> !] *)
Definition Word_undo : fn := Fn ["self"; "added"] (
  FetchSub Access.undo Relaxed "self" "added";;
  call too_many_handles []).

(** [fn add_strong(&self, n: u64)] *)
Definition Word_add_strong : fn := Fn ["self"; "n"] (
  let_ "before" := FetchAdd Access.add_strong Relaxed "self" ("n" * STRONG);;
  if_ "before" +% "n" * STRONG <s 0 then_ (
    call Word_undo [Var "self"; "n" * STRONG];;
    unit)
  else_ unit).

(** [fn add_many_strong(&self, n: u64)] *)
Definition Word_add_many_strong : fn := Fn ["self"; "n"] (
  let_ "left" := "n";;
  Loop (
    if_ "left" > STRONG_STEP then_ (
      call Word_add_strong [Var "self"; STRONG_STEP];;
      Assign "left" ("left" -% STRONG_STEP);;
      unit)
    else_ Break unit);;
  call Word_add_strong [Var "self"; Var "left"];;
  unit).

(** [fn add_strong_if_any(&self, difference: u64) -> bool] *)
Definition Word_add_strong_if_any : fn := Fn ["self"; "difference"] (
  let_ "current" := Load Access.upgrade_look Relaxed "self";;
  Loop (
    (if_ "current" >= STRONG_FULL then_ (
      (if_ strong "current" == 0 then_ Return (Bool false) else_ unit);;
      call too_many_handles [];;
      unit)
    else_ unit);;
    let_ "new" := "current" +% "difference";;
    match_ CompareExchange Access.upgrade true Acquire Relaxed "self" "current" "new" with_ [
      Ok_ PAny ==> Return (Bool true);
      Err_ (PVar "actual") ==> Assign "current" "actual"])).

(** [fn upgrade(&self) -> bool] *)
Definition Word_upgrade : fn := Fn ["self"] (
  call Word_add_strong_if_any [Var "self"; STRONG]).

(** [fn weak_into_strong(&self) -> bool] *)
Definition Word_weak_into_strong : fn := Fn ["self"] (
  call Word_add_strong_if_any [Var "self"; STRONG -% WEAK]).

(** [fn saturate(count: u64) -> usize] *)
Definition saturate : fn := Fn ["count"] (
  if_ "count" > 18446744073709551615 then_ 18446744073709551615 else_ "count").

(** [fn counts(&self) -> Counts] *)
Definition Word_counts : fn := Fn ["self"] (
  let_ "seen" := Load Access.counts Acquire "self";;
  let_ "_1" := call saturate [strong "seen"];;
  let_ "_2" := call saturate [Bin SaturatingSub (weak "seen") 1];;
  Con "Counts" [("strong", Var "_1"); ("weak", Var "_2")]).

(** [fn is_unique(&self) -> bool] *)
Definition Word_is_unique : fn := Fn ["self"] (
  let_ "_1" := Load Access.is_unique Acquire "self";;
  "_1" == UNIQUE).

(** [fn sole(&self) -> Sole] *)
Definition Word_sole : fn := Fn ["self"] (
  let_ "seen" := Load Access.sole Acquire "self";;
  if_ "seen" == UNIQUE then_ Con "Sole::Unique" []
  else_ if_ strong "seen" == 1 then_ Con "Sole::WithWeaks" [("0", Con "Seen" [("0", Var "seen")])]
  else_ Con "Sole::Shared" []).

(** [fn steal(&self, seen: Seen) -> Option<ImplicitWeak>] *)
Definition Word_steal : fn := Fn ["self"; "seen"] (
  let_ "new" := Dot "seen" "0" -% STRONG;;
  match_ CompareExchange Access.steal false Acquire Relaxed "self" (Dot "seen" "0") "new" with_ [
    Ok_ PAny ==> some (Con "ImplicitWeak" [("left", Var "new")]);
    Err_ PAny ==> none]).

(** [fn release_weak(&self) -> Option<LastWeak>] *)
Definition Word_release_weak : fn := Fn ["self"] (
  let_ "before" := FetchSub Access.release_weak RELEASE "self" WEAK;;
  (if_ weak "before" > 1 then_ Return none else_ unit);;
  some (Con "LastWeak" [("before", Var "before")])).

(** [fn release_weak_past_limit(&self) -> !] *)
Definition Word_release_weak_past_limit : fn := Fn ["self"] (
  call Word_release_weak [Var "self"];;
  call too_many_handles []).

(** [fn strong_into_weak(&self) -> Option<LastStrong>] *)
Definition Word_strong_into_weak : fn := Fn ["self"] (
  let_ "difference" := WEAK -% STRONG;;
  let_ "before" := FetchAdd Access.strong_into_weak RELEASE "self" "difference";;
  (if_ weak "before" >= WEAK_LIMIT then_ (
    call Word_release_weak_past_limit [Var "self"];;
    unit)
  else_ unit);;
  (if_ "before" >=s STRONG then_ Return none else_ unit);;
  some (Con "LastStrong" [("before", "before" +% WEAK)])).

(** [fn release_strong(&self, n: u64) -> Option<LastStrong>] *)
Definition Word_release_strong : fn := Fn ["self"; "n"] (
  let_ "before" := FetchSub Access.release_strong RELEASE "self" ("n" * STRONG);;
  (if_ "before" >=s "n" * STRONG then_ Return none else_ unit);;
  some (Con "LastStrong" [("before", "before" -% ("n" -% 1) * STRONG)])).

(** [fn wrong_count() -> !] *)
Definition wrong_count : fn := Fn [] (
  Abort).

(** [fn take_value(&self, last: Option<LastStrong>) -> ImplicitWeak] *)
Definition Word_take_value : fn := Fn ["self"; "last"] (
  let_ "left" := match_ "last" with_ [
    Some_ (PVar "last") if_ Bool RELEASE_ACQUIRES ==> Dot "last" "before" -% STRONG;
    PAny ==> Load Access.take_value Acquire "self"];;
  (if_ strong "left" != 0 then_ (
    call wrong_count [];;
    unit)
  else_ unit);;
  Con "ImplicitWeak" [("left", Var "left")]).

(** [fn add_weak(&self)] *)
Definition Word_add_weak : fn := Fn ["self"] (
  let_ "before" := FetchAdd Access.add_weak Relaxed "self" WEAK;;
  if_ weak "before" >= WEAK_LIMIT then_ (
    call Word_undo [Var "self"; WEAK];;
    unit)
  else_ unit).

(** [fn take_memory(&self, last: LastWeak)] *)
Definition Word_take_memory : fn := Fn ["self"; "last"] (
  let_ "left" := (if_ Bool RELEASE_ACQUIRES then_ Dot "last" "before" -% WEAK
  else_ Load Access.release_weak_last Acquire "self");;
  if_ "left" != NO_HANDLE then_ (
    call wrong_count [];;
    unit)
  else_ unit).

(** ** src/inner.rs *)

(** [unsafe fn deallocate<T: ?Sized>(value: NonNull<T>)] *)
Definition deallocate : fn := Fn ["value"] (
  Mem MFree "value").

(** [fn new(contents: Contents) -> Self] *)
Definition Uninit_new : fn := Fn [] (
  let_ "_1" := Allocate Word_unique;;
  Con "Uninit" [("value", Var "_1")]).

(** [fn drop(&mut self)] *)
Definition Uninit_drop : fn := Fn ["self"] (
  Mem MFree (Dot "self" "value")).

(** ** src/arc.rs *)

(** [unsafe fn from_value(value: NonNull<T>) -> Self] *)
Definition Arc_from_value : fn := Fn ["value"] (
  "value").

(** ** src/inner.rs *)

(** [unsafe fn assume_init(self) -> Arc<T>] *)
Definition Uninit_assume_init : fn := Fn ["self"] (
  drops "self" Uninit_drop (
  let_ "this" := Move "self";;
  Dot "this" "value")).

(** [fn write(self, value: T) -> Arc<T>] *)
Definition Uninit_write : fn := Fn ["self"; "value"] (
  drops "self" Uninit_drop (
  Mem MInit (Dot "self" "value");;
  call Uninit_assume_init [Move "self"])).

(** [fn into_uninit_arc(self) -> Arc<MaybeUninit<T>>] *)
Definition Uninit_into_uninit_arc : fn := Fn ["self"] (
  drops "self" Uninit_drop (
  let_ "this" := Move "self";;
  Dot "this" "value")).

(** [fn like(value: &T) -> Self] *)
Definition Uninit_like : fn := Fn ["value"] (
  let_ "place" := Allocate Word_unique;;
  Con "Uninit" [("value", Var "place")]).

(** [fn as_mut_ptr(&mut self) -> *mut T] *)
Definition Uninit_as_mut_ptr : fn := Fn ["self"] (
  Dot "self" "value").

(** [unsafe fn move_from(self, source: NonNull<T>) -> Arc<T>] *)
Definition Uninit_move_from : fn := Fn ["self"; "source"] (
  drops "self" Uninit_drop (
  let_ "place" := Dot "self" "value";;
  Mem MMove "source";;
  Mem MInit "place";;
  call Uninit_assume_init [Move "self"])).

(** [unsafe fn clone_from(mut self, value: &T) -> Arc<T>] *)
Definition Uninit_clone_from : fn := Fn ["self"; "value"] (
  drops "self" Uninit_drop (
  User "clone_to_uninit" [Var "value"];;
  Mem MInit (Dot "self" "value");;
  call Uninit_assume_init [Move "self"])).

(** [fn clone_of(value: &T) -> Arc<T>] *)
Definition Uninit_clone_of : fn := Fn ["value"] (
  let_ "_1" := call Uninit_like [Var "value"];;
  call Uninit_clone_from [Var "_1"; Var "value"]).

Variable PANICS_ABORT : bool.

(** [unsafe fn new(value: NonNull<T>, implicit_weak: ImplicitWeak) -> Self] *)
Definition Taken_new : fn := Fn ["value"; "implicit_weak"] (
  Con "Taken" [("value", Var "value"); ("implicit_weak", Var "implicit_weak")]).

(** [unsafe fn claim(value: NonNull<T>, last: Option<LastStrong>) -> Self] *)
Definition Taken_claim : fn := Fn ["value"; "last"] (
  let_ "word" := "value";;
  let_ "_1" := call Word_take_value [Var "word"; Var "last"];;
  call Taken_new [Var "value"; Var "_1"]).

(** ** src/weak.rs *)

(** [unsafe fn drop_slow(value: NonNull<T>, last: LastWeak)] *)
Definition Weak_drop_slow : fn := Fn ["value"; "last"] (
  call Word_take_memory [Var "value"; Var "last"];;
  call deallocate [Var "value"]).

(** ** src/inner.rs *)

(** [unsafe fn release_implicit_weak<T: ?Sized>(value: NonNull<T>, alone: bool)] *)
Definition release_implicit_weak : fn := Fn ["value"; "alone"] (
  (if_ Not "alone" then_ (
    match_ call Word_release_weak [Var "value"] with_ [
      Some_ (PVar "last") ==> call Weak_drop_slow [Var "value"; Var "last"];
      PAny ==> unit];;
    Return unit)
  else_ unit);;
  call deallocate [Var "value"]).

(** [unsafe fn release_after_panic<T: ?Sized>(value: NonNull<T>, alone: bool)] *)
Definition release_after_panic : fn := Fn ["value"; "alone"] (
  call release_implicit_weak [Var "value"; Var "alone"]).

(** [fn drop(&mut self)] *)
Definition Taken_drop : fn := Fn ["self"] (
  let_ "_1" := call ImplicitWeak_is_alone [Dot "self" "implicit_weak"];;
  call release_after_panic [Dot "self" "value"; Var "_1"]).

(** ** src/weak.rs *)

(** [unsafe fn from_value(value: NonNull<T>) -> Self] *)
Definition Weak_from_value : fn := Fn ["value"] (
  "value").

(** ** src/inner.rs *)

Definition DANGLING : exp := 18446744073709551615.

(** [fn is_dangling<T: ?Sized>(value: NonNull<T>) -> bool] *)
Definition is_dangling (value : exp) : exp := value == DANGLING.

(** ** src/weak.rs *)

(** [fn word(&self) -> Option<&Word>] *)
Definition Weak_word : fn := Fn ["self"] (
  if_ is_dangling "self" then_ none else_ some "self").

(** [fn drop(&mut self)] *)
Definition Weak_drop : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      match_ call Word_release_weak [Var "word"] with_ [
        Some_ (PVar "last") ==> call Weak_drop_slow [Var "self"; Var "last"];
        PAny ==> unit]);
    PAny ==> unit]).

(** ** src/inner.rs *)

(** [unsafe fn drop_with_weaks(value: NonNull<T>)] *)
Definition Taken_drop_with_weaks : fn := Fn ["value"] (
  Mem MDrop "value";;
  call Weak_drop [Var "value"];;
  unit).

(** [fn release(self)] *)
Definition Taken_release : fn := Fn ["self"] (
  drops "self" Taken_drop (
  let_ "this" := Move "self";;
  let_ "_1" := call ImplicitWeak_is_alone [Dot "this" "implicit_weak"];;
  call release_implicit_weak [Dot "this" "value"; Var "_1"])).

(** [fn drop_value(self)] *)
Definition Taken_drop_value : fn := Fn ["self"] (
  drops "self" Taken_drop (
  if_ Bool PANICS_ABORT then_ (
    let_ "alone" := call ImplicitWeak_is_alone [Dot "self" "implicit_weak"];;
    let_ "value" := Dot (Move "self") "value";;
    (if_ Not "alone" then_ (
      call Taken_drop_with_weaks [Var "value"];;
      Return unit)
    else_ unit);;
    Mem MDrop "value";;
    call deallocate [Var "value"])
  else_ (
    Mem MDrop (Dot "self" "value");;
    call Taken_release [Move "self"];;
    unit))).

(** [fn into_value(self) -> T] *)
Definition Taken_into_value : fn := Fn ["self"] (
  drops "self" Taken_drop (
  let_ "value" := Mem MMove (Dot "self" "value");;
  call Taken_release [Move "self"];;
  "value")).

(** ** src/unique.rs *)

(** [unsafe fn from_value(value: NonNull<T>) -> Self] *)
Definition UniqueArc_from_value : fn := Fn ["value"] (
  "value").

(** [fn drop(&mut self)] *)
Definition UniqueArc_drop : fn := Fn ["self"] (
  let_ "_1" := call Taken_claim [Var "self"; none];;
  call Taken_drop_value [Var "_1"];;
  unit).

(** ** src/arc.rs *)

(** [unsafe fn drop_slow(value: NonNull<T>, last: LastStrong)] *)
Definition Arc_drop_slow : fn := Fn ["value"; "last"] (
  let_ "implicit_weak" := call Word_take_value [Var "value"; some "last"];;
  call Taken_drop_value [Con "Taken" [("value", Var "value"); ("implicit_weak", Var "implicit_weak")]];;
  unit).

(** [fn drop(&mut self)] *)
Definition Arc_drop : fn := Fn ["self"] (
  match_ call Word_release_strong [Var "self"; Num 1] with_ [
    Some_ (PVar "last") ==> call Arc_drop_slow [Var "self"; Var "last"];
    PAny ==> unit]).

(** [fn word(&self) -> &Word] *)
Definition Arc_word : fn := Fn ["self"] (
  "self").

(** ** src/unique.rs *)

(** [unsafe fn from_only_handle(arc: Arc<T>) -> Self] *)
Definition UniqueArc_from_only_handle : fn := Fn ["arc"] (
  drops "arc" Arc_drop (
  let_ "arc" := Move "arc";;
  let_ "_last" := match_ call Word_release_strong [Var "arc"; Num 1] with_ [
    Some_ (PVar "_1") ==> "_1";
    PAny ==> Panic];;
  "arc")).

(** [fn leave_weaks(self) -> Self] *)
Definition UniqueArc_leave_weaks : fn := Fn ["self"] (
  drops "self" UniqueArc_drop (
  let_ "place" := call Uninit_like [Var "self"];;
  drops "place" Uninit_drop (
  let_ "this" := Move "self";;
  let_ "taken" := call Taken_claim [Var "this"; none];;
  drops "taken" Taken_drop (
  let_ "moved" := call Uninit_move_from [Move "place"; Var "this"];;
  drops "moved" Arc_drop (
  let_ "unique" := call UniqueArc_from_only_handle [Move "moved"];;
  drops "unique" UniqueArc_drop (
  call Taken_release [Move "taken"];;
  Move "unique")))))).

(** ** src/inner.rs *)

(** [fn into_unique(self) -> UniqueArc<T>] *)
Definition Taken_into_unique : fn := Fn ["self"] (
  drops "self" Taken_drop (
  let_ "alone" := call ImplicitWeak_is_alone [Dot "self" "implicit_weak"];;
  let_ "this" := Move "self";;
  let_ "unique" := Dot "this" "value";;
  drops "unique" UniqueArc_drop (
  if_ "alone" then_ Move "unique" else_ call UniqueArc_leave_weaks [Move "unique"]))).

(** [const fn dangling<T>() -> NonNull<T>] *)
Definition dangling : exp := DANGLING.

(** ** src/arc.rs *)

(** [fn drop(&mut self)] *)
Definition Lent_drop : fn := Fn ["self"] (
  let_ "word" := Dot "self" "0";;
  match_ call Word_release_weak [Var "word"] with_ [
    Some_ (PVar "last") ==> (
      call Word_take_memory [Var "word"; Var "last"];;
      Mem MFree (Dot "self" "0"));
    PAny ==> unit]).

(** [fn new(value: T) -> Arc<T>] *)
Definition Arc_new : fn := Fn ["value"] (
  let_ "value" := "value";;
  let_ "place" := Allocate Word_unique;;
  Mem MInit "place";;
  "place").

(** ** src/unique.rs *)

(** [fn word(&self) -> &Word] *)
Definition UniqueArc_word : fn := Fn ["self"] (
  "self").

(** [fn into_arc(this: Self) -> Arc<T>] *)
Definition UniqueArc_into_arc : fn := Fn ["this"] (
  drops "this" UniqueArc_drop (
  let_ "this" := Move "this";;
  call Word_publish [Var "this"];;
  "this")).

(** ** src/arc.rs *)

(** [fn new_cyclic<F>(data_fn: F) -> Arc<T> where F: FnOnce(&Weak<T>) -> T,] *)
Definition Arc_new_cyclic : fn := Fn ["data_fn"] (
  let_ "place" := Allocate Word_building;;
  let_ "implicit_weak" := Con "Lent" [("0", Var "place")];;
  drops "implicit_weak" Lent_drop (
  let_ "value" := User "data_fn" [Dot "implicit_weak" "0"];;
  Mem MInit "place";;
  Move "implicit_weak";;
  call UniqueArc_into_arc [Var "place"])).

(** [fn new_uninit() -> Arc<MaybeUninit<T>>] *)
Definition Arc_new_uninit : fn := Fn [] (
  let_ "_1" := call Uninit_new [];;
  call Uninit_into_uninit_arc [Var "_1"]).

(** [fn new_zeroed() -> Arc<MaybeUninit<T>>] *)
Definition Arc_new_zeroed : fn := Fn [] (
  let_ "_1" := call Uninit_new [];;
  call Uninit_into_uninit_arc [Var "_1"]).

(** [fn try_unwrap(this: Self) -> Result<T, Self>] *)
Definition Arc_try_unwrap : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "implicit_weak" := Loop (
    match_ call Word_sole [Var "this"] with_ [
      PCon "Sole::Unique" [] ==> (
        let_ "_1" := call ImplicitWeak_of_unique [];;
        Break "_1");
      PCon "Sole::WithWeaks" [("0", PVar "seen")] ==> (
        match_ call Word_steal [Var "this"; Var "seen"] with_ [
          Some_ (PVar "implicit_weak") ==> Break "implicit_weak";
          PAny ==> unit]);
      PCon "Sole::Shared" [] ==> Return (err (Move "this"))]);;
  let_ "this" := Move "this";;
  let_ "_2" := call Taken_new [Var "this"; Var "implicit_weak"];;
  let_ "_3" := call Taken_into_value [Var "_2"];;
  ok "_3")).

(** [fn into_inner(this: Self) -> Option<T>] *)
Definition Arc_into_inner : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "this" := Move "this";;
  let_ "last" := match_ call Word_release_strong [Var "this"; Num 1] with_ [
    Some_ (PVar "_1") ==> "_1";
    PAny ==> Return none];;
  let_ "_2" := call Taken_claim [Var "this"; some "last"];;
  let_ "_3" := call Taken_into_value [Var "_2"];;
  some "_3")).

(** [fn unwrap_or_clone(this: Self) -> T where T: Clone,] *)
Definition Arc_unwrap_or_clone : fn := Fn ["this"] (
  drops "this" Arc_drop (
  match_ call Arc_try_unwrap [Move "this"] with_ [
    Ok_ (PVar "_1") ==> "_1";
    Err_ (PVar "arc") ==> (
      drops "arc" Arc_drop (
      let_ "clone" := User "clone" [Var "arc"];;
      call Arc_drop [Move "arc"];;
      "clone"))])).

(** ** src/inner.rs *)

(** [unsafe fn drop_with_weaks(value: NonNull<T>)], of a [MaybeUninit], which has no destructor *)
Definition Taken_drop_with_weaks_uninit : fn := Fn ["value"] (
  call Weak_drop [Var "value"];;
  unit).

(** [fn drop_value(self)], of a [MaybeUninit], which has no destructor *)
Definition Taken_drop_value_uninit : fn := Fn ["self"] (
  drops "self" Taken_drop (
  if_ Bool PANICS_ABORT then_ (
    let_ "alone" := call ImplicitWeak_is_alone [Dot "self" "implicit_weak"];;
    let_ "value" := Dot (Move "self") "value";;
    (if_ Not "alone" then_ (
      call Taken_drop_with_weaks_uninit [Var "value"];;
      Return unit)
    else_ unit);;
    call deallocate [Var "value"])
  else_ (
    call Taken_release [Move "self"];;
    unit))).

(** ** src/arc.rs *)

(** [unsafe fn drop_slow(value: NonNull<T>, last: LastStrong)], of a [MaybeUninit], which has no destructor *)
Definition Arc_drop_slow_uninit : fn := Fn ["value"; "last"] (
  let_ "implicit_weak" := call Word_take_value [Var "value"; some "last"];;
  call Taken_drop_value_uninit [Con "Taken" [("value", Var "value"); ("implicit_weak", Var "implicit_weak")]];;
  unit).

(** [fn drop(&mut self)], of a [MaybeUninit], which has no destructor *)
Definition Arc_drop_uninit : fn := Fn ["self"] (
  match_ call Word_release_strong [Var "self"; Num 1] with_ [
    Some_ (PVar "last") ==> call Arc_drop_slow_uninit [Var "self"; Var "last"];
    PAny ==> unit]).

(** [unsafe fn get_mut_unchecked(this: &mut Self) -> &mut T] *)
Definition Arc_get_mut_unchecked : fn := Fn ["this"] (
  "this").

(** [unsafe fn assume_init(self) -> Arc<T>] *)
Definition Arc_assume_init : fn := Fn ["self"] (
  drops "self" Arc_drop_uninit (
  let_ "this" := Move "self";;
  "this")).

(** [fn try_map<U, E>(this: Self, f: impl FnOnce(&T) -> Result<U, E>) -> Result<Arc<U>, E>] *)
Definition Arc_try_map : fn := Fn ["this"; "f"] (
  drops "this" Arc_drop (
  let_ "same_layout" := User "same_layout" [];;
  let_ "_1" := (if_ "same_layout" then_ call Word_is_unique [Var "this"] else_ Bool false);;
  (if_ Not "_1" then_ (
    let_ "mapped" := User "f" [Var "this"];;
    call Arc_drop [Move "this"];;
    let_ "_5" := match_ "mapped" with_ [
      Ok_ (PVar "_2") ==> (
        let_ "_3" := call Arc_new [Var "_2"];;
        ok "_3");
      Err_ (PVar "_4") ==> err "_4"];;
    Return "_5")
  else_ unit);;
  let_ "this" := Move "this";;
  let_ "value" := Mem MMove "this";;
  let_ "place" := "this";;
  drops "place" Arc_drop_uninit (
  let_ "mapped" := User "f" [Var "value"];;
  User "drop" [Var "value"];;
  let_ "_7" := match_ "mapped" with_ [
    Ok_ (PVar "_6") ==> "_6";
    Err_ (PVar "_6") ==> Return (err "_6")];;
  Mem MInit "place";;
  let_ "_8" := call Arc_assume_init [Move "place"];;
  ok "_8"))).

(** [unsafe fn from_raw(ptr: *const T) -> Self] *)
Definition Arc_from_raw : fn := Fn ["ptr"] (
  let_ "value" := "ptr";;
  "value").

(** [fn as_ptr(this: &Self) -> *const T] *)
Definition Arc_as_ptr : fn := Fn ["this"] (
  "this").

(** [fn into_raw(this: Self) -> *const T] *)
Definition Arc_into_raw : fn := Fn ["this"] (
  drops "this" Arc_drop (
  Move "this")).

(** [fn clone(&self) -> Arc<T>] *)
Definition Arc_clone : fn := Fn ["self"] (
  call Word_add_strong [Var "self"; Num 1];;
  "self").

(** [unsafe fn increment_strong_count(ptr: *const T)] *)
Definition Arc_increment_strong_count : fn := Fn ["ptr"] (
  let_ "_1" := call Arc_from_raw [Var "ptr"];;
  let_ "arc" := "_1";;
  call Arc_clone [Var "arc"];;
  unit).

(** [unsafe fn decrement_strong_count(ptr: *const T)] *)
Definition Arc_decrement_strong_count : fn := Fn ["ptr"] (
  let_ "_1" := call Arc_from_raw [Var "ptr"];;
  call Arc_drop [Var "_1"];;
  unit).

(** [fn downgrade(this: &Self) -> Weak<T>] *)
Definition Arc_downgrade : fn := Fn ["this"] (
  call Word_add_weak [Var "this"];;
  "this").

(** [fn into_weak(this: Self) -> Weak<T>] *)
Definition Arc_into_weak : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "this" := Move "this";;
  let_ "last" := call Word_strong_into_weak [Var "this"];;
  let_ "weak" := "this";;
  drops "weak" Weak_drop (
  match_ "last" with_ [
    Some_ (PVar "last") ==> (
      call Arc_drop_slow [Var "weak"; Var "last"];;
      unit);
    PAny ==> unit];;
  Move "weak"))).

(** ** src/clones.rs *)

(** [fn new(arc: &Arc<T>, n: usize) -> Self] *)
Definition Clones_new : fn := Fn ["arc"; "n"] (
  (if_ "n" > 0 then_ (
    call Word_add_many_strong [Var "arc"; Var "n"];;
    unit)
  else_ unit);;
  Con "Clones" [("value", Var "arc"); ("left", Var "n")]).

(** ** src/arc.rs *)

(** [fn clone_many(this: &Self, n: usize) -> Clones<T>] *)
Definition Arc_clone_many : fn := Fn ["this"; "n"] (
  call Clones_new [Var "this"; Var "n"]).

(** [fn counts(this: &Self) -> Counts] *)
Definition Arc_counts : fn := Fn ["this"] (
  call Word_counts [Var "this"]).

(** [fn strong_count(this: &Self) -> usize] *)
Definition Arc_strong_count : fn := Fn ["this"] (
  let_ "_1" := call Arc_counts [Var "this"];;
  Dot "_1" "strong").

(** [fn weak_count(this: &Self) -> usize] *)
Definition Arc_weak_count : fn := Fn ["this"] (
  let_ "_1" := call Arc_counts [Var "this"];;
  Dot "_1" "weak").

(** [fn is_unique(this: &Self) -> bool] *)
Definition Arc_is_unique : fn := Fn ["this"] (
  call Word_is_unique [Var "this"]).

(** [fn get_mut(this: &mut Self) -> Option<&mut T>] *)
Definition Arc_get_mut : fn := Fn ["this"] (
  let_ "value" := "this";;
  let_ "_1" := call Arc_is_unique [Var "this"];;
  if_ "_1" then_ some "value" else_ none).

(** [unsafe fn leave_weaks(this: &mut Self, place: Uninit<T>, implicit_weak: ImplicitWeak)] *)
Definition Arc_leave_weaks : fn := Fn ["this"; "place"; "implicit_weak"] (
  drops "place" Uninit_drop (
  let_ "stolen" := "this";;
  let_ "taken" := call Taken_new [Var "stolen"; Var "implicit_weak"];;
  drops "taken" Taken_drop (
  let_ "moved" := call Uninit_move_from [Move "place"; Var "stolen"];;
  drops "moved" Arc_drop (
  Assign "this" (Move "moved");;
  call Taken_release [Move "taken"];;
  unit)))).

(** [fn try_into_unique(mut this: Self) -> Result<UniqueArc<T>, Self>] *)
Definition Arc_try_into_unique : fn := Fn ["this"] (
  drops "this" Arc_drop (
  Loop (
    match_ call Word_sole [Var "this"] with_ [
      PCon "Sole::Unique" [] ==> Break unit;
      PCon "Sole::WithWeaks" [("0", PVar "seen")] ==> (
        let_ "place" := call Uninit_like [Var "this"];;
        drops "place" Uninit_drop (
        match_ call Word_steal [Var "this"; Var "seen"] with_ [
          Some_ (PVar "implicit_weak") ==> (
            call_mut "this" Arc_leave_weaks [Move "place"; Var "implicit_weak"];;
            Break unit);
          PAny ==> unit]));
      PCon "Sole::Shared" [] ==> Return (err (Move "this"))]);;
  let_ "_1" := call UniqueArc_from_only_handle [Move "this"];;
  ok "_1")).

(** [fn into_unique(this: Self) -> Option<UniqueArc<T>>] *)
Definition Arc_into_unique : fn := Fn ["this"] (
  drops "this" Arc_drop (
  let_ "this" := Move "this";;
  let_ "last" := match_ call Word_release_strong [Var "this"; Num 1] with_ [
    Some_ (PVar "_1") ==> "_1";
    PAny ==> Return none];;
  let_ "_2" := call Taken_claim [Var "this"; some "last"];;
  let_ "_3" := call Taken_into_unique [Var "_2"];;
  some "_3")).

(** [fn clone_from_ref(value: &T) -> Arc<T>] *)
Definition Arc_clone_from_ref : fn := Fn ["value"] (
  call Uninit_clone_of [Var "value"]).

(** [fn make_unique(this: &mut Self)] *)
Definition Arc_make_unique : fn := Fn ["this"] (
  let_ "place" := call Uninit_like [Var "this"];;
  drops "place" Uninit_drop (
  Loop (
    match_ call Word_sole [Var "this"] with_ [
      PCon "Sole::Unique" [] ==> Return unit;
      PCon "Sole::WithWeaks" [("0", PVar "seen")] ==> (
        match_ call Word_steal [Var "this"; Var "seen"] with_ [
          Some_ (PVar "implicit_weak") ==> (
            call_mut "this" Arc_leave_weaks [Move "place"; Var "implicit_weak"];;
            Return unit);
          PAny ==> unit]);
      PCon "Sole::Shared" [] ==> (
        let_ "_1" := call Uninit_clone_from [Move "place"; Var "this"];;
        let_ "_2" := "this";;
        Assign "this" "_1";;
        call Arc_drop [Var "_2"];;
        Return unit)]))).

(** [fn make_mut_slow(this: &mut Self) -> &mut T] *)
Definition Arc_make_mut_slow : fn := Fn ["this"] (
  call_mut "this" Arc_make_unique [];;
  "this").

(** [fn make_mut(this: &mut Self) -> &mut T] *)
Definition Arc_make_mut : fn := Fn ["this"] (
  let_ "value" := "this";;
  let_ "_1" := call Word_is_unique [Var "this"];;
  (if_ Not "_1" then_ (
    let_ "_2" := call_mut "this" Arc_make_mut_slow [];;
    Return "_2")
  else_ unit);;
  "value").

(** [fn deref(&self) -> &T] *)
Definition Arc_deref : fn := Fn ["self"] (
  "self").

(** ** src/weak.rs *)

(** [const fn new() -> Weak<T>] *)
Definition Weak_new : fn := Fn [] (
  dangling).

(** [unsafe fn from_raw(ptr: *const T) -> Self] *)
Definition Weak_from_raw : fn := Fn ["ptr"] (
  let_ "value" := "ptr";;
  "value").

(** [fn as_ptr(&self) -> *const T] *)
Definition Weak_as_ptr : fn := Fn ["self"] (
  "self").

(** [fn into_raw(self) -> *const T] *)
Definition Weak_into_raw : fn := Fn ["self"] (
  drops "self" Weak_drop (
  Move "self")).

(** [fn upgrade(&self) -> Option<Arc<T>>] *)
Definition Weak_upgrade : fn := Fn ["self"] (
  let_ "_2" := match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "_1") ==> "_1";
    PAny ==> Return none];;
  let_ "_3" := call Word_upgrade [Var "_2"];;
  if_ "_3" then_ some "self" else_ none).

(** [fn into_strong(self) -> Result<Arc<T>, Weak<T>>] *)
Definition Weak_into_strong : fn := Fn ["self"] (
  drops "self" Weak_drop (
  let_ "_2" := match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "_1") ==> call Word_weak_into_strong [Var "_1"];
    PAny ==> Bool false];;
  if_ "_2" then_ (
    let_ "this" := Move "self";;
    ok "this")
  else_ err (Move "self"))).

(** [fn strong_count(&self) -> usize] *)
Definition Weak_strong_count : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      let_ "_1" := call Word_counts [Var "word"];;
      Dot "_1" "strong");
    PAny ==> 0]).

(** [fn weak_count(&self) -> usize] *)
Definition Weak_weak_count : fn := Fn ["self"] (
  match_ (
    match_ call Weak_word [Var "self"] with_ [
      Some_ (PVar "_1") ==> (
        let_ "_2" := call Word_counts [Var "_1"];;
        some "_2");
      PAny ==> none]) with_ [
    Some_ (PCon "Counts" [("strong", PVar "strong"); ("weak", PVar "weak")]) if_ "strong" >= 1 ==> "weak";
    PAny ==> 0]).

(** [fn release(&self) -> bool] *)
Definition Weak_release : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      match_ call Word_release_weak [Var "word"] with_ [
        Some_ (PVar "last") ==> (
          call Word_take_memory [Var "word"; Var "last"];;
          Return (Bool true));
        PAny ==> unit]);
    PAny ==> unit];;
  Bool false).

(** [unsafe fn free(value: NonNull<T>)] *)
Definition Weak_free : fn := Fn ["value"] (
  call deallocate [Var "value"]).

(** [fn clone(&self) -> Weak<T>] *)
Definition Weak_clone : fn := Fn ["self"] (
  match_ call Weak_word [Var "self"] with_ [
    Some_ (PVar "word") ==> (
      call Word_add_weak [Var "word"];;
      unit);
    PAny ==> unit];;
  "self").

(** [fn default() -> Weak<T>] *)
Definition Weak_default : fn := Fn [] (
  call Weak_new []).

(** ** src/unique.rs *)

(** [fn new(value: T) -> Self] *)
Definition UniqueArc_new : fn := Fn ["value"] (
  let_ "place" := Allocate Word_building;;
  Mem MInit "place";;
  "place").

(** [fn place(place: NonNull<T>) -> Self], of a [MaybeUninit], which has no destructor *)
Definition UniqueArc_place_uninit : fn := Fn ["place"] (
  "place").

(** [fn new_uninit() -> UniqueArc<MaybeUninit<T>>] *)
Definition UniqueArc_new_uninit : fn := Fn [] (
  let_ "_1" := Allocate Word_building;;
  "_1").

(** [fn take(this: Self) -> Taken<T>] *)
Definition UniqueArc_take : fn := Fn ["this"] (
  drops "this" UniqueArc_drop (
  let_ "this" := Move "this";;
  call Taken_claim [Var "this"; none])).

(** [fn into_inner(this: Self) -> T] *)
Definition UniqueArc_into_inner : fn := Fn ["this"] (
  drops "this" UniqueArc_drop (
  let_ "_1" := call UniqueArc_take [Move "this"];;
  call Taken_into_value [Var "_1"])).

(** [fn place(place: NonNull<T>) -> Self] *)
Definition UniqueArc_place : fn := Fn ["place"] (
  "place").

(** [fn drop(&mut self)], of a [MaybeUninit], which has no destructor *)
Definition UniqueArc_drop_uninit : fn := Fn ["self"] (
  let_ "_1" := call Taken_claim [Var "self"; none];;
  call Taken_drop_value_uninit [Var "_1"];;
  unit).

(** [unsafe fn assume_init(self) -> UniqueArc<T>] *)
Definition UniqueArc_assume_init : fn := Fn ["self"] (
  drops "self" UniqueArc_drop_uninit (
  let_ "this" := Move "self";;
  "this")).

(** [fn write(mut this: Self, value: T) -> UniqueArc<T>] *)
Definition UniqueArc_write : fn := Fn ["this"; "value"] (
  drops "this" UniqueArc_drop_uninit (
  Mem MInit "this";;
  call UniqueArc_assume_init [Move "this"])).

(** [fn downgrade(this: &Self) -> Weak<T>] *)
Definition UniqueArc_downgrade : fn := Fn ["this"] (
  call Word_add_weak [Var "this"];;
  "this").

(** [fn deref(&self) -> &T] *)
Definition UniqueArc_deref : fn := Fn ["self"] (
  "self").

(** [fn deref_mut(&mut self) -> &mut T] *)
Definition UniqueArc_deref_mut : fn := Fn ["self"] (
  "self").

(** ** src/clones.rs *)

(** [fn release(&mut self, n: usize)] *)
Definition Clones_release : fn := Fn ["self"; "n"] (
  (if_ "n" == 0 then_ Return unit else_ unit);;
  AssignField "self" "left" (Dot "self" "left" -% "n");;
  let_ "word" := Dot "self" "value";;
  match_ call Word_release_strong [Var "word"; Var "n"] with_ [
    Some_ (PVar "last") ==> call Arc_drop_slow [Dot "self" "value"; Var "last"];
    PAny ==> unit]).

(** [fn next(&mut self) -> Option<Arc<T>>] *)
Definition Clones_next : fn := Fn ["self"] (
  let_ "_2" := match_ CheckedSub (Dot "self" "left") 1 with_ [
    Some_ (PVar "_1") ==> "_1";
    PAny ==> Return none];;
  AssignField "self" "left" "_2";;
  some (Dot "self" "value")).

(** [fn nth(&mut self, n: usize) -> Option<Arc<T>>] *)
Definition Clones_nth : fn := Fn ["self"; "n"] (
  call_mut "self" Clones_release [Bin Min "n" (Dot "self" "left")];;
  call_mut "self" Clones_next []).

(** [fn drop(&mut self)] *)
Definition Clones_drop : fn := Fn ["self"] (
  call_mut "self" Clones_release [Dot "self" "left"];;
  unit).

(** [fn count(self) -> usize] *)
Definition Clones_count : fn := Fn ["self"] (
  drops "self" Clones_drop (
  Dot "self" "left")).

(** [fn next_back(&mut self) -> Option<Arc<T>>] *)
Definition Clones_next_back : fn := Fn ["self"] (
  call_mut "self" Clones_next []).

End Code.
