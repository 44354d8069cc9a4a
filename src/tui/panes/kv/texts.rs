//! What the key-value pane says.

use crate::util::language::texts;

texts! {
    title_compare(desired: &str, actual: &str): "Ønsket {desired} mot faktisk {actual}", "Desired {desired} against actual {actual}";
    no_buckets:
        "Ingen bøtter ennå. Lag en med «nats kv add».",
        "No buckets yet. Make one with \"nats kv add\".";
    fetching: "Henter …", "Fetching …";
    no_keys: "Ingen nøkler. a lager en.", "No keys. a makes one.";
    bucket: "Bøtte", "Bucket";
    values: "Verdier", "Values";
    history: "Historikk", "History";
    ttl: "Levetid", "TTL";
    key: "Nøkkel", "Key";
    value: "Verdi", "Value";
    revision: "Rev.", "Rev.";
    when: "Når", "When";
    desired: "Ønsket", "Desired";
    actual: "Faktisk", "Actual";
    deleted: "(slettet)", "(deleted)";
    purged: "(fjernet med historikk)", "(purged)";
    missing: "(mangler)", "(missing)";
    same: "likt", "same";
    differs: "ulikt", "differs";
    is_missing: "mangler", "missing";
    extra: "for mye", "extra";
    counts(keys: &str, changes: &str): "{keys}, {changes} siden panelet ble åpnet", "{keys}, {changes} since the pane was opened";
    one_key: "1 nøkkel", "1 key";
    one_change: "1 endring", "1 change";
    changes(count: &str): "{count} endringer", "{count} changes";
    left_out(count: &str): "{count} nøkler til vises ikke", "{count} more keys are not shown";
    all_as_desired(count: usize): "Alt er som ønsket: {count} nøkler.", "All is as desired: {count} keys.";
    not_as_desired(count: usize, total: usize): "{count} av {total} nøkler er ikke som ønsket.", "{count} of {total} keys are not as desired.";
    no_text: "Verdien er ikke tekst og kan ikke redigeres.", "The value is no text and cannot be edited.";
    watch_ended: "bøtten følges ikke lenger", "the bucket is no longer watched";
    written(key: &str, revision: u64): "{key} er skrevet, revisjon {revision}.", "{key} is written, revision {revision}.";
    deleted_key(key: &str): "{key} er slettet. Historikken er der ennå.", "{key} is deleted. Its history is still there.";
    purged_key(key: &str): "{key} er fjernet med historikken.", "{key} is purged with its history.";
    not_written(key: &str): "{key} ble ikke skrevet: ugyldig nøkkel, eller ikke svar i tide.", "{key} was not written: an invalid key, or no answer in time.";
    remove_delete(key: &str): "Slette {key}? Historikken blir.", "Delete {key}? Its history stays.";
    remove_purge(key: &str): "Fjerne {key} med all historikk? Det kan ikke angres.", "Purge {key} with all its history? It cannot be undone.";
    remove_title: " Fjerne? ", " Remove? ";
    yes: "  gjør det", "  do it";
    no: "  la være", "  leave it";
    conflict(key: &str): "Konflikt: noen andre har endret {key} siden du åpnet den.", "Conflict: somebody else has changed {key} since you opened it.";
    conflict_deleted(key: &str): "Konflikt: noen andre har slettet {key}.", "Conflict: somebody else has deleted {key}.";
    theirs(revision: u64): "- deres, revisjon {revision}", "- theirs, revision {revision}";
    mine: "+ din", "+ yours";
    conflict_keys: "o skriver din over deres · e redigerer videre med deres revisjon · Esc lar deres stå", "o writes yours over theirs · e edits on with their revision · Esc leaves theirs";
    edit_of(revision: u64): "Endre (lagres bare hvis revisjon {revision} fortsatt er den siste)", "Change (saved only if revision {revision} is still the last)";
    edit_new: "Ny nøkkel (lagres bare hvis den ikke finnes)", "New key (saved only if it does not exist)";
    against: "Sammenlign med bøtten", "Compare with the bucket";
    against_hint: "bøtten med det faktiske", "the bucket with what is";
    choose: "velg", "choose";
    open_bucket: "åpne bøtten", "open the bucket";
    key_history: "historikk og forskjeller", "history and differences";
    key_edit: "endre", "change";
    key_create: "ny nøkkel", "new key";
    key_remove: "slett, fjern med historikk", "delete, purge";
    key_deleted: "vis eller skjul slettede", "show or hide deleted ones";
    key_revert: "sett tilbake til denne", "revert to this one";
    nothing_to_revert: "Dette er verdien som gjelder, eller en sletting.", "This is the value that counts, or a deletion.";
    kind: "Type", "Type";
    key_below: "1 nøkkel", "1 key";
    keys_below(count: &str): "{count} nøkler", "{count} keys";
    key_fold: "åpne eller lukk et nivå", "open or close a level";
    key_fold_all: "lukk eller åpne alle nivåene", "close or open all levels";
    key_shape: "tre eller flat liste", "tree or flat list";
    key_compare: "ønsket mot faktisk", "desired against actual";
    key_save: "lagre", "save";
    key_overwrite: "skriv over", "overwrite";
    key_edit_again: "rediger videre", "edit on";
    key_yes: "gjør det", "do it";
    key_no: "la være", "leave it";
}
