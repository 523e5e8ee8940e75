#!/usr/bin/env python3
"""Makes xterm.js smaller than it is published, for the bundler:

    xterm.py FILE   writes the library to FILE without the parts that the page never starts, and with one fault mended
    xterm.py        prints the pattern of the names that may be shortened in it

The library is published with the names of its private members whole; they are a quarter of it, and a sixth when compressed.
xterm-names.txt holds those besides `_NAME` that may be shortened: neither the browser nor a JSON nor the page knows them, and they
are never written as text in the library. `xterm.py --candidates NAMES` prints the list for a new version, NAMES being what the browser knows
(Tests/EndToEnd/test_page_terminal_library.py asks it, and compares the small library with the published one).
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

UI = pathlib.Path(__file__).resolve().parents[1]
LIBRARY = UI / "vendor/xterm/xterm.js"
NAMES = UI / "tools/xterm-names.txt"
PRIVATE = "_[a-zA-Z]\\w*"
# What stands in the options of calls to the browser, where no browser lists it.
OPTIONS_OF_THE_BROWSER = {"passive", "preventScroll", "willReadFrequently"}

# Parts that are only started by options which the page does not set: the ruler beside the scroll bar, and what it keeps.
LEFT_OUT = {"5744": "OverviewRulerRenderer", "5871": "ColorZoneStore"}

# Text that is reversed and has no colour of its own is drawn in that of the ground. Where the contrast is seen to, it was taken for
# text in the usual colour on a ground of the same colour, and became grey.
FAULT = ("_applyMinimumContrast(C,X,S.foreground,I,V,G)", "_applyMinimumContrast(C,X,q?S.background:S.foreground,I,V,G)")


def mended(text: str) -> str:
    if text.count(FAULT[0]) != 1:
        sys.exit(f"xterm.py: what is to be mended is not where it was in {LIBRARY}")
    return text.replace(*FAULT)


def without_parts(text: str) -> str:
    """Each part is a member `NUMBER:function(...){...}` of one object, and the next one begins with its own number."""
    for number, name in LEFT_OUT.items():
        found = re.findall(rf"(?<=[{{,]){number}:.*?\}}(?=,\d+:(?:function)?\()", text, re.DOTALL)
        if len(found) != 1 or f"t.{name}=" not in found[0]:
            sys.exit(f"xterm.py: {name} is not where it was in {LIBRARY}")
        text = text.replace(found[0], f"{number}:()=>{{}}")
    return text


def names() -> list[str]:
    return NAMES.read_text().split()


def candidates(known: set[str]) -> list[str]:
    text = LIBRARY.read_text()
    with tempfile.TemporaryDirectory() as folder:
        # Asked to shorten everything, the bundler writes down all members.
        cache = pathlib.Path(folder, "members.json")
        cache.write_text("{}")
        call = ["esbuild", LIBRARY, "--mangle-props=.", f"--mangle-cache={cache}", f"--outfile={folder}/out.js"]
        subprocess.run([*call, "--log-level=warning"], check=True)
        members = set(json.loads(cache.read_text()))
    written = set(re.findall(r"[\"'`]([A-Za-z]\w*)[\"'`]", text))
    of_the_page = set(re.findall(r"[A-Za-z]\w*", (UI / "types/xterm.d.ts").read_text()))
    taken = written | of_the_page | known | OPTIONS_OF_THE_BROWSER
    # Short ones save nothing, and the tables of character sets have them as keys.
    return sorted(name for name in members - taken if len(name) > 4 and not name.startswith("_"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("--candidates", type=pathlib.Path, metavar="NAMES")
    options = parser.parse_args()
    if options.candidates:
        print("\n".join(candidates(set(options.candidates.read_text().split()))))
    elif options.file:
        options.file.write_text(without_parts(mended(LIBRARY.read_text())))
    else:
        print(f"^({PRIVATE}|{'|'.join(names())})$")


if __name__ == "__main__":
    main()
