use super::*;
use crate::deck::Deck;

#[test]
fn dump() {
    let Ok(path) = std::env::var("GOINGNATS_DECK") else {
        return;
    };
    let deck = Deck::parse(&std::fs::read_to_string(path).unwrap());
    let w: u16 = std::env::var("W").unwrap_or("80".into()).parse().unwrap();
    for (i, slide) in deck.slides.iter().enumerate() {
        println!("=== {} {}", i + 1, slide.title());
        let mut h = 0;
        for p in layout(slide, w, &LayoutOptions::default()) {
            for _ in 0..p.gap {
                println!();
            }
            h += p.lines.len() + p.gap as usize;
            for l in &p.lines {
                println!("{}", l.text());
            }
        }
        println!("=== height {h}");
    }
}
