"""What helps who writes Turtle by hand, from the shapes: a skeleton to begin with, and a page of every field."""
