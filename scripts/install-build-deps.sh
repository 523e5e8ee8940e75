#!/bin/sh
# Installs what building srun needs and this machine does not have: headers of SQLite, libpq, LZ4 and zlib, pkg-config, git, and
# through ui/tools/setup.sh what the page needs. Safe to run again. Swift itself must be there.
set -eu
. "$(dirname "$0")/common.sh"

oldest_swift=6.2

command -v swift >/dev/null 2>&1 ||
    die "Swift is not installed; get version $oldest_swift or newer from https://www.swift.org/install"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
[ -n "$version" ] || die "'swift --version' does not tell a version; is this a complete Swift toolchain?"
# The older of the two sorts first.
[ "$(printf '%s\n%s\n' "$oldest_swift" "$version" | sort -V | head -n 1)" = "$oldest_swift" ] ||
    die "srun needs Swift $oldest_swift or newer, and this is $version; see https://www.swift.org/install"

if command -v dpkg-query >/dev/null 2>&1; then
    apt_install git pkg-config libsqlite3-dev libpq-dev liblz4-dev zlib1g-dev python3
else
    for library in sqlite3 libpq liblz4 zlib; do
        pkg-config --exists "$library" 2>/dev/null ||
            die "the headers of $library are missing (asked pkg-config); install them and run this again"
    done
fi

"$root/ui/tools/setup.sh"
say "ready (Swift $version)"
