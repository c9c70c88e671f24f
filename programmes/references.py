"""References that people read out on the telephone: no two characters that look or sound alike."""

from __future__ import annotations

import secrets

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V and the vowels that would spell words.
ALPHABET = "34679CDFGHJKMNPQRTWXY"
LENGTH = 5


def new_reference() -> str:
    """A reference such as EOI-7KQ4M; one in four million is taken already, so the caller tries again."""
    return "EOI-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
