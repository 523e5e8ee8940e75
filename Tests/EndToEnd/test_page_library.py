"""The terminal's library, as the page carries it: with shortened names and without what the page never starts. It must do all that the
published one does."""

import pathlib
import random
import sys

import pytest

UI = pathlib.Path(__file__).resolve().parents[2] / "ui"
sys.path.append(str(UI / "tools"))

from xterm import mended

SMALL = UI / "dist/.xterm.js"
OPTIONS = {"allowProposedApi": True, "cols": 80, "rows": 24, "scrollback": 200, "minimumContrastRatio": 4.5}

# Walks over all that the browser has, and gives every name that it finds.
NAMES_OF_THE_BROWSER = """() => {
  const names = new Set(), seen = new Set();
  const walk = (object, depth) => {
    if (object === null || !["object", "function"].includes(typeof object) || seen.has(object)) return;
    seen.add(object);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      names.add(name);
      if (depth < 5) walk(value, depth + 1);
    }
    walk(Object.getPrototypeOf(object), depth);
  };
  walk(globalThis, 0);
  for (const one of [document, document.body, document.body.style]) for (const name in one) names.add(name);
  return [...names];
}"""

# Does the same to a terminal of a library, and tells all that can be seen of it.
DRIVE = """async ([source, steps, options, isRead]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { Terminal, WebLinksAddon } = await import(url);
  const host = document.createElement("div");
  host.style.cssText = "position:absolute;inset:0;width:900px;height:500px";
  document.body.replaceChildren(host);
  const told = [];
  const terminal = new Terminal({ ...options, linkHandler: { activate: (_, text) => told.push(["link", text]) } });
  terminal.onData((data) => told.push(["data", data]));
  terminal.onScroll((line) => told.push(["scroll", line]));
  terminal.buffer.onBufferChange((buffer) => told.push(["buffer", buffer.type]));
  terminal.loadAddon(new WebLinksAddon((_, address) => told.push(["address", address])));
  terminal.open(host);
  terminal.focus();
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const drawn = () => {
    const shown = terminal.element.cloneNode(true);
    // What a screen reader is told comes by timers of a second.
    shown.querySelector(".xterm-accessibility")?.remove();
    return shown.outerHTML;
  };
  // It draws in frames, and more of them on a machine that is busy.
  const rest = async () => {
    for (let before = null, same = 0; same < 2; before = drawn()) {
      await frame();
      same = drawn() === before ? same + 1 : 0;
    }
  };
  const mouse = (kind, x, y, more) => {
    const target = document.elementFromPoint(x, y) ?? terminal.element;
    const event = { bubbles: true, cancelable: true, clientX: x, clientY: y, ...more };
    target.dispatchEvent(kind === "wheel" ? new WheelEvent(kind, event) : new MouseEvent(kind, event));
  };
  const actions = {
    write: (text) => new Promise((done) => terminal.write(text, done)),
    bytes: (bytes) => new Promise((done) => terminal.write(Uint8Array.from(bytes), done)),
    resize: (cols, rows) => terminal.resize(cols, rows),
    set: (name, value) => terminal.options[name] = value,
    key: (key, keyCode, more) => {
      const event = { key, keyCode, bubbles: true, cancelable: true, ...more };
      terminal.textarea.dispatchEvent(new KeyboardEvent("keydown", event));
      if (key.length === 1) terminal.textarea.dispatchEvent(new KeyboardEvent("keypress", { ...event, charCode: key.charCodeAt(0) }));
      terminal.textarea.dispatchEvent(new KeyboardEvent("keyup", event));
    },
    paste: (text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      terminal.textarea.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    },
    compose: async (text) => {
      const area = terminal.textarea;
      area.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
      area.value = text;
      area.dispatchEvent(new CompositionEvent("compositionupdate", { data: text, bubbles: true }));
      area.dispatchEvent(new CompositionEvent("compositionend", { data: text, bubbles: true }));
      await new Promise((done) => setTimeout(done));
      area.value = "";
    },
    mouse,
    hover: async (x, y) => {
      mouse("mousemove", x, y, {});
      await frame();
      told.push(["cursor", [...terminal.element.classList].sort().join(" ")]);
      mouse("mousedown", x, y, { detail: 1, button: 0, buttons: 1 });
      mouse("mouseup", x, y, { detail: 1, button: 0 });
    },
    select: (column, row, length) => terminal.select(column, row, length),
    unselect: () => terminal.clearSelection(),
    scroll: (kind, amount) => terminal[kind](amount),
    mark: (offset, x, width) => {
      const marker = terminal.registerMarker(offset);
      told.push(["marker", marker?.line]);
      if (marker) terminal.registerDecoration({ marker, x, width, backgroundColor: "#ff0000", foregroundColor: "#00ff00" });
    },
    refuse: () => terminal.parser.registerCsiHandler({ prefix: "?", final: "n" }, () => true),
    ignoreKeys: () => terminal.attachCustomKeyEventHandler((event) => event.key !== "q"),
    clear: () => terminal.clear(),
    reset: () => terminal.reset(),
  };
  const cells = (line) => Array.from({ length: line.length }, (_, x) => {
    const cell = line.getCell(x);
    return [cell.getChars(), cell.getWidth(), cell.isFgPalette(), cell.getFgColor()].join("/");
  }).join(" ");
  const seen = [];
  for (const [action, ...values] of steps) {
    await actions[action](...values);
    const isAwaited = !["write", "bytes", "key", "mouse"].includes(action);
    if (isAwaited) await rest();
    const { active } = terminal.buffer;
    seen.push([
      active.type, active.cursorX, active.cursorY, active.baseY, active.viewportY, active.length, terminal.cols, terminal.rows,
      terminal.getSelectionPosition(), told.splice(0), isAwaited && drawn(),
    ]);
  }
  if (isRead) {
    terminal.options.screenReaderMode = true;
    await new Promise((done) => setTimeout(done, 1500));
  }
  const read = terminal.element.querySelector(".xterm-accessibility")?.outerHTML;
  const buffers = [terminal.buffer.normal, terminal.buffer.active].map((buffer) =>
    Array.from({ length: buffer.length }, (_, y) => [buffer.getLine(y).isWrapped, cells(buffer.getLine(y))]));
  terminal.dispose();
  return { seen, buffers, read, rest: document.body.innerHTML };
}"""

