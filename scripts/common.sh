# Shared by the scripts of this folder; read with `.`, not run.

root=$(cd "$(dirname "$0")/.." && pwd)
script=$(basename "$0" .sh)

say() { printf '%s: %s\n' "$script" "$*"; }

# Ends with one sentence.
die() {
    printf '%s: %s\n' "$script" "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

has_package() {
    [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]
}

# Installs those of the named packages that are missing. What apt-get prints is shown only when it fails.
apt_install() {
    missing=
    for package in "$@"; do has_package "$package" || missing="$missing $package"; done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 ||
        die "missing:$missing; this system has no apt-get, so install what corresponds to them and run this again"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
        die "missing:$missing; as root, run: apt-get install$missing"
    say "installing with apt-get:$missing"
    mkdir -p "$root/.build"
    log="$root/.build/$script.log"
    # The package lists of a fresh machine are empty and those of an old one are stale: try, refresh, try once more.
    if ! apt_get install $missing >"$log" 2>&1; then
        apt_get update >"$log" 2>&1 || apt_failed "the package lists cannot be refreshed (is this machine online?)"
        apt_get install $missing >"$log" 2>&1 || apt_failed "apt-get cannot install$missing (is this machine online?)"
    fi
    for package in $missing; do
        has_package "$package" || apt_failed "apt-get did not install $package"
    done
    rm -f "$log"
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends "$@"
}

apt_failed() {
    tail -n 20 "$log" >&2
    die "$1"
}
