#!/bin/sh
# Bundles the page into ui/dist, from where it is compiled into the server:
#
#   index.html  app.js  app.css  favicon.svg  licenses.txt  NAME-HASH.js (the parts that are loaded when they are needed)
#   *.gz, *.br  the same, compressed
#   assets.inc  the list of all of them, which the C compiler reads
#
# Does nothing when nothing has changed, gives the same bytes wherever it runs, and touches only files whose bytes differ,
# so that the server is not compiled again without need. With --check it first type-checks, lints, checks the formatting
# and runs the unit tests.
set -eu

ui=$(cd "$(dirname "$0")/.." && pwd)
tools="$(dirname "$ui")/.build/ui-tools"
cd "$ui"

die() { printf 'ui build: %s\n' "$*" >&2; exit 1; }

check=no
case "${1-}" in
    "") ;;
    --check) check=yes ;;
    *) die "unknown option $1 (there is only --check)" ;;
esac

command -v esbuild >/dev/null 2>&1 || die "esbuild is missing; run ui/tools/setup.sh"
command -v brotli >/dev/null 2>&1 || die "brotli is missing; run ui/tools/setup.sh"
command -v zopfli >/dev/null 2>&1 || die "zopfli is missing; run ui/tools/setup.sh"
[ -f vendor/xterm/xterm.js ] && [ -f vendor/preact/hooks.js ] || die "ui/vendor is empty; run ui/tools/setup.sh"

if [ "$check" = yes ]; then
    deno="$tools/venv/bin/deno"
    [ -x "$deno" ] || die "deno is missing; run ui/tools/setup.sh"
    export DENO_DIR="$tools/deno" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1 NO_COLOR=1
    python3 tools/vendor.py --check
    "$deno" fmt --quiet --check
    "$deno" lint --quiet
    "$deno" check --quiet src test
    "$deno" test --quiet --no-check test
fi

# macOS has no sha256sum.
if command -v sha256sum >/dev/null 2>&1; then sum=sha256sum; else sum="shasum -a 256"; fi
# Everything the result depends on, esbuild's version included.
fingerprint=$({
    esbuild --version
    find src vendor THIRD_PARTY index.html favicon.svg tools/build.sh tools/xterm.py tools/xterm-names.txt -type f | LC_ALL=C sort | xargs $sum
} | $sum | cut -c 1-64)
complete() {
    [ -f dist/assets.inc ] || return 1
    sed -n 's/^#embed "\(.*\)"$/\1/p' dist/assets.inc >dist/.names
    while read -r name; do [ -f "dist/$name" ] || return 1; done <dist/.names
}
if complete && [ "$(cat dist/.fingerprint 2>/dev/null)" = "$fingerprint" ]; then exit 0; fi

mkdir -p dist
new=$(mktemp -d dist/.new.XXXXXX)
trap 'rm -rf "$new"' EXIT INT TERM

# The terminal's library first, with its members' names shortened: those of the page stay as they are. At a fixed place, because the
# names of the bundled files depend on it.
python3 tools/xterm.py dist/.xterm-whole.js
esbuild dist/.xterm-whole.js --minify --format=esm --target=es2022 --charset=utf8 --log-level=warning \
    --mangle-props="$(python3 tools/xterm.py)" --outfile=dist/.xterm.js
esbuild app=src/main.tsx --bundle --splitting --minify --format=esm --target=es2022 --charset=utf8 --log-level=warning \
    --jsx=transform --jsx-factory=h --jsx-fragment=Fragment --alias:preact=./vendor/preact/preact.js \
    --alias:xterm=./dist/.xterm.js --chunk-names=[name]-[hash] --outdir="$new"
esbuild src/app.css --bundle --minify --charset=utf8 --log-level=warning --outfile="$new/app.css"
cp favicon.svg "$new/"
# What app.js needs at once is asked for together with it, and not only when it has come and been read.
imports() { sed 's/[;}]/&\n/g' "$@" | sed -n 's/.*\(from\|import\)"\.\/\([^"]*\)".*/\2/p' | LC_ALL=C sort -u; }
needed=$(imports "$new/app.js")
while :; do
    more=$(cd "$new" && { printf '%s\n' $needed; imports $needed; } | LC_ALL=C sort -u)
    if [ "$more" = "$needed" ]; then break; fi
    needed=$more
done
{
    sed '/<script type="module"/,$d' index.html
    for name in $needed; do
        printf '    <link rel="modulepreload" href="__SRUN_BASE__/assets/%s">\n' "$name"
    done
    sed -n '/<script type="module"/,$p' index.html
} >"$new/index.html"
{
    printf 'Software of others in the page of srun.\n'
    for text in THIRD_PARTY/*.txt; do
        printf '\n%s\n\n' "------------------------------------------------------------------------------"
        cat "$text"
    done
} >"$new/licenses.txt"
# It takes the time that gzip -9 saves, and is 4 % smaller; neither a name nor a time is in the header.
# Browsers take brotli, an eighth smaller, wherever nobody can look at it on the way: by HTTPS and on this machine.
for file in "$new"/*.js "$new"/*.css; do
    zopfli --gzip -c "$file" >"$file.gz"
    brotli --quality=11 --stdout "$file" >"$file.br"
done
total() { cat "$@" | wc -c; }
# What is added has to be worth it: whoever raises this says why, and mends docs/performance.md.
budget=128000
whole=$(total "$new"/*.gz)
[ "$whole" -le "$budget" ] || die "the page is $whole bytes gzipped, and may be $budget (see budget in ui/tools/build.sh)"
{
    printf '/* Written by ui/tools/build.sh. */\n'
    number=0
    table=
    for file in "$new"/*; do
        name=${file##*/}
        printf 'static const unsigned char asset_%d[] = {\n#embed "%s"\n};\n' "$number" "$name"
        table="$table {\"$name\", asset_$number, sizeof asset_$number},"
        number=$((number + 1))
    done
    printf '#define SRUN_ASSETS%s\n' "$table"
} >"$new/.assets.inc"
mv "$new/.assets.inc" "$new/assets.inc"

for file in dist/*; do [ -f "$new/${file##*/}" ] || rm -f "$file"; done
for file in "$new"/*; do
    name=${file##*/}
    cmp -s "$file" "dist/$name" || mv "$file" "dist/$name"
done
printf '%s\n' "$fingerprint" >dist/.fingerprint
at_first=$(cd dist && total app.js.gz app.css.gz $(for name in $needed; do echo "$name.gz"; done))
printf 'ui build: %d bytes gzipped, of which %d are loaded at first; %d by brotli\n' \
    "$whole" "$at_first" "$(total dist/*.br)"
