#!/bin/bash
# Frame times of the window's alert table with 100 rows and with many (100,000 unless told), in one run, under Xvfb:
#   tests/benchmarks/scroll.sh [ALERTS]
# The figures are printed and kept in artifacts/alert-table.json. It never fails for being slow.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MSSP_SCROLL_ALERTS=${1:-100000} MSSP_E2E=1
(cd ui && npm run build >/dev/null)
cargo build -p msspctl -p tests -p mssp-onboard --bins --features mssp-onboard/custom-protocol
xvfb-run -a -s "-screen 0 1280x900x24" dbus-run-session -- \
  cargo nextest run -p tests --no-capture -E 'test(alert_table::a_long_table)'
