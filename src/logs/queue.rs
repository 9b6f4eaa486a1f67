//! A bounded queue from requests to a thread that writes. When it is full the sender is told so at once; it never waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long items gather before a thread that rests takes them.
const GATHER: Duration = Duration::from_millis(2);

/// The end that requests hold.
pub struct Queue<T> {
    sender: SyncSender<Message<T>>,
    is_ending: Arc<AtomicBool>,
    /// Hangs up when the thread has ended.
    ended: Mutex<Receiver<()>>,
}

enum Message<T> {
    Item(T),
    /// Wakes a thread that waits, so that it sees that the end is near.
    End,
}

/// The end that the thread holds.
pub struct Inbox<T> {
    receiver: Receiver<Message<T>>,
    is_ending: Arc<AtomicBool>,
    _alive: mpsc::Sender<()>,
}

/// What waiting brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Something to write.
    Item(T),
    /// The time is over; nothing came.
    Due,
    /// Nothing will come any more.
    End,
}

impl<T: Send + 'static> Queue<T> {
    /// Starts a thread that works on what is offered; at most `most` items wait.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        name: &str,
        most: usize,
        work: impl FnOnce(Inbox<T>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(most);
        let (alive, ended) = channel();
        let is_ending = Arc::new(AtomicBool::new(false));
        let inbox = Inbox {
            receiver,
            is_ending: is_ending.clone(),
            _alive: alive,
        };
        let thread = std::thread::Builder::new().name(name.to_string());
        thread.spawn(move || work(inbox))?;
        Ok(Queue {
            sender,
            is_ending,
            ended: Mutex::new(ended),
        })
    }

    /// Hands an item over; false when it had to be dropped.
    pub fn offer(&self, item: T) -> bool {
        self.sender.try_send(Message::Item(item)).is_ok()
    }

    /// Lets the thread finish what waits, for at most `time`; tells whether it did.
    pub fn close(&self, time: Duration) -> bool {
        self.is_ending.store(true, Ordering::SeqCst);
        // A queue too full for this has a thread that is awake and sees the flag once it is empty.
        let _ = self.sender.try_send(Message::End);
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(
            ended.recv_timeout(time),
            Err(RecvTimeoutError::Disconnected)
        )
    }
}

impl<T> Inbox<T> {
    /// What is there now.
    pub fn at_hand(&self) -> Option<T> {
        loop {
            match self.receiver.try_recv().ok()? {
                Message::Item(item) => return Some(item),
                Message::End => {}
            }
        }
    }

    /// Rests for a moment, so that items gather. A thread that waits for each is woken by each request, which costs requests more
    /// than most of the work that is done here.
    pub fn rest(&self) {
        if !self.is_ending.load(Ordering::SeqCst) {
            std::thread::park_timeout(GATHER);
        }
    }

    /// Waits for the next item, at most until an instant.
    pub fn next(&self, until: Option<Instant>) -> Next<T> {
        loop {
            match self.receiver.try_recv() {
                Ok(Message::Item(item)) => return Next::Item(item),
                Ok(Message::End) => continue,
                Err(TryRecvError::Disconnected) => return Next::End,
                Err(TryRecvError::Empty) if self.is_ending.load(Ordering::SeqCst) => {
                    return Next::End;
                }
                Err(TryRecvError::Empty) => {}
            }
            let message = match until {
                None => self.receiver.recv().map_err(|_| Next::End),
                Some(until) => {
                    let time = until.saturating_duration_since(Instant::now());
                    let message = self.receiver.recv_timeout(time);
                    message.map_err(|error| match error {
                        RecvTimeoutError::Timeout => Next::Due,
                        RecvTimeoutError::Disconnected => Next::End,
                    })
                }
            };
            match message {
                Ok(Message::Item(item)) => return Next::Item(item),
                Ok(Message::End) => {}
                Err(next) => return next,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn everything_that_was_taken_is_worked_on_before_the_end() {
        let (done, seen) = channel();
        let queue = Queue::start("test", 100, move |inbox: Inbox<u32>| {
            while let Next::Item(item) = inbox.next(None) {
                done.send(item).expect("the test listens");
            }
        })
        .expect("a thread");
        assert!((0..100).all(|item| queue.offer(item)));
        assert!(queue.close(LONG));
        assert_eq!(
            seen.iter().collect::<Vec<_>>(),
            (0..100).collect::<Vec<_>>()
        );
        assert!(!queue.offer(100), "nobody reads any more");
    }

    #[test]
    fn a_full_queue_drops_and_ends_all_the_same() {
        let (go, wait) = channel::<()>();
        let (done, seen) = channel();
        let queue = Queue::start("test", 2, move |inbox: Inbox<u32>| {
            let _ = wait.recv();
            while let Next::Item(item) = inbox.next(None) {
                done.send(item).expect("the test listens");
            }
        })
        .expect("a thread");
        let taken: Vec<bool> = (0..4).map(|item| queue.offer(item)).collect();
        assert_eq!(taken, [true, true, false, false]);
        assert!(!queue.close(Duration::ZERO), "it has not begun");
        go.send(()).expect("the thread waits");
        assert!(queue.close(LONG));
        assert_eq!(seen.iter().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn waiting_ends_when_it_is_due() {
        let (done, seen) = channel();
        let queue = Queue::start("test", 1, move |inbox: Inbox<u32>| {
            let next = inbox.next(Some(Instant::now()));
            done.send(next).expect("the test listens");
        })
        .expect("a thread");
        assert_eq!(seen.recv_timeout(LONG), Ok(Next::Due));
        assert!(queue.close(LONG));
    }
}
