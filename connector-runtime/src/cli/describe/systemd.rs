//! A unit of systemd: systemd.service(5), systemd.exec(5).

use crate::{cli::describe::manifest::Manifest, settings::EXIT_CONFIG};

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, about, .. } = manifest;
    // `%` begins a specifier.
    let (name, about) = (name.replace('%', "%%"), about.trim_end_matches('.').replace('%', "%%"));
    format!(
        "# Copy this to /etc/systemd/system/{name}.service, the program to /usr/local/bin/{name}, and the
# settings to /etc/connectors/{name}.env (`{name} describe --format env` begins that file). Then:
#   systemctl enable --now {name}

[Unit]
Description={about}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/bin/{name}
EnvironmentFile=/etc/connectors/{name}.env
# What waits for the broker survives a crash here.
Environment=SPOOL_DIR=%S/{name}
StateDirectory={name}
DynamicUser=yes
Restart=always
RestartSec=5
# Wrong settings: a restart does not help.
RestartPreventExitStatus={EXIT_CONFIG}

# It needs its devices on the network, and nothing else. For a serial port, remove PrivateDevices, and add
# SupplementaryGroups=dialout.
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
MemoryDenyWriteExecute=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
"
    )
}
