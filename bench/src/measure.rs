//! Measures one function against its baseline. The two take turns in short rounds, so that whatever else the machine
//! does meets both.

use std::thread;
use std::time::Duration;

use crate::case::{Case, Programs, Side};
use crate::environment::Environment;

/// Cold starts of each side.
const STARTS: usize = 20;
/// Calls before the first that counts.
const WARM_UP: u64 = 300;
/// Rounds of warm calls; a round of one side is followed by one of the other.
const ROUNDS: u64 = 20;
/// Warm calls of a round.
const CALLS: u64 = 300;
/// Execution environments that work at the same time.
pub(crate) const ENVIRONMENTS: [usize; 3] = [1, 8, 32];
/// How long each number of environments works.
const SPELL: Duration = Duration::from_millis(1_500);
/// More calls than can be made in a spell.
const ENDLESS: u64 = u64::MAX;

/// What was measured of one side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// From the start of the process to the first `/next`, sorted.
    pub(crate) ready: Vec<Duration>,
    /// From the start of the process to the first answer, sorted.
    pub(crate) first: Vec<Duration>,
    /// From an event's handing out to its answer, sorted.
    pub(crate) warm: Vec<Duration>,
    /// Processor time of a warm call.
    pub(crate) cpu: Duration,
    /// The most memory that the process held, in bytes.
    pub(crate) memory: u64,
    /// Answers per second, for each number of environments.
    pub(crate) throughput: [f64; 3],
}

/// Both sides of one function.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) baseline: Figures,
    pub(crate) ours: Figures,
}

impl Measured {
    fn side(&mut self, side: Side) -> &mut Figures {
        match side {
            Side::Baseline => &mut self.baseline,
            Side::Ours => &mut self.ours,
        }
    }

    /// Measures everything of a function.
    pub(crate) fn of(case: &Case, programs: &Programs) -> anyhow::Result<Self> {
        let mut measured = Self { name: case.name, baseline: Figures::default(), ours: Figures::default() };
        measured.cold(case, programs)?;
        measured.warm(case, programs)?;
        measured.throughput(case, programs)?;
        for side in Side::BOTH {
            let figures = measured.side(side);
            for times in [&mut figures.ready, &mut figures.first, &mut figures.warm] {
                times.sort_unstable();
            }
        }
        Ok(measured)
    }

    fn cold(&mut self, case: &Case, programs: &Programs) -> anyhow::Result<()> {
        for side in Side::BOTH {
            // Not counted: afterwards the files are in the page cache, and Python has compiled its own.
            Environment::start(case, case.command(side, programs), 1)?.cold()?;
        }
        for _ in 0..STARTS {
            for side in Side::BOTH {
                let (ready, first) = Environment::start(case, case.command(side, programs), 1)?.cold()?;
                let figures = self.side(side);
                figures.ready.push(ready);
                figures.first.push(first);
            }
        }
        Ok(())
    }

    fn warm(&mut self, case: &Case, programs: &Programs) -> anyhow::Result<()> {
        let mut running = Vec::new();
        for side in Side::BOTH {
            let environment = Environment::start(case, case.command(side, programs), 0)?;
            environment.call(WARM_UP)?;
            running.push((side, environment));
        }
        let mut used = [Duration::ZERO; 2];
        for _ in 0..ROUNDS {
            for (used, (side, environment)) in used.iter_mut().zip(&running) {
                let before = environment.usage()?;
                let latencies = environment.call(CALLS)?;
                *used += environment.usage()?.cpu.saturating_sub(before.cpu);
                self.side(*side).warm.extend(latencies);
            }
        }
        for (used, (side, environment)) in used.into_iter().zip(&running) {
            let calls = u32::try_from(ROUNDS * CALLS)?;
            let memory = environment.usage()?.memory;
            let figures = self.side(*side);
            figures.cpu = used / calls;
            figures.memory = memory;
        }
        Ok(())
    }

    fn throughput(&mut self, case: &Case, programs: &Programs) -> anyhow::Result<()> {
        for (place, &number) in ENVIRONMENTS.iter().enumerate() {
            for side in Side::BOTH {
                let start = || Environment::start(case, case.command(side, programs), 0);
                let running = (0..number).map(|_| start()).collect::<anyhow::Result<Vec<_>>>()?;
                for environment in &running {
                    environment.ready()?;
                    environment.call(5)?;
                }
                for environment in &running {
                    environment.begin(ENDLESS);
                }
                thread::sleep(SPELL);
                let mut answers = 0;
                for environment in &running {
                    answers += environment.end()?;
                }
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                let rate = answers as f64 / SPELL.as_secs_f64();
                self.side(side).throughput[place] = rate;
            }
        }
        Ok(())
    }
}
