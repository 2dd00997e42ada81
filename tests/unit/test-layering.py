#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may know what in src/: prints TAP.  The argument is the directory."""

import fnmatch
import pathlib
import re
import sys

# From the top down: a file includes headers of its own layer and of those below it.
LAYERS = [
    ['main.*', 'cli/*', 'exec/*'],
    ['daemon.*'],
    ['bus.*', 'bus-call*', 'bus-callers*', 'bus-details.*', 'bus-dispatch*', 'bus-props*',
     'bus-row.*', 'authority.*'],
    ['address*', 'bulk*', 'description.*', 'interfaces.*', 'kernel-support.*', 'link.*', 'link-*',
     'links.*', 'link/*', 'manager*', 'namespace*', 'neighbour*', 'net.*', 'nexthop*', 'nsids.*',
     'object.*', 'objects.*', 'owners.*', 'records.*', 'registry*', 'route*', 'rtwords.*', 'rule*',
     'signals.*'],
    ['worker.*', 'netns*'],
    ['nl-*', 'attr*'],
    ['bus-path.*', 'config.*', 'error.*', 'log.*', 'names.*', 'reaper.*', 'stream.*', 'text.*'],
]
MOST_LINES = 600


def layer_of(name):
    found = [n for n, patterns in enumerate(LAYERS)
             if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    return found[0] if len(found) == 1 else None


def is_one_of(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def without_comments(text):
    """Lines stay lines; comments and strings go, names of headers stay."""
    def keep_lines(match):
        token = match.group(0)
        if token.startswith('#'):
            return token
        return '""' if token.startswith('"') else '\n' * token.count('\n') + ' '

    return re.sub(r'^\s*#\s*include[^\n]*|/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', keep_lines,
                  text, flags=re.DOTALL | re.MULTILINE)


class Sources:
    def __init__(self, directory):
        root = pathlib.Path(directory)
        self.guide = (root.parent / 'HACKING.md').read_text()
        self.raw = {str(path.relative_to(root)): path.read_text()
                    for path in sorted(root.rglob('*.[ch]'))}
        self.kinds = (root / 'link' / 'kinds.def').read_text()
        self.code = {name: without_comments(text) for name, text in self.raw.items()}

    def find(self, pattern, allowed=()):
        """Lines that match, in files that are not allowed to have them."""
        return [f'{name}:{number}: {line.strip()}'
                for name, text in self.code.items() if not is_one_of(name, allowed)
                for number, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)]

    def includes(self, name):
        """Headers of the project that @name includes, as paths from src/."""
        for header in re.findall(r'^\s*#\s*include "([^"]+)"', self.code[name], re.MULTILINE):
            beside = str(pathlib.PurePosixPath(name).parent / header)
            if beside in self.raw:
                yield beside
            elif header in self.raw:
                yield header


def polkit(sources):
    return sources.find(r'\bpolkit_|\bPolkit[A-Z]|<polkit|PolicyKit1', ['authority.c'])


def namespaces(sources):
    return sources.find(r'\b(setns|unshare|mount|umount2?|move_mount|open_tree)\s*\('
                        r'|\b(SYS|__NR)_(setns|unshare|mount|umount2|clone3?)\b',
                        ['netns*.c', 'worker.c', 'exec/*'])


def netlink_sockets(sources):
    return sources.find(r'\bnl_(socket|connect|send|recv|close|cb_|complete|wait)\w*\s*\('
                        r'|\bAF_NETLINK\b|<netlink/socket\.h>', ['nl-*.[ch]'])


def no_objects_of_libnl(sources):
    return sources.find(r'\brtnl_\w+\s*\(|\bnl_(cache|object)_|<netlink/(route/|cache|object)')


def no_goto(sources):
    return sources.find(r'\bgoto\b')


def file_length(sources):
    return [f'{name}: {text.count(chr(10))} lines'
            for name, text in sources.raw.items() if text.count('\n') > MOST_LINES]


def every_file_has_a_layer(sources):
    return [f'{name}: in no layer, or in several; see LAYERS in this test'
            for name in sources.raw if layer_of(name) is None]


def every_file_is_in_the_guide(sources):
    """The kinds are there as `link/KIND.c`: kinds.def lists them."""
    kinds = re.findall(r'^KIND \((\w+)\)', sources.kinds, re.MULTILINE)
    known = [f'link/{kind.replace("_", "-")}.c' for kind in kinds]
    return [f'{name}: not in HACKING.md' for name in sources.raw
            if name.endswith('.c') and name not in known and f'`{name}`' not in sources.guide]


def includes_point_downward(sources):
    return [f'{name} includes {header}'
            for name in sources.raw for header in sources.includes(name)
            if layer_of(name) is not None and layer_of(header) is not None
            and layer_of(header) < layer_of(name)]


def headers_are_no_circle(sources):
    """Headers that include each other, by whatever way."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for header in sources.includes(todo.pop()):
                if header not in seen:
                    seen.add(header)
                    todo.append(header)
        return seen

    return [name for name in sources.raw if name.endswith('.h') and name in reach(name)]


def headers_once(sources):
    return [name for name, text in sources.raw.items()
            if name.endswith('.h') and '#pragma once' not in text]


def licences(sources):
    return [name for name, text in sources.raw.items()
            if not text.startswith('/* SPDX-License-Identifier: LGPL-2.1-or-later */')]


RULES = [polkit, namespaces, netlink_sockets, no_objects_of_libnl, no_goto, file_length,
         every_file_has_a_layer, every_file_is_in_the_guide, includes_point_downward,
         headers_are_no_circle, headers_once, licences]


def main():
    sources = Sources(sys.argv[1])
    failed = False
    print(f'1..{len(RULES)}')
    for number, rule in enumerate(RULES, 1):
        offending = rule(sources) if sources.raw else ['no sources']
        print(f'{"not " if offending else ""}ok {number} {rule.__name__}')
        for line in offending:
            print(f'# {line}')
        failed |= bool(offending)
    sys.exit(failed)


main()
