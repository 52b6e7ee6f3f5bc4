use std::collections::HashSet;
use std::future::{pending, ready};
use std::sync::atomic::AtomicBool;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(5);

/// Where a test writes what happened, and when in virtual time.
type Diary = Arc<Mutex<Vec<(u32, Duration)>>>;

fn sleeper(env: &Env, diary: &Diary, start: Instant, name: u32, naps: Vec<Duration>) {
    let (env, diary) = (env.clone(), diary.clone());
    drop(env.clone().spawn(async move {
        for nap in naps {
            env.sleep(nap).await;
            diary.lock().unwrap().push((name, env.now() - start));
        }
    }));
}

#[tokio::test]
async fn env_timeout_answers_elapsed() {
    let env = Env::real();
    assert_eq!(env.timeout(TICK, pending::<()>()).await, Err(Elapsed));
    assert_eq!(env.timeout_at(env.now() + TICK, pending::<()>()).await, Err(Elapsed));
    let error: Error = Elapsed.into();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Timeout, "the deadline passed"));
}

#[tokio::test]
async fn env_timeout_asks_the_inner_first() {
    let env = Env::real();
    assert_eq!(env.timeout(Duration::ZERO, ready(1)).await, Ok(1));
    assert_eq!(env.timeout_at(env.now() - TICK, ready(2)).await, Ok(2));
}

#[tokio::test]
async fn env_timeout_counts_from_the_call() {
    let world = Virtual::new(0);
    let env = world.env();
    let timeout = env.timeout(SECOND, pending::<()>());
    world.advance(SECOND).await;
    let mut timeout = std::pin::pin!(timeout);
    let answer = std::future::poll_fn(|cx| Poll::Ready(timeout.as_mut().poll(cx))).await;
    assert_eq!(answer, Poll::Ready(Err(Elapsed)));
}

