//! What every role shows to those who probe it: where it listens, and how reasons become an answer.

use std::net::SocketAddr;

use axum::http::StatusCode;
use tokio::net::TcpListener;

use crate::failure::Failure;

/// Listens at the address that stands in this setting.
///
/// # Errors
/// Somebody else does.
pub async fn listen(key: &str, address: &str) -> Result<TcpListener, Failure> {
    // Settings are checked: it is an address.
    let address: SocketAddr = address.parse().map_err(Failure::failed)?;
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = format!("set {key} to an address and a port that are free");
        Failure::refused(format_args!("can not listen at {address}: {error}"), remedy)
    })
}

/// 200 where there is no reason against it; else 503, and the reasons, a line each.
#[must_use]
pub fn verdict(reasons: &[String]) -> (StatusCode, String) {
    match reasons {
        [] => (StatusCode::OK, "ok\n".to_owned()),
        _ => (StatusCode::SERVICE_UNAVAILABLE, reasons.iter().map(|reason| format!("{reason}\n")).collect()),
    }
}
