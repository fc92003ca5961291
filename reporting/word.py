"""A report as a Word file: A4, Chinese type, tables whose rows state their heights, and charts that Word draws itself.

A chart is DrawingML, with its numbers in a small workbook inside the file: no picture, no browser, no network, and
whoever opens it can take the numbers out. XlsxWriter writes both; python-docx has no charts of its own.
"""

import tempfile
import zipfile
from math import ceil
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from reporting.documents import Chart, Report, Section, Table, plain, save, written
from reporting.workbook import chart_workbook

PAGE_HEIGHT_CM, MARGIN_CM = 29.7, 1.8
TITLE_CM, SUBTITLE_CM, HEADING_CM, LINE_CM, ROW_CM = 1.0, 0.6, 0.75, 0.5, 0.52
CELL_CM, CELL_POINTS, CELL_MARGINS_CM = 0.4, 8, 0.42
CHART_WIDTH_CM, CHART_CM, BAR_CM = 16.5, 3.0, 0.42
_SONG, _HEI = "宋体", "黑体"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# what is not said of a label is shown by some readers: the name of the category and of the series on each bar
_ONLY_VALUES = (
    '<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>'
    '<c:showPercent val="0"/><c:showBubbleSize val="0"/>'
)
_DRAWING = """
<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>
<wp:docPr id="{number}" name="chart {number}" descr="{title}"/><wp:cNvGraphicFramePr/>
<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="{relation}"/>
</a:graphicData></a:graphic></wp:inline></w:drawing>
"""


def write_word(report: Report, path: Path) -> None:
    """Write the report as .docx, in one step."""
    save(path, lambda staging: _write(report, staging))


def _write(report: Report, path: Path) -> None:
    import docx
    from docx.shared import Cm

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(PAGE_HEIGHT_CM)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(MARGIN_CM)
    page.header_distance = page.footer_distance = Cm(0.8)
    _type(document.styles["Normal"], _SONG, 9)
    document.core_properties.title = plain(report.title)
    document.core_properties.created = document.core_properties.modified = report.made_at
    document.core_properties.author = document.core_properties.last_modified_by = ""
    provenance = " · ".join(f"{label} {value}" for label, value in report.provenance)
    document.core_properties.comments = plain(provenance)[:255]
    _paragraph(page.footer.paragraphs[0], provenance, 7, _SONG)
    _paragraph(document.add_paragraph(), report.title, 18, _HEI, centred=True, height=TITLE_CM)
    _paragraph(document.add_paragraph(), report.subtitle, 9, _SONG, centred=True, height=SUBTITLE_CM)
    on_paper = [section for section in report.sections if section.on_paper]
    for number, section in enumerate(on_paper, start=1):
        _section(document, report, section, number)
    document.save(str(path))


def _section(document: Any, report: Report, section: Section, number: int) -> None:
    heading = document.add_paragraph(style="Heading 2")
    if section.new_page:
        heading.paragraph_format.page_break_before = True
    _paragraph(heading, section.title, 11, _HEI, height=HEADING_CM)
    for line in section.lines:
        _paragraph(document.add_paragraph(), line, 9, _SONG, height=LINE_CM, exact=False)
    if section.table is not None:
        _table(document, report, section.table)
    if section.chart is not None:
        _add_chart(document, section.chart, number)


