//! Reading the process's meters, and making ratios of what they say.
//!
//! The machine is rarely quiet. So things that are compared take turns within one run, each
//! turn gives a ratio of its own, and what is printed is the median of the ratios: a disturbance
//! spoils one turn, not the comparison.
#![allow(dead_code, unreachable_pub)] // each bench uses its part

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// The processor time this process has used, on all its threads, in the kernel and outside.
pub fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(spent.tv_sec).expect("time goes forward");
    Duration::from_secs(seconds) + Duration::from_nanos(spent.tv_nsec.unsigned_abs())
}

/// What doing something took.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub cpu: f64,
    pub wall: f64,
}

/// Meters something that is done `times` over, in microseconds each.
pub async fn each(times: usize, work: impl Future<Output = ()>) -> Spent {
    let (cpu_before, begun) = (cpu(), Instant::now());
    work.await;
    let (cpu, wall) = (cpu() - cpu_before, begun.elapsed());
    let each = |all: Duration| all.as_secs_f64() * 1e6 / times as f64;
    Spent { cpu: each(cpu), wall: each(wall) }
}

pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which `part` (0 to 1) of them lie.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[(last as f64 * part).round() as usize]
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(&sorted(values.into_iter().collect()), 0.5)
}

/// The median and the quartiles: `1.03 (1.01–1.06)`.
pub fn spread(values: impl IntoIterator<Item = f64>) -> String {
    let values = sorted(values.into_iter().collect());
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| quantile(&values, part));
    format!("{middle:.3} ({low:.3}–{high:.3})")
}

/// Memory of this process in MiB: now, and at most since [`forget_peak`]. Linux only.
pub fn memory() -> (f64, f64) {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let of = |name: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
        let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok());
        kib.expect("a number") / 1024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// Begins a new peak.
pub fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
}

/// A number from the environment, for shorter or longer runs.
pub fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The machine was not asked to be quiet, so say how busy it was.
pub fn say_load() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores; load before this run: {load}");
}
