//! A way to a server that is cut after this many bytes, and stays cut; or on which no answer comes from then on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// A way to a server.
pub struct Proxy {
    pub port: u16,
    /// Bytes that went to the server.
    passed: Arc<AtomicUsize>,
    is_cut: Arc<AtomicBool>,
    /// Whether answers are held back; none before they were for the first time.
    is_held: Arc<(Mutex<Option<bool>>, Condvar)>,
}

impl Proxy {
    /// A way to a port of this machine that is cut once more than `most` bytes have gone there.
    pub fn to(server: u16, most: usize) -> Proxy {
        Self::begin(server, most, false)
    }

    /// A way to a port of this machine on which nothing comes back once more than `most` bytes have gone there.
    pub fn holding(server: u16, most: usize) -> Proxy {
        Self::begin(server, most, true)
    }

    fn begin(server: u16, most: usize, holds: bool) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Proxy {
            port,
            passed: Arc::default(),
            is_cut: Arc::default(),
            is_held: Arc::default(),
        };
        let (passed, is_cut) = (Arc::clone(&proxy.passed), Arc::clone(&proxy.is_cut));
        let is_held = Arc::clone(&proxy.is_held);
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
                let (held, holding) = (Arc::clone(&is_held), Arc::clone(&is_held));
                let back = (
                    server.try_clone().expect("a socket"),
                    client.try_clone().expect("a socket"),
                );
                thread::spawn(move || {
                    pass(back.0, back.1, |_| {
                        let (is_held, changed) = &*held;
                        let mut is_held = is_held.lock().expect("a flag");
                        while *is_held == Some(true) {
                            is_held = changed.wait(is_held).expect("a flag");
                        }
                        true
                    });
                });
                thread::spawn(move || {
                    let own = port;
                    pass(client, server, |n| {
                        let sum = passed.fetch_add(n, Ordering::SeqCst) + n;
                        if sum <= most {
                            return true;
                        }
                        if holds {
                            holding.0.lock().expect("a flag").get_or_insert(true);
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

    /// Whether answers are held back by now.
    pub fn is_held(&self) -> bool {
        *self.is_held.0.lock().expect("a flag") == Some(true)
    }

    /// Lets answers come again, for good.
    pub fn release(&self) {
        *self.is_held.0.lock().expect("a flag") = Some(false);
        self.is_held.1.notify_all();
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
