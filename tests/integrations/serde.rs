//! `serde`, with `serde_json`.

use proven_arc::{Arc, ArcBorrow, ThinArc, ThinWeak, UniqueArc, Weak};
use serde::{Deserialize, Serialize};
use serde_json::{from_str, to_string};

#[derive(Serialize, Deserialize)]
struct Page {
    title: Arc<str>,
    words: Arc<[Arc<String>]>,
    size: Arc<(u32, u32)>,
    parent: Weak<u8>,
}

#[test]
fn there_and_back() {
    let word = Arc::new("same".to_owned());
    let page = Page {
        title: Arc::from("title"),
        words: Arc::from([word.clone(), word]),
        size: Arc::new((3, 4)),
        parent: Weak::new(),
    };
    let text = to_string(&page).unwrap();
    assert_eq!(text, r#"{"title":"title","words":["same","same"],"size":[3,4],"parent":null}"#);

    let page: Page = from_str(&text).unwrap();
    assert_eq!((&*page.title, *page.size), ("title", (3, 4)));
    // The copies are equal, and not shared.
    assert_eq!(page.words[0], page.words[1]);
    assert!(!Arc::ptr_eq(&page.words[0], &page.words[1]));
    assert_eq!((Arc::strong_count(&page.title), Arc::weak_count(&page.title)), (1, 0));
}

#[test]
fn unique_arcs() {
    let mut list: UniqueArc<Vec<u8>> = from_str("[1,2]").unwrap();
    list.push(3);
    assert_eq!(to_string(&list).unwrap(), "[1,2,3]");
}

#[test]
fn thin_arcs() {
    let words: ThinArc<[ThinArc<str>]> = from_str(r#"["a","b"]"#).unwrap();
    assert_eq!((words.len(), &*words[1]), (2, "b"));
    assert_eq!(to_string(&words).unwrap(), r#"["a","b"]"#);
}

/// They are written as the value that they point to.
#[test]
fn borrows_and_parts() {
    let arc = Arc::new((1, "part"));
    assert_eq!(to_string(&ArcBorrow::from(&arc)).unwrap(), r#"[1,"part"]"#);
    assert_eq!(to_string(&Arc::project(arc, |pair| pair.1)).unwrap(), r#""part""#);
}

#[test]
fn unsized_values() {
    let text: Arc<str> = from_str(r#""a \"quote\"""#).unwrap();
    assert_eq!((&*text, &*to_string(&text).unwrap()), ("a \"quote\"", r#""a \"quote\"""#));
    let path: Arc<std::path::Path> = from_str(r#""/tmp""#).unwrap();
    assert_eq!((path.to_str(), &*to_string(&path).unwrap()), (Some("/tmp"), r#""/tmp""#));
    let empty: Arc<[u64]> = from_str("[]").unwrap();
    assert!(empty.is_empty());
}

#[test]
fn a_weak_is_an_option() {
    let arc = Arc::new(5);
    let weak = Arc::downgrade(&arc);
    assert_eq!(to_string(&weak).unwrap(), "5");
    assert_eq!(Arc::strong_count(&arc), 1);
    drop(arc);
    assert_eq!(to_string(&weak).unwrap(), "null");
    for text in ["5", "null"] {
        assert!(from_str::<Weak<i32>>(text).unwrap().upgrade().is_none());
    }
    assert!(from_str::<Weak<i32>>("\"no number\"").is_err());
}

#[test]
fn a_thin_weak_is_an_option() {
    let thin: ThinArc<str> = "thin".into();
    let weak = ThinArc::downgrade(&thin);
    assert_eq!(to_string(&weak).unwrap(), r#""thin""#);
    assert_eq!(ThinArc::strong_count(&thin), 1);
    drop(thin);
    assert_eq!(to_string(&weak).unwrap(), "null");
    for text in [r#""thin""#, "null"] {
        assert!(from_str::<ThinWeak<str>>(text).unwrap().upgrade().is_none());
    }
    assert!(from_str::<ThinWeak<str>>("5").is_err());
}

#[test]
fn errors_are_those_of_the_value() {
    let ours = from_str::<Arc<u8>>("256").unwrap_err().to_string();
    assert_eq!(ours, from_str::<u8>("256").unwrap_err().to_string());
    assert!(from_str::<Arc<[u8]>>("[1, 2").is_err());
}
