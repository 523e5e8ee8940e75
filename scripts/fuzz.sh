#!/bin/sh
# Feeds made-up bytes to every parser of what comes from outside, guided by which code they reach (libFuzzer), under the address
# sanitizer, and checks what has to hold whatever the bytes are: scripts/fuzz.sh [SECONDS [TARGET...]]. Two run at once.
#
# The targets are in Tests/Fuzz. They are compiled into one module with the sources they look at, in .build-fuzz, on top of the
# modules of the debug build, which must be there. What was found interesting is kept in .build-fuzz/corpus and gone on from next time;
# an input that breaks something is kept in .build-fuzz/found. With FUZZ_SEED the inputs are the same at every run, as far as the
# time goes; without, they are new ones.
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

seconds=${1:-10}
[ $# = 0 ] || shift
build=.build/debug
out=.build-fuzz
kit=Sources/SrunKit
server=Sources/srun

sources="Tests/Fuzz/*.swift
$kit/Terminal/ByteScan.swift $kit/Terminal/ControlParser.swift $kit/Terminal/Screen[GMPS]*.swift
$kit/Text/*.swift $kit/Logs/LogChunk.swift $kit/Logs/OutputJournal.swift $kit/Logs/LogRing.swift
$kit/Keeper/Fields.swift $kit/Keeper/*Messages.swift $kit/Keeper/SpawnOrder.swift $kit/Keeper/KeeperPresence.swift
$kit/Keeper/KeeperChannel.swift $kit/Keeper/RingMemory.swift $kit/Keeper/SharedRing.swift $kit/Process/Descriptor.swift $kit/Process/ProcessLauncher.swift
$kit/Process/JobConfinement.swift $kit/Process/ProcessExit+WaitStatus.swift $kit/Process/LaunchError+Errno.swift
$kit/Jobs/*.swift $kit/Storage/StoredSpec.swift $kit/Storage/StoreError.swift
$server/CLI/TerminalFilter.swift $server/CLI/TerminalModes.swift
$server/HTTP/JSON/JSONValue.swift $server/HTTP/JSON/StrictJSON.swift $server/HTTP/JobBody.swift $server/HTTP/QueueingBody.swift
$server/HTTP/RequestError.swift $server/HTTP/Authority.swift $server/HTTP/HostRule.swift $server/HTTP/ServerError.swift
$server/HTTP/BaseAddress.swift $server/HTTP/Forwarding.swift $server/HTTP/TrustedProxies.swift $server/HTTP/RequestTarget.swift
$server/HTTP/ByteRange.swift $server/HTTP/ListRequest.swift $server/HTTP/Credentials.swift $server/HTTP/OfferedProtocols.swift
$server/HTTP/SessionCookie.swift $kit/Access/*.swift $server/Access/Base64URL.swift $server/Access/SecretDigest.swift
$server/Access/OpenID/IDToken.swift $server/Access/OpenID/SigningKeys.swift $server/Access/OpenID/OpenIDMetadata.swift
$server/Access/OpenID/OpenIDSettings.swift $server/Access/OpenID/BegunSignIn.swift $server/App/ListenAddress.swift
$server/WebSocket/MessageAssembler.swift $server/WebSocket/WebSocketClose.swift $server/WebSocket/UTF8*.swift"
sources=$(ls $sources)

[ -d "$build/NIOCore.build" ] || die "the debug build is missing: make build"
mkdir -p "$out/found"
# Everything the module is made of; a change of the compiler changes the modules of the build.
wanted=$(cat $sources "$0" "$build/Modules/NIOCore.swiftmodule" | cksum)
if [ "$(cat "$out/built" 2>/dev/null)" != "$wanted" ]; then
    say "compiling the targets"
    # The linker takes out of it what is needed.
    rm -f "$out/libdependencies.a"
    find "$build/" -path '*.build/*' -name '*.o' | grep -v -e '/srun' -e '/SrunKit' -e 'Tests\.build/' -e '-tool\.build/' -e '/Store' |
        tr '\n' '\0' | xargs -0 ar qcT "$out/libdependencies.a"
    ranlib "$out/libdependencies.a"
    maps=
    for map in "$build"/[C_]*.build/module.modulemap .build/checkouts/*/Sources/[C_]*/include/module.modulemap; do
        [ ! -f "$map" ] || maps="$maps -Xcc -fmodule-map-file=$root/$map"
    done
    # In that folder, because the compiler leaves files beside what it makes.
    (cd "$out" && swiftc -parse-as-library -module-name SrunKit -package-name srun -swift-version 6 -O -wmo -num-threads 2 -g -sanitize=fuzzer,address \
        -enable-upcoming-feature ExistentialAny -suppress-warnings -I "$root/$build/Modules" $maps \
        -o fuzz $(printf "$root/%s " $sources) libdependencies.a) >"$out/compile.log" 2>&1 || { tail -n 40 "$out/compile.log" >&2; die "the targets do not compile"; }
    printf '%s\n' "$wanted" >"$out/built"
fi

targets=$(SRUN_FUZZ_SEEDS=$out/seeds "$out/fuzz")
[ $# = 0 ] || targets=$*

# Runs one target; what it says is shown only when it fails.
run() {
    log="$out/$1.log"
    mkdir -p "$out/corpus/$1"
    # The crash handler of Swift would wait for a debugger. Nothing here can leak between two inputs but on purpose.
    if SRUN_FUZZ_TARGET=$1 SWIFT_BACKTRACE=enable=no "$out/fuzz" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -max_len=1024 -timeout=10 \
        -rss_limit_mb=2048 -detect_leaks=0 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$out/found/$1-" \
        "$out/corpus/$1" "$out/seeds/$1" >"$log" 2>&1; then
        say "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
    else
        grep -a -e 'broken promise' -e '^SUMMARY' -e 'Fatal error' -e 'Test unit written' "$log" >&2 || tail -n 20 "$log" >&2
        say "$1: failed; the whole report is in $log" >&2
        return 1
    fi
}

status=0
set -- $targets
while [ $# -gt 0 ]; do
    run "$1" & first=$!
    second=
    if [ $# -gt 1 ]; then run "$2" & second=$!; shift; fi
    shift
    wait "$first" || status=1
    [ -z "$second" ] || wait "$second" || status=1
done
exit "$status"
