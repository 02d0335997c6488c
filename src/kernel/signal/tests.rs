//! The queues of signals: what coalesces, what goes first, what is dropped, which thread takes it.

use super::*;
use crate::kernel::tests::Guest;
use crate::kernel::thread::Thread;

fn push(k: &mut Kernel, signo: u32) {
    k.signal_process(signo, info(signo, 0)).unwrap();
}

fn handled(k: &mut Kernel) {
    k.signals.actions.iter_mut().for_each(|action| action.handler = 0x1000);
}

fn order(k: &mut Kernel) -> Vec<u32> {
    std::iter::from_fn(|| k.take_next()).map(|p| p.signo).collect()
}

#[test]
fn standard_signals_do_not_queue_twice_and_blocked_ones_wait() {
    let k = &mut Guest::new().k;
    handled(k);
    for signo in [10, 10, 40, 40] {
        push(k, signo);
    }
    k.set_blocked(bit(10));
    assert_eq!(order(k), [40, 40]);
    assert!(!k.has_deliverable());
    k.set_blocked(0);
    assert_eq!(order(k), [10]);
}

#[test]
fn faults_go_first_and_then_the_lowest_number() {
    let k = &mut Guest::new().k;
    handled(k);
    for signo in [41, 15, 11, 40, 10] {
        push(k, signo);
    }
    k.raise_fault(FaultSignal { signo: 7, code: 1, addr: 0, esr: 0 });
    assert_eq!(order(k), [7, 11, 10, 15, 40, 41]);
}

#[test]
fn an_ignored_signal_is_not_queued_unless_it_is_blocked() {
    let k = &mut Guest::new().k;
    for signo in [17, 18, 23, 28] {
        push(k, signo);
        assert!(!k.has_deliverable(), "{signo}");
    }
    k.set_blocked(bit(28));
    push(k, 28);
    assert_eq!(k.take_from(bit(28)).map(|p| p.signo), Some(28));
}

#[test]
fn real_time_signals_run_out_of_room_and_standard_ones_do_not() {
    let k = &mut Guest::new().k;
    for _ in 0..QUEUE_LIMIT {
        push(k, 64);
    }
    assert_eq!(k.signal_process(64, info(64, 0)), Err(Errno::EAGAIN));
    push(k, 9);
    assert_eq!(k.take_next().map(|p| p.signo), Some(9));
}

#[test]
fn a_signal_of_the_process_is_taken_by_one_thread_that_does_not_block_it() {
    let k = &mut Guest::new().k;
    handled(k);
    k.threads.insert(Thread::new(Tid(2), b"two"));
    k.set_blocked(bit(10));
    push(k, 10);
    assert!(!k.has_deliverable());
    k.threads.current = Tid(2);
    assert_eq!(order(k), [10]);
    // One that the first thread takes is no business of the second.
    push(k, 12);
    assert!(!k.has_deliverable());
    k.threads.current = Tid(1);
    assert_eq!(order(k), [12]);
}
