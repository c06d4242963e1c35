#!/usr/bin/env bash
# Speed and memory, as a table: the same backtest with ten times the sessions and with sessions ten times as long, the stream
# without files, a day of a marathon, and a bare reader of the same log as the baseline beside it. Release build; CPU seconds
# (user and system) and peak memory of the whole process by GNU time, where a row has a peak; of one thread otherwise. At the
# end stands what was aimed at, and whether it was reached.
#
#   ./loadtest/bench.sh [SESSIONS]     1000 sessions of 20 minutes by default
#   ./loadtest/bench.sh kafka [ARGS]   on a real Kafka instead: the engine beside a bare client loop and Kafka Streams, and the
#                                      application itself; --help says more
#   ./loadtest/bench.sh acting [ARGS]  on a real Kafka, what acts: dashboard, executor, history; --help says more
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = kafka ] || [ "${1:-}" = acting ]; then
  bench=$1
  shift
  # The first release build takes long. PROFILE=dev takes the dependencies that tests and demo have built already, whose C and C++ is
  # as fast, and builds what is ours as fast as it gets without them.
  fast=()
  if [ "${PROFILE:-bench}" = dev ]; then
    for package in domain streams topology loadtest engagement-conductor; do
      for option in opt-level=3 codegen-units=1 debug-assertions=false overflow-checks=false; do
        fast+=(--config "profile.dev.package.$package.$option")
      done
    done
  fi
  exec cargo bench --quiet --profile "${PROFILE:-bench}" "${fast[@]}" --workspace --bench "$bench" -- "$@"
fi

sessions=${1:-1000}
tenth=$((sessions / 10 > 0 ? sessions / 10 : 1))
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
  }' | tee -a "$work/table"
}

goals() { # reads the rows by their place: few, long, many, Avro, JSON, tick
  awk -v sessions="$sessions" -v tenth="$tenth" '
    { peak[NR] = $NF; rate[NR] = $(NF - 1); each[NR] = $(NF - 2); cpu[NR] = $(NF - 3) }
    function goal(what, value, reached) { printf "%-66s %10.2f  %s\n", what, value, reached ? "reached" : "NOT reached" }
    END {
      print ""
      goal("events/s, backtest of " sessions " sessions: 200000 or more", rate[4], rate[4] >= 200000)
      goal("events/s, Avro topics in memory: 400000 or more", rate[5], rate[5] >= 400000)
      goal("us, one tick of one session: 10 or less", each[7], each[7] <= 10)
      goal("sessions ten times as long, CPU per event: 1.10 or less", each[3] / each[2], each[3] / each[2] <= 1.10)
      goal("ten times the sessions, CPU per event: 1.10 or less", each[4] / each[2], each[4] / each[2] <= 1.10)
      state = (peak[4] - peak[2]) * 1024 / (sessions - tenth)
      goal("KiB more per session, all in: 64 or less", state, state <= 64)
      cores = cpu[4] / (sessions * 20 * 60) * 10000 * 5
      # Sessions cost more each the more there are: fewer say nothing about that many.
      if (sessions >= 10000) goal("cores for 10000 live sessions at 5x: 1 or less", cores, cores <= 1)
    }' "$work/table"
}

generate() { # name, sessions, minutes; prints how many events there are
  "$loadtest" generate --sessions "$2" --seed 1 --minutes "$3" --out "$work/$1.jsonl" --truth "$work/$1-truth.jsonl" >/dev/null
  wc -l <"$work/$1.jsonl"
}

backtest() { # name, log, events, arguments...
  measure "$1" "$3" "$conductor" backtest --log "$work/$2.jsonl" --out "$work/out-$2" --json "${@:4}"
}

printf '%-44s %11s %8s %9s %12s %9s\n' "what" "events" "CPU s" "us/event" "events/s" "peak MiB"
few=$(generate few "$tenth" 20)
many=$(generate many "$sessions" 20)
long=$(generate long "$tenth" 200)
measure "baseline: read the lines (wc -l)" "$many" wc -l "$work/many.jsonl"
backtest "backtest, $tenth sessions of 20 min" few "$few"
backtest "backtest, $tenth sessions of 200 min" long "$long"
backtest "backtest, $sessions sessions of 20 min" many "$many"
ticks=$(cat "$work/out-many/scores.jsonl" | wc -l)
printf '%-44s %11d\n' "  ticks in it" "$ticks"
cargo bench --quiet --bench stream -- "$work/many.jsonl" | tee -a "$work/table"

"$loadtest" import gdq loadtest/samples/gdq/agdq2018_timeseries.csv \
  --schedule loadtest/samples/gdq/agdq2018_schedule.csv --out "$work/gdq.jsonl" >/dev/null
events=$(wc -l <"$work/gdq.jsonl")
measure "calibrate, a day of a marathon" "$events" "$conductor" calibrate --log "$work/gdq.jsonl" --out "$work/baselines.jsonl"
backtest "backtest, a day of a marathon" gdq "$events" --baselines "$work/baselines.jsonl"
goals
