#!/bin/sh
# Bundles the page into ui/dist, from where it is compiled into srun. Takes --check like ui/tools/build.sh.
set -eu
. "$(dirname "$0")/common.sh"

page="$root/ui/dist/index.html"
was_there=$([ -f "$page" ] && echo yes || echo no)
"$root/ui/tools/build.sh" "$@"
# The compiler notices a changed page, but not one that appears where there was none.
if [ "$was_there" = no ]; then touch "$root/Sources/CWebAssets/assets.c"; fi
