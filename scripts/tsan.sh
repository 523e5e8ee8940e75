#!/bin/sh
# Runs the unit tests under the thread sanitizer: scripts/tsan.sh [FILTER]. Every access of two threads to the same memory that nothing
# orders is reported, whether it does harm this time or not.
#
# In a build of its own, .build-tsan, as every object is another one. What is known to be no race is named in tsan-suppressions.txt,
# with the reason; tsan-mutex.c tells the sanitizer of the one lock it does not see into.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

build=.build-tsan
reports="$root/$build/reports"
say "compiling srun and its tests with the thread sanitizer, then running them"
swift build --build-tests --sanitize=thread --scratch-path "$build" -q
rm -rf "$reports"
mkdir -p "$reports"

mutex="$root/$build/tsan-mutex.so"
clang -O1 -shared -fPIC -o "$mutex" scripts/tsan-mutex.c

status=0
# Few at once: all beside each other would not keep their time limits, so slow does the sanitizer make them.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=3 LD_PRELOAD="$mutex" TSAN_OPTIONS="halt_on_error=0 exitcode=0 history_size=4 log_path=$reports/report suppressions=$root/scripts/tsan-suppressions.txt" \
    timeout 1800 swift test --skip-build --disable-xctest --sanitize=thread --scratch-path "$build" ${1:+--filter "$1"} ||
    status=$?

count=$(cat "$reports"/report.* 2>/dev/null | grep -c '^WARNING: ThreadSanitizer' || true)
if [ "$count" -gt 0 ]; then
    cat "$reports"/report.* | grep -h -A 3 '^SUMMARY' | sort | uniq -c | sort -rn | head -40 >&2
    die "$count reports; they are in $build/reports"
fi
[ "$status" = 0 ] || die "no race was reported, but tests failed"
say "no race was reported"
