//! The `elfuse-trace` command: parse, dispatch, exit code.

fn main() {}
