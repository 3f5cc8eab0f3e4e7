"""Workbooks that are made for one test: by a library where one writes what is needed, by hand where none would.

The parts that are written by hand follow ECMA-376, [MS-XLS], [MS-XLSB] and OpenDocument 1.3.
"""

import struct
import zipfile
from xml.sax.saxutils import escape

import pytest
from hansa.errors import HansaError
from hansa.sources import Binding
from hansa.sources.excel import read_excel
from hypothesis import HealthCheck, settings

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path, **words):
    return read_excel(path, Binding(uri=path.name, **words)).collect()


def refused(path, **words):
    with pytest.raises(HansaError) as caught:
        read(path, **words)
    return caught.value


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml"
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/>
</numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>
<xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="46"/><xf numFmtId="4"/></cellXfs></styleSheet>"""
#: Styles of ``STYLES``: a moment, a day, a time of day, hours without end, a number with thousands.
MOMENT, DAY, CLOCK, ELAPSED, GROUPED = "1", "2", "3", "4", "5"


def xlsx(path, cells, *, strings=(), workbook="", states=("visible",), names=("Sheet1",), packed=True):
    """A workbook whose first sheet has these rows of XML; the others are empty."""
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{at}" state="{state}" r:id="rId{at}"/>'
        for at, (name, state) in enumerate(zip(names, states, strict=True), 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{REL}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(names) + 1)
    )
    relations += f'<Relationship Id="rIdS" Type="{REL}/styles" Target="styles.xml"/>'
    relations += f'<Relationship Id="rIdT" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        root = f'<Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}">{root}</Relationships>')
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{sheets}</sheets>{workbook}</workbook>',
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>')
        archive.writestr("xl/styles.xml", STYLES)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{"".join(strings)}</sst>')
        for at in range(1, len(names) + 1):
            rows = cells if at == 1 else ""
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{at}.xml", sheet)
    return path


def text_cell(reference, text):
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def xls(path, cells, *, formats=(), from_1904=False, locked=False, hidden=False):
    """A BIFF 8 stream of one sheet. A cell is (row, column, value, number of its format).

    A value is a text, a number, a truth, bytes of an error, or a tuple of the number that a formula came to, None if a
    program wrote it that computes nothing.
    """
    at_globals = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    if locked:
        at_globals += _record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    at_globals += _record(0x22, struct.pack("<H", from_1904))
    at_globals += b"".join(_record(0x41E, struct.pack("<H", 164 + at) + _wide(code)) for at, code in enumerate(formats))
    styles = [0, *range(164, 164 + len(formats))]
    at_globals += b"".join(_record(0xE0, struct.pack("<HH", 0, one) + bytes(16)) for one in styles)
    bound = struct.pack("<BB", hidden, 0) + struct.pack("<B", 6) + b"\0Sheet1"
    start = len(at_globals) + 4 + 4 + len(bound) + 4
    at_globals += _record(0x85, struct.pack("<I", start) + bound) + _record(0x0A, b"")
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += b"".join(_xls_cell(*cell) for cell in cells) + _record(0x0A, b"")
    path.write_bytes(at_globals + sheet)
    return path


def _xls_cell(row, column, value, style=0):
    head = struct.pack("<HHH", row, column, style)
    if isinstance(value, str):
        return _record(0x204, head + _wide(value))
    if isinstance(value, tuple):
        result = b"\x03\0\0\0\0\0\xff\xff" if value[0] is None else struct.pack("<d", value[0])
        return _record(0x06, head + result + bytes(8) + b"\x03\0\x1e\x01\0")
    if isinstance(value, bytes):
        return _record(0x205, head + value + b"\1")
    if isinstance(value, bool):
        return _record(0x205, head + bytes([value]) + b"\0")
    return _record(0x203, head + struct.pack("<d", value))


def _record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def _wide(text):
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def ods(path, rows, *, styles="", name="Sheet1", manifest=""):
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="{name}" table:style-name="ta1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return path


def xlsb(path, cells, *, strings=(), from_1904=False, recalculated=False):
    """A binary workbook. A cell is (row, column, record's number, content behind its head, style)."""
    bundle = struct.pack("<II", 0, 1) + _long("rId1") + _long("Sheet1")
    calculation = struct.pack("<IIIdIH", 0, 1, 100, 0.001, 1, int(recalculated))
    workbook = _block(
        (153, struct.pack("<I", int(from_1904))), (143, b""), (156, bundle), (144, b""), (157, calculation)
    )
    styles = _block(
        (615, struct.pack("<I", 1)),
        (44, struct.pack("<H", 164) + _long("yyyy-mm-dd hh:mm:ss")),
        (616, b""),
        (626, struct.pack("<I", 1)),
        (47, struct.pack("<HH", 0xFFFF, 14)),
        (627, b""),
        (617, struct.pack("<I", 2)),
        (47, struct.pack("<HH", 0, 0)),
        (47, struct.pack("<HH", 0, 164)),
        (618, b""),
    )
    rows = []
    for row in sorted({cell[0] for cell in cells}):
        rows.append((0, struct.pack("<I", row) + bytes(13)))
        rows += [
            (kind, struct.pack("<II", column, style) + data) for at, column, kind, data, style in cells if at == row
        ]
    sheet = _block((129, b""), (148, struct.pack("<IIII", 0, 99, 0, 9)), (145, b""), *rows, (146, b""), (130, b""))
    relations = "".join(
        f'<Relationship Id="{name}" Type="{REL}/{kind}" Target="{target}"/>'
        for name, kind, target in (
            ("rId1", "worksheet", "worksheets/sheet1.bin"),
            ("rId2", "styles", "styles.bin"),
            ("rId3", "sharedStrings", "sharedStrings.bin"),
        )
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.bin", workbook)
        archive.writestr("xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>')
        archive.writestr("xl/styles.bin", styles)
        shared = struct.pack("<II", len(strings), len(strings))
        texts = [(19, b"\0" + _long(text)) for text in strings]
        archive.writestr("xl/sharedStrings.bin", _block((159, shared), *texts, (160, b"")))
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def _block(*records):
    return b"".join(_varying(kind) + _varying(len(data)) + data for kind, data in records)


def _varying(number):
    made = b""
    while number > 0x7F:
        made += bytes([number & 0x7F | 0x80])
        number >>= 7
    return made + bytes([number])


def _long(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


long_text = _long


def sheet(path, *rows, **options):
    """A workbook written by hand: a header of a and b, and these rows."""
    header = f'<row r="1">{text_cell("A1", "a")}{text_cell("B1", "b")}</row>'
    return xlsx(path, header + "".join(rows), **options)


def cell(value, style="0", kind="n", reference="A2"):
    return f'<row r="2"><c r="{reference}" s="{style}" t="{kind}"><v>{value}</v></c></row>'
