#!/bin/sh
# Runs the tests from outside, three at a time. A few that fail are run once more alone, and named: a test that fails only beside
# others on a small machine does not hide what the others say, and is a bug to look into all the same.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

pytest="$root/.build/test-venv/bin/python -m pytest"
# As many failures point at srun, not at a crowded machine.
too_many=6
failed="$root/.build/e2e-failed"

case ${1:-} in
soak)
    shift
    exec $pytest Tests/EndToEnd -m soak "$@"
    ;;
part)
    shift
    exec $pytest Tests/EndToEnd "$@"
    ;;
esac

status=0
rm -f "$failed"
SRUN_FAILED_TESTS="$failed" $pytest Tests/EndToEnd -n 3 --dist loadgroup || status=$?
[ "$status" = 1 ] && [ -s "$failed" ] || exit "$status"
sort -u -o "$failed" "$failed"
count=$(wc -l <"$failed")
[ "$count" -lt "$too_many" ] || exit "$status"
say "$count failed beside others; once more, alone:"
sed 's/^/    /' "$failed"
# A name may hold spaces.
tr '\n' '\0' <"$failed" | xargs -0 $pytest
say "passed alone; they fail beside others, which is a bug of srun or of the test"
