//! Concurrent calls for a fixed time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// One way to make a call.
pub(crate) trait Way: Send + Sync {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The calls per second, with a number of calls in flight.
pub(crate) async fn rate(way: &Arc<dyn Way>, in_flight: usize, turn: Duration) -> f64 {
    let done = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let until = started + turn;
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (way, done) = (Arc::clone(way), Arc::clone(&done));
            tokio::spawn(async move {
                while Instant::now() < until {
                    way.call().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no call fails");
    }
    done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}
