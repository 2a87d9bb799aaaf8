"""What tools/fuzz.py sends bytes to, and how it changes them."""
