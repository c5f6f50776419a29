"""How much is at stake: the tables behind the score, and the register of risks."""
