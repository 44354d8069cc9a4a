//! Text as a PDF has it: the encodings of its fonts, and strings.

/// The letter in the encoding of Windows (ISO 32000-1, annex D).
pub fn code(letter: char) -> Option<u8> {
    let others = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    match letter {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).ok(),
        letter => others
            .iter()
            .find(|(other, _)| *other == letter)
            .map(|(_, code)| *code),
    }
}

/// The letter in the encoding of Symbol.
pub fn symbol(letter: char) -> Option<u8> {
    let symbols = [
        ('≤', 0xa3),
        ('∞', 0xa5),
        ('↔', 0xab),
        ('←', 0xac),
        ('↑', 0xad),
        ('→', 0xae),
        ('↓', 0xaf),
        ('≥', 0xb3),
        ('≠', 0xb9),
        ('≈', 0xbb),
        ('⇐', 0xdc),
        ('⇒', 0xde),
        ('∑', 0xe5),
        ('√', 0xd6),
        ('λ', 0x6c),
        ('μ', 0x6d),
        ('π', 0x70),
        ('σ', 0x73),
    ];
    symbols
        .iter()
        .find(|(symbol, _)| *symbol == letter)
        .map(|(_, code)| *code)
}

/// Bytes as they stand between parentheses: all of them ASCII.
pub fn literal(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', *byte]),
            b' '..=b'~' => out.push(*byte),
            byte => out.extend(format!("\\{byte:03o}").bytes()),
        }
    }
    out
}

/// A title: UTF-16 in hexadecimal digits.
pub fn utf16(text: &str) -> String {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.map(|unit| format!("{unit:04x}")).collect()
}
