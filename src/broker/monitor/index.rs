//! The page at `/`: a way to everything else.

use crate::proto::info::Info;

/// Titles and paths, in the order of the page.
const LINKS: [(&str, &str); 13] = [
    ("General", "/varz"),
    ("JetStream", "/jsz"),
    ("Connections", "/connz"),
    ("Accounts", "/accountz"),
    ("Account Stats", "/accstatz"),
    ("Subscriptions", "/subsz"),
    ("Routes", "/routez"),
    ("LeafNodes", "/leafz"),
    ("Gateways", "/gatewayz"),
    ("Raft Groups", "/raftz"),
    ("Health Probe", "/healthz"),
    ("Expvar", "/debug/vars"),
    ("Prometheus", "/metrics"),
];

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>goingnats</title>
<style>
  body { font-family: system-ui, sans-serif; margin: 2rem; color: #34495e }
  a { display: block; padding: .25rem 0; color: inherit; text-decoration: none }
  a:hover { color: #375c93; text-decoration: underline }
  code { color: #999; margin-left: .5rem }
</style>
</head>
<body>
"#;

/// The page, with links below `base`. They are relative, so that they hold behind a proxy that has the page elsewhere.
pub fn page(info: &Info, base: &str) -> String {
    let (name, version) = (escape(&info.server_name), escape(&info.version));
    let mut page = format!("{HEAD}<h1>{name}</h1>\n<p>goingnats, NATS {version}</p>\n");
    let base = escape(base);
    for (title, path) in LINKS {
        page.push_str(&format!(
            "<a href=\".{base}{path}\">{title}<code>{path}</code></a>\n"
        ));
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Names come from settings, which need not be HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
