#!/bin/sh
# Runs the unit tests under the thread sanitizer: scripts/tsan.sh [FILTER]. Every access of two threads to the same memory that nothing
# orders is reported, whether it does harm this time or not.
#
# In a build of its own, .build-tsan, as every object is another one. tsan-mutex.c tells the sanitizer of the one lock that it does
# not see into.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

build=.build-tsan
reports="$root/$build/reports"
log="$root/$build/test.log"
say "compiling srun and its tests with the thread sanitizer (about 15 minutes the first time)"
swift build --build-tests --sanitize=thread --scratch-path "$build" -q
rm -rf "$reports"
mkdir -p "$reports"
mutex="$root/$build/tsan-mutex.so"
clang -O1 -shared -fPIC -o "$mutex" scripts/tsan-mutex.c

say "running (about 10 minutes)"
status=0
# Few at once: all beside each other would not keep their time limits, so slow does the sanitizer make them.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=3 LD_PRELOAD="$mutex" \
    TSAN_OPTIONS="halt_on_error=0 exitcode=0 history_size=4 log_path=$reports/report" \
    timeout 1800 swift test --skip-build --disable-xctest --sanitize=thread --scratch-path "$build" ${1:+--filter "$1"} \
    >"$log" 2>&1 || status=$?

count=$(cat "$reports"/report.* 2>/dev/null | grep -c '^WARNING: ThreadSanitizer' || true)
if [ "$count" -gt 0 ]; then
    cat "$reports"/report.* | grep '^SUMMARY' | sort | uniq -c | sort -rn | head -40 >&2
    die "$count races; the reports are in $build/reports"
fi
# What is only too slow under the sanitizer is told by the tests without it.
if [ "$status" != 0 ] && { grep 'recorded an issue' "$log" | grep -v 'Time limit was exceeded' >&2 || ! grep -q 'Test run with' "$log"; }; then
    die "no race was reported, but tests failed; see $build/test.log"
fi
say "no race was reported in $(sed -n 's/.*Test run with \([0-9]* tests\).*/\1/p' "$log")"
