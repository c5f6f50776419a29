"""Call an address outside: one POST, no proxy, no redirect, to the machine that was checked."""

import httpx

from coordination.shared.addresses import AddressRefused, target_of

TIMEOUT_S = 10.0
_LARGEST_BYTES = 64 * 1024


class CallFailed(Exception):
    """An address could not be called; the message is a sentence."""


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status and the text of the answer; raises CallFailed."""
    try:
        target = target_of(url)
        address = httpx.URL(url)
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT_S) as client,
            client.stream(
                "POST",
                address.copy_with(host=target.address),
                content=body,
                headers={"Host": address.netloc.decode(), **headers},
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            return response.status_code, _read(response)
    except AddressRefused as error:
        raise CallFailed(error.message) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CallFailed(f"It could not be reached: {str(error) or type(error).__name__}.") from error


def _read(response: httpx.Response) -> str:
    raw = b""
    for part in response.iter_bytes():
        raw += part
        if len(raw) > _LARGEST_BYTES:
            raise CallFailed("Its answer is too long.")
    return raw.decode("utf-8", "replace")
