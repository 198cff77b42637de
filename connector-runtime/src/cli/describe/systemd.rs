//! A systemd unit: systemd.service(5), systemd.exec(5).

use crate::{cli::describe::manifest::Manifest, settings::EXIT_CONFIG};

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, about, .. } = manifest;
    // `%` begins a specifier, and `%%` is a plain `%`.
    let (name, about) = (name.replace('%', "%%"), about.trim_end_matches('.').replace('%', "%%"));
    format!(
        "# Copy this file to /etc/systemd/system/{name}.service, the program to /usr/local/bin/{name}, and the
# settings to /etc/connectors/{name}.env (`{name} describe --format env` prints a template). Then run:
#   systemctl enable --now {name}

[Unit]
Description={about}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/bin/{name}
EnvironmentFile=/etc/connectors/{name}.env
# Messages that wait for the broker survive a crash.
Environment=SPOOL_DIR=%S/{name}
StateDirectory={name}
DynamicUser=yes
Restart=always
RestartSec=5
# Invalid settings: a restart does not help.
RestartPreventExitStatus={EXIT_CONFIG}

# The connector has access to the network only. For a serial port, remove PrivateDevices and add
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
