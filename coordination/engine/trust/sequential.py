"""Is a difference there? Answers that stay right however often one looks (mSPRT), and at one look that was planned.

Both ask in one direction: is the true difference above a value. The estimate is taken as normal with a known variance,
which shares of twenty cases and more come close to.

Source: R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference", Operations Research 70(3), 2022.
"""

import math
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
# The evidence of one look is a product of chances; what is beyond this is as good as certain.
_MOST = 700.0
_ROUNDS = 60


def log_evidence(estimate: float, variance: float, scale: float, above: float = 0.0) -> float:
    """Return the logarithm of the likelihood ratio of "the difference is above" against "it is not".

    It mixes all differences above by a half normal distribution of standard deviation `scale`. Where the difference is
    not above, the ratio ever reaches 1/α with a probability of at most α, at whatever look.
    """
    information, precision = 1 / variance, 1 / scale**2
    together = information + precision
    standing = information * (estimate - above) / math.sqrt(together)
    log_ratio = math.log(2) + 0.5 * math.log(precision / together) + 0.5 * standing * standing
    return min(_MOST, log_ratio + _log_cdf(standing))


def p_always(estimate: float, variance: float, scale: float, above: float = 0.0) -> float:
    """Return the p-value of one look; the least of all looks so far is valid at any of them."""
    return min(1.0, math.exp(-log_evidence(estimate, variance, scale, above)))


def low_always(estimate: float, variance: float, scale: float, alpha: float) -> float:
    """Return the value that the difference is above: wrong at some look with a probability of at most alpha."""
    information, precision = 1 / variance, 1 / scale**2
    together = information + precision
    needed = math.log(0.5 / alpha) + 0.5 * math.log(together / precision)
    standing = _root(needed)
    return estimate - standing * math.sqrt(together) / information


def z_of(alpha: float) -> float:
    """Return how many standard deviations lie below what is exceeded with a probability of alpha."""
    return _NORMAL.inv_cdf(1 - alpha)


def p_of(z: float) -> float:
    """Return the probability of exceeding so many standard deviations."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def _root(needed: float) -> float:
    """Return the x at which x²/2 + log Φ(x), which grows with x, reaches what is needed."""
    low, high = -8.0, math.sqrt(2 * max(0.0, needed)) + 2
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if 0.5 * middle * middle + _log_cdf(middle) < needed:
            low = middle
        else:
            high = middle
    return high


def _log_cdf(x: float) -> float:
    # Below this the distribution function is lost in rounding, and its first asymptotic term is exact enough.
    if x < -30:
        return -0.5 * x * x - math.log(-x * math.sqrt(2 * math.pi))
    return math.log(0.5 * math.erfc(-x / math.sqrt(2)))
