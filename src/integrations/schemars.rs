//! `schemars`: [`Arc`] and [`Weak`] have the schema of the value, as std's have.

use crate::{Arc, Weak};
use alloc::borrow::Cow;
use schemars::{JsonSchema, Schema, SchemaGenerator};

macro_rules! forward_to_the_value {
    ($($ty:ident)*) => {$(
        /// The schema of the value. Requires the feature `schemars`.
        ///
        /// With std's `Arc`, a field of the type `Arc<Option<T>>` is optional. Here it is required,
        /// since only private methods tell `schemars` that a type is an `Option`. Write
        /// `Option<Arc<T>>` instead.
        impl<T: ?Sized + JsonSchema> JsonSchema for $ty<T> {
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
forward_to_the_value!(Arc Weak);
