#!/bin/sh
# 250,000 alerts of every source with both grants, through rough weather: each must arrive exactly once.
# Usage: tests/benchmarks/storm.sh [COUNT] ; MSSPCTL names the binary, the release build otherwise.
set -eu
cd "$(dirname "$0")/../.."
MSSPCTL=${MSSPCTL:-$PWD/target/release/msspctl}
MSSP_STORM_ALERTS=${1:-250000}
export MSSPCTL MSSP_STORM_ALERTS
exec cargo test -p tests --test flow pull_exactly_once -- --nocapture --test-threads 1
