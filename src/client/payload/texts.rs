//! What payloads are called.

use crate::util::language::texts;

texts! {
    empty: "tom", "empty";
    number: "tall", "number";
    text: "tekst", "text";
    binary: "binær", "binary";
    tree: "tre", "tree";
    rest(bytes: usize): "… resten av {bytes} byte vises ikke", "… the rest of {bytes} bytes is not shown";
}
