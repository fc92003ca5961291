"""XML records at a path to columns of text."""

import json

import pyarrow as pa
from lxml import etree

from ingest.contract import Format
from ingest.decode.reading import Reading, UnreadableError, distinct


def read_xml(data: bytes, form: Format) -> Reading:
    """Records at a path: attributes and child elements become columns, `a/b` for what lies deeper, lists as JSON text.

    No entity is resolved and nothing is fetched; a document with a type declaration is refused.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("unreadable_delivery") from error
    if root.getroottree().docinfo.doctype:
        raise UnreadableError("unreadable_delivery")
    top, _, below = form.records.strip("/").partition("/")
    if etree.QName(root).localname != top:
        raise UnreadableError("no_records_at_path")
    records = [_cells(element) for element in root.iterfind("/".join(f"{{*}}{name}" for name in below.split("/")))]
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    told = {target: columns[name] for name, target in zip(names, distinct(names), strict=True)}
    return Reading(pa.table({name: pa.array(values, pa.string()) for name, values in told.items()}))


def _cells(record: "etree._Element") -> dict[str, str]:
    found: dict[str, list[str]] = {}

    def gather(element: "etree._Element", prefix: str) -> None:
        for name, value in element.attrib.items():
            found.setdefault(prefix + etree.QName(name).localname, []).append(str(value))
        for child in element.iterchildren(tag=etree.Element):
            name = prefix + etree.QName(child).localname
            if len(child) or child.attrib:
                gather(child, name + "/")
            if not len(child):
                found.setdefault(name, []).append("".join(map(str, child.itertext())))

    gather(record, "")
    return {
        name: values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)
        for name, values in found.items()
    }