#[tokio::test]
async fn env_timeout_drops_the_inner_with_it() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Flag(dropped.clone());
    let inner = async move {
        let _flag = flag;
        pending::<()>().await;
    };
    assert_eq!(Env::real().timeout(TICK, inner).await, Err(Elapsed));
    assert!(dropped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn env_timeout_makes_no_timer_for_what_is_ready() {
    let world = Virtual::new(0);
    let env = world.env();
    let mut timeout = std::pin::pin!(env.timeout(SECOND, tokio::task::yield_now()));
    assert!(timeout.timer.is_none());
    assert_eq!(env.timeout(SECOND, ready(1)).await, Ok(1));
    assert_eq!(world.next_sleeper(), None);
    std::future::poll_fn(|cx| {
        assert!(timeout.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(world.next_sleeper(), Some(env.now() + SECOND));
    assert_eq!(timeout.await, Ok(()));
    assert_eq!(world.next_sleeper(), Some(env.now() + SECOND), "the pinned timer lives as long as the timeout");
}

#[tokio::test]
async fn env_timeout_fires_although_the_inner_uses_up_its_budget() {
    let greedy = async {
        loop {
            coop::consume_budget().await;
        }
    };
    let env = Env::real();
    let (sender, receiver) = std::sync::mpsc::channel();
    drop(env.spawn({
        let env = env.clone();
        async move { sender.send(env.timeout(TICK, greedy).await) }
    }));
    for _ in 0..200 {
        env.sleep(TICK).await;
        if let Ok(answer) = receiver.try_recv() {
            assert_eq!(answer, Err::<(), _>(Elapsed));
            return;
        }
    }
    panic!("a second later it still runs");
}

#[tokio::test]
async fn env_endless_durations_neither_overflow_nor_fire() {
    let world = Virtual::new(0);
    let env = world.env();
    let mut sleep = std::pin::pin!(env.sleep(Duration::MAX));
    assert_eq!(env.timeout(Duration::MAX, ready(1)).await, Ok(1));
    std::future::poll_fn(|cx| {
        assert!(sleep.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(world.next_sleeper(), None);
}

#[tokio::test]
async fn env_real_time_passes_at_least_as_long_as_asked() {
    let env = Env::real();
    let before = env.now();
    env.sleep(TICK).await;
    assert!(env.now() >= before + TICK);
    assert!(env.wall_clock() > SystemTime::UNIX_EPOCH + Duration::from_secs(Virtual::EPOCH));
}

#[test]
fn env_real_randomness_is_spread_and_differs_between_environments() {
    let (one, other) = (Env::real(), Env::real());
    let drawn: HashSet<u64> = (0..10_000).flat_map(|_| [one.random_u64(), other.random_u64()]).collect();
    assert_eq!(drawn.len(), 20_000);
    for bit in 0..64 {
        let ones = drawn.iter().filter(|n| *n >> bit & 1 == 1).count();
        assert!((9_500..10_500).contains(&ones), "bit {bit} is set {ones} times in 20,000");
    }
    let wide = one.random_u128();
    assert_ne!(wide as u64, (wide >> 64) as u64);
}

/// The published sequence of the algorithm for seed 1234567.
#[test]
fn env_virtual_randomness_is_splitmix64() {
    let env = Virtual::new(1_234_567).env();
    assert_eq!(env.random_u64(), 6_457_827_717_110_365_317);
    assert_eq!(env.random_u64(), 3_203_168_211_198_807_973);
}

#[tokio::test]
async fn env_virtual_time_stands_still() {
    let world = Virtual::new(0);
    let env = world.env();
    let (now, wall) = (env.now(), env.wall_clock());
    assert_eq!(wall, SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800));
    Env::real().sleep(TICK).await;
    assert_eq!((env.now(), env.wall_clock()), (now, wall));
    world.advance(SECOND).await;
    assert_eq!((env.now(), env.wall_clock()), (now + SECOND, wall + SECOND));
}

#[tokio::test]
async fn env_virtual_sleepers_wake_in_order_of_their_instants() {
    let world = Virtual::new(0);
    let (env, diary) = (world.env(), Diary::default());
    let start = env.now();
    for (name, nap) in [(1, 3), (2, 1), (3, 2), (4, 1), (5, 9)] {
        sleeper(&env, &diary, start, name, vec![SECOND * nap]);
    }
    world.advance(SECOND * 3).await;
    let expect = [(2, SECOND), (4, SECOND), (3, SECOND * 2), (1, SECOND * 3)];
    assert_eq!(*diary.lock().unwrap(), expect);
    assert_eq!(world.next_sleeper(), Some(start + SECOND * 9));
}

#[tokio::test]
async fn env_virtual_time_waits_for_those_who_sleep_again() {
    let world = Virtual::new(0);
    let (env, diary) = (world.env(), Diary::default());
    let start = env.now();
    sleeper(&env, &diary, start, 1, vec![SECOND; 4]);
    sleeper(&env, &diary, start, 2, vec![SECOND * 2; 2]);
    world.advance(SECOND * 3).await;
    // At 2 s it is the second that lay down first.
    let expect = [(1, SECOND), (2, SECOND * 2), (1, SECOND * 2), (1, SECOND * 3)];
    assert_eq!(*diary.lock().unwrap(), expect);
    assert_eq!(env.now(), start + SECOND * 3);
}

#[tokio::test]
async fn env_virtual_sleepers_that_are_dropped_are_forgotten() {
    let world = Virtual::new(0);
    let env = world.env();
    assert_eq!(env.timeout(SECOND, tokio::task::yield_now()).await, Ok(()));
    assert_eq!(world.next_sleeper(), None);
    let task = env.spawn(env.sleep(SECOND));
    world.advance(TICK).await;
    assert!(world.next_sleeper().is_some());
    task.abort();
    assert_eq!(task.await, Err(TaskError::Cancelled));
    assert_eq!(world.next_sleeper(), None);
}

#[tokio::test]
async fn env_virtual_time_passes_a_task_that_never_rests() {
    let world = Virtual::new(0);
    let env = world.env();
    let task = env.spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let start = env.now();
    world.advance(SECOND).await;
    assert_eq!(env.now(), start + SECOND);
    task.abort();
    assert_eq!(task.await, Err::<(), _>(TaskError::Cancelled));
}

#[tokio::test]
async fn env_task_answers_its_result() {
    let mut task = Env::real().spawn(async { 7 });
    while !task.is_finished() {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert_eq!((&mut task).await, Ok(7), "aborting what has finished changes nothing");
    assert!(task.is_finished());
}

#[tokio::test]
async fn env_task_panic_is_its_own() {
    let env = Env::real();
    let owned = env.spawn(async { panic!("no {}", "luck") }).await;
    let Err(error @ TaskError::Panicked(_)) = owned else { panic!("{owned:?}") };
    assert_eq!(error.to_string(), "the task panicked: no luck");
    let error: Error = error.into();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Internal, "internal error"));
    let fixed: Result<(), _> = env.spawn(async { panic!("plain") }).await;
    assert_eq!(fixed, Err(TaskError::Panicked(Panicked { message: "plain".into() })));
    let odd: Result<(), _> = env.spawn(async { std::panic::panic_any(7) }).await;
    assert_eq!(odd, Err(TaskError::Panicked(Panicked { message: "no text".into() })));
}

#[tokio::test]
async fn env_task_aborted_has_dropped_what_it_held() {
    let held = Arc::new(());
    let task = Env::real().spawn({
        let held = held.clone();
        async move {
            pending::<()>().await;
            drop(held);
        }
    });
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    task.abort();
    let error = task.await.unwrap_err();
    assert_eq!(error, TaskError::Cancelled);
    assert_eq!(Error::from(error).kind(), Kind::Cancelled);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test]
async fn env_task_dropped_runs_on() {
    let (sender, receiver) = oneshot::channel();
    drop(Env::real().spawn(async move {
        tokio::task::yield_now().await;
        let _ = sender.send(1);
    }));
    assert_eq!(receiver.await, Ok(1));
}
