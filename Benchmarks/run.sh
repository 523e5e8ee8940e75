#!/bin/sh
# Runs every benchmark against the release build. Each prints ratios against a reference that it measures in the same run.
set -eu
cd "$(dirname "$0")/.."
[ -x .build/release/srun ] || ./build.sh
for benchmark in Benchmarks/*_benchmark.py; do
    echo "== $benchmark"
    PYTHONDONTWRITEBYTECODE=1 scripts/with-postgres.sh python3 "$benchmark" "$@"
done
