"""A real Chromium, driven over its debugging pipe: no port, no driver, no library."""

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 60.0
CONTROL, ANSWERS = 3, 4  # the descriptors that Chromium reads commands from and writes answers to


def chromium() -> str | None:
    """The installed Chromium or Chrome, if any."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


@dataclass
class Page:
    """An open page with everything it complained of and everything it asked for."""

    browser: "Browser"
    session: str
    target: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page. Raises AssertionError where it throws."""
        answer = self.browser.call("Runtime.evaluate", self.session, expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """The visible text of the first element that fits."""
        return str(self.value(f"document.querySelector({json.dumps(selector)}).innerText")).strip()

    def click(self, selector: str) -> None:
        """Click the middle of an element, as a mouse does."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{element}.scrollIntoView({{block: 'center'}})")
        middle = "({x, y, width, height}) => [x + width / 2, y + height / 2]"
        box = self.value(f"({middle})({element}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.browser.call(
                "Input.dispatchMouseEvent", self.session, type=kind, x=box[0], y=box[1], button="left", clickCount=1
            )

    def size(self, width: int, height: int, is_phone: bool = False) -> None:
        """Show the page on a screen of so many pixels."""
        told = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}
        self.browser.call("Emulation.setDeviceMetricsOverride", self.session, **told)
        self.browser.call("Emulation.setScrollbarsHidden", self.session, hidden=True)

    def media(self, name: str) -> None:
        """Lay the page out for `screen` or `print`."""
        self.browser.call("Emulation.setEmulatedMedia", self.session, media=name)

    def press(self, key: str, code: int) -> None:
        """Press and let go a key; `code` as Windows numbers it."""
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", self.session, type=kind, key=key, windowsVirtualKeyCode=code)

    def picture(self, scale: float = 1.0, height: int | None = None) -> bytes:
        """What is seen of the page as a PNG; of the upper `height` pixels of the whole page where that is told."""
        width, seen = self.value("[document.documentElement.clientWidth, document.documentElement.clientHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height or seen, "scale": scale}
        answer = self.browser.call(
            "Page.captureScreenshot", self.session, format="png", clip=clip, captureBeyondViewport=True
        )
        return base64.b64decode(answer["data"])

    def close(self) -> None:
        self.browser.call("Target.closeTarget", targetId=self.target)


class Browser:
    """One Chromium process for a session of tests; `open` gives a fresh page."""

    def __init__(self, program: str, profile: Path) -> None:
        self._program = program
        self._profile = profile
        self._buffer = b""
        self._number = 0
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> "Browser":
        read_control, self._control = os.pipe()
        self._answers, write_answers = os.pipe()
        join = f'exec "$0" "$@" {CONTROL}<&{read_control} {ANSWERS}>&{write_answers}'
        self._process = subprocess.Popen(
            ["bash", "-c", join, self._program, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            pass_fds=(read_control, write_answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_control)
        os.close(write_answers)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._control)
        os.close(self._answers)
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command and its answer."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._control, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda told: told.get("id") == number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, url: str) -> Page:
        """A page in a tab of its own, loaded to the end."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, target)
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable", session)
        message = {"id": 0, "method": "Page.navigate", "params": {"url": url}, "sessionId": session}
        os.write(self._control, json.dumps(message).encode() + b"\0")
        self._until(lambda told: told.get("method") == "Page.loadEventFired" and told["sessionId"] == session)
        return page

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message = self._next()
            self._note(message)
            if wanted(message):
                return message

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE)
            assert ready, f"chromium said nothing for {PATIENCE:.0f} seconds"
            chunk = os.read(self._answers, 1 << 16)
            assert chunk, "chromium has ended"
            self._buffer += chunk
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        page = self._pages.get(message.get("sessionId", ""))
        if page is None:
            return
        told = message.get("params", {})
        if message.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            page.complaints.append(json.dumps(told, ensure_ascii=False))
        elif message.get("method") == "Network.requestWillBeSent":
            page.requests.append(told["request"]["url"])
