#!/usr/bin/env python3
"""Checks that links within the documents lead somewhere: to a file that is in the repository, and to a heading that is in it."""

import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)|^\[[^\]]+\]: *(\S+)|(?:href|src)=\"([^\"]+)\"", re.MULTILINE)
OTHER_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:")


def files(*patterns: str) -> set[pathlib.Path]:
    """Also those that are not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    return {root / name for name in names if name and (root / name).exists()}


def anchors(document: pathlib.Path) -> set[str]:
    """The names that headings get where Markdown is shown."""
    found: dict[str, int] = {}
    names = set()
    for title in re.findall(r"^#+ +(.*?) *#*$", FENCE.sub("", document.read_text()), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return names


def problems() -> list[str]:
    known = files()
    folders = {folder for file in known for folder in file.parents}
    result = []
    for document in sorted(files("*.md")):
        text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", document.read_text()))
        for link in (next(filter(None, match)) for match in LINK.findall(text)):
            if OTHER_PLACE.match(link):
                continue
            name, _, anchor = link.partition("#")
            target = (document.parent / name).resolve() if name else document
            if target not in known and target not in folders:
                result.append(f"{document.relative_to(root)}: {link}: there is no such file")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                result.append(f"{document.relative_to(root)}: {link}: there is no such heading")
    return result


found = problems()
for problem in found:
    print(f"check-links: {problem}", file=sys.stderr)
sys.exit(bool(found))
