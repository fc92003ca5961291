"""GeoJSON (RFC 7946) to a list of flat records: the properties of each feature, and beside them its place.

`geometry` is the geometry's JSON text, `geometry.type` its type, `geometry.longitude` and `geometry.latitude` those of
a Point. Members that the standard does not know stand as `feature.<name>` and `collection.<name>`.
"""

import json
from typing import Any

from ingest.decode.reading import UnreadableError

GEOMETRY = ("geometry", "geometry.type", "geometry.longitude", "geometry.latitude")
_OF_COLLECTION = {"type", "features", "bbox"}
_OF_FEATURE = {"type", "properties", "geometry", "bbox"}


def flattened(text: str) -> str:
    """JSON text of a list: a flat object a feature. What is no feature stays as it is, and is found later.

    Raises UnreadableError where the text is no JSON (`unreadable_delivery`) or no collection (`no_records_at_path`).
    """
    records: list[Any] = []
    for part in text.split("\x1e")[1:] if text.startswith("\x1e") else [text]:
        try:
            told = json.loads(part)
        except (ValueError, RecursionError) as error:
            raise UnreadableError("unreadable_delivery") from error
        if isinstance(told, dict) and told.get("type") == "Feature":
            told = {"features": [told]}
        if not isinstance(told, dict) or not isinstance(told.get("features"), list):
            raise UnreadableError("no_records_at_path")
        shared = {f"collection.{name}": value for name, value in told.items() if name not in _OF_COLLECTION}
        records += [_record(feature, shared) for feature in told["features"]]
    return json.dumps(records)  # half a surrogate pair stays an escape


def _record(feature: Any, shared: dict[str, Any]) -> Any:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return str(type(feature).__name__)  # a text is no record
    own = {f"feature.{name}": value for name, value in feature.items() if name not in _OF_FEATURE}
    properties = feature.get("properties")
    return shared | own | _place(feature.get("geometry")) | (properties if isinstance(properties, dict) else {})


def _place(geometry: Any) -> dict[str, Any]:
    if not isinstance(geometry, dict):
        return {}
    place = {"geometry": json.dumps(geometry), "geometry.type": geometry.get("type")}
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list) and len(coordinates) >= 2:
        place |= {"geometry.longitude": coordinates[0], "geometry.latitude": coordinates[1]}
    return place
