#!/bin/sh
# Runs the unit tests under the thread sanitizer: scripts/tsan.sh [FILTER]. Every access of two threads to the same memory that nothing
# orders is reported, whether it does harm this time or not.
#
# In a build of its own, .build-tsan, as every object is another one. What is known to be no race is named in tsan-suppressions.txt,
# with the reason.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

build=.build-tsan
reports="$root/$build/reports"
say "compiling srun and its tests with the thread sanitizer"
swift build --build-tests --sanitize=thread --scratch-path "$build" -q
rm -rf "$reports"
mkdir -p "$reports"

status=0
# A test has ten times as long as usual for its timeout of a minute: the sanitizer costs that much.
TSAN_OPTIONS="halt_on_error=0 exitcode=0 history_size=4 log_path=$reports/report suppressions=$root/scripts/tsan-suppressions.txt" \
    timeout 1200 swift test --skip-build --disable-xctest --sanitize=thread --scratch-path "$build" --no-parallel ${1:+--filter "$1"} ||
    status=$?

count=$(cat "$reports"/report.* 2>/dev/null | grep -c '^WARNING: ThreadSanitizer' || true)
if [ "$count" -gt 0 ]; then
    cat "$reports"/report.* | grep -h -A 3 '^SUMMARY' | sort | uniq -c | sort -rn | head -40 >&2
    die "$count reports; they are in $build/reports"
fi
[ "$status" = 0 ] || die "no race was reported, but tests failed"
say "no race was reported"
