#!/bin/sh
# Installs what building and checking the page needs, and nothing that is there already:
#
#   esbuild       bundles TypeScript and CSS         from the system's package manager (apt-get)
#   zopfli, brotli  compress what is served          from the system's package manager
#   deno          type-checks, lints, formats, tests from PyPI, pinned by hash, in <repo>/.build/ui-tools/venv
#   xterm, preact the two libraries in the page      single files out of two PyPI wheels, pinned by hash, in ui/vendor
#
# Nothing is installed for the whole machine except esbuild, zopfli and brotli (and python3-venv where it is missing). Safe to run again.
set -eu

ui=$(cd "$(dirname "$0")/.." && pwd)
tools="$(dirname "$ui")/.build/ui-tools"
venv="$tools/venv"
wheels="$tools/wheels"

say() { printf 'ui setup: %s\n' "$*"; }
die() { printf 'ui setup: %s\n' "$*" >&2; exit 1; }

# Runs a command whose output only matters when it fails; then it is shown above the one sentence that says what broke.
quietly() {
    sentence=$1; shift
    log="$tools/setup.log"
    "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "$sentence"; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    package=$1
    command -v apt-get >/dev/null 2>&1 ||
        die "$package is missing and this system has no apt-get; install $package yourself and run this again"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
        die "$package is missing; as root, run: apt-get install $package"
    say "installing $package with apt-get"
    install_it() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; }
    # The package lists of a fresh machine or image are empty or stale: try, refresh, try once more.
    if ! install_it >"$tools/setup.log" 2>&1; then
        quietly "apt-get update failed, so $package cannot be installed" as_root apt-get update
        quietly "apt-get could not install $package" install_it
    fi
}

mkdir -p "$tools"

command -v esbuild >/dev/null 2>&1 || apt_install esbuild
command -v zopfli >/dev/null 2>&1 || apt_install zopfli
command -v brotli >/dev/null 2>&1 || apt_install brotli

command -v python3 >/dev/null 2>&1 || apt_install python3
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || die "python3 is older than 3.9"

deno_version=$(sed -n 's/^deno==\([0-9.]*\).*/\1/p' "$ui/tools/requirements-tools.txt")
deno_present() { "$venv/bin/deno" --version 2>/dev/null | grep -q "^deno $deno_version "; }
vendor_present() { python3 "$ui/tools/vendor.py" --check >/dev/null 2>&1; }

if ! deno_present || ! vendor_present; then
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        # Debian splits venv and pip off; the module then exists but cannot make an environment.
        python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3-venv
        say "making a Python environment in .build/ui-tools/venv"
        rm -rf "$venv"
        quietly "python3 -m venv failed" python3 -m venv "$venv"
    fi
fi

if ! deno_present; then
    say "downloading deno $deno_version (42 MB)"
    quietly "deno $deno_version could not be installed from PyPI" \
        "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
        -r "$ui/tools/requirements-tools.txt"
    deno_present || die "the installed deno does not run on this machine"
fi

if ! vendor_present; then
    say "downloading xterm.js and Preact"
    # The wheels are opened as archives and never installed, so the running Python need not be one they support.
    quietly "the wheels that carry xterm.js and Preact could not be downloaded from PyPI" \
        "$venv/bin/python" -m pip download --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
        --python-version 3.12 --dest "$wheels" -r "$ui/tools/requirements-vendor.txt"
    python3 "$ui/tools/vendor.py" --from "$wheels" || die "the downloaded libraries are not the expected ones"
    rm -rf "$wheels"
fi

rm -f "$tools/setup.log"
say "ready (esbuild $(esbuild --version), deno $deno_version)"
