"""Requests that wait for a worker, in a fair order: each client in turn, and each client's own in order."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from kggraph.errors import TooBusy, TooManyRequests

ItemT = TypeVar("ItemT")


class FairQueue(Generic[ItemT]):
    """A bounded queue from which the clients are served in turn, however much one of them asks.

    >>> queue = FairQueue(10, 10)
    >>> for client, item in (("a", 1), ("a", 2), ("b", 3)):
    ...     queue.push(client, item)
    >>> [queue.pop() for _ in range(3)]
    [1, 3, 2]
    """

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._clients: OrderedDict[object, deque[ItemT]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ItemT]:
        for items in self._clients.values():
            yield from items

    def push(self, client: object, item: ItemT) -> None:
        """Adds an item of a client.

        :raises TooBusy: the queue is full.
        :raises TooManyRequests: the client has its share of it waiting.
        """
        if self._count >= self._most:
            raise TooBusy("Too many queries are waiting just now; ask again in a few seconds.", retry_after_s=5)
        items = self._clients.setdefault(client, deque())
        if len(items) >= self._most_each:
            raise TooManyRequests("Too many of your queries are waiting; ask them one after another.", retry_after_s=5)
        items.append(item)
        self._count += 1

    def pop(self) -> ItemT | None:
        """The item whose turn it is."""
        if not self._clients:
            return None
        client, items = self._clients.popitem(last=False)
        item = items.popleft()
        self._count -= 1
        if items:
            self._clients[client] = items
        return item

    def remove(self, client: object, item: ItemT) -> None:
        """Takes out an item that is no longer wanted."""
        items = self._clients.get(client)
        if items and item in items:
            items.remove(item)
            self._count -= 1
            if not items:
                del self._clients[client]
