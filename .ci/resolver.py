"""A name server that knows one host, which is this machine: resolver.py ADDRESS NAME"""

import socket
import sys

address, name = sys.argv[1:]
question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((address, 53))
while True:
    query, client = server.recvfrom(512)
    # RFC 1035, section 4.1: a header of 12 bytes, then the name, its type and its class.
    asked = query[12 : 12 + len(question)]
    kind = query[12 + len(question) : 16 + len(question)]
    known = asked == question
    answers = known and kind == b"\0\1\0\1"
    header = query[:2] + (b"\x81\x80" if known else b"\x81\x83") + b"\0\1" + bytes([0, answers]) + bytes(4)
    answer = b"\xc0\x0c" + kind + (60).to_bytes(4, "big") + b"\0\4\x7f\0\0\1" if answers else b""
    end = query.index(b"\0", 12) + 5
    server.sendto(header + query[12:end] + answer, client)
