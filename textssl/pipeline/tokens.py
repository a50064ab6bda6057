"""The tokens of a run, which its stages share."""

from transformers import PreTrainedTokenizerFast

from textssl.language.tokens import Tokens
from textssl.run_folder import RunFolder


def tokens_of(files: RunFolder) -> Tokens:
    """Open the tokens of the distinct texts."""
    return Tokens.load(files.tokens, PreTrainedTokenizerFast.from_pretrained(files.tokenizer))
