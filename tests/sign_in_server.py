"""A small OpenID Connect server on this machine: it says of everyone what the test says it shall."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT = "coordination-client"
CLIENT_SECRET = "a secret: with a colon"


class SignInServer:
    """The server, who is at its desk, and what it hands out."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.token_says: dict[str, Any] = {}
        self.refuses = False
        self.is_away = False
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._access = secrets.token_urlsafe(16)
        server = self

        class Desk(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self, {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                server.answer(self, {name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self.issuer = f"http://127.0.0.1:{self._http.server_address[1]}/realm"

    @contextmanager
    def open(self) -> Iterator["SignInServer"]:
        """Serve until the test is over."""
        thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler, given: dict[str, str]) -> None:
        """Answer one request by its path."""
        if self.is_away:
            return _say(request, 503, {})
        match urlsplit(request.path).path.removeprefix("/realm"):
            case "/.well-known/openid-configuration":
                _say(request, 200, self._about())
            case "/authorize":
                self._authorize(request, given)
            case "/token":
                self._token(request, given)
            case "/profile" if request.headers.get("Authorization") == f"Bearer {self._access}":
                _say(request, 200, self.person)
            case "/keys":
                _say(request, 200, {"keys": [{**json.loads(RSAAlgorithm.to_jwk(self._key.public_key())), "kid": "1"}]})
            case _:
                _say(request, 404, {"error": "not_found"})

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/profile",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _authorize(self, request: BaseHTTPRequestHandler, given: dict[str, str]) -> None:
        assert given["client_id"] == CLIENT
        assert given["code_challenge_method"] == "S256"
        self.asked.append(given)
        code = secrets.token_urlsafe(8)
        self._codes[code] = given
        said = {"error": "access_denied"} if self.refuses else {"code": code}
        request.send_response(302)
        request.send_header("Location", f"{given['redirect_uri']}?{urlencode({**said, 'state': given['state']})}")
        request.end_headers()

    def _token(self, request: BaseHTTPRequestHandler, given: dict[str, str]) -> None:
        asked = self._codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_ours = given.get("client_id") == CLIENT and given.get("client_secret") == CLIENT_SECRET
        if asked is None or not is_ours or proof != asked["code_challenge"]:
            return _say(request, 400, {"error": "invalid_grant"})
        moment = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.person.get("sub"), "iat": moment, "exp": moment + 60}
        token = jwt.encode({**claims, **self.token_says}, self._key, "RS256", headers={"kid": "1"})
        _say(request, 200, {"access_token": self._access, "token_type": "Bearer", "id_token": token})


def _say(request: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(raw)))
    request.end_headers()
    request.wfile.write(raw)
