"""A small OpenID Connect issuer for tests: it asks nobody, and says of whoever comes what the test wants it to."""

import base64
import hashlib
import html
import http.server
import json
import pathlib
import secrets
import subprocess
import threading
import time
import urllib.parse


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    CLIENT, SECRET = "srun-test", "s3cret & more: +"

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.keys: list[tuple[str, pathlib.Path, str]] = []
        self.codes: dict[str, dict] = {}
        self.requests: list[str] = []
        self.reset()
        self.new_key()
        self.server: http.server.ThreadingHTTPServer | None = None
        self.port = 0

    def reset(self) -> None:
        """Says of everybody that it is Ann, and has seen nothing wrong."""
        self.claims: dict = {"sub": "ann-1", "preferred_username": "ann"}
        self.algorithm = "RS256"
        # What the client did that it must not have done.
        self.problems: list[str] = []
        # Replaces an answer: by its path, a status and a body.
        self.answers: dict[str, tuple[int, bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Issuer":
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.get(self)

            def do_POST(self):
                issuer.post(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def new_key(self) -> None:
        """The keys before are still shown, and used no more."""
        path = self.folder / f"issuer-{len(self.keys)}.pem"
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
        output = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-modulus"], check=True, capture_output=True)
        modulus = bytes.fromhex(output.stdout.decode().strip().removeprefix("Modulus="))
        self.keys.append((f"key-{len(self.keys)}", path, encode(modulus)))

    def token(self, nonce: str) -> str:
        name, path, _ = self.keys[-1]
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.CLIENT, "iat": now, "exp": now + 60, "nonce": nonce, **self.claims}
        signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": self.algorithm, "kid": name}, claims))
        if self.algorithm == "none":
            return signed + "."
        command = ["openssl", "dgst", "-sha256", "-sign", path]
        signature = subprocess.run(command, input=signed.encode(), check=True, capture_output=True).stdout
        return f"{signed}.{encode(signature)}"

    def answer(self, handler, status: int, body: bytes, **headers: str) -> None:
        handler.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(key.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    def replaced(self, handler, path: str) -> bool:
        self.requests.append(path)
        if path not in self.answers:
            return False
        self.answer(handler, *self.answers[path], Location=f"{self.url}/elsewhere")
        return True

    def get(self, handler) -> None:
        url = urllib.parse.urlsplit(handler.path)
        if self.replaced(handler, url.path):
            return
        match url.path:
            case "/.well-known/openid-configuration":
                self.answer(handler, 200, json.dumps({
                    "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
                }).encode())  # fmt: skip
            case "/keys":
                keys = [{"kty": "RSA", "use": "sig", "kid": name, "n": n, "e": "AQAB"} for name, _, n in self.keys]
                self.answer(handler, 200, json.dumps({"keys": keys}).encode())
            case "/authorize":
                back = html.escape(self.back(dict(urllib.parse.parse_qsl(url.query))))
                # Somebody must click, as at a real one: the way back begins at this page.
                page = f'<!DOCTYPE html><html lang="en"><title>Issuer</title><a href="{back}">Allow</a></html>'
                self.answer(handler, 200, page.encode(), Content_Type="text/html")
            case "/favicon.ico":
                self.answer(handler, 200, b"", Content_Type="image/x-icon")
            case _:
                self.answer(handler, 404, b"{}")

    def back(self, asked: dict) -> str:
        """Where somebody who has signed in here goes, with a code."""
        wanted = {"client_id": self.CLIENT, "code_challenge_method": "S256", "response_type": "code"}
        if any(asked.get(key) != value for key, value in wanted.items()) or "openid" not in asked["scope"].split():
            self.problems.append(f"asked for {asked}")
        code = secrets.token_hex()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def post(self, handler) -> None:
        form = dict(urllib.parse.parse_qsl(handler.rfile.read(int(handler.headers["Content-Length"])).decode()))
        if self.replaced(handler, handler.path):
            return
        pair = ":".join(urllib.parse.quote(part, safe="") for part in (self.CLIENT, self.SECRET))
        asked = self.codes.pop(form["code"], None)
        challenge = encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if handler.headers["Authorization"] != "Basic " + base64.b64encode(pair.encode()).decode():
            self.problems.append("the client did not prove who it is")
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            self.answer(handler, 400, b'{"error": "invalid_grant"}')
            return
        answer = {"id_token": self.token(asked["nonce"]), "token_type": "Bearer", "access_token": "x"}
        self.answer(handler, 200, json.dumps(answer).encode())
