"""What an operator does with a knowledge base: go back, clean up, look whether all is well, back up, pull."""
