//! The HTTP door for those who watch. It has a thread of its own with the rest of the watching, so that
//! an answer that takes long holds up no message.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::handle::{StartError, listen};
use super::server::Server;
use crate::broker::monitor::http;

/// Connections at a time. Further ones are closed at once.
const CONNECTIONS_MAX: usize = 256;
/// Bytes of a request's first line and headers together.
const HEAD_MAX: usize = 16 * 1024;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// How long a request's head may take, and how long a connection may stay idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is asked to end after this long, and cut off a little later.
const LIFE_MAX: Duration = Duration::from_secs(600);
const LIFE_GRACE: Duration = Duration::from_secs(10);

/// Opens the door, if the settings want one, and says where it is.
pub fn open(server: &Arc<Server>) -> Result<Option<SocketAddr>, StartError> {
    let options = &server.options;
    let (port, secure) = match (options.monitor.https_port, options.monitor.http_port) {
        (Some(port), _) => (port, true),
        (None, Some(port)) => (port, false),
        (None, None) => return Ok(None),
    };
    if secure && options.tls.is_none() {
        return Err(StartError::NoCertificate);
    }
    let host = options.monitor.host.as_ref().unwrap_or(&options.host);
    let (listener, address) = listen(host, port).map_err(|source| StartError::Monitor {
        address: format!("{host}:{port}"),
        source,
    })?;
    let scheme = if secure { "https" } else { "http" };
    tracing::info!("Starting {scheme} monitor on {host}:{}", address.port());
    server.watch.opened(address.port(), secure);
    let serving = server.clone();
    server.watcher.spawn(async move {
        if let Err(error) = accept(serving, listener, secure).await {
            tracing::error!(%error, "the monitoring port could not be used");
        }
    });
    Ok(Some(address))
}

async fn accept(server: Arc<Server>, listener: TcpListener, secure: bool) -> io::Result<()> {
    /// How long to wait when the system has no file or memory for another connection.
    const RETRY: Duration = Duration::from_millis(50);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "accept failed on the monitoring port");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            tracing::warn!("too many connections on the monitoring port");
            continue;
        };
        let server = server.clone();
        tokio::spawn(async move {
            if secure {
                serve_secure(server, stream).await;
            } else {
                serve(server, stream).await;
            }
            drop(place);
        });
    }
}

/// As [`serve`], behind a handshake with the certificate that holds at this moment.
async fn serve_secure(server: Arc<Server>, stream: TcpStream) {
    let Some(tls) = server.settings().tls.clone() else {
        tracing::error!("the monitoring port has lost its certificate");
        return;
    };
    let handshake = TlsAcceptor::from(tls.monitor.clone()).accept(stream);
    match tokio::time::timeout(HEAD_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => serve(server, stream).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake error on the monitoring port"),
        Err(_) => tracing::debug!("TLS handshake timed out on the monitoring port"),
    }
}

async fn serve(server: Arc<Server>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let answer = service_fn(move |request| {
        let response = respond(&server, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    // How it ended concerns nobody but the client.
    if tokio::time::timeout(LIFE_MAX, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(LIFE_GRACE, connection).await;
    }
}

/// hyper leaves the body out where a HEAD asked.
fn respond(server: &Server, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal = Response::new(Full::default());
        *refusal.status_mut() = hyper::StatusCode::METHOD_NOT_ALLOWED;
        refusal
            .headers_mut()
            .insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    let base = &server.options.monitor.base_path;
    let answer = match http::endpoint(request.uri().path(), base) {
        Some(endpoint) => {
            server.watch.count_request(endpoint);
            http::answer(server, endpoint, request.uri().query().unwrap_or_default())
        }
        None => http::not_found(),
    };
    let mut response = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, answer.content_type);
    if answer.any_origin {
        response = response.header(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    response
        .body(Full::new(Bytes::from(answer.body)))
        .expect("status and headers are constants")
}
