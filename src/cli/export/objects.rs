//! The file that a PDF is: numbered objects, streams of bytes, and a table of where they are.

use std::fmt::Write;

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::tui::pictures::Pixels;

/// How hard streams are pressed: a deck is small, and export is no race.
const PRESSURE: u8 = 6;

/// A file of numbered objects.
pub struct File {
    bytes: Vec<u8>,
    /// Where each object begins; 0 for one that is still to be written.
    offsets: Vec<usize>,
}

impl Default for File {
    fn default() -> Self {
        File {
            // The second line tells whoever passes the file on that it is no text.
            bytes: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            offsets: Vec::new(),
        }
    }
}

impl File {
    /// The number of an object that is written later.
    pub fn reserve(&mut self) -> usize {
        self.offsets.push(0);
        self.offsets.len()
    }

    /// Writes an object and returns its number.
    pub fn add(&mut self, object: &str) -> usize {
        let number = self.reserve();
        self.put(number, object);
        number
    }

    /// Writes the object of that number.
    pub fn put(&mut self, number: usize, object: &str) {
        self.offsets[number - 1] = self.bytes.len();
        self.bytes
            .extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }

    /// Writes bytes, pressed, with more entries for their dictionary.
    pub fn add_stream(&mut self, entries: &str, content: &[u8]) -> usize {
        let pressed = compress_to_vec_zlib(content, PRESSURE);
        let number = self.reserve();
        self.offsets[number - 1] = self.bytes.len();
        let head = format!(
            "{number} 0 obj\n<< {entries} /Filter /FlateDecode /Length {} >>\nstream\n",
            pressed.len()
        );
        self.bytes.extend(head.bytes());
        self.bytes.extend(pressed);
        self.bytes.extend(b"\nendstream\nendobj\n");
        number
    }

    /// A picture on white.
    pub fn add_image(&mut self, pixels: &Pixels) -> usize {
        let on_white = |pixel: &[u8]| -> Vec<u8> {
            let alpha = u16::from(pixel.get(3).copied().unwrap_or(u8::MAX));
            let mixed = pixel.iter().take(3).map(|part| {
                let sum = u16::from(*part) * alpha + 255 * (255 - alpha);
                u8::try_from(sum / 255).unwrap_or(u8::MAX)
            });
            mixed.collect()
        };
        let rgb: Vec<u8> = pixels.rgba.chunks_exact(4).flat_map(on_white).collect();
        let entries = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceRGB /BitsPerComponent 8",
            pixels.width, pixels.height
        );
        self.add_stream(&entries, &rgb)
    }

    /// The file with its table of objects.
    pub fn finish(mut self, catalog: usize, info: usize) -> Vec<u8> {
        let start = self.bytes.len();
        let count = self.offsets.len() + 1;
        let mut end = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for offset in &self.offsets {
            let _ = writeln!(end, "{offset:010} 00000 n ");
        }
        let _ = write!(
            end,
            "trailer\n<< /Size {count} /Root {catalog} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        );
        self.bytes.extend(end.bytes());
        self.bytes
    }
}