KEYS = [
    *[(letter, ord(letter.upper())) for letter in "aqz05"], ("Enter", 13), ("Escape", 27), ("Tab", 9), ("Backspace", 8),
    ("ArrowUp", 38), ("ArrowDown", 40), ("ArrowLeft", 37), ("ArrowRight", 39), ("Home", 36), ("End", 35), ("PageUp", 33),
    ("PageDown", 34), ("Insert", 45), ("Delete", 46), *[(f"F{n}", 111 + n) for n in range(1, 13)],
]
MODES = [1, 3, 5, 6, 7, 9, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048, 1049, 2004]
WORDS = ["plain ", "wörter ", "漢字かな", "👍🏽", "e\u0301a\u0308", "\u200b", "https://example.org/a?b=1 ", "\t", "\r\n", "\r\n\r\n", "\b", "\x0e", "\x0f"]


def sequences(some: random.Random) -> str:
    """A little of everything a terminal understands, and of what it does not."""
    def numbers() -> str:
        return some.choice([";", ":"]).join(str(some.choice([0, 1, 2, 3, 5, 8, 38, 48, 58, 120, 255, 70_000])) for _ in range(some.randrange(5)))

    return "".join(
        some.choice([
            lambda: some.choice(WORDS) * some.randrange(1, 12),
            lambda: f"\x1b[{some.choice(['', '', '?', '>', '!'])}{numbers()}{some.choice(['', '', ' ', '$', chr(34), chr(39)])}{chr(some.randrange(0x40, 0x7f))}",
            lambda: f"\x1b[{numbers()}m",
            lambda: f"\x1b[{some.randrange(256)};38;5;{some.randrange(256)};48;2;{some.randrange(256)};9;200m",
            lambda: f"\x1b[4:{some.randrange(6)};58:2::255:{some.randrange(256)}:0m",
            lambda: f"\x1b[?{some.choice(MODES)}{some.choice('hl')}",
            lambda: f"\x1b[{some.randrange(1, 30)};{some.randrange(1, 100)}{some.choice('Hfr')}",
            lambda: f"\x1b{some.choice('78DEHMNOZc=>|}~')}",
            lambda: f"\x1b{some.choice('()*+-./')}{some.choice('0AB4C5RQKYEZH7=')}",
            lambda: f"\x1b]{some.choice([0, 1, 2, 4, 8, 10, 11, 12, 52, 104, 110, 777])};{some.choice(['?', 'a;b', ';https://example.org/x', '1;rgb:11/22/33', '#123456'])}{some.choice([chr(7), chr(27) + chr(92)])}",
            lambda: f"\x1bP{numbers()}{some.choice(['$q', '+q', 'q'])}{some.choice(['m', 'r', ' q', 'x'])}\x1b\\",
            lambda: some.choice("\x00\x05\x07\x08\x0b\x0c\x18\x1a\x7f\x84\x85\x8d\x9b"),
        ])()
        for _ in range(60)
    )


