//! From a file to pixels.

use std::io::Cursor;
use std::path::Path;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{FILE_BYTES_MAX, Pixels, SIDE_PIXELS_MAX};

/// Pixels of a file that are decoded; a file may claim many more than it holds.
const PIXELS_MAX: u64 = 64 * 1024 * 1024;

/// Why a file is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is larger than any picture for a slide.
    #[error("too large")]
    TooLarge,
    /// It is neither PNG nor JPEG.
    #[error("neither PNG nor JPEG")]
    Unknown,
    /// A broken PNG.
    #[error(transparent)]
    Png(#[from] png::DecodingError),
    /// A broken JPEG.
    #[error("{0}")]
    Jpeg(String),
}

/// Reads the picture at `path`: its size, and its pixels, made smaller where they are very many.
pub fn read(path: &Path) -> Result<((u32, u32), Pixels), PictureError> {
    if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(PictureError::TooLarge);
    }
    let pixels = of_bytes(&std::fs::read(path)?)?;
    let size = (pixels.width, pixels.height);
    let longer = size.0.max(size.1);
    let pixels = match longer > SIDE_PIXELS_MAX {
        true => {
            let side = |pixels: u32| {
                let scaled = u64::from(pixels) * u64::from(SIDE_PIXELS_MAX) / u64::from(longer);
                u32::try_from(scaled).unwrap_or(1).max(1)
            };
            pixels.scaled(side(size.0), side(size.1))
        }
        false => pixels,
    };
    Ok((size, pixels))
}

/// The pixels of a file's bytes.
pub fn of_bytes(bytes: &[u8]) -> Result<Pixels, PictureError> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => of_png(bytes),
        [0xff, 0xd8, ..] => of_jpeg(bytes),
        _ => Err(PictureError::Unknown),
    }
}

fn fits(width: u32, height: u32) -> Result<(), PictureError> {
    match u64::from(width) * u64::from(height) <= PIXELS_MAX {
        true => Ok(()),
        false => Err(PictureError::TooLarge),
    }
}

fn of_png(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    fits(reader.info().width, reader.info().height)?;
    let mut raw = vec![0; reader.output_buffer_size().ok_or(PictureError::TooLarge)?];
    let frame = reader.next_frame(&mut raw)?;
    raw.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        png::ColorType::GrayscaleAlpha => {
            let grey = raw.chunks_exact(2);
            grey.flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]])
                .collect()
        }
        png::ColorType::Rgba => raw,
        png::ColorType::Rgb => opaque(&raw),
        png::ColorType::Grayscale => raw.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        png::ColorType::Indexed => return Err(PictureError::Unknown),
    };
    Ok(Pixels {
        width: frame.width,
        height: frame.height,
        rgba,
    })
}

fn of_jpeg(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    let broken = |error: zune_jpeg::errors::DecodeErrors| PictureError::Jpeg(error.to_string());
    decoder.decode_headers().map_err(broken)?;
    let info = decoder.info().ok_or(PictureError::Unknown)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    fits(width, height)?;
    let raw = decoder.decode().map_err(broken)?;
    Ok(Pixels {
        width,
        height,
        rgba: opaque(&raw),
    })
}

/// The pixels as the bytes of a PNG; none where there are no pixels.
pub fn to_png(pixels: &Pixels) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width, pixels.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels.rgba).ok()?;
    writer.finish().ok()?;
    Some(file)
}

fn opaque(rgb: &[u8]) -> Vec<u8> {
    let pixels = rgb.chunks_exact(3);
    pixels
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The smallest picture that a JPEG can be: one grey pixel.
    const JPEG: &[u8] = include_bytes!("../../../tests/fixtures/pixel.jpg");

    fn png(width: u32, height: u32, colour: png::ColorType, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(colour);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn every_kind_of_file_becomes_rgba() {
        let rgb = png(2, 1, png::ColorType::Rgb, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(of_bytes(&rgb).unwrap().rgba, [1, 2, 3, 255, 4, 5, 6, 255]);
        let grey = png(1, 1, png::ColorType::Grayscale, &[7]);
        assert_eq!(of_bytes(&grey).unwrap().rgba, [7, 7, 7, 255]);
        let alpha = png(1, 1, png::ColorType::GrayscaleAlpha, &[7, 9]);
        assert_eq!(of_bytes(&alpha).unwrap().rgba, [7, 7, 7, 9]);
        let jpeg = of_bytes(JPEG).unwrap();
        assert_eq!((jpeg.width, jpeg.height, jpeg.rgba[3]), (1, 1, 255));
    }

    #[test]
    fn pixels_come_back_as_they_were_written() {
        let pixels = Pixels {
            width: 2,
            height: 1,
            rgba: vec![1, 2, 3, 4, 5, 6, 7, 255],
        };
        assert_eq!(of_bytes(&to_png(&pixels).unwrap()).unwrap(), pixels);
        let none = Pixels {
            width: 0,
            height: 0,
            rgba: Vec::new(),
        };
        assert_eq!(to_png(&none), None);
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        let whole = png(2, 2, png::ColorType::Rgb, &[0; 12]);
        for bytes in [
            &b""[..],
            b"GIF89a",
            &whole[..20],
            &JPEG[..30],
            &[0x89, b'P', b'N', b'G', 0],
        ] {
            assert!(of_bytes(bytes).is_err());
        }
        let error = read(Path::new("/finnes/ikke.png")).unwrap_err();
        assert!(matches!(error, PictureError::Io(_)));
    }

    #[test]
    fn a_huge_picture_is_kept_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let wide = SIDE_PIXELS_MAX * 2;
        std::fs::write(
            &path,
            png(wide, 2, png::ColorType::Grayscale, &vec![5; 2 * wide as usize]),
        )
        .unwrap();
        let (size, pixels) = read(&path).unwrap();
        assert_eq!(
            (size, pixels.width, pixels.height),
            ((wide, 2), SIDE_PIXELS_MAX, 1)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            at in 0_usize..200,
            with in proptest::collection::vec(any::<u8>(), 0..8),
            is_png in any::<bool>(),
        ) {
            let mut bytes = match is_png {
                true => png(4, 4, png::ColorType::Rgba, &[7; 64]),
                false => JPEG.to_vec(),
            };
            let at = at.min(bytes.len());
            let end = (at + with.len()).min(bytes.len());
            bytes.splice(at..end, with);
            let _ = of_bytes(&bytes);
        }
    }
}
