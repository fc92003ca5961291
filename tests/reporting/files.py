"""Reads report files back: what stands in a Word file and in a workbook, without the code that wrote them."""

import re
import zipfile
from pathlib import Path
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TWIPS_PER_CM = 567.0


def word_tables(path: Path) -> list[list[list[str]]]:
    """The tables of a Word file, cell by cell."""
    import docx

    return [[[cell.text for cell in row.cells] for row in table.rows] for table in docx.Document(str(path)).tables]


def word_text(path: Path) -> str:
    """All of its texts, the footer's too."""
    import docx

    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [paragraph.text for section in document.sections for paragraph in section.footer.paragraphs]
    return "\n".join(lines)


def page_heights(path: Path) -> list[float]:
    """Centimetres that each page needs: from one page break to the next, by the heights that the file states."""
    import docx

    pages = [0.0]
    for element in docx.Document(str(path)).element.body:
        if element.tag == f"{_W}p":
            if element.find(f".//{_W}pageBreakBefore") is not None:
                pages.append(0.0)
            spacing = element.find(f".//{_W}spacing[@{_W}line]")
            assert spacing is not None, "each paragraph states its height"
            pages[-1] += int(spacing.get(f"{_W}line")) / _TWIPS_PER_CM
            assert spacing.get(f"{_W}before") == spacing.get(f"{_W}after") == "0"
        elif element.tag == f"{_W}tbl":
            for height in element.iter(f"{_W}trHeight"):
                assert height.get(f"{_W}hRule") == "exact"
                pages[-1] += int(height.get(f"{_W}val")) / _TWIPS_PER_CM
    return pages


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    """The cells of each sheet of a workbook, as a reader of another make finds them."""
    import fastexcel

    book = fastexcel.read_excel(path)
    return {
        name: [list(row) for row in book.load_sheet(name, header_row=None).to_arrow().to_pandas().to_numpy().tolist()]
        for name in book.sheet_names
    }


def raw_sheets(path: Path) -> list[str]:
    """The XML of each sheet."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name).decode() for name in archive.namelist() if re.match(r"xl/worksheets/sheet", name)]


def links(path: Path) -> str:
    """Every relation of a file's parts that leads out of it."""
    with zipfile.ZipFile(path) as archive:
        told = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".rels")]
    return "\n".join(part for text in told for part in re.findall(r"<[^>]*TargetMode=\"External\"[^>]*>", text))
