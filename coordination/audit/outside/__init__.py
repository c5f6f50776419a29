"""The verifier that leaves the house: one file that needs only Python and the package cryptography."""

from coordination.audit.outside.joining import single_file

__all__ = ["single_file"]
