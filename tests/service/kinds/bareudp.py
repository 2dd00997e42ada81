"""Bare UDP tunnels."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Bareudp', kinds=('bareudp',),
    enum='IFLA_BAREUDP_',
    create={'Port': 6635, 'Ethertype': 'ip'},
    rows=[
        Row('Port', 'port', create=[1, 65535]),
        Row('Ethertype', 'ethertype', create=['ip', 'ipv6', 'mpls_uc', 'mpls_mc'],
            bad=['nonsense', '65536'], alone=True),
        Row('SrcportMin', 'srcportmin', create=[0, 5000, 65535]),
        Row('MultiprotoMode', 'multiproto', create=[True, False]),
    ])
