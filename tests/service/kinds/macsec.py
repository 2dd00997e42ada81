"""Links that protect Ethernet frames."""

from support.kinds import Kind, Row

# The one is not taken without the other.
REPLAY = {'ReplayProtect': True, 'Window': 32}


def port(data, world):
    """The last part of the identifier."""
    return int(data['sci'][12:], 16)


def window(data, world):
    """Printed while frames are protected from replay, as if it had a sign."""
    return data.get('window', 0) & 0xffffffff


KIND = Kind(
    interface='Macsec', kinds=('macsec',),
    enum='IFLA_MACSEC_',
    prepare=('link add p0 type veth peer name p1',),
    create={'Parent': '@p0'},
    rows=[
        # Either says what the other is.
        Row('Sci', 'sci', create=['0200000000010001', '0000000000000000', 'fedcba9876543210'],
            bad=['', 'nonsense', '02000000000100011', '020000000001000', '02:00:00:00:00:01:1',
                 'ffffffffffffffff', 'FFFFFFFFFFFFFFFF'], alone=True),
        Row('Port', port, create=[0, 1, 256, 65535], alone=True),
        Row('IcvLen', 'icv_length', create=[8, 12, 16], bad=[0, 7, 9, 11, 17, 32, 255]),
        Row('CipherSuite', 'cipher_suite',
            create=['GCM-AES-128', 'GCM-AES-256', 'GCM-AES-XPN-128', 'GCM-AES-XPN-256'],
            bad=['', 'nonsense', 'default', 'gcm-aes-128']),
        Row('Window', window, create=[0, 32, 1073741823], change=[64, 4294967295, 0],
            ip=['replay on window 128'], needs=REPLAY),
        Row('EncodingSa', 'encoding_sa', create=[0, 3], change=[1, 2, 3, 0], bad=[4, 255],
            ip=['encodingsa 2']),
        Row('Encrypt', 'encrypt', create=[True, False], change=[True, False], ip=['encrypt on']),
        Row('Protect', 'protect', create=[False, True], change=[False, True], ip=['protect off']),
        # Of these three one message sets one.
        Row('IncSci', 'inc_sci', create=[False, True], change=[False, True], ip=['send_sci off'],
            alone=True),
        Row('Es', 'es', create=[True, False], change=[True, False], ip=['end_station on'],
            alone=True),
        Row('Scb', 'scb', create=[True, False], change=[True, False], ip=['scb on'], alone=True),
        Row('ReplayProtect', 'replay_protect', create=[True], change=[False],
            ip=['replay off'], needs=REPLAY, also=('Window',)),
        Row('Validation', 'validation', create=['disabled', 'check', 'strict'],
            change=['disabled', 'check', 'strict'], bad=['', 'nonsense'], ip=['validate check']),
        # A veth can do no other.
        Row('Offload', 'offload', create=['off'], change=['off'], bad=['', 'nonsense']),
    ])
