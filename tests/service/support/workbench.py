"""A namespace in which links of one kind are made and tried, as their file in kinds/ says."""

import contextlib
import functools
import json
import os
import pathlib
from dataclasses import dataclass

import pytest
from gi.repository import GLib

from . import compare, contract, expected, kernel
from .daemon import BUILD
from .mirror import Mirror
from .nsd import Link

# What the kernels of the distribution lack: lines of a kind or KIND.Property, and the reason.
LACKS = pathlib.Path(__file__).resolve().parents[2] / 'vm' / 'lacks.txt'


@dataclass(frozen=True)
class Attribute:
    """A row of the daemon's tables."""

    interface: str
    kind: str
    role: str           # link or port
    property: str
    ids: tuple          # of the kernel's attributes
    signature: str
    readable: bool
    creatable: bool
    changeable: bool


@functools.cache
def attributes():
    """{(kind, role): {property: Attribute}}, as the daemon's build prints them."""
    tables = {}
    program = BUILD / 'tests' / 'unit' / 'rows-json'
    for row in json.loads(kernel.run(program, '--attributes')):
        attribute = Attribute(**row)
        tables.setdefault((attribute.kind, attribute.role), {})[attribute.property] = attribute
    return tables


@functools.cache
def lacking():
    """The kernel is one that has all kinds but these; None: it may lack any."""
    if not os.environ.get('NETNSD_TEST_ALL_KINDS'):
        return None
    lines = [line.split() for line in LACKS.read_text().splitlines()]
    return {words[0] for words in lines if words and not words[0].startswith('#')}


def may_lack(what):
    return lacking() is None or what in lacking()


def need(case):
    """Skip the test on a kernel without the kind; tests/harness/sum-results knows this reason."""
    if kernel.has_kind(case.kind):
        return
    reason = f'the kernel has no links of kind {case.kind}'
    if not may_lack(case.kind):
        pytest.fail(reason)
    pytest.skip(reason)


class Workbench:
    """Makes links of a kind in a namespace."""

    def __init__(self, case, namespace, ns, check=True):
        self.case = case
        self.namespace = namespace
        self.client = namespace.client
        self.ns = ns
        self.count = 0
        self.paths = {}
        self.links = None       # while comparing
        self.mirror = None
        self.attributes = attributes().get((case.kind, case.role))
        assert self.attributes, f'the daemon has no rows of {case}'
        for command in case.prepare:
            kernel.ip(*command.split(), ns=ns, check=check)

    @contextlib.contextmanager
    def comparing(self):
        """Meanwhile links are followed, by ip and by listening."""
        self.links = kernel.Links(self.ns)
        self.mirror = Mirror(self.client, self.namespace.path)
        try:
            yield self
        finally:
            self.mirror.close()
            self.links.close()

    def assert_same(self):
        """The bus has the links that the kernel has, and a listener has heard of all."""
        def differ():
            world = expected.World(self.namespace.path, self.links())
            return (compare.compare_links(self.namespace.objects(), world)
                    + compare.compare_links(self.mirror.objects(), world, listener=True))
        compare.wait_until_same(differ)
        assert self.mirror.errors == []

    def without_silent(self, values):
        silent = contract.silent_properties(self.case.interface)
        return {name: value for name, value in values.items() if name not in silent}

    def told(self, link):
        """The properties of the kind as signals told them, without those that run silently."""
        return self.without_silent(self.mirror.known[link.path][self.case.interface])

    def show(self, link, ask=False):
        """What was told, once it is what ip shows.

        The kernel does not tell all that others change: `ask` makes the daemon look.
        """
        def differ():
            asked = self.without_silent(link.get_all(self.case.interface)) if ask else {}
            wanted = self.without_silent(self.shown_by_ip(link))
            return (compare.differences(f'{link.path} as told', self.told(link), asked)
                    + compare.differences(link.path, self.told(link), wanted))
        compare.wait_until_same(differ)
        return self.told(link)

    def variants(self, link):
        """The answer of GetAll, unpacked no further than to GLib.Variants."""
        reply, _fds = self.client.call_raw(link.path, contract.PROPERTIES, 'GetAll',
                                           GLib.Variant('(s)', (self.case.interface,)))
        values = reply.get_child_value(0)
        return {name: values.lookup_value(name, None) for name in values.keys()}

    def shown_by_ip(self, link):
        """What ip has of the kind."""
        world = expected.World(self.namespace.path, self.links())
        data = world.links[int(link.path.rpartition('/')[2])].get('linkinfo', {})
        return self.case.expected(data.get(self.case.info_key, {}), world)

    def value(self, value):
        """A value of a Row as it is on the bus."""
        if isinstance(value, str) and value.startswith('@'):
            if value not in self.paths:
                self.paths[value] = (self.namespace.link(value[1:]) if value != '@'
                                     else self.namespace).path
            return self.paths[value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value

    def pack(self, name, value):
        """A setting as a GLib.Variant in its type; other kinds may have the name in another."""
        known = {**attributes().get((self.case.link_kind, 'link'), {}), **self.attributes}
        if name in known:
            signature = known[name].signature
        else:
            signature = contract.key_type(name, [contract.LINK])
        if signature == 'a{sv}':
            return GLib.Variant(signature, contract.link_settings(**self.value(value)))
        return GLib.Variant(signature, self.value(value))

    def key(self, name):
        """The key of a setting: what the link itself has by that name comes first."""
        if name in contract.properties_of(contract.LINK) and name in self.attributes:
            return f'{self.case.about.interface}.{name}'
        return name

    def settings(self, values):
        return {self.key(name): self.pack(name, value) for name, value in values.items()}

    def create(self, name, values):
        """CreateLink with these settings, and what else creation needs."""
        wanted = self.settings({**self.case.create, **values})
        path = self.namespace.call('CreateLink', '(ssa{sv})', name, self.case.link_kind, wanted)
        link = Link(self.client, path)
        link.name = name
        return link

    def make(self, values=None):
        """A link with these settings; what creation does not take is set afterwards."""
        values = dict(values or {})
        later = {name: values.pop(name) for name in list(values)
                 if name in self.attributes and not self.attributes[name].creatable}
        self.count += 1
        link = self.create(f'k{self.count}', values)
        if later:
            self.set(link, later)
        if {**self.case.create, **values}.get('Up'):
            self.client.settle(lambda: kernel.is_still(self.ns), f'peace in {self.ns}')
        return link

    def set(self, link, values):
        link.call('Set', '(a{sv})', self.settings(values))

    def write(self, link, name, value):
        link.write(name, self.pack(name, value), self.case.interface)

    def ip(self, link, words, **options):
        """A change from the other side."""
        kernel.ip('link', 'set', 'dev', link.name, 'type', self.case.ip_type,
                  *words.split(), ns=self.ns, **options)

    def names(self):
        return {index: link['ifname'] for index, link in self.links().items()}

    @contextlib.contextmanager
    def link(self, values=None):
        made = self.make(values)
        try:
            yield made
        finally:
            made.delete()
