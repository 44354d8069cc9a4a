//! What the object pane says.

use crate::util::language::texts;

texts! {
    title: "Objekter", "Objects";
    title_of(bucket: &str): "Objekter: {bucket}", "Objects: {bucket}";
    fetching: "Henter …", "Fetching …";
    no_buckets: "Ingen objektlagre ennå. Lag ett med «nats object add».", "No object stores yet. Make one with \"nats object add\".";
    no_objects: "Ingen objekter. p legger inn en fil.", "No objects. p stores a file.";
    bucket: "Bøtte", "Bucket";
    name: "Navn", "Name";
    chunks: "Biter", "Chunks";
    file_hint: "fil på denne maskinen", "file on this machine";
    save_as: "Lagre som", "Save as";
    store_file: "Legg inn filen", "Store the file";
    no_name: "filen har ikke noe navn", "the file has no name";
    fetched(name: &str, path: &str): "{name} er hentet til {path}.", "{name} is fetched into {path}.";
    stored(name: &str): "{name} er lagret.", "{name} is stored.";
    deleted(name: &str): "{name} er slettet.", "{name} is deleted.";
    delete_title: " Slette? ", " Delete? ";
    delete_question(name: &str): "Slette {name}? Det kan ikke angres.", "Delete {name}? It cannot be undone.";
    yes: "  slett", "  delete";
    no: "  la være", "  leave it";
    choose: "velg", "choose";
    open: "åpne", "open";
    ok: "gå videre", "go on";
    key_get: "hent til en fil", "fetch into a file";
    key_put: "legg inn en fil", "store a file";
    key_delete: "slett", "delete";
}
