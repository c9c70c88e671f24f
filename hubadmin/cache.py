"""The cache holds counters and heartbeats only: nothing that a page could not do without."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

log = structlog.get_logger(__name__)


def _unless_down(method: Callable[..., Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def forgiving(self: RedisCacheClient, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (RedisConnectionError, RedisTimeoutError) as error:
            log.warning("cache_unreachable", error=type(error).__name__)
            return answer(*args, **kwargs)

    return forgiving


class ForgivingClient(RedisCacheClient):
    """Answers as an empty cache would while Redis is down."""

    add = _unless_down(RedisCacheClient.add, lambda key, value, timeout: True)
    get = _unless_down(RedisCacheClient.get, lambda key, default: default)
    set = _unless_down(RedisCacheClient.set, lambda key, value, timeout: None)
    touch = _unless_down(RedisCacheClient.touch, lambda key, timeout: False)
    delete = _unless_down(RedisCacheClient.delete, lambda key: False)
    get_many = _unless_down(RedisCacheClient.get_many, lambda keys: {})
    has_key = _unless_down(RedisCacheClient.has_key, lambda key: False)
    incr = _unless_down(RedisCacheClient.incr, lambda key, delta: delta)
    set_many = _unless_down(RedisCacheClient.set_many, lambda values, timeout: None)
    delete_many = _unless_down(RedisCacheClient.delete_many, lambda keys: None)


class ForgivingRedisCache(RedisCache):
    """Redis that is empty, not broken, while it is down.

    Rate limits then let people through: a head at the deadline matters more, and `/readyz` tells
    the operator at once.
    """

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
