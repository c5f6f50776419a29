"""What the API tests talk about and with."""

from typing import Any

from django.test import Client

from coordination.accounts.models import Membership

ROLE_AND_TOOL = """
apiVersion: coordination/v1
kind: Role
metadata: {name: worker}
spec: {capabilities: [work], tools: [mail.send]}
---
apiVersion: coordination/v1
kind: Tool
metadata: {name: mail.send}
spec:
  adapter: {python: tests.acting.send}
  reversibility: reversible
  input: {type: object, properties: {text: {type: string}}, required: [text]}
"""
ASKING_WORLD = (
    ROLE_AND_TOOL
    + """
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: echo, labels: {team: support}}
spec: {role: worker, capabilities: [work], adapter: {python: tests.acting.echo}}
---
apiVersion: coordination/v1
kind: Policy
metadata: {name: careful, title: Careful replies}
spec:
  rules:
    - key: ask
      title: A person reads it first
      statement: A person reads what we send.
      when: action.name == "mail.send"
      effect: require_approval
      approval: {role: reviewer}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: greet, title: Greeting}
spec:
  input: {type: object, properties: {message: {type: string}}, required: [message]}
  output: {sent: "${steps.send.output.sent}"}
  steps:
    - id: read
      agent: {capability: work}
      input: {message: "${input.message}"}
    - id: send
      needs: [read]
      action: {tool: mail.send, args: {text: "${steps.read.output.message}"}}
"""
)


class Caller:
    """One member's token, and the requests made with it."""

    def __init__(self, client: Client, member: Membership, token: str) -> None:
        self.client, self.member, self.token = client, member, token

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("put", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self._send("delete", path, None, headers)

    def start(self, message: str = "hello", **headers: str) -> Any:
        return self.post("runs/", {"workflow": "greet", "input": {"message": message}}, **headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        send = getattr(self.client, method)
        said = {} if body is None else body
        return send(f"/api/v1/{path}", said, content_type="application/json", headers=self._headers(headers))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.token}", **given}
