"""The kinds of links as data: one file in tests/service/kinds/ for each D-Bus interface of a kind.

A file ends in KIND, a `Kind` whose rows say of each property what ip(8) calls it and which values
it takes.  All else is written once: support/expected.py compares rows with what ip shows,
test_kinds.py tries every value, support/rows.py makes a link of each kind for the gate, and
tests/unit/test-coverage.py looks for attributes of the kernel that nobody thought of.

In settings and values "@p0" stands for the path of link p0, and "@" for that of the namespace.
"""

import functools
import importlib.util
import pathlib
from dataclasses import dataclass, field

DIRECTORY = pathlib.Path(__file__).resolve().parents[1] / 'kinds'


def hexadecimal(value):
    return int(value, 16)


def same(key, convert=lambda value: value):
    """What ip has under a key; None where it prints no such key."""
    return lambda info, _world: convert(info[key]) if key in info else None


@dataclass
class Row:
    """A property of a kind."""

    name: str
    key: object = None          # of ip's info_data; or a function of that and the expected.World
    convert: object = None      # makes ip's value the bus's
    create: list = ()           # values that creation takes, each tried in a link of its own
    change: list = ()           # values that Set takes, one after the other
    bad: list = ()              # values that are refused, wherever the property can be set
    needs: dict = field(default_factory=dict)   # settings with which the values are valid
    ip: list = ()               # words for `ip link set dev X type KIND`: changes by others
    only: tuple = ()            # the kinds of the interface that have it; none: all
    also: tuple = ()            # other settings that the kernel changes with this one
    read_as: dict = field(default_factory=dict)     # values that are read back as others
    optional: bool = False      # some kernels lack it
    alone: bool = False         # not to be combined with others at random

    def __post_init__(self):
        if not callable(self.key):
            self.key = same(self.key, self.convert or (lambda value: value))

    def reads(self, value):
        """What is read back of a value that was written."""
        return self.read_as.get(value, value) if self.read_as else value

    def expected(self, info, world):
        """The value that the bus has to show; None where ip does not tell."""
        return self.key(info, world)


@dataclass
class Kind:
    """A D-Bus interface, and the kinds of links that have it."""

    interface: str              # without org.netnsd1.Link
    kinds: tuple                # as in ip-link(8); of a port: of its master
    rows: list = ()
    enum: str = ''              # the prefix of the kernel's enumerators, in linux/NAME.h
    header: str = 'linux/if_link.h'
    left_out: dict = field(default_factory=dict)    # those that have no row: why
    prepare: object = ()        # commands of `ip -n NAMESPACE` before the link is made
    create: object = field(default_factory=dict)    # the least that creation needs
    slave: bool = False         # about the ports of the kind; the link is of the kind link_kind
    link_kind: str = 'veth'

    @property
    def name(self):
        return f'org.netnsd1.Link.{self.interface}'

    def cases(self):
        return [Case(self, kind) for kind in self.kinds]


@dataclass(frozen=True)
class Case:
    """One kind of link (or of port) with what its Kind says of it."""

    about: Kind
    kind: str

    def __str__(self):
        return f'{self.kind}_port' if self.about.slave else self.kind

    def _own(self, value, empty):
        """`prepare` and `create` may be dictionaries by kind."""
        if isinstance(value, dict) and value and value.keys() <= set(self.about.kinds):
            return value.get(self.kind, empty)
        return value

    @property
    def interface(self):
        return self.about.name

    @property
    def role(self):
        return 'port' if self.about.slave else 'link'

    @property
    def link_kind(self):
        return self.about.link_kind if self.about.slave else self.kind

    @property
    def is_pair(self):
        return any(row.name == 'PeerNamespace' for row in self.rows)

    @property
    def ip_type(self):
        return f'{self.kind}_slave' if self.about.slave else self.kind

    @property
    def info_key(self):
        """Where ip shows the rows."""
        return 'info_slave_data' if self.about.slave else 'info_data'

    @property
    def prepare(self):
        return self._own(self.about.prepare, ())

    @property
    def create(self):
        return self._own(self.about.create, {})

    @property
    def rows(self):
        return [row for row in self.about.rows if not row.only or self.kind in row.only]

    def expected(self, info, world):
        """{property: value} that the bus has to show for a link (or port) of this kind."""
        values = {row.name: row.expected(info, world) for row in self.rows}
        return {name: value for name, value in values.items() if value is not None}


@functools.cache
def load():
    """{name of the file: Kind}"""
    found = {}
    for path in sorted(DIRECTORY.glob('*.py')):
        spec = importlib.util.spec_from_file_location(f'kinds_{path.stem}', path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[path.stem] = module.KIND
    return found


@functools.cache
def cases():
    return [case for kind in load().values() for case in kind.cases()]


@functools.cache
def find(kind, slave):
    """The case of a kind of link, or of the ports of one; None if it has no interface."""
    return next((case for case in cases() if (case.kind, case.about.slave) == (kind, slave)), None)
