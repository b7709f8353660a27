//! Every parser on inputs that were changed and then sealed again, so that no checksum stands before it: each is refused by an
//! error, or used, in bounded time and memory and without a panic.
//!
//! `cargo test` runs a few rounds of a fixed seed, `make fuzz` many of another one. A round depends on the seed, the target and
//! its number alone, so what failed is run again by `FUZZ_SEED=.. FUZZ_FIRST=.. FUZZ_ROUNDS=1`.

mod index;
mod memory;
mod model;
mod mutate;
mod skill;
mod sources;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    time::Duration,
};

use mutate::Random;

/// Longest time for one input. None takes a hundredth of it on an idle machine.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Most memory that one input may need beside itself.
const MAX_BYTES: isize = 256 << 20;
/// Failures after which a target ends.
const MAX_FAILURES: usize = 10;

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    Used,
}

impl<T, E> From<Result<T, E>> for Outcome {
    fn from(result: Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Used } else { Outcome::Refused }
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}

/// Runs a parser on inputs that `make` makes. `rounds` are those of a short run; a long one has `FUZZ_ROUNDS` times as many.
fn fuzz(
    target: &'static str,
    rounds: u64,
    make: impl Fn(&mut Random) -> Vec<u8> + Send + 'static,
    run: impl Fn(&[u8]) -> Outcome + Send + 'static,
) {
    fuzz_any(target, rounds, make, move |input| run(input));
}

/// [`fuzz`] with inputs of any kind.
fn fuzz_any<T: 'static>(
    target: &'static str,
    rounds: u64,
    make: impl Fn(&mut Random) -> T + Send + 'static,
    run: impl Fn(&T) -> Outcome + Send + 'static,
) {
    let (seed, first) = (number("FUZZ_SEED", 1), number("FUZZ_FIRST", 0));
    let rounds = if first > 0 { number("FUZZ_ROUNDS", 1) } else { rounds * number("FUZZ_ROUNDS", 1) };
    let (send, receive) = mpsc::channel();
    // A stack that overflows ends the process, which then names the thread.
    let worker = move || {
        for round in first..first + rounds {
            let input = make(&mut Random::new(seed, target, round));
            let (outcome, peak) = memory::peak_of(|| catch_unwind(AssertUnwindSafe(|| run(&input))));
            if send.send((round, outcome, peak)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name(format!("fuzz {target}")).spawn(worker).unwrap();

    let (mut n_refused, mut failures) = (0, Vec::new());
    for round in first..first + rounds {
        match receive.recv_timeout(MAX_TIME) {
            Ok((_, Ok(outcome), peak)) if peak <= MAX_BYTES => n_refused += u64::from(outcome == Outcome::Refused),
            Ok((_, Ok(_), peak)) => failures.push(format!("round {round} took {} MiB", peak >> 20)),
            Ok((_, Err(_), _)) => failures.push(format!("round {round} panicked")),
            Err(_) => failures.push(format!("round {round} did not end in {} s", MAX_TIME.as_secs())),
        }
        if failures.len() >= MAX_FAILURES || failures.last().is_some_and(|failure| failure.contains("did not end")) {
            break;
        }
    }
    println!("fuzz {target}: {rounds} inputs from seed {seed}, {n_refused} refused, {} failures", failures.len());
    assert!(failures.is_empty(), "{target}, seed {seed}: {}", failures.join("; "));
    // A target that refuses everything, or nothing, does not try what it should.
    assert!(first > 0 || (n_refused > 0 && n_refused < rounds), "{n_refused} of {rounds} refused");
}
