use std::net::SocketAddr;

use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;

const SETTINGS: HttpSettings = HttpSettings { connect_timeout_ms: 1_000, request_timeout_ms: 2_000 };

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn client(settings: HttpSettings) -> HttpClient {
    HttpClient::new(settings, AllowedHosts::new(["127.0.0.1".to_owned(), "localhost".to_owned()], true)).unwrap()
}

async fn ask(address: SocketAddr, path: &str) -> Result<Answer, HttpError> {
    let url = format!("http://{address}{path}").parse().unwrap();
    client(SETTINGS).post(url, HeaderMap::new(), b"{}".to_vec()).await
}

#[tokio::test]
async fn an_answer_is_its_status_and_the_beginning_of_its_body() {
    let busy = || async {
        (
            StatusCode::TOO_MANY_REQUESTS,
            [(HeaderName::from_static("retry-after"), "3")],
            "x".repeat(10 * ANSWER_BYTES_MAX),
        )
    };
    let address = serve(Router::new().route("/busy", post(busy))).await;
    let answer = ask(address, "/busy").await.unwrap();
    assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("3")));
    assert_eq!(answer.body.len(), ANSWER_BYTES_MAX);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = || async { (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "http://127.0.0.1:1/")]) };
    let address = serve(Router::new().route("/", post(elsewhere))).await;
    assert_eq!(ask(address, "/").await.unwrap().status, 307);
}

#[tokio::test]
async fn what_nobody_has_seen_is_told_from_what_somebody_may_have_seen() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(ask(nobody, "/").await, Err(HttpError::NotSent { .. })));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut byte = [0];
            stream.readable().await.unwrap();
            let _ = stream.try_read(&mut byte);
            // Read, and gone without an answer.
        }
    });
    assert!(matches!(ask(address, "/").await, Err(HttpError::Unanswered { .. })));
}

#[tokio::test]
async fn who_takes_too_long_is_not_waited_for() {
    let never = || async { std::future::pending::<()>().await };
    let address = serve(Router::new().route("/", post(never))).await;
    let url = format!("http://{address}/").parse().unwrap();
    let impatient = client(HttpSettings { request_timeout_ms: 50, ..SETTINGS });
    let answer = impatient.post(url, HeaderMap::new(), Vec::new()).await;
    assert!(matches!(answer, Err(HttpError::Unanswered { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    let address = serve(Router::new().route("/", post(|| async {}))).await;
    let url: Url = format!("http://localhost:{}/", address.port()).parse().unwrap();
    let public = HttpClient::new(SETTINGS, AllowedHosts::new(["localhost".to_owned()], false)).unwrap();
    let refused = public.post(url.clone(), HeaderMap::new(), Vec::new()).await.unwrap_err();
    assert!(matches!(refused, HttpError::NotAllowed(AddressError::Private { .. })), "{refused:?}");
    assert_eq!(client(SETTINGS).post(url, HeaderMap::new(), Vec::new()).await.unwrap().status, 200);
}
