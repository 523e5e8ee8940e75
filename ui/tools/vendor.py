#!/usr/bin/env python3
"""Puts the page's two libraries, xterm.js and Preact, into ui/vendor.

They are published on npm; here they are read out of Python wheels that carry them, because pip can pin what it
downloads by hash on any machine. Only the files below are taken, and each must have the hash written here, so where the
bytes came from does not matter.

    vendor.py --from FOLDER   takes them out of the wheels in FOLDER
    vendor.py --check         exits 0 if ui/vendor is complete and unchanged
"""

import argparse
import hashlib
import json
import pathlib
import sys
import zipfile
from typing import NamedTuple, Optional

VENDOR = pathlib.Path(__file__).resolve().parent.parent / "vendor"


class Piece(NamedTuple):
    target: str  # below ui/vendor
    wheel: str  # file name pattern
    member: str  # file in the wheel
    source: Optional[str]  # when the member is a source map: the end of the name of the source in it
    sha256: str


REACTPY_MAP = "reactpy/static/index-bz53xswt.js.map"

PIECES = [
    # xterm.js 5.5.0 with addon-fit 0.10.0 and addon-web-links 0.11.0, as one ES module
    Piece(
        "xterm/xterm.js",
        "nicegui-*.whl",
        "nicegui/elements/xterm/dist/index.js",
        None,
        "bcb6ed5ea46551ea2181ba6a5d648280862272b051ac2c55b8d90c676c6e28a8",
    ),
    Piece(
        "xterm/xterm.css",
        "nicegui-*.whl",
        "nicegui/elements/xterm/dist/xterm.css",
        None,
        "ba8e6985669488981ccf40c0cefe3aba80722cb6c92de7ad628b0bd717faf2b6",
    ),
    # Preact 10, the modules as published, kept in a source map
    Piece(
        "preact/preact.js",
        "reactpy-*.whl",
        REACTPY_MAP,
        "preact/dist/preact.module.js",
        "a9f9b70a175bccb2fba78feafe3b5ecd8ba0f9654d8cd96edf3ba5c3da450e69",
    ),
    Piece(
        "preact/hooks.js",
        "reactpy-*.whl",
        REACTPY_MAP,
        "preact/hooks/dist/hooks.module.js",
        "9295b344df14b5395a612fed63350619d029e91cc2e80e9a2a5f920e38b88972",
    ),
]


def read(piece: Piece, folder: pathlib.Path) -> bytes:
    wheels = sorted(folder.glob(piece.wheel))
    if not wheels:
        sys.exit(f"vendor.py: no {piece.wheel} in {folder}")
    with zipfile.ZipFile(wheels[-1]) as archive:
        data = archive.read(piece.member)
    if piece.source is None:
        return data
    source_map = json.loads(data)
    for name, text in zip(source_map["sources"], source_map["sourcesContent"]):
        if name.endswith(piece.source):
            return text.encode()
    sys.exit(f"vendor.py: {piece.source} is not in {piece.member}")


def is_expected(piece: Piece, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == piece.sha256


def complete() -> bool:
    return all(
        (VENDOR / piece.target).is_file() and is_expected(piece, (VENDOR / piece.target).read_bytes())
        for piece in PIECES
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--from", dest="folder", type=pathlib.Path)
    options = parser.parse_args()

    if options.check:
        sys.exit(0 if complete() else "vendor.py: ui/vendor is incomplete; run ui/tools/setup.sh")
    for piece in PIECES:
        data = read(piece, options.folder)
        if not is_expected(piece, data):
            sys.exit(f"vendor.py: {piece.member} has changed: its hash is not the one written for {piece.target}")
        target = VENDOR / piece.target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
