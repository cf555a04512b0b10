"""`kggraph check-links`: asks every address in the data whether it still answers, politely, and keeps that as data.

`plan` knows which addresses there are and what was found before, `fetching` asks, `checking` goes through the hosts.
"""
