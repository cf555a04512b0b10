"""How well the search answers questions whose answers were marked by hand (README.md)."""
