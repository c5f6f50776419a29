"""How sure a share is: what it may be, as wide as few cases make it."""

import math
from typing import Final

# Of the standard normal distribution: two-sided 95 %, one-sided 95 %.
Z95: Final = 1.959964
Z95_ONE_SIDED: Final = 1.644854


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the interval of a share; of nothing, it may be anything. Counts may be weighted.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22(158), 1927.
    """
    if n <= 0:
        return 0.0, 1.0
    share, width = successes / n, z * z / n
    middle = share + width / 2
    half = z * math.sqrt(max(0.0, share * (1 - share)) / n + width / (4 * n))
    return max(0.0, (middle - half) / (1 + width)), min(1.0, (middle + half) / (1 + width))
