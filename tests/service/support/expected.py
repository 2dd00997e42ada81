"""What the bus has to show, computed from what ip(8) shows: one table for each kind of object.

A row is property: function of ip's JSON object (and, for links, of the namespace around it).
Properties that no row names are those that ip does not print; other tests check them.
"""

from . import contract, kernel

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


def other_end(link, world, kind_is_veth):
    """Parent or Peer as far as ip knows it: None where it is in another namespace."""
    is_veth = link.get('linkinfo', {}).get('info_kind') == 'veth'
    if is_veth != kind_is_veth:
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
    'PermanentMacAddress': text('permaddr'),
    'Promiscuous': has_flag('PROMISC'),
    'AllMulticast': has_flag('ALLMULTI'),
    'Multicast': has_flag('MULTICAST'),
    'Dynamic': has_flag('DYNAMIC'),
    'Arp': lambda link, _world: 'NOARP' not in link['flags'],
    'ProtoDown': lambda link, _world: bool(link.get('proto_down', False)),
    'IPv6AddressGenerationMode': text('inet6_addr_gen_mode'),
    'GsoMaxSize': text('gso_max_size'),
    'GsoMaxSegments': text('gso_max_segs'),
    'GroMaxSize': text('gro_max_size'),
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
}


def same(key, convert=lambda value: value):
    return lambda data: convert(data[key]) if key in data else None


def hexadecimal(value):
    return int(value, 16)


# Property of Link.Bridge: ip's key and its conversion.  Timers are left out: they run.
BRIDGE = {
    'ForwardDelay': same('forward_delay'), 'HelloTime': same('hello_time'),
    'MaxAge': same('max_age'), 'AgeingTime': same('ageing_time'), 'StpState': same('stp_state'),
    'Priority': same('priority'), 'VlanFiltering': same('vlan_filtering', bool),
    'VlanProtocol': same('vlan_protocol'), 'BridgeId': same('bridge_id'),
    'RootId': same('root_id'), 'RootPort': same('root_port'),
    'RootPathCost': same('root_path_cost'), 'TopologyChange': same('topology_change', bool),
    'TopologyChangeDetected': same('topology_change_detected', bool),
    'VlanDefaultPvid': same('vlan_default_pvid'),
    'VlanStatsEnabled': same('vlan_stats_enabled', bool),
    'VlanStatsPerPort': same('vlan_stats_per_port', bool),
    'GroupFwdMask': same('group_fwd_mask', hexadecimal), 'GroupAddr': same('group_addr'),
    'McastSnooping': same('mcast_snooping', bool),
    'NoLinklocalLearn': same('no_linklocal_learn', bool),
    'McastVlanSnooping': same('mcast_vlan_snooping', bool), 'McastRouter': same('mcast_router'),
    'McastQueryUseIfaddr': same('mcast_query_use_ifaddr', bool),
    'McastQuerier': same('mcast_querier', bool),
    'McastHashElasticity': same('mcast_hash_elasticity'), 'McastHashMax': same('mcast_hash_max'),
    'McastLastMemberCnt': same('mcast_last_member_cnt'),
    'McastStartupQueryCnt': same('mcast_startup_query_cnt'),
    'McastLastMemberIntvl': same('mcast_last_member_intvl'),
    'McastMembershipIntvl': same('mcast_membership_intvl'),
    'McastQuerierIntvl': same('mcast_querier_intvl'), 'McastQueryIntvl': same('mcast_query_intvl'),
    'McastQueryResponseIntvl': same('mcast_query_response_intvl'),
    'McastStartupQueryIntvl': same('mcast_startup_query_intvl'),
    'McastStatsEnabled': same('mcast_stats_enabled', bool),
    'McastIgmpVersion': same('mcast_igmp_version'), 'McastMldVersion': same('mcast_mld_version'),
    'NfCallIptables': same('nf_call_iptables', bool),
    'NfCallIp6tables': same('nf_call_ip6tables', bool),
    'NfCallArptables': same('nf_call_arptables', bool),
}

BRIDGE_PORT = {
    'State': same('state'), 'Priority': same('priority'), 'Cost': same('cost'),
    'Mode': same('hairpin'), 'Guard': same('guard'), 'Protect': same('root_block'),
    'FastLeave': same('fastleave'), 'Learning': same('learning'), 'UnicastFlood': same('flood'),
    'Id': same('id', hexadecimal), 'No': same('no', hexadecimal),
    'DesignatedPort': same('designated_port'), 'DesignatedCost': same('designated_cost'),
    'BridgeId': same('bridge_id'), 'RootId': same('root_id'),
    'TopologyChangeAck': same('topology_change_ack', bool),
    'ConfigPending': same('config_pending', bool), 'Proxyarp': same('proxy_arp'),
    'ProxyarpWifi': same('proxy_arp_wifi'), 'MulticastRouter': same('multicast_router'),
    'McastFlood': same('mcast_flood'), 'BcastFlood': same('bcast_flood'),
    'McastToUcast': same('mcast_to_unicast'), 'NeighSuppress': same('neigh_suppress'),
    'GroupFwdMask': same('group_fwd_mask', hexadecimal), 'VlanTunnel': same('vlan_tunnel'),
    'Isolated': same('isolated'), 'Locked': same('locked'), 'Mab': same('mab'),
}


def drop_unknown(values):
    return {key: value for key, value in values.items() if value is not None}


def link(data, world):
    """{interface: {property: value}} that the bus has to show for ip's link."""
    info = data.get('linkinfo', {})
    interfaces = {contract.LINK: drop_unknown({k: row(data, world) for k, row in LINK.items()})}
    if info.get('info_kind') == 'bridge':
        rows = {key: row(info['info_data']) for key, row in BRIDGE.items()}
        interfaces[contract.BRIDGE] = drop_unknown(rows)
    if info.get('info_slave_kind') == 'bridge':
        ports = info['info_slave_data']
        rows = drop_unknown({key: row(ports) for key, row in BRIDGE_PORT.items()})
        rows['BackupPort'] = world.link_path(ports.get('backup_port'))
        interfaces[contract.BRIDGE_PORT] = rows
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
            'Weight': data.get('weight', 1), 'Flags': sorted(data.get('flags', []))}


def table(data):
    name = data.get('table', 'main')
    return kernel.ROUTE_TABLES.get(name) or int(name)


def route(family, data, world):
    """The properties of Route for one of ip's routes."""
    source = data.get('from', '')
    several = 'nexthops' in data and 'nhid' not in data
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
        'NextHops': [next_hop(hop, world) for hop in data['nexthops']] if several else [],
        'Preference': data.get('pref', ''),
        'Expires': data.get('expires', 0),
        'NextHopId': data.get('nhid', 0),
    }
