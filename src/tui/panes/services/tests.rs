use serde_json::json;

use super::*;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown};

fn answer(name: &str, requests: u64) -> Bytes {
    json!({"type": "io.nats.micro.v1.stats_response", "name": name, "id": format!("id-{name}"), "version": "1.0.0",
        "endpoints": [{"name": "echo", "subject": format!("{name}.echo"), "num_requests": requests, "num_errors": 1,
            "average_processing_time": 1_500_000, "last_error": "400:\u{1b}[2J"}]})
    .to_string()
    .into()
}

fn filled() -> Services {
    let mut services = Services::default();
    let now = Instant::now();
    services.take(
        &[
            answer("kasse", 10),
            answer("adresse", 5),
            Bytes::from_static(b"tull"),
        ],
        now,
    );
    services.take(
        &[answer("kasse", 30), answer("adresse", 5)],
        now + Duration::from_secs(1),
    );
    services
}

fn picture(services: &Services, size: (u16, u16)) -> String {
    screen(size, |frame| {
        view::draw(
            frame,
            frame.area(),
            (&Theme::dark(), true),
            services,
            &mut Selection::default(),
        );
    })
}

#[test]
fn services_with_their_rates_and_failures() {
    insta::assert_snapshot!("services_small", picture(&filled(), SMALL));
    insta::assert_snapshot!("services_large", picture(&filled(), (100, 5)));
    let mut none = Services::default();
    none.take(&[], Instant::now());
    assert!(picture(&none, LARGE).contains("Ingen tjenester svarer"));
}

#[test]
fn an_endpoint_is_called_from_the_request_pane() {
    let (_runtime, context) = disconnected();
    let mut pane = ServicesPane::open(&context);
    // The task would overwrite what the test puts there.
    pane._watch = context.spawn(std::future::ready(()));
    *pane.services.lock() = filled();
    press(&mut pane, KeyCode::Down);
    press(&mut pane, KeyCode::Enter);
    let Some(Wish::Request(draft)) = pane.wish() else {
        panic!("no call");
    };
    assert_eq!(draft.subject, "kasse.echo");
    assert!(shown(&mut pane, LARGE).contains("kasse.echo"));
}
