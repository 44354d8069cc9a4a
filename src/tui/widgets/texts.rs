//! What the widgets say.

use crate::util::language::texts;

texts! {
    payload(kind: &str, bytes: &str): "{kind}, {bytes} byte", "{kind}, {bytes} bytes";
    payload_head(kind: &str, shown: &str, bytes: &str):
        "{kind}, de første {shown} av {bytes} byte",
        "{kind}, the first {shown} of {bytes} bytes";
    seen_as(view: &str): "vist som {view}", "shown as {view}";
    compared: "sammenlignet med forrige på samme subject", "compared with the one before on its subject";
    byte_at(at: usize, byte: u8): "byte {at} (0x{at:x}): {byte} = 0x{byte:02x} = 0b{byte:08b}", "byte {at} (0x{at:x}): {byte} = 0x{byte:02x} = 0b{byte:08b}";
    bytes_from(from: usize, to: usize, len: usize): "byte {from}–{to}, {len} i alt", "bytes {from}–{to}, {len} in all";
    numbers(big: u64, little: u64): " · {big} (big endian) · {little} (little endian)", " · {big} (big endian) · {little} (little endian)";
    nothing_before:
        "Ingen melding før denne på samme subject i vinduet.",
        "No message before this one on its subject in the window.";
}
