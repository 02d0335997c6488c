#!/usr/bin/env bash
# What `make demo` does once the release binary is built: records the demo guest, which prints its summary and
# findings, shows what else the trace tells, replays it, and opens the viewer when somebody looks.
#
#   scripts/demo.sh [TRACE]        default target/demo.etrace
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
bin=$target/release/elfuse-trace
trace=${1:-$target/demo.etrace}

heading() { printf '\n== %s\n' "$*"; }

heading "elfuse-trace demo -o $trace"
"$bin" demo -o "$trace"
heading "elfuse-trace info $trace"
"$bin" info "$trace"
heading "elfuse-trace dump -e trace=clock_gettime,openat $trace"
"$bin" dump -e trace=clock_gettime,openat "$trace"
heading "elfuse-trace replay --digest $trace"
"$bin" replay --digest "$trace"
if [[ -t 0 && -t 1 ]]; then
  exec "$bin" view "$trace"
fi
printf '\nOn a terminal this would now open: elfuse-trace view %s\n' "$trace"
