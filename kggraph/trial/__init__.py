"""Data of a stranger against the shapes, in a process of its own that may be killed at any moment.

`run` is what a server calls; `__main__` is the process, which reads (`reading`, `records`) and validates (`checking`)
after it has given up the network, programs and the writing of files.
"""
