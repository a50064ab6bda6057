"""`is_missing`, where a reader looks for it; it lies on the ground, for `as_texts`."""

from textssl.language.texts import is_missing as is_missing
