//! How often one may ask: a bucket per token or address that holds a second's worth and fills evenly.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::problem::{Code, Problem};

/// Most buckets that are kept; further callers share one.
const MOST_BUCKETS: usize = 65_536;
/// What one bucket may hold.
const BURST: Duration = Duration::from_secs(1);

/// Who is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The holder of a token.
    Name(String),
    /// An address without a token; of IPv6 the half that a provider gives to one customer.
    Address(IpAddr),
    /// All callers without a bucket of their own.
    Others,
}

impl Key {
    /// The key of an address.
    pub fn of(address: IpAddr) -> Self {
        Key::Address(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & (u128::MAX << 64);
                IpAddr::V6(network.into())
            }
            v4 => v4,
        })
    }
}

/// Counts requests. With no limit it costs nothing.
pub struct Rate {
    /// Time that one request takes out of a bucket.
    each: Option<Duration>,
    /// When each bucket is full again. One that is full now need not be kept.
    full_at: Mutex<HashMap<Key, Instant>>,
}

impl Rate {
    /// A limit in requests per second; 0 is none.
    pub fn new(per_second: u32) -> Self {
        Rate {
            each: (per_second > 0).then(|| BURST / per_second),
            full_at: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one request out of a bucket.
    ///
    /// # Errors
    /// 429 with the seconds to wait when it is empty.
    pub fn take(&self, key: impl FnOnce() -> Key, now: Instant) -> Result<(), Problem> {
        let Some(each) = self.each else {
            return Ok(());
        };
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = key();
        if full_at.len() >= MOST_BUCKETS && !full_at.contains_key(&key) {
            full_at.retain(|_, at| *at > now);
            if full_at.len() >= MOST_BUCKETS {
                key = Key::Others;
            }
        }
        let at = full_at.entry(key).or_insert(now);
        let next = (*at).max(now) + each;
        let over = next.saturating_duration_since(now + BURST);
        if over.is_zero() {
            *at = next;
            return Ok(());
        }
        let wait = over.as_secs_f64().ceil().max(1.0) as u32;
        Err(Problem::new(
            Code::TooManyRequests,
            "more requests in a second than the server allows; ask again later",
        )
        .retry(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Key {
        Key::Name(name.to_string())
    }

    #[test]
    fn a_bucket_holds_a_seconds_worth_and_fills_evenly() {
        let rate = Rate::new(4);
        let start = Instant::now();
        let ask = |who: &str, ms| {
            let asked = rate.take(|| name(who), start + Duration::from_millis(ms));
            asked.map_err(|problem| problem.retry_after)
        };
        for _ in 0..4 {
            assert_eq!(ask("a", 0), Ok(()));
        }
        assert_eq!(ask("a", 0), Err(Some(1)));
        assert_eq!(ask("b", 0), Ok(()), "another has a bucket of their own");
        assert_eq!(ask("a", 249), Err(Some(1)));
        assert_eq!(ask("a", 250), Ok(()));
        assert_eq!(ask("a", 250), Err(Some(1)));
        // After a long time no more than a second's worth is there.
        let later = (0..9).filter(|_| ask("a", 60_000).is_ok()).count();
        assert_eq!(later, 4);
    }

    #[test]
    fn no_limit_counts_nobody() {
        let rate = Rate::new(0);
        let now = Instant::now();
        assert!((0..1000).all(|_| rate.take(|| name("a"), now).is_ok()));
        assert!(rate.full_at.lock().is_ok_and(|buckets| buckets.is_empty()));
    }

    #[test]
    fn memory_is_bounded_and_idle_ones_are_forgotten() {
        let rate = Rate::new(1);
        let now = Instant::now();
        let count = || rate.full_at.lock().expect("no panic").len();
        for at in 0..MOST_BUCKETS as u32 + 100 {
            let asked = rate.take(|| Key::Address(IpAddr::from(at.to_be_bytes())), now);
            assert_eq!(asked.is_ok(), at <= MOST_BUCKETS as u32, "{at}");
        }
        assert_eq!(count(), MOST_BUCKETS + 1);
        let later = now + Duration::from_secs(2);
        assert!(rate.take(|| name("a"), later).is_ok());
        assert_eq!(count(), 1);
    }

    #[test]
    fn addresses_of_one_customer_are_one() {
        let key = |text: &str| Key::of(text.parse().expect("an address"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_ne!(key("10.0.0.2"), key("10.0.0.1"));
    }
}
