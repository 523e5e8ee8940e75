#!/bin/sh
# Runs Autobahn's fuzzing client against srun's own handling of WebSockets, with an echo behind it, and fails when one of its cases
# does. The suite is written for Python 2.7; where there is none, it says so and fails.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

python=python2.7
# pyenv has it and does not say so unless asked.
"$python" -c "" 2>/dev/null || export PYENV_VERSION=2.7.18
"$python" -c "" 2>/dev/null || die "Autobahn's test suite needs Python 2.7, which is not here"
suite="$root/.build/autobahn"
if [ ! -d "$suite/autobahntestsuite" ]; then
    say "installing autobahntestsuite from PyPI into .build/autobahn"
    "$python" -m pip install --quiet --disable-pip-version-check --target "$suite" autobahntestsuite==25.10.1 ||
        die "the suite cannot be installed"
fi

folder=$(mktemp -d)
port_file="$folder/port"
SRUN_WEBSOCKET_ECHO="$port_file" swift test --ignore-lock --skip-build --disable-xctest --filter WebSocketEcho >"$folder/echo.log" 2>&1 &
echo_pid=$!
# The echo ends when its file is gone: also when a signal ends this script.
trap 'rm -rf "$folder"; wait "$echo_pid" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
tries=0
while [ ! -s "$port_file" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { tail -n 20 "$folder/echo.log" >&2; die "the echo did not begin"; }
    sleep 0.2
done

cat >"$folder/spec.json" <<EOF
{"outdir": "$folder/reports", "servers": [{"agent": "srun", "url": "ws://127.0.0.1:$(cat "$port_file")"}],
 "cases": ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"], "exclude-cases": [], "exclude-agent-cases": {}}
EOF
cd "$folder"
"$python" - "$suite" "$folder/spec.json" <<'EOF'
import site, sys
suite, spec = sys.argv[1:3]
site.addsitedir(suite)
sys.path.insert(0, suite)
sys.argv = ["wstest", "-m", "fuzzingclient", "-s", spec]
from autobahntestsuite import wstest
wstest.run()
EOF
python3 - "$folder/reports/index.json" <<'EOF'
import collections, json, sys
cases = json.load(open(sys.argv[1]))["srun"]
kinds = collections.Counter(case["behavior"] for case in cases.values())
print("autobahn:", ", ".join("%s %d" % item for item in sorted(kinds.items())), "of", len(cases))
bad = [name for name, case in cases.items() if case["behavior"] not in ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED")
       or case["behaviorClose"] not in ("OK", "INFORMATIONAL")]
if bad or len(cases) < 240:
    sys.exit("autobahn: failed: " + ", ".join(sorted(bad)))
EOF
