//! Mirrors and sources, driven by a virtual clock.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::Rig;

const MOMENT: Duration = Duration::from_millis(1);

fn source_of(rig: &mut Rig, stream: &str, seq: u64) -> String {
    let answer = rig.api_ok(
        &format!("STREAM.MSG.GET.{stream}"),
        &format!(r#"{{"seq":{seq}}}"#),
    );
    let block = answer["message"]["hdrs"].as_str().unwrap();
    let block = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, block).unwrap();
    let source = crate::proto::headers::get_str(&block, "Nats-Stream-Source").unwrap();
    source.to_owned()
}

fn info(rig: &mut Rig, stream: &str) -> Value {
    rig.api_ok(&format!("STREAM.INFO.{stream}"), "")
}

#[test]
fn a_mirror_keeps_sequences_and_times_and_skips_what_is_lost() {
    let mut rig = Rig::new();
    rig.stream("O", r#""subjects":["o.*"],"allow_direct":true"#);
    for n in 1..=5 {
        rig.publish("o.a", "", &n.to_string());
        rig.advance(Duration::from_secs(1));
    }
    rig.api_ok("STREAM.MSG.DELETE.O", r#"{"seq":3}"#);
    rig.stream("M", r#""mirror":{"name":"O"}"#);
    rig.advance(MOMENT);
    assert_eq!(rig.contents("M"), ["1", "2", "4", "5"]);
    let (origin, mirror) = (rig.state("O"), rig.state("M"));
    for field in ["first_seq", "last_seq", "first_ts", "last_ts", "num_deleted"] {
        assert_eq!(origin[field], mirror[field], "{field}");
    }
    assert_eq!(info(&mut rig, "M")["config"]["mirror_direct"], true);
    assert!(
        !rig.send("M", "_INBOX.1", "", "refused"),
        "a mirror takes no messages"
    );
    rig.api_ok("STREAM.DELETE.O", "");
    rig.advance(MOMENT);
    let mirror = info(&mut rig, "M")["mirror"].take();
    assert_eq!(mirror["error"]["err_code"], 10059);
    let direct = rig.request("$JS.API.DIRECT.GET.O", "", r#"{"seq":4}"#);
    assert_eq!(direct[0].payload, "4", "the mirror answers for its origin");
}

#[test]
fn sources_say_where_messages_come_from() {
    let mut rig = Rig::new();
    rig.stream("A", r#""subjects":["a.>"]"#);
    rig.stream("B", r#""subjects":["b.>"]"#);
    rig.stream(
        "S",
        r#""subjects":["s"],"sources":[{"name":"A","filter_subject":"a.x.*"},
            {"name":"B","subject_transforms":[{"src":"b.*","dest":"c.{{wildcard(1)}}"}]}]"#,
    );
    rig.publish("a.x.1", "Nats-Expected-Last-Sequence: 0", "one");
    rig.publish("a.y.1", "", "not");
    rig.publish("b.2", "", "two");
    rig.advance(MOMENT);
    rig.publish("s", "", "own");
    let mut contents = rig.contents("S");
    contents.sort();
    assert_eq!(contents, ["one", "own", "two"]);
    let mut sources = [source_of(&mut rig, "S", 1), source_of(&mut rig, "S", 2)];
    sources.sort();
    assert_eq!(sources, ["A 1 a.x.* > a.x.1", "B 1 b.* c.{{wildcard(1)}} b.2"]);
    let infos = info(&mut rig, "S")["sources"].take();
    assert_eq!(infos[0]["lag"], 0);
    assert_eq!(
        infos[1]["subject_transforms"],
        json!([{"src":"b.*","dest":"c.{{wildcard(1)}}"}])
    );
}

#[test]
fn copies_come_in_batches_until_nothing_is_left() {
    let mut rig = Rig::new();
    rig.stream("O", "");
    for n in 0..2500 {
        rig.publish("O", "", &n.to_string());
    }
    rig.stream("M", r#""mirror":{"name":"O","opt_start_seq":101}"#);
    rig.tick();
    assert_eq!(info(&mut rig, "M")["mirror"]["lag"], 1400);
    rig.advance(MOMENT);
    assert_eq!(rig.state("M")["messages"], 2400);
    assert_eq!(rig.state("M")["first_seq"], 101);
}

#[test]
fn what_a_copy_of_a_workqueue_holds_leaves_it() {
    let mut rig = Rig::new();
    rig.stream("W", r#""retention":"workqueue""#);
    rig.stream("S", r#""max_msgs":2,"discard":"new","sources":[{"name":"W"}]"#);
    for n in 1..=3 {
        rig.publish("W", "", &n.to_string());
    }
    rig.advance(MOMENT);
    assert_eq!(rig.contents("S"), ["1", "2"]);
    assert_eq!(rig.contents("W"), ["3"], "what has no room stays");
    rig.api_ok("STREAM.MSG.DELETE.S", r#"{"seq":1}"#);
    rig.advance(Duration::from_secs(2));
    assert_eq!(rig.contents("S"), ["2", "3"]);
    assert!(rig.contents("W").is_empty());
    for n in 4..=5 {
        rig.publish("W", "", &n.to_string());
    }
    rig.api_ok("STREAM.DELETE.S", "");
    rig.stream("T", r#""sources":[{"name":"W","opt_start_seq":5}]"#);
    rig.advance(MOMENT);
    assert_eq!(rig.contents("T"), ["5"]);
    assert_eq!(rig.contents("W"), ["4"], "what was never copied stays");
}

#[test]
fn a_promoted_mirror_is_a_stream_of_its_own() {
    let mut rig = Rig::new();
    rig.stream("O", "");
    rig.publish("O", "", "1");
    rig.stream("M", r#""mirror":{"name":"O"}"#);
    rig.advance(MOMENT);
    let config = r#"{"name":"M","storage":"memory","subjects":["m"]}"#;
    rig.api_ok("STREAM.UPDATE.M", config);
    rig.publish("O", "", "2");
    rig.publish("m", "", "own");
    rig.advance(MOMENT);
    assert_eq!(rig.contents("M"), ["1", "own"]);
}

#[test]
fn sums_of_counters_are_added_up() {
    let mut rig = Rig::new();
    for name in ["A", "B"] {
        rig.stream(name, r#""allow_msg_counter":true"#);
    }
    let sources = ["A", "B"]
        .map(|name| format!(r#"{{"name":"{name}","subject_transforms":[{{"src":"{name}","dest":"sum"}}]}}"#));
    rig.stream(
        "S",
        &format!(r#""allow_msg_counter":true,"sources":[{}]"#, sources.join(",")),
    );
    for (name, increment) in [("A", 5), ("B", 7), ("A", -2)] {
        rig.publish(name, &format!("Nats-Incr: {increment}"), "");
        rig.advance(MOMENT);
    }
    assert_eq!(rig.contents("S").last().unwrap(), r#"{"val":"10"}"#);
}

#[test]
fn what_cannot_be_copied_from_is_refused() {
    let mut rig = Rig::new();
    rig.stream("O", r#""max_msg_size":100"#);
    for (config, code) in [
        (r#""mirror":{"name":"O"},"subjects":["x"]"#, 10034),
        (r#""mirror":{"name":"O"},"sources":[{"name":"O"}]"#, 10031),
        (r#""mirror":{"name":"O"},"first_seq":5"#, 10143),
        (r#""mirror":{"name":"a.b"}"#, 10142),
        (r#""mirror":{"name":"O"},"max_msg_size":10"#, 10030),
        (
            r#""mirror":{"name":"O","filter_subject":"a","subject_transforms":[{"src":"b"}]}"#,
            10150,
        ),
        (
            r#""mirror":{"name":"O","subject_transforms":[{"src":"b.*"},{"src":"*.c"}]}"#,
            10152,
        ),
        (
            r#""mirror":{"name":"O","subject_transforms":[{"src":"b..c"}]}"#,
            10151,
        ),
        (
            r#""mirror":{"name":"O","subject_transforms":[{"src":"b","dest":"{{x}}"}]}"#,
            10154,
        ),
        (r#""mirror":{"name":"T"}"#, 10052),
        (r#""sources":[{"name":""}]"#, 10141),
        (r#""sources":[{"name":"O"},{"name":"O"}]"#, 10140),
        (
            r#""sources":[{"name":"O","filter_subject":"a","subject_transforms":[{"src":"b"}]}]"#,
            10144,
        ),
        (
            r#""sources":[{"name":"O","subject_transforms":[{"src":"b.*"},{"src":"b.c"}]}]"#,
            10147,
        ),
        (
            r#""sources":[{"name":"O","external":{"api":"$JS.API","deliver":""}}]"#,
            10021,
        ),
        (
            r#""sources":[{"name":"O","external":{"api":"","deliver":"d.*"}}]"#,
            10024,
        ),
    ] {
        let config = format!(r#"{{"name":"T","storage":"memory",{config}}}"#);
        let answer = rig.api("STREAM.CREATE.T", &config);
        assert_eq!(answer["error"]["err_code"], code, "{config}");
    }
}

#[test]
fn an_interest_stream_keeps_what_is_to_be_copied_until_it_is() {
    let mut rig = Rig::new();
    rig.stream("I", r#""subjects":["i.*"],"retention":"interest""#);
    rig.publish("i.a", "", "before");
    rig.stream("M", r#""mirror":{"name":"I","filter_subject":"i.a"}"#);
    rig.stream("S", r#""max_msgs":1,"discard":"new","sources":[{"name":"I"}]"#);
    rig.publish("i.a", "", "1");
    assert_eq!(rig.contents("I"), ["1"], "at once, before anything was copied");
    rig.advance(MOMENT);
    assert!(rig.contents("I").is_empty());
    rig.publish("i.b", "", "2");
    rig.advance(MOMENT);
    assert_eq!(rig.contents("I"), ["2"], "the source has no room for it yet");
    assert_eq!(rig.contents("M"), ["1"]);
    rig.api_ok("STREAM.PURGE.S", "");
    rig.advance(Duration::from_secs(2));
    assert_eq!(rig.contents("S"), ["2"]);
    assert!(rig.contents("I").is_empty());
    rig.publish("i.a", "", "3");
    rig.advance(MOMENT);
    assert_eq!(rig.contents("I"), ["3"]);
    assert_eq!(rig.contents("M"), ["1", "3"]);
    rig.api_ok("STREAM.DELETE.S", "");
    assert!(rig.contents("I").is_empty(), "nobody wants it any more");
    rig.api_ok("STREAM.DELETE.M", "");
    rig.publish("i.a", "", "4");
    assert!(rig.contents("I").is_empty());
}

/// Everything that a source has copied is gone from it when the server starts again.
#[test]
fn a_source_that_was_emptied_goes_on_where_it_was() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut rig = super::recovery::start(&folder);
    let origin = r#"{"name":"O","subjects":["o.*"],"storage":"file"}"#;
    let target = r#"{"name":"T","storage":"file","sources":[{"name":"O"}]}"#;
    rig.api_ok("STREAM.CREATE.O", origin);
    rig.api_ok("STREAM.CREATE.T", target);
    for n in 1..=3 {
        rig.publish("o.a", "", &n.to_string());
    }
    rig.advance(MOMENT);
    assert_eq!(rig.contents("T"), ["1", "2", "3"]);
    rig.api_ok("STREAM.PURGE.T", "");
    rig.publish("o.a", "", "4");
    // Not stopped, but gone: what the purge wrote down has to do.
    drop(rig);
    let mut rig = super::recovery::start(&folder);
    rig.advance(MOMENT);
    assert_eq!(rig.contents("T"), ["4"]);
    rig.publish("o.a", "", "5");
    rig.advance(MOMENT);
    assert_eq!(rig.contents("T"), ["4", "5"]);
    drop(rig);
    let mut rig = super::recovery::start(&folder);
    rig.publish("o.a", "", "6");
    rig.advance(MOMENT);
    assert_eq!(rig.contents("T"), ["4", "5", "6"]);
}

#[test]
fn a_durable_consumer_is_followed_and_begun_anew_when_something_is_lost() {
    let consumer = r#"{"stream_name":"W","config":{"durable_name":"D","ack_policy":"flow_control","deliver_subject":"deliver","flow_control":true,"idle_heartbeat":1000000000}}"#;
    let mut rig = Rig::new();
    rig.stream("W", r#""subjects":["w.*"],"retention":"workqueue""#);
    rig.api_ok("CONSUMER.CREATE.W.D", consumer);
    for n in 1..=3 {
        rig.publish("w.a", "", &n.to_string());
    }
    rig.stream(
        "T",
        r#""sources":[{"name":"W","consumer":{"name":"D","deliver_subject":"deliver"}}]"#,
    );
    rig.advance(MOMENT);
    rig.settle();
    assert_eq!(rig.contents("T"), ["1", "2", "3"]);
    assert_eq!(
        source_of(&mut rig, "T", 2),
        format!("W:C={} 2 > > w.a", crate::util::short_hash::short_hash("D"))
    );
    // With its heartbeat the consumer asks what is done with.
    rig.advance(Duration::from_secs(1));
    rig.settle();
    assert_eq!(rig.state("W")["messages"], 0);

    // A delivery is lost on its way, and with the next one the copy notices.
    rig.publish("w.a", "", "4");
    rig.outlet.sent.clear();
    rig.publish("w.a", "", "5");
    rig.settle();
    assert_eq!(rig.contents("T"), ["1", "2", "3"]);
    rig.advance(MOMENT);
    rig.settle();
    assert_eq!(rig.contents("T"), ["1", "2", "3", "4", "5"]);

    rig.api_ok("CONSUMER.DELETE.W.D", "");
    rig.advance(Duration::from_secs(11));
    rig.settle();
    let source = info(&mut rig, "T")["sources"][0].take();
    assert_eq!(source["error"]["err_code"], 10014, "{source}");
    rig.api_ok("CONSUMER.CREATE.W.D", consumer);
    rig.publish("w.a", "", "6");
    rig.advance(Duration::from_secs(3));
    rig.settle();
    assert_eq!(rig.contents("T"), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(info(&mut rig, "T")["sources"][0].get("error"), None);

    // Whoever stops copying stops listening.
    rig.api_ok("STREAM.DELETE.T", "");
    assert_eq!(rig.api_ok("CONSUMER.INFO.W.D", "").get("push_bound"), None);
}
