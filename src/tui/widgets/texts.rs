//! What the widgets say.

use crate::util::language::texts;

texts! {
    payload(kind: &str, bytes: &str): "{kind}, {bytes} byte", "{kind}, {bytes} bytes";
    seen_as(view: &str): "vist som {view}", "shown as {view}";
    compared: "sammenlignet med forrige på samme subject", "compared with the one before on its subject";
    nothing_before:
        "Ingen melding før denne på samme subject i vinduet.",
        "No message before this one on its subject in the window.";
}
