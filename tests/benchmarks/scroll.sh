#!/bin/bash
# Frame times of the window's alert table with 100 rows and with many (100,000 unless told), in one run, under Xvfb, with
# release builds of the app and of the practice tenant:
#   tests/benchmarks/scroll.sh [ALERTS]
# The figures are printed and kept in artifacts/alert-table.json. It never fails for being slow.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MSSP_SCROLL_ALERTS=${1:-100000} MSSP_E2E=1
export MSSP_APP=$PWD/target/release/mssp-onboard MSSPCTL=$PWD/target/release/msspctl
(cd ui && npm run build >/dev/null)
cargo build --release -p msspctl -p mssp-onboard --bins --features mssp-onboard/custom-protocol
cargo build -p tests --bins
xvfb-run -a -s "-screen 0 1280x900x24" dbus-run-session -- \
  cargo nextest run --profile figures -p tests --no-capture -E 'test(alert_table::a_long_table)'
