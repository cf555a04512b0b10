"""`python -m kggraph` is the `kggraph` command."""

from kggraph.cli import main

if __name__ == "__main__":
    main()
