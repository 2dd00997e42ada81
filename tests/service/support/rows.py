"""Every privileged member of the API, from the daemon's own tables, and a sample call of each.

A sample is made for a `Scene`: a namespace with one object of each sort.
"""

import json
import os
from dataclasses import dataclass, field

from gi.repository import GLib

from . import contract, kernel
from .daemon import BUILD

READ = 'read'


@dataclass(frozen=True)
class Row:
    """A row of the daemon's tables."""

    interface: str
    member: str
    type: str
    action: str
    signature: str

    def __str__(self):
        return f'{self.interface.removeprefix("org.netnsd1.")}.{self.member}'


def all_rows():
    """The rows as the daemon's build prints them."""
    program = BUILD / 'tests' / 'unit' / 'rows-json'
    return [Row(**row) for row in json.loads(kernel.run(program))]


def privileged_rows():
    return [row for row in all_rows() if row.action != READ]


@dataclass
class Scene:
    """A namespace to make calls in, and the paths that they are made on."""

    namespace: object
    name: str
    spare: str      # a second namespace, to attach
    paths: dict = field(default_factory=dict)

    @classmethod
    def build(cls, namespace, name, spare='spare'):
        bridge = namespace.create_link('br0', 'bridge')
        link = namespace.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True},
                                     Master=bridge.path, Up=True)
        link.call('AddAlternativeName', '(s)', 'alternative')
        address = link.add_address('192.0.2.1/24')
        route = namespace.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
        return cls(namespace, name, spare, {
            contract.MANAGER: contract.MANAGER_PATH, contract.NAMESPACE: namespace.path,
            contract.LINK: link.path, contract.BRIDGE: bridge.path,
            contract.BRIDGE_PORT: link.path, contract.VETH: link.path,
            contract.ADDRESS: address.path, contract.ROUTE: route.path})

    def path(self, interface):
        return self.paths[interface]

    def lacks(self, row):
        """Is it a property that this kernel does not have?"""
        return row.type == 'property' and row.member not in self.namespace.client.get_all(
            self.path(row.interface), row.interface)

    def current(self, interface, name):
        """The value of a property as a GLib.Variant, or one of its type where it has none."""
        kind = contract.properties_of(interface)[name][0]
        values = self.namespace.client.get_all(self.path(interface), interface)
        empty = {'b': True, 's': '', 'o': '/'}
        return GLib.Variant(kind, values.get(name, empty.get(kind, 0)))


def sample_move(scene):
    return '(oa{sv})', (scene.namespace.path, {'Name': GLib.Variant('s', 'moved')})


# (interface, method): the arguments of a call that an authorised caller may make.
SAMPLES = {
    (contract.MANAGER, 'CreateNamespace'): lambda scene: ('(sa{sv})', ('sample', {})),
    (contract.MANAGER, 'AttachNamespace'): lambda scene: ('(sh)', ('sample', 0)),
    (contract.MANAGER, 'AttachProcess'): lambda scene: ('(su)', ('sample', scene.paths['pid'])),
    (contract.NAMESPACE, 'Delete'): lambda scene: (None, ()),
    (contract.NAMESPACE, 'Open'): lambda scene: (None, ()),
    (contract.NAMESPACE, 'CreateLink'): lambda scene: ('(ssa{sv})', ('sample', 'bridge', {})),
    (contract.NAMESPACE, 'AddRoute'): lambda scene: ('(a{sv})', ({
        'Destination': GLib.Variant('s', '203.0.113.0/24'),
        'Gateway': GLib.Variant('s', '192.0.2.9')},)),
    (contract.LINK, 'Set'): lambda scene: ('(a{sv})', ({'Mtu': GLib.Variant('u', 1400)},)),
    (contract.LINK, 'Delete'): lambda scene: (None, ()),
    (contract.LINK, 'MoveTo'): sample_move,
    (contract.LINK, 'AddAddress'): lambda scene: ('(sa{sv})', ('203.0.113.1/24', {})),
    (contract.LINK, 'AddAlternativeName'): lambda scene: ('(s)', ('another',)),
    (contract.LINK, 'RemoveAlternativeName'): lambda scene: ('(s)', ('alternative',)),
    (contract.ADDRESS, 'Set'): lambda scene: ('(a{sv})', ({'Metric': GLib.Variant('u', 7)},)),
    (contract.ADDRESS, 'Delete'): lambda scene: (None, ()),
    (contract.ROUTE, 'Delete'): lambda scene: (None, ()),
}


@dataclass
class Call:
    """A call ready to be made, by whomever."""

    path: str
    interface: str
    member: str
    parameters: object
    files: tuple = ()

    @property
    def words(self):
        return (self.path, self.interface, self.member, self.parameters)


def has_sample(row):
    return row.type == 'property' or (row.interface, row.member) in SAMPLES


def sample(row, scene):
    """The call of a row.  A property is written with the value that it has."""
    path = scene.path(row.interface)
    if row.type == 'property':
        value = scene.current(row.interface, row.member)
        return Call(path, contract.PROPERTIES, 'Set',
                    GLib.Variant('(ssv)', (row.interface, row.member, value)))
    signature, values = SAMPLES[(row.interface, row.member)](scene)
    files = (f'/run/netns/{scene.spare}',) if row.member == 'AttachNamespace' else ()
    parameters = GLib.Variant(signature, values) if signature else None
    return Call(path, row.interface, row.member, parameters, files)


def snapshot(*names):
    """All that the kernel has in these namespaces and all names, to see that nothing changed."""
    state = {'names': sorted(os.listdir('/run/netns'))}
    for name in names:
        state[name] = (kernel.links(name), kernel.addresses(name), kernel.routes(name))
    return json.loads(json.dumps(state))
