//! Streams, consumers and buckets, as the talk and the labs use them.

use super::table::{Done, Fails, Gives, Json, Says, prove};

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
        ("stream rm SMALL -f", Done),
        ("stream ls -n", Gives("LAGER")),
        ("stream info SMALL", Fails("nats: error: ")),
        ("stream rm SMALL -f", Fails("stream not found")),
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
fn buckets_hold_keys_with_their_history() {
    prove(&[
        ("kv ls", Says("No Key-Value buckets found")),
        ("kv add pris --history 3 --storage memory", Says("pris")),
        (
            "stream info KV_pris -j",
            Json("/config/max_msgs_per_subject", "3"),
        ),
        ("kv put pris ris 10", Gives("10")),
        ("kv put pris ris 11", Gives("11")),
        ("kv get pris ris --raw", Gives("11")),
        ("kv get pris ris --revision 1 --raw", Gives("10")),
        ("kv get pris ris", Says("revision: 2")),
        ("kv create pris mel 5", Gives("5")),
        ("kv create pris mel 6", Fails("key exists")),
        ("kv update pris mel 7 3", Gives("7")),
        ("kv update pris mel 8 3", Fails("")),
        ("kv ls pris", Says("mel")),
        ("kv ls -n", Gives("pris")),
        ("kv ls", Says("Key-Value Buckets")),
        ("kv history pris ris", Says("PUT")),
        ("kv del pris ris -f", Done),
        ("kv get pris ris", Fails("key not found")),
        ("kv history pris ris", Says("DELETE")),
        ("kv ls pris", Gives("mel")),
        // Readers of a bucket are gone when they have read.
        ("stream info KV_pris -j", Json("/state/consumer_count", "0")),
        ("kv purge pris mel -f", Done),
        ("stream info KV_pris -j", Json("/state/last_seq", "6")),
        ("kv info pris", Says("History Kept")),
        ("kv get nope x", Fails("bucket not found")),
        ("kv del pris -f", Done),
        ("kv ls", Says("No Key-Value buckets found")),
    ]);
}

#[test]
fn objects_are_put_got_and_removed() {
    prove(&[
        ("object ls", Says("No Object Store buckets found")),
        (
            "object add FILER --storage memory --description filer --max-bucket-size 1MB",
            Says("FILER"),
        ),
        (
            "stream info OBJ_FILER -j",
            Json("/config/subjects", r#"["$O.FILER.C.>","$O.FILER.M.>"]"#),
        ),
        ("object edit FILER --description mine", Says("mine")),
        (
            "stream info OBJ_FILER -j",
            Json("/config/description", r#""mine""#),
        ),
        (
            "object put FILER Cargo.toml --name oppskrift --description o --no-progress -f",
            Says("SHA-256"),
        ),
        ("object put FILER README.md -f --no-progress", Says("README.md")),
        ("object put FILER", Fails("--name is required")),
        ("object ls FILER -n", Says("oppskrift")),
        ("object ls FILER", Says("Bucket Contents")),
        ("object ls -n", Gives("FILER")),
        ("object info FILER", Says("Backing Store Kind")),
        (
            "object info FILER oppskrift",
            Says("Object information for FILER > oppskrift"),
        ),
        ("object info FILER nope", Fails("object not found")),
        (
            "object get FILER oppskrift -O /dev/null -f --no-progress",
            Says("Wrote:"),
        ),
        ("object get FILER nope -f", Fails("object not found")),
        ("object del FILER oppskrift -f", Says("Removed FILER > oppskrift")),
        ("object ls FILER -n", Gives("README.md")),
        ("object seal FILER -f", Says("FILER has been sealed")),
        ("object info FILER", Says("Sealed: true")),
        ("object info NOPE", Fails("bucket not found")),
        ("object del FILER -f", Done),
        ("object ls -n", Gives("")),
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
