"""What the bus has to show, computed from what ip(8) shows: one table for each sort of object.

A row is property: function of ip's JSON object (and, for links, of the namespace around it); the
rows of the kinds of links are in tests/service/kinds/.  Properties that no row names are those
that ip does not print; other tests check them.
"""

from . import contract, kernel, kinds

# A word that ip makes up from the flags of another link.
DERIVED_LINK_FLAGS = {'M-DOWN'}
ADDRESS_FLAGS = ('secondary', 'tentative', 'deprecated', 'dadfailed', 'temporary', 'home', 'nodad',
                 'mngtmpaddr', 'noprefixroute', 'autojoin', 'optimistic', 'stable-privacy',
                 'dynamic')
FOREVER = 4294967295


class World:
    """The links of one namespace by ifindex, as ip shows them, and the path of the namespace."""

    def __init__(self, path, links):
        self.path = path
        self.links = links
        self.index = {link['ifname']: index for index, link in links.items()}

    def link_path(self, name):
        if not name:
            return '/'
        return f'{self.path}/link/{self.index[name]}'


def group(link):
    name = link.get('group', 'default')
    return 0 if name == 'default' else int(name)


def has_flag(word):
    return lambda link, _world: word in link['flags']


def text(key, default=''):
    return lambda link, _world: link.get(key, default)


def other_end(link, world, of_pair):
    """Parent or Peer as far as ip knows it: None where it is in another namespace."""
    case = kinds.find(link.get('linkinfo', {}).get('info_kind'), False)
    if of_pair != (case is not None and case.is_pair):
        return '/'
    if 'link' in link:
        return world.link_path(link['link'])
    return None if 'link_index' in link else '/'


LINK = {
    'Index': text('ifindex'),
    'Name': text('ifname'),
    'Flags': lambda link, _world: sorted(set(link['flags']) - DERIVED_LINK_FLAGS),
    'Up': has_flag('UP'),
    'Mtu': text('mtu'),
    'Qdisc': text('qdisc'),
    'OperState': text('operstate'),
    'LinkMode': text('linkmode', 'DEFAULT'),
    'Group': lambda link, _world: group(link),
    'TxQueueLength': text('txqlen', 0),
    'Type': text('link_type'),
    'MacAddress': text('address'),
    'Broadcast': text('broadcast'),
    'Alias': text('ifalias'),
    'AlternativeNames': lambda link, _world: sorted(link.get('altnames', [])),
    # ip leaves it out where it is the address.
    'PermanentMacAddress': lambda link, _world: link.get('permaddr'),
    'Promiscuous': has_flag('PROMISC'),
    'AllMulticast': has_flag('ALLMULTI'),
    'Multicast': has_flag('MULTICAST'),
    'Dynamic': has_flag('DYNAMIC'),
    'Arp': lambda link, _world: 'NOARP' not in link['flags'],
    'Trailers': lambda link, _world: 'NOTRAILERS' not in link['flags'],
    'ProtoDown': lambda link, _world: bool(link.get('proto_down', False)),
    'IPv6AddressGenerationMode': text('inet6_addr_gen_mode'),
    'GsoMaxSize': text('gso_max_size'),
    'GsoMaxSegments': text('gso_max_segs'),
    'GroMaxSize': text('gro_max_size'),
    'TsoMaxSize': lambda link, _world: link.get('tso_max_size'),
    'TsoMaxSegments': lambda link, _world: link.get('tso_max_segs'),
    'Promiscuity': text('promiscuity'),
    'AllMulticastCount': lambda link, _world: link.get('allmulti'),
    'XdpMode': lambda link, _world: None if 'xdp' in link else '',
    'PhysicalPortName': text('phys_port_name'),
    'PhysicalPortId': text('phys_port_id'),
    'PhysicalSwitchId': text('phys_switch_id'),
    'MinMtu': text('min_mtu', 0),
    'MaxMtu': text('max_mtu', 0),
    'TxQueues': text('num_tx_queues'),
    'RxQueues': text('num_rx_queues'),
    'Kind': lambda link, _world: link.get('linkinfo', {}).get('info_kind', ''),
    'SlaveKind': lambda link, _world: link.get('linkinfo', {}).get('info_slave_kind', ''),
    'ParentDeviceName': text('parentdev'),
    'ParentDeviceBus': text('parentbus'),
    'Master': lambda link, world: world.link_path(link.get('master')),
    'Parent': lambda link, world: other_end(link, world, False),
    'Peer': lambda link, world: other_end(link, world, True),
    'LinkNamespace': lambda link, _world: None if 'link_netnsid' in link else '/',
}


def drop_unknown(values):
    return {key: value for key, value in values.items() if value is not None}


