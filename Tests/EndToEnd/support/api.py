"""The HTTP API as a program sees it, on the standard library, and its WebSockets."""

import contextlib
import http.client
import json
import urllib.parse
from collections.abc import Iterator

import websockets.sync.client


class API:
    def __init__(self, url: str, token: str | None):
        self.url = url
        self.token = token
        self.host = urllib.parse.urlsplit(url).netloc

    @property
    def headers(self) -> dict[str, str]:
        # Without a token a request must show that no foreign page has made a browser send it.
        return {"Authorization": f"Bearer {self.token}"} if self.token else {"X-Srun-CSRF": "1"}

    def open(self, method: str, path: str, body=None, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """Sends a request; the caller reads the answer. The connection closes with it."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        fields = {**self.headers, "Connection": "close", **(headers or {})}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        connection.request(method, path, data, fields)
        return connection.getresponse()

    def request(self, method: str, path: str, body=None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        with self.open(method, path, body, headers) as answer:
            return answer.status, answer.read()

    def value(self, method: str, path: str, body=None, status: int = 200):
        got, data = self.request(method, path, body)
        assert got == status, f"{method} {path}: {got} {data[:500]!r}"
        return json.loads(data)

    def submit(self, command: str | None = None, **spec) -> dict:
        if command is not None:
            spec["command"] = command
        return self.value("POST", "/api/jobs", spec, status=201)

    def job(self, job: str) -> dict:
        return self.value("GET", f"/api/jobs/{job}")

    def jobs(self, query: str = "") -> list[dict]:
        return self.value("GET", f"/api/jobs{query}")

    def stop(self, job: str) -> dict:
        return self.value("POST", f"/api/jobs/{job}/stop")

    def output(self, job: str) -> bytes:
        """All bytes stored so far."""
        status, data = self.request("GET", f"/api/jobs/{job}/logs")
        assert status == 200
        return data

    def follow(self, job: str, start: int = 0) -> http.client.HTTPResponse:
        answer = self.open("GET", f"/api/jobs/{job}/logs?follow=1&from={start}")
        assert answer.status == 200
        return answer

    def wait(self, job: str) -> tuple[dict, bytes]:
        """The job once it has ended, with all of its output."""
        with self.follow(job) as answer:
            output = answer.read()
        return self.job(job), output

    def run(self, command: str | None = None, **spec) -> tuple[dict, bytes]:
        return self.wait(self.submit(command, **spec)["id"])

    def wait_for_output(self, job: str, text: bytes) -> bytes:
        """Reads until the job has printed the text."""
        seen = b""
        with self.follow(job) as answer:
            while text not in seen:
                part = answer.read1(65536)
                assert part, f"the job ended before it printed {text!r}; it printed {seen[-200:]!r}"
                seen += part
        return seen

    @contextlib.contextmanager
    def socket(self, path: str, subprotocol: str | None = None, **options):
        with websockets.sync.client.connect(
            f"ws://{self.host}{path}",
            additional_headers=self.headers,
            subprotocols=[subprotocol] if subprotocol else None,
            compression=None,
            max_size=None,
            proxy=None,
            **options,
        ) as socket:
            yield socket

    @contextlib.contextmanager
    def events(self) -> Iterator:
        """Changes of jobs, from now on."""
        with self.socket("/api/events") as socket:
            assert json.loads(socket.recv(timeout=30)) == {"type": "hello"}
            yield (json.loads(message) for message in socket)


def wait_for_status(events: Iterator, job: str, *statuses: str) -> dict:
    """The job as the first event has it that gives it one of the statuses."""
    for event in events:
        if event["type"] == "job" and event["job"]["id"] == job and event["job"]["status"] in statuses:
            return event["job"]
    raise AssertionError("the events ended")
