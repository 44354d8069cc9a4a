use proptest::prelude::*;

use super::*;

fn drawn(source: &str, is_mermaid: bool) -> String {
    let lines = lines(source, is_mermaid, 80);
    lines
        .iter()
        .map(|line| line.text().trim_end().to_owned() + "\n")
        .collect()
}

const PLANTUML: &str = "@startuml\ntitle Be om svar\nparticipant \"Kari\" as k\nparticipant NATS\n\
    k -> NATS : hjelp.takk\nactivate NATS\nalt noen lytter\nNATS -> Ola : hjelp.takk\nOla --> NATS : «vær så god»\n\
    else ingen\nNATS --> k : 503\nend\nreturn svar\nnote over k, NATS : ferdig\n== Siden ==\nOla -> Ola : sover\n@enduml";

const MERMAID: &str = "sequenceDiagram\n    participant P as Publisher\n    P->>NATS: PUB hello\n    loop hvert sekund\n\
    NATS-->>S: MSG hello\n    end\n    Note right of S: 日本語\n";

#[test]
fn both_languages_are_drawn() {
    insta::assert_snapshot!("plantuml", drawn(PLANTUML, false));
    insta::assert_snapshot!("mermaid", drawn(MERMAID, true));
}

#[test]
fn what_is_a_sequence_diagram() {
    let cases = [
        ("A -> B : en", true),
        (
            "@startuml\nactor Kari\nKari -> NATS : en\nNATS --> Kari : to\n@enduml",
            true,
        ),
        ("participant A", true),
        ("A --> B : en", false),
        ("A -> B", false),
        ("[A] -> [B] : en", false),
        ("node \"N\" as n\nA -> n : en", false),
    ];
    for (source, expected) in cases {
        assert_eq!(is_one(source, false), expected, "{source}");
    }
    assert!(is_one(MERMAID, true) && !is_one("flowchart LR\nA-->B", true));
}

#[test]
fn what_is_not_understood_is_named() {
    let text = drawn("A -> B : en\nparticipant C\nstd::tull\nend", false);
    assert!(text.contains("linje 3: forstår ikke «std::tull»"), "{text}");
    assert!(text.contains("linje 4: forstår ikke «end»"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_panics(source in r"(A|B|日本|->|-->>|<-|: |\n|note over A,B|note left of B: x|alt |else|end|loop x|return r|== s ==|participant |\x1b){0,60}") {
        drawn(&format!("participant A\n{source}"), false);
        drawn(&format!("sequenceDiagram\n{source}"), true);
    }
}
