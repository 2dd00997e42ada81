"""Virtual Ethernet pairs; what the other end can be is in test_veth.py."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Veth', kinds=('veth',),
    enum='VETH_INFO_', header='linux/veth.h',
    left_out={'VETH_INFO_PEER': 'the settings of the other end: Peer and PeerNamespace'},
    rows=[
        Row('PeerNamespace', create=['@']),
        Row('Peer', create=[{'Name': 'w0', 'Mtu': 1400, 'Up': True}]),
    ])
