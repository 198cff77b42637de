"""A DNS server that resolves one name to 127.0.0.1, on a free address of this machine, which it prints.

Usage: resolver.py NAME
"""

import socket
import sys

name = sys.argv[1]
question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def listen():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for last in range(2, 255):
        address = f"127.0.0.{last}"
        try:
            # resolv.conf cannot name a port, so this must be port 53.
            server.bind((address, 53))
        except OSError:
            continue
        print(address, flush=True)
        return server
    sys.exit("port 53 is taken on every address from 127.0.0.2 to 127.0.0.254")


server = listen()
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
