//! Streams and consumers, as the talk and the labs use them.

use super::table::{Done, Ends, Fails, Gives, Json, Says, prove};

const ADD_LAGER: &str = "stream add LAGER --subjects lager.> --storage memory --defaults --json";

#[test]
fn streams_are_made_shown_changed_and_removed() {
    prove(&[
        ("stream ls", Says("No Streams defined")),
        ("stream ls --json", Done),
        (ADD_LAGER, Json("/config/subjects", r#"["lager.>"]"#)),
        (
            "stream add SMALL --subjects=a,b --storage=memory --retention=work --discard=new --max-msgs=5 --max-bytes=1KB --max-age=1h --max-msg-size=100 --max-msgs-per-subject=2 --dupe-window=30s '--description=a queue' --defaults --json",
            Json("/config/retention", r#""workqueue""#),
        ),
        (
            "stream info SMALL --json",
            Json("/config/duplicate_window", "30000000000"),
        ),
        ("stream info SMALL -j", Json("/config/max_age", "3600000000000")),
        ("str info SMALL -j", Json("/config/max_bytes", "1024")),
        ("stream info SMALL", Says("a queue")),
        ("stream ls --names", Gives("LAGER\nSMALL")),
        ("stream ls -j", Json("", r#"["LAGER","SMALL"]"#)),
        ("stream ls --subject a --names", Gives("SMALL")),
        ("stream ls", Says("LAGER")),
        ("stream report", Says("Stream Report")),
        (
            "stream edit LAGER --max-msgs 7 --description changed --force",
            Says("was updated"),
        ),
        ("stream info LAGER -j", Json("/config/max_msgs", "7")),
        (
            "stream info LAGER -j",
            Json("/config/description", r#""changed""#),
        ),
        (
            "stream edit LAGER --max-msgs 9 --dry-run",
            Fails("Differences (-old +new)"),
        ),
        ("stream info LAGER -j", Json("/config/max_msgs", "7")),
        (
            "stream add OTHER --subjects lager.a --storage memory --defaults",
            Fails("subjects overlap with an existing stream"),
        ),
        ("stream edit LAGER --max-msgs 7 --force", Done),
        (
            "stream edit LAGER --republish-source lager.> --republish-destination ut.> --force --json",
            Says("republish"),
        ),
        (
            "stream info LAGER -j",
            Json("/config/republish/dest", r#""ut.>""#),
        ),
        ("stream edit LAGER --no-republish --force", Done),
        ("stream info LAGER -j", Json("/config/max_msgs", "7")),
        ("stream rm SMALL -f", Done),
        ("stream ls -n", Gives("LAGER")),
        ("stream info SMALL", Fails("nats: error: ")),
        ("stream rm SMALL -f", Fails("stream not found")),
    ]);
}

#[test]
fn streams_are_copied_searched_and_sealed() {
    prove(&[
        (ADD_LAGER, Done),
        ("pub lager.a m{{Count}} --count 5", Done),
        ("stream gaps LAGER", Says("No deleted messages in LAGER")),
        ("stream rmm LAGER 2 -f", Done),
        ("stream rmm LAGER 3 -f", Done),
        ("stream gaps LAGER --force --json", Json("", "[[2,3]]")),
        (
            "stream gaps LAGER --force --no-progress",
            Says("1 gap found in Stream LAGER"),
        ),
        ("stream find --empty --names", Gives("")),
        (
            "stream copy LAGER KOPI --subjects kopi.> --description k",
            Says("Stream KOPI was created"),
        ),
        ("stream info KOPI -j", Json("/config/subjects", r#"["kopi.>"]"#)),
        ("stream info KOPI -j", Json("/state/messages", "0")),
        (
            "stream cp LAGER LAGER",
            Fails("source and destination Stream names cannot be the same"),
        ),
        ("stream copy NOPE X", Fails("could not ")),
        ("stream find --empty --names", Gives("KOPI")),
        ("stream find --empty --invert -n", Gives("LAGER")),
        ("stream find --subject kopi.> -n", Gives("KOPI")),
        ("stream find --sourced -n", Gives("")),
        ("stream find --replicas 1 --created 1h -n", Gives("")),
        ("stream query --consumers 0 -n", Gives("KOPI\nLAGER")),
        ("stream find", Says("KOPI")),
        ("stream seal KOPI -f", Says("Sealed: true")),
        ("stream info KOPI -j", Json("/config/sealed", "true")),
        ("stream seal NOPE -f", Fails("tream")),
        ("stream get LAGER 4 --translate 'tr m n'", Says("n4")),
    ]);
}

#[test]
fn backups_are_made_and_restored() {
    prove(&[
        (
            "stream add ARKIV --subjects arkiv.> --storage file --defaults",
            Done,
        ),
        ("pub arkiv.a m{{Count}} --count 20", Done),
        ("consumer add ARKIV les --pull --defaults", Done),
        (
            "stream backup ARKIV FOLDER/arkiv --no-progress",
            Says("Starting backup of Stream \"ARKIV\""),
        ),
        ("stream backup ARKIV FOLDER/arkiv", Fails("already exists")),
        ("stream restore FOLDER/arkiv", Fails("already exist")),
        ("stream rm ARKIV -f", Done),
        (
            "stream restore FOLDER/arkiv --no-progress",
            Says("Restored stream \"ARKIV\""),
        ),
        ("stream info ARKIV -j", Json("/state/messages", "20")),
        ("consumer ls ARKIV -n", Gives("les")),
        ("stream get ARKIV 20 -j", Json("/data", r#""bTIw""#)),
        ("account backup FOLDER/konto --force", Says("ARKIV")),
        ("stream rm ARKIV -f", Done),
        (
            "account restore FOLDER/konto",
            Says("Restoring backup of all 1 streams"),
        ),
        ("stream state ARKIV -j", Json("/state/last_seq", "20")),
        ("stream backup NOPE FOLDER/nope", Fails("stream not found")),
    ]);
}

#[test]
fn messages_in_a_stream_are_found_and_taken_out() {
    prove(&[
        (ADD_LAGER, Done),
        ("pub lager.oslo en", Done),
        ("pub lager.bergen to -H a:b", Done),
        ("pub lager.oslo {{Count}} --count 3 --jetstream", Done),
        ("stream info LAGER -j", Json("/state/messages", "5")),
        ("stream state LAGER -j", Json("/state/last_seq", "5")),
        ("stream subjects LAGER -j", Json("/lager.oslo", "4")),
        (
            "stream subjects LAGER *.bergen -j",
            Json("", r#"{"lager.bergen":1}"#),
        ),
        ("stream subjects LAGER", Says("lager.bergen")),
        ("stream get LAGER 1 -j", Json("/data", r#""ZW4=""#)),
        ("stream get LAGER -S lager.oslo -j", Json("/seq", "5")),
        ("stream get LAGER 2", Says("a: b")),
        ("stream get LAGER 99", Fails("no message found")),
        ("stream rmm LAGER 3 -f", Done),
        ("stream info LAGER -j", Json("/state/num_deleted", "1")),
        ("stream get LAGER 3", Fails("no message found")),
        (
            "stream purge LAGER --subject lager.bergen -f -j",
            Json("/state/messages", "3"),
        ),
        ("stream purge LAGER --keep 1 -f -j", Json("/state/first_seq", "5")),
        ("stream purge LAGER -f", Done),
        ("stream info LAGER -j", Json("/state/messages", "0")),
        ("pub lager.oslo x --jetstream", Says("Sequence: 6")),
        ("pub nowhere x --jetstream", Fails("no responders")),
    ]);
}

#[test]
fn consumers_are_made_read_and_removed() {
    prove(&[
        (ADD_LAGER, Done),
        ("pub lager.a m{{Count}} --count 4", Done),
        ("consumer ls LAGER", Says("No Consumers defined")),
        ("consumer add LAGER les --pull --defaults", Says("les")),
        (
            "consumer info LAGER les --json",
            Json("/config/ack_policy", r#""explicit""#),
        ),
        (
            "consumer add LAGER nye --pull --deliver new --ack all --wait 5s --max-deliver 3 --max-pending 10 --filter lager.b --description b --defaults",
            Says("nye"),
        ),
        (
            "consumer info LAGER nye -j",
            Json("/config/deliver_policy", r#""new""#),
        ),
        (
            "consumer info LAGER nye -j",
            Json("/config/ack_wait", "5000000000"),
        ),
        (
            "con info LAGER nye -j",
            Json("/config/filter_subject", r#""lager.b""#),
        ),
        ("consumer info LAGER nye -j", Json("/config/max_deliver", "3")),
        ("consumer info LAGER les -j", Json("/num_pending", "4")),
        ("consumer info LAGER nye -j", Json("/num_pending", "0")),
        ("consumer next LAGER les --raw", Gives("m1")),
        ("consumer next LAGER les --no-ack --raw", Gives("m2")),
        ("consumer info LAGER les -j", Json("/num_ack_pending", "1")),
        ("consumer next LAGER les --term --raw", Says("m3")),
        ("consumer next LAGER les", Says("str seq: 4")),
        ("consumer info LAGER les -j", Json("/delivered/stream_seq", "4")),
        ("consumer info LAGER les -j", Json("/ack_floor/stream_seq", "1")),
        (
            "consumer next LAGER nye --timeout 300ms",
            Fails("no message received: nats: timeout"),
        ),
        ("consumer ls LAGER -j", Json("", r#"["les","nye"]"#)),
        ("consumer ls LAGER --names", Gives("les\nnye")),
        ("consumer ls LAGER", Says("Unprocessed")),
        (
            "consumer report LAGER",
            Says("Consumer report for LAGER with 2 consumers"),
        ),
        ("consumer info LAGER les", Says("Explicit")),
        ("consumer rm LAGER nye -f", Done),
        ("consumer ls LAGER -n", Gives("les")),
        ("consumer info LAGER nye", Fails("nats: error: ")),
        (
            "consumer add LAGER dyttet --target ut.her --deliver all --defaults",
            Says("ut.her"),
        ),
        (
            "consumer info LAGER dyttet -j",
            Json("/config/deliver_subject", r#""ut.her""#),
        ),
        ("consumer next LAGER dyttet --timeout 300ms", Fails("push based")),
        ("stream info LAGER -j", Json("/state/consumer_count", "2")),
    ]);
}

#[test]
fn consumers_are_changed_copied_paused_and_reset() {
    prove(&[
        (ADD_LAGER, Done),
        ("pub lager.a m{{Count}} --count 4", Done),
        ("consumer add LAGER les --pull --defaults", Done),
        (
            "consumer edit LAGER les --max-deliver 5 --description ny --force",
            Says("Differences (-old +new)"),
        ),
        ("consumer info LAGER les -j", Json("/config/max_deliver", "5")),
        (
            "consumer info LAGER les -j",
            Json("/config/description", r#""ny""#),
        ),
        ("consumer edit LAGER les --max-deliver 5 --dry-run", Gives("")),
        (
            "consumer edit LAGER les --max-deliver 6 --dry-run",
            Fails("Differences (-old +new)"),
        ),
        ("consumer info LAGER les -j", Json("/config/max_deliver", "5")),
        ("consumer edit LAGER nope --max-deliver 5 -f", Fails("onsumer")),
        ("consumer find LAGER --pull", Gives("les")),
        ("consumer find LAGER --push", Gives("")),
        ("consumer find LAGER --pending 5", Gives("les")),
        ("consumer find LAGER --pending 4", Gives("")),
        ("consumer query LAGER --bound --invert", Gives("les")),
        ("consumer sub LAGER les --raw", Gives("m1")),
        ("consumer next LAGER les --raw --count 2", Gives("m2\nm3")),
        ("consumer info LAGER les -j", Json("/ack_floor/stream_seq", "3")),
        (
            "consumer reset LAGER les --sequence 2 --force",
            Says("State for Consumer LAGER > les"),
        ),
        ("consumer info LAGER les -j", Json("/num_pending", "3")),
        ("consumer next LAGER les --raw", Gives("m2")),
        ("consumer pause LAGER les 1h -f", Says("Paused LAGER > les until")),
        ("consumer info LAGER les -j", Json("/paused", "true")),
        (
            "consumer resume LAGER les -f",
            Says("Consumer LAGER > les was resumed"),
        ),
        ("consumer resume LAGER les -f", Fails("consumer is not paused")),
        (
            "consumer add LAGER festet --pull --pinned-groups a --pinned-ttl 10s --defaults",
            Done,
        ),
        (
            "consumer info LAGER festet -j",
            Json("/config/priority_policy", r#""pinned_client""#),
        ),
        (
            "consumer info LAGER festet -j",
            Json("/config/priority_timeout", "10000000000"),
        ),
        (
            "consumer unpin LAGER festet a -f",
            Fails("no priority groups have pinned clients"),
        ),
        (
            "consumer unpin LAGER les a -f",
            Fails("consumer is not a pinned priority consumer"),
        ),
        ("consumer report LAGER", Says("Explicit")),
    ]);
}

#[test]
fn health_is_checked_with_nagios_codes() {
    prove(&[
        (ADD_LAGER, Done),
        ("pub lager.a m{{Count}} --count 5", Done),
        ("consumer add LAGER les --pull --defaults", Done),
        ("kv add pris --storage memory", Done),
        ("kv put pris ris 10", Done),
        ("kv put pris mel 11", Done),
        ("kv del pris mel -f", Done),
        (
            "server check connection",
            Says("OK Connection OK:connected to nats://127.0.0.1"),
        ),
        (
            "server check stream --stream LAGER",
            Gives("OK LAGER OK:0 sources | sources=0"),
        ),
        (
            "server check stream --stream LAGER --msgs-warn 10 --msgs-critical 2",
            Ends(
                1,
                "WARNING LAGER Warn:5 messages OK:0 sources | messages=5;10;2 sources=0",
            ),
        ),
        (
            "server check stream --stream LAGER --msgs-critical 7 --subjects-warn 1 --subjects-critical 2",
            Ends(2, "CRITICAL LAGER Crit:5 messages Warn:1 subjects OK:0 sources"),
        ),
        (
            "server check stream --stream LAGER --min-sources 1 --format json",
            Ends(2, "\"CRITICAL\""),
        ),
        (
            "server check stream --stream LAGER --format json",
            Json(
                "/perf_data",
                r#"[{"critical":0,"name":"sources","value":0,"warning":0}]"#,
            ),
        ),
        (
            "server check stream --stream LAGER --min-sources 1 --format prometheus",
            Says(r#"nats_server_check_stream_status_code{item="LAGER",status="CRITICAL"} 2"#),
        ),
        (
            "server check stream --stream LAGER --lag-critical 5",
            Ends(2, "Crit:not mirrored"),
        ),
        (
            "server check stream --stream LAGER --peer-expect 3",
            Ends(2, "Crit:Stream is not clustered"),
        ),
        (
            "server check stream --stream LAGER --format text",
            Says("Status Detail"),
        ),
        (
            "server check stream --stream NOPE",
            Ends(2, "could not load info: stream not found"),
        ),
        (
            "server check consumer --stream LAGER --consumer les --format json",
            Json("/status", r#""OK""#),
        ),
        (
            "server check consumer --stream LAGER --consumer les --unprocessed-critical 5",
            Ends(2, "Crit:Unprocessed Messages: 5"),
        ),
        (
            "server check consumer --stream LAGER --consumer les --last-ack-critical 1m",
            Ends(2, "Crit:No acks"),
        ),
        (
            "server check consumer --stream LAGER --consumer les --pinned",
            Ends(2, "Crit:Not pinned client priority mode"),
        ),
        (
            "server check message --stream LAGER --subject lager.a --content m5",
            Says("OK Stream Message OK:Valid message on LAGER > lager.a"),
        ),
        (
            "server check message --stream LAGER --subject lager.a --content x",
            Ends(2, "Crit:does not match regex: x"),
        ),
        (
            "server check message --stream LAGER --subject lager.b",
            Ends(2, "CRITICAL Stream Message Crit:no message found"),
        ),
        (
            "server check message --stream LAGER --subject lager.a --age-critical 1ns",
            Ends(2, " old"),
        ),
        (
            "server check jetstream --format json",
            Json("/check_suite", r#""jetstream""#),
        ),
        (
            "server check jetstream --mem-warn 90 --mem-critical 10",
            Ends(2, "Crit:memory: invalid thresholds"),
        ),
        (
            "server check kv --bucket pris --key ris",
            Says("OK pris OK:bucket pris OK:key ris found"),
        ),
        (
            "server check kv --bucket pris --key mel",
            Ends(2, "Crit:key mel "),
        ),
        (
            "server check kv --bucket pris --values-warn 1 --values-critical 9",
            Ends(1, "WARNING pris Warn:2 values OK:bucket pris"),
        ),
        (
            "server check kv --bucket nope",
            Ends(2, "CRITICAL nope Crit:bucket nope not found"),
        ),
        (
            "server check request --subject ingen.der --payload x",
            Ends(
                2,
                "could not send request: nats: no responders available for request",
            ),
        ),
        (
            "server check credential --credential FOLDER/nope.creds",
            Ends(2, "CRITICAL Credential Crit:credential not accessible"),
        ),
        (
            "server check connection --server nats://127.0.0.1:1 --format json",
            Ends(2, "connection failed"),
        ),
        (
            "server check stream --stream LAGER --outfile FOLDER/check.txt",
            Gives(""),
        ),
        (
            "server mappings a.*.* b.{{wildcard(2)}}.{{wildcard(1)}} a.1.2",
            Gives("b.2.1"),
        ),
        (
            "server passwd -p kort",
            Fails("password should be at least 10 characters long"),
        ),
        ("server passwd -p langt.nok.passord -c 4", Says("$2a$04$")),
    ]);
}

#[test]
fn atomic_batches_schedules_and_direct_reading() {
    prove(&[
        (
            "stream add LAGER --subjects lager.> --storage memory --allow-batch --allow-schedules --allow-msg-ttl --defaults",
            Done,
        ),
        (
            "pub lager.a m{{Count}} --count 3 --jetstream",
            Says("Sequence: 3"),
        ),
        ("stream state LAGER -j", Json("/state/messages", "3")),
        (
            "pub lager.plan x --schedule-every 1h --schedule-dest lager.b",
            Says("Stored in Stream: LAGER Sequence: 4"),
        ),
        ("stream get LAGER 4", Says("Nats-Schedule: @every 1h0m0s")),
        (
            "pub lager.plan x --schedule-every 1h",
            Fails("schedule destination is required"),
        ),
        ("sub lager.a --all --count 2 --raw", Says("m2")),
        ("sub lager.a --direct --all --count 3 --raw", Says("m3")),
        ("sub lager.a --all -T --raw --translate 'tr m n'", Says("n3")),
        ("sub lager.a --stream LAGER --last -T --raw", Gives("m3")),
        ("sub lager.a --direct --durable x", Fails("durable")),
    ]);
}

#[test]
fn counters_add_up() {
    prove(&[
        (
            "stream add TALL --subjects tall.> --storage memory --allow-counter --defaults --json",
            Json("/config/allow_msg_counter", "true"),
        ),
        ("counter increment tall.a 5", Gives("5")),
        ("counter incr tall.a 2", Gives("7")),
        ("counter decrement tall.a 3", Gives("4")),
        (
            "counter incr tall.b 100000000000000000000000",
            Gives("100000000000000000000000"),
        ),
        ("counter get tall.a", Gives("4")),
        ("counter view tall.a", Says("Counter tall.a")),
        (
            "counter list --stream TALL tall.a --json",
            Json("", r#"["tall.a"]"#),
        ),
        ("counter list", Fails("no stream or subject specified")),
        ("counter incr tall.a x", Fails("invalid value")),
        (
            "counter get tall.c",
            Fails("counter not initialized for subject: tall.c"),
        ),
        (
            "counter get ingen.slik",
            Fails("err_code=10059 description=stream not found"),
        ),
    ]);
}
