"""Invented names of streets, communities, roads and estates: as many as a district of five thousand grids needs."""

from __future__ import annotations

_FIRST = "柳荷望石织青渔南云枫芦杏桐竹兰松梅菱鹭雁沙溪泉谷岚霞霁月星河"
_SECOND = "汀风桥虹锦湾歌埠塘浦洲渚岸堤坞埭汇浜渡津陌塍圃苑庭轩榭亭台"
_ROADS = ("路", "街", "巷", "大道", "南路", "北路")
_ESTATES = ("苑", "新村", "花园", "小区", "公寓", "家园", "里")
STREETS = ("柳塘街道", "望桥街道", "青湾镇")
ROADS_EACH, ESTATES_EACH = 3, 2


def stem(number: int) -> str:
    """The two characters of a name; different for the first nine hundred numbers, then a third one follows."""
    first, second = _FIRST[number % len(_FIRST)], _SECOND[(number // len(_FIRST) + number * 7) % len(_SECOND)]
    turn = number // (len(_FIRST) * len(_SECOND))
    return first + second + (_SECOND[turn % len(_SECOND)] if turn else "")


def street(number: int) -> str:
    """Name of a street; every third one is a town."""
    if number < len(STREETS):
        return STREETS[number]
    return stem(number * 11 + 5) + ("镇" if number % 3 == 2 else "街道")


def community(number: int, is_village: bool) -> str:
    """Name of a community or village. The one with number 6 needs four bytes a character in GB18030."""
    return ("㳇水" if number == 6 else stem(number)) + ("村" if is_village else "社区")


def roads(number: int) -> list[str]:
    """Names of a community's roads."""
    return [stem(number + 13 * turn) + _ROADS[(number + turn) % len(_ROADS)] for turn in range(ROADS_EACH)]


def estates(number: int) -> list[str]:
    """Names of a community's housing estates."""
    return [stem(number + 29 * turn) + _ESTATES[(number + turn) % len(_ESTATES)] for turn in range(ESTATES_EACH)]
