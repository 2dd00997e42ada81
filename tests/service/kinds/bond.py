"""Bonds."""

from support.kinds import Kind, Row

AD = {'Mode': '802.3ad'}
BACKUP = {'Mode': 'active-backup'}
TLB = {'Mode': 'balance-tlb'}


def link(key):
    """ip prints the name, and nothing for none."""
    return lambda data, world: world.link_path(data[key]) if key in data else '/'


def optional(key, default):
    """Printed unless it is empty."""
    return lambda data, world: data.get(key, default)


def ad_info(key, default):
    return lambda data, world: data.get('ad_info', {}).get(key, default)


def word_or_none(word):
    """ip prints null for "none"."""
    return 'none' if word is None else word


KIND = Kind(
    interface='Bond', kinds=('bond',),
    enum='IFLA_BOND_',
    rows=[
        # A new mode changes other options.
        Row('Mode', 'mode', create=['balance-xor', 'broadcast', 'balance-alb', 'balance-rr'],
            change=['active-backup', '802.3ad', 'balance-tlb', 'balance-rr'],
            bad=['nonsense', '7'], ip=['mode balance-xor'], alone=True,
            also=('Miimon', 'AdActorSysPrio', 'AdUserPortKey', 'AdActorSystem', 'TlbDynamicLb')),
        # Other values need a port.
        Row('ActivePort', link('active_slave'), change=['/'], bad=['/nonsense'], needs=BACKUP),
        # Set, it switches ArpInterval off.
        Row('Miimon', 'miimon', create=[0, 1, 2147483647], change=[100, 0, 50],
            bad=[2147483648, 4294967295], ip=['miimon 70'], also=('ArpInterval', 'ArpValidate'),
            alone=True),
        Row('Updelay', 'updelay', create=[0, 200], change=[100, 300, 0],
            bad=[150, 2147483700], ip=['updelay 400'], needs={'Miimon': 100}),
        Row('Downdelay', 'downdelay', create=[0, 200], change=[100, 300, 0],
            bad=[99, 2147483700], ip=['downdelay 400'], needs={'Miimon': 100}),
        Row('UseCarrier', 'use_carrier', convert=bool, create=[True, False],
            change=[False, True], ip=['use_carrier 0']),
        # Set, it switches Miimon off.
        Row('ArpInterval', 'arp_interval', create=[0, 1, 2147483647], change=[100, 0, 250],
            bad=[2147483648, 4294967295], ip=['arp_interval 70'], also=('Miimon',), alone=True),
        Row('ArpIpTarget', optional('arp_ip_target', []),
            create=[[], ['192.0.2.1'], ['192.0.2.%d' % n for n in range(1, 17)]],
            change=[['192.0.2.1', '192.0.2.2'], ['192.0.2.9'], []],
            bad=[['nonsense'], ['2001:db8::1'], ['0.0.0.0'], ['255.255.255.255'],
                 ['192.0.2.1', '192.0.2.1'], ['192.0.2.%d' % n for n in range(1, 18)]],
            ip=['arp_ip_target 192.0.2.7,192.0.2.8']),
        Row('ArpValidate', 'arp_validate', convert=word_or_none,
            create=['none', 'filter_backup'],
            change=['active', 'backup', 'all', 'filter', 'filter_active', 'none'],
            bad=['nonsense', '7'], ip=['arp_validate all'], needs=BACKUP),
        Row('ArpAllTargets', 'arp_all_targets', create=['any', 'all'], change=['all', 'any'],
            bad=['nonsense', '2'], ip=['arp_all_targets all']),
        # Other values need a port, or are remembered and not shown.
        Row('Primary', link('primary'), create=['/'], change=['/'], bad=['/nonsense'],
            needs=BACKUP),
        Row('PrimaryReselect', 'primary_reselect', create=['better', 'failure', 'always'],
            change=['better', 'failure', 'always'], bad=['nonsense', '3'],
            ip=['primary_reselect better']),
        Row('FailOverMac', 'fail_over_mac', create=['active', 'follow', 'none'],
            change=['active', 'follow', 'none'], bad=['nonsense', '3'],
            ip=['fail_over_mac active']),
        Row('XmitHashPolicy', 'xmit_hash_policy', create=['layer2', 'vlan+srcmac'],
            change=['layer3+4', 'layer2+3', 'encap2+3', 'encap3+4', 'vlan+srcmac', 'layer2'],
            bad=['nonsense', '6'], ip=['xmit_hash_policy layer3+4']),
        Row('ResendIgmp', 'resend_igmp', create=[0, 255], change=[0, 7, 255],
            bad=[256, 4294967295], ip=['resend_igmp 9']),
        Row('NumPeerNotif', 'num_peer_notif', create=[0, 255], change=[0, 7, 255],
            ip=['num_grat_arp 9']),
        Row('AllPortsActive', 'all_slaves_active', convert=bool, create=[True, False],
            change=[True, False], ip=['all_slaves_active 1']),
        Row('MinLinks', 'min_links', create=[0, 2147483647], change=[1, 2147483647, 0],
            bad=[2147483648], ip=['min_links 2']),
        Row('LpInterval', 'lp_interval', create=[1, 2147483647], change=[2, 2147483647, 1],
            bad=[0, 2147483648], ip=['lp_interval 3']),
        Row('PacketsPerPort', 'packets_per_slave', create=[0, 65535], change=[0, 2, 65535],
            bad=[65536], ip=['packets_per_slave 3'], needs={'Mode': 'balance-rr'}),
        Row('AdLacpRate', 'ad_lacp_rate', create=['fast', 'slow'], change=['fast', 'slow'],
            bad=['nonsense', '2'], ip=['lacp_rate fast'], needs=AD),
        Row('AdSelect', 'ad_select', create=['bandwidth', 'count', 'stable'],
            change=['bandwidth', 'count', 'stable'], bad=['nonsense', '9'],
            ip=['ad_select count']),
        Row('AdInfoAggregator', ad_info('aggregator', 0), needs=AD),
        Row('AdInfoNumPorts', ad_info('num_ports', 0), needs=AD),
        Row('AdInfoActorKey', ad_info('actor_key', 0), needs=AD),
        Row('AdInfoPartnerKey', ad_info('partner_key', 0), needs=AD),
        Row('AdInfoPartnerMac', ad_info('partner_mac', ''), needs=AD),
        Row('AdActorSysPrio', 'ad_actor_sys_prio', create=[1, 65535],
            change=[1, 1000, 65535], bad=[0], ip=['ad_actor_sys_prio 9'], needs=AD,
            optional=True),
        Row('AdUserPortKey', 'ad_user_port_key', create=[0, 1023],
            change=[1, 1023, 0], bad=[1024], ip=['ad_user_port_key 9'], needs=AD,
            optional=True),
        Row('AdActorSystem', 'ad_actor_system',
            create=['02:00:00:00:00:01', '00:00:00:00:00:00'],
            change=['02:00:00:00:00:01', '02:00:00:00:00:02', '00:00:00:00:00:00'],
            bad=['nonsense', '', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff'],
            ip=['ad_actor_system 02:00:00:00:00:09'], needs=AD, optional=True),
        Row('TlbDynamicLb', 'tlb_dynamic_lb', convert=bool, create=[False, True],
            change=[False, True], ip=['tlb_dynamic_lb 0'], needs=TLB),
        Row('PeerNotifDelay', 'peer_notify_delay', create=[0, 300000], change=[100, 300000, 0],
            bad=[150, 300100], ip=['peer_notify_delay 400'], needs={'Miimon': 100}),
        Row('AdLacpActive', 'ad_lacp_active', create=['off', 'on'], change=['off', 'on'],
            bad=['nonsense', '2'], ip=['lacp_active off'], needs=AD),
        Row('MissedMax', 'arp_missed_max', create=[1, 255], change=[1, 7, 255], bad=[0],
            ip=['arp_missed_max 9'], needs=BACKUP),
        Row('NsIp6Target', optional('ns_ip6_target', []),
            create=[[], ['2001:db8::1'], ['2001:db8::%x' % n for n in range(1, 17)]],
            change=[['2001:db8::1', 'fe80::2'], ['2001:db8::9'], []],
            bad=[['nonsense'], ['192.0.2.1'], ['::'], ['::1'], ['ff02::1'],
                 ['2001:db8::1', '2001:db8::1'], ['2001:db8::%x' % n for n in range(1, 18)]],
            ip=['ns_ip6_target 2001:db8::7,2001:db8::8']),
        Row('CoupledControl', create=[False, True], change=[False, True], needs=AD,
            optional=True),
        Row('BroadcastNeigh', create=[True, False], change=[True, False], needs=AD,
            optional=True),
        Row('LacpStrict', create=[True, False], change=[True, False], needs=AD,
            optional=True),
    ])
