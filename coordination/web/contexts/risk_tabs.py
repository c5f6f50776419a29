"""The pages about risk and bias, as one strip of tabs."""

from typing import Final

from coordination.web.contexts.parts import Choice, strip_of

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
    """Return the tabs; `here` names the one that is open."""
    return strip_of(_TABS, here)
