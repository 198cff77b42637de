"""Writes fixtures.json: what Python's struct makes of some formats, one case a line, values as text.

Run it on 64-bit Linux: python3 fixtures.py > fixtures.json
"""

import json
import math
import random
import struct

random.seed(1)
CODES = "cbB?hHiIlLqQnNPefdspx"
FIXED = """
>ffffffffff >ff <cbB?hHiIlLqQefdd >cbB?hHiIlLqQefdd xbxbxBxBhhHHllLLqqQQ >xbxbxBxBhhHHllLLqqQQ
<xbxbxBxBhhHHllLLqqQQ eeffdd >eeffdd !eeffdd =eeffdd @eeffdd @bhilq =bhilq @cfxd @llh0l @bN @Bn @?P @Qb
4h >2x3H >10s >s >4p >p >12p >3c 0h >0h x >125H @b0q @b5s2H
""".split() + [">h H", " >h", "> 2h\ti", ">\n"]


def is_fit(size, values):
    return size <= 250 and all(not isinstance(v, float) or math.isfinite(v) for v in values)


def text(value):
    return value.rstrip(b"\0").decode() if isinstance(value, bytes) else json.dumps(value)


def cases():
    for form in FIXED + [random_format() for _ in range(120)]:
        try:
            size = struct.calcsize(form)
        except struct.error:
            yield {"format": form}
            continue
        data = bytes(random.choice([random.randrange(128), random.randrange(8)]) for _ in range(size))
        # Bytes beyond ASCII are no text; elsewhere they are wanted.
        if not any(code in form for code in "csp"):
            data = random.randbytes(size)
        values = struct.unpack(form, data)
        if is_fit(size, values):
            yield {"format": form, "bytes": data.hex(), "values": [text(v) for v in values]}


def random_format():
    order = random.choice(["", "@", "=", "<", ">", "!"])
    items = random.choices(CODES, k=random.randrange(1, 7))
    return order + "".join(random.choice(["", "", "2", "3"]) + code for code in items)


def packed():
    candidates = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536]
    candidates += [2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32, 2**63 - 1, -(2**63), 2**64 - 1, 2**64]
    candidates += [0.0, -0.0, 21.3, -999.88, 0.1, 1e-9, 65504.0, 65519.9, 65520.0, 1e38, 3.5e38, -1e300]
    # Native floats are left out: Python writes infinity where others are too large for them.
    for form in ["<" + c for c in "hHiqef"] + [">" + c for c in "bBhHiIlLqQefd"] + ["l", "L"]:
        for value in candidates:
            if isinstance(value, float) == (form[-1] in "efd"):
                try:
                    data = struct.pack(form, value).hex()
                except (struct.error, OverflowError):
                    data = None
                yield {"format": form, "bytes": data, "value": text(value)}


def lines(cases):
    return ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)


print('{"unpacked":[\n%s\n],"packed":[\n%s\n]}' % (lines(cases()), lines(packed())))
