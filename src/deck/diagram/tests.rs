use super::*;

#[test]
fn dump() {
    let cases = [
        "title Pub/Sub Model (Static Diagram)\nleft to right direction\n[Publisher] --> [NATS Subject]\n[NATS Subject] <-- [Subscriber1]\n[NATS Subject] <-- [Subscriber2]\n[NATS Subject] <-- [Subscriber3]",
        "title Fan-In with Queue Group\nnode \"NATS Subject\" as NATS\nPublisher1 --> NATS : Publish \"updates\"\nPublisher2 --> NATS : Publish \"updates\"\nPublisher3 --> NATS : Publish \"updates\"\nNATS --> Subscriber : Distributes message",
        "left to right direction\nnode \"NATS Subject\" as NATS\nPublisher1 --> NATS : Publish \"updates\"\nPublisher2 --> NATS : Publish \"updates\"\nPublisher3 --> NATS : Publish \"updates\"\nNATS --> Subscriber : Distributes message",
        "A --> B\nB --> C\nC --> A\nA --> C : lang\nD ..> C\nA -> A : selv",
        "A --> C : en\nA --> D : to\nB --> C : tre\nB --> D : fire\nE -- F",
        "left to right direction\nA --> C : en\nA --> D : to\nB --> C : tre\nB --> D : fire\nE -- F",
        "A --> B : ping\nB --> A : pong\nqueue Kø\nB --> Kø\nfoo bar baz",
        "left to right direction\nA --> B : ping\nB --> A : pong\nqueue Kø\nB --> Kø",
        "A --> Y\nB --> X\nA --> X\nC --> Y\nC --> Z\nX --> Q\nA --> Q\nY-->Q\nZ->R\nR-up->B",
    ];
    for source in cases {
        let t = std::time::Instant::now();
        let l = lines(source, 80);
        println!("--- {:?}", t.elapsed());
        for line in l {
            println!("{}", line.text());
        }
    }
}
