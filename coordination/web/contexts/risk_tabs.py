"""The pages about risk and bias, as one strip of tabs."""

from typing import Final

from coordination.web.contexts.parts import Choice

RISK: Final = "risk"
REGISTER: Final = "register"
CALIBRATION: Final = "calibration"
BIAS: Final = "bias"
_TABS: Final = (
    (RISK, "Risk", "/risk/"),
    (REGISTER, "Register", "/risk/register/"),
    (CALIBRATION, "Calibration", "/risk/calibration/"),
    (BIAS, "Bias", "/bias/"),
)


def tabs(here: str) -> list[Choice]:
    """Return the tabs, for components/tabs.html; `here` names the one that is open."""
    return [Choice(title, link, name == here) for name, title, link in _TABS]
