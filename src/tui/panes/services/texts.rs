//! What the services pane says.

use crate::util::language::texts;

texts! {
    title: "Tjenester", "Services";
    asking: "Spør rundt …", "Asking around …";
    none:
        "Ingen tjenester svarer på $SRV. Prøv «nats service serve demo».",
        "No services answer on $SRV. Try \"nats service serve demo\".";
    service: "Tjeneste", "Service";
    instance: "Instans", "Instance";
    requests: "Kall", "Calls";
    errors: "Feil", "Errors";
    average: "Snitt", "Mean";
    last_error: "Siste feil", "Last error";
    choose: "velg", "choose";
    call: "kall endepunktet", "call the endpoint";
}
