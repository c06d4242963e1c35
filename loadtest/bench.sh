#!/usr/bin/env bash
# Speed and memory, as a table: the same backtest at two sizes (CPU per event must not grow), one session's week, and a bare
# reader of the same log as the baseline beside it. Release build; user CPU seconds and peak memory by GNU time.
#
#   ./loadtest/bench.sh [SESSIONS]     1000 sessions of 20 minutes by default
set -euo pipefail
cd "$(dirname "$0")/.."

sessions=${1:-1000}
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v /usr/bin/time >/dev/null || { echo "error: GNU time is missing; apt-get install time" >&2; exit 2; }
cargo build --quiet --release --workspace --bins
conductor=$target/release/conductor
loadtest=$target/release/loadtest

measure() { # name, events, command...
  local name=$1 events=$2
  shift 2
  /usr/bin/time -f '%U %S %M' -o "$work/time" "$@" >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
  read -r user system peak <"$work/time"
  awk -v name="$name" -v events="$events" -v user="$user" -v kernel="$system" -v peak="$peak" 'BEGIN {
    cpu = user + kernel
    printf "%-44s %11d %8.2f %9.2f %12d %9.1f\n", name, events, cpu, cpu * 1e6 / events, events / cpu, peak / 1024
  }'
}

generate() { # sessions
  "$loadtest" generate --sessions "$1" --seed 1 --minutes 20 --out "$work/log-$1.jsonl" --truth "$work/truth-$1.jsonl" >/dev/null
  wc -l <"$work/log-$1.jsonl"
}

printf '%-44s %11s %8s %9s %12s %9s\n' "what" "events" "CPU s" "us/event" "events/s" "peak MiB"
tenth=$((sessions / 10 > 0 ? sessions / 10 : 1))
small=$(generate "$tenth")
large=$(generate "$sessions")
measure "baseline: read the lines (wc -l)" "$large" wc -l "$work/log-$sessions.jsonl"
measure "backtest, $tenth sessions" "$small" "$conductor" backtest --log "$work/log-$tenth.jsonl" --out "$work/small" --json
measure "backtest, $sessions sessions" "$large" "$conductor" backtest --log "$work/log-$sessions.jsonl" --out "$work/large" --json
ticks=$(cat "$work/large/scores.jsonl" | wc -l)
printf '%-44s %11d\n' "  ticks in it" "$ticks"

"$loadtest" import gdq loadtest/samples/gdq/agdq2018_timeseries.csv \
  --schedule loadtest/samples/gdq/agdq2018_schedule.csv --out "$work/gdq.jsonl" >/dev/null
events=$(wc -l <"$work/gdq.jsonl")
measure "calibrate, a day of a marathon" "$events" "$conductor" calibrate --log "$work/gdq.jsonl" --out "$work/baselines.jsonl"
measure "backtest, a day of a marathon" "$events" "$conductor" backtest --log "$work/gdq.jsonl" --out "$work/gdq" --baselines "$work/baselines.jsonl" --json
