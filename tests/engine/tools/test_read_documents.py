"""`read_file` on several files, pictures and documents, and on files that are not what they say."""

from __future__ import annotations

import base64
import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml

from tests.engine.tools.conftest import Context
from tests.engine.tools.test_generate_image import png


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(content))
    return content + head + table + tail


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 300_000_000)
    return kept.getvalue()


async def test_several_files_and_ranges_in_one_call(context: Context) -> None:
    context.write("a.txt", "a1\na2\n")
    context.write("b.txt", "b1\nb2\nb3\nb4\n")
    result = await context.call(
        "read_file", path="a.txt", files=[{"path": "b.txt", "line_ranges": [[1, 1], [3, 4]]}]
    )
    assert result.success
    shown = [line for line in result.output.splitlines() if "|" in line]
    assert [line.split("|")[1].strip() for line in shown] == ["a1", "a2", "b1", "b3", "b4"]


async def test_one_that_is_not_there_hinders_no_other(context: Context) -> None:
    context.write("a.txt", "a1\n")
    result = await context.call("read_file", path="none.txt", files=[{"path": "a.txt"}])
    assert not result.success
    assert "There is no file none.txt" in result.output
    assert "a1" in result.output


@pytest.mark.parametrize("pair", [[1], [1, 2, 3], [0, 3]])
async def test_a_range_that_is_none_is_refused(context: Context, pair: list[int]) -> None:
    context.write("a.txt", "a1\n")
    files = [{"path": "a.txt", "line_ranges": [pair]}]
    assert "first and a last line" in await context.failure("read_file", path="a.txt", files=files)


async def test_a_picture_is_shown(context: Context) -> None:
    context.write("a.png", png())
    result = await context.call("read_file", path="a.png")
    assert result.images == ["data:image/png;base64," + base64.b64encode(png()).decode()]


async def test_the_text_of_a_pdf_is_read(context: Context) -> None:
    context.write("a.pdf", pdf("Hello from a page"))
    assert "Hello from a page" in (await context.call("read_file", path="a.pdf")).output


async def test_the_text_of_a_word_document_is_read(context: Context) -> None:
    context.write("a.docx", word("First.", "Second."))
    lines = (await context.call("read_file", path="a.docx")).output.splitlines()
    assert [line.split(" | ")[1] for line in lines[1:]] == ["First.", "Second.", "left\tright"]


RUN = "<w:r><w:t>{}</w:t></w:r>"


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (f"<w:ins>{RUN.format('put in')}</w:ins>", "put in"),
        (f"{RUN.format('kept ')}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>", "kept "),
        (f"<w:moveFrom>{RUN.format('from here')}</w:moveFrom>{RUN.format('stays')}", "stays"),
        (f"<w:moveTo>{RUN.format('to here')}</w:moveTo>", "to here"),
        (f"<w:ins><w:hyperlink>{RUN.format('a link')}</w:hyperlink></w:ins>", "a link"),
        (
            f"<w:ins><w:del><w:r><w:delText>never</w:delText></w:r></w:del></w:ins>{RUN.format('x')}",
            "x",
        ),
        ("<w:ins><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:ins>", "a\tb"),
        (f"<w:sdt><w:sdtContent>{RUN.format('a field')}</w:sdtContent></w:sdt>", "a field"),
    ],
)
async def test_a_word_document_is_read_with_its_tracked_changes_made(
    context: Context, marked: str, text: str
) -> None:
    document = docx.Document()
    paragraph, cell = document.add_paragraph(), document.add_table(rows=1, cols=1).cell(0, 0)
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    for place in (paragraph, cell.paragraphs[0]):
        for element in parse_xml(f'<w:p xmlns:w="{name}">{marked}</w:p>'):
            place._p.append(element)
    kept = io.BytesIO()
    document.save(kept)
    context.write("a.docx", kept.getvalue())
    shown = (await context.call("read_file", path="a.docx")).output.split("\n")[1:]
    assert [line.split(" | ")[1] for line in shown] == [text, text]


async def test_what_stands_in_a_control_of_a_word_document_is_read(context: Context) -> None:
    document = docx.Document()
    document.add_paragraph("before")
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    inner = f"<w:p>{RUN.format('within')}</w:p>"
    control = f'<w:sdt xmlns:w="{name}"><w:sdtContent>{inner}</w:sdtContent></w:sdt>'
    document.element.body.insert(1, parse_xml(control))
    kept = io.BytesIO()
    document.save(kept)
    context.write("a.docx", kept.getvalue())
    assert (await context.call("read_file", path="a.docx")).output.endswith("1 | before\n2 | within")


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("a.png", b"<html>", "does not contain image/png"),
        ("a.pdf", b"<html>", "cannot be read"),
        ("a.pdf", b"%PDF-1.4\nnonsense", "cannot be read"),
        ("a.docx", b"<html>", "no archive"),
    ],
)
async def test_what_is_not_what_its_name_says(context: Context, path: str, content: bytes, told: str) -> None:
    context.write(path, content)
    assert told in await context.failure("read_file", path=path)


async def test_an_archive_that_inflates_is_not_opened(context: Context) -> None:
    context.write("a.docx", bomb())
    assert "decompresses to" in await context.failure("read_file", path="a.docx")
