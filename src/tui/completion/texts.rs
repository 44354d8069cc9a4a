//! What is said of names on a line.

use crate::util::language::texts;

texts! {
    seen_subject: "subject som er sett", "subject that was seen";
    stream(messages: &str, subjects: &str): "{messages} meld. · {subjects}", "{messages} msgs · {subjects}";
    bucket(values: &str): "{values} verdier", "{values} values";
    objects(bytes: &str): "objektlager · {bytes}", "object store · {bytes}";
    consumer(pending: &str): "{pending} meld. igjen", "{pending} msgs left";
}
