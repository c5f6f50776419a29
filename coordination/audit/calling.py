"""Call an anchor's address."""

from coordination.audit.errors import AnchorFailed
from coordination.shared import calling


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status and the text of the answer; raises AnchorFailed."""
    try:
        return calling.post(url, body, headers)
    except calling.CallFailed as error:
        raise AnchorFailed(why=str(error)) from error
