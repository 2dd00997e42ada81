"""Does the bus show what the kernel has?  All objects, property by property."""

import time

from . import contract, expected, kernel, kinds
from .loop import Timeout, wait_for_event

AGEING = {'ValidLifetime', 'PreferredLifetime', 'Expires'}
AGEING_TOLERANCE = 2    # seconds between one look and the other
LIMIT = 5               # seconds until the bus must have caught up
KIND_INTERFACES = {kind.name for kind in kinds.load().values()}


def plain(key, value):
    """A value without what has no meaning: the order of words."""
    if key in ('Flags', 'AlternativeNames'):
        return sorted(value)
    if key == 'NextHops':
        return [plain_dict(hop) for hop in value]
    return plain_dict(value) if key == 'Encapsulation' else value


def plain_dict(values):
    """A dictionary of values, likewise."""
    return {key: plain(key, values[key]) for key in sorted(values)}


def equal(key, shown, wanted):
    if key in AGEING and expected.FOREVER not in (shown, wanted):
        return abs(shown - wanted) <= AGEING_TOLERANCE
    return plain(key, shown) == plain(key, wanted)


def differences(what, shown, wanted):
    """A line for each property of `wanted` that `shown` lacks or has otherwise."""
    lines = []
    for key, value in wanted.items():
        if key not in shown:
            lines.append(f'{what}: {key} is missing, ip has {value!r}')
        elif not equal(key, shown[key], value):
            lines.append(f'{what}: {key} is {shown[key]!r}, ip has {value!r}')
    return lines


def compare_links(objects, world, listener=False):
    """A listener does not know what changes without a signal."""
    lines = []
    shown = {path: interfaces for path, interfaces in objects.items()
             if contract.LINK in interfaces}
    wanted = {f'{world.path}/link/{index}': link for index, link in world.links.items()}
    for path in shown.keys() - wanted.keys():
        lines.append(f'{path}: on the bus, not in the kernel')
    for path, link in wanted.items():
        if path not in shown:
            lines.append(f'{path}: in the kernel ({link["ifname"]}), not on the bus')
            continue
        wanted_here = expected.link(link, world)
        for interface, properties in wanted_here.items():
            silent = contract.silent_properties(interface) if listener else ()
            lines += differences(f'{path} ({link["ifname"]}) {interface}',
                                 shown[path].get(interface, {}),
                                 {k: v for k, v in properties.items() if k not in silent})
        extra = (shown[path].keys() & KIND_INTERFACES) - wanted_here.keys()
        lines += [f'{path}: has {interface}, the kernel has not' for interface in extra]
    return lines


def address_key(properties):
    return (properties['Link'], properties['Address'], properties['Peer'])


def compare_addresses(objects, world, found):
    lines = []
    shown = {address_key(interfaces[contract.ADDRESS]): interfaces[contract.ADDRESS]
             for interfaces in objects.values() if contract.ADDRESS in interfaces}
    wanted = {}
    for index, data in found:
        properties = expected.address(index, data, world)
        wanted[address_key(properties)] = properties
    for key in shown.keys() - wanted.keys():
        lines.append(f'address {key}: on the bus, not in the kernel')
    for key, properties in wanted.items():
        if key in shown:
            lines += differences(f'address {key}', shown[key], properties)
        else:
            lines.append(f'address {key}: in the kernel, not on the bus')
    return lines


def route_key(properties):
    """What tells routes apart: all but what ages."""
    return repr(sorted((key, plain(key, value)) for key, value in properties.items()
                       if key not in AGEING))


def compare_routes(objects, world, found):
    """Routes have no name to match them by: compare them as a bag of dictionaries."""
    shown = sorted(route_key(interfaces[contract.ROUTE])
                   for interfaces in objects.values() if contract.ROUTE in interfaces)
    wanted = sorted(route_key(expected.route(family, data, world)) for family, data in found)
    lines = []
    for route in shown:
        if route in wanted:
            wanted.remove(route)
        else:
            lines.append(f'route on the bus, not in the kernel: {route}')
    return lines + [f'route in the kernel, not on the bus: {route}' for route in wanted]


def look(namespace, name, objects):
    """The differences between `objects` (or what the bus shows now) and the kernel."""
    world = expected.World(namespace.path, kernel.links(name))
    addresses = kernel.addresses(name)
    routes = kernel.routes(name)
    shown = objects() if objects else namespace.objects()
    return (compare_links(shown, world, objects is not None)
            + compare_addresses(shown, world, addresses) + compare_routes(shown, world, routes))


def wait_until_same(differ, limit=LIMIT):
    """differ() has no lines, at the latest when things have come to rest.

    While it has, look again after each signal, and at the latest after a tenth of the limit (the
    kernel has silent changes: a timer of ours is then the only event).
    """
    def look_again():
        try:
            return differ()
        except KeyError as error:   # ip is asked several times, and a link may go in between
            return [f'the kernel changed meanwhile, or ip does not show {error}']

    deadline = time.monotonic() + limit
    while lines := look_again():
        if time.monotonic() > deadline:
            raise Timeout('bus and kernel differ:\n' + '\n'.join(lines))
        wait_for_event(limit / 10)


def assert_bus_equals_kernel(namespace, name=None, objects=None, limit=LIMIT):
    """The bus shows what `ip -n name` shows."""
    wait_until_same(lambda: look(namespace, name, objects), limit)
