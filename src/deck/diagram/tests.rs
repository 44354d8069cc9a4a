use proptest::prelude::*;

use super::graph::End;
use super::plantuml::parse;
use super::*;

const FAN_OUT: &str = "@startuml\nskinparam monochrome true\ntitle Pub/Sub Model (Static Diagram)\n\
    left to right direction\n\n[Publisher] --> [NATS Subject]\n[NATS Subject] <-- [Subscriber1]\n\
    [NATS Subject] <-- [Subscriber2]\n[NATS Subject] <-- [Subscriber3]\n\n@enduml";

const FAN_IN: &str = "~~~plantuml -utxt -pipe\n@startuml\ntitle Fan-In with Queue Group\n\n\
    node \"NATS Subject\" as NATS\n\nPublisher1 --> NATS : Publish \"updates\"\n\
    Publisher2 --> NATS : Publish \"updates\"\nPublisher3 --> NATS : Publish \"updates\"\n\
    NATS --> Subscriber : Distributes message\n\n@enduml\n~~~";

fn drawn(source: &str, columns: usize) -> String {
    drawn_as("plantuml", source, columns)
}

fn drawn_as(language: &str, source: &str, columns: usize) -> String {
    let drawing = draw(&CodeBlock::new(language.to_owned(), source), columns);
    drawing.lines.iter().map(|line| line.text() + "\n").collect()
}

#[test]
fn messages_have_ways_from_layer_to_layer_along_the_lines() {
    for (source, columns, ways) in [(FAN_OUT, 80, [1, 3]), (FAN_OUT, 50, [1, 3]), (FAN_IN, 80, [3, 1])] {
        let drawing = draw(&CodeBlock::new("plantuml".to_owned(), source), columns);
        let of_stage = |stage: usize| drawing.flows.iter().filter(move |flow| flow.stage == stage);
        assert_eq!([of_stage(0).count(), of_stage(1).count()], ways);
        for flow in of_stage(1) {
            assert!(of_stage(0).any(|before| before.to == flow.from));
        }
        for (column, line) in drawing.flows.iter().flat_map(|flow| &flow.cells) {
            let text = drawing.lines[*line].text();
            let under = text.chars().nth(*column).unwrap();
            assert!("─│┌┐└┘├┤┬┴┼►◄▼▲".contains(under), "{under} in {text}");
        }
    }
}

#[test]
fn the_diagrams_of_the_talk() {
    insta::assert_snapshot!("fan_out", drawn(FAN_OUT, 80));
    insta::assert_snapshot!("fan_out_too_narrow_for_its_direction", drawn(FAN_OUT, 50));
    insta::assert_snapshot!("fan_in", drawn(FAN_IN, 80));
}

#[test]
fn other_small_graphs() {
    let cases = [
        (
            "back_and_forth",
            "A --> B : ping\nB --> A : pong\nA -> A : selv\nqueue Kø\nB ..> Kø",
        ),
        (
            "back_and_forth_right",
            "left to right direction\nA --> B : ping\nB --> A : pong\ndatabase Lager\nB --> Lager",
        ),
        (
            "cycle_with_a_long_edge",
            "A --> B\nB --> C\nC --> A\nA --> C : lang\nD ..> C",
        ),
        (
            "two_components",
            "A --> C\nA --> D\nB --> C\nB --> D\nE -- F : uten hode",
        ),
        (
            "crossings",
            "A --> Y\nB --> X\nA --> X\nC --> Y\nC --> Z\nX --> Q\nA --> Q\nY --> Q\nZ -> R\nR -up-> B",
        ),
        (
            "long_edges_right",
            "left to right direction\nA --> B\nB --> C\nC --> D\nA --> D : forbi\nA --> C",
        ),
        (
            "lines_in_a_box",
            "node \"To\\nlinjer\" as T\nT <--> [日本語 og æøå] : begge veier",
        ),
    ];
    for (name, source) in cases {
        insta::assert_snapshot!(name, drawn(source, 80));
    }
}

