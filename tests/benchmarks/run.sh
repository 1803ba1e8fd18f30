#!/bin/sh
# Builds what is measured, measures it, and writes the page of results beside this script.
# Usage: tests/benchmarks/run.sh [OPTION OF pull.py]... ; MSSP_PYTHON names a Python with msal and requests, which is
# made under target/ otherwise.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p msspctl
cargo build -p tests --bins
python=${MSSP_PYTHON:-$PWD/target/python/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv target/python
    target/python/bin/pip install --quiet --requirement tests/python/requirements.txt
fi
exec python3 tests/benchmarks/pull.py --python "$python" --page tests/benchmarks/RESULTS.md "$@"
