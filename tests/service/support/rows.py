"""Every privileged member of the API, from the daemon's own tables, and a sample call of each.

A sample is made for a `Scene`: a namespace with one object of each sort.
"""

import functools
import json
import os
import pathlib
import sys
from dataclasses import dataclass, field

from gi.repository import GLib

from . import contract, kernel, kinds, workbench
from .bus import BusError
from .daemon import BUILD
from .workbench import Workbench

READ = 'read'
# Methods that some kernels lack, and the property that shows it.
METHODS_FOR = {'AddVlan': 'Vlans', 'RemoveVlan': 'Vlans'}


@dataclass(frozen=True)
class Row:
    """A row of the daemon's tables."""

    interface: str
    member: str
    type: str
    action: str
    signature: str

    @property
    def prop(self):
        return self.member if self.type == 'property' else None

    def __str__(self):
        return f'{self.interface.removeprefix("org.netnsd1.")}.{self.member}'


def all_rows():
    """The rows as the daemon's build prints them."""
    program = BUILD / 'tests' / 'unit' / 'rows-json'
    return [Row(**row) for row in json.loads(kernel.run(program))]


def privileged_rows():
    return [row for row in all_rows() if row.action != READ]


@functools.cache
def find_case(interface, member=None):
    """Of the kinds of an interface that have the property one that this kernel has, if any."""
    cases = [case for kind in kinds.load().values() if kind.name == interface
             for case in kind.cases()
             if member is None or member in {row.name for row in case.rows}]
    return next((case for case in cases if kernel.has_kind(case.kind)), cases[0])


def need_row(row):
    """Skip the test of a row on a kernel without the kind."""
    if row.interface in contract.KIND_INTERFACES:
        workbench.need(find_case(row.interface, row.prop))


def is_here(row):
    """Has the kernel the kind that the row is about?"""
    return (row.interface not in contract.KIND_INTERFACES
            or kernel.has_kind(find_case(row.interface, row.prop).kind))


