//! Who is let in, for every way of being open and every role.

use super::*;
use crate::config::tokens::Token;
use sha2::{Digest, Sha256};

fn token(name: &str, role: Role) -> Token {
    Token {
        name: name.to_string(),
        role,
        sha256: crate::text::hex(&Sha256::digest(name)),
    }
}

fn guard(change: impl FnOnce(&mut Server)) -> Guard {
    let mut settings = Server::default();
    change(&mut settings);
    Guard::new(&settings, Path::new(".")).expect("nothing has to be read")
}

/// The caller, or the status that they get.
fn asked(
    guard: &Guard,
    role: Option<Role>,
    headers: &[(&'static str, &str)],
) -> Result<String, u16> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_str(value).expect("a header"));
    }
    let peer = Some(SocketAddr::from(([127, 0, 0, 1], 9)));
    let of_role =
        |route: &&RouteName| route.role == role && (role.is_none() || route.method == "POST");
    let table = crate::serve::route_table();
    let route = table.routes.iter().find(of_role);
    let admitted = guard.admit(route.expect("a route"), &map, peer);
    admitted
        .map(|caller| format!("{} {}", caller.name, caller.role.name()))
        .map_err(|problem| problem.code.status().as_u16())
}

#[test]
fn each_role_reaches_what_the_ones_before_it_do() {
    let guard =
        guard(|server| server.tokens = Role::ALL.map(|role| token(role.name(), role)).to_vec());
    for (at, role) in Role::ALL.into_iter().enumerate() {
        let header = format!("Bearer {}", role.name());
        for (needs, needed) in Role::ALL.into_iter().enumerate() {
            let expected = if at >= needs {
                Ok(format!("{0} {0}", role.name()))
            } else {
                Err(403)
            };
            let admitted = asked(&guard, Some(needed), &[("authorization", &header)]);
            assert_eq!(
                admitted,
                expected,
                "{} asks for {}",
                role.name(),
                needed.name()
            );
        }
    }
    assert_eq!(asked(&guard, Some(Role::Read), &[]), Err(401));
    assert_eq!(asked(&guard, None, &[]), Ok("anonymous read".to_string()));
    for (header, expected) in [
        ("Bearer predict", "predict predict"),
        ("Bearer admin", "admin admin"),
        ("Bearer unknown", "anonymous read"),
        ("Basic cA==", "anonymous read"),
    ] {
        let admitted = asked(&guard, None, &[("authorization", header)]);
        assert_eq!(admitted, Ok(expected.to_string()), "{header}");
    }
}

#[test]
fn without_tokens_everybody_is_admin_but_pages_of_elsewhere() {
    let open = guard(|_| ());
    let insecure = guard(|server| server.insecure = true);
    let admin = || Ok("anonymous admin".to_string());
    let local = ("host", "localhost:8000");
    let named = ("host", "models.example.org");
    let cross = ("sec-fetch-site", "cross-site");
    let (read, change) = (Some(Role::Read), Some(Role::Admin));
    let cases = [
        (&open, change, vec![local], admin()),
        (&open, read, vec![local, cross], admin()),
        (&open, change, vec![local, cross], Err(403)),
        (
            &open,
            change,
            vec![local, ("origin", "http://example.org")],
            Err(403),
        ),
        (&open, read, vec![named], Err(403)),
        (&open, None, vec![named], Err(403)),
        (&insecure, change, vec![named], admin()),
        (&insecure, change, vec![named, cross], Err(403)),
        (
            &insecure,
            change,
            vec![named, ("origin", "https://models.example.org")],
            admin(),
        ),
    ];
    for (at, (guard, role, headers, expected)) in cases.into_iter().enumerate() {
        assert_eq!(asked(guard, role, &headers), expected, "case {at}");
    }
}

#[test]
fn wrong_tokens_are_counted_by_address_and_right_ones_by_name() {
    let guard = guard(|server| {
        server.tokens = vec![token("a", Role::Admin)];
        server.limits.requests_per_second = 1;
    });
    let wrong = || asked(&guard, Some(Role::Read), &[("authorization", "Bearer x")]);
    assert_eq!([wrong(), wrong()], [Err(401), Err(429)]);
    let right = || asked(&guard, Some(Role::Read), &[("authorization", "Bearer a")]);
    assert_eq!([right(), right()], [Ok("a admin".to_string()), Err(429)]);
    assert_eq!(asked(&guard, None, &[]), Ok("anonymous read".to_string()));
}

#[test]
fn only_loopback_may_be_open() {
    let allowed =
        |guard: &Guard, address: &str| guard.allow(address.parse().expect("an address")).is_ok();
    let open = guard(|_| ());
    for address in [
        "127.0.0.1:1",
        "127.8.8.8:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        assert!(allowed(&open, address), "{address}");
    }
    let ways = [
        guard(|server| server.insecure = true),
        guard(|server| server.tokens = vec![token("a", Role::Read)]),
    ];
    for address in [
        "0.0.0.0:1",
        "[::]:1",
        "10.0.0.1:1",
        "[::ffff:10.0.0.1]:1",
        "[fe80::1]:1",
    ] {
        assert!(!allowed(&open, address), "{address}");
        assert!(
            ways.iter().all(|guard| allowed(guard, address)),
            "{address}"
        );
    }
}
