"""Find a browser for the browser tests, or install one: prints the path of its program."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Return the path of a Chromium: the one named by CHROMIUM, one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named and shutil.which(named):
        return named
    return next(filter(None, map(shutil.which, NAMES)), None) or _playwrights_own()


def install() -> None:
    """Fetch Playwright's Chromium, or else Debian's."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if _succeeds(download, timeout_s=300) and _playwrights_own():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        _succeeds(["apt-get", "update"], timeout_s=300)
        _succeeds(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"], timeout_s=900)


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _succeeds(command: list[str], timeout_s: float) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, stdout=sys.stderr, env=environment, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    if find() is None:
        install()
    found = find()
    if found is None:
        sys.exit("The browser tests need Chromium and none could be installed; put one on the PATH or in CHROMIUM.")
    sys.stdout.write(f"{found}\n")
