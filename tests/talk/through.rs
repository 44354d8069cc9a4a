//! Every slide, every block, and the figures in the panes.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::TryStreamExt;
use goingnats::deck::{CodeBlock, Deck};
use goingnats::runner::{Block, is_runnable};

use super::Stage;
use crate::support::pty::{Terminal, key};

const SIZE: (u16, u16) = (200, 60);

#[test]
fn our_own_deck_from_the_first_slide_to_the_average() {
    give_the_talk(&Deck::builtin(), &[]);
}

/// The deck as it was given is not in this repository; whoever has it names it.
#[test]
fn another_deck_that_tells_the_same_story() {
    let Some(path) = std::env::var_os("GOINGNATS_DECK") else {
        return;
    };
    let path = Path::new(&path).to_str().unwrap();
    let deck = Deck::parse(&std::fs::read_to_string(path).unwrap());
    give_the_talk(&deck, &["--allow-run", path]);
}

fn give_the_talk(deck: &Deck, args: &[&str]) {
    let stage = Stage::new();
    let mut terminal = stage.talk(args, SIZE);
    terminal.wait_for("0 meld./s");
    assert_eq!(deck.slides.len(), 36);
    for (index, slide) in deck.slides.iter().enumerate() {
        let screen = terminal.wait_for(&format!("Slide {} / 36", index + 1));
        let title = slide.title();
        // The title of a title slide stands there in big letters.
        let is_big = slide.source.contains("font_size");
        assert!(
            is_big || screen.contains(title.trim()),
            "slide {} without {title:?}:\n{screen}",
            index + 1
        );
        run_blocks(&mut terminal, &slide.code);
        terminal.send("n");
    }
    let means = means_of_what_was_published(&server_url(&terminal.screen()));
    assert_eq!(means.len(), 3);
    see_the_stream(&mut terminal);
    see_the_averages(&mut terminal, &means);
    terminal.send(key::CTRL_G);
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}

/// Runs the slide's bash blocks, and those Go blocks that need nobody to answer.
fn run_blocks(terminal: &mut Terminal, blocks: &[CodeBlock]) {
    let language = |block: &CodeBlock| block.language.clone().unwrap_or_default();
    let runnable = blocks.iter().filter(|b| {
        is_runnable(Block {
            language: &language(b),
            source: &b.run,
        })
    });
    for (steps, block) in runnable.enumerate() {
        let runs = match language(block).as_str() {
            "bash" => true,
            "go" => !block.run.contains(".Request("),
            _ => false,
        };
        if runs {
            terminal.send(&"c".repeat(steps));
            terminal.send(key::CTRL_E);
            terminal.wait_for("✓ kode 0");
        }
    }
}

/// The address in the status line.
fn server_url(screen: &str) -> String {
    let at = screen.find("nats://").unwrap();
    screen[at..].split_whitespace().next().unwrap().to_owned()
}

/// What the panes must show, computed from the stored messages by another way.
fn means_of_what_was_published(url: &str) -> BTreeMap<String, f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(url).await.unwrap();
        let stream = async_nats::jetstream::new(client)
            .get_stream("SENSORS")
            .await
            .unwrap();
        let state = &stream.cached_info().state;
        assert_eq!(
            (state.messages, state.first_sequence, state.last_sequence),
            (30, 1, 30)
        );
        let subjects: BTreeMap<String, usize> = stream
            .info_with_subjects("sensors.>")
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert!(subjects.values().all(|count| *count == 10), "{subjects:?}");
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for sequence in 1..=30 {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let value: f64 = std::str::from_utf8(&message.payload)
                .unwrap()
                .trim()
                .parse()
                .unwrap();
            *sums.entry(message.subject.to_string()).or_default() += value;
        }
        sums.into_iter()
            .map(|(subject, sum)| (subject, sum / 10.0))
            .collect()
    })
}

fn see_the_stream(terminal: &mut Terminal) {
    terminal.send(key::F6);
    terminal.wait_until("SENSORS in the list of streams", |screen| {
        screen
            .lines()
            .any(|line| line.contains("SENSORS") && line.contains("30"))
    });
    terminal.send(key::ENTER);
    terminal.wait_for("30 meld.");
}

fn see_the_averages(terminal: &mut Terminal, means: &BTreeMap<String, f64>) {
    terminal.send(key::F7);
    terminal.wait_until("the means of what was published", |screen| {
        means.iter().all(|(subject, mean)| {
            let last_token = subject.rsplit('.').next().unwrap();
            screen
                .lines()
                .any(|line| line.contains(last_token) && line.contains(&format!(" {mean:.2} ")))
        })
    });
}
