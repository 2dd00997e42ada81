#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has each attribute that the kernel has for a kind of links a row, or a reason why not?

Prints TAP, and for each file of tests/service/kinds/ a line of numbers.  The arguments are
rows-json and the directory of the tests.  Enumerators come from the headers of this machine, and
what is newer than those of Debian 12 from uapi-new.json: by header, the first enumerator of an
enum, and the new ones with their values.
"""

import json
import pathlib
import re
import subprocess
import sys

INCLUDE = pathlib.Path('/usr/include')
NO_ATTRIBUTE = re.compile(r'_(UNSPEC|PAD|PAD\d|MAX)$|^__')


def enums_of(text):
    """Each enum of a header: {enumerator: value}."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*|^\s*#[^\n]*(\\\n[^\n]*)*', ' ', text, flags=re.S | re.M)
    for body in re.findall(r'\benum\b[^{;]*{([^}]*)}', text):
        values, last = {}, -1
        for item in filter(None, map(str.strip, body.split(','))):
            name, _equals, value = map(str.strip, item.partition('='))
            if not value:
                last += 1
            elif value in values:
                last = values[value]
            elif re.fullmatch(r'-?(0x)?[0-9a-fA-F]+', value):
                last = int(value, 0)
            else:
                last = None     # an expression: no attributes
                break
            values[name] = last
        if last is not None and values:
            yield values


def enumerators(kind, newer):
    """{enumerator: value} of the enum of a kind."""
    path = INCLUDE / kind.header
    found = {}
    enums = list(enums_of(path.read_text())) if path.exists() else []
    for first, values in newer.get(kind.header, {}).items():
        enums = [{**values, **enum} if first in enum else enum for enum in enums]
        if not any(first in enum for enum in enums):
            enums.append(values)
    for enum in enums:
        if f'{kind.enum}UNSPEC' in enum or (not found and all(
                name.lstrip('_').startswith(kind.enum) for name in enum)):
            found = enum
    return {name: value for name, value in found.items() if not NO_ATTRIBUTE.search(name)}


def check(kind, rows, newer):
    """(the numbers, what is wrong) of one kind."""
    known = enumerators(kind, newer) if kind.enum else {}
    ids = {number for row in rows for number in row['ids']}
    wrong = [f'{name}: neither a row nor left out' for name, value in known.items()
             if value not in ids and name not in kind.left_out]
    if kind.enum and not known:
        wrong.append(f'{kind.header} has no enum {kind.enum}*')
    if not rows:
        wrong.append('the daemon has no rows')
    left = ', '.join(f'{name} ({reason})' for name, reason in kind.left_out.items())
    names = {row['property'] for row in rows}
    return f'{len(names)} rows / {len(known)} attributes / left out: {left or "none"}', wrong


def main():
    program, tests = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.path.insert(0, str(tests / 'service'))
    from support import kinds
    rows = json.loads(subprocess.run([program, '--attributes'], capture_output=True, check=True,
                                     text=True).stdout)
    newer = json.loads((tests / 'unit' / 'uapi-new.json').read_text())
    failed = False
    print(f'1..{len(kinds.load())}')
    for number, (name, kind) in enumerate(kinds.load().items(), 1):
        numbers, wrong = check(kind, [row for row in rows if row['interface'] == kind.name], newer)
        print(f'{"not " if wrong else ""}ok {number} {name}')
        for line in [numbers, *wrong]:
            print(f'# {line}')
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
