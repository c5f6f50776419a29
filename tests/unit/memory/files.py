"""Files as people and others bring them."""

import zlib

import typst


def pdf(*pages: str) -> bytes:
    """Return a PDF with a text on each page."""
    return bytes(typst.compile("\n#pagebreak()\n".join(pages).encode()))


def pdf_bomb(megabytes: int) -> bytes:
    """Return a small PDF whose one page unpacks to so many megabytes."""
    packer = zlib.compressobj(9)
    text = b"BT /F1 12 Tf (boom) Tj ET " * 40_000
    packed = b"".join(packer.compress(text) for _ in range(megabytes)) + packer.flush()
    twice = zlib.compress(packed, 9)
    return plain_pdf(twice, "[/FlateDecode /FlateDecode]")


def plain_pdf(stream: bytes, filters: str) -> bytes:
    """Return a PDF of one page with this content."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(stream), filters.encode(), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    whole, places = b"%PDF-1.7\n", []
    for number, said in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, said)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(whole)
    whole += b"xref\n0 6\n0000000000 65535 f \n%s" % table
    return whole + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start
