//! The commands for key-value buckets and object stores.

use super::table::{Done, Fails, Gives, Json, Says, prove};

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
        ("kv edit pris --description dyrt --history 4", Says("dyrt")),
        (
            "stream info KV_pris -j",
            Json("/config/max_msgs_per_subject", "4"),
        ),
        ("stream info KV_pris -j", Json("/config/description", r#""dyrt""#)),
        ("kv edit nope --history 4", Fails("bucket not found")),
        ("kv revert pris mel 3 --force", Says("History for pris > mel")),
        ("kv get pris mel --raw", Gives("5")),
        ("kv revert pris ost 3 --force", Fails("")),
        ("kv compact pris --force", Done),
        ("kv ls pris mel", Gives("mel")),
        ("kv purge pris mel -f", Done),
        ("stream info KV_pris -j", Json("/state/last_seq", "7")),
        (
            "kv add kort --marker-ttl 1h --storage memory",
            Says("Limit Marker TTL"),
        ),
        (
            "stream info KV_kort -j",
            Json("/config/subject_delete_marker_ttl", "3600000000000"),
        ),
        ("kv create kort a 1 --ttl 1h", Gives("1")),
        ("stream get KV_kort 1", Says("Nats-TTL: ")),
        (
            "kv add speil --mirror pris --storage memory",
            Says("Origin Bucket: pris"),
        ),
        (
            "stream info KV_speil -j",
            Json("/config/mirror/name", r#""KV_pris""#),
        ),
        (
            "kv add samlet --source pris --storage memory",
            Says("Source Bucket: pris"),
        ),
        (
            "stream info KV_samlet -j",
            Json("/config/sources/0/name", r#""KV_pris""#),
        ),
        ("kv del samlet -f", Done),
        ("kv del speil -f", Done),
        ("kv del kort -f", Done),
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