#[test]
fn statements() {
    let cases = [
        ("[A b] --> [C]", &["A b", "C"][..], 1),
        ("\"A b\" -> (C d)", &["A b", "C d"], 1),
        ("a-->b", &["a", "b"], 1),
        ("a.>b", &["a", "b"], 1),
        ("a -[#red,bold]-> b", &["a", "b"], 1),
        ("a -left-> b", &["a", "b"], 1),
        ("a o-- other", &["a", "other"], 1),
        ("a <|-- b", &["a", "b"], 1),
        ("node a --> b", &[], 0),
        ("node --> b", &["node", "b"], 1),
        (
            "component [Long name] as LN <<st>> #red\nLN --> b",
            &["LN", "b"],
            1,
        ),
        ("queue q as \"En kø\"", &["q"], 0),
        (
            "' comment\n/' a\nb '/\nskinparam x {\n a b\n}\nhide stereotype",
            &[],
            0,
        ),
    ];
    for (source, names, edges) in cases {
        let (graph, _) = parse(source);
        assert_eq!(
            graph
                .nodes
                .iter()
                .map(|node| node.name.as_str())
                .collect::<Vec<_>>(),
            names,
            "{source}"
        );
        assert_eq!(graph.edges.len(), edges, "{source}");
    }
    let (graph, problems) = parse("[Long name] as LN\nqueue q as \"En kø\"\nLN <-up- q");
    assert_eq!(problems, []);
    assert_eq!(graph.nodes[1].label, ["En kø"]);
    assert!(graph.nodes[1].rounded);
    let edge = &graph.edges[0];
    assert_eq!(
        (edge.from, edge.to, edge.style.head_from, edge.style.head_to),
        (1, 0, End::Plain, End::Arrow)
    );
}

#[test]
fn what_is_not_understood_is_named_and_the_rest_drawn() {
    let source = "@startuml\nA --> B\nnote under A : x\n-->\ntull P {\nC --> D\n}";
    let (graph, problems) = parse(source);
    assert_eq!(graph.edges.len(), 2);
    assert_eq!(
        problems.iter().map(|problem| problem.line).collect::<Vec<_>>(),
        [3, 4, 5]
    );
    let text = "forstår ikke «note under A : x»".to_owned();
    assert_eq!(problems[0], Problem { line: 3, text });
    assert!(drawn(source, 80).ends_with("linje 5: forstår ikke «tull P {»\n"));
    let by_program = "  ,---.\n  |A  |\n  `---'\n";
    assert_eq!(drawn(by_program, 80), by_program);
    assert_eq!(drawn("tull", 80), "tull\nlinje 1: forstår ikke «tull»\n");
}

#[test]
fn a_diagram_beyond_the_limits_is_shown_as_source() {
    let source: String = (0..=NODES_MAX).map(|n| format!("[n{n}]\n")).collect();
    let drawn = drawn(&source, 80);
    assert!(
        drawn.starts_with("[n0]\n") && drawn.contains("tegnes ikke"),
        "{drawn}"
    );
}

