//! Threads that keep the machine busy while tests run, for `CORPUS_LOAD`.

use std::sync::Once;

/// Starts as many threads as `CORPUS_LOAD` says, once; none if it says nothing.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    let wanted: usize = std::env::var("CORPUS_LOAD").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    ONCE.call_once(|| {
        for _ in 0..wanted {
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
    });
}
