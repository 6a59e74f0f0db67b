//! `schemars`: a handle has the schema of the value, as std's `Arc` and `Weak` have.

use crate::{Arc, ArcBorrow, ArcRef, SliceLike, ThinArc, ThinWeak, UniqueArc, Weak};
use alloc::borrow::Cow;
use schemars::{JsonSchema, Schema, SchemaGenerator};

macro_rules! forward_to_the_value {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// The schema of the value. Requires the feature `schemars`.
        ///
        /// With std's `Arc`, a field of the type `Arc<Option<T>>` is optional. Here it is required,
        /// since only private methods tell `schemars` that a type is an `Option`. Write
        /// `Option<Arc<T>>` instead.
        impl<$($generics)*> JsonSchema for $ty
        where
            T: JsonSchema,
        {
            fn inline_schema() -> bool {
                T::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )*};
}
forward_to_the_value! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized] Weak<T>;
    [T: ?Sized] UniqueArc<T>;
    ['b, T: ?Sized] ArcBorrow<'b, T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
    [T: ?Sized + SliceLike] ThinWeak<T>;
    [T: ?Sized] ArcRef<T>;
}
