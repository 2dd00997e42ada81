"""Pairs of links for BPF programs, of which the ip of Debian 12 knows nothing."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Netkit', kinds=('netkit',),
    enum='IFLA_NETKIT_',
    left_out={'IFLA_NETKIT_PEER_INFO': 'the settings Peer and PeerNamespace'},
    rows=[
        Row('PeerNamespace', create=['@']),
        Row('Peer', create=[{'Name': 'w0', 'Mtu': 1400, 'Up': True}]),
        Row('Primary'),
        Row('Policy', create=['forward', 'blackhole'], change=['blackhole', 'forward'],
            bad=['', 'nonsense']),
        Row('PeerPolicy', create=['forward', 'blackhole'], change=['blackhole', 'forward'],
            bad=['', 'nonsense']),
        Row('Mode', create=['l2', 'l3'], bad=['', 'nonsense']),
        Row('Scrub', create=['none', 'default'], bad=['', 'nonsense'], optional=True),
        Row('PeerScrub', create=['none', 'default'], bad=['', 'nonsense'], optional=True),
        Row('Headroom', create=[0, 64, 65535], optional=True),
        Row('Tailroom', create=[0, 64, 65535], optional=True),
        Row('Pairing', create=['pair', 'single'], bad=['', 'nonsense'], optional=True,
            alone=True),
    ])
