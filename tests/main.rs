//! The integration tests: one binary, a module per theme.
//!
//! Each module lists its tests with what they need. A test whose prerequisite is absent fails when `CI=true` and
//! is counted as ignored, by name, elsewhere; the list of those stands after the closing line.

mod bad_input;
mod busybox;
mod cli;
mod clocks;
mod crash;
mod demo;
mod guests;
mod linux;
mod numeric;
mod processes;
mod programs;
mod skipping;
mod streams;
mod support;
mod tidy;
mod view;

use support::need::Suite;

fn main() {
    let mut suite = Suite::from_args();
    tidy::register(&mut suite);
    skipping::register(&mut suite);
    cli::register(&mut suite);
    bad_input::register(&mut suite);
    streams::register(&mut suite);
    guests::register(&mut suite);
    linux::register(&mut suite);
    numeric::register(&mut suite);
    demo::register(&mut suite);
    clocks::register(&mut suite);
    crash::register(&mut suite);
    view::register(&mut suite);
    processes::register(&mut suite);
    programs::register(&mut suite);
    busybox::register(&mut suite);
    suite.run().exit();
}