def _table(document: Any, report: Report, table: Table) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm

    if not table.rows:
        _paragraph(document.add_paragraph(), table.nothing, 9, _SONG, height=LINE_CM)
        return
    rows = table.rows if table.shown is None else table.rows[: table.shown]
    made = document.add_table(rows=len(rows) + 1, cols=len(table.columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, told in zip(made.columns, table.columns, strict=True):
        column.width = Cm(told.width)  # some readers heed the grid, others the cells
    texts = [[column.title for column in table.columns]]
    texts += [[written(value, report.words) for value in row] for row in rows]
    if table.one_line:
        texts = [
            [_fitting(text, column.width) for text, column in zip(row, table.columns, strict=True)] for row in texts
        ]
    for number, row in enumerate(made.rows):
        lines = max(_lines(text, column.width) for text, column in zip(texts[number], table.columns, strict=True))
        row.height, row.height_rule = Cm(ROW_CM + CELL_CM * (lines - 1)), WD_ROW_HEIGHT_RULE.EXACTLY
        for column, cell in zip(table.columns, row.cells, strict=True):
            cell.width = Cm(column.width)
        for column, cell, text in zip(table.columns, row.cells, texts[number], strict=True):
            paragraph = cell.paragraphs[0]
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            _paragraph(paragraph, text, CELL_POINTS, _HEI if number == 0 else _SONG, height=CELL_CM)
            if column.numeric:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _repeat_head(made.rows[0])
    left = len(table.rows) - len(rows)
    rest = report.words["rest"].format(count=left) if left else ""
    _paragraph(document.add_paragraph(), rest, 7, _SONG, height=0.4)


def _width(text: str) -> float:
    """Centimetres that a cell's text takes on one line, in type that is rather wide."""
    return sum(_em(char) for char in text) * CELL_POINTS / 72 * 2.54


def _em(char: str) -> float:
    """How wide a character is: Chinese as wide as the type is high."""
    if east_asian_width(char) in "WFA":
        return 1.0
    return 0.4 if char in " -:.,/" else 0.55 if char.islower() else 0.7 if char.isupper() else 0.64


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column, one broken anywhere."""
    return max(1, ceil(_width(text) / (width - CELL_MARGINS_CM)))


def _fitting(text: str, width: float) -> str:
    """A text cut to one line of a column, the cut marked; the workbook has all of it."""
    if _lines(text, width) == 1:
        return text
    kept = text
    while kept and _lines(f"{kept}…", width) > 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _repeat_head(row: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(head)


def _paragraph(
    paragraph: Any, text: str, size: float, font: str, centred: bool = False, height: float = 0.0, exact: bool = True
) -> None:
    """Set a text in a type; `height` in centimetres is that of each of its lines."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.shared import Cm

    _type(paragraph.add_run(plain(text)), font, size)
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Cm(0)
    if height:
        form.line_spacing = Cm(height)
        form.line_spacing_rule = WD_LINE_SPACING.EXACTLY if exact else WD_LINE_SPACING.AT_LEAST
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _type(styled: Any, font: str, size: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    styled.font.name, styled.font.size = font, Pt(size)
    styled.font.color.rgb = RGBColor(0, 0, 0)
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _add_chart(document: Any, chart: Chart, number: int) -> None:
    """Take chart and workbook as XlsxWriter makes them, and put both into the Word file."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.shared import Cm

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chart.xlsx"
        chart_workbook(chart, path)
        book = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            drawn = archive.read("xl/charts/chart1.xml").decode("utf-8")
    package = document.part.package
    data = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), _BOOK_TYPE, book, package)
    end = f'<c:externalData xmlns:r="{_RELATION}" r:id="rId1"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    # what says how a sheet is printed has no place in a Word file
    drawn = drawn[: drawn.index("<c:printSettings>")] + end
    drawn = drawn.replace('<c:showVal val="1"/>', _ONLY_VALUES)
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, drawn.encode("utf-8"), package)
    assert part.relate_to(data, f"{_RELATION}/package") == "rId1"
    relation = document.part.relate_to(part, f"{_RELATION}/chart")
    bars = len(chart.categories) * len(chart.series) if len(chart.categories) > 6 else 0
    width, height = Cm(CHART_WIDTH_CM), Cm(max(2 * CHART_CM, CHART_CM + BAR_CM * bars))
    element = parse_xml(
        _DRAWING.format(width=width, height=height, number=number, title=_attribute(chart.title), relation=relation)
    )
    document.add_paragraph().add_run()._r.append(element)


def _attribute(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(plain(text), {'"': "&quot;"})
