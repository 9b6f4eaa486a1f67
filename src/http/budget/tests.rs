//! What is counted is let go again, and every bound holds.

use super::*;

fn limits() -> Limits {
    Limits {
        cells: 10,
        columns: 4,
        ..Limits::default()
    }
}

fn code(result: Result<(), Problem>) -> Option<Code> {
    result.err().map(|problem| problem.code)
}

#[test]
fn bytes_are_counted_until_they_are_dropped() {
    let budget = Budget::new(100);
    let (mut first, mut second) = (budget.nothing(), budget.nothing());
    assert_eq!(code(first.grow(60)), None);
    assert_eq!(code(second.grow(40)), None);
    assert_eq!(code(second.grow(1)), Some(Code::Unavailable));
    assert_eq!(code(second.grow(61)), Some(Code::TooLarge));
    assert_eq!(code(second.grow(usize::MAX)), Some(Code::TooLarge));
    assert_eq!(budget.used(), 100);
    drop(first);
    let mut third = second.split();
    assert_eq!(code(third.grow(60)), None);
    second.join(third);
    assert_eq!((budget.used(), budget.reached(Reason::Bytes)), (100, 3));
    drop(second);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_large_answer_is_counted_until_its_last_copy_is_sent() {
    let budget = Budget::new(40 << 10);
    let sent = Arc::new(());
    let large = Bytes::from(vec![7; 30 << 10]);
    let waiting = budget.answer(large.clone(), || sent.clone()).expect("room");
    assert_eq!(waiting, large);
    let rest = waiting.slice(10..);
    assert!(budget.answer(large.clone(), || ()).is_err(), "no room");
    drop(waiting);
    assert_eq!((budget.used(), Arc::strong_count(&sent)), (30 << 10, 2));
    drop(rest);
    assert_eq!((budget.used(), Arc::strong_count(&sent)), (0, 1));
    let small = Bytes::from(vec![7; 10]);
    let _small = budget.answer(small, || ()).expect("room");
    assert_eq!(budget.used(), 0);
}

#[test]
fn work_ends_when_its_caller_leaves_or_its_time_is_over() {
    let budget = Budget::new(100);
    let mut held = budget.nothing();
    held.grow(10).expect("room");
    let work = Work::begin(&limits(), held, None);
    for (what, bytes) in [(For::Rows, 20), (For::Answer, 5), (For::Rows, 10)] {
        assert_eq!(code(work.hold(what, bytes)), None);
    }
    assert_eq!(budget.used(), 35);
    let on_a_thread = work.clone();
    let caller = work.caller();
    assert_eq!(code(work.look()), None);
    drop(caller);
    assert_eq!(code(on_a_thread.look()), Some(Code::Unavailable));
    drop(work);
    assert_eq!(budget.used(), 35, "somebody is still at it");
    drop(on_a_thread);
    assert_eq!(budget.used(), 0);
    let none = Limits {
        answer_seconds: 0.0,
        ..limits()
    };
    let late = Work::begin(&none, budget.nothing(), None);
    assert_eq!(code(late.look()), Some(Code::Unavailable));
    assert_eq!(budget.reached(Reason::Time), 1);
}

#[test]
fn processor_time_counts_where_it_is_asked_for() {
    let budget = Budget::new(100);
    let none = Limits {
        cpu_seconds: 0.0,
        ..limits()
    };
    let work = Work::begin(&none, budget.nothing(), None);
    assert_eq!(code(work.look()), None);
    let seen = work.counted(|| {
        let spent = (0..1_000_000_u64).fold(0, |sum: u64, at| sum.wrapping_mul(31) ^ at);
        (std::hint::black_box(spent), code(work.look())).1
    });
    assert_eq!(seen, Some(Code::TooLarge));
    assert!(budget.cpu() > Duration::ZERO);
    assert_eq!(budget.reached(Reason::Cpu), 1);
}

#[test]
fn cells_and_columns_have_bounds_and_a_model_s_own_columns_none() {
    let work = Work::begin(&limits(), Budget::new(0).nothing(), None);
    assert_eq!(code(work.cells(10)), None);
    assert_eq!(code(work.cells(11)), Some(Code::TooLarge));
    assert_eq!(code(work.columns(4, 1)), None);
    assert_eq!(code(work.columns(5, 1)), Some(Code::TooLarge));
    assert_eq!(code(work.columns(5, 5)), None);
    assert_eq!(code(work.columns(6, 5)), Some(Code::TooLarge));
}
