//! How a server ends: what is under way is answered, idle connections are closed, within bounds.

use rustix::process::Signal;

use super::Server;
use super::limits::{ROW, server, whole};
use super::wire::Wire;

/// Waits until nobody is let in any more: the server is on its way out.
fn until_closed(server: &Server) {
    let began = std::time::Instant::now();
    while Wire::try_to(server).is_ok() {
        assert!(began.elapsed().as_secs() < 240, "it goes on listening");
    }
}

#[test]
fn at_a_signal_requests_under_way_are_answered_and_idle_connections_closed() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = server(&[]);
        let mut idle = Wire::to(&server);
        idle.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(idle.hear().map(|heard| heard.status), Some(200));
        let mut asks = Wire::to(&server);
        asks.hold("POST /prediction", ROW.len());
        let mut ready = Wire::to(&server);
        ready.hold("GET /readyz", 1);
        server.signal(signal);
        until_closed(&server);
        assert!(idle.hear().is_none());
        ready.send("x");
        let heard = ready.hear().expect("an answer");
        assert_eq!(heard.status, 503, "{heard:?}");
        assert!(
            heard.body.contains("not ready: the server is ending"),
            "{heard:?}"
        );
        asks.send(ROW);
        assert_eq!(asks.hear().map(|heard| heard.status), Some(200));
        assert!(asks.rest().is_empty(), "then it is closed");
        let (is_well, talk) = server.ended();
        assert!(is_well, "{talk}");
        assert_eq!(talk, "stopped after 3 requests\n");
    }
}

#[test]
fn the_end_is_bounded_and_what_is_cut_is_told() {
    let server = server(&["server.drain_seconds=0.2"]);
    let mut stuck = Wire::to(&server);
    stuck.hold("POST /prediction", 10);
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
    assert_eq!(talk, "stopped after 1 request; 1 connection was cut\n");
    assert!(stuck.rest().is_empty());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = server(&["server.drain_seconds=3600"]);
    let mut stuck = Wire::to(&server);
    stuck.hold("POST /prediction", 10);
    server.signal(Signal::TERM);
    until_closed(&server);
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
    // Those who tried whether it still listens may be among them.
    assert!(talk.contains("cut"), "{talk}");
}

#[test]
fn at_sigterm_balancers_are_told_first_and_then_each_client() {
    let server = server(&["server.drain_delay=3600"]);
    let mut kept = Wire::to(&server);
    kept.send(whole("POST /prediction", ROW));
    assert_eq!(kept.hear().map(|heard| heard.status), Some(200));
    server.signal(Signal::TERM);
    while server.get("/readyz").status != 503 {}
    // Clients that do not know of it are answered as before, also on new connections.
    for wire in [&mut kept, &mut Wire::to(&server)] {
        wire.send(whole("POST /prediction", ROW));
        let heard = wire.hear().expect("an answer");
        assert_eq!(heard.status, 200);
        assert!(!heard.head.contains("connection: close"), "{heard:?}");
    }
    let (is_well, _) = server.stop(Signal::TERM);
    assert!(is_well, "a second signal ends it at once");

    let server = self::server(&["server.drain_delay=0"]);
    let mut kept: Vec<Wire> = (0..8).map(|_| Wire::to(&server)).collect();
    for wire in &mut kept {
        wire.send(whole("POST /prediction", ROW));
        assert_eq!(wire.hear().map(|heard| heard.status), Some(200));
    }
    server.signal(Signal::TERM);
    while !kept.is_empty() {
        kept.retain_mut(|wire| {
            wire.send(whole("POST /prediction", ROW));
            let heard = wire
                .hear()
                .expect("no request of a kept connection is lost");
            assert_eq!(heard.status, 200);
            !heard.head.contains("connection: close")
        });
    }
    let (is_well, talk) = server.ended();
    assert!(is_well && !talk.contains("cut"), "{talk}");
}
