//! A way to a server that is cut after this many bytes, and stays cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// A way to a server.
pub struct Proxy {
    pub port: u16,
    /// Bytes that went to the server.
    passed: Arc<AtomicUsize>,
    is_cut: Arc<AtomicBool>,
}

impl Proxy {
    /// A way to a port of this machine that is cut once more than `most` bytes have gone there.
    pub fn to(server: u16, most: usize) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Proxy {
            port,
            passed: Arc::default(),
            is_cut: Arc::default(),
        };
        let (passed, is_cut) = (Arc::clone(&proxy.passed), Arc::clone(&proxy.is_cut));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if is_cut.load(Ordering::SeqCst) {
                    // The listener goes with this thread: nobody listens any more.
                    return;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    return;
                };
                let (passed, is_cut) = (Arc::clone(&passed), Arc::clone(&is_cut));
                let back = (
                    server.try_clone().expect("a socket"),
                    client.try_clone().expect("a socket"),
                );
                thread::spawn(move || pass(back.0, back.1, |_| true));
                thread::spawn(move || {
                    let own = port;
                    pass(client, server, |n| {
                        let sum = passed.fetch_add(n, Ordering::SeqCst) + n;
                        if sum <= most {
                            return true;
                        }
                        is_cut.store(true, Ordering::SeqCst);
                        // Wakes the listener, so that it goes.
                        let _ = TcpStream::connect(("127.0.0.1", own));
                        false
                    });
                });
            }
        });
        proxy
    }

    /// Bytes that went to the server so far.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }
}

/// Passes bytes on as long as it may; then both ends are closed.
fn pass(mut from: TcpStream, mut to: TcpStream, mut may: impl FnMut(usize) -> bool) {
    let mut block = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut block) {
        if !may(n) || to.write_all(&block[..n]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
