"""What `bench/serve.py` is made of. Standard library only."""