@dataclass
class Scene:
    """A namespace to make calls in, and the paths that they are made on.

    A link of a kind is made when it is asked for first; see tests/service/kinds/.
    """

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
        kernel.ip('neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'v0', ns=name)
        return cls(namespace, name, spare, {
            contract.MANAGER: contract.MANAGER_PATH, contract.NAMESPACE: namespace.path,
            contract.LINK: link.path, contract.ADDRESS: address.path, contract.ROUTE: route.path})

    def path(self, interface, member=None):
        """An object with the interface; of a kind: one whose links have the property."""
        if interface in self.paths:
            return self.paths[interface]
        case = find_case(interface, member)
        if str(case) not in self.paths:
            self.paths[str(case)] = self.make(case)
        return self.paths[str(case)]

    def make(self, case):
        """A link of the kind; it and those that it needs get other names, for the next kind."""
        before = kernel.links(self.name).keys()
        bench = Workbench(case, self.namespace, self.name, check=False)
        path = bench.create('made', case.create).path
        commands = []
        for index, link in kernel.links(self.name).items():
            if index not in before:
                commands += [f'link set dev {link["ifname"]} down',
                             f'link set dev {link["ifname"]} name s{index}']
        kernel.batch(commands, self.name)
        return path

    def lacks(self, row):
        """Is it a property that this kernel does not have, or a method for one?"""
        name = row.prop or METHODS_FOR.get(row.member)
        return name is not None and name not in self.namespace.client.get_all(
            self.path(row.interface, row.prop), row.interface)

    def current(self, interface, name):
        """The value of a property as a GLib.Variant, or one of its type where it has none."""
        kind = contract.properties_of(interface)[name][0]
        values = self.namespace.client.get_all(self.path(interface, name), interface)
        empty = {'b': True, 's': '', 'o': '/'}
        return GLib.Variant(kind, values.get(name, () if kind[0] == 'a' else empty.get(kind, 0)))


def sample_neighbour(scene, address, **more):
    return '(a{sv})', ({'Link': GLib.Variant('o', scene.path(contract.LINK)),
                        'Address': GLib.Variant('s', address), **more},)


def sample_move(scene):
    return '(oa{sv})', (scene.namespace.path, {'Name': GLib.Variant('s', 'moved')})


def sample_vlan(scene):
    return '(qa{sv})', (1, {})


def sample_fdb_entry(scene):
    """Of the bridge itself."""
    return '(sa{sv})', ('02:00:00:00:00:77', {})


def sample_remote_fdb_entry(scene):
    return '(sa{sv})', ('02:00:00:00:00:77', {'Destination': GLib.Variant('s', '192.0.2.77')})


def sample_old_fdb_entry(scene, interface, make_sample):
    """One that is there."""
    signature, values = make_sample(scene)
    try:
        scene.namespace.client.call(scene.path(interface), interface, 'AddFdbEntry', signature,
                                    *values)
    except BusError as error:
        assert error.name == contract.EXISTS, error
    return signature, values


def sample_next_hop(scene):
    """One that is there."""
    return '(u)', (scene.namespace.call('AddNextHop', '(a{sv})', {
        'Fdb': GLib.Variant('b', True), 'Gateway': GLib.Variant('s', '192.0.2.9')}),)


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
    (contract.NAMESPACE, 'AddRoutes'): lambda scene: ('(aa{sv})', ([{
        'Destination': GLib.Variant('s', '203.0.114.0/24'),
        'Gateway': GLib.Variant('s', '192.0.2.9')}],)),
    (contract.NAMESPACE, 'AddRule'): lambda scene: ('(a{sv})', ({
        'Source': GLib.Variant('s', '203.0.113.0/24')},)),
    (contract.NAMESPACE, 'RemoveRule'): lambda scene: ('(a{sv})', ({
        'Priority': GLib.Variant('u', 32767)},)),
    (contract.NAMESPACE, 'AddNeighbour'): lambda scene: sample_neighbour(
        scene, '192.0.2.10', MacAddress=GLib.Variant('s', '02:00:00:00:00:0a')),
    (contract.NAMESPACE, 'RemoveNeighbour'): lambda scene: sample_neighbour(scene, '192.0.2.9'),
    (contract.NAMESPACE, 'FlushNeighbours'): lambda scene: ('(a{sv})', ({
        'State': GLib.Variant('s', 'permanent')},)),
    (contract.NAMESPACE, 'FlushRoutes'): lambda scene: ('(a{sv})', ({
        'Table': GLib.Variant('u', 77)},)),
    (contract.NAMESPACE, 'AddNextHop'): lambda scene: ('(a{sv})', ({
        'Fdb': GLib.Variant('b', True), 'Gateway': GLib.Variant('s', '192.0.2.9')},)),
    (contract.NAMESPACE, 'RemoveNextHop'): sample_next_hop,
    (contract.NAMESPACE, 'ImportRoutes'): lambda scene: ('(ha{sv})', (0, {})),
    (contract.LINK, 'Set'): lambda scene: ('(a{sv})', ({'Mtu': GLib.Variant('u', 1400)},)),
    (contract.LINK, 'Delete'): lambda scene: (None, ()),
    (contract.LINK, 'MoveTo'): sample_move,
    (contract.LINK, 'AddAddress'): lambda scene: ('(sa{sv})', ('203.0.113.1/24', {})),
    (contract.LINK, 'AddAddresses'): lambda scene: ('(aa{sv})', ([{
        'Address': GLib.Variant('s', '203.0.113.2/24')}],)),
    (contract.LINK, 'FlushAddresses'): lambda scene: ('(a{sv})', ({
        'Address': GLib.Variant('s', '192.0.2.77/24')},)),
    (contract.LINK, 'AddAlternativeName'): lambda scene: ('(s)', ('another',)),
    (contract.LINK, 'RemoveAlternativeName'): lambda scene: ('(s)', ('alternative',)),
    (contract.BRIDGE, 'AddVlan'): sample_vlan,
    (contract.BRIDGE, 'RemoveVlan'): sample_vlan,
    (contract.BRIDGE, 'AddFdbEntry'): sample_fdb_entry,
    (contract.BRIDGE, 'RemoveFdbEntry'): lambda scene: sample_old_fdb_entry(
        scene, contract.BRIDGE, sample_fdb_entry),
    (contract.BRIDGE_PORT, 'AddVlan'): sample_vlan,
    (contract.BRIDGE_PORT, 'RemoveVlan'): sample_vlan,
    (contract.VXLAN, 'AddFdbEntry'): sample_remote_fdb_entry,
    (contract.VXLAN, 'RemoveFdbEntry'): lambda scene: sample_old_fdb_entry(
        scene, contract.VXLAN, sample_remote_fdb_entry),
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


def sample_files(row, scene):
    """What the descriptors of a call are of."""
    if row.member == 'AttachNamespace':
        return (f'/run/netns/{scene.spare}',)
    if row.member == 'ImportRoutes':    # a stream without routes
        pathlib.Path('/run/routes').write_bytes((0x45311224).to_bytes(4, sys.byteorder))
        return ('/run/routes',)
    return ()


def sample(row, scene):
    """The call of a row.  A property is written with the value that it has."""
    path = scene.path(row.interface, row.prop)
    if row.type == 'property':
        value = scene.current(row.interface, row.member)
        return Call(path, contract.PROPERTIES, 'Set',
                    GLib.Variant('(ssv)', (row.interface, row.member, value)))
    signature, values = SAMPLES[(row.interface, row.member)](scene)
    files = sample_files(row, scene)
    parameters = GLib.Variant(signature, values) if signature else None
    return Call(path, row.interface, row.member, parameters, files)


def snapshot(*names):
    """All that the kernel has in these namespaces and all names, to see that nothing changed."""
    state = {'names': sorted(os.listdir('/run/netns'))}
    for name in names:
        state[name] = (kernel.links(name), kernel.addresses(name), kernel.routes(name),
                       kernel.ip_json('rule', ns=name),
                       kernel.ip_json('neigh', 'show', 'nud', 'permanent', ns=name))
    return json.loads(json.dumps(state))
