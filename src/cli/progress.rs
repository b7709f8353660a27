//! Progress on a terminal; silence elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar or a spinner on standard error.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar of `n` steps.
    pub fn bar(what: &'static str, n: usize) -> Progress {
        let style =
            ProgressStyle::with_template("{msg:10} {bar:32} {pos}/{len} {per_sec} {eta}").expect("a valid template");
        Progress(ProgressBar::new(n as u64).with_style(style).with_message(what))
    }

    /// A bar of so many bytes.
    pub fn bytes(what: &'static str, n_bytes: u64) -> Progress {
        let style = ProgressStyle::with_template("{msg:10} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
            .expect("a valid template");
        Progress(ProgressBar::new(n_bytes).with_style(style).with_message(what))
    }

    /// A spinner, for work whose length is not known.
    pub fn spinner(what: &'static str) -> Progress {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    /// Some steps are done.
    pub fn add(&self, n: usize) {
        self.0.inc(n as u64);
    }

    /// All is done.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}
