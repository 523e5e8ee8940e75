#!/bin/sh
# Writes version, commit and date of what is being built into a header that is compiled into srun. Written only when something
# has changed, so that nothing is compiled again without need.
set -eu
. "$(dirname "$0")/common.sh"

header="$root/Sources/CWebAssets/generated/build_info.h"
git="git -C $root"

# Text from git goes into a C string.
plain() { printf '%s' "$1" | LC_ALL=C tr -cd 'A-Za-z0-9._+:-' | cut -c 1-100; }

version=$(plain "$($git describe --tags --always --dirty 2>/dev/null || echo unknown)")
commit=$(plain "$($git rev-parse HEAD 2>/dev/null || echo unknown)")
# The date of the commit, so that the same source gives the same binary.
date=$(plain "$(TZ=UTC0 $git log -1 --date=iso-strict-local --format=%cd 2>/dev/null | sed 's/+00:00$/Z/')")

# Every package that is part of the program, with its version: "name version;name version;..." A new clone does not have them yet.
[ -f "$root/Package.resolved" ] || { say "fetching the packages"; swift package --package-path "$root" --ignore-lock resolve; }
parts=$(awk -F'"' '/"identity"/ { name = $4 } /"version" : "/ { if (name != "") printf "%s %s;", name, $4; name = "" }' \
    "$root/Package.resolved" | LC_ALL=C tr -cd 'A-Za-z0-9._+:; -')

mkdir -p "$(dirname "$header")"
new="$header.new"
cat >"$new" <<END
#define SRUN_VERSION "${version#v}"
#define SRUN_COMMIT "$commit"
#define SRUN_DATE "${date:-unknown}"
#define SRUN_PARTS "$parts"
END
if cmp -s "$new" "$header"; then
    rm -f "$new"
else
    # The compiler notices a changed header, but not one that appears where there was none.
    [ -f "$header" ] || touch "$root/Sources/CWebAssets/assets.c"
    mv "$new" "$header"
fi
