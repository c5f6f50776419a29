"""How policy rules see facts and how their effects combine."""
