#!/usr/bin/env python3
"""Fails when docs/promises.md names a test that is not there, or leaves a number of the catalogue out: a table of proofs must not rot.

A name stands in backticks in the column "test": `test_file.py`, `test_file.py::test_name`, `SuiteTests`, `SuiteTests.testName`,
`make target`, or the path of a script.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "promises.md"
CATALOGUE = {"C": 51, "F": 35, "B": 60}


def rows(text: str):
    """The rows of all tables, by the names of their columns."""
    header = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if header is None:
            header = cells
        elif not set(line) <= set("|- "):
            yield number, dict(zip(header, cells))


class Tests:
    def __init__(self) -> None:
        self.python = {path.name: path.read_text() for path in (ROOT / "Tests" / "EndToEnd").glob("test_*.py")}
        self.files = {path.name for path in (ROOT / "Tests").rglob("*.swift")}
        self.swift: dict[str, str] = {}
        for path in (ROOT / "Tests").rglob("*.swift"):
            source = path.read_text()
            for name in re.findall(r"\b(?:struct|class|enum|extension) (\w+)", source):
                self.swift[name] = self.swift.get(name, "") + source
        self.targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    def have(self, name: str) -> bool:
        if name.startswith("make "):
            return name.removeprefix("make ") in self.targets
        if name.startswith(("scripts/", "Tests/")):
            return (ROOT / name).exists()
        if match := re.fullmatch(r"(test_\w+\.py)(?:::(\w+))?", name):
            source = self.python.get(match[1])
            return source is not None and (match[2] is None or re.search(rf"\bdef {match[2]}\(", source) is not None)
        if match := re.fullmatch(r"([A-Z]\w+)(?:\.(\w+))?", name):
            if match[2] == "swift":
                return name in self.files
            source = self.swift.get(match[1])
            return source is not None and (match[2] is None or re.search(rf"\b(?:func|let|var) {match[2]}\b", source) is not None)
        return False


def main() -> int:
    tests = Tests()
    wrong: list[str] = []
    numbers: set[str] = set()
    for line, row in rows(PAGE.read_text()):
        names = re.findall(r"`([^`]+)`", row.get("test", ""))
        is_heading = not any(list(row.values())[1:])
        if "test" in row and not names and not is_heading:
            wrong.append(f"{line}: names no test")
        wrong += [f"{line}: there is no {name}" for name in names if not tests.have(name)]
        if number := row.get("number"):
            if number in numbers:
                wrong.append(f"{line}: {number} is there twice")
            numbers.add(number)
    for letter, last in CATALOGUE.items():
        wrong += [f"{letter}{index} is missing" for index in range(1, last + 1) if f"{letter}{index}" not in numbers]
    for text in wrong:
        print(f"{PAGE.relative_to(ROOT)}:{text}", file=sys.stderr)
    if not wrong:
        print(f"check-promises: {len(numbers)} numbers, and every test that is named is there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
