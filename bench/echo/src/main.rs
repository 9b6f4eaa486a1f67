//! A bare warp handler: it answers a POST with the bytes it was sent. Its one argument is the port on 127.0.0.1.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;
use warp::Filter;

#[tokio::main]
async fn main() {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .expect("usage: unseat-bench-echo PORT");
    let echo = warp::path!("prediction")
        .and(warp::post())
        .and(warp::body::bytes())
        .map(|body| warp::reply::with_header(Vec::from(body), "content-type", "application/json"));
    let ready = warp::path!("readyz").and(warp::get()).map(warp::reply);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .expect("the port is free");
    warp::serve(echo.or(ready)).incoming(listener).run().await;
}