def steps(seed: int) -> list[list]:
    some = random.Random(seed)
    result: list[list] = [["ignoreKeys"]]
    for _ in range(12):
        result.append(["write", sequences(some)])
        result.append(["bytes", [*sequences(some).encode(), *some.randbytes(40)]])
        for _ in range(6):
            key, code = some.choice(KEYS)
            held = {name: True for name in ("shiftKey", "ctrlKey", "altKey", "metaKey") if some.random() < 0.25}
            result.append(["key", key, code, held])
        x, y = some.randrange(5, 600), some.randrange(5, 300)
        result.append(some.choice([
            ["resize", some.randrange(2, 120), some.randrange(1, 40)],
            ["set", "convertEol", some.random() < 0.5],
            ["set", "cursorStyle", some.choice(["block", "bar", "underline"])],
            ["set", "scrollback", some.randrange(10, 300)],
            ["set", "minimumContrastRatio", some.choice([1, 4.5, 21])],
            ["set", "fontSize", some.randrange(8, 20)],
            ["set", "theme", {"background": "#ffffff", "foreground": "#101010", "selectionBackground": "#3366cc80"}],
            ["paste", "two\nlines of \x1b[31mtext"],
            ["compose", "かな"],
            ["select", some.randrange(20), some.randrange(20), some.randrange(100)],
            ["unselect"],
            ["mark", -some.randrange(10), some.randrange(10), some.randrange(1, 20)],
            ["refuse"],
            ["clear"],
        ]))
        result.append(some.choice([
            ["scroll", "scrollLines", some.randrange(-9, 9)], ["scroll", "scrollPages", -1], ["scroll", "scrollToTop", 0],
            ["scroll", "scrollToBottom", 0], ["scroll", "scrollToLine", some.randrange(50)],
            ["mouse", "wheel", x, y, {"deltaY": some.choice([-120, 120]), "deltaMode": 0}],
            ["hover", x, y],
        ]))
        for kind in ("mousedown", "mousemove", "mouseup"):
            detail = some.choice([1, 2, 3])
            held = {"shiftKey": some.random() < 0.3, "altKey": some.random() < 0.3}
            result.append(["mouse", kind, x, y, {"button": 0, "buttons": int(kind != "mouseup"), "detail": detail, **held}])
            x, y = x + some.randrange(120), y + some.randrange(60)
    return [*result, ["reset"], ["write", "\x1b[1;31mthe end\x1b[0m https://example.org/end "], ["hover", 90, 12]]


@pytest.fixture
def blank(browser):
    """A page with nothing but the style of the library, in which nothing may go wrong."""
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://library.test/", lambda route: route.fulfill(body="<!DOCTYPE html><body>", content_type="text/html"))
    page.goto("http://library.test/")
    page.add_style_tag(path=UI / "vendor/xterm/xterm.css")
    yield page
    page.close()
    assert errors == []


def test_the_small_library_does_what_the_published_one_does(blank):
    sources = [mended((UI / "vendor/xterm/xterm.js").read_text()), SMALL.read_text()]
    assert len(sources[1]) < 0.75 * len(sources[0])
    answered = drawn = 0
    for seed in range(2):
        # What is held, clicked twice or dragged for half a second depends on how busy the machine is; what is broken is so each time.
        for _ in range(3):
            published, small = (blank.evaluate(DRIVE, [source, steps(seed), OPTIONS, seed == 0]) for source in sources)
            if small == published:
                break
        for step, (expected, seen) in enumerate(zip(published["seen"], small["seen"], strict=True)):
            assert seen == expected, f"seed {seed}, step {step}: {steps(seed)[step]}"
            answered += len(seen[-2])
            drawn += (seen[-1] or "").count("<span")
        assert small == published, f"seed {seed}"
        assert seed > 0 or small["read"].count("listitem") > 1
    # Both were really driven: what keys, the mouse and queries give, and letters in colours.
    assert answered > 200 and drawn > 1_000


def test_reversed_text_has_the_colour_of_the_ground(blank):
    shown = blank.evaluate(DRIVE, [SMALL.read_text(), [["write", "\x1b[7mreversed\x1b[0m"], ["unselect"]], OPTIONS, False])
    assert 'class="xterm-bg-257 xterm-fg-257">reversed<' in shown["seen"][-1][-1]


def test_no_name_of_the_browser_is_shortened(blank):
    known = set(blank.evaluate(NAMES_OF_THE_BROWSER))
    assert len(known) > 5_000 and {"addEventListener", "requestAnimationFrame", "charCodeAt"} <= known
    shortened = set((UI / "tools/xterm-names.txt").read_text().split())
    assert shortened & known == set()