/// A picture of a graph where every edge has a head: as many heads at least as there are nodes that
/// an edge points to, and every label of a node once.
fn is_whole(source: &str, edges: &[(u8, u8)], drawing: &str) -> Result<(), TestCaseError> {
    let targets: std::collections::BTreeSet<u8> =
        edges.iter().filter(|(a, b)| a != b).map(|(_, b)| *b).collect();
    let heads = drawing.chars().filter(|c| "▼▲►◄".contains(*c)).count();
    prop_assert!(heads >= targets.len(), "{source}\n{drawing}");
    for node in edges.iter().flat_map(|(a, b)| [a, b]) {
        prop_assert_eq!(
            drawing.matches(&format!(" n{node} ")).count(),
            1,
            "{}\n{}",
            source,
            drawing
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_graph_panics_or_loses_a_node_or_head(
        edges in proptest::collection::vec((0_u8..9, 0_u8..9), 1..20),
        right in any::<bool>(),
        labelled in any::<bool>(),
        frames in proptest::collection::vec((0_u8..9, 0_u8..4), 0..9),
    ) {
        let mut source = String::from(if right { "left to right direction\n" } else { "" });
        for (node, depth) in frames {
            let open: String = (0..depth).map(|n| format!("package P{node}{n} {{\n")).collect();
            let is_drawn = edges.iter().any(|(a, b)| *a == node || *b == node);
            if is_drawn {
                source.push_str(&format!("{open}component n{node}\n{}", "}\n".repeat(depth.into())));
            }
        }
        for (a, b) in &edges {
            let label = if labelled { format!(" : L{b}") } else { String::new() };
            source.push_str(&format!("n{a} --> n{b}{label}\n"));
        }
        is_whole(&source, &edges, &drawn(&source, 1_000))?;
    }

    #[test]
    fn no_text_panics(source in r"([A-C\[\]():<>|\-.=o*{}~@'/# \n]|-->|title |node | as |\x1b|日){0,80}", columns in 0_usize..60) {
        drawn_as("plantuml", &source, columns);
        drawn_as("mermaid", &format!("flowchart LR\n{source}"), columns);
    }
}

#[test]
fn mermaids_flowcharts() {
    let source = "flowchart LR\n    P[Publisher] -->|hello| N([NATS]) & L[(Lager)]\n    N -.-> S1\n    N -- kø --> S2{Velg}\n    style P fill:#fff\n    S1 <--> S2;";
    insta::assert_snapshot!("mermaid", drawn_as("mermaid", source, 100));
    let (graph, problems) = mermaid::parse("graph TD\nA --- B\nA ==> C:::stor --> D\nsubgraph x\nA -->");
    assert_eq!(
        (graph.nodes.len(), graph.edges.len(), graph.groups.len()),
        (4, 3, 1)
    );
    let ends = [&graph.edges[0], &graph.edges[1]].map(|edge| edge.style.head_to);
    assert_eq!(ends, [End::Plain, End::Arrow]);
    assert_eq!(
        problems.iter().map(|problem| problem.line).collect::<Vec<_>>(),
        [5]
    );
}

#[test]
fn frames_notes_and_every_kind_of_end() {
    let cases = [
        (
            "frames",
            "package \"Sensorer\" {\n[Temp]\n[CO2]\n}\nnode \"Server\" as s {\nqueue NATS\ndatabase Lager\nNATS --> Lager\n}\n\
             Temp --> NATS : PUB\nCO2 --> NATS : PUB\npackage Lyttere {\n[Snitt]\n[Alarm]\n}\nNATS --> Snitt\nNATS --> Alarm",
        ),
        (
            "frames_right",
            "left to right direction\npackage Avsendere {\nA\nB\n}\nA --> [NATS]\nB --> [NATS]\npackage Mottakere {\nC\nD\n}\n[NATS] --> C\n[NATS] --> D",
        ),
        (
            "frames_in_frames",
            "package Ytre {\nA --> B\npackage Indre {\nB --> C\n}\n}\nC --> D",
        ),
        (
            "notes",
            "[A] --> [B]\nnote right of B : husk at denne\\nsvarer sent\nnote \"alene\" as N\nN .. A\nnote left of A\nto\nlinjer\nend note",
        ),
        ("ends", "A *-- B\nA o-- C\nD <|-- A\nA --x E\nA --> F\nG +-- A"),
    ];
    for (name, source) in cases {
        let source = source.replace("[Temp]\n[CO2]\n", "component Temp\ncomponent CO2\n");
        let source = source
            .replace("A\nB\n}", "component A\ncomponent B\n}")
            .replace("C\nD\n}", "component C\ncomponent D\n}");
        insta::assert_snapshot!(name, drawn(&source, 100));
    }
    let mermaid = "flowchart LR\nsubgraph a [Avsendere]\nA --> B\nend\nB --o C\nB --x D";
    insta::assert_snapshot!("mermaid_frames", drawn_as("mermaid", mermaid, 100));
    assert!(drawn("package P {\n[A]\n}\nP --> B", 80).contains("linje 4"));
}
