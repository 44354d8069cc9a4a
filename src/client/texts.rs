//! What is said of a filter that is none.

use crate::util::language::texts;

texts! {
    filter_empty: "filteret er tomt", "the filter is empty";
    filter_long: "filteret er for langt", "the filter is too long";
    filter_short: "filteret slutter for tidlig", "the filter ends too early";
    filter_unexpected(what: &str): "«{what}» betyr ingenting der", "\"{what}\" has no meaning there";
    filter_regex(why: &str): "ikke et regulært uttrykk: {why}", "not a regular expression: {why}";
}
