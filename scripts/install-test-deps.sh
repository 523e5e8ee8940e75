#!/bin/sh
# Installs what the tests need beyond the build, and nothing that is there already: a browser, fonts for its screenshots, PostgreSQL and
# PgBouncer, the programs that tests run as jobs, and a Python environment in .build/test-venv with what
# Tests/EndToEnd/requirements.txt pins.
set -eu
. "$(dirname "$0")/common.sh"

requirements="$root/Tests/EndToEnd/requirements.txt"
venv="$root/.build/test-venv"

has_chromium() { command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

if command -v dpkg-query >/dev/null 2>&1; then
    apt_install bubblewrap curl htop iproute2 less openssl procps python3-venv sqlite3 strace systemd vim fonts-dejavu-core fonts-droid-fallback postgresql pgbouncer
    # Ubuntu's package of this name only fetches a snap, which needs a running snapd; there Playwright's own browser serves.
    if ! has_chromium && ! grep -q '^ID=ubuntu' /etc/os-release; then apt_install chromium; fi
else
    command -v python3 >/dev/null 2>&1 || die "python3 is missing"
fi

# Unpacked, not installed: an installed one would begin to serve. The program is in either package.
has_nginx() { [ -x "$root/.build/nginx/usr/sbin/nginx" ] || command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; }
unpack_nginx() {
    mkdir -p "$root/.build/nginx"
    cd "$root/.build/nginx"
    for package in nginx nginx-core; do
        apt-get -q download "$package" >"$log" 2>&1 || return 1
        dpkg -x "$package"_*.deb . && rm "$package"_*.deb
        [ ! -x usr/sbin/nginx ] || return 0
    done
    return 1
}
if ! has_nginx && command -v dpkg >/dev/null 2>&1; then
    say "unpacking nginx into .build/nginx"
    log="$root/.build/$script.log"
    (unpack_nginx) || { apt_get update >"$log" 2>&1 && (unpack_nginx); } || { tail -n 20 "$log" >&2; die "nginx cannot be had"; }
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die "the tests need Python 3.10 or newer"

stamp="$venv/installed"
wanted=$(cksum <"$requirements")
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "making a Python environment in .build/test-venv"
    rm -rf "$venv"
    mkdir -p "$root/.build"
    log="$root/.build/$script.log"
    python3 -m venv "$venv" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "python3 -m venv failed"; }
    say "installing the packages of Tests/EndToEnd/requirements.txt from PyPI (about 60 MB)"
    "$venv/bin/pip" install --disable-pip-version-check --only-binary :all: -r "$requirements" >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; die "the Python packages of the tests cannot be installed (is this machine online?)"; }
    rm -f "$log"
    printf '%s\n' "$wanted" >"$stamp"
fi

if ! has_chromium; then
    say "installing Playwright's Chromium"
    "$venv/bin/playwright" install --with-deps chromium || die "there is no Chromium for the browser tests, and none can be got"
fi
if [ "${1:-}" = soak ]; then
    if command -v dpkg-query >/dev/null 2>&1; then apt_install slowhttptest user-mode-linux; fi
    soak="$root/.build/soak-venv"
    wanted=$(cksum <"$root/Tests/EndToEnd/requirements-soak.txt")
    if [ "$(cat "$soak/installed" 2>/dev/null)" != "$wanted" ]; then
        say "installing the packages of Tests/EndToEnd/requirements-soak.txt from PyPI"
        rm -rf "$soak"
        python3 -m venv "$soak"
        "$soak/bin/pip" install --quiet --disable-pip-version-check -r "$root/Tests/EndToEnd/requirements-soak.txt" ||
            die "the Python packages of the long tests cannot be installed"
        printf '%s\n' "$wanted" >"$soak/installed"
    fi
fi
say "ready"
