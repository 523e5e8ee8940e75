#!/bin/sh
# Builds srun for use: the page, embedded into one binary with the version inside. Leaves .build/release/srun.
# Installs what is missing for that (scripts/install-build-deps.sh), and does nothing twice.
set -eu
cd "$(dirname "$0")"

say() { printf 'build: %s\n' "$*"; }
die() { printf 'build: %s\n' "$*" >&2; exit 1; }

scripts/install-build-deps.sh
scripts/build-ui.sh || die "the page could not be built"
scripts/build-info.sh

say "compiling for release (about 8 minutes on two cores the first time)"
# The Swift runtime goes into the binary, so that it runs where no Swift is installed. Names of functions stay in it for
# backtraces; the far larger tables for debuggers do not.
swift build -c release --product srun --static-swift-stdlib -debug-info-format none ||
    die "the compiler reported the errors above"
say "done: .build/release/srun, $(.build/release/srun version)"
