#!/bin/sh
# 250,000 alerts of every source with both grants, through rough weather: each must arrive exactly once.
# Usage: tests/benchmarks/storm.sh [COUNT] ; MSSPCTL names the binary, the release build otherwise.
set -eu
cd "$(dirname "$0")/../.."
exec python3 tests/benchmarks/storm.py --msspctl "${MSSPCTL:-target/release/msspctl}" --alerts "${1:-250000}"