def link(data, world):
    """{interface: {property: value}} that the bus has to show for ip's link."""
    info = data.get('linkinfo', {})
    interfaces = {contract.LINK: drop_unknown({k: row(data, world) for k, row in LINK.items()})}
    for case in (kinds.find(info.get('info_kind'), False),
                 kinds.find(info.get('info_slave_kind'), True)):
        if case:
            interfaces[case.interface] = case.expected(info.get(case.info_key, {}), world)
    return interfaces


def address(index, data, world):
    """The properties of Address for one entry of ip's addr_info."""
    flags = sorted(word for word in ADDRESS_FLAGS if data.get(word))
    return {
        'Address': f'{data["local"]}/{data["prefixlen"]}',
        'Family': data['family'],
        'Link': f'{world.path}/link/{index}',
        'Local': data['local'],
        'PrefixLength': data['prefixlen'],
        'Peer': data.get('address', ''),
        'Broadcast': data.get('broadcast', ''),
        'Label': data.get('label', ''),
        'Scope': data['scope'],
        'Flags': flags,
        'ValidLifetime': data['valid_life_time'],
        'PreferredLifetime': data['preferred_life_time'],
        'Metric': data.get('metric', 0),
    }


def prefix(value, family):
    """A route's destination in full: ip prints hosts without a length."""
    length = 32 if family == 'inet' else 128
    if value in (None, 'default', 'all'):
        return '0.0.0.0/0' if family == 'inet' else '::/0'
    return value if '/' in value else f'{value}/{length}'


def gateway(data):
    return data.get('gateway') or data.get('via', {}).get('host', '')


def next_hop(data, world):
    return {'Gateway': gateway(data), 'Link': world.link_path(data.get('dev')),
            'Weight': data.get('weight', 1), 'Flags': sorted(data.get('flags', [])),
            'Encapsulation': encapsulation(data, world)}


def table(data):
    name = data.get('table', 'main')
    return kernel.ROUTE_TABLES.get(name) or int(name)


# What ip(8) calls the keys of an encapsulation that it prints as the bus does.
ENCAP_KEYS = {
    'encap': 'Type', 'id': 'Id', 'ttl': 'Ttl', 'tos': 'Tos', 'hoplimit': 'HopLimit',
    'tc': 'TrafficClass', 'mode': 'Mode', 'action': 'Action', 'nh4': 'Nh4', 'nh6': 'Nh6'}


def segments(data, drop_last):
    """Where the kernel puts the destination of a packet, ip(8) prints a segment "::"."""
    found = {'Segments': data['segs'][:-1] if drop_last else data['segs']}
    if 'hmac' in data:
        found['Hmac'] = int(data['hmac'], 0)
    return found


def encapsulation(data, world):
    """Encapsulation of a route or a next hop."""
    shown = data.get('encap', {})
    found = {key: shown[name] for name, key in ENCAP_KEYS.items() if name in shown}
    for name, key in (('src', 'Source'), ('dst', 'Destination')):
        if name in shown:
            value = shown[name]
            found[key] = '' if value in ('0.0.0.0', '::') else value
    if found.get('Type') in ('ip', 'ip6'):
        found['Flags'] = sorted(word for word in ('key', 'csum', 'seq') if shown.get(word))
    if 'segs' in shown:
        found.update(segments(shown, shown.get('mode') == 'inline'))
    if 'srh' in shown:
        found.update(segments(shown['srh'], shown['action'] == 'End.B6'))
    if 'table' in shown:
        found['Table'] = table(shown)
    if 'vrftable' in shown:
        found['VrfTable'] = int(shown['vrftable'])
    for name, key in (('iif', 'InputLink'), ('oif', 'OutputLink')):
        if name in shown:
            found[key] = world.link_path(shown[name])
    for key in ('Nh4', 'Nh6'):
        if found.get(key) in ('0.0.0.0', '::'):
            found[key] = ''
    return found


def route(family, data, world):
    """The properties of Route for one of ip's routes."""
    source = data.get('from', '')
    return {
        'Destination': prefix(data['dst'], family),
        'Family': family,
        'Source': prefix(source, family) if source else '',
        'Gateway': gateway(data),
        'Link': world.link_path(data.get('dev')),
        'PreferredSource': data.get('prefsrc', ''),
        'Table': table(data),
        'Protocol': data.get('protocol', 'boot'),
        'Scope': data.get('scope', 'global'),
        'Type': data.get('type', 'unicast'),
        'Metric': data.get('metric', 0),
        'Tos': int(data.get('tos', '0'), 16),
        'Flags': sorted(data.get('flags', [])),
        'Metrics': {k: v for entry in data.get('metrics', []) for k, v in entry.items()},
        'NextHops': [next_hop(hop, world) for hop in data.get('nexthops', [])],
        'Preference': data.get('pref', ''),
        'Expires': data.get('expires', 0),
        'NextHopId': data.get('nhid', 0),
        'Encapsulation': encapsulation(data, world),
    }
