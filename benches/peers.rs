//! x for now
fn main() {}
