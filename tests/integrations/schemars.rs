//! `schemars`: the schema is that of the value.

use proven_arc::{Arc, ArcBorrow, ArcRef, ThinArc, ThinWeak, UniqueArc, Weak};
use schemars::{JsonSchema, schema_for};

#[derive(JsonSchema)]
#[allow(dead_code, reason = "only the schema is used")]
struct Page<S, P> {
    title: S,
    parent: P,
}

#[test]
fn as_without_the_handle() {
    let plain = schema_for!(Page<String, u8>);
    assert_eq!(schema_for!(Page<Arc<str>, Weak<u8>>), plain);
    assert_eq!(schema_for!(Page<ThinArc<str>, UniqueArc<u8>>), plain);
    assert_eq!(schema_for!(Page<ThinWeak<str>, ArcRef<u8>>), plain);
    assert_eq!(schema_for!(Page<ArcBorrow<'static, str>, u8>), plain);
    assert_eq!(schema_for!(Arc<Page<String, u8>>), plain);
    assert_eq!(schema_for!(Arc<[u8]>), schema_for!(Vec<u8>));
    assert_eq!(schema_for!(ThinArc<[u8]>), schema_for!(Vec<u8>));
    // The id tells apart types of the same name.
    let id = <Page<String, u8>>::schema_id();
    assert_ne!(id, <Page<String, u8>>::schema_name());
    assert_eq!(
        (<Arc<Page<String, u8>>>::schema_id(), <Weak<Page<String, u8>>>::schema_id()),
        (id.clone(), id)
    );
}
