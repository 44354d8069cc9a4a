//! Learners share how far they are, and the teacher sees all of them.

use goingnats::broker::{self, Options};
use goingnats::lab::builtin;
use goingnats::lab::progress::Progress;

use super::lab;

#[test]
fn a_teacher_sees_how_far_learners_are() {
    let home = tempfile::tempdir().unwrap();
    let broker = broker::start(Options::local(0, home.path().join("store"))).unwrap();
    let url = broker.url();
    let results = || {
        let output = lab(home.path(), &["results", &url]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        !lab(home.path(), &["results", &url]).status.success(),
        "nobody has shared anything"
    );

    let labs = builtin();
    let mut progress = Progress::default();
    let mut share = |name: &str, steps: usize| {
        for step in labs[0].steps.iter().take(steps) {
            progress.step(&labs[0], &step.id).passed_at = Some("2026-11-24T18:00:00Z".to_owned());
        }
        let file = home.path().join("progress.json");
        progress.write(&file).unwrap();
        let file = file.to_str().unwrap();
        let shared = lab(
            home.path(),
            &["share", &url, "--name", name, "--once", "--progress", file],
        );
        assert!(shared.status.success(), "{shared:?}");
    };
    share("Kari", 1);
    let one = results();
    assert!(
        one.contains("Kari") && one.contains("0 lab ferdig, 1 steg"),
        "{one}"
    );
    share("Ola Nordmann", labs[0].steps.len());
    share("kari", labs[0].steps.len());
    let all = results();
    assert_eq!(all.lines().count(), 2, "a name is one learner: {all}");
    assert_eq!(all.matches("1 lab ferdig").count(), 2, "{all}");
    assert!(
        !lab(home.path(), &["share", &url, "--name", " ", "--once"])
            .status
            .success()
    );
}
