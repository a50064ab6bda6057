"""A fake entry for every registry, each in one file; `test_contract.py` registers them, a line each."""
